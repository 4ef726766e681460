//! A reminder whose time has come becomes a notification.

use serde_json::Value;
use todo_domain::due::Due;
use todo_domain::events::{
    CloudEvent, Notification, Origin, ReminderData, ReminderEventType, notification_created,
};
use todo_domain::time::Timestamp;
use todo_service::database::{Connection, Database, DatabaseError, in_transaction_on};
use todo_service::outbox::Entry;
use todo_service::refusal::{Refusal, all_or_none, read_event};

use crate::schema::OUTBOX;
use crate::{Message, Notifications, Platform};

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
        let created_at = Timestamp::from_millis(now)
            .ok_or_else(|| Refusal::Retry("the clock is outside of the years 1970 to 9999".to_owned()))?;
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
                let notification = self.notification(&reminder.data, created_at);
                if insert(connection, reminder, &notification).await? {
                    entries.push(self.announcement(reminder, &notification)?);
                }
            }
            OUTBOX.append(connection, &entries, now).await
        });
        Ok(stored.await?)
    }

    fn notification(&self, reminder: &ReminderData, created_at: Timestamp) -> Notification {
        Notification {
            id: self.platform.new_id(),
            notification_type: REMINDER.to_owned(),
            title: reminder.title.clone(),
            message: message(reminder),
            task_id: Some(reminder.task_id.clone()),
            created_at,
            read_at: None,
        }
    }

    fn announcement(&self, reminder: &Reminder, notification: &Notification) -> Result<Entry, DatabaseError> {
        let origin = Origin {
            event_id: &self.platform.new_id(),
            component: "notification",
            user_id: &reminder.data.user_id,
            time: notification.created_at,
            traceparent: reminder.traceparent.as_deref(),
        };
        let failed = |reason: String| DatabaseError::Failed { reason };
        let event = notification_created(origin, notification).map_err(|error| failed(error.to_string()))?;
        Ok(Entry::Publish(Message {
            topic: event.topic.to_owned(),
            key: event.key,
            body: String::from_utf8(event.body).map_err(|error| failed(error.to_string()))?,
        }))
    }
}

/// Stores a notification, unless its event made one so long ago that it was forgotten among what was consumed. Answers
/// whether it did.
async fn insert(
    connection: &impl Connection,
    reminder: &Reminder,
    notification: &Notification,
) -> Result<bool, DatabaseError> {
    let statement =
        "INSERT INTO notification_items (id, event_id, user_id, type, title, message, task_id, created_at)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (event_id) DO NOTHING RETURNING number";
    let values = [
        notification.id.as_str().into(),
        reminder.event_id.as_str().into(),
        reminder.data.user_id.as_str().into(),
        notification.notification_type.as_str().into(),
        notification.title.as_str().into(),
        notification.message.as_str().into(),
        notification.task_id.as_deref().into(),
        notification.created_at.millis().into(),
    ];
    Ok(!connection.execute(statement, &values).await?.is_empty())
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
