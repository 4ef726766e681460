//! The tables of the notifications.

use todo_service::migrate::Schema;
use todo_service::outbox::Outbox;
use todo_service::{outbox_tables, processed_table};

/// All changes so far.
pub(crate) const SCHEMA: Schema = Schema {
    version_table: "notification_schema",
    migrations: &[FIRST, SECOND],
};

/// Events that are not published yet, written with what they tell of.
pub(crate) const OUTBOX: Outbox = Outbox::new("notification_outbox");

/// The events that were handled lately.
pub(crate) const PROCESSED_TABLE: &str = "notification_processed";

/// Where the key of the cursors is.
pub(crate) const SETTINGS_TABLE: &str = "notification_settings";

const FIRST: &[&str] = &[
    // `number` is the order of arrival, in which lists are paged. One event makes one notification.
    "CREATE TABLE notification_items (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL UNIQUE,
        event_id TEXT NOT NULL UNIQUE,
        user_id TEXT NOT NULL,
        type TEXT NOT NULL,
        title TEXT NOT NULL,
        message TEXT NOT NULL,
        task_id TEXT,
        created_at INTEGER NOT NULL,
        read_at INTEGER
    )",
    "CREATE INDEX notification_items_by_user ON notification_items (user_id, number)",
    "CREATE INDEX notification_items_unread ON notification_items (user_id, number) WHERE read_at IS NULL",
    // Events that are not published yet, written with what they tell of.
    "CREATE TABLE notification_outbox (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        topic TEXT NOT NULL,
        key TEXT NOT NULL,
        body TEXT NOT NULL
    )",
    "CREATE TABLE notification_settings (
        name TEXT PRIMARY KEY,
        value TEXT NOT NULL
    ) WITHOUT ROWID",
    "INSERT INTO notification_settings (name, value) VALUES ('cursor_key', lower(hex(randomblob(32))))",
];

/// The outbox and the memory of what was consumed are as in the other services. What waits is taken along.
const SECOND: &[&str] = &[
    "ALTER TABLE notification_outbox RENAME TO notification_outbox_before",
    outbox_tables!("notification_outbox"),
    outbox_tables!("notification_outbox", waiting),
    outbox_tables!("notification_outbox", held),
    "INSERT INTO notification_outbox (kind, target, key, body, due, created_at)
        SELECT 'publish', topic, key, body, 0, 0 FROM notification_outbox_before ORDER BY number",
    "DROP TABLE notification_outbox_before",
    processed_table!("notification_processed"),
    processed_table!("notification_processed", by_age),
    "INSERT INTO notification_processed (event_id, processed_at) SELECT event_id, created_at FROM notification_items",
];
