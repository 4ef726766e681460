//! The ordinary way: `rustup target add`. Where rustup's server cannot be reached it hangs instead of failing, so it is
//! watched: what it has written to its own folders is its progress.

use std::fs::DirEntry;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::Result;

use super::TARGET;
use crate::process::{self, Ended, Limits};

/// A connection that is refused silently shows nothing for 20 s; a slow one shows bytes.
const LIMITS: Limits = Limits {
    total: Duration::from_secs(120),
    idle: Duration::from_secs(20),
};

/// `place` is where the target will be, once unpacked.
pub(super) fn add(place: &Path) -> Result<Ended> {
    let version = Command::new("rustup")
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    if !version.is_ok_and(|status| status.success()) {
        return Ok(Ended::Badly("there is no rustup on PATH".to_owned()));
    }
    let mut command = Command::new("rustup");
    command.args(["target", "add", TARGET]);
    println!(
        "running `{}` (at most {} s)",
        process::describe(&command),
        LIMITS.total.as_secs()
    );
    let mut watched = vec![place.to_path_buf()];
    if let Some(home) = home() {
        watched.extend([home.join("downloads"), home.join("tmp")]);
    }
    process::run_within(&mut command, LIMITS, || {
        watched.iter().map(|folder| size(folder)).sum()
    })
}

fn home() -> Option<PathBuf> {
    if let Some(home) = std::env::var_os("RUSTUP_HOME") {
        return Some(home.into());
    }
    std::env::home_dir().map(|home| home.join(".rustup"))
}

/// The size of all files below a folder, as far as they can be seen: files come and go meanwhile.
fn size(folder: &Path) -> u64 {
    let Ok(entries) = folder.read_dir() else { return 0 };
    let one = |entry: DirEntry| match entry.metadata() {
        Ok(metadata) if metadata.is_dir() => size(&entry.path()),
        Ok(metadata) => metadata.len(),
        Err(_) => 0,
    };
    entries.flatten().map(one).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_in_subfolders_count_as_progress() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(size(&folder.path().join("absent")), 0);
        std::fs::create_dir_all(folder.path().join("deep")).unwrap();
        std::fs::write(folder.path().join("deep/part"), "123").unwrap();
        std::fs::write(folder.path().join("part"), "45").unwrap();
        assert_eq!(size(folder.path()), 5);
    }
}
