//! Changing the password, logging out everywhere, and how often a password may be tried.

use futures::executor::block_on;
use futures::future::join;
use serde_json::{Value, json};

use super::platform::FakePlatform;
use super::service::{Response, START, Service, User};
use crate::updates::UpdateStream;

const JSON: (&str, &str) = ("content-type", "application/json");
const PASSWORD: &str = "/api/v1/auth/password";

fn log_in(service: &Service, email: &str, password: &str) -> Response {
    service.post(
        "/api/v1/auth/login",
        &json!({"email": email, "password": password}),
    )
}

/// Ann, logged in once more.
fn again(ann: &User) -> User {
    let session = log_in(&ann.service, "ann@example.com", "correct horse")
        .expect(200)
        .body;
    with_session(ann, &session)
}

fn with_session(user: &User, session: &Value) -> User {
    let text = |name: &str| session[name].as_str().unwrap().to_owned();
    User {
        token: text("access_token"),
        refresh_token: text("refresh_token"),
        ..user.clone()
    }
}

fn change(user: &User, current: &str, new: &str) -> Response {
    user.post(
        PASSWORD,
        &json!({"current_password": current, "new_password": new}),
    )
}

fn refresh(user: &User) -> Response {
    let body = json!({ "refresh_token": user.refresh_token });
    user.service.post("/api/v1/auth/refresh", &body)
}

fn log_out(user: &User, everywhere: &Value) -> Response {
    let body = json!({ "refresh_token": user.refresh_token, "everywhere": everywhere });
    user.service.post("/api/v1/auth/logout", &body)
}

/// Reads a stream to its end, and answers how long that took, in seconds.
fn until_end(user: &User, stream: &mut UpdateStream<FakePlatform>) -> i64 {
    let begun = user.service.world.now.get();
    while block_on(stream.next()).is_some() {}
    (user.service.world.now.get() - begun) / 1000
}

#[test]
fn a_changed_password_ends_every_session_but_the_one_that_is_answered() {
    let service = Service::new();
    let (ann, bob) = (
        service.sign_up("ann@example.com"),
        service.sign_up("bob@example.com"),
    );
    let elsewhere = again(&ann);
    let token = ann.post(
        "/api/v1/tokens",
        &json!({"name": "cron", "scopes": ["tasks:read"]}),
    );
    let cron = User {
        token: token.expect(201).body["token"].as_str().unwrap().to_owned(),
        ..ann.clone()
    };
    let changed = change(&ann, "correct horse", "battery staple").expect(200);
    assert_eq!(changed.header("cache-control"), "no-store");
    assert_eq!(changed.body["user"]["id"], ann.id);
    for user in [&ann, &elsewhere, &ann.at(&service.another())] {
        user.get("/api/v1/tasks").problem(401, "unauthorized");
        refresh(user).problem(401, "unauthorized");
    }
    let ann = with_session(&ann, &changed.body);
    ann.get("/api/v1/tasks").expect(200);
    refresh(&ann).expect(200);
    log_in(&service, "ann@example.com", "correct horse").problem(401, "invalid_credentials");
    log_in(&service, "ann@example.com", "battery staple").expect(200);
    // A script goes on, and so does everybody else.
    cron.get("/api/v1/tasks").expect(200);
    bob.get("/api/v1/tasks").expect(200);
    refresh(&bob).expect(200);
}

#[test]
fn another_instance_knows_within_seconds_that_a_session_has_ended() {
    let service = Service::new();
    let (ann, other) = (service.sign_up("ann@example.com"), service.another());
    ann.at(&other).get("/api/v1/tasks").expect(200);
    change(&ann, "correct horse", "battery staple").expect(200);
    service.world.pass(4);
    ann.at(&other).get("/api/v1/tasks").expect(200);
    service.world.pass(1);
    ann.at(&other).get("/api/v1/tasks").problem(401, "unauthorized");
    // It is remembered for longer than the token would have been good.
    service.world.pass(20 * 60);
    service.job("tidy").unwrap();
    assert_eq!(service.rows("SELECT session FROM chat_ended_sessions").len(), 1);
    service.world.pass(20 * 60);
    service.job("tidy").unwrap();
    assert!(service.rows("SELECT session FROM chat_ended_sessions").is_empty());
}

#[test]
fn requests_do_not_ask_the_database_whether_their_session_lasts() {
    let service = Service::new();
    let ann = service.sign_up("ann@example.com");
    ann.get("/api/v1/auth/me").expect(200);
    service.database.fail_after(1);
    ann.get("/api/v1/auth/me").expect(200);
    assert_eq!(
        service.database.remaining(),
        Some(0),
        "the account alone was read"
    );
}

#[test]
fn only_who_knows_the_password_changes_it() {
    let service = Service::new();
    let ann = service.sign_up("ann@example.com");
    change(&ann, "wrong horse", "battery staple").problem(401, "invalid_credentials");
    let same = change(&ann, "correct horse", "correct horse").problem(422, "validation_failed");
    assert_eq!(same.body["errors"][0]["field"], "new_password");
    change(&ann, "correct horse", "short").problem(422, "validation_failed");
    ann.post(PASSWORD, &json!({})).problem(422, "validation_failed");
    ann.send("GET", PASSWORD, &[], "")
        .problem(405, "method_not_allowed");
    service
        .post(
            PASSWORD,
            &json!({"current_password": "correct horse", "new_password": "battery staple"}),
        )
        .problem(401, "unauthorized");
    let token = ann.post(
        "/api/v1/tokens",
        &json!({"name": "cron", "scopes": ["tasks:read", "tasks:write"]}),
    );
    let cron = User {
        token: token.expect(201).body["token"].as_str().unwrap().to_owned(),
        ..ann.clone()
    };
    change(&cron, "correct horse", "battery staple").problem(403, "forbidden");
    ann.get("/api/v1/tasks").expect(200);
    refresh(&ann).expect(200);
    log_in(&service, "ann@example.com", "correct horse").expect(200);
}

#[test]
fn a_log_in_with_the_password_before_does_not_survive_its_change() {
    for _ in 0..4 {
        let service = Service::new();
        let ann = service.sign_up("ann@example.com");
        let authorization = format!("Bearer {}", ann.token);
        let headers = [JSON, ("authorization", authorization.as_str())];
        let new = json!({"current_password": "correct horse", "new_password": "battery staple"}).to_string();
        let newer =
            json!({"current_password": "correct horse", "new_password": "another stable"}).to_string();
        let old = json!({"email": "ann@example.com", "password": "correct horse"}).to_string();
        let (one, other) = (service.another(), service.another());
        let at_once = join(
            join(
                service.begin("POST", PASSWORD, &headers, &new),
                one.begin("POST", PASSWORD, &headers, &newer),
            ),
            other.begin("POST", "/api/v1/auth/login", &[JSON], &old),
        );
        let ((first, second), entered) = block_on(at_once);
        let mut statuses = [first.status, second.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 401], "one of the two has changed it");
        if entered.status == 200 {
            refresh(&with_session(&ann, &entered.body)).problem(401, "unauthorized");
        }
        assert_eq!(
            service
                .rows("SELECT DISTINCT family FROM chat_refresh_tokens")
                .len(),
            1
        );
    }
}

#[test]
fn logging_out_ends_one_session_or_all_with_their_access_tokens() {
    let service = Service::new();
    let (ann, bob) = (
        service.sign_up("ann@example.com"),
        service.sign_up("bob@example.com"),
    );
    let (second, third) = (again(&ann), again(&ann));
    log_out(&second, &Value::Null).expect(204);
    second.get("/api/v1/tasks").problem(401, "unauthorized");
    refresh(&second).problem(401, "unauthorized");
    ann.get("/api/v1/tasks").expect(200);
    log_out(&ann, &json!("yes")).problem(422, "validation_failed");
    log_out(&ann, &json!(true)).expect(204);
    for user in [&ann, &third] {
        user.get("/api/v1/tasks").problem(401, "unauthorized");
        refresh(user).problem(401, "unauthorized");
    }
    bob.get("/api/v1/tasks").expect(200);
    refresh(&bob).expect(200);
    // Nothing is ended twice, and that it is not is said.
    log_out(&ann, &json!(false)).expect(204);
    log_out(&ann, &json!(true)).problem(401, "unauthorized");
    again(&ann).get("/api/v1/tasks").expect(200);
}

#[test]
fn a_refresh_token_that_was_used_ends_its_own_session_alone() {
    let service = Service::new();
    let ann = service.sign_up("ann@example.com");
    let other = again(&ann);
    let renewed = ann.renewed();
    log_out(&ann, &json!(true)).problem(401, "unauthorized");
    renewed.get("/api/v1/tasks").problem(401, "unauthorized");
    other.get("/api/v1/tasks").expect(200);
    refresh(&other).expect(200);
}

#[test]
fn a_reused_refresh_token_ends_the_access_tokens_of_its_session() {
    let service = Service::new();
    let ann = service.sign_up("ann@example.com");
    let renewed = ann.renewed();
    refresh(&ann).problem(401, "unauthorized");
    renewed.get("/api/v1/tasks").problem(401, "unauthorized");
}

#[test]
fn streams_end_with_their_session_and_at_once() {
    let service = Service::new();
    let ann = service.sign_up("ann@example.com");
    let other = again(&ann);
    let (mut here, mut there) = (ann.updates(None), other.at(&service.another()).updates(None));
    log_out(&other, &Value::Null).expect(204);
    assert_eq!(until_end(&other, &mut there), 0);
    block_on(here.next()).unwrap();
    ann.create(&json!({"title": "still listening"}));
    let text = block_on(here.next()).unwrap();
    assert!(String::from_utf8_lossy(&text).contains("still listening"));
    change(&ann, "correct horse", "battery staple").expect(200);
    assert_eq!(until_end(&ann, &mut here), 0);

    // Where nobody is told, a stream finds it out by itself.
    let service = Service::new();
    let ann = service.sign_up("ann@example.com");
    let mut stream = ann.updates(None);
    service.world.is_broker_away.set(true);
    log_out(&ann, &json!(true)).expect(204);
    assert!(until_end(&ann, &mut stream) <= 15);

    let service = Service::new();
    let ann = service.sign_up("ann@example.com");
    let made = ann
        .post(
            "/api/v1/tokens",
            &json!({"name": "cron", "scopes": ["tasks:read"]}),
        )
        .expect(201)
        .body;
    let cron = User {
        token: made["token"].as_str().unwrap().to_owned(),
        ..ann.clone()
    };
    let mut stream = cron.updates(None);
    ann.send(
        "DELETE",
        &format!("/api/v1/tokens/{}", made["id"].as_str().unwrap()),
        &[],
        "",
    )
    .expect(204);
    assert!(until_end(&ann, &mut stream) <= 15);
}

fn limited() -> Service {
    Service::with(&[
        ("rate_limit_auth", "0"),
        ("rate_limit_default", "0"),
        ("rate_limit_account", "3"),
    ])
}

#[test]
fn a_password_is_tried_a_few_times_wherever_from_and_whether_or_not_there_is_an_account() {
    let service = limited();
    service.sign_up("ann@example.com");
    service.sign_up("eve@example.com");
    for email in ["ann@example.com", "nobody@example.com"] {
        let mut answers = Vec::new();
        for number in 0..5 {
            let at = if number % 2 == 0 {
                service.clone()
            } else {
                service.another()
            };
            let body = json!({"email": email, "password": "wrong horse"});
            let address = format!("203.0.113.{number}");
            let headers = [
                ("content-type", "application/json"),
                ("spin-client-addr", address.as_str()),
            ];
            answers.push(at.send("POST", "/api/v1/auth/login", &headers, &body.to_string()));
        }
        let statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
        assert_eq!(statuses, [401, 401, 401, 429, 429], "{email}");
        let wait: i64 = answers[4].header("retry-after").parse().unwrap();
        assert!((1..=20 * 60).contains(&wait), "{wait}");
    }
    // Case and blanks make no other account of it, and the right password no exception.
    log_in(&service, " Ann@Example.COM", "correct horse").problem(429, "rate_limited");
    log_in(&service, "eve@example.com", "correct horse").expect(200);
    let kept = format!("{:?}", service.rows("SELECT * FROM chat_rate_limits"));
    assert!(!kept.contains("example"), "{kept}");
    service.world.pass(20 * 60);
    service.job("tidy").unwrap();
    log_in(&service, "ann@example.com", "correct horse").expect(200);
    service.world.pass(50 * 60);
    service.job("tidy").unwrap();
    assert!(service.rows("SELECT * FROM chat_rate_limits").is_empty());
}

#[test]
fn a_right_password_sets_no_count_back() {
    let service = limited();
    service.sign_up("ann@example.com");
    for (password, status) in [
        ("wrong horse", 401),
        ("correct horse", 200),
        ("wrong", 401),
        ("correct horse", 429),
    ] {
        log_in(&service, "ann@example.com", password).expect(status);
    }
}

#[test]
fn who_has_a_session_is_counted_apart_from_strangers() {
    let service = limited();
    let ann = service.sign_up("ann@example.com");
    for _ in 0..4 {
        log_in(&service, "ann@example.com", "a stranger's guess");
    }
    log_in(&service, "ann@example.com", "correct horse").problem(429, "rate_limited");
    change(&ann, "wrong", "battery staple").problem(401, "invalid_credentials");
    let delete = |password: &str| {
        let headers = [("content-type", "application/json")];
        ann.send(
            "DELETE",
            "/api/v1/auth/me",
            &headers,
            &json!({ "password": password }).to_string(),
        )
    };
    delete("wrong").problem(401, "invalid_credentials");
    delete("wrong").problem(401, "invalid_credentials");
    delete("correct horse").problem(429, "rate_limited");
    change(&ann, "correct horse", "battery staple").problem(429, "rate_limited");
    ann.get("/api/v1/tasks").expect(200);

    // Towards the address they count as well.
    let service = Service::with(&[("rate_limit_auth", "3"), ("rate_limit_account", "0")]);
    let ann = service.sign_up("ann@example.com");
    change(&ann, "wrong", "battery staple").problem(401, "invalid_credentials");
    change(&ann, "wrong", "battery staple").problem(401, "invalid_credentials");
    change(&ann, "correct horse", "battery staple").problem(429, "rate_limited");
    assert_eq!(service.world.now.get(), START);
}
