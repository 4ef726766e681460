//! The tables that the service began with.

use todo_service::migrate::Migration;

/// Times are milliseconds since the Unix epoch.
pub(super) const FIRST: Migration = Migration {
    name: "first tables",
    forward: &[
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
    ],
    back: &[
        "DROP TABLE chat_messages",
        "DROP TABLE chat_conversations",
        "DROP TABLE chat_rate_limits",
        "DROP TABLE chat_idempotency",
        "DROP TABLE chat_updates",
        "DROP TABLE chat_leases",
        "DROP TABLE chat_outbox",
        "DROP TABLE chat_reminders",
        "DROP TABLE chat_task_tags",
        "DROP TABLE chat_tasks",
        "DROP TABLE chat_refresh_tokens",
        "DROP TABLE chat_users",
        "DROP TABLE chat_settings",
    ],
    loses: "everything: accounts, tasks, reminders, conversations",
};
