//! Tests of the assistant: the sentences of the specification, close variants, and what must never happen.

use serde_json::{Value, json};

use super::*;
use crate::task::tests::sample;
use crate::task::{Priority, Status, Task};

mod catalogue;
mod tools;

const USER: &str = "user-1";

fn tasks() -> Vec<Task> {
    let mut done = sample(5, "Send invoice");
    done.status = Status::Completed;
    vec![
        sample(1, "Buy milk"),
        sample(2, "Prepare the team meeting"),
        sample(3, "Pay rent"),
        sample(4, "Call to the bank"),
        done,
    ]
}

fn context(tasks: &View) -> Context<'_> {
    // A Tuesday.
    let now = Timestamp::parse("2026-03-10T12:00:00Z").unwrap();
    Context {
        tasks,
        now,
        zone: Zone::UTC,
        pending: None,
        last_list: &[],
        focus: &[],
    }
}

fn without_user(mut arguments: Value) -> Value {
    assert_eq!(
        arguments.as_object_mut().unwrap().remove("user_id"),
        Some(json!(USER))
    );
    arguments
}

fn changes_nothing(message: &str) -> String {
    let tasks = View::whole(tasks());
    match interpret(message, &context(&tasks)).step {
        Step::Say(text) => text,
        Step::Ask(pending) => pending.question,
        Step::Act(calls) => panic!("{message}: {calls:?}"),
    }
}

#[test]
fn an_unclear_sentence_changes_nothing_and_helps() {
    for message in [
        "",
        "   ",
        "?",
        "blargh",
        "What is the meaning of life?",
        "I like trains",
        "task",
        "the",
        "change",
        "Change task 1",
        "delete",
        "complete",
        "yes",
        "no",
        "remind me about task 3",
        "asdf to jkl",
        "🎉",
        "milk",
        "delete task",
        "reschedule task 3 to someday",
        "set the priority of task 3 to huge",
        "'); DROP TABLE tasks; --",
    ] {
        assert!(!changes_nothing(message).is_empty(), "{message}");
    }
    assert!(changes_nothing("blargh").contains("Add a task to buy groceries"));
}

#[test]
fn an_unknown_task_is_said_to_be_unknown_with_the_nearest() {
    assert!(changes_nothing("delete task 9").contains("task 9"));
    assert!(changes_nothing("complete the dentist task").contains("dentist"));
    let answer = changes_nothing("delete milk chocolate");
    assert!(answer.contains("#1 Buy milk"), "{answer}");
}

#[test]
fn two_matches_are_asked_about_and_the_answer_decides() {
    let mut all = tasks();
    all.push(sample(6, "Meeting with Ann"));
    let all = View::whole(all);
    let context = context(&all);
    let plan = interpret("Delete the meeting task", &context);
    let Step::Ask(pending) = plan.step else {
        panic!("{plan:?}")
    };
    assert!(
        pending.question.contains("#2 Prepare the team meeting")
            && pending.question.contains("#6 Meeting with Ann")
    );
    let stored: Pending = serde_json::from_value(serde_json::to_value(&pending).unwrap()).unwrap();
    assert_eq!(stored, pending);
    let asked = Context {
        pending: Some(&stored),
        ..context
    };
    for answer in ["6", "task 6", "#6", "the second one", "the one with Ann", "Ann"] {
        let plan = interpret(answer, &asked);
        assert_eq!(
            plan.step,
            Step::Act(vec![ToolCall::DeleteTask { task_id: 6 }]),
            "{answer}"
        );
    }
    assert!(matches!(interpret("never mind", &asked).step, Step::Say(_)));
    assert!(matches!(interpret("3", &asked).step, Step::Say(_)));
    let plan = interpret("add a task to plan the meeting", &asked);
    assert_eq!(plan.intent, Intent::AddTask);
    let late = Context {
        now: pending.expires_at.plus_seconds(1).unwrap(),
        ..asked
    };
    assert!(matches!(interpret("6", &late).step, Step::Say(_)));
}

#[test]
fn deleting_more_than_one_needs_a_yes() {
    let all = View::whole(tasks());
    for message in [
        "delete all my tasks",
        "delete everything",
        "delete tasks 1, 2 and 3",
        "remove all pending tasks",
        "complete all tasks",
    ] {
        let plan = interpret(message, &context(&all));
        let Step::Ask(pending) = plan.step else {
            panic!("{message}: {plan:?}")
        };
        let asked = Context {
            pending: Some(&pending),
            ..context(&all)
        };
        let Decision::Confirm { calls } = &pending.decision else {
            panic!("{message}")
        };
        let [ToolCall::BulkTasks(request)] = calls.as_slice() else {
            panic!("{message}: {calls:?}")
        };
        assert!(request.ids.len() >= 3, "{message}");
        assert_eq!(interpret("yes", &asked).step, Step::Act(calls.clone()));
        assert_eq!(interpret("No!", &asked).intent, Intent::Cancel);
        assert_eq!(interpret("What's pending?", &asked).intent, Intent::ListTasks);
    }
}

#[test]
fn numbers_are_counted_where_the_user_is() {
    let mut all = tasks();
    all[0].due_date = Some("2026-03-10".parse().unwrap());
    all[1].due_date = Some("2026-03-09T09:00:00Z".parse().unwrap());
    all[2].priority = Priority::High;
    let now = context(&View::default()).now;
    let stats = Stats::of(&all, now, Zone::UTC);
    let expected = Stats {
        total: 5,
        pending: 4,
        in_progress: 0,
        completed: 1,
        cancelled: 0,
        overdue: 1,
        due_today: 1,
    };
    assert_eq!(stats, expected);
}

#[test]
fn a_chat_message_has_its_limits() {
    assert!(ChatRequest::parse(&json!({"message": "x".repeat(4000), "timezone": "Europe/Berlin"})).is_ok());
    for body in [
        json!({}),
        json!({"message": "  "}),
        json!({"message": 5}),
        json!({"message": "x".repeat(4001)}),
        json!({"message": "a", "timezone": "Mars"}),
        json!({"message": "a", "conversation_id": 5}),
        json!({"message": "a", "user_id": "b"}),
        json!("a"),
    ] {
        assert_eq!(ChatRequest::parse(&body).unwrap_err().len(), 1, "{body}");
    }
}

proptest::proptest! {
    #[test]
    fn no_message_makes_the_assistant_panic(
        message in "(add|delete|change|complete|mark|remind me|show|set|tag)? ?(task|all|the)? ?.{0,40}( to | as | at | in )?.{0,20}",
    ) {
        let tasks = View::whole(tasks());
        let _plan = interpret(&message, &context(&tasks));
    }
}
