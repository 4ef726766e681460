//! A disk that is soon full: a file system in memory that only the host under test sees.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use end_to_end::{Server, ServerOptions};

use crate::support::Application;

pub(super) struct SmallDisk {
    bytes: usize,
}

impl SmallDisk {
    /// Nothing where the system does not let this user have one.
    pub(super) fn new(bytes: usize) -> Option<Self> {
        let tried = Command::new("unshare")
            .args([
                "--map-root-user",
                "--mount",
                "mount",
                "-t",
                "tmpfs",
                "none",
                "/mnt",
            ])
            .stderr(Stdio::null())
            .status();
        if tried.is_ok_and(|status| status.success()) {
            return Some(Self { bytes });
        }
        let message = "this system lets nobody mount a file system in a namespace of their own";
        assert!(std::env::var_os("CI").is_none(), "{message}");
        println!("skipped: {message}");
        None
    }

    /// Starts an application with its state on the disk.
    pub(super) async fn start(&self, application: &Application) -> Server {
        // The state directory is hidden by the disk, but for the compiled components that all tests share.
        let script = format!(
            "cache=$(readlink \"$STATE/cache\"); mount -t tmpfs -o size={} none \"$STATE\" && ln -s \"$cache\" \"$STATE/cache\" && exec \"$@\"",
            self.bytes
        );
        Server::start_with(ServerOptions {
            manifest: Some(application.manifest()),
            wrapper: [
                "unshare",
                "--map-root-user",
                "--mount",
                "bash",
                "-c",
                &script,
                "small-disk",
            ]
            .map(str::to_owned)
            .to_vec(),
            ..ServerOptions::default()
        })
        .await
        .unwrap()
    }

    /// Writes until nothing more can be written.
    pub(super) fn fill(&self, server: &Server) {
        let zeros = vec![0; self.bytes];
        // That it does not all fit is the point.
        std::fs::write(Self::filler(server), zeros).unwrap_err();
    }

    /// Takes back what filled it.
    pub(super) fn empty(&self, server: &Server) {
        std::fs::remove_file(Self::filler(server)).unwrap();
    }

    /// The host's own view of the file system is open to those who may look at its process.
    fn filler(server: &Server) -> PathBuf {
        let state = server.state().strip_prefix("/").unwrap();
        PathBuf::from(format!("/proc/{}/root", server.process_id().unwrap()))
            .join(state)
            .join("filler")
    }
}
