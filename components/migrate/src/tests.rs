//! The command on both databases.

use futures::executor::block_on;
use serde_json::Value;
use todo_service::database::testing::TestDatabase;
use todo_service::database::{Connection as _, Database as _};

use super::*;

fn arguments(line: &str) -> Result<Arguments, CommandError> {
    Arguments::parse(line.split_whitespace().map(str::to_owned))
}

fn on_both(test: impl Fn(&TestDatabase)) {
    test(&TestDatabase::new().unwrap());
    if let Some(server) = servers::Postgres::shared().unwrap() {
        test(&TestDatabase::postgres(server.database().unwrap()));
    }
}

fn told(database: &TestDatabase, line: &str) -> String {
    block_on(run(&arguments(line).unwrap(), |_service| database.clone())).unwrap()
}

fn json(database: &TestDatabase, line: &str) -> Value {
    serde_json::from_str(&told(database, &format!("{line} --output json"))).unwrap()
}

#[test]
fn arguments_that_make_no_sense_are_told_with_the_usage() {
    for (line, expected) in [
        ("down", "`down` is no command"),
        ("up --fast", "`--fast` is not known"),
        ("up --steps 1", "`up` takes no `--steps`"),
        ("status --apply", "takes no"),
        ("rollback", "say whose changes"),
        ("rollback --service web", "one of chat, notification, audit"),
        ("rollback --service chat --steps 0", "at least 1"),
        ("rollback --service chat --to -1", "at least 0"),
        ("rollback --service chat --to 1 --steps 1", "one of them"),
        ("status --output yaml", "json or table"),
    ] {
        let error = arguments(line).unwrap_err().to_string();
        assert!(
            error.contains(expected) && error.contains("usage:"),
            "{line}: {error}"
        );
    }
    assert_eq!(arguments(""), arguments("status"));
}

#[test]
fn up_makes_what_is_missing_and_rollback_takes_it_back() {
    on_both(|database| {
        let latest = chat_latest();
        assert_eq!(json(database, "status")["services"][0]["at"], 0);
        let dry = json(database, "up --dry-run");
        assert_eq!(
            (&dry["dry_run"], &dry["services"][2]["at"]),
            (&true.into(), &0.into())
        );
        let would: Vec<_> = dry["done"].as_array().unwrap().clone();
        let all: usize = todo_schema::ALL
            .iter()
            .map(|schema| schema.migrations.len())
            .sum();
        assert_eq!(would.len(), all);
        let made = json(database, "up");
        assert_eq!(made["done"].as_array().unwrap(), &would);
        assert_eq!(made["services"][0]["at"], latest);
        assert_eq!(told(database, "up"), "nothing to do\n");

        let dry = told(database, "rollback --service chat --steps 2 --dry-run");
        assert!(
            dry.starts_with(&format!("would take back chat {latest}: ")),
            "{dry}"
        );
        assert!(dry.contains("    lost: "), "{dry}");
        assert_eq!(json(database, "status")["services"][0]["at"], latest);
        let back = json(database, "rollback --service chat --steps 2");
        assert_eq!(back["services"][0]["at"], latest - 2);
        assert_eq!(back["services"].as_array().unwrap().len(), 1);
        let table = told(database, "status");
        let line = table.lines().find(|line| line.contains("missing")).unwrap();
        assert!(line.starts_with("chat "), "{table}");
        assert_eq!(
            json(database, "rollback --service audit --to 0")["services"][0]["at"],
            0
        );
        assert_eq!(told(database, "rollback --service audit"), "nothing to do\n");
        told(database, "up");
        assert!(!told(database, "status").contains("missing"));
    });
}

fn chat_latest() -> i64 {
    todo_schema::chat::SCHEMA.latest()
}

#[test]
fn commands_at_once_make_each_change_once() {
    let Some(server) = servers::Postgres::shared().unwrap() else {
        return;
    };
    let url = server.database().unwrap();
    let threads: Vec<_> = (0..4)
        .map(|_| {
            let url = url.clone();
            std::thread::spawn(move || {
                let made = json(&TestDatabase::postgres(url), "up");
                made["done"].as_array().unwrap().len()
            })
        })
        .collect();
    let made: usize = threads.into_iter().map(|thread| thread.join().unwrap()).sum();
    let all: usize = todo_schema::ALL
        .iter()
        .map(|schema| schema.migrations.len())
        .sum();
    assert_eq!(made, all);
}

#[test]
fn a_role_reaches_its_own_tables_and_no_others() {
    let Some(server) = servers::Postgres::shared().unwrap() else {
        return;
    };
    let url = server.database().unwrap();
    let owner = TestDatabase::postgres(url.clone());
    // As it was while all services shared a role.
    told(&owner, "up");
    let before = block_on(owner.connect()).unwrap();
    let entry = "INSERT INTO audit_counts (type, events) VALUES ('task.created', 7)";
    block_on(before.execute(entry, &[])).unwrap();
    let printed = told(&owner, "roles");
    assert!(printed.contains("CREATE ROLE todo_chat LOGIN"), "{printed}");
    for _twice in 0..2 {
        let done = told(&owner, "roles --apply");
        assert!(done.contains("role todo_audit owns schema audit"), "{done}");
    }
    let of =
        |service: &'static str| TestDatabase::postgres(url.replace("postgres@", &format!("todo_{service}@")));
    let command = arguments("up").unwrap();
    assert_eq!(block_on(run(&command, of)).unwrap(), "nothing to do\n");
    let audit = block_on(of("audit").connect()).unwrap();
    let counts = block_on(audit.execute("SELECT events FROM audit_counts", &[])).unwrap();
    assert_eq!(counts[0].integer(0), Ok(7));
    let notification = block_on(of("notification").connect()).unwrap();
    block_on(notification.execute("SELECT id FROM notification_items", &[])).unwrap();
    for (statement, expected) in [
        ("SELECT id FROM chat_tasks", "does not exist"),
        (
            "SELECT id FROM chat.chat_tasks",
            "permission denied for schema chat",
        ),
        (
            "SELECT hash FROM audit.audit_entries",
            "permission denied for schema audit",
        ),
        (
            "CREATE TABLE chat.mine (id int8)",
            "permission denied for schema chat",
        ),
    ] {
        let error = block_on(notification.execute(statement, &[]))
            .unwrap_err()
            .to_string();
        assert!(error.contains(expected), "{statement}: {error}");
    }
    // Each service's changes are its own role's to make and to take back.
    let command = arguments("rollback --service notification --to 0").unwrap();
    block_on(run(&command, of)).unwrap();
    assert_eq!(
        block_on(run(&arguments("up").unwrap(), of))
            .unwrap()
            .lines()
            .count(),
        todo_schema::notification::SCHEMA.migrations.len()
    );
}

#[test]
fn sqlite_has_no_roles() {
    let database = TestDatabase::new().unwrap();
    let apply = arguments("roles --apply").unwrap();
    let error = block_on(run(&apply, |_service| database.clone())).unwrap_err();
    assert!(error.to_string().contains("SQLite has no roles"), "{error}");
}
