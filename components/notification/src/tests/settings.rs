//! What users choose, and what they cannot.

use todo_service::database::{Connection as _, Database as _};

use super::*;

const ALL: &str = r#"{"timezone": "Europe/Berlin", "quiet_hours": {"from": "22:00", "to": "07:00"}, "digest": {"at": "08:00"},
    "webhook": {"url": "https://example.com/hook"}, "email": false}"#;

fn all() -> Value {
    serde_json::from_str(ALL).unwrap()
}

#[test]
fn settings_are_kept_and_the_secret_is_shown_once() {
    let fixture = Fixture::new();
    let off =
        json!({"timezone": "UTC", "quiet_hours": null, "digest": null, "webhook": null, "email": false});
    assert_eq!(
        fixture.ask("ada", "GET", "/settings", &Value::Null),
        (200, off.clone())
    );

    let (status, set) = fixture.ask("ada", "PUT", "/settings", &all());
    assert_eq!(status, 200, "{set}");
    let secret = set["webhook"]["secret"].as_str().unwrap();
    assert!(secret.starts_with("whsec_"));
    assert_eq!(fixture.ask("ada", "GET", "/settings", &Value::Null), (200, all()));
    // What was read can be written; the secret stays, and is not shown again.
    assert_eq!(fixture.ask("ada", "PUT", "/settings", &all()), (200, all()));
    assert_eq!(
        fixture.ask("bob", "GET", "/settings", &Value::Null),
        (200, off.clone())
    );

    let (status, rotated) = fixture.ask("ada", "POST", "/settings/webhook/secret", &Value::Null);
    assert_eq!(status, 200);
    assert_ne!(rotated["secret"].as_str().unwrap(), secret);

    assert_eq!(fixture.ask("ada", "PUT", "/settings", &json!({})), (200, off));
    let none = fixture.ask("ada", "POST", "/settings/webhook/secret", &Value::Null);
    assert_eq!(none.0, 404);
    let (_, again) = fixture.ask("ada", "PUT", "/settings", &all());
    assert_ne!(
        again["webhook"]["secret"], rotated["secret"],
        "a new webhook has a new secret"
    );
}

#[test]
fn mistakes_are_named_and_change_nothing() {
    let fixture = Fixture::new();
    fixture.ask("ada", "PUT", "/settings", &all());
    for (change, field) in [
        (json!({"timezone": "Mars/Olympus"}), "timezone"),
        (
            json!({"quiet_hours": {"from": "22", "to": "07:00"}}),
            "quiet_hours.from",
        ),
        (
            json!({"quiet_hours": {"from": "22:00", "to": "25:00"}}),
            "quiet_hours.to",
        ),
        (json!({"quiet_hours": {"from": "22:00"}}), ""),
        (json!({"digest": {"at": "eight"}}), "digest.at"),
        (json!({"webhook": {"url": "http://example.com"}}), "webhook.url"),
        (
            json!({"webhook": {"url": "https://user@example.com"}}),
            "webhook.url",
        ),
        (
            json!({"webhook": {"url": "http://chat-api.spin.internal/internal"}}),
            "webhook.url",
        ),
        (
            json!({"webhook": {"url": "https://example.com", "secret": "mine"}}),
            "",
        ),
        (json!({"email": true}), "email"),
        (json!({"sms": true}), ""),
        (json!([]), ""),
    ] {
        let (status, body) = fixture.ask("ada", "PUT", "/settings", &change);
        assert_eq!(
            (status, body["errors"][0]["field"].as_str()),
            (422, Some(field)),
            "{change}: {body}"
        );
    }
    assert_eq!(fixture.ask("ada", "GET", "/settings", &Value::Null).1, all());
    for (method, path) in [
        ("DELETE", "/settings"),
        ("GET", "/settings/webhook/secret"),
        ("POST", "/push-key"),
        ("PUT", "/subscriptions"),
        ("POST", "/x/deliveries"),
        ("PUT", "/x/snooze"),
    ] {
        assert_eq!(
            fixture.ask("ada", method, path, &Value::Null).0,
            405,
            "{method} {path}"
        );
    }
    assert_eq!(fixture.ask("ada", "GET", "/x/deliveries", &Value::Null).0, 404);
}

#[test]
fn a_browser_subscribes_and_unsubscribes() {
    let fixture = Fixture::new();
    let (status, key) = fixture.ask("ada", "GET", "/push-key", &Value::Null);
    assert_eq!((status, key["public_key"].as_str().unwrap().len()), (200, 87));
    let other_instance = fixture.restarted();
    assert_eq!(other_instance.ask("bob", "GET", "/push-key", &Value::Null).1, key);

    let body = subscription("https://push.example.net/a");
    let (status, kept) = fixture.ask("ada", "POST", "/subscriptions", &body);
    assert_eq!((status, &kept["endpoint"]), (201, &body["endpoint"]), "{kept}");
    assert!(kept["auth"].is_null() && kept["p256dh"].is_null());
    assert_eq!(fixture.ask("ada", "POST", "/subscriptions", &body).0, 200);
    let listed = |user| fixture.ask(user, "GET", "/subscriptions", &Value::Null).1["items"].clone();
    assert_eq!(listed("ada").as_array().unwrap().len(), 1);

    // Somebody else logs in with the same browser: the messages are theirs now.
    assert_eq!(fixture.ask("bob", "POST", "/subscriptions", &body).0, 201);
    assert_eq!(
        (listed("ada"), listed("bob").as_array().unwrap().len()),
        (json!([]), 1)
    );
    assert_eq!(fixture.ask("ada", "DELETE", "/subscriptions", &body).0, 404);
    assert_eq!(fixture.ask("bob", "DELETE", "/subscriptions", &body).0, 204);
    assert_eq!(listed("bob"), json!([]));
}

#[test]
fn what_is_no_browser_does_not_subscribe() {
    let fixture = Fixture::new();
    for (pointer, value) in [
        ("/endpoint", json!("http://push.example.net/a")),
        ("/endpoint", json!("https://chat-api.spin.internal/a")),
        ("/endpoint", json!(1)),
        ("/keys/p256dh", json!("AAAA")),
        ("/keys/auth", json!("AAAA")),
    ] {
        let mut body = subscription("https://push.example.net/a");
        *body.pointer_mut(pointer).unwrap() = value;
        assert_eq!(
            fixture.ask("ada", "POST", "/subscriptions", &body).0,
            422,
            "{body}"
        );
    }
    for number in 0..20 {
        let body = subscription(&format!("https://push.example.net/{number}"));
        assert_eq!(fixture.ask("ada", "POST", "/subscriptions", &body).0, 201);
    }
    let one_more = subscription("https://push.example.net/one-more");
    assert_eq!(fixture.ask("ada", "POST", "/subscriptions", &one_more).0, 409);
}

#[test]
fn the_operators_vapid_key_is_taken_and_a_wrong_one_is_not() {
    let fixture = Fixture::new();
    let set = |value: &str| {
        let value = value.to_owned();
        fixture.platform.variables.borrow_mut().insert("vapid_key", value);
    };
    // The private key of the example in RFC 8291.
    set("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw");
    let (_, key) = fixture.ask("ada", "GET", "/push-key", &Value::Null);
    let public = "BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A8";
    assert_eq!(key["public_key"], public);
    set("nonsense");
    assert_eq!(fixture.ask("ada", "GET", "/push-key", &Value::Null).0, 503);
}

#[test]
fn settings_of_a_failing_database_are_kept_whole_or_not_at_all() {
    let fixture = Fixture::new();
    fixture.ask("ada", "GET", "/settings", &Value::Null);
    let mut statements = 0;
    loop {
        fixture.database.fail_after(statements);
        let (status, _) = fixture.ask("ada", "PUT", "/settings", &all());
        fixture.database.recover();
        let kept = fixture.ask("ada", "GET", "/settings", &Value::Null).1["digest"] == all()["digest"];
        let waiting = block_on(async {
            let connection = fixture.database.connect().await.unwrap();
            let rows = connection
                .execute("SELECT seq FROM notification_outbox", &[])
                .await;
            rows.unwrap().len()
        });
        let is_planned = waiting > 0 || fixture.platform.jobs.borrow().contains_key("digest:ada");
        assert_eq!(kept, is_planned, "after {statements} statements");
        if status == 200 {
            break;
        }
        assert_eq!(status, 503);
        statements += 1;
    }
    assert!(statements > 4, "{statements} places to fail were tried");
}
