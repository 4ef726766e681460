//! Deleting an account: all of it goes, nothing else does, everybody is told, and nothing comes back.

mod late;

use futures::executor::block_on;
use serde_json::{Value, json};
use todo_service::database::{Connection as _, Database as _, Dialect};

use super::service::{Response, Service, User};
use crate::store::accounts::HELD;

const ME: &str = "/api/v1/auth/me";
const JSON: (&str, &str) = ("content-type", "application/json");

fn delete(user: &User, password: &str) -> Response {
    user.send(
        "DELETE",
        ME,
        &[JSON],
        &json!({ "password": password }).to_string(),
    )
}

fn dialect(service: &Service) -> Dialect {
    block_on(service.database.connect()).unwrap().dialect()
}

fn names(service: &Service, statement: &str) -> Vec<String> {
    let rows = service.rows(statement);
    rows.iter().map(|row| row.text(0).unwrap().to_owned()).collect()
}

/// The service's tables. Those in which SQLite keeps its indexes of words are of its own kind.
fn tables(service: &Service) -> Vec<String> {
    let mut tables = names(
        service,
        match dialect(service) {
            Dialect::Sqlite => {
                "SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE 'chat_%'
                    AND name NOT LIKE 'chat_task_words_%' AND name NOT LIKE 'chat_passage_words_%'"
            }
            Dialect::Postgres => {
                "SELECT CAST(tablename AS text) FROM pg_tables WHERE schemaname = current_schema()"
            }
        },
    );
    tables.sort();
    tables
}

/// How many rows each table has.
fn counts(service: &Service) -> Vec<(String, i64)> {
    // That an occurrence was there once stays known where the rest of its series is gone: two numbers of nobody's.
    let others = [
        "chat_ended_sessions",
        "chat_past_occurrences",
        "chat_schema",
        "chat_settings",
    ];
    let is_counted = |table: &String| !others.contains(&table.as_str());
    let count = |table: String| {
        let rows = service.rows(&format!("SELECT count(*) FROM {table}"));
        let count = rows[0].integer(0).unwrap();
        (table, count)
    };
    tables(service)
        .into_iter()
        .filter(is_counted)
        .map(count)
        .collect()
}

/// The tables in which a text stands.
fn mentions(service: &Service, text: &str) -> Vec<String> {
    let is_mentioned = |table: &String| match dialect(service) {
        Dialect::Sqlite => format!("{:?}", service.rows(&format!("SELECT * FROM {table}"))).contains(text),
        Dialect::Postgres => {
            let statement = format!("SELECT 1 FROM {table} AS t WHERE strpos(CAST(t AS text), '{text}') > 0");
            !service.rows(&statement).is_empty()
        }
    };
    tables(service).into_iter().filter(is_mentioned).collect()
}

/// A user who has something in every table.
fn fill(service: &Service, email: &str) -> User {
    let user = service.sign_up(email);
    user.create(&json!({
        "title": "Pay rent", "description": "to the landlord", "tags": ["home", "money"],
        "due_date": "2026-04-01T09:00:00Z", "reminders": [{"before": "1h"}, {"before": "1d"}],
        "recurrence_rule": "monthly",
    }));
    let parent = user.create(&json!({"title": "Move"}))["id"]
        .as_str()
        .unwrap()
        .to_owned();
    user.create(&json!({"title": "Pack", "parent_id": parent}));
    user.post("/api/v1/tasks/1/complete", &json!({})).expect(200);
    user.send("DELETE", "/api/v1/tasks/1", &[], "").expect(204);
    user.send("DELETE", "/api/v1/tasks/1?permanent=true", &[], "")
        .expect(204);
    user.create(&json!({"title": "Call", "reminders": [{"at": "2026-03-05T09:00:00Z"}], "tags": ["work"]}));
    user.send("DELETE", "/api/v1/tasks/2", &[], "").expect(204);
    let key = ("idempotency-key", "k");
    user.send("POST", "/api/v1/tasks", &[JSON, key], r#"{"title":"once"}"#)
        .expect(201);
    user.say("add a task to water the plants");
    let scopes = json!({"name": "cron", "scopes": ["tasks:read"]});
    user.post("/api/v1/tokens", &scopes).expect(201);
    user.post("/api/v1/calendar-feed", &json!({})).expect(201);
    let file = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VTODO\r\nUID:from-elsewhere\r\nSUMMARY:Imported\r\nEND:VTODO\r\nEND:VCALENDAR\r\n";
    user.send(
        "POST",
        "/api/v1/import",
        &[("content-type", "text/calendar")],
        file,
    )
    .expect(200);
    user
}

#[test]
fn every_table_loses_what_was_the_users_and_nothing_of_anybody_else() {
    let service = Service::new();
    let bob = fill(&service, "bob@example.com");
    let (before, list) = (
        counts(&service),
        bob.get("/api/v1/tasks?count=true").expect(200).body,
    );
    let jobs = service.world.jobs.borrow().clone();
    let ann = fill(&service, "ann@example.com");
    let held = mentions(&service, &ann.id);
    for table in [
        "chat_users",
        "chat_tasks",
        "chat_api_tokens",
        "chat_updates",
        "chat_idempotency",
        "chat_imports",
    ] {
        assert!(
            held.iter().any(|name| name == table),
            "{table} is not among {held:?}"
        );
    }
    assert_eq!(mentions(&service, "ann@example.com"), ["chat_users"]);

    assert_eq!(delete(&ann, "correct horse").expect(204).text, "");
    assert_eq!(counts(&service), before);
    for text in [ann.id.as_str(), "ann@example.com"] {
        assert_eq!(mentions(&service, text), Vec::<String>::new(), "{text}");
    }
    assert_eq!(*service.world.jobs.borrow(), jobs);
    assert_eq!(bob.get("/api/v1/tasks?count=true").expect(200).body, list);
    assert_eq!(bob.titles("search=plants"), ["Water the plants"]);

    // The address is free, and who takes it begins afresh.
    service
        .post(
            "/api/v1/auth/login",
            &json!({"email": "ann@example.com", "password": "correct horse"}),
        )
        .problem(401, "invalid_credentials");
    let other = service.sign_up("ann@example.com");
    assert_ne!(other.id, ann.id);
    for list in ["tasks", "tasks?deleted=true", "conversations", "tags", "tokens"] {
        assert_eq!(
            other.get(&format!("/api/v1/{list}")).expect(200).body["items"],
            json!([]),
            "{list}"
        );
    }
    assert_eq!(other.create(&json!({"title": "first"}))["number"], 1);
}

#[test]
fn no_table_of_users_is_forgotten() {
    let service = Service::new();
    let statement = match dialect(&service) {
        Dialect::Sqlite => {
            "SELECT t.name FROM sqlite_master AS t JOIN pragma_table_info(t.name) AS c
                WHERE t.type = 'table' AND c.name = 'user_id'"
        }
        Dialect::Postgres => {
            "SELECT CAST(table_name AS text) FROM information_schema.columns
                WHERE table_schema = current_schema() AND column_name = 'user_id'"
        }
    };
    let tables = names(&service, statement);
    assert!(tables.len() >= 10, "{tables:?}");
    for table in tables {
        let removal = format!("DELETE FROM {table} WHERE user_id = ?");
        assert!(
            HELD.contains(&removal.as_str()),
            "a deleted account leaves its rows in `{table}`"
        );
    }
}

#[test]
fn what_goes_is_found_by_an_index() {
    let service = Service::new();
    let jobs = crate::store::accounts::JOBS;
    for statement in HELD.iter().chain([&jobs]) {
        let plan = service.rows(&format!("EXPLAIN QUERY PLAN {}", statement.replace('?', "'u'")));
        let plan: Vec<&str> = plan.iter().map(|row| row.text(3).unwrap()).collect();
        assert!(
            plan.iter().all(|step| !step.starts_with("SCAN")),
            "{statement}: {plan:?}"
        );
    }
}

#[test]
fn the_work_is_as_many_statements_for_many_tasks_as_for_one() {
    let statements = |tasks: i64| {
        let service = Service::new();
        let ann = service.sign_up("ann@example.com");
        for number in 0..tasks {
            ann.create(
                &json!({"title": format!("task {number}"), "reminders": [{"at": "2026-03-05T09:00:00Z"}]}),
            );
        }
        service.database.fail_after(1_000);
        let headers = [JSON, ("authorization", &format!("Bearer {}", ann.token))];
        service
            .answer("DELETE", ME, &headers, r#"{"password":"correct horse"}"#)
            .expect(204);
        service.database.remaining()
    };
    assert_eq!(statements(1), statements(60));
}

#[test]
fn the_index_of_words_forgets_them_for_good() {
    // In Postgres the words go with their rows.
    let service = Service::new();
    let (ann, bob) = (
        service.sign_up("ann@example.com"),
        service.sign_up("bob@example.com"),
    );
    let index = || names(&service, "SELECT hex(block) FROM chat_task_words_data").join(" ");
    let word = |word: &str| word.bytes().map(|byte| format!("{byte:02X}")).collect::<String>();
    for number in 0..40 {
        ann.create(&json!({"title": format!("zygote {number}"), "description": "quixotic"}));
        bob.create(&json!({"title": format!("buxom {number}")}));
    }
    assert!(index().contains(&word("zygote")));
    delete(&ann, "correct horse").expect(204);
    service.job("tidy").unwrap();
    for gone in ["zygote", "quixotic", &ann.id.replace('-', "")] {
        assert!(!index().contains(&word(gone)), "{gone}");
    }
    assert_eq!(bob.titles("search=buxom&limit=100").len(), 40);
    let settings = names(&service, "SELECT name FROM chat_settings");
    assert!(!settings.contains(&"search_merge".to_owned()), "{settings:?}");
}

#[test]
fn only_a_session_with_the_password_deletes_the_account() {
    let service = Service::new();
    let ann = service.sign_up("ann@example.com");
    ann.create(&json!({"title": "a"}));
    let before = counts(&service);
    delete(&ann, "wrong horse").problem(401, "invalid_credentials");
    ann.send("DELETE", ME, &[], "")
        .problem(415, "unsupported_media_type");
    ann.send("DELETE", ME, &[JSON], "{}")
        .problem(422, "validation_failed");
    service
        .send("DELETE", ME, &[JSON], r#"{"password":"correct horse"}"#)
        .problem(401, "unauthorized");
    assert_eq!(counts(&service), before);
    let scopes = json!({"name": "cron", "scopes": ["tasks:read", "tasks:write"]});
    let token = ann.post("/api/v1/tokens", &scopes).expect(201).body["token"]
        .as_str()
        .unwrap()
        .to_owned();
    let cron = User { token, ..ann.clone() };
    delete(&cron, "correct horse").problem(403, "forbidden");
    assert_eq!(ann.titles(""), ["a"]);
    assert!(
        service
            .world
            .types("task-events")
            .iter()
            .all(|kind| kind != "user.deleted")
    );
}

#[test]
fn everybody_is_told_and_by_whoever_finds_it_after_a_crash() {
    let service = Service::new();
    let ann = fill(&service, "ann@example.com");
    let before = service.world.published.borrow().len();
    let headers = [JSON, ("authorization", &format!("Bearer {}", ann.token))];
    // Answered, and then the instance dies before it publishes.
    service
        .answer("DELETE", ME, &headers, r#"{"password":"correct horse"}"#)
        .expect(204);
    assert_eq!(service.world.published.borrow().len(), before);
    let is_reminder = |name: &String| name.starts_with("reminder:");
    assert!(service.world.jobs.borrow().keys().any(is_reminder));
    let survivor = service.another();
    survivor.job("outbox").unwrap();
    survivor.job("outbox").unwrap();
    let published = service.world.published.borrow()[before..].to_vec();
    let topics: Vec<(&str, &str)> = published
        .iter()
        .map(|message| (message.topic.as_str(), message.key.as_str()))
        .collect();
    let id = ann.id.as_str();
    assert_eq!(
        topics,
        [("task-events", id), ("reminders", id), ("task-updates", id)]
    );
    let event: Value = serde_json::from_str(&published[0].body).unwrap();
    assert_eq!(
        (
            &event["type"],
            &event["subject"],
            &event["userid"],
            &event["data"]
        ),
        (
            &json!("user.deleted"),
            &json!(id),
            &json!(id),
            &json!({ "user_id": id })
        )
    );
    assert!(published.iter().all(|message| message.body == published[0].body));
    assert!(!service.world.jobs.borrow().keys().any(is_reminder));
    assert_eq!(mentions(&service, id), Vec::<String>::new());
}

#[test]
fn what_was_still_to_be_told_of_the_user_is_told_to_nobody() {
    let service = Service::new();
    let (ann, bob) = (
        service.sign_up("ann@example.com"),
        service.sign_up("bob@example.com"),
    );
    service.world.is_broker_away.set(true);
    ann.create(&json!({"title": "a secret"}));
    // An event of somebody else stays, whatever is written in it.
    bob.create(&json!({"title": format!("\"userid\":\"{}\"", ann.id)}));
    delete(&ann, "correct horse").expect(204);
    service.world.is_broker_away.set(false);
    service.job("outbox").unwrap();
    assert_eq!(
        service.world.types("task-events"),
        ["task.created", "user.deleted"]
    );
    assert_eq!(service.world.events("task-events")[0]["userid"], bob.id);
}

#[test]
fn a_failure_half_way_deletes_nothing() {
    let service = Service::new();
    let ann = fill(&service, "ann@example.com");
    ann.get(ME).expect(200);
    let before = counts(&service);
    let headers = [JSON, ("authorization", &format!("Bearer {}", ann.token))];
    let mut statements = 0;
    loop {
        service.database.fail_after(statements);
        let answer = service.answer("DELETE", ME, &headers, r#"{"password":"correct horse"}"#);
        service.database.recover();
        if answer.status == 204 {
            break;
        }
        answer.problem(503, "unavailable");
        assert_eq!(counts(&service), before, "after {statements} statements");
        statements += 1;
    }
    assert!(statements > 20, "{statements} places to fail were tried");
    assert_eq!(mentions(&service, "ann@example.com"), Vec::<String>::new());
}
