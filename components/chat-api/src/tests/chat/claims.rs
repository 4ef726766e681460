//! What the assistant says it did is the difference between what was and what is.

use serde_json::{Value, json};

use super::{everything, state};
use crate::tests::service::Service;

#[test]
fn the_documents_examples_do_what_they_say() {
    let service = Service::new();
    let ann = service.sign_up("ann@example.com");
    let answer = ann.say("Add a task to buy groceries");
    assert_eq!(
        (&answer["intent"], &answer["provider"]),
        (&json!("add_task"), &json!("builtin"))
    );
    let call = &answer["tool_calls"][0];
    assert_eq!(
        (&call["tool"], &call["status"]),
        (&json!("add_task"), &json!("success"))
    );
    assert_eq!(
        (&call["result"]["task_id"], &call["result"]["status"]),
        (&json!(1), &json!("created"))
    );
    assert_eq!(state(&ann)[0].0, 1);
    assert_eq!(service.world.types("task-events"), ["task.created"]);
    let answer = ann.say("Mark task 1 as complete");
    assert_eq!(answer["tool_calls"][0]["result"]["status"], "completed");
    assert_eq!(state(&ann)[0].2, "completed");
    assert_eq!(
        service.world.types("task-events"),
        ["task.created", "task.completed"]
    );
    let answer = ann.say("Mark task 9 as complete");
    assert_eq!(state(&ann).len(), 1);
    assert!(
        answer["tool_calls"]
            .as_array()
            .unwrap()
            .iter()
            .all(|call| call["status"] == "error")
    );
}

#[test]
fn what_the_chat_claims_is_the_difference_of_the_state() {
    let service = Service::new();
    let ann = service.sign_up("ann@example.com");
    for message in [
        "Add a task to buy milk",
        "Add a task to buy bread",
        "I need to remember to pay bills",
        "What's pending?",
        "complete task 2",
        "complete task 2",
        "Change task 1 to 'Call mom tonight'",
        "delete task 3",
        "yes",
        "delete task 77",
        "remind me of task 1 tomorrow at 9",
        "how many tasks do I have",
        "blah blah blah",
        "delete everything",
        "no",
    ] {
        let (before, told) = (state(&ann), service.world.types("task-events").len());
        let answer = ann.say(message);
        let (after, told_after) = (state(&ann), service.world.types("task-events").len());
        let calls = answer["tool_calls"].as_array().unwrap();
        let changes = calls
            .iter()
            .filter(|call| call["result"]["changed"] == true)
            .count();
        assert_eq!(
            told_after - told,
            changes,
            "`{message}` told of other changes than it claims: {answer}"
        );
        let reminds = calls.iter().any(|call| call["tool"] == "set_reminder");
        assert_eq!(before != after, changes > 0 && !reminds, "`{message}`: {answer}");
        for call in calls.iter().filter(|call| call["result"]["changed"] == true) {
            let number = call["result"]["task_id"].as_i64().unwrap();
            let task = after.iter().find(|(known, ..)| *known == number);
            match call["result"]["status"].as_str().unwrap() {
                "deleted" => assert_eq!(task, None),
                "completed" => assert_eq!(task.unwrap().2, "completed"),
                _ => assert_eq!(task.unwrap().1, call["result"]["title"].as_str().unwrap()),
            }
        }
    }
}

#[test]
fn deleting_several_asks_first_and_forgets_the_question() {
    let service = Service::new();
    let ann = service.sign_up("ann@example.com");
    let fill = || {
        for title in ["Team meeting", "Water the plants"] {
            ann.create(&json!({"title": title}));
        }
        state(&ann)
    };
    let ask = || {
        let before = everything(&ann);
        let answer = ann.say("Delete everything");
        assert!(answer["pending_confirmation"].is_object(), "{answer}");
        assert_eq!(answer["tool_calls"], json!([]));
        assert_eq!(everything(&ann), before);
        answer["conversation_id"].clone()
    };
    let answer_in = |conversation: &Value, message: &str| {
        let answer = ann
            .post(
                "/api/v1/chat",
                &json!({"message": message, "conversation_id": conversation}),
            )
            .expect(200)
            .body;
        assert_eq!(answer.get("pending_confirmation"), None, "{answer}");
        answer["intent"].clone()
    };

    let filled = fill();
    let conversation = ask();
    // In another conversation a yes is an answer to nothing.
    assert_eq!(ann.say("yes")["tool_calls"], json!([]));
    assert_eq!(state(&ann), filled);
    assert_eq!(answer_in(&conversation, "no"), "cancel");
    answer_in(&conversation, "yes");
    assert_eq!(state(&ann), filled, "the question was answered with no");

    let conversation = ask();
    // And it takes nothing from the question in this one.
    ann.say("yes");
    ann.say("no");
    assert_eq!(answer_in(&conversation, "yes"), "confirm");
    assert!(state(&ann).is_empty());
    let filled = fill();
    answer_in(&conversation, "yes");
    assert_eq!(state(&ann), filled, "the question was answered already");
}

#[test]
fn a_turn_that_cannot_be_kept_has_done_nothing() {
    let service = Service::new();
    let ann = service.sign_up("ann@example.com");
    for allowed in 0..30 {
        service.database.fail_after(allowed);
        let answer = ann.post("/api/v1/chat", &json!({"message": "Add a task to buy milk"}));
        service.database.recover();
        if answer.status == 200 {
            break;
        }
        answer.problem(503, "unavailable");
        assert!(state(&ann).is_empty(), "after {allowed} statements");
        assert!(service.rows("SELECT id FROM chat_conversations").is_empty());
    }
    assert_eq!(state(&ann).len(), 1);
}
