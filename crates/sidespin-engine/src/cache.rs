//! Compiled components by the hash of their bytes.
//!
//! An entry's name holds the hash of the component and of everything that decides what the compiler makes of it, so
//! that an entry is never stale: it is there or it is not. Entries are written beside and renamed, so that a crash leaves
//! no half of one.

use std::hash::{Hash, Hasher};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use thiserror::Error;
use wasmtime::component::Component;

/// Why there is no compiled form.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CompileError {
    /// The bytes cannot be had.
    #[error("reading the component")]
    Read(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The bytes are not a component that this engine can run.
    #[error("compiling the component")]
    Compile(#[source] wasmtime::Error),
}

pub(crate) fn component(
    engine: &wasmtime::Engine,
    directory: Option<&Path>,
    content_hash: &[u8; 32],
    read: impl FnOnce() -> Result<Arc<[u8]>, CompileError>,
) -> Result<Component, CompileError> {
    let Some(directory) = directory else {
        return Component::new(engine, read()?).map_err(CompileError::Compile);
    };
    let path = entry(engine, directory, content_hash);
    if let Some(component) = load(engine, &path) {
        return Ok(component);
    }
    let wasm = read()?;
    let compiled = engine
        .precompile_component(&wasm)
        .map_err(CompileError::Compile)?;
    match write(&path, &compiled) {
        // Loading what was written maps it, so that its pages are shared and dropped under memory pressure.
        Ok(()) => {
            if let Some(component) = load(engine, &path) {
                return Ok(component);
            }
        }
        Err(error) => tracing::warn!(path = %path.display(), %error, "the compiled component was not cached"),
    }
    Component::new(engine, wasm).map_err(CompileError::Compile)
}

fn entry(engine: &wasmtime::Engine, directory: &Path, content_hash: &[u8; 32]) -> PathBuf {
    let mut hasher = SettingsHasher(blake3::Hasher::new());
    hasher.0.update(content_hash);
    engine.precompile_compatibility_hash().hash(&mut hasher);
    directory.join(format!("{}.cwasm", hasher.0.finalize().to_hex()))
}

/// The compiled component at `path`, unless it is missing or unreadable.
fn load(engine: &wasmtime::Engine, path: &Path) -> Option<Component> {
    if !path.exists() {
        return None;
    }
    #[expect(unsafe_code, reason = "wasmtime trusts what it deserializes; see the comment")]
    // SAFETY: the file is one that `write` below made in a directory of this host's own, named by what went in. Whoever
    // can change files there can also change the components themselves.
    let loaded = unsafe { Component::deserialize_file(engine, path) };
    match loaded {
        Ok(component) => Some(component),
        Err(error) => {
            tracing::warn!(path = %path.display(), %error, "a cached component is unusable and is compiled anew");
            None
        }
    }
}

fn write(path: &Path, compiled: &[u8]) -> std::io::Result<()> {
    let directory = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(directory)?;
    let temporary = path.with_extension(format!("{}.tmp", std::process::id()));
    let mut file = std::fs::File::create(&temporary)?;
    file.write_all(compiled)?;
    drop(file);
    std::fs::rename(&temporary, path)
}

/// Turns wasmtime's `Hash` of its settings into a stable digest.
struct SettingsHasher(blake3::Hasher);

impl Hasher for SettingsHasher {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn finish(&self) -> u64 {
        let digest = self.0.finalize();
        let mut first = [0; 8];
        for (target, byte) in first.iter_mut().zip(digest.as_bytes()) {
            *target = *byte;
        }
        u64::from_le_bytes(first)
    }
}
