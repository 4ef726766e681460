//! A Postgres with a database cluster of its own.

use std::net::SocketAddr;
use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError, Weak};

use anyhow::{Context as _, Result, bail};
use tempfile::TempDir;

use crate::process::Process;
use crate::{address, missing};

/// The superuser of the cluster, who needs no password from the loopback interface.
const USER: &str = "postgres";

/// A running Postgres.
#[derive(Debug)]
pub struct Postgres {
    address: SocketAddr,
    directory: TempDir,
    programs: PathBuf,
    databases: AtomicU64,
    process: Mutex<Option<Process>>,
}

impl Postgres {
    /// Starts one; nothing where the programs are missing, and the test is skipped.
    ///
    /// # Panics
    /// The programs are missing in continuous integration.
    ///
    /// # Errors
    /// It does not start.
    pub fn start() -> Result<Option<Self>> {
        let Some(programs) = programs() else {
            missing("postgres", "install the package `postgresql`");
            return Ok(None);
        };
        let directory = TempDir::new()?;
        give_away(directory.path())?;
        let postgres = Self {
            address: address::free()?,
            directory,
            programs,
            databases: AtomicU64::new(0),
            process: Mutex::new(None),
        };
        postgres.initialize()?;
        for _attempt in 0..address::ATTEMPTS {
            if postgres.run()? {
                return Ok(Some(postgres));
            }
        }
        bail!("postgres does not start: {}", postgres.log())
    }

    /// The one that tests of this process share for as long as one of them holds it, because starting one takes a second or two.
    ///
    /// # Panics
    /// The programs are missing in continuous integration.
    ///
    /// # Errors
    /// It does not start.
    pub fn shared() -> Result<Option<Arc<Self>>> {
        static SHARED: Mutex<Weak<Postgres>> = Mutex::new(Weak::new());
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(postgres) = shared.upgrade() {
            return Ok(Some(postgres));
        }
        let Some(postgres) = Self::start()? else {
            return Ok(None);
        };
        let postgres = Arc::new(postgres);
        *shared = Arc::downgrade(&postgres);
        Ok(Some(postgres))
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Creates an empty database and answers its URL.
    ///
    /// # Errors
    /// It cannot be created.
    pub fn database(&self) -> Result<String> {
        let name = format!("test_{}", self.databases.fetch_add(1, Ordering::Relaxed));
        self.sql("postgres", &format!("CREATE DATABASE {name}"))?;
        Ok(self.url(&name))
    }

    /// The URL of a database, for the superuser.
    #[must_use]
    pub fn url(&self, database: &str) -> String {
        format!("postgres://{USER}@{}/{database}", self.address)
    }

    /// Runs statements in a database and answers what `psql` prints, unaligned and without headings.
    ///
    /// # Errors
    /// A statement fails.
    pub fn sql(&self, database: &str, statements: &str) -> Result<String> {
        // The client may come from another package than the server.
        let beside = self.programs.join("psql");
        let psql = if beside.exists() {
            beside
        } else {
            PathBuf::from("psql")
        };
        let output = Command::new(psql)
            .args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-c", statements])
            .arg(self.url(database))
            .output()
            .context("cannot run psql")?;
        if !output.status.success() {
            bail!("{statements}: {}", String::from_utf8_lossy(&output.stderr));
        }
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    }

    /// Ends it as a crash would. What was committed is still there when it is started again.
    ///
    /// # Errors
    /// The process cannot be waited for.
    pub fn stop(&self) -> Result<()> {
        let process = self.process.lock().unwrap_or_else(PoisonError::into_inner).take();
        // An immediate shutdown: the postmaster's children end with it, which they do not if it is killed.
        process.map_or(Ok(()), |process| process.stop("QUIT"))
    }

    /// Starts it again at the same address.
    ///
    /// # Errors
    /// It does not start.
    pub fn restart(&self) -> Result<()> {
        self.stop()?;
        if !self.run()? {
            bail!("postgres does not start again: {}", self.log());
        }
        Ok(())
    }

    fn data(&self) -> PathBuf {
        self.directory.path().join("data")
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.directory.path().join("log")).unwrap_or_default()
    }

    fn initialize(&self) -> Result<()> {
        let mut command = self.program("initdb");
        command.args([
            "--no-sync",
            "--auth=trust",
            "--encoding=UTF8",
            "--locale=C",
            "-U",
            USER,
            "-D",
        ]);
        let output = command.arg(self.data()).output().context("cannot run initdb")?;
        if !output.status.success() {
            bail!("initdb: {}", String::from_utf8_lossy(&output.stderr));
        }
        Ok(())
    }

    fn run(&self) -> Result<bool> {
        let mut command = self.program("postgres");
        command
            .arg("-D")
            .arg(self.data())
            .arg("-k")
            .arg(self.directory.path())
            .args(["-h", "127.0.0.1", "-p", &self.address.port().to_string()])
            // The machine does not lose its power during a test.
            .args(["-c", "fsync=off", "-c", "max_connections=200"]);
        let mut process = Process::start(&command, &self.directory.path().join("log"))?;
        let answers = || self.sql("postgres", "SELECT 1").is_ok();
        let is_running = process.wait_for(self.address, answers)?;
        *self.process.lock().unwrap_or_else(PoisonError::into_inner) = Some(process);
        Ok(is_running)
    }

    /// Postgres refuses to run as root, so root runs it as the user that the package has made.
    fn program(&self, name: &str) -> Command {
        let path = self.programs.join(name);
        if !is_root() {
            return Command::new(path);
        }
        let mut command = Command::new("setpriv");
        command
            .args(["--reuid", USER, "--regid", USER, "--clear-groups"])
            .arg(path);
        command
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // There is nobody to tell, and its folder goes next.
        let _stopped = self.stop();
    }
}

/// Distributions keep the server's programs off PATH, by version; the newest one is right.
fn programs() -> Option<PathBuf> {
    let on_path = std::env::var_os("PATH")?;
    if let Some(found) = std::env::split_paths(&on_path).find(|folder| folder.join("initdb").exists()) {
        return Some(found);
    }
    let mut versions: Vec<_> = std::fs::read_dir("/usr/lib/postgresql")
        .ok()?
        .filter_map(|entry| Some(entry.ok()?.path().join("bin")))
        .filter(|folder| folder.join("initdb").exists())
        .collect();
    versions.sort();
    versions.pop()
}

fn is_root() -> bool {
    Path::new("/proc/self").metadata().is_ok_and(|metadata| {
        use std::os::unix::fs::MetadataExt as _;
        metadata.uid() == 0
    })
}

/// Makes a folder one that Postgres can use.
fn give_away(directory: &Path) -> Result<()> {
    if !is_root() {
        return Ok(());
    }
    let id = |flag: &str| -> Result<u32> {
        let output = Command::new("id").args([flag, USER]).output()?;
        let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        text.parse()
            .with_context(|| format!("there is no user `{USER}` to run the server as"))
    };
    chown(directory, Some(id("-u")?), Some(id("-g")?))?;
    Ok(())
}
