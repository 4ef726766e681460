//! The events that services exchange: CloudEvents 1.0, JSON, structured mode.
//!
//! A producer calls one of the builders and hands the [`OutgoingEvent`] to its publisher; a consumer calls
//! [`parse`], which refuses what is not an event of the expected shape.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::time::Timestamp;

mod payload;

pub use payload::{
    Notification, ReminderData, ReminderEventType, SyncData, TaskData, TaskEventType, UserData, job_name,
};

/// Topic of `task.*` events, keyed by task id.
pub const TASK_EVENTS: &str = "task-events";
/// Topic of `reminder.*` events, keyed by task id.
pub const REMINDERS: &str = "reminders";
/// Topic of what browsers are told, keyed by user id.
pub const TASK_UPDATES: &str = "task-updates";
/// The type of an event that tells a user's browsers of a changed task.
pub const TASK_SYNC: &str = "task.sync";
/// The type of an event that tells a user's browsers of a new notification.
pub const NOTIFICATION_CREATED: &str = "notification.created";
/// The type of an event that tells every service that an account was deleted with all that it had. It stands on each topic
/// that carries what belongs to users, keyed by user id.
pub const USER_DELETED: &str = "user.deleted";
/// The type of an event that has the streams of a user's browsers look whether their session has ended.
pub const SESSION_ENDED: &str = "session.ended";
/// The media type of an event.
pub const CONTENT_TYPE: &str = "application/cloudevents+json";

const SPEC_VERSION: &str = "1.0";
const DATA_CONTENT_TYPE: &str = "application/json";

/// An event, as it stands on a topic.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CloudEvent<T> {
    /// Always `1.0`.
    pub specversion: String,
    /// UUIDv7; consumers handle each id once.
    pub id: String,
    /// `/todo/<component>`.
    pub source: String,
    /// `task.created` and so on.
    #[serde(rename = "type")]
    pub event_type: String,
    /// The id of the task it is about.
    pub subject: String,
    /// When it happened.
    pub time: Timestamp,
    /// Always `application/json`.
    pub datacontenttype: String,
    /// Whose task it is.
    pub userid: String,
    /// The key of the message: what must stay in order.
    pub partitionkey: String,
    /// The W3C trace context of the request that caused it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub traceparent: Option<String>,
    /// The payload.
    pub data: T,
}

/// What every event says of its origin.
#[derive(Clone, Copy, Debug)]
pub struct Origin<'a> {
    /// A fresh UUIDv7.
    pub event_id: &'a str,
    /// The component that produces it: `chat-api`.
    pub component: &'a str,
    /// Whose task it is.
    pub user_id: &'a str,
    /// When it happened.
    pub time: Timestamp,
    /// The trace context of the request, if it had one.
    pub traceparent: Option<&'a str>,
}

/// An event ready to be published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutgoingEvent {
    /// Where to.
    pub topic: &'static str,
    /// The message's key.
    pub key: String,
    /// The event's id.
    pub id: String,
    /// The event's type.
    pub event_type: String,
    /// The JSON text.
    pub body: Vec<u8>,
}

/// Why a message is not the expected event. The same bytes will never be right, so a consumer rejects them.
#[derive(Debug, thiserror::Error)]
pub enum EventError {
    /// Not JSON, or a field is missing or of another type.
    #[error("the message is not a CloudEvent of the expected shape")]
    Malformed(#[source] serde_json::Error),
    /// A version of CloudEvents that is not known.
    #[error("`specversion` is `{0}`, expected `1.0`")]
    SpecVersion(String),
    /// A field that must say something is empty.
    #[error("`{0}` must not be empty")]
    Empty(&'static str),
}

/// `task.created` and the like, for `task-events`.
pub fn task_event(
    origin: Origin<'_>,
    event_type: TaskEventType,
    data: &TaskData,
) -> Result<OutgoingEvent, EventError> {
    build(
        origin,
        TASK_EVENTS,
        event_type.as_str(),
        &data.task.id,
        &data.task.id,
        data,
    )
}

/// `reminder.scheduled` and the like, for `reminders`.
pub fn reminder_event(
    origin: Origin<'_>,
    event_type: ReminderEventType,
    data: &ReminderData,
) -> Result<OutgoingEvent, EventError> {
    build(
        origin,
        REMINDERS,
        event_type.as_str(),
        &data.task_id,
        &data.task_id,
        data,
    )
}

/// `task.sync`, for `task-updates`.
pub fn task_sync(origin: Origin<'_>, data: &SyncData) -> Result<OutgoingEvent, EventError> {
    build(
        origin,
        TASK_UPDATES,
        TASK_SYNC,
        &data.task_id,
        origin.user_id,
        data,
    )
}

/// `notification.created`, for `task-updates`.
pub fn notification_created(origin: Origin<'_>, data: &Notification) -> Result<OutgoingEvent, EventError> {
    let subject = data.task_id.as_deref().unwrap_or(&data.id);
    build(
        origin,
        TASK_UPDATES,
        NOTIFICATION_CREATED,
        subject,
        origin.user_id,
        data,
    )
}

/// `user.deleted`, for one of the topics.
pub fn user_deleted(origin: Origin<'_>, topic: &'static str) -> Result<OutgoingEvent, EventError> {
    of_user(origin, topic, USER_DELETED)
}

/// `session.ended`, for `task-updates`.
pub fn session_ended(origin: Origin<'_>) -> Result<OutgoingEvent, EventError> {
    of_user(origin, TASK_UPDATES, SESSION_ENDED)
}

/// An event about a user, who is its subject and its key.
fn of_user(origin: Origin<'_>, topic: &'static str, event_type: &str) -> Result<OutgoingEvent, EventError> {
    let data = UserData {
        user_id: origin.user_id.to_owned(),
    };
    build(origin, topic, event_type, origin.user_id, origin.user_id, &data)
}

/// Reads an event strictly: right version, no empty ids, payload of type `T`. Read with
/// [`serde_json::Value`] as `T` where the type of the event is not known beforehand.
pub fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<CloudEvent<T>, EventError> {
    let event: CloudEvent<T> = serde_json::from_slice(body).map_err(EventError::Malformed)?;
    if event.specversion != SPEC_VERSION {
        return Err(EventError::SpecVersion(event.specversion));
    }
    for (name, value) in [
        ("id", &event.id),
        ("source", &event.source),
        ("type", &event.event_type),
        ("subject", &event.subject),
        ("userid", &event.userid),
    ] {
        if value.is_empty() {
            return Err(EventError::Empty(name));
        }
    }
    Ok(event)
}

fn build<T: Serialize>(
    origin: Origin<'_>,
    topic: &'static str,
    event_type: &str,
    subject: &str,
    key: &str,
    data: &T,
) -> Result<OutgoingEvent, EventError> {
    let event = CloudEvent {
        specversion: SPEC_VERSION.to_owned(),
        id: origin.event_id.to_owned(),
        source: format!("/todo/{}", origin.component),
        event_type: event_type.to_owned(),
        subject: subject.to_owned(),
        time: origin.time,
        datacontenttype: DATA_CONTENT_TYPE.to_owned(),
        userid: origin.user_id.to_owned(),
        partitionkey: key.to_owned(),
        traceparent: origin.traceparent.map(str::to_owned),
        data,
    };
    let body = serde_json::to_vec(&event).map_err(EventError::Malformed)?;
    Ok(OutgoingEvent {
        topic,
        key: event.partitionkey,
        id: event.id,
        event_type: event.event_type,
        body,
    })
}

#[cfg(test)]
mod tests;
