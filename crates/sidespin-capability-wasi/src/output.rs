//! A component's standard output and error, as lines of the host's log and, where a directory for them is named, in files.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use sidespin_app::{ComponentId, Diagnostic};
use tokio::io::AsyncWrite;
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};

/// A longer line is cut into pieces, so that a component that never ends one cannot fill the memory.
const LONGEST_LINE: usize = 16 << 10;

/// Where one component writes to.
#[derive(Debug, Clone)]
pub(crate) struct ComponentOutput {
    component: ComponentId,
    file: Option<Arc<Mutex<File>>>,
}

impl ComponentOutput {
    /// The output of `component`, kept in `<directory>/<component>_<stream>.txt` too if a directory is given.
    pub(crate) fn open(
        component: &ComponentId,
        stream: &str,
        directory: Option<&Path>,
    ) -> Result<Self, Diagnostic> {
        let open = |directory: &Path| {
            fs::create_dir_all(directory)?;
            let path = directory.join(format!("{component}_{stream}.txt"));
            File::options().create(true).append(true).open(path)
        };
        let file = directory.map(open).transpose().map_err(|error| {
            Diagnostic::new(format!("what `{component}` prints cannot be kept"))
                .caused_by(&error)
                .hint("name a directory that can be written to with `--log-dir`, or leave it out")
        })?;
        Ok(Self {
            component: component.clone(),
            file: file.map(|file| Arc::new(Mutex::new(file))),
        })
    }
}

impl IsTerminal for ComponentOutput {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for ComponentOutput {
    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        Box::new(Lines {
            output: self.clone(),
            pending: Vec::new(),
        })
    }
}

/// Collects bytes until a line ends. What is left when it is dropped is a line too.
struct Lines {
    output: ComponentOutput,
    pending: Vec<u8>,
}

impl Lines {
    fn log(&mut self) {
        if let Some(file) = &self.output.file {
            let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
            // Goes to the system's cache, which takes it at once; a full disk must not stop the component.
            if let Err(error) = file.write_all(&self.pending) {
                tracing::warn!(component = %self.output.component, %error, "what it prints cannot be kept");
            }
        }
        let line = String::from_utf8_lossy(&self.pending);
        let line = line.trim_end();
        if !line.is_empty() {
            tracing::info!(target: "component", component = %self.output.component, "{line}");
        }
        self.pending.clear();
    }
}

impl AsyncWrite for Lines {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let lines = self.get_mut();
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            lines.pending.extend_from_slice(piece);
            if piece.ends_with(b"\n") || lines.pending.len() >= LONGEST_LINE {
                lines.log();
            }
        }
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

impl Drop for Lines {
    fn drop(&mut self) {
        self.log();
    }
}
