//! Requests to servers outside, whose answers may come slowly, in pieces, or not at all.

use std::time::Duration;

use bytes::Bytes;
use thiserror::Error;

/// Why there is no answer, or no more of it.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Unanswered {
    /// Nobody was reached: nothing was sent, and trying again is safe.
    #[error("no answer: {0}")]
    NotConnected(String),
    /// The manifest does not grant the server to this component.
    #[error("no answer: {0}; `allowed_outbound_hosts` may not grant it")]
    Denied(String),
    /// It took too long.
    #[error("no answer within {} seconds", .0.as_secs_f32())]
    TimedOut(Duration),
    /// It broke off.
    #[error("no answer: {0}")]
    BrokenOff(String),
}

/// The body of an answer, as it comes.
#[expect(
    async_fn_in_trait,
    reason = "a component has one thread: its futures need not be Send"
)]
pub trait Pieces {
    /// The next piece, which may take so long; nothing after the last.
    async fn next(&mut self, patience: Duration) -> Option<Result<Bytes, Unanswered>>;
}

#[cfg(target_arch = "wasm32")]
pub use self::host::{HostPieces, send};

#[cfg(target_arch = "wasm32")]
mod host {
    use std::pin::pin;
    use std::time::Duration;

    use bytes::Bytes;
    use futures::future::{Either, join, select};
    use http::HeaderValue;
    use http::header::CONTENT_LENGTH;
    use http_body_util::{BodyExt as _, Full};
    use spin_sdk::wasip3::http::types::ErrorCode;

    use super::{Pieces, Unanswered};

    /// After how long something happens for certain.
    const NUDGE: Duration = Duration::from_millis(1);

    /// The body of an answer that the host receives.
    pub struct HostPieces {
        body: spin_sdk::wasip3::http_compat::IncomingResponseBody,
    }

    impl std::fmt::Debug for HostPieces {
        fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            formatter.write_str("HostPieces(…)")
        }
    }

    /// Sends a request. The answer's head may take so long; its body is for the caller to read, or to drop.
    ///
    /// # Errors
    /// There is no answer.
    pub async fn send(
        mut request: http::Request<Bytes>,
        patience: Duration,
    ) -> Result<http::Response<HostPieces>, Unanswered> {
        // Without it the body is sent in chunks, which not every server of a user's or an operator's own understands.
        let length = HeaderValue::from(request.body().len());
        request.headers_mut().insert(CONTENT_LENGTH, length);
        let sent = spin_sdk::http::send(request.map(Full::new));
        // The SDK writes the body in a task of its own, and where this already runs in such a task, that one is looked at only
        // when something happens next: so that something does.
        let sent = join(sent, spin_sdk::time::sleep(NUDGE));
        let (answer, ()) = within(patience, sent).await?;
        let answer = answer.map_err(|error| unanswered(&error))?;
        Ok(answer.map(|body| HostPieces { body }))
    }

    impl Pieces for HostPieces {
        async fn next(&mut self, patience: Duration) -> Option<Result<Bytes, Unanswered>> {
            loop {
                let frame = match within(patience, self.body.frame()).await {
                    Ok(frame) => frame?,
                    Err(timed_out) => return Some(Err(timed_out)),
                };
                match frame.map(http_body::Frame::into_data) {
                    Ok(Ok(data)) => return Some(Ok(data)),
                    // Trailers say nothing here.
                    Ok(Err(_trailers)) => {}
                    Err(error) => return Some(Err(Unanswered::BrokenOff(error.to_string()))),
                }
            }
        }
    }

    async fn within<T>(patience: Duration, work: impl Future<Output = T>) -> Result<T, Unanswered> {
        let (work, pause) = (pin!(work), pin!(spin_sdk::time::sleep(patience)));
        match select(work, pause).await {
            Either::Left((done, _pause)) => Ok(done),
            Either::Right(((), _work)) => Err(Unanswered::TimedOut(patience)),
        }
    }

    fn unanswered(error: &ErrorCode) -> Unanswered {
        let reason = error.to_string();
        match error {
            ErrorCode::HttpRequestDenied | ErrorCode::DestinationIpProhibited => Unanswered::Denied(reason),
            ErrorCode::DnsTimeout
            | ErrorCode::DnsError(_)
            | ErrorCode::DestinationNotFound
            | ErrorCode::DestinationUnavailable
            | ErrorCode::DestinationIpUnroutable
            | ErrorCode::ConnectionRefused
            | ErrorCode::ConnectionTimeout
            | ErrorCode::ConnectionLimitReached
            | ErrorCode::TlsProtocolError
            | ErrorCode::TlsCertificateError
            | ErrorCode::TlsAlertReceived(_) => Unanswered::NotConnected(reason),
            _ => Unanswered::BrokenOff(reason),
        }
    }
}
