//! Who comes with a token of the second issuer, and which account that opens.

use todo_service::database::testing::TestDatabase;

use super::*;

#[test]
fn a_person_gets_an_account_once_and_everything_is_told_by_our_own_id() {
    let service = service();
    let token = token("ann@idp");
    let ann = me(&service, &token);
    let id = ann["id"].as_str().unwrap();
    assert!(id.len() == 36 && !id.contains("idp"), "{ann}");
    assert_eq!((&ann["email"], &ann["name"]), (&json!(""), &json!("")));
    assert_eq!(me(&service.another(), &token)["id"], ann["id"]);

    let task = send(
        &service,
        &token,
        "POST",
        "/api/v1/tasks",
        &json!({"title": "Pay rent"}),
    )
    .expect(201);
    assert_eq!(task.body["number"], 1);
    let event = &service.world.events("task-events")[0];
    assert_eq!(
        (&event["userid"], &event["type"]),
        (&ann["id"], &json!("task.created"))
    );
    for name in [id, "ann@idp", "ann%40idp"] {
        let tasks = get(&service, &token, &format!("/api/{name}/tasks")).expect(200);
        assert_eq!(tasks.body["items"][0]["title"], "Pay rent", "{name}");
    }
    get(&service, &token, "/api/bob/tasks").problem(403, "forbidden");

    let bob = me(&service, &sign(1, &claims("bob@idp")));
    assert_ne!(bob["id"], ann["id"]);
    let bobs = sign(1, &claims("bob@idp"));
    get(&service, &bobs, "/api/v1/tasks/1").problem(404, "not_found");
    get(&service, &bobs, &format!("/api/{id}/tasks")).problem(403, "forbidden");
}

#[test]
fn an_address_opens_nobodys_account_and_takes_up_none() {
    let service = service();
    let known = service.sign_up("ann@example.com");
    known.create(&json!({"title": "Mine"}));
    let claimed = json!({"email": "Ann@Example.com", "email_verified": true, "name": " Ann\u{7} Lee "});
    let token = sign(1, &with("ann", &claimed));
    let guest = me(&service, &token);
    assert_ne!(guest["id"], known.id.as_str());
    assert_eq!(
        (&guest["email"], &guest["name"]),
        (&json!("ann@example.com"), &json!("Ann Lee"))
    );
    assert_eq!(
        get(&service, &token, "/api/v1/tasks").expect(200).body["items"],
        json!([])
    );
    assert_eq!(known.titles(""), ["Mine"]);
    // The other way round: whoever comes first has reserved nothing.
    let second = json!({"email": "bob@example.com", "email_verified": true});
    let bob = me(&service, &sign(1, &with("bob", &second)));
    assert_ne!(service.sign_up("bob@example.com").id, bob["id"].as_str().unwrap());
}

#[test]
fn nobody_logs_in_to_such_an_account_with_a_password() {
    let service = service();
    let claimed = json!({"email": "eve@example.com", "email_verified": true});
    let id = me(&service, &sign(1, &with("eve", &claimed)))["id"]
        .as_str()
        .unwrap()
        .to_owned();
    for (email, status) in [
        ("eve@example.com".to_owned(), 401),
        (format!("issuer:{id}"), 422),
        (format!("issuer:{id}@x"), 422),
        (id, 422),
    ] {
        for password in ["x", "password", "$argon2id$v=19$m=8,t=1,p=1$$"] {
            let body = json!({"email": email, "password": password});
            assert_eq!(
                service.post("/api/v1/auth/login", &body).status,
                status,
                "{email}"
            );
        }
        let body = json!({"email": email, "password": ""});
        assert_eq!(service.post("/api/v1/auth/login", &body).status, 422);
    }
}

#[test]
fn only_an_address_that_was_verified_counts_and_the_newest_one() {
    let service = service();
    let email = |claimed: &Value| me(&service, &sign(1, &with("ann", claimed)))["email"].clone();
    assert_eq!(email(&json!({"email": "ann@example.com"})), "");
    assert_eq!(
        email(&json!({"email": "ann@example.com", "email_verified": false})),
        ""
    );
    assert_eq!(email(&json!({"email": "no address", "email_verified": true})), "");
    assert_eq!(
        email(&json!({"email": "ann@example.com", "email_verified": true})),
        "ann@example.com"
    );
    assert_eq!(email(&json!({})), "ann@example.com");
    assert_eq!(
        email(&json!({"email": "lee@example.com", "email_verified": "true"})),
        "lee@example.com"
    );
    // Where a mail goes is asked with the agenda.
    let id = me(&service, &token("ann"))["id"].clone();
    let agenda = service
        .post("/internal/v1/agenda", &json!({"user_id": id}))
        .expect(200);
    assert_eq!(agenda.body["email"], "lee@example.com");
}

#[test]
fn scopes_of_ours_bound_a_token_and_others_do_not() {
    let service = service();
    let scoped = |scope: Value| sign(1, &with("ann", &json!({ "scope": scope })));
    let create = |token: &str| send(&service, token, "POST", "/api/v1/tasks", &json!({"title": "a"})).status;
    let manage = |token: &str| get(&service, token, "/api/v1/tokens").status;
    for (scope, reads, writes, manages) in [
        (json!("openid profile"), 200, 201, 200),
        (json!(""), 200, 201, 200),
        (json!("openid tasks:read"), 200, 403, 403),
        (json!("tasks:write"), 403, 201, 403),
        (json!(["tasks:read", "tasks:write"]), 200, 201, 403),
        (json!("tasks:admin"), 403, 403, 403),
    ] {
        let token = scoped(scope.clone());
        assert_eq!(get(&service, &token, "/api/v1/tasks").status, reads, "{scope}");
        assert_eq!((create(&token), manage(&token)), (writes, manages), "{scope}");
    }
}

#[test]
fn a_person_without_a_password_deletes_the_account_and_comes_back_as_somebody_new() {
    let service = service();
    let before = me(&service, &token("ann"));
    let other = me(&service, &token("bob"));
    send(
        &service,
        &token("ann"),
        "POST",
        "/api/v1/tasks",
        &json!({"title": "secret"}),
    )
    .expect(201);
    let scoped = sign(1, &with("ann", &json!({"scope": "tasks:read tasks:write"})));
    send(&service, &scoped, "DELETE", "/api/v1/auth/me", &Value::Null).problem(403, "forbidden");
    send(&service, &token("ann"), "DELETE", "/api/v1/auth/me", &Value::Null).expect(204);
    let after = me(&service, &token("ann"));
    assert_ne!(after["id"], before["id"]);
    let tasks = get(&service, &token("ann"), "/api/v1/tasks").expect(200).body;
    assert_eq!(tasks["items"], json!([]));
    assert_eq!(me(&service, &token("bob")), other);
}

#[test]
fn an_account_that_is_gone_is_not_made_again_behind_its_back() {
    let service = service();
    let token = token("ann");
    let id = me(&service, &token)["id"].clone();
    service.rows("DELETE FROM chat_users WHERE password_hash = ''");
    get(&service, &token, "/api/v1/tasks").problem(401, "unauthorized");
    service.rows("DELETE FROM chat_identities WHERE issuer <> ''");
    assert_ne!(me(&service, &token)["id"], id);
}

#[test]
fn requests_that_come_at_once_make_one_account() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shared.db");
    come_at_once(move || TestDatabase::at(&path));
    if let Some(server) = servers::Postgres::shared().unwrap() {
        let url = server.database().unwrap();
        come_at_once(move || TestDatabase::postgres(url.clone()));
    }
}

fn come_at_once(database: impl Fn() -> TestDatabase + Clone + Send + 'static) {
    Service::on(database(), &SETTINGS);
    let threads: Vec<_> = (0..8)
        .map(|number| {
            let database = database.clone();
            std::thread::spawn(move || {
                let service = Service::on(database(), &SETTINGS);
                publish(&service, &[1]);
                // Names of accounts are made of the time.
                service.world.now.set(START + number);
                me(&service, &token("ann"))["id"].as_str().unwrap().to_owned()
            })
        })
        .collect();
    let ids: Vec<String> = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    let service = Service::on(database(), &SETTINGS);
    assert_eq!(service.rows("SELECT id FROM chat_users").len(), 1);
}
