//! What is made from an application and kept: composed components and gathered files, each named by the hash of what it is
//! made from. So a name never stands for two contents, and entries need no check of their age.

use std::io;
use std::path::{Path, PathBuf};

use sidespin_app::{ComponentSource, ContentHash, WasmContent};

use crate::wasm;

/// The folders under the state directory.
pub(crate) struct Cache {
    state_dir: PathBuf,
    composed: PathBuf,
    files: PathBuf,
}

impl Cache {
    pub(crate) fn new(state_dir: &Path) -> Self {
        // Mounts must be absolute, whatever the state directory was named as.
        let state_dir =
            std::path::absolute(state_dir).unwrap_or_else(|_no_current_directory| state_dir.to_owned());
        let cache = state_dir.join("cache");
        Self {
            state_dir,
            composed: cache.join("composed"),
            files: cache.join("files"),
        }
    }

    /// Where the host keeps its state: databases, and what is kept here. No component may see it as a file.
    pub(crate) fn state_dir(&self) -> &Path {
        &self.state_dir
    }

    fn composed_path(&self, key: ContentHash) -> PathBuf {
        self.composed.join(format!("{key}.wasm"))
    }

    /// A composition made earlier.
    pub(crate) fn composed(&self, key: ContentHash) -> Option<ComponentSource> {
        let path = self.composed_path(key);
        let bytes = std::fs::read(&path).ok()?;
        wasm::check(&bytes).ok()?;
        Some(ComponentSource {
            hash: ContentHash::of(&bytes),
            content: WasmContent::File(path),
        })
    }

    /// Keeps a composition. Where nothing can be written (a read-only container), it stays in memory: it is made anew at
    /// the next start, but the application runs.
    pub(crate) fn keep_composed(&self, key: ContentHash, bytes: Vec<u8>) -> ComponentSource {
        let path = self.composed_path(key);
        match write_whole(&path, &bytes) {
            Ok(()) => ComponentSource {
                hash: ContentHash::of(&bytes),
                content: WasmContent::File(path),
            },
            Err(_not_writable) => ComponentSource::from_bytes(bytes),
        }
    }

    /// A directory with copies of files (path inside, path outside); made if it is not there.
    pub(crate) fn gathered(&self, key: ContentHash, files: &[(PathBuf, PathBuf)]) -> io::Result<PathBuf> {
        let target = self.files.join(key.to_string());
        if target.is_dir() {
            return Ok(target);
        }
        let partial = partial_path(&target);
        std::fs::create_dir_all(&partial)?;
        for (inside, outside) in files {
            let copy = partial.join(inside);
            if let Some(parent) = copy.parent() {
                std::fs::create_dir_all(parent)?;
            }
            std::fs::copy(outside, copy)?;
        }
        if let Err(error) = std::fs::rename(&partial, &target) {
            // Another process was faster, with the same content; or something is wrong.
            std::fs::remove_dir_all(&partial)?;
            if !target.is_dir() {
                return Err(error);
            }
        }
        Ok(target)
    }
}

/// A neighbour of a path, private to this process: a reader never sees a half-written entry.
fn partial_path(path: &Path) -> PathBuf {
    path.with_extension(format!("{}.partial", std::process::id()))
}

fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent)?;
    }
    let partial = partial_path(path);
    std::fs::write(&partial, bytes)?;
    std::fs::rename(&partial, path)
}
