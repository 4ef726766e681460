//! Forgetting a user whose account was deleted.

use todo_service::database::{Connection, Database};

use super::*;

fn deleted(number: u32, user_id: &str) -> Option<Vec<u8>> {
    let event = json!({
        "specversion": "1.0",
        "id": format!("event-{number}"),
        "source": "/todo/chat-api",
        "type": "user.deleted",
        "subject": user_id,
        "time": "2026-03-01T09:00:00.000Z",
        "datacontenttype": "application/json",
        "userid": user_id,
        "partitionkey": user_id,
        "data": {"user_id": user_id},
    });
    Some(event.to_string().into_bytes())
}

/// Everything that is kept of anybody.
fn kept(fixture: &Fixture) -> String {
    let connection = block_on(fixture.database.connect()).unwrap();
    let rows = [
        "items",
        "preferences",
        "subscriptions",
        "deliveries",
        "snoozes",
        "outbox",
    ]
    .map(|table| {
        let statement = format!("SELECT * FROM notification_{table}");
        block_on(connection.execute(&statement, &[])).unwrap()
    });
    format!("{rows:?}")
}

/// A user with something in every table, and with jobs of every kind.
fn fill(fixture: &Fixture, user_id: &str, number: u32) {
    let settings = json!({
        "webhook": {"url": format!("https://example.com/{user_id}")},
        "digest": {"at": "18:00"},
        "quiet_hours": {"from": "08:00", "to": "12:00"},
    });
    assert_eq!(fixture.ask(user_id, "PUT", "/settings", &settings).0, 200);
    let browser = subscription(&format!("https://push.example.com/{user_id}"));
    assert_eq!(fixture.ask(user_id, "POST", "/subscriptions", &browser).0, 201);
    assert_eq!(fixture.deliver(&[triggered(number, user_id)]), [Ok(())]);
    let (_, page) = fixture.ask(user_id, "GET", "", &Value::Null);
    let id = page["items"][0]["id"].as_str().unwrap();
    let (status, _) = fixture.ask(user_id, "POST", &format!("/{id}/snooze"), &json!({"minutes": 10}));
    assert_eq!(status, 200);
}

fn jobs(fixture: &Fixture) -> Vec<String> {
    let jobs = fixture.platform.jobs.borrow();
    jobs.keys()
        .map(|name| name.split(':').next().unwrap().to_owned())
        .collect()
}

#[test]
fn a_deleted_account_takes_everything_along_and_nothing_of_anybody_else() {
    let fixture = Fixture::new();
    fill(&fixture, "bob", 1);
    let (before, jobs_before) = (kept(&fixture), fixture.platform.jobs.borrow().clone());
    assert_eq!(jobs(&fixture), ["deliver", "deliver", "digest", "snooze"]);
    fill(&fixture, "ada", 2);
    assert_eq!(jobs(&fixture).len(), 8);
    assert_eq!(fixture.deliver(&[deleted(3, "ada")]), [Ok(())]);
    assert_eq!(kept(&fixture), before);
    assert_eq!(*fixture.platform.jobs.borrow(), jobs_before);
    assert_eq!(fixture.titles("ada", ""), Vec::<String>::new());
    assert_eq!(fixture.titles("bob", ""), ["title 1"]);
}

#[test]
fn the_event_may_come_twice_and_others_of_the_user_after_it() {
    let fixture = Fixture::new();
    fill(&fixture, "ada", 1);
    let batch = [
        triggered(2, "ada"),
        deleted(3, "ada"),
        triggered(4, "ada"),
        deleted(3, "ada"),
        triggered(5, "bob"),
    ];
    let published = fixture.platform.published.borrow().len();
    for messages in [
        &batch[..],
        &batch,
        &[deleted(3, "ada")],
        &[deleted(6, "ada")],
        &[triggered(7, "ada")],
    ] {
        assert!(fixture.deliver(messages).iter().all(Result::is_ok));
    }
    assert!(!kept(&fixture).contains("ada"), "{}", kept(&fixture));
    // Bob's alone was announced: what waited was forgotten too.
    assert_eq!(fixture.platform.published.borrow().len(), published + 1);
    assert_eq!(fixture.titles("bob", ""), ["title 5"]);
    fixture.pass(30 * 3600);
    assert!(!kept(&fixture).contains("ada"), "{}", kept(&fixture));
}

#[test]
fn a_token_that_is_still_good_keeps_nothing_for_an_account_that_is_gone() {
    let fixture = Fixture::new();
    fixture.deliver(&[deleted(1, "ada")]);
    let browser = subscription("https://push.example.com/ada");
    for (method, path, body) in [
        ("PUT", "/settings", &json!({"digest": {"at": "18:00"}})),
        ("POST", "/subscriptions", &browser),
    ] {
        let (status, problem) = fixture.ask("ada", method, path, body);
        assert_eq!(
            (status, &problem["code"]),
            (401, &json!("unauthorized")),
            "{path}"
        );
    }
    assert!(!kept(&fixture).contains("ada"), "{}", kept(&fixture));
    assert!(jobs(&fixture).is_empty());
}

#[test]
fn a_failure_half_way_erases_nothing_and_a_crash_before_the_jobs_are_cancelled_leaves_none() {
    let fixture = Fixture::new();
    fill(&fixture, "ada", 1);
    let before = kept(&fixture);
    let mut statements = 0;
    loop {
        fixture.database.fail_after(statements);
        let results = fixture.deliver(&[deleted(2, "ada")]);
        fixture.database.recover();
        if results[0].is_ok() {
            break;
        }
        assert!(matches!(results.as_slice(), [Err(Refusal::Retry(_))]));
        assert_eq!(kept(&fixture), before);
        statements += 1;
    }
    assert!(statements > 10, "{statements} places to fail were tried");
    // It has committed, and what was to be told may be told by another instance.
    assert_eq!(fixture.restarted().deliver(&[deleted(2, "ada")]), [Ok(())]);
    block_on(fixture.restarted().service.work("outbox")).unwrap();
    fixture.pass(60);
    block_on(fixture.restarted().service.work("outbox")).unwrap();
    assert!(jobs(&fixture).is_empty(), "{:?}", jobs(&fixture));
    assert!(!kept(&fixture).contains("ada"), "{}", kept(&fixture));
}
