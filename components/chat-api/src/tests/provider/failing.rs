//! A model that does not answer: it is asked again where that is safe, and otherwise the built-in assistant takes over.

use bytes::Bytes;
use serde_json::{Value, json};

use super::{KEY, ann, open_titles, service, tools, with_key};
use crate::tests::model::{Scene, calls, completion, says};
use crate::tests::service::Service;

fn error(status: u16, retry_after: Option<u32>) -> Scene {
    let body =
        json!({ "error": { "message": format!("you said {KEY}"), "code": KEY, "type": "server_error" } });
    Scene::Status(status, retry_after, body)
}

/// The built-in assistant's answer to "Add a task to buy bread", for this reason.
#[track_caller]
fn falls_back(service: &Service, scenes: Vec<Scene>, reason: &str) {
    let user = service.sign_up(&format!("{}@example.com", service.app.new_id()));
    service.world.model.plays(scenes);
    let answer = user.say("Add a task to buy bread");
    assert_eq!(
        (&answer["provider"], &answer["intent"]),
        (&json!("builtin"), &json!("add_task")),
        "{answer}"
    );
    assert_eq!(
        (&answer["fallback"]["reason"], &answer["fallback"]["from"]),
        (&json!(reason), &json!("openai"))
    );
    assert!(
        answer["fallback"]["detail"]
            .as_str()
            .unwrap()
            .contains("language model")
    );
    assert_eq!(
        (tools(&answer), open_titles(&user)),
        (vec!["add_task"], vec!["Buy bread".to_owned()])
    );
    assert!(
        service.world.model.is_over(),
        "it was asked less often than the test meant"
    );
}

#[test]
fn whatever_fails_the_built_in_assistant_answers_and_says_so() {
    let service = service(&[]);
    let raw = |bytes: &'static [u8]| Scene::Raw(Bytes::from_static(bytes));
    falls_back(&service, vec![Scene::Silent], "timed_out");
    falls_back(&service, vec![error(401, None)], "refused");
    falls_back(&service, vec![error(404, None)], "refused");
    falls_back(&service, vec![error(302, None)], "refused");
    falls_back(&service, vec![raw(b"<html>")], "invalid_answer");
    falls_back(&service, vec![raw(b"\xff\xfe")], "invalid_answer");
    falls_back(&service, vec![raw(b"")], "invalid_answer");
    falls_back(
        &service,
        vec![Scene::Raw(vec![b'['; 3 << 20].into())],
        "invalid_answer",
    );
    falls_back(
        &service,
        vec![completion(&json!({ "content": "  " }), "length")],
        "invalid_answer",
    );
    falls_back(
        &service,
        vec![completion(&json!({ "content": 7 }), "stop")],
        "invalid_answer",
    );
    falls_back(&service, vec![Scene::NotConnected; 3], "unreachable");
    falls_back(
        &service,
        vec![error(500, None), error(503, None), error(529, None)],
        "failed",
    );
    falls_back(&service, vec![error(429, Some(120))], "rate_limited");
    let looks = || calls(&[("list_tasks", json!({}))]);
    falls_back(
        &service,
        (0..6).map(|_round| looks()).collect(),
        "too_many_rounds",
    );
    // Once a tool has run nothing is asked again, looks included.
    falls_back(&service, vec![looks(), error(503, None)], "failed");
    let log = service.world.log.borrow().join("\n");
    assert!(log.contains("503: server_error") && !log.contains(KEY), "{log}");
}

#[test]
fn what_passes_by_is_asked_again_with_a_pause() {
    let service = service(&[]);
    let ann = ann(&service);
    service
        .world
        .model
        .plays([error(429, Some(3)), Scene::NotConnected, says("Here I am.")]);
    let answer = ann.say("Are you there?");
    assert_eq!(
        (&answer["provider"], answer.get("fallback")),
        (&json!("openai"), None)
    );
    let at: Vec<i64> = service.world.model.asked().iter().map(|asked| asked.at).collect();
    assert_eq!(at[1] - at[0], 3_000);
    assert!((500..=750).contains(&(at[2] - at[1])), "{at:?}");
}

#[test]
fn after_a_change_the_results_are_the_answer_and_nothing_is_repeated() {
    for failure in [
        Scene::Silent,
        error(500, None),
        Scene::NotConnected,
        Scene::Raw(Bytes::new()),
    ] {
        let service = service(&[]);
        let ann = ann(&service);
        service
            .world
            .model
            .plays([calls(&[("add_task", json!({ "title": "Buy bread" }))]), failure]);
        let answer = ann.say("Add a task to buy bread");
        assert_eq!(answer["response"], "Added task 4: “Buy bread”.");
        assert_eq!(
            (&answer["provider"], tools(&answer)),
            (&json!("builtin"), vec!["add_task"])
        );
        assert!(answer["fallback"]["reason"].is_string());
        assert_eq!(open_titles(&ann).len(), 4);
        assert!(service.world.model.is_over());
    }
}

#[test]
fn a_turn_has_an_end_in_time() {
    let service = service(&[]);
    let ann = ann(&service);
    let slow = |scene: Scene| Scene::After(9_000, Box::new(scene));
    let looks = || slow(calls(&[("list_tasks", json!({}))]));
    service.world.model.plays([looks(), looks(), looks()]);
    let before = service.world.now.get();
    let answer = ann.say("What's pending?");
    assert_eq!(
        (&answer["provider"], &answer["fallback"]["reason"]),
        (&json!("builtin"), &json!("timed_out"))
    );
    assert_eq!(service.world.now.get() - before, 24_000);
}

#[test]
fn a_parameter_that_the_model_does_not_take_is_left_out_from_then_on() {
    let service = service(&[]);
    let ann = ann(&service);
    let refuses = |param: &str| {
        Scene::Status(
            400,
            None,
            json!({ "error": { "param": param, "code": "unsupported_parameter" } }),
        )
    };
    service.world.model.plays([
        refuses("max_tokens"),
        refuses("temperature"),
        says("a"),
        says("b"),
    ]);
    ann.say("first");
    ann.say("second");
    let asked = service.world.model.asked();
    let has = |number: usize, name: &str| asked[number].body.get(name).is_some();
    assert!(has(0, "max_tokens") && has(0, "temperature"));
    assert!(has(1, "max_completion_tokens") && has(1, "temperature"));
    for number in [2, 3] {
        assert!(
            has(number, "max_completion_tokens") && !has(number, "max_tokens") && !has(number, "temperature")
        );
    }
}

#[test]
fn a_database_that_fails_in_the_middle_takes_nothing_back_and_does_nothing_twice() {
    // However many statements succeed, a key gets one task at most, and its answer tells of it.
    for statements in (1..60).step_by(3) {
        let service = service(&[("openai_daily_token_budget", "100000")]);
        let ann = service.sign_up("ann@example.com");
        let script = || [calls(&[("add_task", json!({ "title": "Once" }))]), says("Added.")];
        service.world.model.plays(script());
        service.database.fail_after(statements);
        let first = with_key(&ann, "k", "add Once");
        service.database.recover();
        let is_done = first.status == 200;
        // A claim that could not be given back ends by itself.
        service.world.pass(200);
        if !is_done {
            assert_eq!(first.status, 503, "{}", first.text);
            service.world.model.forgets();
            service.world.model.plays(script());
        }
        let again = with_key(&ann, "k", "add Once").expect(200);
        assert_eq!(tools(&again.body), ["add_task"], "{statements}: {}", again.text);
        assert_eq!(again.body["response"], "Added task 1: “Once”.");
        assert_eq!(open_titles(&ann), ["Once"], "after {statements} statements");
        let messages = service.rows("SELECT content FROM chat_messages WHERE role = 'assistant'");
        assert_eq!(messages.len(), 1, "after {statements} statements");
    }
}

#[test]
fn a_conversation_that_is_deleted_meanwhile_changes_nothing() {
    let service = service(&[]);
    let ann = ann(&service);
    service.world.model.plays([says("Hello.")]);
    let answer = ann.say("Hello there");
    let id = answer["conversation_id"].as_str().unwrap().to_owned();
    let stranger = service.sign_up("bob@example.com");
    let body = json!({ "message": "x", "conversation_id": id });
    stranger.post("/api/v1/chat", &body).problem(404, "not_found");
    ann.send("DELETE", &format!("/api/v1/conversations/{id}"), &[], "")
        .expect(204);
    ann.post("/api/v1/chat", &body).problem(404, "not_found");
    assert_eq!(
        service.world.model.asked().len(),
        1,
        "nobody was asked about what is not there"
    );
    assert_eq!(answer.get("pending_confirmation"), None::<&Value>);
}
