//! Tests of bodies and of what they do to a task.

use serde_json::{Value, json};

use super::*;
use crate::due::Due;
use crate::recurrence::RecurrenceAnchor;
use crate::task::tests::sample;
use crate::task::{Priority, Status, Task};
use crate::time::Timestamp;

fn later() -> Timestamp {
    Timestamp::parse("2026-02-01T08:00:00Z").unwrap()
}

fn new_task(body: &Value) -> Task {
    let new = NewTask {
        id: "task-1".to_owned(),
        number: 1,
        now: later(),
    };
    TaskDraft::parse(body).unwrap().into_task(new)
}

fn fields(errors: &[FieldError]) -> Vec<&str> {
    errors.iter().map(|error| error.field.as_str()).collect()
}

fn patched(task: &Task, body: &Value) -> Applied {
    apply(task, TaskPatch::parse(body).unwrap(), later()).unwrap()
}

#[test]
fn a_title_is_all_a_task_needs() {
    let task = new_task(&json!({"title": "  Buy milk "}));
    assert_eq!(task.title, "Buy milk");
    assert_eq!(
        (task.status, task.priority, task.version),
        (Status::Pending, Priority::Medium, 1)
    );
    assert_eq!((task.series_id, task.is_recurring), (None, false));
}

#[test]
fn every_mistake_is_named_at_once() {
    let body = json!({
        "title": "x".repeat(256), "description": 5, "status": "done", "priority": "p9", "tags": ["ok", "", 7],
        "due_date": "tomorrow", "timezone": "Mars", "reminders": [{"before": "1x"}],
        "recurrence_rule": "FREQ=HOURLY", "is_recurring": "yes", "color": "red",
    });
    let errors = TaskDraft::parse(&body).unwrap_err();
    let expected = [
        "color",
        "title",
        "description",
        "status",
        "priority",
        "tags[1]",
        "tags[2]",
        "due_date",
        "timezone",
        "reminders[0]",
        "recurrence_rule",
        "is_recurring",
    ];
    assert_eq!(fields(&errors), expected);
    assert_eq!(fields(&TaskDraft::parse(&json!({})).unwrap_err()), ["title"]);
    assert_eq!(fields(&TaskDraft::parse(&json!([1])).unwrap_err()), [""]);
}

#[test]
fn limits_are_counted_in_characters() {
    assert!(TaskDraft::parse(&json!({"title": "ü".repeat(255), "description": "ü".repeat(5000)})).is_ok());
    for body in [
        json!({"title": "   "}),
        json!({"title": null}),
        json!({"title": "a\0b"}),
        json!({"title": "a", "description": "x".repeat(5001)}),
        json!({"title": "a", "description": "nul \0"}),
        json!({"title": "a", "tags": ["x".repeat(51)]}),
        json!({"title": "a", "tags": (0..21).map(|n| n.to_string()).collect::<Vec<_>>()}),
        json!({"title": "a", "tags": "home"}),
        json!({"title": "a", "due_date": "1969-01-01"}),
        json!({"title": "a", "due_date": "+10000-01-01T00:00:00Z"}),
        json!({"title": "a", "reminders": [{"before": "1h"}]}),
        json!({"title": "a", "is_recurring": true}),
        json!({"title": "a", "is_recurring": false, "recurrence_rule": "daily"}),
    ] {
        assert_eq!(TaskDraft::parse(&body).unwrap_err().len(), 1, "{body}");
    }
}

#[test]
fn tags_keep_their_form_and_stand_once() {
    let task = new_task(&json!({"title": "a", "tags": [" Home ", "home", "#Ärger", "HOME"]}));
    assert_eq!(task.tags, ["Home", "Ärger"]);
}

#[test]
fn what_was_read_can_be_sent_back() {
    let body = json!({
        "title": "Pay rent", "description": "for the flat", "priority": "high", "tags": ["home"],
        "due_date": "2026-01-31T09:00:00Z", "timezone": "Europe/Berlin", "reminders": [{"before": "1h"}],
        "recurrence_rule": "monthly",
    });
    let task = new_task(&body);
    let read = serde_json::to_value(&task).unwrap();
    let unchanged = replace(&task, TaskDraft::parse(&read).unwrap(), later()).unwrap();
    assert_eq!(
        unchanged,
        Applied {
            task: task.clone(),
            changed: Vec::new()
        }
    );
    assert_eq!(patched(&task, &read).task, task);
    let draft = TaskDraft::parse(&body).unwrap();
    assert_eq!(TaskDraft::parse(&Value::Object(draft.to_json())), Ok(draft));
}

#[test]
fn a_patch_keeps_clears_and_sets() {
    let task =
        new_task(&json!({"title": "a", "description": "b", "due_date": "2026-03-01", "priority": "high"}));
    let applied = patched(&task, &json!({"due_date": null, "title": "c", "priority": null}));
    assert_eq!(applied.changed, ["title", "priority", "due_date"]);
    assert_eq!(
        (applied.task.due_date, applied.task.description.as_deref()),
        (None, Some("b"))
    );
    assert_eq!(
        (applied.task.version, applied.task.priority),
        (2, Priority::Medium)
    );
    let nothing = patched(&task, &json!({"title": "a"}));
    assert_eq!((nothing.task.version, nothing.changed), (1, Vec::new()));
    assert_eq!(
        fields(&TaskPatch::parse(&json!({"title": null})).unwrap_err()),
        ["title"]
    );
    let body = json!({"title": "x", "due_date": null, "tags": ["a"]});
    assert_eq!(Value::Object(TaskPatch::parse(&body).unwrap().to_json()), body);
}

#[test]
fn clearing_the_due_date_leaves_no_time_to_remind_at() {
    let task =
        new_task(&json!({"title": "a", "due_date": "2026-03-01T09:00:00Z", "reminders": [{"before": "1h"}]}));
    assert_eq!(task.remind_times().len(), 1);
    assert!(
        patched(&task, &json!({"due_date": null}))
            .task
            .remind_times()
            .is_empty()
    );
}

#[test]
fn a_replacement_empties_what_it_does_not_say_but_keeps_the_status() {
    let mut task =
        new_task(&json!({"title": "a", "description": "b", "tags": ["x"], "due_date": "2026-03-01"}));
    task = complete(&task, later()).task;
    let replaced = replace(&task, TaskDraft::parse(&json!({"title": "c"})).unwrap(), later())
        .unwrap()
        .task;
    assert_eq!(
        (replaced.description, replaced.tags, replaced.due_date),
        (None, Vec::new(), None)
    );
    assert_eq!(replaced.status, Status::Completed);
}

#[test]
fn completing_twice_changes_once() {
    let task = sample(1, "a");
    let once = complete(&task, later());
    assert_eq!(once.changed, ["status", "completed_at"]);
    assert_eq!(once.task.completed_at, Some(later()));
    assert!(complete(&once.task, later()).changed.is_empty());
    let reopened = reopen(&once.task, later());
    assert_eq!(
        (reopened.task.status, reopened.task.completed_at),
        (Status::Pending, None)
    );
    assert!(reopen(&reopened.task, later()).changed.is_empty());
}

#[test]
fn the_time_of_the_last_change_never_goes_back() {
    let task = Task {
        updated_at: Timestamp::parse("2027-01-01T00:00:00Z").unwrap(),
        ..sample(1, "a")
    };
    assert_eq!(complete(&task, later()).task.updated_at, task.updated_at);
}

#[test]
fn a_series_begins_with_its_task_and_moves_with_its_date() {
    let body = json!({"title": "a", "due_date": "2026-01-31", "recurrence_rule": "monthly"});
    let task = Task {
        occurrence: Some(3),
        series_id: Some("other".to_owned()),
        ..new_task(&body)
    };
    assert_eq!(task.series_anchor.unwrap().due, Due::parse("2026-01-31").unwrap());
    let moved = patched(&task, &json!({"due_date": "2026-02-15"})).task;
    assert_eq!(
        moved.series_anchor.unwrap(),
        crate::recurrence::SeriesAnchor {
            due: "2026-02-15".parse().unwrap(),
            occurrence: 3
        }
    );
    assert_eq!(moved.series_id.as_deref(), Some("other"));
    let another = patched(&task, &json!({"recurrence_rule": "weekly"})).task;
    assert_eq!(
        (another.series_id.as_deref(), another.occurrence),
        (Some("task-1"), Some(1))
    );
    let ended = patched(&task, &json!({"is_recurring": false})).task;
    assert_eq!(
        (ended.is_recurring, ended.recurrence_rule, ended.series_anchor),
        (false, None, None)
    );
}

#[test]
fn what_a_series_is_counted_from_needs_a_rule_and_goes_with_it() {
    let body = json!({"title": "a", "due_date": "2026-01-31", "recurrence_rule": "monthly", "recurrence_anchor": "completion"});
    let task = new_task(&body);
    assert_eq!(task.recurrence_anchor, RecurrenceAnchor::Completion);
    let shown = serde_json::to_value(&task).unwrap();
    assert_eq!(shown["recurrence_anchor"], "completion");
    assert_eq!(
        TaskDraft::parse(&shown).unwrap().into_task(NewTask {
            id: task.id.clone(),
            number: 1,
            now: later()
        }),
        task
    );
    // Tasks from before there was this field have the fixed schedule, which is not shown.
    let mut old = shown.clone();
    old.as_object_mut().unwrap().remove("recurrence_anchor");
    let old: Task = serde_json::from_value(old).unwrap();
    assert!(old.recurrence_anchor.is_due());
    assert_eq!(serde_json::to_value(&old).unwrap().get("recurrence_anchor"), None);

    for wrong in [
        json!({"title": "a", "recurrence_anchor": "completion"}),
        json!({"title": "a", "recurrence_rule": "daily", "recurrence_anchor": "start"}),
        json!({"title": "a", "recurrence_rule": "daily", "recurrence_anchor": 1}),
    ] {
        assert_eq!(
            fields(&TaskDraft::parse(&wrong).unwrap_err()),
            ["recurrence_anchor"],
            "{wrong}"
        );
    }
    assert!(TaskDraft::parse(&json!({"title": "a", "recurrence_anchor": "due"})).is_ok());

    let ended = patched(&task, &json!({"recurrence_rule": null}));
    assert_eq!(
        ended.changed,
        ["recurrence_rule", "recurrence_anchor", "is_recurring"]
    );
    let patch = TaskPatch::parse(&json!({"recurrence_anchor": "completion"})).unwrap();
    assert_eq!(
        fields(&apply(&ended.task, patch, later()).unwrap_err()),
        ["recurrence_anchor"]
    );
}

#[test]
fn another_way_to_count_begins_at_this_occurrence() {
    let body = json!({"title": "a", "due_date": "2026-01-31", "recurrence_rule": "monthly", "recurrence_anchor": "completion"});
    let mut task = new_task(&body);
    task.due_date = Some(Due::parse("2026-04-10").unwrap());
    task.occurrence = Some(3);
    for body in [
        json!({"recurrence_anchor": "due"}),
        json!({"recurrence_anchor": null}),
    ] {
        let applied = patched(&task, &body);
        assert_eq!(applied.changed, ["recurrence_anchor"]);
        let anchor = applied.task.series_anchor.unwrap();
        assert_eq!(
            (anchor.due.to_string().as_str(), anchor.occurrence),
            ("2026-04-10", 3)
        );
        assert_eq!(applied.task.series_id, task.series_id);
    }
}
