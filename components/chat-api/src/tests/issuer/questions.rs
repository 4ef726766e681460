//! What other services are told of a token.

use super::*;

const PATH: &str = "/internal/v1/introspect";

fn ask(service: &Service, token: &str) -> Response {
    let body = form_urlencoded::Serializer::new(String::new())
        .append_pair("token", token)
        .finish();
    let headers = [("content-type", "application/x-www-form-urlencoded")];
    service.send("POST", PATH, &headers, &body)
}

#[test]
fn a_session_an_api_token_and_a_token_of_the_issuer_are_known() {
    let service = service();
    let ann = service.sign_up("ann@example.com");
    let (now, quarter) = (START / 1000, START / 1000 + 900);
    let session = ask(&service, &ann.token).expect(200);
    assert_eq!(session.header("cache-control"), "no-store");
    assert_eq!(
        session.body,
        json!({"active": true, "sub": ann.id, "scope": "tasks:read tasks:write", "exp": quarter,
            "token_type": "Bearer", "session": true})
    );
    let made = ann
        .post("/api/v1/tokens", &json!({"name": "a", "scopes": ["tasks:read"]}))
        .expect(201)
        .body;
    let api_token = ask(&service, made["token"].as_str().unwrap()).expect(200).body;
    assert_eq!(
        api_token,
        json!({"active": true, "sub": ann.id, "scope": "tasks:read", "exp": quarter,
            "token_type": "Bearer", "session": false})
    );
    // Whoever asks first makes the account, as any request of the person's would.
    let short = sign(1, &with("bob", &json!({"exp": now + 100})));
    let foreign = ask(&service, &short).expect(200).body;
    assert_eq!(foreign["sub"], me(&service, &token("bob"))["id"]);
    assert_eq!(
        (&foreign["exp"], &foreign["session"]),
        (&json!(now + 100), &json!(true))
    );
    let scoped = ask(&service, &sign(1, &with("bob", &json!({"scope": "tasks:write"}))))
        .expect(200)
        .body;
    assert_eq!(
        (&scoped["scope"], &scoped["session"]),
        (&json!("tasks:write"), &json!(false))
    );
}

#[test]
fn of_any_other_token_nothing_is_told() {
    let service = service();
    let ann = service.sign_up("ann@example.com");
    let made = ann
        .post("/api/v1/tokens", &json!({"name": "a", "scopes": ["tasks:read"]}))
        .expect(201)
        .body;
    let path = format!("/api/v1/tokens/{}", made["id"].as_str().unwrap());
    ann.send("DELETE", &path, &[], "").expect(204);
    let expired = sign(1, &with("bob", &json!({"exp": 1})));
    let unknown = sign(9, &claims("bob"));
    for token in [
        "",
        "x",
        "todo_pat_x",
        made["token"].as_str().unwrap(),
        &expired,
        &unknown,
    ] {
        assert_eq!(
            ask(&service, token).expect(200).body,
            json!({"active": false}),
            "{token}"
        );
    }
    service.world.pass(961);
    assert_eq!(
        ask(&service, &ann.token).expect(200).body,
        json!({"active": false})
    );
}

#[test]
fn what_cannot_be_found_out_now_is_not_called_bad() {
    let service = Service::with(&SETTINGS);
    let away = ask(&service, &token("ann")).problem(503, "unavailable");
    assert_eq!(away.header("retry-after"), "1");
    service.database.fail_after(0);
    ask(&service, &format!("todo_pat_{}", "A".repeat(43))).problem(503, "unavailable");
}

#[test]
fn only_services_ask_and_they_ask_for_one_token() {
    let service = service();
    let form = [("content-type", "application/x-www-form-urlencoded")];
    for body in ["", "tokens=a", "token=a&token=b"] {
        service
            .send("POST", PATH, &form, body)
            .problem(422, "validation_failed");
    }
    service
        .post(PATH, &json!({"token": "a"}))
        .problem(415, "unsupported_media_type");
    service
        .send("GET", PATH, &[], "")
        .problem(405, "method_not_allowed");
    let mut settings = SETTINGS.to_vec();
    settings.push(("internal_token", "let me in"));
    let guarded = Service::with(&settings);
    publish(&guarded, &[1]);
    for shown in ["", "let me", "let me in "] {
        let headers = [form[0], ("x-internal-token", shown)];
        let refused = guarded.send("POST", PATH, &headers, &format!("token={}", token("ann")));
        refused.problem(401, "unauthorized");
    }
    let headers = [form[0], ("x-internal-token", "let me in")];
    let answer = guarded.send(
        "POST",
        PATH,
        &headers,
        &format!("token={}&token_type_hint=access_token", token("ann")),
    );
    assert_eq!(answer.expect(200).body["active"], true);
}
