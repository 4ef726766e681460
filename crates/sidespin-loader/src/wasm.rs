//! Reading Wasm files, each once, and telling components from everything else.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sidespin_app::{ComponentSource, ContentHash, WasmContent};
use sidespin_diagnostic::Diagnostic;

/// What every Wasm binary begins with.
const MAGIC: &[u8] = b"\0asm";
/// Version and layer of a component, after the magic.
const COMPONENT: &[u8] = &[0x0d, 0, 1, 0];
/// Version and layer of a core module.
const MODULE: &[u8] = &[1, 0, 0, 0];

/// A component's file.
pub(crate) struct Wasm {
    path: PathBuf,
    pub(crate) bytes: Vec<u8>,
    pub(crate) hash: ContentHash,
}

impl Wasm {
    /// The file as an application's component.
    pub(crate) fn source(&self) -> ComponentSource {
        ComponentSource {
            content: WasmContent::File(self.path.clone()),
            hash: self.hash,
        }
    }
}

/// Why a file is no component.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WasmError {
    #[error("does not exist")]
    Missing,
    #[error("cannot be read")]
    Unreadable(#[source] std::io::Error),
    #[error("is a core module, not a component")]
    Module,
    #[error("is not a Wasm component")]
    NotWasm,
}

/// The files read so far. An adapter that several components share is read and hashed once.
#[derive(Default)]
pub(crate) struct WasmFiles(BTreeMap<PathBuf, Arc<Wasm>>);

impl WasmFiles {
    pub(crate) fn read(&mut self, directory: &Path, path: &str) -> Result<Arc<Wasm>, WasmError> {
        let path = directory.join(path);
        if let Some(wasm) = self.0.get(&path) {
            return Ok(Arc::clone(wasm));
        }
        let bytes = std::fs::read(&path).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => WasmError::Missing,
            _ => WasmError::Unreadable(error),
        })?;
        check(&bytes)?;
        let wasm = Arc::new(Wasm {
            hash: ContentHash::of(&bytes),
            path: path.clone(),
            bytes,
        });
        self.0.insert(path, Arc::clone(&wasm));
        Ok(wasm)
    }
}

/// Whether bytes begin as a component does.
pub(crate) fn check(bytes: &[u8]) -> Result<(), WasmError> {
    match bytes.strip_prefix(MAGIC) {
        Some(rest) if rest.starts_with(COMPONENT) => Ok(()),
        Some(rest) if rest.starts_with(MODULE) => Err(WasmError::Module),
        _ => Err(WasmError::NotWasm),
    }
}

impl WasmError {
    /// `remedy` is how the file is made.
    pub(crate) fn diagnostic(&self, what: &str, path: &str, remedy: &str) -> Diagnostic {
        let diagnostic = Diagnostic::new(format!("the Wasm of {what} {self}: `{path}`"));
        match self {
            Self::Missing => diagnostic.hint(remedy),
            Self::Unreadable(error) => diagnostic.caused_by(error),
            Self::Module => {
                diagnostic.hint("build it for the target `wasm32-wasip2`, or make a component of it with `wasm-tools component new`")
            }
            Self::NotWasm => diagnostic.hint(format!("the file is something else or damaged; {remedy}")),
        }
    }
}

/// The error for Wasm that would have to be fetched. `line` is what to write once it is here.
pub(crate) fn not_supported(what: &str, source: &str, line: &str) -> Diagnostic {
    Diagnostic::new(format!(
        "{what} comes from `{source}`, and fetching Wasm is not supported by this build"
    ))
    .hint(format!("download it and name the file: `{line}`"))
}
