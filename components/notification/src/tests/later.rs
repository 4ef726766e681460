//! What waits: for the end of the quiet hours, for the morning, for the end of a snooze.

use super::*;

/// `NOW` is 2026-03-01T09:00:00Z, a Sunday; it is ten in Berlin.
const BERLIN: &str = "Europe/Berlin";

impl Fixture {
    fn set(&self, body: &Value) {
        let (status, set) = self.ask("ada", "PUT", "/settings", body);
        assert_eq!(status, 200, "{set}");
    }

    fn agenda(&self, overdue: &Value, today: &Value, is_open: &Value) {
        let agenda =
            json!({"email": "ada@example.com", "overdue": overdue, "today": today, "is_open": is_open});
        self.platform.agenda.replace(Some((200, agenda)));
    }

    fn digests(&self) -> Vec<(String, String)> {
        let (_, page) = self.ask("ada", "GET", "", &Value::Null);
        let items = page["items"].as_array().unwrap().clone();
        let digests = items.iter().filter(|item| item["type"] == "digest");
        digests
            .map(|item| {
                let text = |name: &str| item[name].as_str().unwrap().to_owned();
                (text("title"), text("message"))
            })
            .collect()
    }
}

#[test]
fn in_quiet_hours_the_list_is_told_and_the_rest_waits() {
    let fixture = Fixture::new();
    let hook = json!({"url": "https://example.com/hook"});
    fixture
        .set(&json!({"timezone": BERLIN, "quiet_hours": {"from": "09:30", "to": "10:30"}, "webhook": hook}));
    fixture.deliver(&[triggered(1, "ada")]);
    assert_eq!(fixture.titles("ada", ""), ["title 1"]);
    assert_eq!(fixture.published_ids().len(), 1);
    assert_eq!(
        fixture.deliveries("ada")[0]["next_attempt_at"],
        "2026-03-01T09:30:00.000Z"
    );
    fixture.pass(1_799);
    assert_eq!(fixture.platform.sent.borrow().len(), 0);
    fixture.pass(1);
    assert_eq!(fixture.platform.sent.borrow().len(), 1);
}

#[test]
fn attempts_do_not_fall_into_quiet_hours_and_other_hours_count_at_once() {
    let fixture = Fixture::new();
    let hook = json!({"url": "https://example.com/hook"});
    fixture.set(&json!({"webhook": &hook}));
    fixture.deliver(&[triggered(1, "ada")]);
    fixture.set(&json!({"webhook": &hook, "quiet_hours": {"from": "08:00", "to": "12:00"}}));
    fixture.do_jobs();
    assert_eq!(fixture.platform.sent.borrow().len(), 0);
    let delivery = &fixture.deliveries("ada")[0];
    assert_eq!(
        (&delivery["attempts"], &delivery["next_attempt_at"]),
        (&json!(0), &json!("2026-03-01T12:00:00.000Z"))
    );
    fixture.set(&json!({"webhook": &hook}));
    fixture.do_jobs();
    assert_eq!(fixture.platform.sent.borrow().len(), 1);
}

#[test]
fn each_morning_there_is_one_digest() {
    let fixture = Fixture::new();
    fixture.set(&json!({"timezone": BERLIN, "digest": {"at": "08:00"}}));
    let due = fixture.platform.jobs.borrow()["digest:ada"];
    assert_eq!(due, Timestamp::parse("2026-03-02T07:00:00Z").unwrap().millis());
    let items = json!([
        {"title": "Swim", "due_date": "2026-03-02T16:30:00Z"},
        {"title": "Rent", "due_date": "2026-03-02"},
    ]);
    let overdue = json!([{"title": "Taxes", "due_date": "2026-02-28"}]);
    fixture.agenda(&overdue, &items, &Value::Null);
    fixture.pass(22 * 3600 - 1);
    assert_eq!(fixture.digests(), []);
    fixture.pass(1);
    let expected = (
        "2 tasks due today, 1 task overdue".to_owned(),
        "Today: Swim (17:30), Rent.\nOverdue: Taxes.".to_owned(),
    );
    assert_eq!(fixture.digests(), [expected]);
    assert_eq!(fixture.platform.asked.borrow()[0]["timezone"], BERLIN);
    // The job that fires once more makes no second one.
    block_on(fixture.service.work("digest:ada")).unwrap();
    assert_eq!(fixture.digests().len(), 1);

    // A day with nothing to do has none, and days without a host have one together.
    fixture.agenda(&json!([]), &json!([]), &Value::Null);
    fixture.pass(24 * 3600);
    assert_eq!(fixture.digests().len(), 1);
    fixture.agenda(&overdue, &json!([]), &Value::Null);
    fixture.pass(5 * 24 * 3600);
    assert_eq!(fixture.digests().len(), 2);
    fixture.set(&json!({}));
    assert!(!fixture.platform.jobs.borrow().contains_key("digest:ada"));
    fixture.pass(24 * 3600);
    assert_eq!(fixture.digests().len(), 2);
}

#[test]
fn a_digest_waits_for_chat_api_and_survives_a_failing_database() {
    let fixture = Fixture::new();
    fixture.set(&json!({"digest": {"at": "10:00"}}));
    fixture.platform.passed.set(3_600_000);
    let digest = || block_on(fixture.service.work("digest:ada"));
    assert!(matches!(digest(), Err(Refusal::Retry(_))));
    fixture.agenda(
        &json!([{"title": "Taxes", "due_date": null}]),
        &json!([]),
        &Value::Null,
    );
    let mut statements = 0;
    loop {
        fixture.database.fail_after(statements);
        let done = digest();
        fixture.database.recover();
        if done.is_ok() {
            break;
        }
        assert_eq!(fixture.digests(), []);
        statements += 1;
    }
    assert!(statements > 5, "{statements} places to fail were tried");
    block_on(fixture.service.work("outbox")).unwrap();
    assert_eq!(fixture.digests().len(), 1);
    let next = Timestamp::parse("2026-03-02T10:00:00Z").unwrap().millis();
    assert_eq!(fixture.platform.jobs.borrow()["digest:ada"], next);
}

#[test]
fn a_notification_that_is_put_off_comes_again_once() {
    let fixture = Fixture::new();
    fixture.deliver(&[triggered(1, "ada")]);
    let id = fixture.list("ada", "")["items"][0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let path = format!("/{id}/snooze");
    let (status, body) = fixture.ask("ada", "POST", &path, &json!({"minutes": 30}));
    assert_eq!(
        (status, &body["snoozed_until"]),
        (200, &json!("2026-03-01T09:30:00.000Z"))
    );
    assert_eq!(fixture.titles("ada", "unread=true"), Vec::<String>::new());
    // Once more, and for longer.
    let until = json!({"until": "2026-03-01T10:00:00Z"});
    assert_eq!(fixture.ask("ada", "POST", &path, &until).0, 200);
    fixture.agenda(&json!([]), &json!([]), &json!(true));
    fixture.pass(1_800);
    assert_eq!(
        fixture.ask("ada", "GET", "", &Value::Null).1["items"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    fixture.pass(1_800);
    for _ in 0..2 {
        block_on(fixture.service.work(&format!("snooze:{id}"))).unwrap();
    }
    let (_, page) = fixture.ask("ada", "GET", "?unread=true", &Value::Null);
    let items = page["items"].as_array().unwrap();
    assert_eq!((items.len(), &items[0]["task_id"]), (1, &json!("task-1")));
    assert_ne!(items[0]["id"], id.as_str());
    assert_eq!(fixture.published_ids().len(), 2);
    assert_eq!(fixture.platform.asked.borrow()[0]["task_id"], "task-1");
}

#[test]
fn what_is_done_or_left_meanwhile_does_not_come_again() {
    for is_done in [true, false] {
        let fixture = Fixture::new();
        fixture.deliver(&[triggered(1, "ada")]);
        let id = fixture.list("ada", "")["items"][0]["id"]
            .as_str()
            .unwrap()
            .to_owned();
        let path = format!("/{id}/snooze");
        assert_eq!(fixture.ask("ada", "POST", &path, &json!({"minutes": 5})).0, 200);
        fixture.agenda(&json!([]), &json!([]), &json!(!is_done));
        if !is_done {
            assert_eq!(fixture.ask("ada", "DELETE", &path, &Value::Null).0, 204);
            assert_eq!(fixture.ask("ada", "DELETE", &path, &Value::Null).0, 404);
            assert!(
                !fixture
                    .platform
                    .jobs
                    .borrow()
                    .contains_key(&format!("snooze:{id}"))
            );
        }
        fixture.pass(300);
        let (_, page) = fixture.ask("ada", "GET", "", &Value::Null);
        assert_eq!(page["items"].as_array().unwrap().len(), 1);
    }
}

#[test]
fn a_snooze_has_an_end_in_the_future() {
    let fixture = Fixture::new();
    fixture.deliver(&[triggered(1, "ada")]);
    let id = fixture.list("ada", "")["items"][0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    for body in [
        json!({}),
        json!({"minutes": 0}),
        json!({"minutes": -5}),
        json!({"minutes": i64::MAX}),
        json!({"minutes": 1.5}),
        json!({"until": "2026-03-01T09:00:00Z"}),
        json!({"until": "2028-03-01T09:00:00Z"}),
        json!({"until": "tomorrow"}),
        json!({"minutes": 5, "until": "2026-03-02T09:00:00Z"}),
        json!({"hours": 5}),
    ] {
        let (status, answer) = fixture.ask("ada", "POST", &format!("/{id}/snooze"), &body);
        assert_eq!(status, 422, "{body}: {answer}");
    }
    assert_eq!(
        fixture
            .ask("ada", "POST", "/nothing/snooze", &json!({"minutes": 5}))
            .0,
        404
    );
    assert_eq!(fixture.titles("ada", "unread=true"), ["title 1"]);
}
