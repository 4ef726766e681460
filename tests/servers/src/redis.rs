//! A Redis that keeps nothing.

use std::net::SocketAddr;
use std::process::{Command, Stdio};

use anyhow::{Result, bail};
use tempfile::TempDir;

use crate::process::Process;
use crate::{address, missing};

/// A running Redis.
#[derive(Debug)]
pub struct Redis {
    address: SocketAddr,
    directory: TempDir,
    process: Option<Process>,
}

impl Redis {
    /// Starts one; nothing where the program is missing, and the test is skipped.
    ///
    /// # Panics
    /// The program is missing in continuous integration.
    ///
    /// # Errors
    /// It does not start.
    pub fn start() -> Result<Option<Self>> {
        let known = Command::new("redis-server")
            .arg("--version")
            .stdout(Stdio::null())
            .status();
        if known.is_err() {
            missing("redis-server", "install the package `redis-server`");
            return Ok(None);
        }
        for _attempt in 0..address::ATTEMPTS {
            let mut redis = Self {
                address: address::free()?,
                directory: TempDir::new()?,
                process: None,
            };
            if redis.run()? {
                return Ok(Some(redis));
            }
        }
        bail!("redis-server does not start")
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its address as clients take it.
    #[must_use]
    pub fn url(&self) -> String {
        format!("redis://{}", self.address)
    }

    /// Ends it as a crash would. What it held is gone.
    ///
    /// # Errors
    /// The process cannot be waited for.
    pub fn stop(&mut self) -> Result<()> {
        self.process.take().map_or(Ok(()), |process| process.stop("KILL"))
    }

    /// Starts it again, at the same address and empty.
    ///
    /// # Errors
    /// It does not start.
    pub fn restart(&mut self) -> Result<()> {
        self.stop()?;
        if !self.run()? {
            bail!("redis-server does not start again");
        }
        Ok(())
    }

    fn run(&mut self) -> Result<bool> {
        let mut command = Command::new("redis-server");
        command
            .args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "no"])
            .args(["--port", &self.address.port().to_string(), "--dir"])
            .arg(self.directory.path());
        let mut process = Process::start(&command, &self.directory.path().join("log"))?;
        let is_running = process.wait_for(self.address, || true)?;
        self.process = Some(process);
        Ok(is_running)
    }
}
