//! The service's tables, as the sequence of changes that leads to them.

use todo_service::migrate::Schema;
use todo_service::outbox::Outbox;
use todo_service::outbox_tables;

use crate::store::{conversations, tokens, turns};

/// All changes so far.
pub(crate) const SCHEMA: Schema = Schema {
    version_table: "chat_schema",
    migrations: &[
        FIRST,
        SECOND,
        THIRD,
        FOURTH,
        FIFTH,
        SIXTH,
        tokens::MIGRATION,
        EXCHANGE,
        turns::MIGRATION,
        conversations::MIGRATION,
    ],
};

/// What is still to be told to the platform.
pub(crate) const OUTBOX: Outbox = Outbox::new("chat_outbox");

/// Times are milliseconds since the Unix epoch.
const FIRST: &[&str] = &[
    "CREATE TABLE chat_settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
    "INSERT INTO chat_settings (name, value) VALUES ('cursor_key', lower(hex(randomblob(32))))",
    // The two counters stand here so that one statement per change counts both up.
    "CREATE TABLE chat_users (
        id TEXT PRIMARY KEY,
        email TEXT NOT NULL UNIQUE,
        name TEXT NOT NULL,
        password_hash TEXT NOT NULL,
        created_at INTEGER NOT NULL,
        last_number INTEGER NOT NULL DEFAULT 0,
        last_update INTEGER NOT NULL DEFAULT 0
    ) WITHOUT ROWID",
    // A family is what one log-in began: each token is used once and replaced by the next.
    "CREATE TABLE chat_refresh_tokens (
        hash TEXT PRIMARY KEY,
        family TEXT NOT NULL,
        user_id TEXT NOT NULL,
        expires_at INTEGER NOT NULL,
        used_at INTEGER
    ) WITHOUT ROWID",
    "CREATE INDEX chat_refresh_tokens_by_family ON chat_refresh_tokens (family)",
    "CREATE INDEX chat_refresh_tokens_by_expiry ON chat_refresh_tokens (expires_at)",
    // `document` is the task as the API shows it; the other columns are what is searched and sorted by. `due_at` is the
    // deadline; `due_day` is there where the task is due on a day without a time, and such a day floats where the task has no
    // zone of its own: then it ends where the viewer is.
    "CREATE TABLE chat_tasks (
        id TEXT PRIMARY KEY,
        user_id TEXT NOT NULL,
        number INTEGER NOT NULL,
        document TEXT NOT NULL,
        series_anchor TEXT,
        status TEXT NOT NULL,
        priority INTEGER NOT NULL,
        title_key TEXT NOT NULL,
        words TEXT NOT NULL,
        due_at INTEGER,
        due_day TEXT,
        is_floating INTEGER NOT NULL,
        is_recurring INTEGER NOT NULL,
        series_id TEXT,
        occurrence INTEGER,
        created_at INTEGER NOT NULL,
        updated_at INTEGER NOT NULL,
        deleted_at INTEGER,
        UNIQUE (user_id, number),
        UNIQUE (series_id, occurrence)
    )",
    "CREATE INDEX chat_tasks_by_creation ON chat_tasks (user_id, created_at, number) WHERE deleted_at IS NULL",
    "CREATE INDEX chat_tasks_by_change ON chat_tasks (user_id, updated_at, number) WHERE deleted_at IS NULL",
    "CREATE INDEX chat_tasks_by_priority ON chat_tasks (user_id, priority, number) WHERE deleted_at IS NULL",
    "CREATE INDEX chat_tasks_by_title ON chat_tasks (user_id, title_key, number) WHERE deleted_at IS NULL",
    "CREATE INDEX chat_tasks_by_due ON chat_tasks (user_id, (due_at IS NULL), coalesce(due_at, 0), number)
        WHERE deleted_at IS NULL",
    "CREATE TABLE chat_task_tags (
        user_id TEXT NOT NULL,
        tag_key TEXT NOT NULL,
        task_id TEXT NOT NULL,
        label TEXT NOT NULL,
        PRIMARY KEY (user_id, tag_key, task_id)
    ) WITHOUT ROWID",
    "CREATE INDEX chat_task_tags_by_task ON chat_task_tags (task_id)",
    // One row for each time at which to remind of a task. That the row is there and has not fired is what makes the job's
    // firing count; a job that outlived its row does nothing.
    "CREATE TABLE chat_reminders (
        task_id TEXT NOT NULL,
        remind_at INTEGER NOT NULL,
        user_id TEXT NOT NULL,
        fired_at INTEGER,
        PRIMARY KEY (task_id, remind_at)
    ) WITHOUT ROWID",
    // What is still to be told to the platform. `seq` is the order of the commits, for the writer's lock is held from before
    // it is drawn.
    "CREATE TABLE chat_outbox (
        seq INTEGER PRIMARY KEY AUTOINCREMENT,
        kind TEXT NOT NULL,
        target TEXT NOT NULL,
        key TEXT NOT NULL,
        body TEXT NOT NULL,
        due INTEGER NOT NULL,
        created_at INTEGER NOT NULL,
        rejected TEXT
    )",
    "CREATE INDEX chat_outbox_waiting ON chat_outbox (seq) WHERE rejected IS NULL",
    "CREATE TABLE chat_leases (name TEXT PRIMARY KEY, holder TEXT NOT NULL, until INTEGER NOT NULL) WITHOUT ROWID",
    "INSERT INTO chat_leases (name, holder, until) VALUES ('outbox', '', 0)",
    "CREATE TABLE chat_updates (
        user_id TEXT NOT NULL,
        seq INTEGER NOT NULL,
        body TEXT NOT NULL,
        created_at INTEGER NOT NULL,
        PRIMARY KEY (user_id, seq)
    ) WITHOUT ROWID",
    "CREATE INDEX chat_updates_by_age ON chat_updates (created_at)",
    "CREATE TABLE chat_idempotency (
        user_id TEXT NOT NULL,
        key TEXT NOT NULL,
        fingerprint TEXT NOT NULL,
        status INTEGER NOT NULL,
        headers TEXT NOT NULL,
        body TEXT NOT NULL,
        created_at INTEGER NOT NULL,
        PRIMARY KEY (user_id, key)
    ) WITHOUT ROWID",
    "CREATE INDEX chat_idempotency_by_age ON chat_idempotency (created_at)",
    "CREATE TABLE chat_rate_limits (
        bucket TEXT PRIMARY KEY,
        \"window\" INTEGER NOT NULL,
        used INTEGER NOT NULL,
        previous INTEGER NOT NULL,
        is_accepted INTEGER NOT NULL
    ) WITHOUT ROWID",
    "CREATE TABLE chat_conversations (
        id TEXT PRIMARY KEY,
        user_id TEXT NOT NULL,
        title TEXT NOT NULL,
        created_at INTEGER NOT NULL,
        updated_at INTEGER NOT NULL,
        last_message INTEGER NOT NULL DEFAULT 0,
        state TEXT NOT NULL DEFAULT '{}'
    ) WITHOUT ROWID",
    "CREATE INDEX chat_conversations_by_change ON chat_conversations (user_id, updated_at, id)",
    "CREATE TABLE chat_messages (
        conversation_id TEXT NOT NULL,
        seq INTEGER NOT NULL,
        id TEXT NOT NULL,
        role TEXT NOT NULL,
        content TEXT NOT NULL,
        tool_calls TEXT,
        created_at INTEGER NOT NULL,
        PRIMARY KEY (conversation_id, seq)
    ) WITHOUT ROWID",
];

/// Entries of the outbox are claimed one by one instead of all by one lease, and jobs keep their order by their names. That a
/// due date is missing is a number, which sorts and compares the same on every database.
const SECOND: &[&str] = &[
    "ALTER TABLE chat_outbox ADD COLUMN holder TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE chat_outbox ADD COLUMN claimed_until INTEGER NOT NULL DEFAULT 0",
    "UPDATE chat_outbox SET key = target WHERE kind <> 'publish'",
    outbox_tables!("chat_outbox", held),
    "DROP TABLE chat_leases",
    "DROP INDEX chat_tasks_by_due",
    "CREATE INDEX chat_tasks_by_due
        ON chat_tasks (user_id, (CASE WHEN due_at IS NULL THEN 1 ELSE 0 END), coalesce(due_at, 0), number)
        WHERE deleted_at IS NULL",
];

/// Words are found by an index of the database's own, which [`super::search`] fills.
const THIRD: &[&str] = &[
    // An entry of the index has a number for a name; the table gives each task one that stays.
    "/* sqlite */ CREATE TABLE chat_search (seq INTEGER PRIMARY KEY, task_id TEXT NOT NULL UNIQUE)",
    "/* sqlite */ CREATE VIRTUAL TABLE chat_task_words USING fts5 (owner, title, description, tags,
        content = '', contentless_delete = 1, tokenize = 'ascii', prefix = '2 3')",
    "/* postgres */ ALTER TABLE chat_tasks ADD COLUMN search tsvector",
    "/* postgres */ CREATE INDEX chat_tasks_by_words ON chat_tasks USING gin (search)",
    "ALTER TABLE chat_tasks DROP COLUMN words",
];

/// Tasks can be parts of others.
const FOURTH: &[&str] = &[
    "ALTER TABLE chat_tasks ADD COLUMN parent_id TEXT",
    "CREATE INDEX chat_tasks_by_parent ON chat_tasks (parent_id) WHERE parent_id IS NOT NULL",
];

/// Deleted tasks go for good after a while. Of an occurrence it stays known that it was there, so that an old event does not
/// make it again.
const FIFTH: &[&str] = &[
    "CREATE INDEX chat_tasks_in_bin ON chat_tasks (deleted_at) WHERE deleted_at IS NOT NULL",
    "CREATE TABLE chat_past_occurrences (
        series_id TEXT NOT NULL,
        occurrence INTEGER NOT NULL,
        PRIMARY KEY (series_id, occurrence)
    ) WITHOUT ROWID",
];

/// What was before each change, for as long as it can be undone. What is done together has one number, `unit`.
const SIXTH: &[&str] = &[
    "CREATE TABLE chat_changes (
        user_id TEXT NOT NULL,
        seq INTEGER NOT NULL,
        unit INTEGER NOT NULL,
        task_id TEXT NOT NULL,
        event_id TEXT NOT NULL,
        kind TEXT NOT NULL,
        document TEXT,
        created_at INTEGER NOT NULL,
        PRIMARY KEY (user_id, seq)
    ) WITHOUT ROWID",
    "CREATE INDEX chat_changes_by_age ON chat_changes (created_at)",
];

/// What imported tasks were called in their files, and the secret addresses of calendars, of which only a hash is kept.
const EXCHANGE: &[&str] = &[
    "CREATE TABLE chat_imports (
        user_id TEXT NOT NULL,
        uid TEXT NOT NULL,
        task_id TEXT NOT NULL,
        PRIMARY KEY (user_id, uid)
    ) WITHOUT ROWID",
    "CREATE TABLE chat_calendar_feeds (
        user_id TEXT PRIMARY KEY,
        hash TEXT NOT NULL UNIQUE,
        created_at INTEGER NOT NULL
    ) WITHOUT ROWID",
];
