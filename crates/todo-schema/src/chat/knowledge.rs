//! What the assistant knows.

use todo_service::migrate::Migration;

/// Entries of the FAQ, documents and products with their passages, what a vector database is to be told, and what was asked with
/// the FAQ's key.
pub(super) const KNOWLEDGE: Migration = Migration {
    name: "the assistant's knowledge",
    forward: &[
        "CREATE TABLE chat_knowledge (
        kind TEXT NOT NULL,
        id TEXT NOT NULL,
        title TEXT NOT NULL,
        content TEXT NOT NULL,
        category TEXT NOT NULL,
        tags TEXT NOT NULL,
        is_active INTEGER NOT NULL,
        version INTEGER NOT NULL,
        created_at INTEGER NOT NULL,
        updated_at INTEGER NOT NULL,
        deleted_at INTEGER,
        PRIMARY KEY (kind, id)
    ) WITHOUT ROWID",
        "CREATE INDEX chat_knowledge_by_category ON chat_knowledge (kind, category, id)",
        "CREATE INDEX chat_knowledge_by_deletion ON chat_knowledge (deleted_at) WHERE deleted_at IS NOT NULL",
        "CREATE TABLE chat_passages (
        seq INTEGER PRIMARY KEY AUTOINCREMENT,
        kind TEXT NOT NULL,
        entry_id TEXT NOT NULL,
        position INTEGER NOT NULL,
        title TEXT NOT NULL,
        text TEXT NOT NULL,
        tags TEXT NOT NULL
    )",
        "CREATE UNIQUE INDEX chat_passages_by_entry ON chat_passages (kind, entry_id, position)",
        "/* sqlite */ CREATE VIRTUAL TABLE chat_passage_words USING fts5 (kind, title, tags, text,
        content = '', contentless_delete = 1, tokenize = 'ascii')",
        "/* postgres */ ALTER TABLE chat_passages ADD COLUMN search tsvector",
        "/* postgres */ CREATE INDEX chat_passages_by_words ON chat_passages USING gin (search)",
        // What the vector database is still to be told: each thing once, under a new number after each change.
        "CREATE TABLE chat_vector_queue (
        seq INTEGER PRIMARY KEY AUTOINCREMENT,
        kind TEXT NOT NULL,
        id TEXT NOT NULL,
        owner TEXT NOT NULL
    )",
        "CREATE UNIQUE INDEX chat_vector_queue_by_thing ON chat_vector_queue (kind, id)",
        "CREATE TABLE chat_faq_log (
        seq INTEGER PRIMARY KEY AUTOINCREMENT,
        session_id TEXT NOT NULL,
        intent TEXT NOT NULL,
        user_message TEXT NOT NULL,
        assistant_answer TEXT NOT NULL,
        has_fallback INTEGER NOT NULL,
        latency_ms INTEGER NOT NULL,
        sources TEXT NOT NULL,
        feedback TEXT,
        created_at INTEGER NOT NULL
    )",
        "CREATE INDEX chat_faq_log_by_session ON chat_faq_log (session_id, seq)",
        "CREATE INDEX chat_faq_log_by_intent ON chat_faq_log (intent, has_fallback)",
        "CREATE INDEX chat_faq_log_by_age ON chat_faq_log (created_at)",
        "CREATE TABLE chat_faq_sessions (
        session_id TEXT PRIMARY KEY,
        started_at INTEGER NOT NULL,
        last_at INTEGER NOT NULL,
        interactions INTEGER NOT NULL,
        fallbacks INTEGER NOT NULL
    ) WITHOUT ROWID",
        "CREATE INDEX chat_faq_sessions_by_age ON chat_faq_sessions (last_at, session_id)",
    ],
    back: &[
        "/* sqlite */ DROP TABLE chat_passage_words",
        "DROP TABLE chat_faq_sessions",
        "DROP TABLE chat_faq_log",
        "DROP TABLE chat_vector_queue",
        "DROP TABLE chat_passages",
        "DROP TABLE chat_knowledge",
        "DELETE FROM chat_settings WHERE name = 'vector_index'",
    ],
    loses: "the FAQ, documents and products, and what was asked with the FAQ's key",
};
