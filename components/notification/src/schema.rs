//! Which tables the service has.

pub(crate) use todo_schema::notification::SCHEMA;
use todo_service::outbox::Outbox;

/// Events that are not published yet, written with what they tell of.
pub(crate) const OUTBOX: Outbox = Outbox::new("notification_outbox");

/// The events that were handled lately.
pub(crate) const PROCESSED_TABLE: &str = "notification_processed";

/// How many requests each user has made lately.
pub(crate) const RATE_LIMITS: &str = "notification_rate_limits";

/// Where the key of the cursors is, and the one that push services know this application by.
pub(crate) const SETTINGS_TABLE: &str = "notification_settings";
