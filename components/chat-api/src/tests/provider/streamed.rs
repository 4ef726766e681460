//! The model's words as they come.

use bytes::Bytes;
use futures::executor::block_on;
use serde_json::{Value, json};

use super::{ann, open_titles, service, tools};
use crate::Reply;
use crate::tests::model::{Scene, chunk, streams};
use crate::tests::service::{Response, User};

fn stream(user: &User, headers: &[(&str, &str)], message: &str) -> Response {
    let mut all = vec![
        ("content-type", "application/json"),
        ("accept", "text/event-stream"),
    ];
    all.extend_from_slice(headers);
    let body = json!({ "message": message }).to_string();
    user.send("POST", "/api/v1/chat", &all, &body)
}

/// The events: name and data.
fn events(response: &Response) -> Vec<(String, Value)> {
    assert_eq!(
        response.header("content-type"),
        "text/event-stream",
        "{}",
        response.text
    );
    let blocks = response.text.split("\n\n").filter(|block| !block.is_empty());
    let field = |block: &str, name: &str| {
        let lines: Vec<&str> = block.lines().filter_map(|line| line.strip_prefix(name)).collect();
        lines.concat()
    };
    let event = |block| {
        (
            field(block, "event: "),
            serde_json::from_str(&field(block, "data: ")).unwrap(),
        )
    };
    blocks.map(event).collect()
}

/// What is told after the last beginning or result is the response. Answers the body that says so.
#[track_caller]
fn done(events: &[(String, Value)]) -> Value {
    let (name, body) = events.last().unwrap();
    assert_eq!(name, "done", "{events:?}");
    let begin = events
        .iter()
        .rposition(|(name, _)| name == "thinking" || name == "tool_result")
        .unwrap();
    let told: String = events[begin..]
        .iter()
        .filter_map(|(_, data)| data["text"].as_str())
        .collect();
    assert_eq!(told, body["response"].as_str().unwrap(), "{events:?}");
    body.clone()
}

fn names(events: &[(String, Value)]) -> Vec<&str> {
    let mut names: Vec<&str> = events.iter().map(|(name, _)| name.as_str()).collect();
    names.dedup();
    names
}

#[test]
fn words_come_as_the_model_says_them() {
    let service = service(&[]);
    let ann = ann(&service);
    service.world.model.plays([
        streams(&["Let me ", "look."], &[("list_tasks", json!({}))]),
        streams(&["Begin ", "with the ", "rep", "ort."], &[]),
    ]);
    let told = events(&stream(&ann, &[], "What shall I do first?"));
    assert_eq!(
        names(&told),
        ["thinking", "token", "tool_call", "tool_result", "token", "done"]
    );
    let body = done(&told);
    assert_eq!(
        (&body["response"], &body["provider"]),
        (&json!("Begin with the report."), &json!("openai"))
    );
    let tokens: Vec<_> = told
        .iter()
        .filter_map(|(_, data)| data["text"].as_str())
        .collect();
    assert_eq!(tokens, ["Let me ", "Begin ", "with the ", "report."]);
    let asked = service.world.model.asked();
    assert_eq!(asked[0].body["stream"], true);
    assert_eq!(asked[0].body["stream_options"], json!({ "include_usage": true }));
}

#[test]
fn what_was_done_is_told_after_the_results_and_by_them() {
    let service = service(&[]);
    let ann = ann(&service);
    service.world.model.plays([
        streams(
            &["I've deleted ", "all of it. "],
            &[("complete_task", json!({ "task_id": 1 }))],
        ),
        streams(&["I have ", "completed and deleted everything!"], &[]),
    ]);
    let told = events(&stream(&ann, &[], "the milk is bought"));
    let body = done(&told);
    assert_eq!(body["response"], "Completed task 1: “Buy milk”. Well done!");
    let tokens: String = told
        .iter()
        .filter_map(|(_, data)| data["text"].as_str())
        .collect();
    assert!(!tokens.contains("deleted"), "{tokens}");
    assert_eq!(open_titles(&ann), ["Walk the dog", "Write the report"]);
}

#[test]
fn a_claim_is_held_back_and_contradicted() {
    let service = service(&[]);
    let ann = ann(&service);
    service
        .world
        .model
        .plays([streams(&["Sure. I have ", "dele", "ted all."], &[])]);
    let told = events(&stream(&ann, &[], "away with it"));
    assert_eq!(
        done(&told)["response"],
        "Sure. I have deleted all.\n\nNothing was changed."
    );
}

#[test]
fn a_stream_that_breaks_off_begins_again_with_the_built_in_assistant() {
    let service = service(&[]);
    let ann = ann(&service);
    let half = vec![chunk(&json!({ "content": "Let me think about " }), None)];
    let hostile: Vec<Bytes> = vec![half[0].clone(), Bytes::from_static(b"data: \xff\xff\n\n")];
    let endless: Vec<Bytes> = vec![Bytes::from(vec![b':'; 1 << 16]); 20];
    for scene in [
        Scene::Stream(half.clone(), true),
        Scene::Stream(half.clone(), false),
        Scene::Stream(hostile, false),
        Scene::Stream(endless, false),
    ] {
        service.world.model.plays([scene]);
        let told = events(&stream(&ann, &[], "What's pending?"));
        let begins: Vec<_> = told
            .iter()
            .filter(|(name, _)| name == "thinking")
            .map(|(_, data)| &data["provider"])
            .collect();
        assert_eq!(begins, ["openai", "builtin"]);
        let body = done(&told);
        assert_eq!(
            (&body["provider"], tools(&body)),
            (&json!("builtin"), vec!["list_tasks"])
        );
        assert_eq!(body["conversation_id"], told[0].1["conversation_id"]);
    }
    // After a change nothing begins again.
    service.world.model.plays([
        streams(&[], &[("complete_task", json!({ "task_id": 1 }))]),
        Scene::Stream(half, true),
    ]);
    let told = events(&stream(&ann, &[], "the milk is bought"));
    let body = done(&told);
    assert_eq!(
        (&body["provider"], &body["fallback"]["reason"]),
        (&json!("builtin"), &json!("failed"))
    );
    assert_eq!(body["response"], "Completed task 1: “Buy milk”. Well done!");
    assert!(service.world.model.is_over());
}

#[test]
fn a_question_is_told_without_what_the_model_said_before_it() {
    let service = service(&[]);
    let ann = ann(&service);
    let deletions = [
        ("delete_task", json!({ "task_id": 1 })),
        ("delete_task", json!({ "task_id": 2 })),
    ];
    service
        .world
        .model
        .plays([streams(&["As you ", "wish, it is all "], &deletions)]);
    let told = events(&stream(&ann, &[], "wipe the first two"));
    let body = done(&told);
    assert!(
        body["response"]
            .as_str()
            .unwrap()
            .starts_with("This will delete 2 tasks."),
        "{body}"
    );
    assert_eq!(open_titles(&ann).len(), 3);
}

#[test]
fn a_reader_who_goes_away_stops_nothing() {
    let service = service(&[]);
    let ann = ann(&service);
    service.world.model.plays([
        streams(&[], &[("complete_task", json!({ "task_id": 1 }))]),
        streams(&["Done."], &[]),
    ]);
    let authorization = format!("Bearer {}", ann.token);
    let headers = [
        ("authorization", authorization.as_str()),
        ("content-type", "application/json"),
        ("accept", "text/event-stream"),
    ];
    let Reply::Chat(_head, mut chat) = service.reply(
        "POST",
        "/api/v1/chat",
        &headers,
        r#"{"message":"the milk is bought"}"#,
    ) else {
        panic!("no stream");
    };
    let turn = chat.take_turn();
    drop(chat);
    block_on(turn);
    assert_eq!(open_titles(&ann), ["Walk the dog", "Write the report"]);
    assert!(service.world.model.is_over());
}

#[test]
fn a_server_that_does_not_stream_is_understood() {
    let service = service(&[]);
    let ann = ann(&service);
    service
        .world
        .model
        .plays([crate::tests::model::says("Hello there, friend.")]);
    let told = events(&stream(&ann, &[], "hey you"));
    assert_eq!(
        done(&told)["response"],
        "Hello there, friend.\n\nNothing was changed."
    );
}

#[test]
fn a_stream_is_told_again_under_its_key() {
    let service = service(&[]);
    let ann = ann(&service);
    service.world.model.plays([
        streams(&[], &[("add_task", json!({ "title": "Once" }))]),
        streams(&["Added."], &[]),
    ]);
    let key = [("idempotency-key", "k")];
    let first = done(&events(&stream(&ann, &key, "add Once")));
    let again = stream(&ann, &key, "add Once");
    assert_eq!(again.header("idempotency-replayed"), "true");
    assert_eq!(done(&events(&again)), first);
    assert_eq!(open_titles(&ann).len(), 4);
}

#[test]
fn what_fails_after_the_head_is_an_event() {
    let service = service(&[]);
    let ann = ann(&service);
    service.world.model.plays([streams(&["Hel", "lo."], &[])]);
    // The tasks are read, and a transaction has begun; then the database is away.
    service.database.fail_after(3);
    let response = stream(&ann, &[], "hey you");
    service.database.recover();
    let told = events(&response);
    let (name, problem) = told.last().unwrap();
    assert_eq!(
        (name.as_str(), &problem["code"]),
        ("error", &json!("unavailable"))
    );
    assert_eq!(problem["instance"], "/api/v1/chat");
}
