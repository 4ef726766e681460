//! Conversations in which one message follows from another.

use serde_json::{Value, json};

use super::{everything, state};
use crate::tests::service::{Service, User};

/// Says something in a conversation.
fn say_in(user: &User, conversation: &Value, message: &str) -> Value {
    let body = json!({"message": message, "conversation_id": conversation});
    user.post("/api/v1/chat", &body).expect(200).body
}

/// The tasks by number, title and status.
fn tasks(user: &User) -> Vec<String> {
    let tasks = state(user).into_iter();
    tasks
        .map(|(number, title, status)| format!("{number} {title} {status}"))
        .collect()
}

#[test]
fn several_commands_bulk_changes_and_undoing_do_what_they_say() {
    let service = Service::new();
    let ann = service.sign_up("ann@example.com");
    let said = ann.say("Add tasks: buy eggs, call Bob and pay rent");
    let conversation = said["conversation_id"].clone();
    let said = |message: &str| say_in(&ann, &conversation, message);
    let begun = ["1 Buy eggs pending", "2 Call Bob pending", "3 Pay rent pending"];
    assert_eq!(tasks(&ann), begun);

    let answer = said("complete the first two and make the rent urgent, then show what is left");
    let calls = answer["tool_calls"].as_array().unwrap();
    let tools: Vec<&Value> = calls.iter().map(|call| &call["tool"]).collect();
    assert_eq!(tools, ["bulk_tasks", "update_task", "list_tasks"]);
    let bulk = &calls[0]["result"];
    assert_eq!(
        (&bulk["status"], &bulk["count"]),
        (&json!("completed"), &json!(2))
    );
    assert!(
        answer["response"]
            .as_str()
            .unwrap()
            .contains("Completed 2 tasks."),
        "{answer}"
    );
    assert_eq!(
        tasks(&ann),
        [
            "1 Buy eggs completed",
            "2 Call Bob completed",
            "3 Pay rent pending"
        ]
    );

    // The message was done as a whole, and is taken back as a whole.
    let answer = said("undo that");
    assert_eq!(answer["intent"], "undo");
    assert_eq!(answer["tool_calls"][0]["result"]["count"], 3);
    assert_eq!(tasks(&ann), begun);
    assert_eq!(ann.get("/api/v1/tasks/3").body["priority"], "medium");

    said("complete task 1");
    let answer = said("complete tasks 1 and 2");
    let bulk = &answer["tool_calls"][0]["result"];
    assert_eq!(bulk["count"], 1, "task 1 was completed already: {answer}");
    assert_eq!(bulk["tasks"][0]["changed"], false);

    // What cannot be done as a whole is not begun.
    let before = everything(&ann);
    let answer = said("complete task 3 and delete task 99");
    assert_eq!(answer["tool_calls"], json!([]));
    assert_eq!(everything(&ann), before);
}

#[test]
fn what_was_deleted_comes_back_while_it_can() {
    let service = Service::new();
    let ann = service.sign_up("ann@example.com");
    let said = ann.say("Add tasks: buy eggs, call Bob and pay rent");
    let conversation = said["conversation_id"].clone();
    let said = |message: &str| say_in(&ann, &conversation, message);
    let before = everything(&ann);
    let answer = said("delete tasks 1 and 2");
    assert_eq!(answer["pending_confirmation"]["kind"], "confirm");
    assert_eq!(everything(&ann), before);
    let answer = said("yes");
    assert_eq!(answer["tool_calls"][0]["result"]["status"], "deleted");
    assert_eq!(tasks(&ann), ["3 Pay rent pending"]);
    said("restore task 1");
    assert_eq!(tasks(&ann), ["1 Buy eggs pending", "3 Pay rent pending"]);
    said("add a task to buy milk");
    said("make it high priority");
    assert_eq!(ann.get("/api/v1/tasks/4").body["priority"], "high");
    said("delete it");
    assert_eq!(tasks(&ann).len(), 2);
    said("bring it back");
    assert_eq!(tasks(&ann).len(), 3);
    service.world.pass(11 * 60);
    let answer = say_in(&ann.renewed(), &conversation, "undo");
    assert_eq!(answer["tool_calls"][0]["status"], "error", "{answer}");
}

#[test]
fn a_question_is_forgotten_in_time_and_an_ambiguous_one_is_answered() {
    let service = Service::new();
    let ann = service.sign_up("ann@example.com");
    for title in ["Standup meeting", "Board meeting"] {
        ann.create(&json!({"title": title}));
    }
    let asked = ann.say("Delete the meeting task");
    let pending = &asked["pending_confirmation"];
    assert_eq!(
        (&pending["kind"], &pending["candidates"]),
        (&json!("choose"), &json!([1, 2]))
    );
    let answer = say_in(&ann, &asked["conversation_id"], "the second");
    assert_eq!(answer["tool_calls"][0]["arguments"]["task_id"], 2);
    assert_eq!(tasks(&ann), ["1 Standup meeting pending"]);

    ann.create(&json!({"title": "Another"}));
    let asked = ann.say("delete everything");
    service.world.pass(6 * 60);
    let answer = say_in(&ann, &asked["conversation_id"], "yes");
    assert_eq!(answer["tool_calls"], json!([]));
    assert_eq!(tasks(&ann).len(), 2);
}

#[test]
fn the_oldest_of_thousands_is_found_by_number_and_by_title() {
    let service = Service::new();
    let ann = service.sign_up("ann@example.com");
    ann.create(&json!({"title": "Renew the passports"}));
    ann.create(&json!({"title": "Call Bob"}));
    let many: Vec<Value> = (0..2_000)
        .map(|index| json!({ "title": format!("Read page {index}") }))
        .collect();
    ann.post("/api/v1/import?format=json", &json!(many)).expect(200);
    for (message, said) in [
        ("complete the passport task", "“Renew the passports”"),
        ("mark task 2 as done", "“Call Bob”"),
        ("delete page 1234", "“Read page 1234”"),
    ] {
        let answer = ann.say(message);
        assert!(
            answer["response"].as_str().unwrap().contains(said),
            "{message}: {answer}"
        );
        assert_eq!(
            answer["tool_calls"].as_array().unwrap().len(),
            1,
            "{message}: {answer}"
        );
    }
}
