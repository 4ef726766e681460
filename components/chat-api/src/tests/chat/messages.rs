//! One message over HTTP: its bounds, its answer as events, its repetition, and how it is counted.

use serde_json::{Value, json};

use super::state;
use crate::tests::service::Service;

#[test]
fn the_same_message_under_the_same_key_is_said_once() {
    let ann = Service::new().sign_up("ann@example.com");
    let headers = [("content-type", "application/json"), ("idempotency-key", "k")];
    let say = || {
        ann.send(
            "POST",
            "/api/v1/chat",
            &headers,
            r#"{"message":"Add a task to buy milk"}"#,
        )
        .expect(200)
    };
    assert_eq!(say().body, say().body);
    assert_eq!(state(&ann).len(), 1);
    assert_eq!(
        ann.get("/api/v1/conversations").body["items"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
}

#[test]
fn an_answer_can_be_told_as_events() {
    let ann = Service::new().sign_up("ann@example.com");
    let headers = [
        ("content-type", "application/json"),
        ("accept", "text/event-stream"),
    ];
    let answer = ann
        .send(
            "POST",
            "/api/v1/chat",
            &headers,
            r#"{"message":"Add a task to buy milk"}"#,
        )
        .expect(200);
    assert_eq!(answer.header("content-type"), "text/event-stream");
    let names: Vec<&str> = answer
        .text
        .lines()
        .filter_map(|line| line.strip_prefix("event: "))
        .collect();
    assert_eq!(names[..3], ["thinking", "tool_call", "tool_result"]);
    assert_eq!(names.last(), Some(&"done"));
    assert!(names.contains(&"token"));
    let data: Vec<Value> = answer
        .text
        .lines()
        .filter_map(|line| serde_json::from_str(line.strip_prefix("data: ")?).ok())
        .collect();
    let said: String = data.iter().filter_map(|data| data["text"].as_str()).collect();
    assert_eq!(said, data.last().unwrap()["response"].as_str().unwrap());
}

#[test]
fn a_message_has_its_bounds() {
    let ann = Service::new().sign_up("ann@example.com");
    for body in [
        json!({}),
        json!({"message": ""}),
        json!({"message": "x".repeat(4001)}),
        json!({"message": "hi", "user_id": "other"}),
    ] {
        ann.post("/api/v1/chat", &body).problem(422, "validation_failed");
    }
    ann.post("/api/v1/chat", &json!({"message": "x".repeat(4000)}))
        .expect(200);
}

#[test]
fn messages_are_counted_by_what_they_asked_for_and_by_why_they_led_to_nothing() {
    let service = Service::new();
    let ann = service.sign_up("ann@example.com");
    for message in [
        "Add a task to buy milk",
        "Add a task to buy \"bread\"",
        "blargh",
        "yes",
        "delete task 99",
        "!!!",
    ] {
        ann.say(message);
    }
    let headers = [("content-type", "application/json"), ("idempotency-key", "k")];
    for _again in 0..3 {
        ann.send("POST", "/api/v1/chat", &headers, r#"{"message":"add"}"#)
            .expect(200);
    }
    let another = service.another();
    let answer = another.answer("GET", "/internal/metrics", &[], "").expect(200);
    assert_eq!(
        answer.header("content-type"),
        "text/plain; version=0.0.4; charset=utf-8"
    );
    for line in [
        "# TYPE todo_chat_intents_total counter",
        "todo_chat_intents_total{intent=\"add_task\",provider=\"builtin\"} 3",
        "todo_chat_intents_total{intent=\"delete_task\",provider=\"builtin\"} 1",
        "todo_chat_intents_total{intent=\"unclear\",provider=\"builtin\"} 3",
        "# TYPE todo_chat_fallbacks_total counter",
        "todo_chat_fallbacks_total{reason=\"empty\",provider=\"builtin\"} 1",
        "todo_chat_fallbacks_total{reason=\"incomplete\",provider=\"builtin\"} 1",
        "todo_chat_fallbacks_total{reason=\"no_question\",provider=\"builtin\"} 1",
        "todo_chat_fallbacks_total{reason=\"no_such_task\",provider=\"builtin\"} 1",
        "todo_chat_fallbacks_total{reason=\"not_understood\",provider=\"builtin\"} 1",
    ] {
        assert!(
            answer.text.lines().any(|known| known == line),
            "{line} is not in\n{}",
            answer.text
        );
    }
    assert!(!answer.text.contains("milk") && !answer.text.contains(&ann.id));
    service
        .answer("POST", "/internal/metrics", &[], "")
        .problem(405, "method_not_allowed");
}
