//! Which tables the service has.

pub(crate) use todo_schema::chat::SCHEMA;
use todo_service::outbox::Outbox;

/// What is still to be told to the platform.
pub(crate) const OUTBOX: Outbox = Outbox::new("chat_outbox");
