//! A notification that is put off: it counts as read until its time, and then comes again, unless its task is done.

use todo_domain::time::Timestamp;
use todo_service::answer::Failure;
use todo_service::database::{Connection, Database, DatabaseError, in_transaction_on};
use todo_service::outbox::Entry;
use todo_service::refusal::Refusal;

use crate::add::Fresh;
use crate::preferences::Preferences;
use crate::schema::OUTBOX;
use crate::{Notifications, Platform, agenda};

/// The job that brings a notification back.
pub(crate) fn job(notification_id: &str) -> String {
    format!("snooze:{notification_id}")
}

/// The notifications that should have come again before this time.
pub(crate) async fn overdue(connection: &impl Connection, before: i64) -> Result<Vec<String>, DatabaseError> {
    let statement = "SELECT notification_id FROM notification_snoozes WHERE due < ? ORDER BY due LIMIT 100";
    let rows = connection.execute(statement, &[before.into()]).await?;
    rows.iter().map(|row| row.text(0).map(str::to_owned)).collect()
}

/// A notification that waits to come again.
struct Snoozed {
    user_id: String,
    due: i64,
    kind: String,
    title: String,
    message: String,
    task_id: Option<String>,
}

async fn find(connection: &impl Connection, id: &str) -> Result<Option<Snoozed>, DatabaseError> {
    let statement = "SELECT item.user_id, due, type, title, message, task_id
        FROM notification_snoozes AS snooze JOIN notification_items AS item ON item.id = snooze.notification_id
        WHERE snooze.notification_id = ?";
    let rows = connection.execute(statement, &[id.into()]).await?;
    let Some(row) = rows.first() else { return Ok(None) };
    Ok(Some(Snoozed {
        user_id: row.text(0)?.to_owned(),
        due: row.integer(1)?,
        kind: row.text(2)?.to_owned(),
        title: row.text(3)?.to_owned(),
        message: row.text(4)?.to_owned(),
        task_id: row.optional_text(5)?.map(str::to_owned),
    }))
}

async fn remove(connection: &impl Connection, id: &str, due: i64) -> Result<bool, DatabaseError> {
    let statement = "DELETE FROM notification_snoozes WHERE notification_id = ? AND due = ? RETURNING due";
    let removed = connection.execute(statement, &[id.into(), due.into()]).await?;
    Ok(!removed.is_empty())
}

impl<D: Database, S, P: Platform> Notifications<D, S, P> {
    /// Puts a user's notification off; one that is put off already gets another time.
    pub(crate) async fn put_off(
        &self,
        user_id: &str,
        id: &str,
        until: Timestamp,
        now: Timestamp,
    ) -> Result<(), Failure> {
        self.watch_outbox().await;
        let connection = self.connect().await?;
        in_transaction_on(&connection, &[user_id], async |connection| {
            let read = "UPDATE notification_items SET read_at = coalesce(read_at, ?)
                WHERE id = ? AND user_id = ? RETURNING number";
            let values = [now.millis().into(), id.into(), user_id.into()];
            if connection.execute(read, &values).await?.is_empty() {
                return Err(Failure::not_found());
            }
            let statement =
                "INSERT INTO notification_snoozes (notification_id, user_id, due) VALUES (?, ?, ?)
                ON CONFLICT (notification_id) DO UPDATE SET due = excluded.due";
            let due = until.millis();
            connection
                .execute(statement, &[id.into(), user_id.into(), due.into()])
                .await?;
            let entry = Entry::Schedule { name: job(id), due };
            Ok(OUTBOX.append(connection, &[entry], now.millis()).await?)
        })
        .await?;
        drop(connection);
        self.flush_or_log().await;
        Ok(())
    }

    /// Leaves a notification that was put off where it is.
    pub(crate) async fn leave(&self, user_id: &str, id: &str) -> Result<(), Failure> {
        let connection = self.connect().await?;
        in_transaction_on(&connection, &[user_id], async |connection| {
            let statement =
                "DELETE FROM notification_snoozes WHERE notification_id = ? AND user_id = ? RETURNING due";
            let removed = connection
                .execute(statement, &[id.into(), user_id.into()])
                .await?;
            if removed.is_empty() {
                return Err(Failure::not_found());
            }
            let entry = Entry::Cancel { name: job(id) };
            Ok(OUTBOX.append(connection, &[entry], self.platform.now()).await?)
        })
        .await?;
        drop(connection);
        self.flush_or_log().await;
        Ok(())
    }

    /// Lets a notification come again if its time has come: once, however often the job fires.
    pub(crate) async fn come_again(&self, id: &str) -> Result<(), Refusal> {
        let now = self.now()?;
        let connection = self.connect().await?;
        let Some(snoozed) = find(&connection, id).await? else {
            return Ok(());
        };
        if snoozed.due > now.millis() {
            return self.schedule(&job(id), snoozed.due).await;
        }
        let Preferences { timezone, .. } = Preferences::load(&connection, &snoozed.user_id).await?;
        drop(connection);
        let is_wanted = match snoozed.task_id.as_deref() {
            None => true,
            Some(task_id) => {
                let agenda = agenda::ask(&self.platform, &snoozed.user_id, timezone, Some(task_id)).await?;
                agenda.is_some_and(|agenda| agenda.is_open == Some(true))
            }
        };
        let connection = self.connect().await?;
        in_transaction_on(&connection, &[&snoozed.user_id], async |connection| {
            // Whoever removes it lets it come.
            if !remove(connection, id, snoozed.due).await? || !is_wanted {
                return Ok::<_, DatabaseError>(());
            }
            let fresh = Fresh {
                event_id: &format!("snooze:{id}:{}", snoozed.due),
                user_id: &snoozed.user_id,
                traceparent: None,
                kind: &snoozed.kind,
                title: &snoozed.title,
                message: snoozed.message.clone(),
                task_id: snoozed.task_id.as_deref(),
            };
            let entries = self.add(connection, &fresh, now).await?;
            OUTBOX.append(connection, &entries, now.millis()).await
        })
        .await?;
        drop(connection);
        self.flush_or_log().await;
        Ok(())
    }
}
