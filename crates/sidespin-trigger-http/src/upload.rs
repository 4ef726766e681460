//! The body of a request, which is read to its end even when the component answers without reading it.
//!
//! A server that answers early and closes the connection cuts off a client that is still sending: the client sees a broken pipe
//! and never the answer, for instance the 413 that tells it what was wrong (RFC 9112, section 9.6).

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Version, header};
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use wasmtime_wasi_http::Error;

/// So much of an unwanted body is read, in bytes; a client that goes on sending is cut off.
const LIMIT: usize = 16 << 20;

/// So long an unwanted body is waited for.
const PATIENCE: Duration = Duration::from_secs(5);

/// A request's body. Dropped before its end, it reads what the client still sends.
pub(crate) struct Upload {
    body: Option<Incoming>,
    /// Whether the client can only get the answer once its body was taken.
    drain: bool,
}

impl Upload {
    /// The body of a request, and the request without it.
    pub(crate) fn take(request: Request<Incoming>) -> (http::request::Parts, Self) {
        let (parts, body) = request.into_parts();
        // HTTP/2 can refuse one body and keep the connection, and a client that expects 100 has not sent any yet.
        let drain = parts.version <= Version::HTTP_11 && !parts.headers.contains_key(header::EXPECT);
        let body = Some(body);
        (parts, Self { body, drain })
    }
}

impl Body for Upload {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        match &mut self.body {
            Some(body) => Pin::new(body).poll_frame(context).map_err(Error::Hyper),
            None => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map(Body::size_hint).unwrap_or_default()
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        if !self.drain || self.is_end_stream() {
            return;
        }
        // Without a runtime the process is ending, and so is the connection.
        if let (Some(body), Ok(runtime)) = (self.body.take(), tokio::runtime::Handle::try_current()) {
            runtime.spawn(tokio::time::timeout(PATIENCE, discard(body)));
        }
    }
}

async fn discard(mut body: Incoming) {
    let mut rest = LIMIT;
    while let Some(Ok(frame)) = body.frame().await {
        let length = frame.data_ref().map_or(0, Bytes::len);
        match rest.checked_sub(length) {
            Some(left) => rest = left,
            None => return,
        }
    }
}
