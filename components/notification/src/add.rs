//! A new notification: its row, the event that tells the user's browsers, and its deliveries, in one transaction.

use todo_domain::events::{Notification, Origin, notification_created};
use todo_domain::time::Timestamp;
use todo_service::database::{Connection, Database, DatabaseError};
use todo_service::outbox::Entry;

use crate::deliveries::{self, Channel, Delivery};
use crate::preferences::Preferences;
use crate::{Message, Notifications, Platform, operator, subscriptions};

/// What a notification is made of.
#[derive(Clone, Debug)]
pub(crate) struct Fresh<'a> {
    /// What makes it: no second one is made of the same.
    pub(crate) event_id: &'a str,
    pub(crate) user_id: &'a str,
    pub(crate) traceparent: Option<&'a str>,
    pub(crate) kind: &'a str,
    pub(crate) title: &'a str,
    pub(crate) message: String,
    pub(crate) task_id: Option<&'a str>,
}

impl<D: Database, S, P: Platform> Notifications<D, S, P> {
    /// Writes a notification inside of a transaction that excludes others of its user. Answers what is to be told to the
    /// platform when that has committed; nothing if there is one of the same event, or the user was erased.
    pub(crate) async fn add(
        &self,
        connection: &impl Connection,
        fresh: &Fresh<'_>,
        now: Timestamp,
    ) -> Result<Vec<Entry>, DatabaseError> {
        let notification = Notification {
            id: self.platform.new_id(),
            notification_type: fresh.kind.to_owned(),
            title: fresh.title.to_owned(),
            message: fresh.message.clone(),
            task_id: fresh.task_id.map(str::to_owned),
            created_at: now,
            read_at: None,
        };
        if !insert(connection, fresh, &notification).await? {
            return Ok(Vec::new());
        }
        let mut entries = vec![self.announcement(fresh, &notification)?];
        let preferences = Preferences::load(connection, fresh.user_id).await?;
        let now = now.millis();
        let next_attempt = preferences.quiet_until(now).unwrap_or(now);
        for (channel, target) in self.places(connection, fresh.user_id, &preferences).await? {
            let delivery = Delivery {
                id: self.platform.new_id(),
                notification_id: notification.id.clone(),
                user_id: fresh.user_id.to_owned(),
                channel,
                target,
                is_waiting: true,
                next_attempt,
                claimed_until: 0,
            };
            entries.push(deliveries::insert(connection, &delivery, now).await?);
        }
        Ok(entries)
    }

    /// Where a user's notifications are sent.
    async fn places(
        &self,
        connection: &impl Connection,
        user_id: &str,
        preferences: &Preferences,
    ) -> Result<Vec<(Channel, String)>, DatabaseError> {
        let mut places = Vec::new();
        if preferences.webhook.is_some() {
            places.push((Channel::Webhook, String::new()));
        }
        for subscription in subscriptions::of_user(connection, user_id).await? {
            places.push((Channel::Push, subscription.id));
        }
        if preferences.email && operator::relay(&self.platform).await.is_some() {
            places.push((Channel::Email, String::new()));
        }
        Ok(places)
    }

    fn announcement(&self, fresh: &Fresh<'_>, notification: &Notification) -> Result<Entry, DatabaseError> {
        let origin = Origin {
            event_id: &self.platform.new_id(),
            component: "notification",
            user_id: fresh.user_id,
            time: notification.created_at,
            traceparent: fresh.traceparent,
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

/// Stores a notification, unless its event made one so long ago that it was forgotten among what was consumed, or its user
/// was erased. Answers whether it did.
async fn insert(
    connection: &impl Connection,
    fresh: &Fresh<'_>,
    notification: &Notification,
) -> Result<bool, DatabaseError> {
    let statement =
        "INSERT INTO notification_items (id, event_id, user_id, type, title, message, task_id, created_at)
        SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8 WHERE NOT EXISTS (SELECT 1 FROM notification_erasures WHERE user_id = ?3)
        ON CONFLICT (event_id) DO NOTHING RETURNING number";
    let values = [
        notification.id.as_str().into(),
        fresh.event_id.into(),
        fresh.user_id.into(),
        notification.notification_type.as_str().into(),
        notification.title.as_str().into(),
        notification.message.as_str().into(),
        notification.task_id.as_deref().into(),
        notification.created_at.millis().into(),
    ];
    Ok(!connection.execute(statement, &values).await?.is_empty())
}
