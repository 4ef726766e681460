//! One running host.

use std::fmt::Display;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context, bail};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::process::{Child, ChildStdout, Command};

use crate::PATIENCE;
use crate::pair::{self, RoundRobin, Shared};

/// The program under test.
///
/// # Panics
/// `SIDESPIN_BIN` is not set.
#[must_use]
#[expect(clippy::expect_used, reason = "without it there is nothing to test")]
pub fn program() -> PathBuf {
    std::env::var_os("SIDESPIN_BIN")
        .expect("SIDESPIN_BIN names the program; run `cargo xtask test`")
        .into()
}

/// The checkout with the built components.
///
/// # Panics
/// `SIDESPIN_ROOT` is not set.
#[must_use]
#[expect(clippy::expect_used, reason = "without it there is nothing to test")]
pub fn root() -> PathBuf {
    std::env::var_os("SIDESPIN_ROOT")
        .expect("SIDESPIN_ROOT names the checkout; run `cargo xtask test`")
        .into()
}

/// How a host is started.
#[derive(Debug, Clone, Default)]
pub struct ServerOptions {
    /// The manifest; the application's own by default.
    pub manifest: Option<PathBuf>,
    /// Further arguments.
    pub arguments: Vec<String>,
    /// A command that runs the host, with its arguments; it finds the state directory in `STATE`.
    pub wrapper: Vec<String>,
}

impl ServerOptions {
    /// The application without rate limits, since tests are faster than people.
    #[must_use]
    pub fn without_limits() -> Self {
        let limits = ["auth", "account", "chat", "default", "faq"];
        Self::default().with(limits.map(|limit| (format!("rate_limit_{limit}"), 0)))
    }

    /// Sets variables besides.
    #[must_use]
    pub fn with(mut self, variables: impl IntoIterator<Item = (impl Display, impl Display)>) -> Self {
        let arguments = variables
            .into_iter()
            .flat_map(|(name, value)| ["--variable".to_owned(), format!("{name}={value}")]);
        self.arguments.extend(arguments);
        self
    }
}

/// A host with its own state directory and ports. Dropping it kills the process.
#[derive(Debug)]
pub struct Server {
    options: ServerOptions,
    state: TempDir,
    child: Child,
    /// Where the application is served.
    pub http: SocketAddr,
    /// Where metrics and health are served.
    pub admin: SocketAddr,
    /// The embedded broker.
    pub kafka: Option<SocketAddr>,
    second: Option<Box<Second>>,
}

/// Another host of the same application.
#[derive(Debug)]
struct Second {
    server: Server,
    address: RoundRobin,
    /// Goes when both hosts have.
    shared: Shared,
}

impl Server {
    /// Starts the todo application, with rate limits off, since tests are faster than people. With
    /// `SIDESPIN_DATABASE=postgres` it is two hosts on one Postgres, and each connection goes to the other one.
    ///
    /// # Errors
    /// It does not become ready.
    pub async fn start() -> anyhow::Result<Self> {
        let options = ServerOptions::without_limits();
        if pair::is_wanted()? {
            return Self::start_pair(options).await;
        }
        Self::start_with(options).await
    }

    async fn start_pair(mut options: ServerOptions) -> anyhow::Result<Self> {
        let shared = Shared::new()?;
        options.arguments.extend(shared.arguments());
        let mut first = Self::start_with(options.clone()).await?;
        options.arguments.extend(pair::broker(first.kafka)?);
        let server = Self::start_with(options).await?;
        let address = RoundRobin::of(vec![first.http, server.http]).await?;
        first.http = address.address;
        first.second = Some(Box::new(Second {
            server,
            address,
            shared,
        }));
        Ok(first)
    }

    /// Starts an application.
    ///
    /// # Errors
    /// It does not become ready.
    pub async fn start_with(options: ServerOptions) -> anyhow::Result<Self> {
        let state = tempfile::tempdir()?;
        share_compiled_components(state.path())?;
        let (child, addresses) = launch(&options, state.path()).await?;
        let Addresses { http, admin, kafka } = addresses;
        Ok(Self {
            options,
            state,
            child,
            http,
            admin,
            kafka,
            second: None,
        })
    }

    /// The state directory.
    #[must_use]
    pub fn state(&self) -> &Path {
        self.state.path()
    }

    /// What `psql` prints for these statements, where everything is in one Postgres.
    ///
    /// # Errors
    /// It refuses them.
    pub fn sql(&self, statements: &str) -> anyhow::Result<Option<String>> {
        let second = self.second.as_ref();
        second.map(|second| second.shared.sql(statements)).transpose()
    }

    /// Kills the process as a power cut would: no signal handler runs.
    ///
    /// # Errors
    /// The process cannot be killed.
    pub async fn kill(&mut self) -> anyhow::Result<()> {
        if let Some(second) = &mut self.second {
            second
                .server
                .child
                .kill()
                .await
                .context("killing the second host")?;
        }
        self.child.kill().await.context("killing the host")
    }

    /// Asks the process to stop, and answers with its exit code.
    ///
    /// # Errors
    /// It does not stop in time.
    pub async fn stop(&mut self) -> anyhow::Result<Option<i32>> {
        if let Some(second) = &mut self.second {
            // The broker is the first one's.
            second.server.stop_one().await?;
        }
        self.stop_one().await
    }

    async fn stop_one(&mut self) -> anyhow::Result<Option<i32>> {
        let id = self.child.id().context("the host has ended already")?;
        let status = Command::new("kill")
            .args(["-TERM", &id.to_string()])
            .status()
            .await?;
        anyhow::ensure!(status.success(), "kill -TERM {id} failed");
        let ended = tokio::time::timeout(PATIENCE, self.child.wait())
            .await
            .context("the host did not stop")??;
        Ok(ended.code())
    }

    /// Starts again on the same state, on new ports.
    ///
    /// # Errors
    /// It does not become ready.
    pub async fn restart(&mut self) -> anyhow::Result<()> {
        self.restart_with(&[]).await
    }

    /// The same with further arguments, this time only.
    ///
    /// # Errors
    /// It does not become ready.
    pub async fn restart_with(&mut self, arguments: &[String]) -> anyhow::Result<()> {
        let mut options = self.options.clone();
        options.arguments.extend_from_slice(arguments);
        self.launch_again(&options).await?;
        if let Some(second) = &mut self.second {
            // The broker has another address now; of two values the later one counts.
            options.arguments.extend(pair::broker(self.kafka)?);
            second.server.launch_again(&options).await?;
            second.address.leads_to(vec![self.http, second.server.http]);
            self.http = second.address.address;
        }
        Ok(())
    }

    async fn launch_again(&mut self, options: &ServerOptions) -> anyhow::Result<()> {
        let (child, addresses) = launch(options, self.state.path()).await?;
        self.child = child;
        Addresses {
            http: self.http,
            admin: self.admin,
            kafka: self.kafka,
        } = addresses;
        Ok(())
    }

    /// A URL of the application.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.http)
    }

    /// The process id, for measuring.
    #[must_use]
    pub fn process_id(&self) -> Option<u32> {
        self.child.id()
    }
}

struct Addresses {
    http: SocketAddr,
    admin: SocketAddr,
    kafka: Option<SocketAddr>,
}

/// Compiling takes longer than everything else; the cache is named by content, so sharing it changes nothing.
fn share_compiled_components(state: &Path) -> anyhow::Result<()> {
    let shared = root().join("target/end-to-end/cache");
    std::fs::create_dir_all(&shared)?;
    std::os::unix::fs::symlink(shared, state.join("cache")).context("sharing the compile cache")
}

async fn launch(options: &ServerOptions, state: &Path) -> anyhow::Result<(Child, Addresses)> {
    let manifest = options
        .manifest
        .clone()
        .unwrap_or_else(|| root().join("spin.toml"));
    let host = program();
    let mut command = match options.wrapper.split_first() {
        None => Command::new(host),
        Some((wrapper, arguments)) => {
            let mut command = Command::new(wrapper);
            command.args(arguments).arg(host).env("STATE", state);
            command
        }
    };
    let mut child = command
        .arg("up")
        .arg("--from")
        .arg(manifest)
        .arg("--state-dir")
        .arg(state)
        .args([
            "--listen",
            "127.0.0.1:0",
            "--admin-listen",
            "127.0.0.1:0",
            "--kafka-listen",
            "127.0.0.1:0",
        ])
        .args(&options.arguments)
        .stdout(Stdio::piped())
        .stderr(if std::env::var_os("SIDESPIN_TEST_LOG").is_some() {
            Stdio::inherit()
        } else {
            Stdio::piped()
        })
        .kill_on_drop(true)
        .spawn()
        .context("starting the host")?;
    let stdout = child.stdout.take().context("the host has no standard output")?;
    let stderr = child.stderr.take();
    // What goes wrong is said on the error stream; it must be drained for as long as the process runs.
    let errors = tokio::spawn(async move {
        let mut text = Vec::new();
        if let Some(mut stderr) = stderr {
            let _bytes = stderr.read_to_end(&mut text).await;
        }
        String::from_utf8_lossy(&text).into_owned()
    });
    match tokio::time::timeout(PATIENCE * 6, addresses(stdout)).await {
        Ok(Ok(addresses)) => Ok((child, addresses)),
        Ok(Err(error)) => {
            child.kill().await?;
            bail!("{error}; it said: {}", errors.await?)
        }
        Err(_elapsed) => {
            child.kill().await?;
            bail!("the host did not become ready; it said: {}", errors.await?)
        }
    }
}

async fn addresses(stdout: ChildStdout) -> anyhow::Result<Addresses> {
    let mut lines = BufReader::new(stdout).lines();
    let (mut http, mut kafka) = (None, None);
    while let Some(line) = lines.next_line().await? {
        let mut words = line.split_whitespace();
        let (Some(name), Some(address)) = (words.next(), words.next()) else {
            continue;
        };
        let address = address.rsplit('/').next().unwrap_or(address);
        match name {
            "application" => http = Some(address.parse()?),
            "kafka" => kafka = Some(address.parse()?),
            "admin" => {
                let http = http.unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 0)));
                return Ok(Addresses {
                    http,
                    kafka,
                    admin: address.parse()?,
                });
            }
            _ => {}
        }
    }
    bail!("the host ended before it was ready")
}
