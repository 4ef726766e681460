//! The ways in which the known servers write the same.

use serde_json::{Value, json};
use todo_chat_completions::{AnswerError, Finish, Limits, Parameter, Usage, refusal, whole};

use crate::{read_whole, stream};

fn delta(delta: &Value) -> Value {
    json!({ "id": "c", "object": "chat.completion.chunk", "choices": [{ "index": 0, "delta": delta, "finish_reason": null }] })
}

fn finished(reason: &str) -> Value {
    json!({ "choices": [{ "index": 0, "delta": {}, "finish_reason": reason }] })
}

/// The calls as name and arguments.
fn calls(chunks: &[Value]) -> Vec<(String, String, Value)> {
    let answer = read_whole(&stream(chunks)).0.unwrap();
    let calls = answer.tool_calls.into_iter();
    calls
        .map(|call| (call.id, call.name, call.arguments.unwrap()))
        .collect()
}

fn call(id: &str, name: &str, arguments: &Value) -> (String, String, Value) {
    (id.to_owned(), name.to_owned(), arguments.clone())
}

#[test]
fn openai_streams_text_and_ends_with_the_usage() {
    let chunks = [
        delta(&json!({ "role": "assistant", "content": "", "refusal": null })),
        delta(&json!({ "content": "Hel" })),
        delta(&json!({ "content": "lo" })),
        finished("stop"),
        json!({ "choices": [], "usage": { "prompt_tokens": 9, "completion_tokens": 2, "total_tokens": 11 } }),
    ];
    let (answer, told) = read_whole(&stream(&chunks));
    let answer = answer.unwrap();
    assert_eq!((answer.content.as_str(), told.as_str()), ("Hello", "Hello"));
    assert_eq!(answer.finish, Finish::Stop);
    let usage = Usage {
        prompt: 9,
        completion: 2,
    };
    assert_eq!((answer.usage, usage.total()), (Some(usage), 11));
}

#[test]
fn openai_streams_the_arguments_of_several_calls_by_index() {
    let piece = |index: u64, arguments: &str| {
        delta(&json!({ "tool_calls": [{ "index": index, "function": { "arguments": arguments } }] }))
    };
    let begin = |index: u64, id: &str, name: &str| {
        let function = json!({ "name": name, "arguments": "" });
        delta(
            &json!({ "tool_calls": [{ "index": index, "id": id, "type": "function", "function": function }] }),
        )
    };
    let chunks = [
        begin(0, "a", "add_task"),
        piece(0, "{\"tit"),
        begin(1, "b", "list_tasks"),
        piece(0, "le\":\"x\"}"),
        piece(1, "{}"),
        finished("tool_calls"),
    ];
    let expected = [
        call("a", "add_task", &json!({ "title": "x" })),
        call("b", "list_tasks", &json!({})),
    ];
    assert_eq!(calls(&chunks), expected);
}

#[test]
fn groq_sends_a_call_at_once_and_the_usage_under_its_own_name() {
    let function = json!({ "name": "get_stats", "arguments": "{}" });
    let mut end = finished("tool_calls");
    end["x_groq"] = json!({ "usage": { "prompt_tokens": 5, "completion_tokens": 1 } });
    let chunks = [
        delta(&json!({ "tool_calls": [{ "index": 0, "id": "call_x", "function": function }] })),
        end,
    ];
    assert_eq!(calls(&chunks), [call("call_x", "get_stats", &json!({}))]);
    let usage = read_whole(&stream(&chunks)).0.unwrap().usage;
    assert_eq!(usage.map(Usage::total), Some(6));
}

#[test]
fn ollama_gives_every_call_the_first_index_and_says_stop() {
    let whole_call = |id: &str, number: u32| {
        let function = json!({ "name": "complete_task", "arguments": format!("{{\"task_id\":{number}}}") });
        json!({ "index": 0, "id": id, "type": "function", "function": function })
    };
    let chunks = [
        delta(&json!({ "content": "", "tool_calls": [whole_call("a", 1)] })),
        delta(&json!({ "content": "", "tool_calls": [whole_call("b", 2)] })),
        finished("stop"),
    ];
    let one = |id: &str, number: u32| call(id, "complete_task", &json!({ "task_id": number }));
    assert_eq!(calls(&chunks), [one("a", 1), one("b", 2)]);
    let answer = read_whole(&stream(&chunks)).0.unwrap();
    assert_eq!(answer.finish, Finish::ToolCalls);
}

#[test]
fn hugging_face_leaves_out_ids_and_writes_arguments_as_an_object() {
    let function = |number: u32| json!({ "name": "delete_task", "arguments": { "task_id": number } });
    let chunks = [
        delta(&json!({ "tool_calls": [{ "function": function(1) }, { "function": function(2) }] })),
        finished("eos_token"),
    ];
    let one = |id: &str, number: u32| call(id, "delete_task", &json!({ "task_id": number }));
    assert_eq!(calls(&chunks), [one("call_1", 1), one("call_2", 2)]);
}

#[test]
fn ids_that_are_double_or_unusable_are_replaced() {
    let one = |id: &Value| json!({ "id": id, "function": { "name": "get_stats", "arguments": "{}" } });
    let ids = [json!("call_3"), json!("a\nb"), json!(""), json!("x".repeat(300))];
    let message = json!({ "content": null, "tool_calls": ids.iter().map(one).collect::<Vec<_>>() });
    let body = json!({ "choices": [{ "message": message, "finish_reason": "tool_calls" }] });
    let answer = whole(body.to_string().as_bytes(), Limits::default()).unwrap();
    let ids: Vec<_> = answer.tool_calls.iter().map(|call| call.id.as_str()).collect();
    assert_eq!(ids, ["call_3", "call_2", "call_3_", "call_4"]);
}

#[test]
fn whole_answers_are_read_too() {
    let body = json!({
        "choices": [{ "index": 0, "message": { "role": "assistant", "content": "Hello\u{0}\u{7}\n" }, "finish_reason": "stop" }],
        "usage": { "prompt_tokens": 3, "completion_tokens": 4 },
    });
    let answer = whole(body.to_string().as_bytes(), Limits::default()).unwrap();
    assert_eq!(
        (answer.content.as_str(), answer.finish),
        ("Hello\n", Finish::Stop)
    );
    let parts = json!({ "choices": [{ "message": { "content": [{ "type": "text", "text": "a" }, { "type": "image" }, { "text": "b" }] } }] });
    assert_eq!(
        whole(parts.to_string().as_bytes(), Limits::default())
            .unwrap()
            .content,
        "ab"
    );
}

#[test]
fn reasons_to_end_have_many_names() {
    for (reason, finish) in [
        ("stop", Finish::Stop),
        ("end_turn", Finish::Stop),
        ("length", Finish::Length),
        ("content_filter", Finish::Filtered),
        ("tool_calls", Finish::Stop),
        ("", Finish::Stop),
        ("something new", Finish::Other),
    ] {
        let body = json!({ "choices": [{ "message": { "content": "x" }, "finish_reason": reason }] });
        let answer = whole(body.to_string().as_bytes(), Limits::default()).unwrap();
        assert_eq!(answer.finish, finish, "{reason}");
    }
}

#[test]
fn a_stream_may_end_without_done_but_not_without_a_reason() {
    let text = stream(&[delta(&json!({ "content": "x" })), finished("stop")]);
    let without_done = text.trim_end().trim_end_matches("data: [DONE]");
    assert_eq!(read_whole(without_done).0.unwrap().content, "x");
    assert_eq!(read_whole(without_done.trim_end()).0.unwrap().content, "x");
    let broken = stream(&[delta(&json!({ "content": "x" }))]);
    let broken = broken.trim_end().trim_end_matches("data: [DONE]");
    assert_eq!(read_whole(broken), (Err(AnswerError::BrokenOff), "x".to_owned()));
    // What follows the end is not read.
    assert_eq!(
        read_whole(&format!("{text}data: nonsense\n\n"))
            .0
            .unwrap()
            .content,
        "x"
    );
}

#[test]
fn refusals_are_told_in_known_words_only() {
    let told = |status: u16, body: &str| refusal(status, body.as_bytes(), Limits::default());
    let key = r#"{"error":{"message":"Incorrect API key provided: sk-secret","type":"invalid_request_error","code":"invalid_api_key"}}"#;
    assert_eq!(
        told(401, key).to_string(),
        "the provider refused the request with status 401: invalid_api_key"
    );
    for body in [
        r#"{"error":{"message":"sk-secret","type":"sk-secret","code":"sk-secret"}}"#,
        r#"{"error":"model 'sk-secret' not found"}"#,
        "sk-secret",
        "",
        "[]",
    ] {
        assert!(!told(500, body).to_string().contains("sk-secret"), "{body}");
    }
    for (body, parameter) in [
        (
            r#"{"error":{"param":"temperature","message":"max_tokens"}}"#,
            Some(Parameter::Temperature),
        ),
        (
            r#"{"error":{"message":"Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."}}"#,
            Some(Parameter::MaxTokens),
        ),
        (
            r#"{"error":"unknown field stream_options"}"#,
            Some(Parameter::StreamOptions),
        ),
        (r#"[{"error":{"param":"model"}}]"#, None),
    ] {
        assert_eq!(told(400, body).parameter, parameter, "{body}");
        assert_eq!(told(503, body).parameter, None, "{body}");
    }
}
