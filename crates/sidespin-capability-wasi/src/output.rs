//! A component's standard output and error, as lines of the host's log.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use sidespin_app::ComponentId;
use tokio::io::AsyncWrite;
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};

/// A longer line is cut into pieces, so that a component that never ends one cannot fill the memory.
const LONGEST_LINE: usize = 16 << 10;

/// Where one component writes to.
#[derive(Debug, Clone)]
pub(crate) struct ComponentOutput {
    component: ComponentId,
}

impl ComponentOutput {
    pub(crate) fn new(component: ComponentId) -> Self {
        Self { component }
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
            component: self.component.clone(),
            pending: Vec::new(),
        })
    }
}

/// Collects bytes until a line ends. What is left when it is dropped is a line too.
struct Lines {
    component: ComponentId,
    pending: Vec<u8>,
}

impl Lines {
    fn log(&mut self) {
        let line = String::from_utf8_lossy(&self.pending);
        let line = line.trim_end();
        if !line.is_empty() {
            tracing::info!(target: "component", component = %self.component, "{line}");
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
