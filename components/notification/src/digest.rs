//! The digest: each morning one notification that says what the day brings.

use todo_domain::due::Due;
use todo_domain::zone::Zone;
use todo_service::database::{Connection, Database, DatabaseError, in_transaction_on};
use todo_service::outbox::Entry;
use todo_service::refusal::Refusal;

use crate::add::Fresh;
use crate::agenda::{self, Agenda, Item};
use crate::preferences::Preferences;
use crate::schema::OUTBOX;
use crate::{Notifications, Platform};

/// The `type` of a notification that a digest is.
const DIGEST: &str = "digest";

/// How many tasks of a kind are named.
const NAMED: usize = 10;

/// The job that makes a user's next digest.
pub(crate) fn job(user_id: &str) -> String {
    format!("digest:{user_id}")
}

/// The users whose digest should have been made before this time.
pub(crate) async fn overdue(connection: &impl Connection, before: i64) -> Result<Vec<String>, DatabaseError> {
    let statement = "SELECT user_id FROM notification_preferences
        WHERE digest_due IS NOT NULL AND digest_due < ? ORDER BY digest_due LIMIT 100";
    let rows = connection.execute(statement, &[before.into()]).await?;
    rows.iter().map(|row| row.text(0).map(str::to_owned)).collect()
}

impl<D: Database, S, P: Platform> Notifications<D, S, P> {
    /// Makes a user's digest if it is due, and plans the next one. After days without a host there is one, not one for each.
    pub(crate) async fn digest(&self, user_id: &str) -> Result<(), Refusal> {
        let now = self.now()?;
        let connection = self.connect().await?;
        let preferences = Preferences::load(&connection, user_id).await?;
        drop(connection);
        let Some(due) = preferences.digest_due else {
            return Ok(());
        };
        if due > now.millis() {
            return self.schedule(&job(user_id), due).await;
        }
        // Not inside of the transaction: chat-api answers when it does.
        let agenda = agenda::ask(&self.platform, user_id, preferences.timezone, None).await?;
        let next = agenda.as_ref().and_then(|_| preferences.next_digest(now));
        let connection = self.connect().await?;
        in_transaction_on(&connection, &[user_id], async |connection| {
            // Whoever finds it still due makes it.
            let statement = "UPDATE notification_preferences SET digest_due = ?
                WHERE user_id = ? AND digest_due = ? RETURNING user_id";
            let values = [next.into(), user_id.into(), due.into()];
            if connection.execute(statement, &values).await?.is_empty() {
                return Ok::<_, DatabaseError>(());
            }
            let mut entries = Vec::new();
            if let Some((title, message)) = agenda
                .as_ref()
                .and_then(|agenda| text(agenda, preferences.timezone))
            {
                let fresh = Fresh {
                    event_id: &format!("digest:{user_id}:{due}"),
                    user_id,
                    traceparent: None,
                    kind: DIGEST,
                    title: &title,
                    message,
                    task_id: None,
                };
                entries = self.add(connection, &fresh, now).await?;
            }
            let name = job(user_id);
            entries.extend(next.map(|due| Entry::Schedule { name, due }));
            OUTBOX.append(connection, &entries, now.millis()).await
        })
        .await?;
        drop(connection);
        self.flush_or_log().await;
        Ok(())
    }
}

/// Title and text of a digest; nothing where there is nothing to say.
fn text(agenda: &Agenda, zone: Zone) -> Option<(String, String)> {
    let count = |items: &[Item], what: &str| match items.len() {
        0 => None,
        1 => Some(format!("1 task {what}")),
        count => Some(format!("{count} tasks {what}")),
    };
    let title: Vec<_> = [
        count(&agenda.today, "due today"),
        count(&agenda.overdue, "overdue"),
    ]
    .into_iter()
    .flatten()
    .collect();
    let lines: Vec<_> = [("Today", &agenda.today), ("Overdue", &agenda.overdue)]
        .into_iter()
        .filter(|(_, items)| !items.is_empty())
        .map(|(heading, items)| format!("{heading}: {}.", names(items, heading == "Today", zone)))
        .collect();
    (!title.is_empty()).then(|| (title.join(", "), lines.join("\n")))
}

fn names(items: &[Item], with_time: bool, zone: Zone) -> String {
    let name = |item: &Item| match item.due_date {
        Some(Due::Time(time)) if with_time => {
            format!("{} ({})", item.title, zone.local(time).format("%H:%M"))
        }
        _ => item.title.clone(),
    };
    let mut names: Vec<_> = items.iter().take(NAMED).map(name).collect();
    if let Some(more) = items.len().checked_sub(NAMED).filter(|more| *more > 0) {
        names.push(format!("and {more} more"));
    }
    names.join(", ")
}
