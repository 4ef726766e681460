//! A reminder whose time has come becomes a notification.

use serde_json::Value;
use todo_domain::due::Due;
use todo_domain::events::{CloudEvent, ReminderData, ReminderEventType};
use todo_service::database::{Database, in_transaction_on};
use todo_service::refusal::{Refusal, all_or_none, read_event};

use crate::add::Fresh;
use crate::schema::OUTBOX;
use crate::{Notifications, Platform};

/// The `type` of a notification that a reminder made.
const REMINDER: &str = "reminder";

/// A reminder, with what the event says about itself.
#[derive(Debug)]
struct Reminder {
    event_id: String,
    traceparent: Option<String>,
    data: ReminderData,
}

/// The reminder in a message's value; nothing for the events that need no notification.
fn read(value: Option<&[u8]>) -> Result<Option<Reminder>, Refusal> {
    let event: CloudEvent<Value> = read_event(value)?;
    if event.event_type != ReminderEventType::Triggered.as_str() {
        return Ok(None);
    }
    let data: ReminderData = serde_json::from_value(event.data)
        .map_err(|error| Refusal::Reject(format!("the event's data is no reminder: {error}")))?;
    if data.user_id != event.userid {
        return Err(Refusal::Reject(
            "the event's `userid` and its data name different users".to_owned(),
        ));
    }
    Ok(Some(Reminder {
        event_id: event.id,
        traceparent: event.traceparent,
        data,
    }))
}

impl<D: Database, S, P: Platform> Notifications<D, S, P> {
    /// Handles a batch of message values: stores the notifications in one transaction, then publishes what
    /// the outbox holds. The answer has one entry per message.
    pub async fn deliver(&self, messages: &[Option<Vec<u8>>]) -> Vec<Result<(), Refusal>> {
        let read = |message: &Option<Vec<u8>>| read(message.as_deref());
        all_or_none(messages, read, async |reminders: &[Option<Reminder>]| {
            let due: Vec<_> = reminders.iter().flatten().collect();
            if !due.is_empty() {
                self.watch_outbox().await;
                self.store(&due).await?;
                // The notifications are stored: that they could not be announced is no reason to handle them
                // again.
                self.flush_or_log().await;
            }
            Ok(())
        })
        .await
    }

    async fn store(&self, reminders: &[&Reminder]) -> Result<(), Refusal> {
        let now = self.platform.now();
        let created_at = self.now()?;
        let connection = self.connect().await?;
        let users: Vec<_> = reminders
            .iter()
            .map(|reminder| reminder.data.user_id.as_str())
            .collect();
        let stored = in_transaction_on(&connection, &users, async |connection| {
            let ids = reminders.iter().map(|reminder| reminder.event_id.as_str());
            let mut new = self.processed.note(connection, ids, now).await?;
            let mut entries = Vec::new();
            for reminder in reminders {
                // One that is in the batch twice is new once.
                if !new.remove(&reminder.event_id) {
                    continue;
                }
                let fresh = Fresh {
                    event_id: &reminder.event_id,
                    user_id: &reminder.data.user_id,
                    traceparent: reminder.traceparent.as_deref(),
                    kind: REMINDER,
                    title: &reminder.data.title,
                    message: message(&reminder.data),
                    task_id: Some(&reminder.data.task_id),
                };
                entries.extend(self.add(connection, &fresh, created_at).await?);
            }
            OUTBOX.append(connection, &entries, now).await
        });
        Ok(stored.await?)
    }
}

/// What the notification says, in one sentence or two.
fn message(reminder: &ReminderData) -> String {
    let due = match reminder.due_at {
        Some(Due::Day(day)) => format!("Due on {day}."),
        Some(Due::Time(time)) => {
            let text = time.to_short_string();
            let text = text
                .split(['T', 'Z'])
                .filter(|part| !part.is_empty())
                .collect::<Vec<_>>()
                .join(" ");
            format!("Due on {text} UTC.")
        }
        None => "You asked to be reminded of this task.".to_owned(),
    };
    if reminder.late {
        format!("{due} This reminder comes late.")
    } else {
        due
    }
}
