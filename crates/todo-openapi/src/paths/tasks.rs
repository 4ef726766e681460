//! Tasks, and the counts of them.

use serde_json::{Value, json};
use todo_domain::problem::Code;
use todo_domain::query::{DueFilter, SEARCH_LIMIT, SORT_LIMIT};
use todo_domain::recurrence::PREVIEW_LIMIT;
use todo_domain::task::{Priority, Status};
use todo_domain::validation::{TAG_LIMIT, TAGS_LIMIT};

use super::of_user;
use crate::operation::Operation;
use crate::schema::{boolean, due, due_or_nothing, list_up_to, named, one_of, rule, text, zone};

const TAG: &str = "Tasks";

/// What a list of tasks can be sorted by; each also with `-` before it for the opposite direction.
const SORT_FIELDS: [&str; 5] = ["created_at", "updated_at", "due_date", "priority", "title"];

const TAG_MODES: [&str; 3] = ["any", "all", "none"];

pub(super) fn operations() -> Vec<Operation> {
    let mut operations = vec![
        list(),
        write(["post", "/api/v1/tasks", "createTask", "Make a task"])
            .takes(named("TaskDraft"))
            .answers(201, "The task.", named("Task"))
            .with("ETag")
            .with("Location")
            .fails(&[Code::Conflict, Code::UnsupportedMediaType]),
        write([
            "post",
            "/api/v1/tasks/quick",
            "quickAdd",
            "Make a task from a line of text",
        ])
        .about("Dates, times, repetition, priority, tags and reminders are understood in plain English.")
        .takes(named("QuickRequest"))
        .answers(
            201,
            "The task, and what was understood where.",
            named("QuickMade"),
        )
        .with("ETag")
        .with("Location")
        .fails(&[Code::Conflict, Code::UnsupportedMediaType]),
        write([
            "post",
            "/api/v1/tasks/bulk",
            "bulkChange",
            "Change many tasks at once",
        ])
        .about("All of them or none.")
        .takes(named("BulkRequest"))
        .answers(200, "The tasks as they are now.", named("BulkDone"))
        .fails(&[Code::NotFound, Code::Conflict, Code::UnsupportedMediaType]),
    ];
    operations.extend(of_one());
    operations.extend(series());
    operations.extend(counts());
    operations
}

fn list() -> Operation {
    let descending = |name: &&str| format!("-{name}");
    let fields = SORT_FIELDS.iter().map(|name| (*name).to_owned());
    let fields = fields
        .chain(SORT_FIELDS.iter().map(descending))
        .chain(["relevance".to_owned()]);
    let mut sort = list_up_to(one_of(fields), SORT_LIMIT);
    if let Some(sort) = sort.as_object_mut() {
        sort.insert("uniqueItems".to_owned(), Value::Bool(true));
    }
    of_user(TAG, ["get", "/api/v1/tasks", "listTasks", "List tasks"])
        .about("All filters must hold. The newest come first, or with a `search` the best hits.")
        .query_list("status", one_of(Status::ALL.map(Status::as_str)), "Any of these.")
        .query_list("priority", one_of(Priority::ALL.map(Priority::as_str)), "Any of these.")
        .query_list("tags", text(1, TAG_LIMIT), &format!("Tags, at most {TAGS_LIMIT}; see `tag_mode`."))
        .query("tag_mode", one_of(TAG_MODES), "Whether a task must have any, all or none of the tags.")
        .query("search", text(0, SEARCH_LIMIT), "Words in title, description or tags; the last may be begun; `#home` in tags alone.")
        .query("due", one_of(DueFilter::ALL.map(DueFilter::as_str)), "When they are due; `none` is without a date.")
        .query("due_before", due_or_nothing(), "Due before this time or day.")
        .query("due_after", due_or_nothing(), "Due at this time or day, or later.")
        .query("recurring", boolean(), "Whether they come again.")
        .query("parent", json!({ "type": "string", "pattern": "^(none|[0-9A-Fa-f-]{0,64})$" }), "The subtasks of this task, or `none`: no subtasks.")
        .query("deleted", boolean(), "Those in the bin instead.")
        .parameter(json!({
            "name": "sort", "in": "query", "style": "form", "explode": false, "schema": sort,
            "description": "The order: fields, `-` before one for descending. Priority is ordered by meaning; empty dates come last. `relevance` goes with `search` and comes first.",
        }))
        .query("timezone", zone(), "Where today is.")
        .paged()
        .answers(200, "A page.", named("TaskPage"))
        .cached()
}

/// Something that is done once, however often it is sent.
fn write(route: [&'static str; 4]) -> Operation {
    of_user(TAG, route).idempotent()
}

fn of_one() -> Vec<Operation> {
    let done = |route: [&'static str; 4]| {
        write(route)
            .guarded()
            .answers(200, "The task as it is now.", named("TaskDone"))
            .with("ETag")
            .fails(&[Code::Conflict, Code::PayloadTooLarge])
    };
    vec![
        of_user(TAG, ["get", "/api/v1/tasks/{task_id}", "getTask", "Read a task"])
            .answers(200, "The task.", named("Task"))
            .cached(),
        write(["put", "/api/v1/tasks/{task_id}", "replaceTask", "Replace a task"])
            .guarded()
            .takes(named("TaskDraft"))
            .answers(200, "The task.", named("Task"))
            .with("ETag")
            .fails(&[Code::Conflict, Code::UnsupportedMediaType]),
        write([
            "patch",
            "/api/v1/tasks/{task_id}",
            "updateTask",
            "Change some fields of a task",
        ])
        .guarded()
        .takes_patch(named("TaskPatch"))
        .answers(200, "The task.", named("Task"))
        .with("ETag")
        .fails(&[Code::Conflict, Code::UnsupportedMediaType]),
        write(["delete", "/api/v1/tasks/{task_id}", "deleteTask", "Delete a task"])
            .about("It goes to the bin, with its subtasks, for 30 days.")
            .guarded()
            .query(
                "permanent",
                boolean(),
                "Whether to remove for good what is in the bin.",
            )
            .answers_empty(204, "It is deleted.")
            .fails(&[Code::Conflict, Code::ValidationFailed, Code::PayloadTooLarge]),
        done([
            "post",
            "/api/v1/tasks/{task_id}/complete",
            "completeTask",
            "Complete a task",
        ]),
        done([
            "patch",
            "/api/v1/tasks/{task_id}/complete",
            "toggleTask",
            "Complete a task, or open it again",
        ]),
        done([
            "post",
            "/api/v1/tasks/{task_id}/reopen",
            "reopenTask",
            "Open a task again",
        ]),
        write([
            "post",
            "/api/v1/tasks/{task_id}/restore",
            "restoreTask",
            "Take a task out of the bin",
        ])
        .guarded()
        .answers(200, "The task.", named("Task"))
        .with("ETag")
        .fails(&[Code::Conflict, Code::PayloadTooLarge]),
    ]
}

/// Tasks that come again.
fn series() -> Vec<Operation> {
    vec![
        write([
            "post",
            "/api/v1/tasks/{task_id}/skip",
            "skipOccurrence",
            "Skip an occurrence",
        ])
        .about("It stays the same task, with the next due date; what is skipped counts.")
        .guarded()
        .content(
            false,
            json!({ "application/json": { "schema": named("SkipRequest") } }),
        )
        .answers(200, "The task as it is now.", named("Skipped"))
        .with("ETag")
        .fails(&[
            Code::Conflict,
            Code::InvalidJson,
            Code::ValidationFailed,
            Code::UnsupportedMediaType,
        ]),
        write([
            "post",
            "/api/v1/tasks/{task_id}/end-series",
            "endSeries",
            "Let a task come no more",
        ])
        .guarded()
        .answers(200, "The task as it is now.", named("SeriesEnded"))
        .with("ETag")
        .fails(&[Code::Conflict, Code::PayloadTooLarge]),
        of_user(
            TAG,
            [
                "get",
                "/api/v1/recurrence/preview",
                "previewRecurrence",
                "What a rule would name",
            ],
        )
        .parameter(json!({
            "name": "rule", "in": "query", "required": true, "schema": rule(),
            "description": "As in a task.",
        }))
        .query("start", due(), "The first due date; today where absent.")
        .query("timezone", zone(), "Where days are days; UTC where absent.")
        .query(
            "count",
            json!({ "type": "integer", "minimum": 1, "maximum": PREVIEW_LIMIT }),
            "How many; 10 where absent.",
        )
        .answers(
            200,
            "The occurrences after the start.",
            named("RecurrencePreview"),
        )
        .fails(&[Code::ValidationFailed]),
    ]
}

fn counts() -> Vec<Operation> {
    vec![
        write(["post", "/api/v1/undo", "undo", "Undo the last change"])
            .about("Within 10 minutes. `event_id` says which change is meant; if it was not the last, nothing is undone.")
            .content(false, json!({ "application/json": { "schema": named("UndoRequest") } }))
            .answers(200, "What was undone.", named("Undone"))
            .fails(&[Code::Conflict, Code::InvalidJson, Code::ValidationFailed, Code::UnsupportedMediaType]),
        of_user(TAG, ["get", "/api/v1/tags", "listTags", "List tags with their counts"])
            .answers(200, "All tags.", named("Tags"))
            .cached(),
        of_user(TAG, ["get", "/api/v1/stats", "getStats", "Count tasks"])
            .query("timezone", zone(), "Where today is.")
            .answers(200, "The counts.", named("Stats"))
            .cached()
            .fails(&[Code::BadRequest, Code::ValidationFailed]),
    ]
}
