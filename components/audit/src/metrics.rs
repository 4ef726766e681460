//! What the application does, in numbers, in the text format of Prometheus.

use std::fmt::Write as _;

use todo_domain::events::USER_DELETED;
use todo_service::database::{Connection, DatabaseError};

/// The media type of the text format.
pub(crate) const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// The event that completes a task.
const COMPLETED: &str = "task.completed";

pub(crate) async fn render(connection: &impl Connection) -> Result<String, DatabaseError> {
    let rows = connection
        .execute("SELECT type, events FROM audit_counts ORDER BY type", &[])
        .await?;
    let mut events = String::new();
    let (mut total, mut completed) = (0_i64, 0);
    for row in &rows {
        let (kind, count) = (row.text(0)?, row.integer(1)?);
        // Writing to a String cannot fail, here and below.
        writeln!(events, "todo_events_total{{type=\"{}\"}} {count}", label(kind)).ok();
        // Of a deleted account there is no entry.
        if kind != USER_DELETED {
            total = total.saturating_add(count);
        }
        if kind == COMPLETED {
            completed = count;
        }
    }
    let rows = connection
        .execute("SELECT count(*) FROM audit_heads", &[])
        .await?;
    let users = rows.first().map_or(Ok(0), |row| row.integer(0))?;

    let mut text = String::new();
    family(
        &mut text,
        "todo_events_total",
        "counter",
        "Events recorded, by type.",
    );
    text.push_str(&events);
    for (name, kind, help, value) in [
        (
            "todo_audit_entries_total",
            "counter",
            "Entries of the audit log.",
            total,
        ),
        (
            "todo_tasks_completed_total",
            "counter",
            "Tasks completed.",
            completed,
        ),
        ("todo_users", "gauge", "Users with a history.", users),
    ] {
        family(&mut text, name, kind, help);
        writeln!(text, "{name} {value}").ok();
    }
    Ok(text)
}

fn family(text: &mut String, name: &str, kind: &str, help: &str) {
    writeln!(text, "# HELP {name} {help}\n# TYPE {name} {kind}").ok();
}

/// A label's value with the characters escaped that would end it.
fn label(value: &str) -> String {
    value
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
}
