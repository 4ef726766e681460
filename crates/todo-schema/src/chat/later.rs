//! What was changed since the first tables.

use todo_service::migrate::Migration;
use todo_service::outbox_tables;

/// Entries of the outbox are claimed one by one instead of all by one lease, and jobs keep their order by their names. That a
/// due date is missing is a number, which sorts and compares the same on every database.
pub(super) const OUTBOX_CLAIMS: Migration = Migration {
    name: "claims in the outbox",
    forward: &[
        "ALTER TABLE chat_outbox ADD COLUMN holder TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE chat_outbox ADD COLUMN claimed_until INTEGER NOT NULL DEFAULT 0",
        "UPDATE chat_outbox SET key = target WHERE kind <> 'publish'",
        outbox_tables!("chat_outbox", held),
        "DROP TABLE chat_leases",
        "DROP INDEX chat_tasks_by_due",
        "CREATE INDEX chat_tasks_by_due
            ON chat_tasks (user_id, (CASE WHEN due_at IS NULL THEN 1 ELSE 0 END), coalesce(due_at, 0), number)
            WHERE deleted_at IS NULL",
    ],
    back: &[
        "DROP INDEX chat_tasks_by_due",
        "CREATE INDEX chat_tasks_by_due ON chat_tasks (user_id, (due_at IS NULL), coalesce(due_at, 0), number)
            WHERE deleted_at IS NULL",
        "CREATE TABLE chat_leases (name TEXT PRIMARY KEY, holder TEXT NOT NULL, until INTEGER NOT NULL) WITHOUT ROWID",
        "INSERT INTO chat_leases (name, holder, until) VALUES ('outbox', '', 0)",
        "DROP INDEX chat_outbox_held",
        "UPDATE chat_outbox SET key = '' WHERE kind <> 'publish'",
        "ALTER TABLE chat_outbox DROP COLUMN claimed_until",
        "ALTER TABLE chat_outbox DROP COLUMN holder",
    ],
    loses: "",
};

/// Words are found by an index of the database's own, which the service fills.
pub(super) const SEARCH_INDEX: Migration = Migration {
    name: "index of words",
    forward: &[
        // An entry of the index has a number for a name; the table gives each task one that stays.
        "/* sqlite */ CREATE TABLE chat_search (seq INTEGER PRIMARY KEY, task_id TEXT NOT NULL UNIQUE)",
        "/* sqlite */ CREATE VIRTUAL TABLE chat_task_words USING fts5 (owner, title, description, tags,
            content = '', contentless_delete = 1, tokenize = 'ascii', prefix = '2 3')",
        "/* postgres */ ALTER TABLE chat_tasks ADD COLUMN search tsvector",
        "/* postgres */ CREATE INDEX chat_tasks_by_words ON chat_tasks USING gin (search)",
        "ALTER TABLE chat_tasks DROP COLUMN words",
    ],
    back: &[
        "/* sqlite */ ALTER TABLE chat_tasks ADD COLUMN words TEXT NOT NULL DEFAULT ''",
        // The default is for the rows that are there.
        "/* postgres */ ALTER TABLE chat_tasks ADD COLUMN words TEXT COLLATE \"C\" NOT NULL DEFAULT ''",
        "/* postgres */ ALTER TABLE chat_tasks ALTER COLUMN words DROP DEFAULT",
        "UPDATE chat_tasks SET words = title_key",
        "/* postgres */ DROP INDEX chat_tasks_by_words",
        "/* postgres */ ALTER TABLE chat_tasks DROP COLUMN search",
        "/* sqlite */ DROP TABLE chat_task_words",
        "/* sqlite */ DROP TABLE chat_search",
        // So that the next release with an index fills it anew.
        "DELETE FROM chat_settings WHERE name = 'search_index'",
    ],
    loses: "the words of descriptions and tags: an older release finds a task by its title until it is saved again",
};

/// Tasks can be parts of others.
pub(super) const SUBTASKS: Migration = Migration {
    name: "subtasks",
    forward: &[
        "ALTER TABLE chat_tasks ADD COLUMN parent_id TEXT",
        "CREATE INDEX chat_tasks_by_parent ON chat_tasks (parent_id) WHERE parent_id IS NOT NULL",
    ],
    back: &[
        "UPDATE chat_tasks SET document = replace(document, '\"parent_id\":\"' || parent_id || '\"', '\"parent_id\":null')
            WHERE parent_id IS NOT NULL",
        "DROP INDEX chat_tasks_by_parent",
        "ALTER TABLE chat_tasks DROP COLUMN parent_id",
    ],
    loses: "which task is a part of which: all become tasks of their own",
};

/// Deleted tasks go for good after a while. Of an occurrence it stays known that it was there, so that an old event does not
/// make it again.
pub(super) const BIN: Migration = Migration {
    name: "bin",
    forward: &[
        "CREATE INDEX chat_tasks_in_bin ON chat_tasks (deleted_at) WHERE deleted_at IS NOT NULL",
        "CREATE TABLE chat_past_occurrences (
            series_id TEXT NOT NULL,
            occurrence INTEGER NOT NULL,
            PRIMARY KEY (series_id, occurrence)
        ) WITHOUT ROWID",
    ],
    back: &["DROP TABLE chat_past_occurrences", "DROP INDEX chat_tasks_in_bin"],
    loses: "which occurrences of repeating tasks were removed for good: an old event that comes again could make one again",
};

/// What was before each change, for as long as it can be undone. What is done together has one number, `unit`.
pub(super) const UNDO: Migration = Migration {
    name: "undo",
    forward: &[
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
    ],
    back: &["DROP TABLE chat_changes"],
    loses: "what was before the last changes: they cannot be undone",
};

/// Personal API tokens, of which only a hash is kept.
pub(super) const TOKENS: Migration = Migration {
    name: "API tokens",
    forward: &[
        "CREATE TABLE chat_api_tokens (
            hash TEXT PRIMARY KEY,
            id TEXT NOT NULL UNIQUE,
            user_id TEXT NOT NULL,
            name TEXT NOT NULL,
            scopes TEXT NOT NULL,
            created_at INTEGER NOT NULL,
            expires_at INTEGER,
            last_used_at INTEGER
        ) WITHOUT ROWID",
        "CREATE INDEX chat_api_tokens_by_user ON chat_api_tokens (user_id, created_at, id)",
    ],
    back: &["DROP TABLE chat_api_tokens"],
    loses: "personal API tokens: people have to make new ones",
};

/// What imported tasks were called in their files, and the secret addresses of calendars, of which only a hash is kept.
pub(super) const EXCHANGE: Migration = Migration {
    name: "import and calendars",
    forward: &[
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
    ],
    back: &["DROP TABLE chat_calendar_feeds", "DROP TABLE chat_imports"],
    loses: "the secret addresses of calendars, and which tasks were imported: a file read again makes them twice",
};

/// What is held, and what was rejected, is found without a look at all that waits.
pub(super) const OUTBOX_INDEXES: Migration = Migration {
    name: "indexes of the outbox",
    forward: &[
        outbox_tables!("chat_outbox", by_holder),
        outbox_tables!("chat_outbox", rejected),
    ],
    back: &[
        "DROP INDEX chat_outbox_rejected",
        "DROP INDEX chat_outbox_by_holder",
    ],
    loses: "",
};
