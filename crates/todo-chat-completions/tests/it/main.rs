//! Answers as providers really write them, cut anywhere, and answers that nobody should write.

#![cfg(test)]

mod hostile;
mod properties;
mod providers;

use serde_json::Value;
use todo_chat_completions::{Answer, AnswerError, Limits, StreamReader};

/// The stream of these chunks, with its end.
fn stream(chunks: &[Value]) -> String {
    let mut text: String = chunks.iter().map(|chunk| format!("data: {chunk}\n\n")).collect();
    text.push_str("data: [DONE]\n\n");
    text
}

/// Reads a stream in pieces; the answer and the text that was told on the way.
fn read<'a>(
    pieces: impl IntoIterator<Item = &'a [u8]>,
    limits: Limits,
) -> (Result<Answer, AnswerError>, String) {
    let (mut reader, mut text) = (StreamReader::new(limits), String::new());
    for piece in pieces {
        if let Err(error) = reader.push(piece, &mut text) {
            return (Err(error), text);
        }
    }
    let answer = reader.finish(&mut text);
    (answer, text)
}

fn read_whole(text: &str) -> (Result<Answer, AnswerError>, String) {
    read([text.as_bytes()], Limits::default())
}
