//! Which tables the service has.

pub(crate) use todo_schema::audit::SCHEMA;

/// The events that were recorded lately.
pub(crate) const PROCESSED_TABLE: &str = "audit_processed";

/// How many requests each user has made lately.
pub(crate) const RATE_LIMITS: &str = "audit_rate_limits";

/// Where the key of the cursors is.
pub(crate) const SETTINGS_TABLE: &str = "audit_settings";
