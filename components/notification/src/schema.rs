//! The tables of the notifications.

use todo_service::migrate::Schema;

/// All changes so far.
pub(crate) const SCHEMA: Schema = Schema {
    version_table: "notification_schema",
    migrations: &[FIRST],
};

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
