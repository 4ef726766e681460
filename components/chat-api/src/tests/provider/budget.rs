//! Each user's tokens of a day.

use serde_json::{Value, json};

use super::{ann, service, tools};
use crate::tests::model::{Scene, calls, completion, says};
use crate::tests::service::Service;

fn used(service: &Service) -> i64 {
    let rows = service.rows("SELECT CAST(coalesce(sum(used), 0) AS bigint) FROM chat_token_budgets");
    rows[0].integer(0).unwrap()
}

fn costing(prompt: &Value, completion_tokens: &Value) -> Scene {
    let message = json!({ "message": { "content": "Hello." }, "finish_reason": "stop" });
    let usage = json!({ "prompt_tokens": prompt, "completion_tokens": completion_tokens });
    Scene::Status(200, None, json!({ "choices": [message], "usage": usage }))
}

#[test]
fn what_was_spent_counts_until_the_day_is_over() {
    let service = service(&[("openai_daily_token_budget", "10000")]);
    let ann = ann(&service);
    service.world.model.plays([
        calls(&[("list_tasks", json!({}))]),
        costing(&json!(7_000), &json!(30)),
    ]);
    assert_eq!(ann.say("What is there?")["provider"], "openai");
    assert_eq!(used(&service), 120 + 7_030);
    // What is left is less than a request may cost.
    let answer = ann.say("Add a task to buy bread");
    assert_eq!(
        (&answer["provider"], tools(&answer)),
        (&json!("builtin"), vec!["add_task"])
    );
    assert_eq!(answer["fallback"]["reason"], "budget_exhausted");
    assert_eq!(
        answer["fallback"]["detail"],
        "today's budget for the language model is used up"
    );
    assert_eq!(service.world.model.asked().len(), 2);
    // Others have their own, and so has tomorrow; replicas share it.
    let bob = service.sign_up("bob@example.com");
    service.world.model.plays([says("Hello."), says("Hello.")]);
    assert_eq!(bob.say("hey you")["provider"], "openai");
    assert_eq!(
        ann.at(&service.another()).say("hey you")["fallback"]["reason"],
        "budget_exhausted"
    );
    service.world.pass(24 * 3600);
    assert_eq!(ann.renewed().say("hey you")["provider"], "openai");
    service.world.pass(48 * 3600);
    service.job("tidy").unwrap();
    assert_eq!(service.rows("SELECT 1 FROM chat_token_budgets").len(), 0);
}

#[test]
fn a_budget_is_taken_before_it_is_spent() {
    let service = service(&[("openai_daily_token_budget", "10000")]);
    let ann = ann(&service);
    // Nobody knows what an answer cost that did not come.
    service.world.model.plays([Scene::Silent]);
    ann.say("What's pending?");
    let reserved = used(&service);
    assert!((2_000..6_000).contains(&reserved), "{reserved}");
    // What was refused or never sent cost nothing.
    service
        .world
        .model
        .plays([Scene::NotConnected, Scene::Status(401, None, json!({}))]);
    ann.say("What's pending?");
    assert_eq!(used(&service), reserved);
}

#[test]
fn usage_is_estimated_where_it_is_missing_or_absurd() {
    let service = service(&[("openai_daily_token_budget", "1000000000")]);
    let ann = service.sign_up("ann@example.com");
    let body =
        json!({ "choices": [{ "message": { "content": "x".repeat(3_000) }, "finish_reason": "stop" }] });
    service.world.model.plays([Scene::Status(200, None, body)]);
    ann.say("tell me a story");
    let estimated = used(&service);
    assert!((2_000..6_000).contains(&estimated), "{estimated}");
    for (prompt, completion) in [
        (json!(-5), json!(1)),
        (json!("x"), json!(null)),
        (json!(1e20), json!(1)),
    ] {
        let before = used(&service);
        service.world.model.plays([costing(&prompt, &completion)]);
        ann.say("tell me a story");
        assert!((500..6_000).contains(&(used(&service) - before)), "{prompt}");
    }
    // The largest number that is one.
    let before = used(&service);
    service
        .world
        .model
        .plays([costing(&json!(u32::MAX), &json!(u32::MAX))]);
    ann.say("tell me a story");
    assert_eq!(used(&service) - before, 20_000_000);
}

#[test]
fn a_budget_that_ends_within_a_turn_leaves_the_results() {
    let service = service(&[("openai_daily_token_budget", "10000")]);
    let ann = ann(&service);
    let call = json!({ "function": { "name": "complete_task", "arguments": "{\"task_id\":1}" } });
    let Scene::Status(status, retry_after, mut body) =
        completion(&json!({ "tool_calls": [call] }), "tool_calls")
    else {
        panic!("a whole answer");
    };
    body["usage"]["prompt_tokens"] = json!(9_000);
    service
        .world
        .model
        .plays([Scene::Status(status, retry_after, body)]);
    let answer = ann.say("the milk is bought");
    assert_eq!(answer["response"], "Completed task 1: “Buy milk”. Well done!");
    assert_eq!(
        (&answer["provider"], &answer["fallback"]["reason"]),
        (&json!("builtin"), &json!("budget_exhausted"))
    );
}
