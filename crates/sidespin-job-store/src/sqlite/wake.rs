//! How a command that changes the file makes the process that fires look again: a datagram to a socket beside the file. It
//! says nothing, so nobody gains by sending one, and only who may write to the directory can.

use std::io::ErrorKind;
use std::os::unix::net::UnixDatagram as BlockingDatagram;
use std::path::{Path, PathBuf};

use tokio::net::UnixDatagram;
use tokio::sync::watch;

/// Sockets are `jobs-<process>.wake`, so that several processes may listen.
const PREFIX: &str = "jobs-";
const SUFFIX: &str = ".wake";

/// Listens for as long as it is polled.
pub(super) async fn listen(database: &Path, changed: &watch::Sender<u64>) {
    let name = format!("{PREFIX}{}{SUFFIX}", std::process::id());
    let socket = directory(database).and_then(|directory| {
        let path = directory.path().join(name);
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => {}
        }
        Ok((directory, UnixDatagram::bind(&path)?, RemovedAtEnd(path)))
    });
    // The directory is held to the end, or the path would lead nowhere.
    let (_directory, socket, _file) = match socket {
        Ok(socket) => socket,
        Err(error) => {
            tracing::warn!(%error, database = %database.display(), "changes by `sidespin jobs` are noticed with the next of the application's own");
            return std::future::pending().await;
        }
    };
    let mut byte = [0];
    loop {
        match socket.recv(&mut byte).await {
            Ok(_length) => changed.send_modify(|version| *version += 1),
            Err(error) => {
                tracing::warn!(%error, "changes by `sidespin jobs` are not noticed any more");
                return std::future::pending().await;
            }
        }
    }
}

/// Wakes whoever listens. Sockets of processes that have died are cleared away.
pub(super) fn send(database: &Path) {
    let sent = directory(database).and_then(|directory| {
        let sender = BlockingDatagram::unbound()?;
        sender.set_nonblocking(true)?;
        for entry in std::fs::read_dir(directory.path())? {
            let path = entry?.path();
            let name = path
                .file_name()
                .and_then(|name| name.to_str())
                .unwrap_or_default();
            if !name.starts_with(PREFIX) || !name.ends_with(SUFFIX) {
                continue;
            }
            match sender.send_to(&[1], &path) {
                // A full socket wakes its owner anyhow.
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(error) if error.kind() == ErrorKind::ConnectionRefused => std::fs::remove_file(&path)?,
                Err(error) => return Err(error),
            }
        }
        Ok(())
    });
    if let Err(error) = sent {
        tracing::warn!(%error, database = %database.display(), "the running host could not be told of the change");
    }
}

/// The directory of the file, by a path that is short enough for the name of a socket, which has some hundred bytes.
#[cfg(target_os = "linux")]
fn directory(database: &Path) -> std::io::Result<Directory> {
    use std::os::fd::AsRawFd as _;
    let open = std::fs::File::open(parent(database))?;
    Ok(Directory {
        path: PathBuf::from(format!("/proc/self/fd/{}", open.as_raw_fd())),
        _open: Some(open),
    })
}

#[cfg(not(target_os = "linux"))]
fn directory(database: &Path) -> std::io::Result<Directory> {
    Ok(Directory {
        path: parent(database).to_owned(),
        _open: None,
    })
}

struct Directory {
    path: PathBuf,
    /// Keeps the path valid.
    _open: Option<std::fs::File>,
}

impl Directory {
    fn path(&self) -> &Path {
        &self.path
    }
}

fn parent(database: &Path) -> &Path {
    match database.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    }
}

struct RemovedAtEnd(PathBuf);

impl Drop for RemovedAtEnd {
    fn drop(&mut self) {
        // What is left over is cleared away by the next sender.
        drop(std::fs::remove_file(&self.0));
    }
}
