//! A reminder whose time has come becomes a notification; and a user whose account was deleted is forgotten.

use serde_json::Value;
use todo_domain::due::Due;
use todo_domain::events::{CloudEvent, ReminderData, ReminderEventType, USER_DELETED};
use todo_service::database::{Database, in_transaction_on};
use todo_service::refusal::{Refusal, all_or_none, read_event};

use crate::add::Fresh;
use crate::erase::erase;
use crate::schema::OUTBOX;
use crate::{Notifications, Platform};

/// The `type` of a notification that a reminder made.
const REMINDER: &str = "reminder";

/// What there is to do, with what the event says about itself.
#[derive(Debug)]
struct Order {
    event_id: String,
    user_id: String,
    traceparent: Option<String>,
    /// The reminder; none to forget the user.
    reminder: Option<ReminderData>,
}

/// What the event in a message's value asks for; nothing for the events that need nothing done.
fn read(value: Option<&[u8]>) -> Result<Option<Order>, Refusal> {
    let event: CloudEvent<Value> = read_event(value)?;
    let reminder = match event.event_type.as_str() {
        USER_DELETED => None,
        kind if kind == ReminderEventType::Triggered.as_str() => {
            let data: ReminderData = serde_json::from_value(event.data)
                .map_err(|error| Refusal::Reject(format!("the event's data is no reminder: {error}")))?;
            if data.user_id != event.userid {
                return Err(Refusal::Reject(
                    "the event's `userid` and its data name different users".to_owned(),
                ));
            }
            Some(data)
        }
        _ => return Ok(None),
    };
    Ok(Some(Order {
        event_id: event.id,
        user_id: event.userid,
        traceparent: event.traceparent,
        reminder,
    }))
}

impl<D: Database, S, P: Platform> Notifications<D, S, P> {
    /// Handles a batch of message values: stores the notifications in one transaction, then publishes what
    /// the outbox holds. The answer has one entry per message.
    pub async fn deliver(&self, messages: &[Option<Vec<u8>>]) -> Vec<Result<(), Refusal>> {
        let read = |message: &Option<Vec<u8>>| read(message.as_deref());
        all_or_none(messages, read, async |orders: &[Option<Order>]| {
            let orders: Vec<_> = orders.iter().flatten().collect();
            if !orders.is_empty() {
                self.watch_outbox().await;
                self.store(&orders).await?;
                // The notifications are stored: that they could not be announced is no reason to handle them
                // again.
                self.flush_or_log().await;
            }
            Ok(())
        })
        .await
    }

    async fn store(&self, orders: &[&Order]) -> Result<(), Refusal> {
        let now = self.platform.now();
        let created_at = self.now()?;
        let connection = self.connect().await?;
        let users: Vec<_> = orders.iter().map(|order| order.user_id.as_str()).collect();
        let stored = in_transaction_on(&connection, &users, async |connection| {
            let ids = orders.iter().map(|order| order.event_id.as_str());
            let mut new = self.processed.note(connection, ids, now).await?;
            let mut entries = Vec::new();
            for order in orders {
                // One that is in the batch twice is new once.
                if !new.remove(&order.event_id) {
                    continue;
                }
                let Some(reminder) = &order.reminder else {
                    // It must find what comes before it.
                    OUTBOX
                        .append(connection, &std::mem::take(&mut entries), now)
                        .await?;
                    erase(connection, &order.user_id, now).await?;
                    continue;
                };
                let fresh = Fresh {
                    event_id: &order.event_id,
                    user_id: &order.user_id,
                    traceparent: order.traceparent.as_deref(),
                    kind: REMINDER,
                    title: &reminder.title,
                    message: message(reminder),
                    task_id: Some(&reminder.task_id),
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
