//! Tasks: as they are, as they are to be, and as they are to change.

use serde_json::{Value, json};
use todo_domain::recurrence::RecurrenceAnchor;
use todo_domain::task::{Priority, Status};
use todo_domain::validation::{
    DESCRIPTION_LIMIT, READ_ONLY, REMINDERS_LIMIT, TAG_LIMIT, TAGS_LIMIT, TITLE_LIMIT,
};

use crate::schema::{
    about, any_text, body, boolean, count, due, id, like, list_up_to, named, nullable, object, one_of, or,
    page, rule, text, time, zone,
};

pub(super) fn schemas() -> Vec<(&'static str, Value)> {
    vec![
        ("Task", task()),
        ("TaskDraft", draft()),
        ("TaskPatch", patch()),
        ("TaskPage", page("Task")),
        (
            "Status",
            about(one_of(Status::ALL.map(Status::as_str)), "where a task stands"),
        ),
        (
            "Priority",
            about(
                one_of(Priority::ALL.map(Priority::as_str)),
                "how urgent a task is",
            ),
        ),
        ("Reminder", reminder()),
        ("Subtasks", object([("total", count(0)), ("completed", count(0))])),
        (
            "RecurrenceAnchor",
            about(
                one_of(RecurrenceAnchor::ALL.map(RecurrenceAnchor::as_str)),
                "what the next due date is counted from; `due` where absent",
            ),
        ),
    ]
}

/// Every field of a task.
pub(super) fn task() -> Value {
    let rule = nullable(like(any_text(), "FREQ=WEEKLY;BYDAY=MO,TH"));
    object([
        ("id", about(id(), "a UUIDv7")),
        ("number", about(count(1), "1, 2, 3 … within the user's tasks")),
        ("title", like(text(1, TITLE_LIMIT), "Pay rent")),
        ("description", nullable(text(0, DESCRIPTION_LIMIT))),
        ("status", named("Status")),
        ("priority", named("Priority")),
        ("tags", list_up_to(text(1, TAG_LIMIT), TAGS_LIMIT)),
        ("due_date", nullable(due())),
        (
            "timezone",
            about(
                nullable(zone()),
                "where days, recurrence and reminders are reckoned; UTC where null",
            ),
        ),
        ("reminders", list_up_to(named("Reminder"), REMINDERS_LIMIT)),
        (
            "recurrence_rule",
            about(
                rule,
                "`daily`, `weekly`, `monthly`, `yearly` or an RFC 5545 RRULE",
            ),
        ),
        ("recurrence_anchor?", named("RecurrenceAnchor")),
        ("is_recurring", about(boolean(), "whether there is a rule")),
        (
            "series_id",
            about(nullable(id()), "the id of the task that began the series"),
        ),
        (
            "occurrence",
            about(nullable(count(1)), "1 for the task that began the series"),
        ),
        ("created_at", time()),
        ("updated_at", time()),
        ("completed_at", nullable(time())),
        (
            "version",
            about(count(1), "grows by one with each change; the `ETag`"),
        ),
        ("parent_id?", about(id(), "the task that this one is a part of")),
        (
            "subtasks?",
            about(named("Subtasks"), "how many subtasks it has, where it has any"),
        ),
        (
            "deleted_at?",
            about(time(), "when it was deleted, while it can be restored"),
        ),
    ])
}

/// The members that a client sets, as far as they may be missing or null.
fn optional() -> [(&'static str, Value); 11] {
    let tag = text(1, TAG_LIMIT);
    let parent =
        json!({ "type": ["string", "integer", "null"], "minLength": 1, "maxLength": 64, "minimum": 0 });
    [
        ("description?", nullable(text(0, DESCRIPTION_LIMIT))),
        ("status?", nullable(named("Status"))),
        (
            "priority?",
            or(nullable(named("Priority")), Priority::default().as_str()),
        ),
        (
            "tags?",
            about(
                nullable(list_up_to(like(tag, "home"), TAGS_LIMIT)),
                "without commas; case does not tell two apart",
            ),
        ),
        ("due_date?", nullable(due())),
        ("timezone?", nullable(zone())),
        (
            "reminders?",
            nullable(list_up_to(named("Reminder"), REMINDERS_LIMIT)),
        ),
        (
            "recurrence_rule?",
            about(
                nullable(rule()),
                "`daily`, `weekly`, `monthly`, `yearly` or an RFC 5545 RRULE; null ends the series",
            ),
        ),
        ("recurrence_anchor?", nullable(named("RecurrenceAnchor"))),
        (
            "is_recurring?",
            about(
                json!({ "type": ["boolean", "null"] }),
                "mirrors the rule; `false` alone ends the series",
            ),
        ),
        (
            "parent_id?",
            about(
                parent,
                "the id or the number of the task that this one is to be a part of",
            ),
        ),
    ]
}

/// What was read can be sent back: what only the server sets is ignored, but no member of a type that programs are made of.
fn writable(title: (&str, Value), description: &str) -> Value {
    let [a, b, c, d, e, f, g, h, i, j, k] = optional();
    let mut schema = about(body([title, a, b, c, d, e, f, g, h, i, j, k]), description);
    if let Some(schema) = schema.as_object_mut() {
        schema.insert("x-ignored".to_owned(), READ_ONLY.to_vec().into());
    }
    schema
}

fn draft() -> Value {
    let title = about(like(text(1, TITLE_LIMIT), "Pay rent"), "one line");
    let draft = writable(
        ("title", title),
        "A task to be. The fields of a task that only the server sets may be there and are ignored.",
    );
    let example = json!({
        "title": "Pay rent", "priority": "high", "tags": ["home"], "due_date": "2026-03-01", "recurrence_rule": "monthly",
        "reminders": [{ "before": "1d" }],
    });
    like(draft, example)
}

fn patch() -> Value {
    let title = about(like(text(1, TITLE_LIMIT), "Pay rent"), "one line");
    let patch = writable(
        ("title?", title),
        "A merge patch (RFC 7396): what is absent stays, null empties.",
    );
    like(patch, json!({ "priority": "urgent", "due_date": null }))
}

fn reminder() -> Value {
    let at = about(
        json!({ "type": "string", "format": "date-time", "examples": ["2026-03-01T08:00:00Z"] }),
        "at this time",
    );
    let before = about(
        json!({ "type": "string", "format": "lead", "minLength": 1, "maxLength": 40, "examples": ["1h", "30m", "1d"] }),
        "so long before it is due",
    );
    let mut reminder = body([("at?", at), ("before?", before)]);
    if let Some(reminder) = reminder.as_object_mut() {
        reminder.insert("minProperties".to_owned(), 1.into());
        reminder.insert("maxProperties".to_owned(), 1.into());
        reminder.insert("examples".to_owned(), json!([{ "before": "1h" }]));
    }
    about(
        reminder,
        "When to remind: at a time, or some time before the task is due.",
    )
}
