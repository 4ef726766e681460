//! The same on both databases.

use futures::executor::block_on;

use super::*;
use crate::both::on_both;
use crate::database::Database;
use crate::database::testing::TestDatabase;

const CREATE: Migration = Migration {
    name: "table",
    forward: &[
        "CREATE TABLE note (id INTEGER PRIMARY KEY)",
        "INSERT INTO note VALUES (1)",
    ],
    back: &["DROP TABLE note"],
    loses: "all notes",
};
const FILL: Migration = Migration {
    name: "second note",
    forward: &["INSERT INTO note VALUES (2)"],
    back: &["DELETE FROM note WHERE id = 2"],
    loses: "",
};
const FIRST: Schema = Schema {
    service: "note",
    version_table: "note_schema",
    migrations: &[CREATE],
};
const SECOND: Schema = Schema {
    migrations: &[CREATE, FILL],
    ..FIRST
};

fn notes(connection: &impl Connection) -> usize {
    block_on(connection.execute("SELECT id FROM note", &[]))
        .unwrap()
        .len()
}

#[test]
fn each_change_is_made_once_and_an_older_release_leaves_a_newer_database_alone() {
    on_both(|database| {
        let connection = block_on(database.connect()).unwrap();
        for (schema, expected) in [(FIRST, 1), (FIRST, 1), (SECOND, 2), (SECOND, 2), (FIRST, 2)] {
            block_on(migrate(&connection, &schema)).unwrap();
            assert_eq!(notes(&connection), expected);
        }
    });
}

#[test]
fn an_up_to_date_database_is_not_locked() {
    let database = TestDatabase::new().unwrap();
    let writer = block_on(database.connect()).unwrap();
    block_on(migrate(&writer, &FIRST)).unwrap();
    block_on(writer.execute("BEGIN IMMEDIATE", &[])).unwrap();
    let other = block_on(database.connect()).unwrap();
    block_on(migrate(&other, &FIRST)).unwrap();
}

#[test]
fn a_change_that_fails_half_way_leaves_nothing_behind() {
    on_both(|database| {
        let connection = block_on(database.connect()).unwrap();
        // The look at the version, BEGIN, Postgres's lock, the version table, the version again, the table; then
        // the insert fails, or on SQLite what follows it.
        database.fail_after(6);
        assert!(block_on(migrate(&connection, &FIRST)).is_err());
        database.recover();
        for table in ["note", "note_schema"] {
            let columns = connection.dialect().columns();
            assert_eq!(
                block_on(connection.execute(columns, &[table.into()])).unwrap(),
                []
            );
        }
        block_on(migrate(&connection, &FIRST)).unwrap();
        assert_eq!(notes(&connection), 1);
    });
}

#[test]
fn instances_that_start_at_once_do_not_stumble_over_each_other() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shared.db");
    start_at_once(move || TestDatabase::at(&path));
    if let Some(server) = servers::Postgres::shared().unwrap() {
        let url = server.database().unwrap();
        start_at_once(move || TestDatabase::postgres(url.clone()));
    }
}

fn start_at_once(database: impl Fn() -> TestDatabase + Clone + Send + 'static) {
    let threads: Vec<_> = (0..8)
        .map(|_| {
            let database = database.clone();
            std::thread::spawn(move || {
                let database = database();
                block_on(async {
                    let connection = database.connect().await?;
                    migrate(&connection, &SECOND).await
                })
            })
        })
        .collect();
    for thread in threads {
        thread.join().unwrap().unwrap();
    }
    let connection = block_on(database().connect()).unwrap();
    assert_eq!(notes(&connection), 2);
}

#[test]
fn changes_are_taken_back_one_by_one_and_made_again() {
    on_both(|database| {
        let connection = block_on(database.connect()).unwrap();
        assert_eq!(block_on(migrate(&connection, &SECOND)).unwrap(), [1, 2]);
        assert_eq!(block_on(roll_back(&connection, &SECOND, 1)).unwrap(), [2]);
        assert_eq!(notes(&connection), 1);
        assert_eq!(block_on(roll_back(&connection, &SECOND, 1)).unwrap().len(), 0);
        assert_eq!(block_on(migrate(&connection, &SECOND)).unwrap(), [2]);
        assert_eq!(block_on(roll_back(&connection, &SECOND, 0)).unwrap(), [2, 1]);
        let columns = connection.dialect().columns();
        for table in ["note", "note_schema"] {
            assert_eq!(
                block_on(connection.execute(columns, &[table.into()])).unwrap(),
                []
            );
        }
        assert_eq!(block_on(roll_back(&connection, &SECOND, 0)).unwrap().len(), 0);
        assert_eq!(block_on(migrate(&connection, &SECOND)).unwrap(), [1, 2]);
    });
}

#[test]
fn a_way_back_that_fails_half_way_takes_nothing_back() {
    const STUCK: Migration = Migration {
        back: &["DROP TABLE note", "DROP TABLE nowhere"],
        ..CREATE
    };
    on_both(|database| {
        let connection = block_on(database.connect()).unwrap();
        let schema = Schema {
            migrations: &[STUCK, FILL],
            ..FIRST
        };
        block_on(migrate(&connection, &schema)).unwrap();
        block_on(roll_back(&connection, &schema, 0)).unwrap_err();
        assert_eq!(notes(&connection), 2);
        assert!(
            block_on(status(&connection, &schema)).unwrap()[1]
                .made_at
                .is_some()
        );
    });
}

#[test]
fn the_status_tells_what_was_made_and_what_a_newer_release_did() {
    on_both(|database| {
        let connection = block_on(database.connect()).unwrap();
        let told = |schema: &Schema| {
            let steps = block_on(status(&connection, schema)).unwrap();
            steps
                .into_iter()
                .map(|step| (step.number, step.name, step.made_at.is_some(), step.is_known))
                .collect::<Vec<_>>()
        };
        let (table, note) = ("table".to_owned(), "second note".to_owned());
        assert_eq!(
            told(&SECOND),
            [(1, table.clone(), false, true), (2, note.clone(), false, true)]
        );
        block_on(check(&connection, &FIRST)).unwrap_err();
        block_on(migrate(&connection, &FIRST)).unwrap();
        block_on(check(&connection, &FIRST)).unwrap();
        let too_old = block_on(check(&connection, &SECOND)).unwrap_err().to_string();
        assert!(too_old.contains("at change 1 of 2"), "{too_old}");
        block_on(migrate(&connection, &SECOND)).unwrap();
        assert_eq!(told(&FIRST), [(1, table, true, true), (2, note, true, false)]);
        block_on(check(&connection, &FIRST)).unwrap();
        let newer = block_on(roll_back(&connection, &FIRST, 0))
            .unwrap_err()
            .to_string();
        assert!(newer.contains("made by a newer release"), "{newer}");
    });
}

#[test]
fn an_edited_change_is_noticed_and_one_that_is_broken_otherwise_is_not() {
    const REFLOWED: Migration = Migration {
        forward: &[
            "CREATE TABLE note
                (id INTEGER PRIMARY KEY)",
            "INSERT INTO note VALUES (1)",
        ],
        ..CREATE
    };
    const EDITED: Migration = Migration {
        forward: &["CREATE TABLE note (id INTEGER)"],
        ..CREATE
    };
    on_both(|database| {
        let connection = block_on(database.connect()).unwrap();
        block_on(migrate(&connection, &FIRST)).unwrap();
        let reflowed = Schema {
            migrations: &[REFLOWED, FILL],
            ..FIRST
        };
        block_on(migrate(&connection, &reflowed)).unwrap();
        let edited = Schema {
            migrations: &[EDITED, FILL],
            ..FIRST
        };
        assert!(block_on(status(&connection, &edited)).unwrap()[0].is_changed);
        for result in [
            block_on(migrate(&connection, &edited)),
            block_on(roll_back(&connection, &edited, 0)),
            block_on(check(&connection, &edited)).map(|()| Vec::new()),
        ] {
            let error = result.unwrap_err().to_string();
            assert!(
                error.contains("change 1 of `note`, \"table\", was edited"),
                "{error}"
            );
        }
        assert_eq!(notes(&connection), 2);
    });
}

#[test]
fn a_database_from_before_checksums_gets_them() {
    on_both(|database| {
        let connection = block_on(database.connect()).unwrap();
        let before = [
            "CREATE TABLE note_schema (version INTEGER PRIMARY KEY, applied_at TEXT NOT NULL)",
            "CREATE TABLE note (id INTEGER PRIMARY KEY)",
            "INSERT INTO note VALUES (1)",
            "INSERT INTO note_schema (version, applied_at) VALUES (1, '2026-01-01T00:00:00.000Z')",
        ];
        for statement in before {
            let statement = connection.dialect().definition(statement).unwrap();
            block_on(connection.execute(&statement, &[])).unwrap();
        }
        block_on(check(&connection, &FIRST)).unwrap();
        assert_eq!(block_on(migrate(&connection, &FIRST)).unwrap().len(), 0);
        let rows = block_on(connection.execute("SELECT name, checksum, applied_at FROM note_schema", &[]));
        let rows = rows.unwrap();
        assert_eq!(rows[0].text(0), Ok("table"));
        assert_eq!(rows[0].text(1).unwrap().len(), 64);
        assert_eq!(rows[0].text(2), Ok("2026-01-01T00:00:00.000Z"));
        // A release that kept none goes on beside this one.
        let older = "INSERT INTO note_schema (version, applied_at) VALUES (2, '')";
        block_on(connection.execute(older, &[])).unwrap();
        assert_eq!(block_on(migrate(&connection, &SECOND)).unwrap().len(), 0);
        assert_eq!(notes(&connection), 1);
    });
}

#[test]
fn tables_that_are_a_commands_affair_are_only_looked_at_on_postgres() {
    on_both(|database| {
        database.leave_to_command();
        let connection = block_on(database.connect()).unwrap();
        let prepared = block_on(prepare(&database, &connection, &FIRST));
        if connection.dialect() == Dialect::Sqlite {
            return prepared.unwrap();
        }
        let told = prepared.unwrap_err().to_string();
        assert!(told.contains("run `cargo xtask migrate up`"), "{told}");
        block_on(migrate(&connection, &FIRST)).unwrap();
        block_on(prepare(&database, &connection, &FIRST)).unwrap();
    });
}
