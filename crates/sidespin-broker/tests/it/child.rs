//! The broker in a process of its own, that can be killed: this test binary, run again.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use sidespin_broker::Broker;

use crate::support::config;

/// Tells the child what to open, and that it is one.
const DATA_VARIABLE: &str = "SIDESPIN_BROKER_TEST_DATA";
const LISTENS: &str = "the broker listens on ";

/// A broker in another process, killed when dropped.
pub(crate) struct ChildBroker {
    process: Child,
    pub(crate) address: SocketAddr,
}

impl ChildBroker {
    pub(crate) fn start(directory: &Path) -> Self {
        Self::start_by(Command::new(std::env::current_exe().unwrap()), directory)
    }

    /// A child none of whose files can grow beyond so many kilobytes, as if the disk were full.
    pub(crate) fn start_with_file_limit(directory: &Path, kilobytes: u32) -> Self {
        let mut shell = Command::new("bash");
        // Without the trap the operating system would end the process instead of failing the write.
        let script = format!("trap '' XFSZ; ulimit -f {kilobytes}; exec \"$0\" \"$@\"");
        shell.arg("-c").arg(script).arg(std::env::current_exe().unwrap());
        Self::start_by(shell, directory)
    }

    fn start_by(mut command: Command, directory: &Path) -> Self {
        command.args(["--exact", "child::serve_when_asked_to", "--nocapture"]);
        let mut process = command
            .env(DATA_VARIABLE, directory)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let output = BufReader::new(process.stdout.take().unwrap());
        let address = output
            .lines()
            .find_map(|line| line.unwrap().rsplit_once(LISTENS)?.1.parse().ok());
        Self {
            process,
            address: address.expect("the child should say where it listens"),
        }
    }

    /// Ends the process as `kill -9` does.
    pub(crate) fn kill(mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

impl Drop for ChildBroker {
    fn drop(&mut self) {
        // It may have been killed already.
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

/// Does nothing in an ordinary run of the tests.
#[tokio::test]
async fn serve_when_asked_to() {
    let Ok(directory) = std::env::var(DATA_VARIABLE) else {
        return;
    };
    let broker = Broker::start(config(Path::new(&directory))).await.unwrap();
    println!("{LISTENS}{}", broker.address());
    std::future::pending::<()>().await;
}
