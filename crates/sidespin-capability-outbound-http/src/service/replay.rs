//! A request's body that can be sent again: what has passed of it is kept, up to a bound, and comes first the next time.
//!
//! Nothing is read ahead: a body streams as it would without, and one that turns out to be too long is just not repeatable.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt;
use wasmtime_wasi_http::{Error, WasiBody};

/// What is kept of a body, in bytes. Requests between services are small, or uploads that nobody wants in memory.
const KEPT: usize = 64 << 10;

/// A body, and what has passed of it.
#[derive(Clone)]
pub(crate) struct Replay(Arc<Mutex<Shared>>);

struct Shared {
    body: WasiBody,
    passed: Vec<Piece>,
    kept: usize,
    /// Nothing of it was forgotten, and it has not failed.
    is_whole: bool,
    /// Which of the bodies made of it is read now; an earlier one has nothing to say any more.
    turn: u32,
    has_ended: bool,
}

#[derive(Clone)]
enum Piece {
    Data(Bytes),
    Trailers(http::HeaderMap),
}

impl Piece {
    fn into_frame(self) -> Frame<Bytes> {
        match self {
            Self::Data(data) => Frame::data(data),
            Self::Trailers(trailers) => Frame::trailers(trailers),
        }
    }
}

impl Replay {
    pub(crate) fn new(body: WasiBody) -> Self {
        let has_ended = body.is_end_stream();
        Self(Arc::new(Mutex::new(Shared {
            body,
            passed: Vec::new(),
            kept: 0,
            is_whole: true,
            turn: 0,
            has_ended,
        })))
    }

    /// Whether [`Replay::body`] can start from the beginning.
    pub(crate) fn is_whole(&self) -> bool {
        self.shared().is_whole
    }

    /// The body from its beginning. Ends the one that was given out before.
    pub(crate) fn body(&self) -> WasiBody {
        let mut shared = self.shared();
        shared.turn += 1;
        let body = Turn {
            shared: Self(Arc::clone(&self.0)),
            turn: shared.turn,
            next: 0,
        };
        body.boxed_unsync()
    }

    fn shared(&self) -> MutexGuard<'_, Shared> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One reading of it.
struct Turn {
    shared: Replay,
    turn: u32,
    next: usize,
}

impl Body for Turn {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let this = self.get_mut();
        let mut shared = this.shared.shared();
        if shared.turn != this.turn {
            return Poll::Ready(Some(Err(Error::ConnectionTerminated)));
        }
        if let Some(piece) = shared.passed.get(this.next) {
            this.next += 1;
            return Poll::Ready(Some(Ok(piece.clone().into_frame())));
        }
        if shared.has_ended {
            return Poll::Ready(None);
        }
        let frame = ready!(Pin::new(&mut shared.body).poll_frame(context));
        match &frame {
            Some(Ok(frame)) => {
                if shared.keep(frame) {
                    this.next += 1;
                }
            }
            Some(Err(_broken)) => shared.is_whole = false,
            None => shared.has_ended = true,
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        let shared = self.shared.shared();
        shared.has_ended && self.next >= shared.passed.len()
    }

    fn size_hint(&self) -> SizeHint {
        let shared = self.shared.shared();
        let (rest, passed) = (shared.body.size_hint(), shared.length_from(self.next));
        let mut hint = SizeHint::new();
        if let Some(upper) = rest.upper() {
            hint.set_upper(upper.saturating_add(passed));
        }
        hint.set_lower(rest.lower().saturating_add(passed));
        hint
    }
}

impl Shared {
    /// Keeps a piece that passes, and answers whether it did.
    fn keep(&mut self, frame: &Frame<Bytes>) -> bool {
        if !self.is_whole {
            return false;
        }
        let piece = match (frame.data_ref(), frame.trailers_ref()) {
            (Some(data), _) => Piece::Data(data.clone()),
            (None, Some(trailers)) => Piece::Trailers(trailers.clone()),
            (None, None) => return false,
        };
        self.kept += frame.data_ref().map_or(0, Bytes::len);
        if self.kept > KEPT {
            self.is_whole = false;
            self.passed = Vec::new();
            return false;
        }
        self.passed.push(piece);
        true
    }

    fn length_from(&self, next: usize) -> u64 {
        let pieces = self.passed.iter().skip(next);
        pieces
            .map(|piece| match piece {
                Piece::Data(data) => data.len() as u64,
                Piece::Trailers(_) => 0,
            })
            .sum()
    }
}

#[cfg(test)]
mod tests {
    use futures::stream;
    use http_body_util::{Full, StreamBody};

    use super::*;

    fn pieces(pieces: &[usize]) -> WasiBody {
        let frames: Vec<Result<_, Error>> = pieces
            .iter()
            .map(|length| Ok(Frame::data(Bytes::from(vec![b'x'; *length]))))
            .collect();
        BodyExt::boxed_unsync(StreamBody::new(stream::iter(frames)))
    }

    async fn read(body: WasiBody) -> Result<usize, Error> {
        body.collect().await.map(|collected| collected.to_bytes().len())
    }

    #[tokio::test]
    async fn it_comes_again_from_the_beginning_wherever_the_last_reading_stopped() {
        let replay = Replay::new(pieces(&[3, 4, 5]));
        let mut first = replay.body();
        let frame = first.frame().await.unwrap().unwrap();
        assert_eq!(frame.into_data().unwrap().len(), 3);
        assert!(replay.is_whole());
        assert_eq!(read(replay.body()).await.unwrap(), 12);
        assert_eq!(read(replay.body()).await.unwrap(), 12);
        // What the abandoned connection may still read is not taken from the others.
        assert!(first.frame().await.unwrap().is_err());
    }

    #[tokio::test]
    async fn a_long_one_passes_but_does_not_come_again() {
        let replay = Replay::new(pieces(&[KEPT, 1, 7]));
        assert_eq!(read(replay.body()).await.unwrap(), KEPT + 8);
        assert!(!replay.is_whole());
        let replay = Replay::new(pieces(&[KEPT]));
        assert_eq!(read(replay.body()).await.unwrap(), KEPT);
        assert!(replay.is_whole());
    }

    #[tokio::test]
    async fn its_length_is_known_if_it_was_known() {
        let body = Full::new(Bytes::from_static(b"12345")).map_err(|never| match never {});
        let replay = Replay::new(body.boxed_unsync());
        for _ in 0..2 {
            let body = replay.body();
            assert_eq!(body.size_hint().exact(), Some(5));
            assert_eq!(read(body).await.unwrap(), 5);
        }
    }
}
