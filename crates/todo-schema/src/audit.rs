//! The tables of the audit log.

use todo_service::migrate::{Migration, Schema};
use todo_service::{processed_table, rate_limit_table};

/// All changes so far.
pub const SCHEMA: Schema = Schema {
    service: "audit",
    version_table: "audit_schema",
    migrations: &[FIRST, PROCESSED, ERASURE, RATE_LIMITS],
};

/// The log, and what is counted while recording.
const FIRST: Migration = Migration {
    name: "first tables",
    forward: &[
        // One chain per user: `seq` counts 1, 2, 3 …, and each entry's hash covers the one before.
        "CREATE TABLE audit_entries (
            user_id TEXT NOT NULL,
            seq INTEGER NOT NULL,
            event_id TEXT NOT NULL UNIQUE,
            type TEXT NOT NULL,
            task_id TEXT NOT NULL,
            time INTEGER NOT NULL,
            data TEXT NOT NULL,
            prev_hash TEXT NOT NULL,
            hash TEXT NOT NULL,
            PRIMARY KEY (user_id, seq)
        ) WITHOUT ROWID",
        "CREATE INDEX audit_entries_by_task ON audit_entries (user_id, task_id, seq)",
        "CREATE INDEX audit_entries_by_type ON audit_entries (user_id, type, seq)",
        // History is written once. Whoever wants to change it has to take these away first, and the chain still
        // tells.
        "/* sqlite */ CREATE TRIGGER audit_entries_keep BEFORE UPDATE ON audit_entries
            BEGIN SELECT RAISE(ABORT, 'the audit log is append-only: entries are not changed'); END",
        "/* sqlite */ CREATE TRIGGER audit_entries_stay BEFORE DELETE ON audit_entries
            BEGIN SELECT RAISE(ABORT, 'the audit log is append-only: entries are not deleted'); END",
        "/* postgres */ CREATE FUNCTION audit_entries_refuse() RETURNS trigger LANGUAGE plpgsql AS $refuse$
            BEGIN RAISE EXCEPTION 'the audit log is append-only: entries are neither changed nor deleted'; END $refuse$",
        "/* postgres */ CREATE TRIGGER audit_entries_keep BEFORE UPDATE OR DELETE ON audit_entries
            FOR EACH ROW EXECUTE FUNCTION audit_entries_refuse()",
        "/* postgres */ CREATE TRIGGER audit_entries_stay BEFORE TRUNCATE ON audit_entries
            FOR EACH STATEMENT EXECUTE FUNCTION audit_entries_refuse()",
        // Where each chain ends: the next entry needs no search, and an entry cut off at the end is noticed.
        "CREATE TABLE audit_heads (
            user_id TEXT PRIMARY KEY,
            seq INTEGER NOT NULL,
            hash TEXT NOT NULL
        ) WITHOUT ROWID",
        // Counted while recording, so that a scrape of the metrics reads a few rows and not the whole log.
        "CREATE TABLE audit_counts (
            type TEXT PRIMARY KEY,
            events INTEGER NOT NULL
        ) WITHOUT ROWID",
        "CREATE TABLE audit_settings (
            name TEXT PRIMARY KEY,
            value TEXT NOT NULL
        ) WITHOUT ROWID",
        "INSERT INTO audit_settings (name, value) VALUES ('cursor_key', lower(hex(randomblob(32))))",
    ],
    back: &[
        "DROP TABLE audit_settings",
        "DROP TABLE audit_counts",
        "DROP TABLE audit_heads",
        "DROP TABLE audit_entries",
        "/* postgres */ DROP FUNCTION audit_entries_refuse()",
    ],
    loses: "everything: the whole history",
};

/// What was consumed is remembered as in the other services.
const PROCESSED: Migration = Migration {
    name: "memory of what was consumed",
    forward: &[
        processed_table!("audit_processed"),
        processed_table!("audit_processed", by_age),
        "INSERT INTO audit_processed (event_id, processed_at) SELECT event_id, time FROM audit_entries",
    ],
    back: &["DROP TABLE audit_processed"],
    loses: "",
};

/// A user's whole chain goes with the account. What stays says so, and what the chain's end was; it is what lets the entries
/// be deleted, and keeps any more from being written.
const ERASURE: Migration = Migration {
    name: "erasure with the account",
    forward: &[
        "CREATE TABLE audit_erasures (
            user_id TEXT PRIMARY KEY,
            event_id TEXT NOT NULL,
            time INTEGER NOT NULL,
            entries INTEGER NOT NULL,
            hash TEXT NOT NULL
        ) WITHOUT ROWID",
        "/* sqlite */ CREATE TRIGGER audit_erasures_keep BEFORE UPDATE ON audit_erasures
            BEGIN SELECT RAISE(ABORT, 'the audit log is append-only: an erasure is not changed'); END",
        "/* sqlite */ CREATE TRIGGER audit_erasures_stay BEFORE DELETE ON audit_erasures
            BEGIN SELECT RAISE(ABORT, 'the audit log is append-only: an erasure is not undone'); END",
        "/* sqlite */ DROP TRIGGER audit_entries_stay",
        "/* sqlite */ CREATE TRIGGER audit_entries_stay BEFORE DELETE ON audit_entries
            WHEN NOT EXISTS (SELECT 1 FROM audit_erasures WHERE user_id = OLD.user_id)
            BEGIN SELECT RAISE(ABORT, 'the audit log is append-only: entries are not deleted'); END",
        "/* postgres */ CREATE OR REPLACE FUNCTION audit_entries_refuse() RETURNS trigger LANGUAGE plpgsql AS $refuse$
            BEGIN
                IF TG_OP = 'DELETE' AND TG_TABLE_NAME = 'audit_entries' THEN
                    IF EXISTS (SELECT 1 FROM audit_erasures WHERE user_id = OLD.user_id) THEN
                        RETURN OLD;
                    END IF;
                END IF;
                RAISE EXCEPTION 'the audit log is append-only: entries are neither changed nor deleted';
            END $refuse$",
        "/* postgres */ CREATE TRIGGER audit_erasures_keep BEFORE UPDATE OR DELETE ON audit_erasures
            FOR EACH ROW EXECUTE FUNCTION audit_entries_refuse()",
        "/* postgres */ CREATE TRIGGER audit_erasures_stay BEFORE TRUNCATE ON audit_erasures
            FOR EACH STATEMENT EXECUTE FUNCTION audit_entries_refuse()",
    ],
    back: &[
        "/* sqlite */ DROP TRIGGER audit_entries_stay",
        "/* sqlite */ CREATE TRIGGER audit_entries_stay BEFORE DELETE ON audit_entries
            BEGIN SELECT RAISE(ABORT, 'the audit log is append-only: entries are not deleted'); END",
        "DROP TABLE audit_erasures",
        "/* postgres */ CREATE OR REPLACE FUNCTION audit_entries_refuse() RETURNS trigger LANGUAGE plpgsql AS $refuse$
            BEGIN RAISE EXCEPTION 'the audit log is append-only: entries are neither changed nor deleted'; END $refuse$",
    ],
    loses: "which accounts were deleted: events of theirs that come late are recorded again",
};

/// How many requests each user has made lately.
const RATE_LIMITS: Migration = Migration {
    name: "rate limits",
    forward: &[rate_limit_table!("audit_rate_limits")],
    back: &["DROP TABLE audit_rate_limits"],
    loses: "",
};
