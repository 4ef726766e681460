//! Nothing that was decided is lost, and nothing is told in another order.

use futures::executor::block_on;
use serde_json::{Value, json};
use todo_service::database::testing::TestDatabase;
use todo_service::database::{Connection, Database};
use todo_service::migrate::{Schema, migrate};

use super::service::Service;
use crate::store::migrations::SCHEMA;

fn changed(service: &Service) -> Vec<(String, Value)> {
    let events = service.world.events("task-events");
    events
        .into_iter()
        .map(|event| {
            (
                event["type"].as_str().unwrap().to_owned(),
                event["data"]["version"].clone(),
            )
        })
        .collect()
}

#[test]
fn a_change_is_told_on_its_topics_under_its_keys() {
    let service = Service::new();
    let ann = service.sign_up("ann@example.com");
    let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let headers = [("content-type", "application/json"), ("traceparent", trace)];
    let task = ann
        .send("POST", "/api/v1/tasks", &headers, r#"{"title":"a"}"#)
        .expect(201)
        .body;
    let published = service.world.published.borrow().clone();
    let keys: Vec<(&str, &str)> = published
        .iter()
        .map(|message| (message.topic.as_str(), message.key.as_str()))
        .collect();
    let id = task["id"].as_str().unwrap();
    assert_eq!(keys, [("task-events", id), ("task-updates", ann.id.as_str())]);
    let event: Value = serde_json::from_str(&published[0].body).unwrap();
    for (attribute, value) in [
        ("type", "task.created"),
        ("source", "/todo/chat-api"),
        ("subject", id),
        ("userid", &ann.id),
        ("partitionkey", id),
        ("specversion", "1.0"),
        ("traceparent", trace),
        ("time", "2026-03-02T09:00:00.000Z"),
    ] {
        assert_eq!(event[attribute], value, "{attribute}");
    }
    assert_eq!(event["data"]["title"], "a");
    ann.patch("/api/v1/tasks/1", &json!({"title": "b", "priority": "low"}))
        .expect(200);
    let events = service.world.events("task-events");
    assert_eq!(events[1]["data"]["changed"], json!(["title", "priority"]));
    assert_ne!(events[0]["id"], events[1]["id"]);
    assert!(service.rows("SELECT seq FROM chat_outbox").is_empty());
}

#[test]
fn a_crash_between_commit_and_publish_loses_nothing() {
    let service = Service::new();
    let ann = service.sign_up("ann@example.com");
    let authorization = format!("Bearer {}", ann.token);
    let headers = [
        ("content-type", "application/json"),
        ("authorization", authorization.as_str()),
    ];
    // Answered, and then the instance dies before it publishes.
    service
        .answer("POST", "/api/v1/tasks", &headers, r#"{"title":"a"}"#)
        .expect(201);
    assert!(service.world.published.borrow().is_empty());
    assert_eq!(
        service.world.jobs.borrow().get("outbox"),
        Some(&None),
        "there must be a job that finds what is left"
    );
    let survivor = service.another();
    survivor.job("outbox").unwrap();
    assert_eq!(service.world.types("task-events"), ["task.created"]);
    survivor.job("outbox").unwrap();
    assert_eq!(service.world.published.borrow().len(), 2);
}

#[test]
fn an_instance_that_dies_while_it_publishes_is_followed_by_another() {
    let service = Service::new();
    let ann = service.sign_up("ann@example.com");
    let authorization = format!("Bearer {}", ann.token);
    let headers = [
        ("content-type", "application/json"),
        ("authorization", authorization.as_str()),
    ];
    service
        .answer("POST", "/api/v1/tasks", &headers, r#"{"title":"a"}"#)
        .expect(201);
    let until = service.world.now.get() + 10_000;
    service.rows(&format!(
        "UPDATE chat_outbox SET holder = 'dead', claimed_until = {until}"
    ));
    let survivor = service.another();
    survivor.job("outbox").unwrap();
    assert!(service.world.published.borrow().is_empty());
    service.world.pass(10);
    survivor.job("outbox").unwrap();
    assert_eq!(service.world.published.borrow().len(), 2);
}

#[test]
fn a_broker_that_is_away_keeps_nobody_from_working_and_gets_everything_later_in_order() {
    let service = Service::new();
    let ann = service.sign_up("ann@example.com");
    service.world.is_broker_away.set(true);
    ann.create(&json!({"title": "a", "due_date": "2026-03-05T09:00:00Z", "reminders": [{"before": "1h"}]}));
    for title in ["b", "c", "d"] {
        ann.patch("/api/v1/tasks/1", &json!({ "title": title }))
            .expect(200);
    }
    service.job("outbox").unwrap();
    assert!(service.world.published.borrow().is_empty());
    service.world.is_broker_away.set(false);
    ann.at(&service.another())
        .post("/api/v1/tasks/1/complete", &json!({}))
        .expect(200);
    let versions: Vec<Value> = changed(&service)
        .into_iter()
        .map(|(_type, version)| version)
        .collect();
    assert_eq!(versions, [1, 2, 3, 4, 5].map(Value::from));
    // The job was made and cancelled again, in this order.
    assert!(
        service
            .world
            .jobs
            .borrow()
            .keys()
            .all(|name| !name.starts_with("reminder:"))
    );
    assert!(service.rows("SELECT seq FROM chat_outbox").is_empty());
}

#[test]
fn many_changes_at_once_are_published_in_few_calls() {
    let service = Service::new();
    let ann = service.sign_up("ann@example.com");
    service.world.is_broker_away.set(true);
    for number in 0..70 {
        ann.create(&json!({ "title": number.to_string() }));
    }
    service.world.is_broker_away.set(false);
    service.job("outbox").unwrap();
    assert_eq!(service.world.published.borrow().len(), 140);
    assert_eq!(service.world.publish_calls.get(), 2);
}

#[test]
fn what_the_platform_rejects_is_set_aside_and_stops_nothing() {
    let service = Service::new();
    let ann = service.sign_up("ann@example.com");
    service.world.is_broker_away.set(true);
    for title in ["a", "poison", "b"] {
        ann.create(&json!({ "title": title }));
    }
    service.world.is_broker_away.set(false);
    *service.world.rejected.borrow_mut() = Some("poison".to_owned());
    service.job("outbox").unwrap();
    let titles: Vec<Value> = service
        .world
        .events("task-events")
        .iter()
        .map(|event| event["data"]["title"].clone())
        .collect();
    assert_eq!(titles, ["a", "b"]);
    assert_eq!(
        service
            .rows("SELECT seq FROM chat_outbox WHERE rejected = 'the event is malformed'")
            .len(),
        2
    );
    assert!(
        service
            .world
            .log
            .borrow()
            .iter()
            .any(|line| line.contains("set aside"))
    );
    service.send("GET", "/health/ready", &[], "").expect(200);
}

#[test]
fn a_failing_database_loses_and_doubles_nothing_whatever_the_statement() {
    for allowed in 0..24 {
        let service = Service::new();
        let ann = service.sign_up("ann@example.com");
        service.database.fail_after(allowed);
        let status = ann.post("/api/v1/tasks", &json!({"title": "a"})).status;
        service.database.recover();
        service.world.pass(20);
        service.job("outbox").unwrap();
        let kept = ann.titles("").len();
        assert_eq!(kept, usize::from(status == 201), "after {allowed} statements");
        let mut ids: Vec<String> = service
            .world
            .events("task-events")
            .iter()
            .map(|event| event["id"].as_str().unwrap().to_owned())
            .collect();
        ids.dedup();
        assert_eq!(ids.len(), kept, "after {allowed} statements");
    }
}

#[test]
fn publishing_that_is_given_up_half_way_does_not_keep_the_instance_from_it_for_ever() {
    use futures::FutureExt as _;

    let service = Service::new();
    let ann = service.sign_up("ann@example.com");
    service.world.is_broker_stuck.set(true);
    let authorization = format!("Bearer {}", ann.token);
    let headers = [
        ("content-type", "application/json"),
        ("authorization", authorization.as_str()),
    ];
    service
        .answer("POST", "/api/v1/tasks", &headers, r#"{"title":"a"}"#)
        .expect(201);
    // Polled once, then dropped.
    assert_eq!(service.app.relay().now_or_never(), None);
    service.world.is_broker_stuck.set(false);
    service.job("outbox").unwrap();
    assert_eq!(service.world.types("task-events"), ["task.created"]);
}

#[test]
fn what_waited_under_the_one_lease_is_told_after_the_upgrade() {
    let database = TestDatabase::new().unwrap();
    block_on(async {
        let before = Schema {
            migrations: &SCHEMA.migrations[..1],
            ..SCHEMA
        };
        let connection = database.connect().await.unwrap();
        migrate(&connection, &before).await.unwrap();
        for statement in [
            "INSERT INTO chat_outbox (kind, target, key, body, due, created_at) VALUES
                ('publish', 'task-events', 'a', '{\"type\":\"task.created\"}', 0, 0),
                ('schedule', 'reminder:a:1', '', '', 1, 0), ('cancel', 'reminder:a:1', '', '', 0, 0),
                ('schedule', 'reminder:a:2', '', '', 2, 0)",
            "UPDATE chat_leases SET holder = 'dead', until = 9999999999999",
        ] {
            connection.execute(statement, &[]).await.unwrap();
        }
    });
    let upgraded = Service::on(database, &[]);
    upgraded.job("outbox").unwrap();
    assert_eq!(upgraded.world.types("task-events"), ["task.created"]);
    let jobs = upgraded.world.jobs.borrow();
    assert_eq!(jobs.get("reminder:a:2"), Some(&Some(2)));
    assert_eq!(jobs.get("reminder:a:1"), None);
}
