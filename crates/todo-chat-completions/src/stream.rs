//! An answer that comes in pieces.

use crate::assembly::Assembly;
use crate::json::parse;
use crate::sse::Events;
use crate::{Answer, AnswerError, Limits};

/// What ends a stream.
const DONE: &[u8] = b"[DONE]";

/// Reads a stream of server-sent events. However the bytes are cut, the text, the answer and the error are the same.
#[derive(Debug)]
pub struct StreamReader {
    limits: Limits,
    /// How many bytes came.
    read: usize,
    events: Events,
    assembly: Assembly,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Reading,
    Done,
    Failed(AnswerError),
}

impl StreamReader {
    /// At the beginning of a stream.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            read: 0,
            events: Events::default(),
            assembly: Assembly::new(limits),
            state: State::Reading,
        }
    }

    /// Takes a piece, and appends the new text of the answer to `text`, also where an error follows it.
    ///
    /// # Errors
    /// What came is no answer, or breaks a limit. It stays so.
    pub fn push(&mut self, piece: &[u8], text: &mut String) -> Result<(), AnswerError> {
        for byte in piece {
            match self.state {
                State::Reading => {}
                State::Done => return Ok(()),
                State::Failed(error) => return Err(error),
            }
            if self.read == self.limits.bytes {
                let error = AnswerError::TooLong {
                    limit: self.limits.bytes,
                };
                self.state = State::Failed(error);
                return Err(error);
            }
            self.read += 1;
            if let Some(data) = self.events.push(*byte) {
                self.take(&data, text);
            }
        }
        match self.state {
            State::Failed(error) => Err(error),
            State::Reading | State::Done => Ok(()),
        }
    }

    /// Whether the stream said that it is over: what comes after is not read.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.state == State::Done
    }

    /// The answer, when no more comes; the text that only its end completed is appended to `text`.
    ///
    /// # Errors
    /// The stream was none, or broke off before it was over.
    pub fn finish(mut self, text: &mut String) -> Result<Answer, AnswerError> {
        if self.state == State::Reading
            && let Some(data) = std::mem::take(&mut self.events).finish()
        {
            self.take(&data, text);
        }
        match self.state {
            State::Failed(error) => Err(error),
            State::Reading if !self.assembly.is_finished() => Err(AnswerError::BrokenOff),
            State::Reading | State::Done => Ok(self.assembly.finish()),
        }
    }

    fn take(&mut self, data: &[u8], text: &mut String) {
        if data.trim_ascii() == DONE {
            self.state = State::Done;
        } else if let Err(error) = self.chunk(data, text) {
            self.state = State::Failed(error);
        }
    }

    fn chunk(&mut self, data: &[u8], text: &mut String) -> Result<(), AnswerError> {
        if data.trim_ascii().is_empty() {
            return Ok(());
        }
        let chunk = std::str::from_utf8(data).map_err(|_error| AnswerError::NotUtf8)?;
        self.assembly.add(&parse(chunk, self.limits.depth)?, text)
    }
}
