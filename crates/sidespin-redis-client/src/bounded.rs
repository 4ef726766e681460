//! A stream from a server that may not send an answer of any size: the client library keeps an answer in memory until it is
//! complete, so a stream that announces or brings too much ends here.
//!
//! Only as much of the protocol (RESP 2) is understood as it takes to see where an answer ends.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// One answer, or one message: as much as a component's memory would hold of it anyway.
const LARGEST_ANSWER: u64 = 64 << 20;
/// What an element costs beside its bytes once it is parsed.
const ELEMENT_COST: u64 = 64;
/// No number in the protocol is longer.
const LONGEST_NUMBER: usize = 20;

/// A stream whose answers are bounded.
#[derive(Debug)]
pub(crate) struct Bounded<S> {
    stream: S,
    scanner: Scanner,
}

impl<S> Bounded<S> {
    pub(crate) fn new(stream: S) -> Self {
        Self {
            stream,
            scanner: Scanner::new(LARGEST_ANSWER),
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Bounded<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(context, buffer))?;
        let read = buffer.filled().get(before..).unwrap_or_default();
        Poll::Ready(self.scanner.scan(read))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Bounded<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, buffer)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

/// Where in an answer the stream is.
#[derive(Debug)]
struct Scanner {
    limit: u64,
    /// What the answer has cost so far.
    cost: u64,
    /// Elements that the answer still lacks.
    missing: u64,
    part: Part,
}

#[derive(Debug)]
enum Part {
    /// The first byte of an element comes next.
    Start,
    /// A number that says how much follows: bytes, or elements.
    Length { is_bytes: bool, digits: Vec<u8> },
    /// The text of a simple element, up to the end of the line.
    Line,
    /// So many bytes that need no looking at.
    Skip(u64),
}

impl Scanner {
    fn new(limit: u64) -> Self {
        Self {
            limit,
            cost: 0,
            missing: 0,
            part: Part::Start,
        }
    }

    fn scan(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        while let Some((byte, rest)) = bytes.split_first() {
            if let Part::Skip(left) = self.part {
                let here = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len());
                bytes = bytes.get(here..).unwrap_or_default();
                self.skipped(left.saturating_sub(here as u64));
                continue;
            }
            bytes = rest;
            self.charge(1)?;
            self.take(*byte)?;
        }
        Ok(())
    }

    fn skipped(&mut self, left: u64) {
        if left == 0 {
            self.element_ended();
        } else {
            self.part = Part::Skip(left);
        }
    }

    fn take(&mut self, byte: u8) -> io::Result<()> {
        match (&mut self.part, byte) {
            (Part::Start, _) => {
                if self.missing == 0 {
                    self.missing = 1;
                }
                let is_bytes = byte == b'$';
                self.part = if is_bytes || byte == b'*' {
                    let digits = Vec::with_capacity(LONGEST_NUMBER);
                    Part::Length { is_bytes, digits }
                } else {
                    Part::Line
                };
            }
            (Part::Line, b'\n') => self.element_ended(),
            (Part::Length { is_bytes, digits }, b'\n') => {
                let length = length(digits)?;
                let is_bytes = *is_bytes;
                self.announced(is_bytes, length)?;
            }
            (Part::Length { digits, .. }, digit) if digits.len() < LONGEST_NUMBER => digits.push(digit),
            (Part::Length { .. }, _) => {
                return Err(io::Error::other("the server does not speak Redis's protocol"));
            }
            (Part::Line | Part::Skip(_), _) => {}
        }
        Ok(())
    }

    fn announced(&mut self, is_bytes: bool, length: Option<u64>) -> io::Result<()> {
        match length {
            Some(bytes) if is_bytes => {
                self.charge(bytes)?;
                // With the end of the line that follows.
                self.part = Part::Skip(bytes.saturating_add(2));
            }
            Some(elements) => {
                self.charge(elements.saturating_mul(ELEMENT_COST))?;
                self.missing = self.missing.saturating_add(elements);
                self.element_ended();
            }
            None => self.element_ended(),
        }
        Ok(())
    }

    fn element_ended(&mut self) {
        self.part = Part::Start;
        self.missing = self.missing.saturating_sub(1);
        if self.missing == 0 {
            self.cost = 0;
        }
    }

    fn charge(&mut self, cost: u64) -> io::Result<()> {
        self.cost = self.cost.saturating_add(cost);
        if self.cost > self.limit {
            let limit = self.limit;
            return Err(io::Error::other(format!(
                "an answer is larger than {limit} bytes"
            )));
        }
        Ok(())
    }
}

/// Nothing for the -1 that stands for no value.
fn length(digits: &[u8]) -> io::Result<Option<u64>> {
    let text = std::str::from_utf8(digits).unwrap_or_default().trim_end();
    if text == "-1" {
        return Ok(None);
    }
    text.parse()
        .map(Some)
        .map_err(|_no_number| io::Error::other("the server does not speak Redis's protocol"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether a stream is let through that arrives in pieces of a size.
    fn passes(limit: u64, stream: &[u8], piece: usize) -> bool {
        let mut scanner = Scanner::new(limit);
        stream.chunks(piece).all(|bytes| scanner.scan(bytes).is_ok())
    }

    #[test]
    fn answers_are_measured_each_for_itself() {
        let answers: &[u8] = b"+OK\r\n:7\r\n-ERR no\r\n$5\r\nhello\r\n$0\r\n\r\n$-1\r\n*0\r\n*-1\r\n*2\r\n$1\r\na\r\n*1\r\n:1\r\n";
        let many = answers.repeat(1000);
        for piece in [1, 2, 3, 7, 4096] {
            assert!(passes(300, &many, piece), "{piece}");
        }
        let mut scanner = Scanner::new(300);
        scanner.scan(&many).unwrap();
        assert_eq!((scanner.cost, scanner.missing), (0, 0));
    }

    #[test]
    fn what_announces_too_much_is_refused_before_it_comes() {
        for announced in [
            &b"$1000\r\n"[..],
            b"*10\r\n",
            b"*2\r\n$200\r\n",
            b"$18446744073709551615\r\n",
        ] {
            assert!(!passes(150, announced, 1), "{announced:?}");
        }
        assert!(!passes(100, &[b'+'; 200], 1));
        // Nested arrays without an end.
        assert!(!passes(1000, &b"*1\r\n".repeat(100), 4));
    }

    #[test]
    fn what_is_another_protocol_is_refused() {
        assert!(!passes(1000, b"$abc\r\n", 1));
        assert!(!passes(1000, b"*000000000000000000000000001\r\n", 1));
    }
}
