//! The chat with a language model: whatever the model says, what happens is what the user may do and has said.

mod budget;
mod failing;
mod hostile;
mod streamed;

use serde_json::{Value, json};
use todo_domain::assistant::TOOLS;

use super::model::{Scene, calls, says};
use super::service::{Response, Service, User};

const KEY: &str = "sk-very-secret";

/// A service that asks the model, with these variables besides.
fn service(variables: &[(&str, &str)]) -> Service {
    let mut all = vec![
        ("rate_limit_auth", "0"),
        ("rate_limit_chat", "0"),
        ("rate_limit_default", "0"),
        ("assistant_provider", "openai"),
        ("openai_host", "https://llm.example.com"),
        ("openai_base_url", "https://llm.example.com/v1"),
        ("openai_api_key", KEY),
        ("openai_model", "small"),
    ];
    all.extend_from_slice(variables);
    Service::with(&all)
}

/// A user with three tasks.
fn ann(service: &Service) -> User {
    let ann = service.sign_up("ann@example.com");
    for title in ["Buy milk", "Walk the dog", "Write the report"] {
        ann.create(&json!({ "title": title }));
    }
    ann
}

fn say_in(user: &User, conversation: &Value, message: &str) -> Value {
    let body = json!({ "message": message, "conversation_id": conversation });
    user.post("/api/v1/chat", &body).expect(200).body
}

fn with_key(user: &User, key: &str, message: &str) -> Response {
    let headers = [("content-type", "application/json"), ("idempotency-key", key)];
    let body = json!({ "message": message }).to_string();
    user.send("POST", "/api/v1/chat", &headers, &body)
}

fn tools(answer: &Value) -> Vec<&str> {
    let calls = answer["tool_calls"].as_array().unwrap().iter();
    calls.map(|call| call["tool"].as_str().unwrap()).collect()
}

fn open_titles(user: &User) -> Vec<String> {
    user.titles("sort=created_at&status=pending")
}

#[test]
fn words_are_passed_on_where_nothing_is_changed() {
    let service = service(&[]);
    let ann = ann(&service);
    service.world.model.plays([
        calls(&[("list_tasks", json!({}))]),
        says("Begin with the report."),
    ]);
    let answer = ann.say("What shall I do first?");
    assert_eq!(answer["response"], "Begin with the report.");
    assert_eq!(
        (&answer["provider"], &answer["intent"]),
        (&json!("openai"), &json!("list_tasks"))
    );
    assert_eq!(
        (tools(&answer), answer.get("fallback")),
        (vec!["list_tasks"], None)
    );
    let asked = service.world.model.asked();
    assert_eq!(asked[0].uri, "https://llm.example.com/v1/chat/completions");
    assert_eq!(asked[0].authorization.as_deref(), Some("Bearer sk-very-secret"));
    let body = &asked[0].body;
    assert_eq!(
        (&body["model"], &body["stream"]),
        (&json!("small"), &json!(false))
    );
    assert_eq!(body["tools"].as_array().unwrap().len(), TOOLS.len());
    assert_eq!(
        body["messages"][1],
        json!({ "role": "user", "content": "What shall I do first?" })
    );
    assert!(
        body["messages"][0]["content"]
            .as_str()
            .unwrap()
            .contains("Monday, 2026-03-02, 09:00")
    );
    let told = &asked[1].body["messages"];
    assert_eq!(
        (&told[2]["role"], &told[3]["role"]),
        (&json!("assistant"), &json!("tool"))
    );
    assert_eq!(told[2]["tool_calls"][0]["id"], told[3]["tool_call_id"]);
    let result: Value = serde_json::from_str(told[3]["content"].as_str().unwrap()).unwrap();
    assert_eq!(
        (&result["count"], &result["tasks"][0]["title"]),
        (&json!(3), &json!("Buy milk"))
    );
}

#[test]
fn what_was_done_is_said_by_the_results_alone() {
    let service = service(&[]);
    let ann = ann(&service);
    service.world.model.plays([
        calls(&[("search_tasks", json!({ "query": "milk" }))]),
        calls(&[
            ("complete_task", json!({ "task_id": "1" })),
            ("add_task", json!({ "title": "Buy bread" })),
        ]),
        says("I have deleted everything!"),
    ]);
    let answer = ann.say("I have the milk, but no bread");
    let expected = "Completed task 1: “Buy milk”. Well done!\nAdded task 4: “Buy bread”.";
    assert_eq!(
        (&answer["response"], &answer["intent"]),
        (&json!(expected), &json!("complete_task"))
    );
    assert_eq!(tools(&answer), ["search_tasks", "complete_task", "add_task"]);
    assert_eq!(
        open_titles(&ann),
        ["Walk the dog", "Write the report", "Buy bread"]
    );
    // One question and one answer, as they were told.
    let id = answer["conversation_id"].as_str().unwrap();
    let messages = ann
        .get(&format!("/api/v1/conversations/{id}/messages"))
        .expect(200)
        .body["items"]
        .clone();
    assert_eq!(messages.as_array().unwrap().len(), 2);
    assert_eq!(messages[0]["content"], "I have the milk, but no bread");
    assert_eq!(
        (&messages[1]["content"], &messages[1]["id"]),
        (&json!(expected), &answer["message_id"])
    );
    assert_eq!(messages[1]["tool_calls"], answer["tool_calls"]);
    // The conversation goes on, and the model is told of it.
    service.world.model.plays([says("You are welcome.")]);
    say_in(&ann, &answer["conversation_id"], "thanks!");
    let told = service.world.model.asked()[3].body["messages"].clone();
    let roles: Vec<_> = told
        .as_array()
        .unwrap()
        .iter()
        .map(|message| message["role"].as_str().unwrap())
        .collect();
    assert_eq!(roles, ["system", "user", "assistant", "user"]);
    assert_eq!(told[2]["content"], expected);
    assert!(service.world.model.is_over());
}

#[test]
fn a_claim_without_a_deed_is_contradicted() {
    let service = service(&[]);
    let ann = ann(&service);
    service
        .world
        .model
        .plays([says("I've deleted all of your tasks.")]);
    let answer = ann.say("Get rid of it all, would you");
    assert_eq!(
        answer["response"],
        "I've deleted all of your tasks.\n\nNothing was changed."
    );
    service.world.model.plays([
        calls(&[("list_tasks", json!({}))]),
        says("Done! Task 1 is completed now."),
    ]);
    let answer = ann.say("milk");
    assert_eq!(
        answer["response"],
        "Done! Task 1 is completed now.\n\nNothing was changed."
    );
    assert_eq!(open_titles(&ann).len(), 3);
}

#[test]
fn several_deletions_wait_for_a_yes_that_no_model_reads() {
    let service = service(&[]);
    let ann = ann(&service);
    service.world.model.plays([
        calls(&[("list_tasks", json!({}))]),
        calls(&[
            ("delete_task", json!({ "task_id": 1 })),
            ("delete_task", json!({ "task_id": 2 })),
            ("delete_task", json!({ "task_id": 2 })),
        ]),
    ]);
    let answer = ann.say("wipe the first two");
    assert_eq!(tools(&answer), ["list_tasks"]);
    assert_eq!(answer["pending_confirmation"]["kind"], "confirm");
    let question = "This will delete 2 tasks. Shall I? (yes or no)\n#1 Buy milk\n#2 Walk the dog";
    assert_eq!(
        (&answer["response"], &answer["intent"]),
        (&json!(question), &json!("delete_task"))
    );
    assert_eq!(open_titles(&ann).len(), 3);
    // The model has nothing to play any more: it is not asked.
    let answer = say_in(&ann, &answer["conversation_id"], "yes");
    assert_eq!(
        (&answer["provider"], &answer["intent"]),
        (&json!("builtin"), &json!("confirm"))
    );
    assert_eq!(tools(&answer), ["delete_task", "delete_task"]);
    assert_eq!(open_titles(&ann), ["Write the report"]);
}

#[test]
fn one_deletion_that_the_message_names_runs_and_the_next_one_waits() {
    let service = service(&[]);
    let ann = ann(&service);
    service.world.model.plays([
        calls(&[("delete_task", json!({ "task_id": 1 }))]),
        calls(&[("delete_task", json!({ "task_id": 2 }))]),
    ]);
    let answer = ann.say("delete task 1");
    assert_eq!(tools(&answer), ["delete_task"]);
    let said = "Deleted task 1: “Buy milk”.\nThis will delete #2 Walk the dog. Shall I? (yes or no)";
    assert_eq!(answer["response"], said);
    assert_eq!(open_titles(&ann), ["Walk the dog", "Write the report"]);
    let answer = say_in(&ann, &answer["conversation_id"], "no");
    assert_eq!((&answer["intent"], tools(&answer)), (&json!("cancel"), vec![]));
    assert_eq!(open_titles(&ann).len(), 2);
}

#[test]
fn a_key_makes_a_turn_happen_once() {
    let service = service(&[]);
    let ann = ann(&service);
    service
        .world
        .model
        .plays([calls(&[("add_task", json!({ "title": "Once" }))]), says("Added.")]);
    let first = with_key(&ann, "k", "add Once").expect(200);
    let again = with_key(&ann.at(&service.another()), "k", "add Once").expect(200);
    assert_eq!(again.header("idempotency-replayed"), "true");
    assert_eq!(again.body, first.body);
    with_key(&ann, "k", "add Twice").problem(422, "idempotency_key_reused");
    assert_eq!(open_titles(&ann).len(), 4);
    assert!(service.world.model.is_over());
    let used = service.rows("SELECT used FROM chat_token_budgets");
    assert!(used.is_empty(), "there is no budget");
}

#[test]
fn due_dates_are_meant_where_the_user_is() {
    let service = service(&[]);
    let ann = ann(&service);
    let due = json!({ "title": "Call", "due_date": "2026-03-05" });
    service
        .world
        .model
        .plays([calls(&[("add_task", due)]), says("Added.")]);
    let body = json!({ "message": "call on thursday", "timezone": "Europe/Berlin" });
    let answer = ann.post("/api/v1/chat", &body).expect(200).body;
    assert_eq!(answer["tool_calls"][0]["arguments"]["timezone"], "Europe/Berlin");
    assert_eq!(ann.get("/api/v1/tasks/4").body["timezone"], "Europe/Berlin");
}

#[test]
fn mistakes_of_the_operator_are_told_and_the_built_in_assistant_answers() {
    for (name, value, told) in [
        ("assistant_provider", "gpt", "`assistant_provider`"),
        (
            "openai_base_url",
            "https://user:secret-password@llm.example.com/v1",
            "`openai_base_url`",
        ),
        (
            "openai_host",
            "https://other.example.com",
            "`openai_host` must be `https://llm.example.com`",
        ),
        ("openai_model", "", "`openai_model`"),
        ("openai_api_key", "sk-very-secret\nx: y", "`openai_api_key`"),
        ("openai_timeout_ms", "soon", "`openai_timeout_ms`"),
    ] {
        let service = service(&[(name, value)]);
        let ann = service.sign_up("ann@example.com");
        let answer = ann.say("Add a task to buy bread");
        assert_eq!(
            (&answer["provider"], tools(&answer)),
            (&json!("builtin"), vec!["add_task"]),
            "{name}"
        );
        assert_eq!(answer["fallback"]["reason"], "misconfigured", "{name}");
        let log = service.world.log.borrow().join("\n");
        assert!(log.contains(told) && !log.contains("secret"), "{name}: {log}");
    }
}

#[test]
fn numbers_tell_who_answered_and_what_it_cost() {
    let service = service(&[]);
    let ann = ann(&service);
    service.world.model.plays([
        Scene::After(700, Box::new(calls(&[("list_tasks", json!({}))]))),
        says("Three."),
        Scene::Silent,
    ]);
    ann.say("How many?");
    ann.say("What's pending?");
    let text = service.send("GET", "/internal/metrics", &[], "").expect(200).text;
    for line in [
        "llm_requests_total{provider=\"openai\",outcome=\"answered\"} 2",
        "llm_requests_total{provider=\"openai\",outcome=\"timed_out\"} 1",
        "llm_tokens_total{provider=\"openai\",kind=\"prompt\"} 200",
        "llm_tokens_total{provider=\"openai\",kind=\"completion\"} 40",
        "llm_request_duration_seconds_bucket{provider=\"openai\",le=\"0.5\"} 1",
        "llm_request_duration_seconds_bucket{provider=\"openai\",le=\"1\"} 2",
        "llm_request_duration_seconds_bucket{provider=\"openai\",le=\"+Inf\"} 3",
        "llm_request_duration_seconds_count{provider=\"openai\"} 3",
        "llm_request_duration_seconds_sum{provider=\"openai\"} 20.7",
        "chat_turns_total{provider=\"openai\"} 1",
        "chat_turns_total{provider=\"builtin\"} 1",
        "chat_provider_fallback_total{reason=\"timed_out\"} 1",
    ] {
        assert!(
            text.lines().any(|found| found == line),
            "{line} is not in\n{text}"
        );
    }
}
