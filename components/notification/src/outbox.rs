//! The outbox: events that were written with what they tell of, and are published as soon as that is
//! possible.

use todo_domain::events::OutgoingEvent;
use todo_service::database::{Connection, Database, DatabaseError, Row};
use todo_service::refusal::Refusal;

use crate::{Notifications, Outgoing, Platform, PlatformError};

/// The repeating job that publishes what is left.
pub(crate) const JOB: &str = "outbox";

/// How often it comes, in milliseconds. It only finds something after a crash or while the broker was away.
const INTERVAL: u64 = 15_000;

/// How many events are published at once.
const BATCH: i64 = 100;

/// Writes an event to the outbox.
pub(crate) async fn add(connection: &impl Connection, event: OutgoingEvent) -> Result<(), DatabaseError> {
    let body = String::from_utf8(event.body).map_err(|error| DatabaseError::Failed {
        reason: error.to_string(),
    })?;
    let statement = "INSERT INTO notification_outbox (topic, key, body) VALUES (?, ?, ?)";
    connection
        .execute(statement, &[event.topic.into(), event.key.into(), body.into()])
        .await?;
    Ok(())
}

/// An event with its number in the outbox.
struct Entry {
    number: i64,
    event: Outgoing,
}

impl Entry {
    fn of(row: &Row) -> Result<Self, DatabaseError> {
        let text = |column| row.text(column).map(str::to_owned);
        Ok(Self {
            number: row.integer(0)?,
            event: Outgoing {
                topic: text(1)?,
                key: text(2)?,
                body: text(3)?,
            },
        })
    }
}

impl<D: Database, S, P: Platform> Notifications<D, S, P> {
    /// Does the work of a job.
    ///
    /// # Errors
    /// It could not be done, or there is no such job.
    pub async fn work(&self, job: &str) -> Result<(), Refusal> {
        if job != JOB {
            return Err(Refusal::Reject(format!("there is no job `{job}`")));
        }
        self.flush().await
    }

    /// Sees to it that the outbox is looked at even when no message comes; once per instance.
    pub(crate) async fn watch_outbox(&self) {
        if self.is_watched.replace(true) {
            return;
        }
        if let Err(error) = self.platform.repeat(JOB, INTERVAL).await {
            self.is_watched.set(false);
            self.platform.log(&format!(
                "the job that publishes the outbox cannot be scheduled: {error}"
            ));
        }
    }

    pub(crate) async fn flush_or_log(&self) {
        if let Err(error) = self.flush().await {
            self.platform
                .log(&format!("events stay in the outbox for now: {error}"));
        }
    }

    /// Publishes all that the outbox holds, the oldest first. Two instances may do so at once: then an event
    /// is published twice, which its id tells.
    async fn flush(&self) -> Result<(), Refusal> {
        let connection = self.connect().await?;
        let statement = "SELECT number, topic, key, body FROM notification_outbox ORDER BY number LIMIT ?";
        loop {
            let rows = connection.execute(statement, &[BATCH.into()]).await?;
            let entries = rows.iter().map(Entry::of).collect::<Result<Vec<_>, _>>()?;
            let Some(last) = entries.last().map(|entry| entry.number) else {
                return Ok(());
            };
            self.publish(entries).await?;
            let delete = "DELETE FROM notification_outbox WHERE number <= ?";
            connection.execute(delete, &[last.into()]).await?;
        }
    }

    /// Publishes a batch. An event that the platform will never take is given up, so that it does not hold up
    /// those behind it: what it tells of is in the list all the same.
    async fn publish(&self, entries: Vec<Entry>) -> Result<(), Refusal> {
        let events: Vec<_> = entries.into_iter().map(|entry| entry.event).collect();
        match self.platform.publish(events.clone()).await {
            Ok(()) => return Ok(()),
            Err(PlatformError::Unavailable(reason)) => return Err(Refusal::Retry(reason)),
            Err(PlatformError::Rejected(_)) => {}
        }
        for event in events {
            match self.platform.publish(vec![event.clone()]).await {
                Ok(()) => {}
                Err(PlatformError::Unavailable(reason)) => return Err(Refusal::Retry(reason)),
                Err(PlatformError::Rejected(reason)) => {
                    self.platform
                        .log(&format!("an event for `{}` is given up: {reason}", event.topic));
                }
            }
        }
        Ok(())
    }
}
