//! The history, and changes as they happen.

use serde_json::json;
use todo_domain::problem::Code;
use todo_domain::sse;

use crate::Service;
use crate::operation::Operation;
use crate::schema::{any_text, boolean, named, time_or_nothing};

const TAG: &str = "History";

pub(super) fn operations() -> Vec<Operation> {
    let last = json!({
        "name": "Last-Event-ID", "in": "header", "schema": { "type": "string", "pattern": "^[0-9]{1,18}$" },
        "description": "The id of the last event that was seen; what was missed comes first.",
    });
    let stream = json!({ sse::CONTENT_TYPE: { "schema": any_text() } });
    vec![
        Operation::new(
            Service::Audit,
            TAG,
            ["get", "/api/v1/audit", "listHistory", "List what happened"],
        )
        .of_user()
        .limited()
        .fails(&[Code::Forbidden])
        .query("task_id", any_text(), "Only what happened to this task.")
        .query("type", any_text(), "Only events of this type.")
        .query(
            "since",
            time_or_nothing(),
            "Only what happened at this time or later.",
        )
        .query("verify", boolean(), "Whether to check the whole chain of hashes.")
        .paged()
        .answers(200, "A page, the oldest first.", named("AuditPage"))
        .cached(),
        super::of_user(
            TAG,
            [
                "get",
                "/api/v1/updates",
                "streamUpdates",
                "Changes as they happen",
            ],
        )
        .about("Server-sent events `task.sync` and `notification.created`, until the token ends.")
        .parameter(last)
        .answers_as(200, "The stream.", stream)
        .fails(&[Code::BadRequest]),
    ]
}
