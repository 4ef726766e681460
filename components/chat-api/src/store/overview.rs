//! Counts of a user's tasks.

use serde::Serialize;
use todo_domain::assistant::Stats;
use todo_domain::query::{DueFilter, TaskQuery};
use todo_domain::task::Status;
use todo_domain::time::Timestamp;
use todo_domain::zone::Zone;
use todo_service::database::{Connection, DatabaseError, Row};

use crate::store::task_list;

/// A tag, and how many tasks have it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Tag {
    /// As it was first written.
    pub(crate) tag: String,
    pub(crate) count: i64,
    /// How many of them are open.
    pub(crate) open: i64,
}

/// All tags of a user's tasks.
pub(crate) async fn tags(connection: &impl Connection, user_id: &str) -> Result<Vec<Tag>, DatabaseError> {
    let statement =
        "SELECT min(label), count(*), count(CASE WHEN status IN ('pending', 'in_progress') THEN 1 END)
        FROM chat_task_tags AS tag JOIN chat_tasks AS task ON task.id = tag.task_id
        WHERE tag.user_id = ? AND task.deleted_at IS NULL GROUP BY tag_key ORDER BY tag_key";
    let tag = |row: &Row| {
        Ok(Tag {
            tag: row.text(0)?.to_owned(),
            count: row.integer(1)?,
            open: row.integer(2)?,
        })
    };
    connection
        .execute(statement, &[user_id.into()])
        .await?
        .iter()
        .map(tag)
        .collect()
}

/// How many tasks there are, by what is to be said of them.
pub(crate) async fn stats(
    connection: &impl Connection,
    user_id: &str,
    now: Timestamp,
    zone: Zone,
) -> Result<Stats, DatabaseError> {
    let statement =
        "SELECT status, count(*) FROM chat_tasks WHERE user_id = ? AND deleted_at IS NULL GROUP BY status";
    let mut stats = Stats::default();
    for row in connection.execute(statement, &[user_id.into()]).await? {
        let count = usize::try_from(row.integer(1)?).unwrap_or_default();
        stats.total += count;
        match row.text(0)?.parse() {
            Ok(Status::Pending) => stats.pending = count,
            Ok(Status::InProgress) => stats.in_progress = count,
            Ok(Status::Completed) => stats.completed = count,
            Ok(Status::Cancelled) => stats.cancelled = count,
            Err(_unknown) => {
                return Err(DatabaseError::Content {
                    column: 0,
                    expected: "a status",
                });
            }
        }
    }
    let open = TaskQuery {
        status: vec![Status::Pending, Status::InProgress],
        timezone: Some(zone),
        ..TaskQuery::default()
    };
    for (due, count) in [
        (DueFilter::Overdue, &mut stats.overdue),
        (DueFilter::Today, &mut stats.due_today),
    ] {
        let query = TaskQuery {
            due: Some(due),
            ..open.clone()
        };
        *count =
            usize::try_from(task_list::count(connection, user_id, &query, now).await?).unwrap_or_default();
    }
    Ok(stats)
}
