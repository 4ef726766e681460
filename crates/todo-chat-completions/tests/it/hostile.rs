//! Answers that nobody should write.

use serde_json::{Value, json};
use todo_chat_completions::{AnswerError, ArgumentsError, Limits, whole};

use crate::{read, read_whole, stream};

fn message(message: &Value) -> Result<todo_chat_completions::Answer, AnswerError> {
    let body = json!({ "choices": [{ "message": message, "finish_reason": "stop" }] });
    whole(body.to_string().as_bytes(), Limits::default())
}

#[test]
fn ten_thousand_calls_are_too_many_whole_or_streamed() {
    let one = json!({ "function": { "name": "get_stats", "arguments": "{}" } });
    let error = AnswerError::TooManyCalls { limit: 32 };
    assert_eq!(message(&json!({ "tool_calls": vec![one; 10_000] })), Err(error));
    let chunks: Vec<_> = (0..10_000)
        .map(|index| json!({ "choices": [{ "delta": { "tool_calls": [{ "index": index, "id": "x" }] } }] }))
        .collect();
    assert_eq!(read_whole(&stream(&chunks)).0, Err(error));
}

#[test]
fn an_endless_stream_ends() {
    let chunk = stream(&[json!({ "choices": [{ "delta": { "content": "" } }] })]);
    let chunk = chunk.trim_end().trim_end_matches("data: [DONE]");
    let endless = std::iter::repeat(chunk.as_bytes());
    assert_eq!(
        read(endless, Limits::default()).0,
        Err(AnswerError::TooLong { limit: 1 << 20 })
    );
    for piece in [&b": keep-alive\n\n"[..], b"x", b"data: x", b"\n", b"\r"] {
        let endless = std::iter::repeat(piece);
        let error = read(endless, Limits::default()).0.unwrap_err();
        assert_eq!(error, AnswerError::TooLong { limit: 1 << 20 }, "{piece:?}");
    }
    let talk = stream(&vec![
        json!({ "choices": [{ "delta": { "content": "x".repeat(1000) } }] });
        100
    ]);
    assert_eq!(
        read_whole(&talk).0,
        Err(AnswerError::TextTooLong { limit: 32 << 10 })
    );
}

#[test]
fn arguments_have_a_length_and_a_depth() {
    let with = |arguments: &Value| {
        message(&json!({ "tool_calls": [{ "function": { "name": "x", "arguments": arguments } }] }))
    };
    let long = json!("x".repeat((32 << 10) + 1));
    assert_eq!(
        with(&long),
        Err(AnswerError::ArgumentsTooLong { limit: 32 << 10 })
    );
    let deep = json!(format!("{{\"a\":{}1{}}}", "[".repeat(50), "]".repeat(50)));
    assert_eq!(
        with(&deep).unwrap().tool_calls[0].arguments,
        Err(ArgumentsError::TooDeep(16))
    );
    // JSON in JSON in JSON.
    let twice = json!(json!(json!({ "title": "x" }).to_string()).to_string());
    assert_eq!(
        with(&twice).unwrap().tool_calls[0].arguments,
        Ok(json!({ "title": "x" }))
    );
    let thrice = json!(twice.to_string());
    assert_eq!(
        with(&thrice).unwrap().tool_calls[0].arguments,
        Err(ArgumentsError::NotObject)
    );
    for wrong in [json!(7), json!([1]), json!(true)] {
        assert!(
            matches!(with(&wrong), Err(AnswerError::Malformed { .. })),
            "{wrong}"
        );
    }
}

#[test]
fn deep_json_is_not_parsed() {
    let deep = format!("{{\"choices\":{}", "[".repeat(100_000));
    assert_eq!(
        whole(deep.as_bytes(), Limits::default()),
        Err(AnswerError::TooDeep { limit: 16 })
    );
    assert_eq!(
        read_whole(&format!("data: {deep}\n\n")).0,
        Err(AnswerError::TooDeep { limit: 16 })
    );
}

#[test]
fn wrong_types_are_refused() {
    for body in [
        json!({}),
        json!({ "choices": [] }),
        json!({ "choices": {} }),
        json!({ "choices": [7] }),
        json!({ "choices": [{ "message": [] }] }),
        json!({ "choices": [{ "message": { "content": 7 } }] }),
        json!({ "choices": [{ "message": { "tool_calls": {} } }] }),
        json!({ "choices": [{ "message": { "tool_calls": [{ "function": "x" }] } }] }),
        json!({ "choices": [{ "message": { "tool_calls": [{ "function": { "name": 7 } }] } }] }),
        json!({ "choices": [{ "message": { "tool_calls": [{ "index": -1 }] } }] }),
        json!({ "choices": [{ "message": { "tool_calls": [{ "id": {} }] } }] }),
        json!({ "choices": [{ "message": {}, "finish_reason": 7 }] }),
        json!([]),
        json!("x"),
        json!(null),
    ] {
        let error = whole(body.to_string().as_bytes(), Limits::default());
        assert!(
            matches!(error, Err(AnswerError::Malformed { .. })),
            "{body}: {error:?}"
        );
    }
}

#[test]
fn errors_in_the_middle_and_bytes_that_are_no_text_are_told() {
    let chunks = [
        json!({ "choices": [{ "delta": { "content": "x" } }] }),
        json!({ "error": { "message": "sk-secret", "code": "server_error" } }),
    ];
    let (answer, text) = read_whole(&stream(&chunks));
    assert_eq!(
        answer.unwrap_err().to_string(),
        "the provider reported an error: server_error"
    );
    assert_eq!(text, "x");
    assert_eq!(whole(b"\xff", Limits::default()), Err(AnswerError::NotUtf8));
    assert_eq!(
        read([&b"data: \xff\n\n"[..]], Limits::default()).0,
        Err(AnswerError::NotUtf8)
    );
    assert_eq!(read_whole("data: <html>\n\n").0, Err(AnswerError::NotJson));
    assert_eq!(read_whole("<html>").0, Err(AnswerError::BrokenOff));
}

#[test]
fn usage_that_is_none_is_not_believed() {
    for usage in [
        json!({ "prompt_tokens": -5, "completion_tokens": 1 }),
        json!({ "prompt_tokens": 1e30, "completion_tokens": 1 }),
        json!({ "prompt_tokens": "many" }),
        json!([]),
        json!(7),
    ] {
        let body = json!({ "choices": [{ "message": { "content": "x" } }], "usage": usage });
        assert_eq!(
            whole(body.to_string().as_bytes(), Limits::default())
                .unwrap()
                .usage,
            None,
            "{usage}"
        );
    }
}
