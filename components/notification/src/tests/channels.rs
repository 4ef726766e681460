//! How notifications leave the application.

use todo_delivery::webhook::Secret;
use todo_service::database::{Connection as _, Database as _};

use super::*;

fn answers(status: u16) -> Result<Sent, String> {
    Ok(Sent {
        status,
        retry_after: None,
    })
}

impl Fixture {
    fn with_webhook() -> (Self, Secret) {
        let fixture = Self::new();
        let body = json!({"webhook": {"url": "https://example.com/hook?x=1"}});
        let (status, set) = fixture.ask("ada", "PUT", "/settings", &body);
        assert_eq!(status, 200, "{set}");
        let secret = Secret::parse(set["webhook"]["secret"].as_str().unwrap()).unwrap();
        (fixture, secret)
    }

    fn will_answer(&self, answers: impl IntoIterator<Item = Result<Sent, String>>) {
        self.platform.answers.borrow_mut().extend(answers);
    }

    fn sent(&self) -> usize {
        self.platform.sent.borrow().len()
    }

    fn header(&self, index: usize, name: &str) -> String {
        let sent = self.platform.sent.borrow();
        sent[index].headers()[name].to_str().unwrap().to_owned()
    }

    fn body(&self, index: usize) -> String {
        String::from_utf8(self.platform.sent.borrow()[index].body().to_vec()).unwrap()
    }
}

#[test]
fn a_webhook_is_signed_and_said_to_be_delivered() {
    let (fixture, secret) = Fixture::with_webhook();
    fixture.deliver(&[triggered(1, "ada"), triggered(2, "bob")]);
    let waiting = &fixture.deliveries("ada")[0];
    assert_eq!(
        (&waiting["state"], &waiting["attempts"]),
        (&json!("waiting"), &json!(0))
    );
    fixture.do_jobs();
    assert_eq!(fixture.sent(), 1, "bob has no webhook");
    let uri = fixture.platform.sent.borrow()[0].uri().to_string();
    assert_eq!(uri, "https://example.com/hook?x=1");
    let (id, body) = (fixture.header(0, "webhook-id"), fixture.body(0));
    assert_eq!(fixture.header(0, "webhook-timestamp"), NOW.to_string());
    assert_eq!(
        fixture.header(0, "webhook-signature"),
        secret.sign(&id, NOW, &body)
    );
    let body: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(body["type"], "notification.created");
    assert_eq!(
        (&body["data"]["title"], &body["data"]["task_id"]),
        (&json!("title 1"), &json!("task-1"))
    );
    let [delivery] = &fixture.deliveries("ada")[..] else {
        panic!()
    };
    assert_eq!(
        (
            &delivery["id"],
            &delivery["state"],
            &delivery["last_status"],
            &delivery["attempts"]
        ),
        (&json!(id), &json!("delivered"), &json!(200), &json!(1))
    );
    // The job that comes again, and the event that does, send nothing.
    block_on(fixture.service.work(&format!("deliver:{id}"))).unwrap();
    fixture.deliver(&[triggered(1, "ada")]);
    fixture.do_jobs();
    assert_eq!(fixture.sent(), 1);
}

#[test]
fn what_fails_is_tried_again_with_growing_pauses_and_given_up() {
    let (fixture, secret) = Fixture::with_webhook();
    fixture.will_answer((0..20).map(|number| {
        if number == 3 {
            Err("refused".to_owned())
        } else {
            answers(503)
        }
    }));
    fixture.deliver(&[triggered(1, "ada")]);
    fixture.do_jobs();
    let mut last = 0;
    for attempt in 1..10 {
        let delivery = fixture.deliveries("ada")[0].clone();
        assert_eq!(
            (&delivery["state"], &delivery["attempts"]),
            (&json!("waiting"), &json!(attempt))
        );
        let error = if attempt == 4 {
            "refused"
        } else {
            "the receiver answered 503"
        };
        assert_eq!(delivery["last_error"], error);
        let due = *fixture.platform.jobs.borrow().values().max().unwrap();
        let pause = due - fixture.platform.now();
        assert!(pause > 2 * last || pause >= 43_200_000, "{last} {pause}");
        last = pause;
        fixture.pass(pause / 1_000 - 1);
        assert_eq!(fixture.sent(), attempt, "not before its time");
        fixture.pass(2);
        assert_eq!(fixture.sent(), attempt + 1);
    }
    let delivery = fixture.deliveries("ada")[0].clone();
    assert_eq!(
        (
            &delivery["state"],
            &delivery["attempts"],
            &delivery["next_attempt_at"]
        ),
        (&json!("failed"), &json!(10), &Value::Null)
    );
    fixture.pass(100_000);
    assert_eq!(fixture.sent(), 10);
    // All had one id and one body, and each its own time and signature.
    for index in 0..10 {
        assert_eq!(
            fixture.header(index, "webhook-id"),
            fixture.header(0, "webhook-id")
        );
        assert_eq!(fixture.body(index), fixture.body(0));
        let seconds = fixture.header(index, "webhook-timestamp").parse().unwrap();
        let signature = secret.sign(&fixture.header(0, "webhook-id"), seconds, &fixture.body(0));
        assert_eq!(fixture.header(index, "webhook-signature"), signature);
    }
}

#[test]
fn a_receiver_may_ask_for_a_pause_or_for_peace() {
    let (fixture, _secret) = Fixture::with_webhook();
    fixture.will_answer([
        Ok(Sent {
            status: 429,
            retry_after: Some(600),
        }),
        answers(410),
    ]);
    fixture.deliver(&[triggered(1, "ada")]);
    fixture.do_jobs();
    fixture.pass(599);
    assert_eq!(fixture.sent(), 1);
    fixture.pass(1);
    assert_eq!(
        (fixture.sent(), &fixture.deliveries("ada")[0]["state"]),
        (2, &json!("failed"))
    );
}

#[test]
fn an_attempt_that_was_killed_is_made_again_with_the_same_id() {
    let (fixture, _secret) = Fixture::with_webhook();
    fixture.deliver(&[triggered(1, "ada")]);
    let id = fixture.deliveries("ada")[0]["id"].as_str().unwrap().to_owned();
    // Killed after each statement of the attempt; the host fires the job again at once.
    let mut statements = 0;
    loop {
        fixture.database.fail_after(statements);
        let done = block_on(fixture.service.work(&format!("deliver:{id}")));
        fixture.database.recover();
        if done.is_ok() {
            break;
        }
        let restarted = fixture.restarted();
        block_on(restarted.service.work(&format!("deliver:{id}"))).unwrap();
        fixture.pass(60);
        assert_eq!(
            fixture.deliveries("ada")[0]["state"],
            "delivered",
            "after {statements} statements"
        );
        block_on(async {
            let connection = fixture.database.connect().await.unwrap();
            let again =
                "UPDATE notification_deliveries SET state = 'waiting', claimed_until = 0, attempts = 0";
            connection.execute(again, &[]).await.unwrap();
        });
        statements += 1;
    }
    assert!(statements >= 6, "{statements} places to fail were tried");
    assert_eq!(fixture.deliveries("ada")[0]["state"], "delivered");
    for index in 0..fixture.sent() {
        assert_eq!(fixture.header(index, "webhook-id"), id);
    }
}

#[test]
fn a_job_that_was_lost_is_asked_for_again() {
    let (fixture, _secret) = Fixture::with_webhook();
    fixture.deliver(&[triggered(1, "ada")]);
    fixture.platform.jobs.borrow_mut().clear();
    fixture.pass(30);
    block_on(fixture.service.work("outbox")).unwrap();
    fixture.do_jobs();
    assert_eq!(fixture.sent(), 0, "it may still come");
    fixture.pass(30);
    block_on(fixture.service.work("outbox")).unwrap();
    fixture.do_jobs();
    assert_eq!(fixture.deliveries("ada")[0]["state"], "delivered");
}

#[test]
fn a_secret_that_was_changed_signs_for_a_day_beside_the_new_one() {
    let (fixture, old) = Fixture::with_webhook();
    let (_, rotated) = fixture.ask("ada", "POST", "/settings/webhook/secret", &Value::Null);
    let new = Secret::parse(rotated["secret"].as_str().unwrap()).unwrap();
    for (number, seconds, secrets) in [(1, 0, vec![&new, &old]), (2, 24 * 3600, vec![&new])] {
        fixture.pass(seconds);
        fixture.deliver(&[triggered(number, "ada")]);
        fixture.do_jobs();
        let index = fixture.sent() - 1;
        let (id, at) = (fixture.header(index, "webhook-id"), NOW + seconds);
        let expected: Vec<_> = secrets
            .iter()
            .map(|secret| secret.sign(&id, at, &fixture.body(index)))
            .collect();
        assert_eq!(fixture.header(index, "webhook-signature"), expected.join(" "));
    }
}

#[test]
fn what_was_switched_off_or_is_not_granted_any_more_is_not_sent() {
    let (fixture, _secret) = Fixture::with_webhook();
    fixture.deliver(&[triggered(1, "ada")]);
    fixture.ask("ada", "PUT", "/settings", &json!({}));
    fixture.do_jobs();
    assert_eq!(
        (fixture.sent(), &fixture.deliveries("ada")[0]["state"]),
        (0, &json!("cancelled"))
    );

    let (fixture, _secret) = Fixture::with_webhook();
    fixture.deliver(&[triggered(1, "ada")]);
    let narrow = "https://hooks.example.org".to_owned();
    fixture
        .platform
        .variables
        .borrow_mut()
        .insert("webhook_hosts", narrow);
    fixture.do_jobs();
    assert_eq!(
        (fixture.sent(), &fixture.deliveries("ada")[0]["state"]),
        (0, &json!("failed"))
    );
}

#[test]
fn browsers_get_an_encrypted_message_and_dead_ones_are_forgotten() {
    let fixture = Fixture::new();
    for name in ["a", "b"] {
        let body = subscription(&format!("https://push.example.net/{name}"));
        assert_eq!(fixture.ask("ada", "POST", "/subscriptions", &body).0, 201);
    }
    fixture.will_answer([answers(201), answers(410)]);
    fixture.deliver(&[triggered(1, "ada")]);
    fixture.do_jobs();
    assert_eq!(fixture.sent(), 2);
    for (name, value) in [
        ("content-encoding", "aes128gcm"),
        ("content-type", "application/octet-stream"),
        ("ttl", "86400"),
        ("urgency", "high"),
    ] {
        assert_eq!(fixture.header(0, name), value);
    }
    let (_, key) = fixture.ask("ada", "GET", "/push-key", &Value::Null);
    let authorization = fixture.header(0, "authorization");
    let public = format!(", k={}", key["public_key"].as_str().unwrap());
    assert!(authorization.starts_with("vapid t=") && authorization.ends_with(&public));
    let body = fixture.platform.sent.borrow()[0].body().clone();
    assert_eq!(
        (&body[16..21], body.windows(5).any(|part| part == b"title")),
        (&[0, 0, 16, 0, 65][..], false)
    );

    let states: Vec<_> = fixture
        .deliveries("ada")
        .iter()
        .map(|item| item["state"].clone())
        .collect();
    assert_eq!(states, ["delivered", "cancelled"]);
    let (_, left) = fixture.ask("ada", "GET", "/subscriptions", &Value::Null);
    assert_eq!(left["items"].as_array().unwrap().len(), 1);
    assert_eq!(left["items"][0]["endpoint"], "https://push.example.net/a");
}

#[test]
fn mails_go_to_the_relay_with_the_address_of_the_account() {
    let fixture = Fixture::new();
    for (name, value) in [
        ("email_relay_url", "https://relay.example.com/"),
        ("email_relay_key", "key"),
        ("email_from", "Todo <todo@example.com>"),
    ] {
        fixture
            .platform
            .variables
            .borrow_mut()
            .insert(name, value.to_owned());
    }
    assert_eq!(
        fixture.ask("ada", "PUT", "/settings", &json!({"email": true})).0,
        200
    );
    let relay = json!({"webhook": {"url": "https://relay.example.com/emails"}});
    assert_eq!(
        fixture.ask("ada", "PUT", "/settings", &relay).0,
        422,
        "the relay is not the users'"
    );
    fixture.deliver(&[triggered(1, "ada")]);
    // chat-api is away at first.
    fixture.do_jobs();
    assert_eq!(
        (fixture.sent(), &fixture.deliveries("ada")[0]["state"]),
        (0, &json!("waiting"))
    );
    let agenda = json!({"email": "ada@example.com", "overdue": [], "today": [], "is_open": null});
    fixture.platform.agenda.replace(Some((200, agenda)));
    fixture.pass(5);
    let uri = fixture.platform.sent.borrow()[0].uri().to_string();
    assert_eq!(uri, "https://relay.example.com/emails");
    assert_eq!(fixture.header(0, "authorization"), "Bearer key");
    let delivery = &fixture.deliveries("ada")[0];
    assert_eq!(
        fixture.header(0, "idempotency-key"),
        delivery["id"].as_str().unwrap()
    );
    let body: Value = serde_json::from_str(&fixture.body(0)).unwrap();
    assert_eq!(
        body,
        json!({
            "from": "Todo <todo@example.com>",
            "to": ["ada@example.com"],
            "subject": "title 1",
            "text": "title 1\n\nDue on 2026-03-01 10:00:00 UTC.\n",
        })
    );
    assert_eq!(
        (&delivery["channel"], &delivery["state"]),
        (&json!("email"), &json!("delivered"))
    );
}

#[test]
fn nobody_sees_anothers_deliveries() {
    let (fixture, _secret) = Fixture::with_webhook();
    fixture.deliver(&[triggered(1, "ada")]);
    let id = fixture.list("ada", "")["items"][0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let path = format!("/{id}/deliveries");
    assert_eq!(fixture.ask("bob", "GET", &path, &Value::Null).0, 404);
    assert_eq!(
        fixture
            .ask("bob", "POST", &format!("/{id}/snooze"), &json!({"minutes": 5}))
            .0,
        404
    );
}
