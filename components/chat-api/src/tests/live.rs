//! The stream of updates.

use futures::executor::block_on;
use serde_json::{Value, json};

use super::platform::FakePlatform;
use super::service::{Service, User};
use crate::auth::token::ACCESS_SECONDS;
use crate::platform::FeedError;
use crate::updates::UpdateStream;

/// An event of the stream: its id, name and data; a heartbeat has none of them.
fn next(stream: &mut UpdateStream<FakePlatform>) -> Option<(String, String, Value)> {
    let text = block_on(stream.next())?;
    let text = String::from_utf8(text.to_vec()).unwrap();
    assert!(text.ends_with("\n\n"), "{text:?}");
    let field = |name: &str| {
        let line = text
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
        line.unwrap_or_default().to_owned()
    };
    Some((
        field("id"),
        field("event"),
        serde_json::from_str(&field("data")).unwrap_or_default(),
    ))
}

/// The ids and titles until the next heartbeat.
fn until_quiet(stream: &mut UpdateStream<FakePlatform>) -> Vec<(String, String)> {
    let mut updates = Vec::new();
    while let Some((id, name, data)) = next(stream) {
        match name.as_str() {
            "" => break,
            "task.sync" => updates.push((
                id,
                data["data"]["task"]["title"].as_str().unwrap_or("-").to_owned(),
            )),
            _ => {}
        }
    }
    updates
}

fn numbered(from: usize, titles: &[&str]) -> Vec<(String, String)> {
    titles
        .iter()
        .enumerate()
        .map(|(index, title)| ((from + index).to_string(), (*title).to_owned()))
        .collect()
}

fn create(user: &User, titles: &[&str]) {
    for title in titles {
        user.create(&json!({ "title": title }));
    }
}

#[test]
fn updates_come_as_they_happen_each_with_its_number() {
    let service = Service::new();
    let ann = service.sign_up("ann@example.com");
    create(&ann, &["before"]);
    let mut stream = ann.updates(None);
    assert_eq!(
        next(&mut stream).unwrap(),
        ("1".into(), "ready".into(), json!({}))
    );
    create(&ann, &["a"]);
    let (id, name, event) = next(&mut stream).unwrap();
    assert_eq!((id.as_str(), name.as_str()), ("2", "task.sync"));
    assert_eq!(
        (
            &event["type"],
            &event["data"]["change"],
            &event["data"]["task"]["title"]
        ),
        (&json!("task.sync"), &json!("task.created"), &json!("a"))
    );
    ann.send("DELETE", "/api/v1/tasks/2", &[], "").expect(204);
    let (id, _name, event) = next(&mut stream).unwrap();
    assert_eq!(
        (id.as_str(), &event["data"]["change"], &event["data"]["task"]),
        ("3", &json!("task.deleted"), &Value::Null)
    );
    assert_eq!(next(&mut stream).unwrap(), Default::default());
}

#[test]
fn users_see_their_own_updates_alone_on_every_instance() {
    let service = Service::new();
    let (ann, bob) = (
        service.sign_up("ann@example.com"),
        service.sign_up("bob@example.com"),
    );
    let mut here = ann.updates(None);
    let mut there = ann.at(&service.another()).updates(None);
    let mut bobs = bob.updates(None);
    create(&bob, &["bob's"]);
    create(&ann, &["a"]);
    create(&ann.at(&service.another()), &["b"]);
    assert_eq!(until_quiet(&mut here), numbered(1, &["a", "b"]));
    assert_eq!(until_quiet(&mut there), numbered(1, &["a", "b"]));
    assert_eq!(until_quiet(&mut bobs), numbered(1, &["bob's"]));
    // A feed that filters less than it should is filtered here.
    let foreign = service
        .world
        .published
        .borrow()
        .iter()
        .find(|m| m.topic == "task-updates" && m.key == bob.id)
        .unwrap()
        .clone();
    service.world.feed(&ann.id, &Ok(foreign.body.into_bytes()));
    assert!(until_quiet(&mut here).is_empty());
}

#[test]
fn a_stream_is_resumed_without_gaps_and_doubles() {
    let service = Service::new();
    let ann = service.sign_up("ann@example.com");
    create(&ann, &["a", "b", "c"]);
    let mut stream = ann.updates(Some("1"));
    // Between the subscription and the reading of the log, and after it.
    create(&ann, &["d"]);
    assert_eq!(until_quiet(&mut stream), numbered(2, &["b", "c", "d"]));
    create(&ann, &["e"]);
    assert_eq!(until_quiet(&mut stream), numbered(5, &["e"]));
    // The broker delivers everything again.
    let bodies: Vec<_> = service
        .world
        .published
        .borrow()
        .iter()
        .filter(|m| m.topic == "task-updates")
        .cloned()
        .collect();
    for message in bodies {
        service.world.feed(&ann.id, &Ok(message.body.into_bytes()));
    }
    assert!(until_quiet(&mut stream).is_empty());
    let mut long: Vec<String> = Vec::new();
    for number in 0..250 {
        long.push(number.to_string());
        create(&ann, &[&number.to_string()]);
    }
    let long: Vec<&str> = long.iter().map(String::as_str).collect();
    assert_eq!(until_quiet(&mut ann.updates(Some("5"))), numbered(6, &long));
}

#[test]
fn what_the_feed_misses_is_found_in_the_log() {
    let service = Service::new();
    let ann = service.sign_up("ann@example.com");
    let mut stream = ann.updates(None);
    until_quiet(&mut stream);
    service.world.is_broker_away.set(true);
    create(&ann, &["a", "b"]);
    assert_eq!(
        until_quiet(&mut stream),
        numbered(1, &["a", "b"]),
        "a heartbeat looks at the log"
    );
    service.world.is_broker_away.set(false);
    service.job("outbox").unwrap();
    create(&ann, &["c"]);
    assert_eq!(until_quiet(&mut stream), numbered(3, &["c"]));
    // One that skips a number.
    let skipping =
        json!({"specversion": "1.0", "type": "task.sync", "userid": ann.id, "data": {"sequence": 9}});
    service
        .world
        .feed(&ann.id, &Ok(skipping.to_string().into_bytes()));
    assert!(until_quiet(&mut stream).is_empty());
}

#[test]
fn a_number_that_the_log_does_not_know_any_more_resets() {
    let service = Service::new();
    let ann = service.sign_up("ann@example.com");
    create(&ann, &["a", "b"]);
    assert_eq!(
        next(&mut ann.updates(Some("7"))).unwrap(),
        ("2".into(), "reset".into(), json!({}))
    );
    service.world.pass(25 * 3600);
    service.job("tidy").unwrap();
    let ann = ann.renewed();
    assert_eq!(next(&mut ann.updates(Some("0"))).unwrap().1, "reset");
    assert_eq!(next(&mut ann.updates(Some("1"))).unwrap().1, "reset");
    assert_eq!(next(&mut ann.updates(Some("2"))).unwrap().1, "ready");
    ann.send("GET", "/api/v1/updates", &[("last-event-id", "x")], "")
        .problem(400, "bad_request");
}

#[test]
fn notifications_are_passed_on_under_the_last_number() {
    let service = Service::new();
    let ann = service.sign_up("ann@example.com");
    create(&ann, &["a"]);
    let mut stream = ann.updates(None);
    until_quiet(&mut stream);
    let event = json!({"specversion": "1.0", "type": "notification.created", "userid": ann.id, "data": {"title": "a"}});
    service.world.feed(&ann.id, &Ok(event.to_string().into_bytes()));
    assert_eq!(
        next(&mut stream).unwrap(),
        ("1".into(), "notification.created".into(), event)
    );
    service.world.feed(&ann.id, &Ok(b"\xff".to_vec()));
    service.world.feed(&ann.id, &Ok(b"[]".to_vec()));
    assert!(until_quiet(&mut stream).is_empty());
}

#[test]
fn a_stream_ends_with_its_token_and_with_its_feed() {
    let service = Service::new();
    let ann = service.sign_up("ann@example.com");
    let mut stream = ann.updates(None);
    next(&mut stream);
    let mut heartbeats = 0;
    while next(&mut stream).is_some() {
        heartbeats += 1;
    }
    assert_eq!(heartbeats, ACCESS_SECONDS / 15);
    assert_eq!(
        service.world.now.get(),
        super::service::START + ACCESS_SECONDS * 1000
    );

    let service = Service::new();
    let ann = service.sign_up("ann@example.com");
    let mut stream = ann.updates(None);
    until_quiet(&mut stream);
    service.world.feed(&ann.id, &Err(FeedError::TooSlow));
    assert_eq!(next(&mut stream), None);
    let mut stream = ann.updates(None);
    until_quiet(&mut stream);
    service.database.fail_after(0);
    assert_eq!(until_quiet(&mut stream), []);
    assert_eq!(
        next(&mut stream),
        None,
        "a log that cannot be read ends the stream, to be resumed"
    );
}

#[test]
fn the_log_keeps_a_thousand_updates_of_a_user() {
    let service = Service::new();
    let ann = service.sign_up("ann@example.com");
    create(&ann, &["a"]);
    service.rows(
        "INSERT INTO chat_updates (user_id, seq, body, created_at)
        WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < 1500)
        SELECT (SELECT id FROM chat_users), i, '{}', 1772442000000 FROM n",
    );
    service.rows("UPDATE chat_users SET last_update = 1500");
    service.job("tidy").unwrap();
    let rows = service.rows("SELECT min(seq), count(*) FROM chat_updates");
    assert_eq!(
        (rows[0].integer(0).unwrap(), rows[0].integer(1).unwrap()),
        (501, 1000)
    );
}
