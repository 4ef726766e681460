//! Keys that change, an issuer that is away or lies, tokens that are not what they say, and settings that cannot be.

use futures::executor::block_on;

use super::*;

fn asked(service: &Service) -> usize {
    service.world.asked.borrow().len()
}

#[test]
fn keys_are_fetched_by_discovery_and_kept() {
    let service = service();
    for _ in 0..3 {
        me(&service, &token("ann"));
    }
    assert_eq!(*service.world.asked.borrow(), [DISCOVERY, KEYS]);
    service.world.pass(299);
    me(&service, &token("ann"));
    assert_eq!(asked(&service), 2);
    service.world.pass(1);
    me(&service, &token("ann"));
    assert_eq!(asked(&service), 4);
    // Who has a token of ours bothers nobody.
    service.sign_up("ann@example.com").titles("");
    assert_eq!(asked(&service), 4);
}

#[test]
fn a_new_key_is_known_at_once_and_made_up_ones_do_not_bother_the_issuer() {
    let service = service();
    me(&service, &token("ann"));
    publish(&service, &[2]);
    let rotated = sign(2, &claims("ann"));
    service.world.pass(9);
    get(&service, &rotated, "/api/v1/tasks").problem(401, "unauthorized");
    service.world.pass(1);
    me(&service, &rotated);
    assert_eq!(asked(&service), 4);
    for _ in 0..5 {
        service.world.pass(1);
        get(&service, &sign(3, &claims("ann")), "/api/v1/tasks").problem(401, "unauthorized");
    }
    assert_eq!(asked(&service), 4);
    // The old one is not among the keys any more.
    get(&service, &token("ann"), "/api/v1/tasks").problem(401, "unauthorized");
}

#[test]
fn while_the_issuer_is_away_its_last_keys_serve_for_an_hour() {
    let service = service();
    let long = sign(1, &with("ann", &json!({"exp": START / 1000 + 100_000})));
    me(&service, &long);
    let documents = std::mem::take(&mut *service.world.documents.borrow_mut());
    service.world.pass(3_599);
    me(&service, &long);
    service.world.pass(1);
    let away = get(&service, &long, "/api/v1/tasks").problem(503, "unavailable");
    assert_eq!(away.header("retry-after"), "1");
    service.world.documents.replace(documents);
    service.world.pass(10);
    me(&service, &long);
}

#[test]
fn an_issuer_that_never_answered_is_no_reason_to_refuse_for_good() {
    let service = Service::with(&SETTINGS);
    for _ in 0..3 {
        get(&service, &token("ann"), "/api/v1/tasks").problem(503, "unavailable");
    }
    // It was asked once: the next try waits for two seconds.
    assert_eq!(*service.world.asked.borrow(), [DISCOVERY]);
    let said = format!("the keys of `{ISSUER}` cannot be had: {DISCOVERY}: no answer: connection refused");
    assert!(
        service.world.log.borrow().contains(&said),
        "{:?}",
        service.world.log
    );
    service.sign_up("ann@example.com").titles("");
    publish(&service, &[1]);
    service.world.pass(2);
    me(&service, &token("ann"));
}

#[test]
fn a_document_that_lies_or_is_none_is_not_believed() {
    for (discovery, keys, reason) in [
        (
            json!({"issuer": "https://evil.example", "jwks_uri": KEYS}),
            None,
            "of the issuer `https://evil.example`",
        ),
        (
            json!({"issuer": format!("{ISSUER}/"), "jwks_uri": KEYS}),
            None,
            "equal to the letter",
        ),
        (
            json!({"issuer": ISSUER, "jwks_uri": "http://keys.example.com/jwks"}),
            None,
            "https://",
        ),
        (
            json!({"issuer": ISSUER, "jwks_uri": "http://169.254.169.254/"}),
            None,
            "https://",
        ),
        (json!({"issuer": ISSUER}), None, "not one of OpenID discovery"),
        (json!("<html>"), None, "not one of OpenID discovery"),
        (
            json!({"issuer": ISSUER, "jwks_uri": KEYS}),
            Some(json!({"keys": []})),
            "no key there",
        ),
        (
            json!({"issuer": ISSUER, "jwks_uri": KEYS}),
            Some(json!({"keys": [{"kty": "oct", "k": "AAAA"}]})),
            "no key there",
        ),
    ] {
        let service = service();
        let mut documents = service.world.documents.borrow_mut();
        documents.insert(DISCOVERY.to_owned(), discovery.to_string());
        if let Some(keys) = keys {
            documents.insert(KEYS.to_owned(), keys.to_string());
        }
        drop(documents);
        let answer = get(&service, &token("ann"), "/api/v1/tasks").problem(503, "unavailable");
        let log = service.world.log.borrow().join("\n");
        assert!(log.contains(reason), "{log}");
        // What is wrong out there is the operator's to know.
        assert!(!answer.text.contains("evil") && !log.contains(&token("ann")));
        assert!(service.rows("SELECT user_id FROM chat_identities").is_empty());
    }
}

#[test]
fn discovery_is_not_asked_where_the_keys_are_known() {
    let mut settings = SETTINGS.to_vec();
    settings.push(("oidc_jwks_url", KEYS));
    let service = Service::with(&settings);
    publish(&service, &[1]);
    me(&service, &token("ann"));
    assert_eq!(*service.world.asked.borrow(), [KEYS]);
}

#[test]
fn tokens_that_are_not_for_us_open_nothing() {
    let service = service();
    me(&service, &token("ann"));
    let now = START / 1000;
    for more in [
        json!({"aud": "account"}),
        json!({"aud": []}),
        json!({"exp": now - 60}),
        json!({"nbf": now + 61}),
        json!({"iat": now + 61}),
        json!({"iss": "https://login.example.com/realms/other"}),
        json!({"iss": "todo-chatbot", "aud": "todo-chatbot"}),
        json!({"sub": ""}),
        json!({"cnf": {"jkt": "x"}}),
    ] {
        let answer = get(&service, &sign(1, &with("bob", &more)), "/api/v1/tasks");
        let answer = answer.problem(401, "unauthorized");
        assert_eq!(answer.header("www-authenticate"), "Bearer", "{more}");
    }
    let (message, _signature) = token("bob")
        .rsplit_once('.')
        .map(|(a, b)| (a.to_owned(), b.to_owned()))
        .unwrap();
    get(&service, &format!("{message}."), "/api/v1/tasks").problem(401, "unauthorized");
    let unsigned = URL_SAFE_NO_PAD.encode(r#"{"alg":"none"}"#);
    let claims = message.split('.').nth(1).unwrap();
    get(&service, &format!("{unsigned}.{claims}."), "/api/v1/tasks").problem(401, "unauthorized");
    assert_eq!(service.rows("SELECT user_id FROM chat_identities").len(), 1);
    // The second audience is as good as the first.
    me(
        &service,
        &sign(
            1,
            &with("ann", &json!({"aud": ["x", "https://tasks.example.com/mcp"]})),
        ),
    );
}

#[test]
fn where_no_second_issuer_is_set_its_tokens_open_nothing() {
    let service = Service::new();
    publish(&service, &[1]);
    get(&service, &token("ann"), "/api/v1/tasks").problem(401, "unauthorized");
    assert_eq!(asked(&service), 0);
}

#[test]
fn settings_that_cannot_be_keep_the_service_from_starting() {
    for (settings, named) in [
        (vec![("oidc_issuer", ISSUER)], "`oidc_audience`"),
        (
            vec![("oidc_issuer", ISSUER), ("oidc_audience", " ")],
            "`oidc_audience`",
        ),
        (
            vec![
                ("oidc_issuer", "http://login.example.com"),
                ("oidc_audience", "a"),
            ],
            "https://",
        ),
        (
            vec![("oidc_issuer", "login.example.com"), ("oidc_audience", "a")],
            "`oidc_issuer`",
        ),
        (
            vec![
                ("oidc_issuer", ISSUER),
                ("oidc_audience", "a"),
                ("oidc_jwks_url", "http://keys.example.com"),
            ],
            "`oidc_jwks_url`",
        ),
    ] {
        let service = Service::new();
        let mut variables = service.world.variables.borrow_mut();
        variables.extend(
            settings
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned())),
        );
        drop(variables);
        let platform = service.app.platform.clone();
        let error = block_on(crate::App::start(platform)).unwrap_err().to_string();
        assert!(error.contains(named), "{error}");
    }
}

#[test]
fn the_issuer_is_named_to_whoever_wants_to_know_where_tokens_come_from() {
    let path = "/.well-known/oauth-protected-resource";
    let named = service().send("GET", path, &[], "").expect(200).body;
    assert_eq!(named["authorization_servers"], json!([ISSUER]));
    let none = Service::new().send("GET", path, &[], "").expect(200).body;
    assert_eq!(none.get("authorization_servers"), None);
}
