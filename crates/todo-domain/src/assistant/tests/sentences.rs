//! What each kind of sentence becomes.

use serde_json::json;

use super::*;

#[test]
fn the_eight_sentences_of_the_specification() {
    check(
        "Add a task to buy groceries",
        "add_task",
        json!({"title": "Buy groceries"}),
    );
    check("Show me all my tasks", "list_tasks", json!({"status": "all"}));
    check("What's pending?", "list_tasks", json!({"status": "pending"}));
    check("Mark task 3 as complete", "complete_task", json!({"task_id": 3}));
    check("Delete the meeting task", "delete_task", json!({"task_id": 2}));
    check(
        "Change task 1 to 'Call mom tonight'",
        "update_task",
        json!({"task_id": 1, "title": "Call mom tonight"}),
    );
    check(
        "I need to remember to pay bills",
        "add_task",
        json!({"title": "Pay bills"}),
    );
    check(
        "What have I completed?",
        "list_tasks",
        json!({"status": "completed"}),
    );
}

#[test]
fn adding_in_other_words() {
    for (message, title) in [
        ("add task: Buy groceries", "Buy groceries"),
        ("Please add a new task called “Write report”.", "Write report"),
        ("Can you add 'Buy Ann's present' to my list?", "Buy Ann's present"),
        ("add eggs to my list", "Eggs"),
        ("Don't forget to water the plants!", "Water the plants"),
        ("Don’t forget to water the plants", "Water the plants"),
        ("I have to call the doctor", "Call the doctor"),
        ("Remind me to stretch", "Stretch"),
        ("Create a task to delete old photos", "Delete old photos"),
        ("Add a task to read the Monday report", "Read the Monday report"),
        ("Add buy milk", "Buy milk"),
        ("I need to complete the form", "Complete the form"),
    ] {
        check(message, "add_task", json!({"title": title}));
    }
}

#[test]
fn dates_priority_tags_and_repetition_at_the_end_of_a_new_task() {
    for (message, expected) in [
        (
            "Add a task to call mom tomorrow at 5pm",
            json!({"title": "Call mom", "due_date": "2026-03-11T17:00:00Z", "timezone": "UTC"}),
        ),
        (
            "Add a task to call mom on Friday",
            json!({"title": "Call mom", "due_date": "2026-03-13", "timezone": "UTC"}),
        ),
        (
            "Add a task to call mom by 2026-04-01 with high priority",
            json!({"title": "Call mom", "due_date": "2026-04-01", "timezone": "UTC", "priority": "high"}),
        ),
        (
            "Add a task to pay rent every month #home",
            json!({"title": "Pay rent", "due_date": "2026-03-10", "recurrence_rule": "FREQ=MONTHLY", "tags": ["home"], "timezone": "UTC"}),
        ),
        (
            "Add a task to jog every monday at 7:00",
            json!({"title": "Jog", "recurrence_rule": "FREQ=WEEKLY;BYDAY=MO", "due_date": "2026-03-16T07:00:00Z", "timezone": "UTC"}),
        ),
        (
            "Add a task to jog every other Tuesday until June remind 1 hour before",
            json!({"title": "Jog", "recurrence_rule": "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU;UNTIL=20260531", "due_date": "2026-03-10",
                "timezone": "UTC", "reminders": [{"before": "1h"}]}),
        ),
        (
            "Add a task to read \\tomorrow on the 1st",
            json!({"title": "Read tomorrow", "due_date": "2026-04-01", "timezone": "UTC"}),
        ),
        (
            "Remind me to take out the bins in 2 hours",
            json!({"title": "Take out the bins", "due_date": "2026-03-10T14:00:00Z", "timezone": "UTC", "reminders": [{"before": "0m"}]}),
        ),
    ] {
        check(message, "add_task", expected);
    }
}

#[test]
fn listing_in_other_words() {
    for (message, expected) in [
        ("list my tasks", json!({"status": "all"})),
        ("show pending tasks", json!({"status": "pending"})),
        ("What do I have to do?", json!({"status": "pending"})),
        ("what is left to do", json!({"status": "pending"})),
        ("What did I finish?", json!({"status": "completed"})),
        ("completed tasks", json!({"status": "completed"})),
        ("Show me what is not done", json!({"status": "pending"})),
        ("What's due today?", json!({"status": "pending", "due": "today"})),
        (
            "Which tasks are overdue?",
            json!({"status": "pending", "due": "overdue"}),
        ),
        (
            "Do I have any tasks this week?",
            json!({"status": "pending", "due": "week"}),
        ),
        (
            "show high priority tasks",
            json!({"status": "all", "priority": "high"}),
        ),
        (
            "show my tasks tagged home",
            json!({"status": "all", "tag": "home"}),
        ),
        ("I want to see my tasks", json!({"status": "all"})),
    ] {
        check(message, "list_tasks", expected);
    }
    check("How many tasks do I have?", "get_stats", json!({}));
    check("find tasks about rent", "search_tasks", json!({"query": "rent"}));
    check("search for 'milk'", "search_tasks", json!({"query": "milk"}));
}

#[test]
fn tasks_are_known_by_number_place_and_title() {
    for message in [
        "complete task 3",
        "Task 3 is done",
        "finish #3",
        "mark pay rent as done",
        "complete rent please",
    ] {
        check(message, "complete_task", json!({"task_id": 3}));
    }
    check(
        "complete task number three",
        "complete_task",
        json!({"task_id": 3}),
    );
    check("complete the first task", "complete_task", json!({"task_id": 1}));
    check("delete the last one", "delete_task", json!({"task_id": 4}));
    check("Delete 'Pay rent'", "delete_task", json!({"task_id": 3}));
    check("remove the meetng task", "delete_task", json!({"task_id": 2}));
    assert_eq!(
        calls("complete tasks 1 and 3"),
        json!([["complete_task", {"task_id": 1}], ["complete_task", {"task_id": 3}]])
    );
    let tasks = tasks();
    let shown = Context {
        last_list: &[4, 2],
        ..context(&tasks)
    };
    let plan = interpret("complete the second one", &shown);
    assert_eq!(plan.step, Step::Act(vec![ToolCall::CompleteTask { task_id: 2 }]));
}

#[test]
fn changing_in_other_words() {
    for (message, expected) in [
        (
            "Rename task 1 to Buy oat milk",
            json!({"task_id": 1, "title": "Buy oat milk"}),
        ),
        (
            "change buy milk to buy bread",
            json!({"task_id": 1, "title": "buy bread"}),
        ),
        (
            "Change call to the bank to visit the bank",
            json!({"task_id": 4, "title": "visit the bank"}),
        ),
        (
            "Change the bank to 'Go to the bank'",
            json!({"task_id": 4, "title": "Go to the bank"}),
        ),
        (
            "Change call to the bank to 'Visit the bank'",
            json!({"task_id": 4, "title": "Visit the bank"}),
        ),
        (
            "update the title of task 1 to Buy bread",
            json!({"task_id": 1, "title": "Buy bread"}),
        ),
        (
            "set task 3 priority to high",
            json!({"task_id": 3, "priority": "high"}),
        ),
        (
            "change the priority of task 3 to urgent",
            json!({"task_id": 3, "priority": "urgent"}),
        ),
        ("make task 3 urgent", json!({"task_id": 3, "priority": "urgent"})),
        (
            "mark task 3 as high priority",
            json!({"task_id": 3, "priority": "high"}),
        ),
        (
            "Reschedule task 3 to tomorrow",
            json!({"task_id": 3, "due_date": "2026-03-11", "timezone": "UTC"}),
        ),
        (
            "set the due date of rent to 2026-04-01",
            json!({"task_id": 3, "due_date": "2026-04-01", "timezone": "UTC"}),
        ),
        (
            "remove the due date of task 3",
            json!({"task_id": 3, "due_date": null}),
        ),
        (
            "update the description of task 3 to by bank transfer",
            json!({"task_id": 3, "description": "by bank transfer"}),
        ),
        ("reopen task 5", json!({"task_id": 5, "status": "pending"})),
        ("start task 3", json!({"task_id": 3, "status": "in_progress"})),
        ("tag task 3 with home", json!({"task_id": 3, "tags": ["home"]})),
    ] {
        check(message, "update_task", expected);
    }
    check(
        "remind me about task 3 tomorrow at 9:00",
        "set_reminder",
        json!({"task_id": 3, "remind_at": "2026-03-11T09:00:00Z"}),
    );
    check(
        "remind me about rent 30 minutes before",
        "set_reminder",
        json!({"task_id": 3, "before": "30 minutes"}),
    );
}
