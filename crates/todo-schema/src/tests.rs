//! Each change of each service, forward and back, on both databases, with rows in the tables.

use std::collections::BTreeMap;

use futures::executor::block_on;
use todo_service::database::testing::{TestConnection, TestDatabase};
use todo_service::database::{Connection as _, Database as _, Dialect};
use todo_service::migrate::{Schema, migrate, roll_back};

use crate::{ALL, audit, chat, notification};

fn on_both(test: impl Fn(&TestConnection)) {
    let database = TestDatabase::new().unwrap();
    test(&block_on(database.connect()).unwrap());
    if let Some(server) = servers::Postgres::shared().unwrap() {
        let database = TestDatabase::postgres(server.database().unwrap());
        test(&block_on(database.connect()).unwrap());
    }
}

fn rows(connection: &TestConnection, statement: &str) -> Vec<Vec<String>> {
    let rows =
        block_on(connection.execute(statement, &[])).unwrap_or_else(|error| panic!("{statement}: {error}"));
    let width = rows.first().map_or(0, |row| row.0.len());
    rows.iter()
        .map(|row| {
            let text = |column| row.text(column).map(str::to_owned);
            (0..width)
                .map(|column| text(column).unwrap_or_default())
                .collect()
        })
        .collect()
}

/// What is in the database, without the order of columns, which coming back changes.
fn shape(connection: &TestConnection) -> BTreeMap<String, String> {
    let statements: &[&str] = match connection.dialect() {
        // A column that came back has a default on SQLite, for the rows that are there.
        Dialect::Sqlite => &[
            "SELECT m.name || '.' || c.name, c.type || ' ' || c.\"notnull\" || ' ' || c.pk
                FROM sqlite_master AS m JOIN pragma_table_info(m.name) AS c
                WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%'",
            "SELECT type || ' ' || name, coalesce(sql, '') FROM sqlite_master WHERE type <> 'table'",
        ],
        Dialect::Postgres => &[
            "SELECT table_name::text || '.' || column_name::text, data_type::text || ' ' || is_nullable::text || ' ' || coalesce(column_default::text, '')
                || ' ' || coalesce(collation_name::text, '')
                FROM information_schema.columns WHERE table_schema = current_schema()",
            "SELECT indexname::text, indexdef FROM pg_indexes WHERE schemaname = current_schema()",
            "SELECT conrelid::regclass::text || ' ' || conname::text, pg_get_constraintdef(oid) FROM pg_constraint
                WHERE connamespace = current_schema()::regnamespace",
            "SELECT tgrelid::regclass::text || ' ' || tgname::text, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal",
            "SELECT proname::text, prosrc FROM pg_proc WHERE pronamespace = current_schema()::regnamespace",
        ],
    };
    let rows = statements
        .iter()
        .flat_map(|statement| rows(connection, statement));
    rows.map(|row| {
        let words: Vec<&str> = row[1].split_whitespace().collect();
        (row[0].clone(), words.join(" "))
    })
    .collect()
}

fn until(schema: &Schema, count: usize) -> Schema {
    Schema {
        migrations: &schema.migrations[..count],
        ..*schema
    }
}

/// Rows for the tables as a change leaves them.
fn fill(connection: &TestConnection, service: &str, number: usize) {
    let statements: &[&str] = match (service, number) {
        ("chat", 1) => &[
            "INSERT INTO chat_users (id, email, name, password_hash, created_at) VALUES ('u', 'a@example.com', 'Ann', '', 0)",
            "INSERT INTO chat_outbox (kind, target, key, body, due, created_at) VALUES
                ('publish', 'task-events', 'a', '{}', 0, 0), ('schedule', 'reminder:a:1', '', '', 1, 0)",
            "INSERT INTO chat_tasks (id, user_id, number, document, status, priority, title_key, words, is_floating,
                is_recurring, created_at, updated_at)
                VALUES ('a', 'u', 1, '{\"title\":\"Milk\",\"parent_id\":null}', 'pending', 0, 'milk', 'milk', 0, 0, 0, 0)",
        ],
        ("chat", 4) => &[
            "INSERT INTO chat_tasks (id, user_id, number, document, status, priority, title_key, is_floating, is_recurring,
                created_at, updated_at, parent_id) VALUES
                ('b', 'u', 2, '{\"title\":\"of \\\"parent_id\\\":\\\"a\\\"\",\"parent_id\":\"a\"}', 'pending', 0, 'of', 0, 0, 0, 0, 'a')",
            "INSERT INTO chat_settings (name, value) VALUES ('search_index', '1')",
        ],
        ("notification", 1) => &[
            "INSERT INTO notification_outbox (topic, key, body) VALUES ('task-updates', 'ada', '{\"id\":\"old\"}')",
            "INSERT INTO notification_items (id, event_id, user_id, type, title, message, created_at)
                VALUES ('a', 'event-1', 'ada', 'reminder', 'old 1', '', 1)",
        ],
        ("notification", 2) => &[
            "INSERT INTO notification_outbox (kind, target, key, body, due, created_at) VALUES
                ('publish', 'task-updates', 'ada', '{\"id\":\"new\"}', 0, 0), ('schedule', 'digest', 'digest', '', 1, 0)",
        ],
        ("audit", 1) => &[
            "INSERT INTO audit_entries (user_id, seq, event_id, type, task_id, time, data, prev_hash, hash)
                VALUES ('ada', 1, 'event-1', 'task.created', 'a', 1, '{}', 'x', 'y')",
        ],
        _ => &[],
    };
    for statement in statements {
        block_on(connection.execute(statement, &[])).unwrap_or_else(|error| panic!("{statement}: {error}"));
    }
}

#[test]
fn every_change_is_taken_back_to_what_was_before_it() {
    on_both(|connection| {
        for schema in ALL {
            let mut shapes = vec![shape(connection)];
            for count in 1..=schema.migrations.len() {
                block_on(migrate(connection, &until(schema, count))).unwrap();
                fill(connection, schema.service, count);
                shapes.push(shape(connection));
            }
            for count in (0..schema.migrations.len()).rev() {
                let to = i64::try_from(count).unwrap();
                block_on(roll_back(connection, schema, to)).unwrap();
                assert_eq!(
                    shape(connection),
                    shapes[count],
                    "{} back to {count}",
                    schema.service
                );
                // And each one from there to the newest, so that nothing is in the way.
                block_on(migrate(connection, schema)).unwrap();
                assert_eq!(
                    shape(connection),
                    shapes[schema.migrations.len()],
                    "{}",
                    schema.service
                );
                block_on(roll_back(connection, schema, to)).unwrap();
            }
        }
    });
}

/// To `back` and forward again, with the rows of each change.
fn there_and_back(connection: &TestConnection, schema: &Schema, back: i64) {
    for count in 1..=schema.migrations.len() {
        block_on(migrate(connection, &until(schema, count))).unwrap();
        fill(connection, schema.service, count);
    }
    block_on(roll_back(connection, schema, back)).unwrap();
}

#[test]
fn what_is_not_said_to_be_lost_is_still_there() {
    on_both(|connection| {
        there_and_back(connection, &chat::SCHEMA, 1);
        let found = rows(
            connection,
            "SELECT id, words, document FROM chat_tasks ORDER BY id",
        );
        assert_eq!(found[0], ["a", "milk", r#"{"title":"Milk","parent_id":null}"#]);
        assert_eq!(
            found[1],
            [
                "b",
                "of",
                r#"{"title":"of \"parent_id\":\"a\"","parent_id":null}"#
            ]
        );
        let waiting = rows(
            connection,
            "SELECT kind, target, key FROM chat_outbox ORDER BY seq",
        );
        assert_eq!(
            waiting,
            [["publish", "task-events", "a"], ["schedule", "reminder:a:1", ""]]
        );
        assert_eq!(
            rows(connection, "SELECT name FROM chat_settings"),
            [["cursor_key"]],
            "the index of words is to be filled anew"
        );
        block_on(migrate(connection, &chat::SCHEMA)).unwrap();
        let waiting = rows(connection, "SELECT kind, key FROM chat_outbox ORDER BY seq");
        assert_eq!(waiting, [["publish", "a"], ["schedule", "reminder:a:1"]]);

        there_and_back(connection, &notification::SCHEMA, 1);
        let waiting = rows(
            connection,
            "SELECT topic, key, body FROM notification_outbox ORDER BY number",
        );
        assert_eq!(
            waiting,
            [
                ["task-updates", "ada", r#"{"id":"old"}"#],
                ["task-updates", "ada", r#"{"id":"new"}"#]
            ]
        );
        block_on(migrate(connection, &notification::SCHEMA)).unwrap();
        assert_eq!(
            rows(connection, "SELECT event_id FROM notification_processed"),
            [["event-1"]]
        );

        there_and_back(connection, &audit::SCHEMA, 1);
        assert_eq!(rows(connection, "SELECT hash FROM audit_entries"), [["y"]]);
        block_on(migrate(connection, &audit::SCHEMA)).unwrap();
        assert_eq!(
            rows(connection, "SELECT event_id FROM audit_processed"),
            [["event-1"]]
        );
    });
}

#[test]
fn each_service_has_tables_of_its_own_and_each_change_a_name_and_a_way_back() {
    for schema in ALL {
        let prefix = format!("{}_", schema.service);
        assert!(schema.version_table.starts_with(&prefix));
        for migration in schema.migrations {
            assert!(!migration.name.is_empty() && !migration.back.is_empty());
            for statement in migration.forward.iter().chain(migration.back) {
                let tables =
                    statement.split(|character: char| !character.is_ascii_lowercase() && character != '_');
                for table in tables {
                    let of_another = ALL.iter().any(|other| {
                        other.service != schema.service && table.starts_with(&format!("{}_", other.service))
                    });
                    assert!(!of_another, "{} touches {table}: {statement}", schema.service);
                }
            }
        }
    }
}
