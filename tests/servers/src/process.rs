//! A server's process, which does not outlive the test's, however that ends.

use std::fs::File;
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

/// Longer than any server takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);
/// How often a server that starts is looked at.
const INTERVAL: Duration = Duration::from_millis(10);

/// Waits for the end of its input, which is that of the test's process, and ends the server then.
const SUPERVISOR: &str = r#"
"$@" </dev/null &
server=$!
( while kill -0 $server 2>/dev/null; do sleep 0.2; done; kill $$ 2>/dev/null ) &
trap 'kill -9 $server 2>/dev/null; exit' TERM
read -r signal
kill -${signal:-KILL} $server 2>/dev/null
wait $server
"#;

/// A running server.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
}

impl Process {
    /// Starts a program; what it prints goes to `log`.
    pub(crate) fn start(command: &Command, log: &Path) -> Result<Self> {
        let output = File::options()
            .create(true)
            .append(true)
            .open(log)
            .with_context(|| format!("cannot write {}", log.display()))?;
        let mut supervisor = Command::new("bash");
        supervisor
            .args(["-c", SUPERVISOR, "supervisor"])
            .arg(command.get_program())
            .args(command.get_args());
        for (name, value) in command.get_envs() {
            if let Some(value) = value {
                supervisor.env(name, value);
            }
        }
        let child = supervisor
            .stdin(Stdio::piped())
            .stdout(output.try_clone()?)
            .stderr(output)
            .spawn()
            .context("cannot run bash")?;
        Ok(Self { child })
    }

    /// Waits until something listens at `address` and `is_ready` says so. Answers whether it came to that: a server that has
    /// ended before did not get its port, or something else is wrong with it.
    pub(crate) fn wait_for(&mut self, address: SocketAddr, is_ready: impl Fn() -> bool) -> Result<bool> {
        let begun = Instant::now();
        loop {
            if self.child.try_wait()?.is_some() {
                return Ok(false);
            }
            if TcpStream::connect(address).is_ok() && is_ready() {
                return Ok(true);
            }
            if begun.elapsed() > PATIENCE {
                bail!("nothing listens at {address} after {} s", PATIENCE.as_secs());
            }
            sleep(INTERVAL);
        }
    }

    /// Ends the server by a signal, such as `TERM` or `KILL`, and waits until it has gone.
    pub(crate) fn stop(mut self, signal: &str) -> Result<()> {
        if let Some(mut input) = self.child.stdin.take() {
            use std::io::Write as _;
            writeln!(input, "{signal}")?;
        }
        self.child.wait()?;
        Ok(())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        // It ends by itself: its input has.
        let _status = self.child.wait();
    }
}
