//! Accounts, sessions and tokens.

use serde_json::json;

use super::service::Service;
use crate::auth::token::ACCESS_SECONDS;

#[test]
fn signing_up_logging_in_and_asking_who_one_is() {
    let service = Service::new();
    let answer = service.post(
        "/api/v1/auth/signup",
        &json!({"email": " Ann@Example.com", "password": "correct horse", "name": "Ann"}),
    );
    let session = answer.expect(201);
    assert_eq!(session.header("cache-control"), "no-store");
    assert_eq!(
        (&session.body["token_type"], &session.body["expires_in"]),
        (&json!("Bearer"), &json!(900))
    );
    assert_eq!(session.body["user"]["email"], "ann@example.com");
    service
        .post(
            "/api/v1/auth/signup",
            &json!({"email": "ann@example.com", "password": "correct horse"}),
        )
        .problem(409, "email_taken");

    let log_in = |password: &str| {
        service.post(
            "/api/v1/auth/login",
            &json!({"email": "ann@example.com", "password": password}),
        )
    };
    log_in("wrong horse").problem(401, "invalid_credentials");
    let token = log_in("correct horse").expect(200).body["access_token"]
        .as_str()
        .unwrap()
        .to_owned();
    let authorization = format!("Bearer {token}");
    let me = service
        .send("GET", "/api/v1/auth/me", &[("authorization", &authorization)], "")
        .expect(200);
    assert_eq!(me.body["name"], "Ann");
    assert!(
        service.rows("SELECT password_hash FROM chat_users")[0]
            .text(0)
            .unwrap()
            .starts_with("$argon2id$")
    );
}

#[test]
fn an_unknown_address_is_answered_like_a_wrong_password() {
    let service = Service::new();
    service.sign_up("ann@example.com");
    let log_in = |email: &str| {
        service.post(
            "/api/v1/auth/login",
            &json!({"email": email, "password": "wrong horse"}),
        )
    };
    let (known, unknown) = (log_in("ann@example.com"), log_in("bob@example.com"));
    assert_eq!(
        (known.status, &known.body["detail"]),
        (unknown.status, &unknown.body["detail"])
    );
    // What is verified for nobody costs the same.
    assert!(
        service
            .app
            .nobodys_hash
            .starts_with("$argon2id$v=19$m=19456,t=2,p=1$")
    );
}

#[test]
fn a_request_without_a_good_token_is_refused_everywhere() {
    let service = Service::new();
    let ann = service.sign_up("ann@example.com");
    for target in [
        "/api/v1/tasks",
        "/api/v1/auth/me",
        "/api/v1/tags",
        "/api/v1/stats",
        "/api/v1/conversations",
        "/api/v1/updates",
    ] {
        for header in [
            "",
            "Basic YTpi",
            "Bearer",
            "Bearer x.y.z",
            "Bearer eyJhbGciOiJub25lIn0.e30.",
        ] {
            let headers = [("authorization", header)];
            let answer = service
                .send("GET", target, &headers, "")
                .problem(401, "unauthorized");
            assert_eq!(answer.header("www-authenticate"), "Bearer");
        }
    }
    service.world.pass(ACCESS_SECONDS + 59);
    ann.get("/api/v1/tasks").expect(200);
    service.world.pass(1);
    ann.get("/api/v1/tasks").problem(401, "unauthorized");
}

#[test]
fn a_refresh_token_is_good_once_and_its_reuse_ends_the_session() {
    let service = Service::new();
    let ann = service.sign_up("ann@example.com");
    let refresh = |token: &str| service.post("/api/v1/auth/refresh", &json!({ "refresh_token": token }));
    let second = refresh(&ann.refresh_token).expect(200).body;
    assert_eq!(second["user"]["id"], ann.id);
    let second = second["refresh_token"].as_str().unwrap().to_owned();
    assert_ne!(second, ann.refresh_token);
    let third = refresh(&second).expect(200).body["refresh_token"]
        .as_str()
        .unwrap()
        .to_owned();
    // The thief, or the victim: nobody can tell.
    refresh(&ann.refresh_token).problem(401, "unauthorized");
    refresh(&third).problem(401, "unauthorized");
    refresh("made up").problem(401, "unauthorized");
    refresh("").problem(422, "validation_failed");
    assert!(service.rows("SELECT hash FROM chat_refresh_tokens").is_empty());
}

#[test]
fn a_refresh_token_used_at_two_instances_is_good_at_one_and_ends_its_session_at_both() {
    let service = Service::new();
    let ann = service.sign_up("ann@example.com");
    let elsewhere = service
        .post(
            "/api/v1/auth/login",
            &json!({"email": "ann@example.com", "password": "correct horse"}),
        )
        .expect(200)
        .body;
    let instances = [service.clone(), service.another()];
    let refresh = |instance: &Service, token: &str| {
        instance.post("/api/v1/auth/refresh", &json!({ "refresh_token": token }))
    };
    let renewed = refresh(&instances[0], &ann.refresh_token).expect(200).body;
    refresh(&instances[1], &ann.refresh_token).problem(401, "unauthorized");
    // What the first one got is worth nothing any more, wherever it is shown.
    for instance in &instances {
        for token in [&ann.refresh_token, renewed["refresh_token"].as_str().unwrap()] {
            refresh(instance, token).problem(401, "unauthorized");
        }
    }
    // Another session of the same user goes on.
    let elsewhere = elsewhere["refresh_token"].as_str().unwrap();
    refresh(&instances[1], elsewhere).expect(200);
}

#[test]
fn a_refresh_token_expires_and_one_session_does_not_end_another() {
    let service = Service::new();
    let ann = service.sign_up("ann@example.com");
    let other = service
        .post(
            "/api/v1/auth/login",
            &json!({"email": "ann@example.com", "password": "correct horse"}),
        )
        .body;
    let other = other["refresh_token"].as_str().unwrap().to_owned();
    let refresh = |token: &str| service.post("/api/v1/auth/refresh", &json!({ "refresh_token": token }));
    service
        .post(
            "/api/v1/auth/logout",
            &json!({ "refresh_token": ann.refresh_token }),
        )
        .expect(204);
    refresh(&ann.refresh_token).problem(401, "unauthorized");
    service
        .post(
            "/api/v1/auth/logout",
            &json!({ "refresh_token": ann.refresh_token }),
        )
        .expect(204);
    service.world.pass(31 * 24 * 3600);
    refresh(&other).problem(401, "unauthorized");
    service.job("tidy").unwrap();
    assert!(service.rows("SELECT hash FROM chat_refresh_tokens").is_empty());
}

#[test]
fn tokens_are_stored_as_hashes_alone() {
    let service = Service::new();
    let ann = service.sign_up("ann@example.com");
    let stored = format!("{:?}", service.rows("SELECT * FROM chat_refresh_tokens"));
    assert!(!stored.contains(&ann.refresh_token));
}

#[test]
fn the_user_in_a_path_must_be_the_tokens() {
    let service = Service::new();
    let (ann, bob) = (
        service.sign_up("ann@example.com"),
        service.sign_up("bob@example.com"),
    );
    ann.create(&json!({"title": "a"}));
    assert_eq!(
        ann.get(&format!("/api/{}/tasks/1", ann.id)).expect(200).body["title"],
        "a"
    );
    for target in ["tasks", "tasks/1", "tasks?status=all"] {
        bob.get(&format!("/api/{}/{target}", ann.id))
            .problem(403, "forbidden");
    }
    bob.post(
        &format!("/api/{}/chat", ann.id),
        &json!({"message": "delete task 1"}),
    )
    .problem(403, "forbidden");
    ann.post(&format!("/api/{}/chat", ann.id), &json!({"message": "help"}))
        .expect(200);
}
