//! What can be done with tasks beyond writing their fields, and what comes of it.

use serde_json::{Value, json};
use todo_domain::bulk::{ID_LIMIT, IDS_LIMIT};
use todo_domain::validation::TAG_LIMIT;

use crate::schema::{
    about, any_text, body, boolean, count, due, id, like, list, list_up_to, named, nullable, object, one_of,
    text, time, zone,
};

pub(super) fn schemas() -> Vec<(&'static str, Value)> {
    let done = object([
        ("task", named("Task")),
        (
            "next_task?",
            about(
                named("Task"),
                "the next occurrence, once it is there; after reopening only where it was touched, for then it stays",
            ),
        ),
        (
            "removed_task_id?",
            about(id(), "the next occurrence that reopening took back"),
        ),
    ]);
    let stats = object([
        ("total", count(0)),
        ("pending", count(0)),
        ("in_progress", count(0)),
        ("completed", count(0)),
        ("cancelled", count(0)),
        ("overdue", about(count(0), "open, and the deadline has passed")),
        ("due_today", about(count(0), "open, and due today")),
    ]);
    let tag = object([
        ("tag", about(any_text(), "as it was first written")),
        ("count", count(1)),
        ("open", about(count(0), "how many of them are open")),
    ]);
    vec![
        ("TaskDone", done),
        (
            "QuickRequest",
            body([
                (
                    "text",
                    about(
                        like(text(1, quick_limit()), "Pay rent every month on the 1st p1 #home"),
                        "one line of plain English",
                    ),
                ),
                ("timezone?", nullable(zone())),
            ]),
        ),
        (
            "QuickMade",
            object([
                ("task", named("Task")),
                (
                    "spans",
                    about(list(named("QuickSpan")), "what was understood where"),
                ),
                (
                    "hints?",
                    about(
                        list(named("QuickHint")),
                        "what looks like something but stays in the title",
                    ),
                ),
            ]),
        ),
        (
            "QuickSpan",
            object([
                ("start", about(count(0), "in UTF-16 code units")),
                ("end", count(0)),
                (
                    "kind",
                    one_of(["due", "repeat", "reminder", "priority", "tag", "escape"]),
                ),
                ("text", any_text()),
            ]),
        ),
        (
            "QuickHint",
            object([("message", any_text()), ("text", any_text())]),
        ),
        ("BulkRequest", bulk()),
        (
            "BulkDone",
            object([
                ("action", any_text()),
                ("count", count(0)),
                ("items", about(list(named("Task")), "the tasks as they are now")),
            ]),
        ),
        (
            "UndoRequest",
            body([(
                "event_id?",
                about(nullable(text(0, 64)), "the event of the change that is meant"),
            )]),
        ),
        (
            "Undone",
            object([
                ("undone", list(named("UndoneChange"))),
                ("items", about(list(named("Task")), "the tasks as they are now")),
                (
                    "next_tasks?",
                    about(
                        list(named("Task")),
                        "next occurrences of what is not completed any more that stay, because they were touched",
                    ),
                ),
            ]),
        ),
        (
            "UndoneChange",
            object([
                ("event_id", id()),
                ("type", like(any_text(), "task.updated")),
                ("task_id", id()),
                ("time", nullable(time())),
            ]),
        ),
        (
            "SkipRequest",
            body([(
                "missed?",
                about(
                    nullable(boolean()),
                    "whether to go on to the first one that is not overdue",
                ),
            )]),
        ),
        (
            "Skipped",
            object([
                ("task", named("Task")),
                ("skipped", about(count(0), "how many occurrences it went over")),
            ]),
        ),
        (
            "SeriesEnded",
            object([
                ("task", named("Task")),
                (
                    "next_task?",
                    about(
                        named("Task"),
                        "the last occurrence, where it is another one: it stays",
                    ),
                ),
            ]),
        ),
        (
            "RecurrencePreview",
            object([
                ("start", due()),
                ("timezone", zone()),
                (
                    "items",
                    about(list(named("PreviewItem")), "the occurrences after the start"),
                ),
                ("has_more", boolean()),
            ]),
        ),
        (
            "PreviewItem",
            object([("occurrence", count(1)), ("due_date", due())]),
        ),
        ("Tag", tag),
        ("Tags", object([("items", list(named("Tag")))])),
        ("Stats", stats),
    ]
}

fn quick_limit() -> usize {
    todo_domain::quick::TEXT_LIMIT
}

fn bulk() -> Value {
    like(bulk_members(), json!({ "action": "complete", "ids": [1, 2, 3] }))
}

fn bulk_members() -> Value {
    let id = json!({ "type": ["string", "integer"], "minLength": 1, "maxLength": ID_LIMIT, "minimum": 0 });
    let mut ids = list_up_to(id, IDS_LIMIT);
    if let Some(ids) = ids.as_object_mut() {
        ids.insert("minItems".to_owned(), 1.into());
        ids.insert("examples".to_owned(), json!([[1, 2, 3]]));
    }
    body([
        (
            "action",
            about(one_of(ACTIONS), "what is done with each task; all or none"),
        ),
        ("ids", about(ids, "ids or numbers of tasks")),
        (
            "tags?",
            about(
                json!({ "type": "array", "items": text(1, TAG_LIMIT), "minItems": 1 }),
                "for `tag` and `untag` alone",
            ),
        ),
        (
            "due_date?",
            about(nullable(due()), "for `move` alone; null takes the date away"),
        ),
    ])
}

/// What a bulk change can do.
pub(crate) const ACTIONS: [&str; 7] = ["complete", "reopen", "delete", "restore", "tag", "untag", "move"];
