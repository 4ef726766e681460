//! One client's connection: takes frames, has them answered one after the other, and writes the answers in that order.
//!
//! As in Kafka, a connection has one request in the works at a time; what a client sends meanwhile waits in the socket.
//! So what a connection holds in memory is bounded by one request and one answer.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncReadExt, BufReader};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;

use crate::dispatch::{self, Fault};
use crate::node::{Caller, Node};

/// A frame up to this size is read without asking; most are far smaller.
const SMALL_FRAME: usize = 64 * 1024;
/// What is reserved for a frame before any of it has arrived.
const FIRST_RESERVATION: usize = 1024 * 1024;
/// A client that has begun a frame must go on with it.
const FRAME_TIMEOUT: Duration = Duration::from_secs(30);
/// A client that has asked must take its answer.
const WRITE_TIMEOUT: Duration = Duration::from_secs(60);
const READ_BUFFER: usize = 8 * 1024;
const UNIT: usize = 1024;

/// What all connections share.
#[derive(Debug)]
pub(crate) struct Connections {
    node: Arc<Node>,
    max_frame_bytes: usize,
    /// Kilobytes that large frames may take together; a frame waits for its share.
    frame_memory: Semaphore,
}

/// Why a connection ended before the client wanted it to.
#[derive(Debug, thiserror::Error)]
enum ConnectionError {
    #[error("reading or writing failed: {0}")]
    Io(#[from] io::Error),
    #[error("a request of {0} bytes is not taken")]
    FrameSize(i32),
    #[error("a request was begun and not finished, or an answer not taken, in time")]
    Stalled,
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl Connections {
    pub(crate) fn new(node: Arc<Node>, max_frame_bytes: usize) -> Self {
        // Two of the largest at a time.
        let units = (max_frame_bytes / UNIT + 1)
            .saturating_mul(2)
            .min(Semaphore::MAX_PERMITS);
        Self {
            node,
            max_frame_bytes,
            frame_memory: Semaphore::new(units),
        }
    }

    /// Serves a client until it goes, or does what a client must not do. Either way nobody else notices.
    pub(crate) async fn serve(&self, socket: TcpStream, remote: SocketAddr) {
        match self.converse(socket, remote).await {
            Ok(()) => {}
            Err(ConnectionError::Io(error)) => {
                tracing::debug!(%remote, %error, "a Kafka client's connection broke")
            }
            Err(error) => tracing::warn!(%remote, %error, "closed a Kafka client's connection"),
        }
    }

    async fn converse(&self, mut socket: TcpStream, remote: SocketAddr) -> Result<(), ConnectionError> {
        socket.set_nodelay(true)?;
        let mut caller = Caller {
            local: socket.local_addr()?,
            remote,
            client_id: String::new(),
        };
        let (reader, mut writer) = socket.split();
        let mut reader = BufReader::with_capacity(READ_BUFFER, reader);
        while let Some(length) = next_length(&mut reader).await? {
            let size = usize::try_from(length)
                .ok()
                .filter(|size| (1..=self.max_frame_bytes).contains(size));
            let size = size.ok_or(ConnectionError::FrameSize(length))?;
            let units = if size > SMALL_FRAME { size / UNIT } else { 0 };
            let units = u32::try_from(units).unwrap_or(u32::MAX);
            // The semaphore is never closed; without a share the frame would be read all the same.
            let share = self.frame_memory.acquire_many(units).await.ok();
            let frame = read_frame(&mut reader, size);
            let frame = tokio::time::timeout(FRAME_TIMEOUT, frame)
                .await
                .map_err(|_late| ConnectionError::Stalled)??;
            let answer = dispatch::answer(&self.node, &mut caller, frame).await?;
            drop(share);
            if let Some(response) = answer {
                let written = tokio::time::timeout(WRITE_TIMEOUT, response.write_to(&mut writer)).await;
                written.map_err(|_late| ConnectionError::Stalled)??;
            }
        }
        Ok(())
    }
}

/// The length of the next frame; nothing when the client has gone.
async fn next_length(reader: &mut (impl AsyncRead + Unpin)) -> io::Result<Option<i32>> {
    match reader.read_i32().await {
        Ok(length) => Ok(Some(length)),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
        Err(error) => Err(error),
    }
}

/// Reads a frame. Memory grows with what arrives, not with what the client has announced.
async fn read_frame(reader: &mut (impl AsyncRead + Unpin), size: usize) -> io::Result<Bytes> {
    let mut frame = Vec::with_capacity(size.min(FIRST_RESERVATION));
    reader.take(size as u64).read_to_end(&mut frame).await?;
    if frame.len() < size {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(Bytes::from(frame))
}
