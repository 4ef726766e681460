//! What accounts and sessions need.

use todo_service::migrate::Migration;

/// Sessions that are over, and the indexes by which a user's sessions and reminders are found.
pub(super) const SESSIONS: Migration = Migration {
    name: "sessions that are over",
    forward: &[
        // A session is the family of its refresh tokens, or a personal API token, whose streams end with it.
        "CREATE TABLE chat_ended_sessions (session TEXT PRIMARY KEY, ended_at INTEGER NOT NULL) WITHOUT ROWID",
        "CREATE INDEX chat_ended_sessions_by_time ON chat_ended_sessions (ended_at)",
        "CREATE INDEX chat_refresh_tokens_by_user ON chat_refresh_tokens (user_id)",
        "CREATE INDEX chat_reminders_by_user ON chat_reminders (user_id)",
    ],
    back: &[
        "DROP INDEX chat_reminders_by_user",
        "DROP INDEX chat_refresh_tokens_by_user",
        "DROP TABLE chat_ended_sessions",
    ],
    loses: "that sessions were ended: their access tokens are good again until they expire",
};

/// What people are called at a second issuer of tokens.
pub(super) const IDENTITIES: Migration = Migration {
    name: "identities at other issuers",
    forward: &["CREATE TABLE chat_identities (
            issuer TEXT NOT NULL,
            subject TEXT NOT NULL,
            user_id TEXT NOT NULL UNIQUE,
            email TEXT NOT NULL,
            created_at INTEGER NOT NULL,
            PRIMARY KEY (issuer, subject)
        ) WITHOUT ROWID"],
    back: &["DROP TABLE chat_identities"],
    loses: "whom the names at other issuers stand for: those accounts cannot be entered any more",
};
