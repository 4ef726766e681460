//! Tasks, one by one.

use todo_domain::due::Due;
use todo_domain::query::search::Search;
use todo_domain::task::{Subtasks, Task};
use todo_domain::text::fold;
use todo_domain::time::Timestamp;
use todo_knowledge::Kind;
use todo_service::database::{Connection, DatabaseError, Row, Value};

use crate::store::knowledge::vectors;
use crate::store::search;

/// The columns of [`stored`].
pub(crate) const COLUMNS: &str = "document, series_anchor, deleted_at";

/// How many they are.
pub(crate) const COLUMN_COUNT: usize = 3;

/// A task as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stored {
    pub(crate) task: Task,
    pub(crate) is_deleted: bool,
}

/// How a request names a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Reference {
    /// By its id.
    Id(String),
    /// By its number within the user's tasks.
    Number(i64),
}

impl Reference {
    /// Reads a number or a UUID; nothing else names a task.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        if text.bytes().all(|byte| byte.is_ascii_digit()) {
            return text.parse().ok().filter(|number| *number > 0).map(Self::Number);
        }
        let id = uuid::Uuid::try_parse(text).ok()?;
        Some(Self::Id(id.hyphenated().to_string()))
    }
}

pub(crate) fn stored(row: &Row) -> Result<Stored, DatabaseError> {
    let wrong =
        |column, expected| move |_error: serde_json::Error| DatabaseError::Content { column, expected };
    let mut task: Task = serde_json::from_str(row.text(0)?).map_err(wrong(0, "a task"))?;
    if let Some(anchor) = row.optional_text(1)? {
        task.series_anchor = Some(serde_json::from_str(anchor).map_err(wrong(1, "an anchor"))?);
    }
    let is_deleted = !row.is_null(2);
    task.deleted_at = match row.0.get(2) {
        Some(Value::Integer(time)) => Timestamp::from_millis(*time),
        _ => None,
    };
    Ok(Stored { task, is_deleted })
}

/// The user's task, deleted or not.
pub(crate) async fn find(
    connection: &impl Connection,
    user_id: &str,
    reference: &Reference,
) -> Result<Option<Stored>, DatabaseError> {
    let (condition, value): (_, Value) = match reference {
        Reference::Id(id) => ("id = ?", id.as_str().into()),
        Reference::Number(number) => ("number = ?", (*number).into()),
    };
    let statement = format!("SELECT {COLUMNS} FROM chat_tasks WHERE user_id = ? AND {condition}");
    let rows = connection.execute(&statement, &[user_id.into(), value]).await?;
    rows.first().map(stored).transpose()
}

/// Which one of the later occurrences of a series.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Later {
    First,
    Last,
}

/// An occurrence of a series after the one with this number, deleted or not.
pub(crate) async fn find_later(
    connection: &impl Connection,
    user_id: &str,
    series_id: &str,
    occurrence: i64,
    which: Later,
) -> Result<Option<Stored>, DatabaseError> {
    let order = match which {
        Later::First => "ASC",
        Later::Last => "DESC",
    };
    let statement = format!(
        "SELECT {COLUMNS} FROM chat_tasks WHERE series_id = ? AND occurrence > ? AND user_id = ?
        ORDER BY occurrence {order} LIMIT 1"
    );
    let rows = connection
        .execute(&statement, &[series_id.into(), occurrence.into(), user_id.into()])
        .await?;
    rows.first().map(stored).transpose()
}

/// The subtasks of a task that are not deleted; or those that were deleted at this time.
pub(crate) async fn subtasks(
    connection: &impl Connection,
    user_id: &str,
    parent_id: &str,
    deleted_at: Option<i64>,
) -> Result<Vec<Task>, DatabaseError> {
    let mut parameters: Vec<Value> = vec![parent_id.into(), user_id.into()];
    let condition = match deleted_at {
        Some(time) => {
            parameters.push(time.into());
            "deleted_at = ?"
        }
        None => "deleted_at IS NULL",
    };
    let statement = format!(
        "SELECT {COLUMNS} FROM chat_tasks WHERE parent_id = ? AND user_id = ? AND {condition} ORDER BY number"
    );
    read(connection, &statement, &parameters).await
}

/// The ids of the subtasks of a task that are deleted.
pub(crate) async fn subtasks_in_bin(
    connection: &impl Connection,
    user_id: &str,
    parent_id: &str,
) -> Result<Vec<String>, DatabaseError> {
    let statement =
        "SELECT id FROM chat_tasks WHERE parent_id = ? AND user_id = ? AND deleted_at IS NOT NULL";
    let rows = connection
        .execute(statement, &[parent_id.into(), user_id.into()])
        .await?;
    rows.iter().map(|row| row.text(0).map(str::to_owned)).collect()
}

/// How many subtasks a task has that are not deleted.
pub(crate) async fn count_subtasks(
    connection: &impl Connection,
    user_id: &str,
    parent_id: &str,
) -> Result<Subtasks, DatabaseError> {
    let statement = "SELECT count(*), count(CASE WHEN status = 'completed' THEN 1 END) FROM chat_tasks
        WHERE parent_id = ? AND user_id = ? AND deleted_at IS NULL";
    let rows = connection
        .execute(statement, &[parent_id.into(), user_id.into()])
        .await?;
    let count = |column| {
        let counted = rows.first().map_or(Ok(0), |row| row.integer(column));
        counted.map(|count| u32::try_from(count).unwrap_or(u32::MAX))
    };
    Ok(Subtasks {
        total: count(0)?,
        completed: count(1)?,
    })
}

/// The tasks of a user that were made last and are not deleted, the newest last.
pub(crate) async fn newest(
    connection: &impl Connection,
    user_id: &str,
    limit: i64,
) -> Result<Vec<Task>, DatabaseError> {
    let statement = format!(
        "SELECT {COLUMNS} FROM chat_tasks WHERE user_id = ? AND deleted_at IS NULL ORDER BY created_at DESC, number DESC LIMIT ?"
    );
    let mut tasks = read(connection, &statement, &[user_id.into(), limit.into()]).await?;
    tasks.reverse();
    Ok(tasks)
}

/// The tasks of a user with these numbers that are not deleted.
pub(crate) async fn numbered(
    connection: &impl Connection,
    user_id: &str,
    numbers: &[u32],
) -> Result<Vec<Task>, DatabaseError> {
    let Some(more) = numbers.len().checked_sub(1) else {
        return Ok(Vec::new());
    };
    let statement = format!(
        "SELECT {COLUMNS} FROM chat_tasks WHERE user_id = ? AND number IN (?{}) AND deleted_at IS NULL",
        ", ?".repeat(more)
    );
    let numbers = numbers.iter().map(|number| Value::from(i64::from(*number)));
    let parameters: Vec<Value> = std::iter::once(user_id.into()).chain(numbers).collect();
    read(connection, &statement, &parameters).await
}

/// The tasks of a user that a search for words finds and that are not deleted, the newest first.
pub(crate) async fn found(
    connection: &impl Connection,
    user_id: &str,
    search: &Search,
    limit: i64,
) -> Result<Vec<Task>, DatabaseError> {
    let Some(matching) = search::matching(connection.dialect(), user_id, search) else {
        return Ok(Vec::new());
    };
    let statement = format!(
        "SELECT {COLUMNS} FROM {} WHERE {} AND chat_tasks.deleted_at IS NULL ORDER BY {} DESC LIMIT ?",
        matching.from, matching.condition, matching.age
    );
    read(connection, &statement, &[matching.expression, limit.into()]).await
}

async fn read(
    connection: &impl Connection,
    statement: &str,
    parameters: &[Value],
) -> Result<Vec<Task>, DatabaseError> {
    let rows = connection.execute(statement, parameters).await?;
    rows.iter()
        .map(|row| stored(row).map(|stored| stored.task))
        .collect()
}

/// The next number of a user's update and, for a new task, of a task. Nothing if there is no such user.
pub(crate) async fn count_up(
    connection: &impl Connection,
    user_id: &str,
    is_new_task: bool,
) -> Result<Option<(i64, i64)>, DatabaseError> {
    let statement = "UPDATE chat_users SET last_number = last_number + ?2, last_update = last_update + 1
        WHERE id = ?1 RETURNING last_number, last_update";
    let rows = connection
        .execute(statement, &[user_id.into(), i64::from(is_new_task).into()])
        .await?;
    rows.first()
        .map(|row| Ok((row.integer(0)?, row.integer(1)?)))
        .transpose()
}

/// Keeps a new task. Answers whether its place in its series was free.
pub(crate) async fn insert(
    connection: &impl Connection,
    user_id: &str,
    task: &Task,
) -> Result<bool, DatabaseError> {
    let statement = "INSERT INTO chat_tasks
        (document, series_anchor, status, priority, title_key, due_at, due_day, is_floating, is_recurring,
         series_id, occurrence, updated_at, deleted_at, parent_id, id, user_id, number, created_at)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (series_id, occurrence) DO NOTHING RETURNING 1";
    let mut parameters = columns(task)?.to_vec();
    parameters.extend([
        task.id.as_str().into(),
        user_id.into(),
        i64::from(task.number).into(),
        task.created_at.millis().into(),
    ]);
    if connection.execute(statement, &parameters).await?.is_empty() {
        return Ok(false);
    }
    insert_tags(connection, user_id, task).await?;
    search::index(connection, user_id, task).await?;
    Ok(true)
}

/// Keeps a changed task.
pub(crate) async fn update(
    connection: &impl Connection,
    user_id: &str,
    before: &Task,
    task: &Task,
) -> Result<(), DatabaseError> {
    let statement =
        "UPDATE chat_tasks SET document = ?, series_anchor = ?, status = ?, priority = ?, title_key = ?,
        due_at = ?, due_day = ?, is_floating = ?, is_recurring = ?, series_id = ?, occurrence = ?,
        updated_at = ?, deleted_at = ?, parent_id = ? WHERE id = ?";
    let mut parameters = columns(task)?.to_vec();
    parameters.push(task.id.as_str().into());
    connection.execute(statement, &parameters).await?;
    if before.tags != task.tags {
        connection
            .execute(
                "DELETE FROM chat_task_tags WHERE task_id = ?",
                &[task.id.as_str().into()],
            )
            .await?;
        insert_tags(connection, user_id, task).await?;
    }
    if (&before.title, &before.description, &before.tags) != (&task.title, &task.description, &task.tags) {
        search::index(connection, user_id, task).await?;
    } else if before.deleted_at.is_some() != task.deleted_at.is_some() {
        vectors::enqueue(connection, user_id, Kind::Task, &task.id).await?;
    }
    Ok(())
}

/// The columns that follow from the task itself.
fn columns(task: &Task) -> Result<[Value; 14], DatabaseError> {
    let unwritable = |error: serde_json::Error| DatabaseError::Failed {
        reason: error.to_string(),
    };
    let document = serde_json::to_string(task).map_err(unwritable)?;
    let anchor = task
        .series_anchor
        .map(|anchor| serde_json::to_string(&anchor))
        .transpose()
        .map_err(unwritable)?;
    let due_day = match task.due_date {
        Some(due @ Due::Day(_)) => Some(due.to_string()),
        _ => None,
    };
    let is_floating = due_day.is_some() && task.timezone.is_none();
    Ok([
        document.into(),
        anchor.into(),
        task.status.as_str().into(),
        i64::from(task.priority as u8).into(),
        fold(&task.title).into(),
        task.deadline().map(|deadline| deadline.millis()).into(),
        due_day.into(),
        i64::from(is_floating).into(),
        i64::from(task.is_recurring).into(),
        task.series_id.clone().into(),
        task.occurrence.map(i64::from).into(),
        task.updated_at.millis().into(),
        task.deleted_at.map(Timestamp::millis).into(),
        task.parent_id.clone().into(),
    ])
}

async fn insert_tags(connection: &impl Connection, user_id: &str, task: &Task) -> Result<(), DatabaseError> {
    if task.tags.is_empty() {
        return Ok(());
    }
    let mut statement =
        "INSERT INTO chat_task_tags (user_id, tag_key, task_id, label) VALUES (?, ?, ?, ?)".to_owned();
    statement.push_str(&", (?, ?, ?, ?)".repeat(task.tags.len().saturating_sub(1)));
    statement.push_str(" ON CONFLICT DO NOTHING");
    let parameters: Vec<Value> = task
        .tags
        .iter()
        .flat_map(|tag| {
            [
                user_id.into(),
                fold(tag).into(),
                task.id.as_str().into(),
                tag.as_str().into(),
            ]
        })
        .collect();
    connection.execute(&statement, &parameters).await.map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_task_is_named_by_a_number_or_a_uuid_and_nothing_else() {
        assert_eq!(Reference::parse("7"), Some(Reference::Number(7)));
        let id = "01900000-0000-7000-8000-0000000000aa";
        assert_eq!(Reference::parse(id), Some(Reference::Id(id.into())));
        assert_eq!(
            Reference::parse(&id.to_uppercase()),
            Some(Reference::Id(id.into()))
        );
        for wrong in [
            "",
            "0",
            "-1",
            "1.0",
            "99999999999999999999",
            "seven",
            "' OR 1=1 --",
        ] {
            assert_eq!(Reference::parse(wrong), None, "{wrong}");
        }
    }
}
