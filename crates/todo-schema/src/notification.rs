//! The tables of notification.

use todo_service::migrate::{Migration, Schema};
use todo_service::{outbox_tables, processed_table, rate_limit_table};

/// All changes so far.
pub const SCHEMA: Schema = Schema {
    service: "notification",
    version_table: "notification_schema",
    migrations: &[
        FIRST,
        SHARED_OUTBOX,
        CHANNELS,
        ERASURE,
        OUTBOX_INDEXES,
        RATE_LIMITS,
    ],
};

/// Notifications, and events that tell of them.
const FIRST: Migration = Migration {
    name: "first tables",
    forward: &[
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
    ],
    back: &[
        "DROP TABLE notification_settings",
        "DROP TABLE notification_outbox",
        "DROP TABLE notification_items",
    ],
    loses: "everything: notifications and what is not told yet",
};

/// The outbox and the memory of what was consumed are as in the other services. What waits is taken along.
const SHARED_OUTBOX: Migration = Migration {
    name: "shared outbox",
    forward: &[
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
    ],
    back: &[
        "ALTER TABLE notification_outbox RENAME TO notification_outbox_after",
        "CREATE TABLE notification_outbox (
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            topic TEXT NOT NULL,
            key TEXT NOT NULL,
            body TEXT NOT NULL
        )",
        "INSERT INTO notification_outbox (topic, key, body)
            SELECT target, key, body FROM notification_outbox_after
            WHERE kind = 'publish' AND rejected IS NULL ORDER BY seq",
        "DROP TABLE notification_outbox_after",
        "DROP TABLE notification_processed",
    ],
    loses: "jobs that are not scheduled yet, and what the platform has rejected",
};

/// How each user wants to hear of notifications, and what became of telling them.
const CHANNELS: Migration = Migration {
    name: "channels",
    forward: &[
        // `digest_due` is when the next digest is; `webhook_secret_before` still signs until its time is over.
        "CREATE TABLE notification_preferences (
            user_id TEXT PRIMARY KEY,
            timezone TEXT NOT NULL,
            quiet_from TEXT,
            quiet_to TEXT,
            digest_at TEXT,
            digest_due INTEGER,
            webhook_url TEXT,
            webhook_secret TEXT,
            webhook_secret_before TEXT,
            webhook_secret_before_until INTEGER,
            email INTEGER NOT NULL
        ) WITHOUT ROWID",
        "CREATE INDEX notification_preferences_by_digest ON notification_preferences (digest_due)
            WHERE digest_due IS NOT NULL",
        // One per browser. A browser that somebody else uses now is theirs.
        "CREATE TABLE notification_subscriptions (
            id TEXT PRIMARY KEY,
            user_id TEXT NOT NULL,
            endpoint TEXT NOT NULL UNIQUE,
            p256dh TEXT NOT NULL,
            auth TEXT NOT NULL,
            created_at INTEGER NOT NULL
        ) WITHOUT ROWID",
        "CREATE INDEX notification_subscriptions_by_user ON notification_subscriptions (user_id, id)",
        // One per notification and place where it is sent. `attempts` counts those that were begun; one is under way until
        // `claimed_until`.
        "CREATE TABLE notification_deliveries (
            id TEXT PRIMARY KEY,
            notification_id TEXT NOT NULL,
            user_id TEXT NOT NULL,
            channel TEXT NOT NULL,
            target TEXT NOT NULL,
            state TEXT NOT NULL,
            attempts INTEGER NOT NULL DEFAULT 0,
            next_attempt INTEGER NOT NULL,
            claimed_until INTEGER NOT NULL DEFAULT 0,
            last_status INTEGER,
            last_error TEXT,
            created_at INTEGER NOT NULL,
            finished_at INTEGER,
            UNIQUE (notification_id, channel, target)
        ) WITHOUT ROWID",
        "CREATE INDEX notification_deliveries_waiting ON notification_deliveries (next_attempt) WHERE state = 'waiting'",
        "CREATE INDEX notification_deliveries_by_age ON notification_deliveries (created_at) WHERE state <> 'waiting'",
        "CREATE TABLE notification_snoozes (
            notification_id TEXT PRIMARY KEY,
            user_id TEXT NOT NULL,
            due INTEGER NOT NULL
        ) WITHOUT ROWID",
        "CREATE INDEX notification_snoozes_by_due ON notification_snoozes (due)",
    ],
    back: &[
        "DROP TABLE notification_snoozes",
        "DROP TABLE notification_deliveries",
        "DROP TABLE notification_subscriptions",
        "DROP TABLE notification_preferences",
    ],
    loses: "how people want to hear of notifications, their browsers' subscriptions, deliveries and what was put off",
};

/// Users whose accounts were deleted: nothing is kept of them any more. The indexes find what is to go.
const ERASURE: Migration = Migration {
    name: "erasure with the account",
    forward: &[
        "CREATE TABLE notification_erasures (user_id TEXT PRIMARY KEY, erased_at INTEGER NOT NULL) WITHOUT ROWID",
        "CREATE INDEX notification_deliveries_by_user ON notification_deliveries (user_id)",
        "CREATE INDEX notification_snoozes_by_user ON notification_snoozes (user_id)",
    ],
    back: &[
        "DROP INDEX notification_snoozes_by_user",
        "DROP INDEX notification_deliveries_by_user",
        "DROP TABLE notification_erasures",
    ],
    loses: "which accounts were deleted: events of theirs that come late are kept again",
};

/// What is held, and what was rejected, is found without a look at all that waits.
const OUTBOX_INDEXES: Migration = Migration {
    name: "indexes of the outbox",
    forward: &[
        outbox_tables!("notification_outbox", by_holder),
        outbox_tables!("notification_outbox", rejected),
    ],
    back: &[
        "DROP INDEX notification_outbox_rejected",
        "DROP INDEX notification_outbox_by_holder",
    ],
    loses: "",
};

/// How many requests each user has made lately.
const RATE_LIMITS: Migration = Migration {
    name: "rate limits",
    forward: &[rate_limit_table!("notification_rate_limits")],
    back: &["DROP TABLE notification_rate_limits"],
    loses: "",
};
