//! What the host serves to components: capabilities, grants, limits, routes.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::support::{Application, get, guest};

fn probe(entry: &str) -> Application {
    Application::new(&format!(
        r#"
[variables]
greeting = {{ default = "hello" }}
unused = {{ default = "hidden" }}

[[trigger.http]]
route = "/..."
component = "probe"

[component.probe]
source = "{}"
sqlite_databases = ["default"]
key_value_stores = ["default"]
environment = {{ PLACE = "{{{{ greeting }}}} world" }}
variables = {{ salutation = "{{{{ greeting }}}}!" }}
{entry}
"#,
        guest("probe")
    ))
}

#[tokio::test]
async fn a_component_sees_its_own_variables_environment_and_stores_and_no_others() {
    let server = probe("").start(&[]).await;
    assert_eq!(get(&server, "/variable?salutation").await.1, "hello!");
    assert!(get(&server, "/variable?unused").await.1.contains("Undefined"));
    assert!(
        get(&server, "/variable?Not-A-Name")
            .await
            .1
            .contains("InvalidName")
    );
    assert_eq!(get(&server, "/environment?PLACE").await.1, "hello world");
    assert_eq!(get(&server, "/environment?PATH").await.1, "");
    assert_eq!(get(&server, "/key-value?default").await.1, "1");
    assert_eq!(get(&server, "/key-value?default").await.1, "2");
    assert!(get(&server, "/key-value?other").await.1.contains("AccessDenied"));
    assert_eq!(get(&server, "/sqlite?default").await.1, "1");
    assert!(get(&server, "/sqlite?other").await.1.contains("AccessDenied"));
}

#[tokio::test]
async fn a_variable_given_on_the_command_line_wins() {
    let server = probe("").start(&["--variable", "greeting=good morning"]).await;
    assert_eq!(get(&server, "/variable?salutation").await.1, "good morning!");
}

#[tokio::test]
async fn state_survives_a_kill() {
    let application = probe("");
    let mut server = application.start(&[]).await;
    assert_eq!(get(&server, "/sqlite?default").await.1, "1");
    assert_eq!(get(&server, "/key-value?default").await.1, "1");
    server.kill().await.unwrap();
    server.restart().await.unwrap();
    assert_eq!(get(&server, "/sqlite?default").await.1, "2");
    assert_eq!(get(&server, "/key-value?default").await.1, "2");
}

#[tokio::test]
async fn keys_are_listed_found_and_deleted() {
    let server = probe("").start(&[]).await;
    assert_eq!(
        get(&server, "/keys?default").await.1,
        r#"(true, true) (true, false) None ["stays"]"#
    );
}

#[tokio::test]
async fn every_kind_of_value_comes_back_from_a_database_as_it_was_written() {
    let server = probe("").start(&[]).await;
    assert_eq!(
        get(&server, "/sqlite-values?default").await.1,
        concat!(
            r#"["i", "r", "t", "b", "n"] "#,
            "[[Value::Integer(-9223372036854775808), Value::Real(0.1), ",
            "Value::Text(\"Grüße, 'quoted' \u{1F600}\"), Value::Blob([0, 255, 39]), Value::Null]]",
        )
    );
}

#[tokio::test]
async fn a_mistake_in_sql_is_told_to_the_guest_and_costs_nothing_else() {
    let server = probe("").start(&[]).await;
    let told = get(&server, "/sqlite-errors?default").await.1;
    let lines: Vec<_> = told.lines().collect();
    let expected = [
        r#"Error::Io("near \"SELEC\": syntax error"#,
        r#"Error::Io("no such table: nowhere"#,
        "[]",
        r#"Error::Io("UNIQUE constraint failed: unique_names.name"#,
        "[[Value::Integer(0)]]",
    ];
    assert_eq!(lines.len(), expected.len(), "{told}");
    for (line, expected) in lines.iter().zip(expected) {
        assert!(line.starts_with(expected), "{line} instead of {expected}");
    }
}

#[tokio::test]
async fn an_abandoned_transaction_is_rolled_back_at_once() {
    let server = probe("").start(&[]).await;
    assert_eq!(get(&server, "/transaction").await.1, "left open");
    assert_eq!(get(&server, "/sqlite?default").await.1, "1");
}

#[tokio::test]
async fn an_instance_is_reused_and_a_trap_costs_one_request() {
    let server = probe("").start(&[]).await;
    assert_eq!(get(&server, "/calls").await.1, "1");
    assert_eq!(get(&server, "/calls").await.1, "2");
    let (status, body) = get(&server, "/trap").await;
    assert_eq!(status, 500);
    assert!(
        !body.contains("as requested"),
        "the answer tells what happened inside: {body}"
    );
    assert_eq!(get(&server, "/calls").await, (200, "1".to_owned()));
}

#[tokio::test]
async fn a_guest_over_its_memory_is_ended_and_the_host_goes_on() {
    let server = probe("").start(&[]).await;
    assert_eq!(get(&server, "/allocate?16").await.1, (16 << 20).to_string());
    assert_eq!(get(&server, "/allocate?1000").await.0, 500);
    assert_eq!(get(&server, "/calls").await.0, 200);
}

#[tokio::test]
async fn a_guest_in_a_loop_does_not_keep_others_from_being_answered() {
    let server = probe("").start(&[]).await;
    // More of them than the machine has processors.
    let stuck: Vec<_> = (0..8)
        .map(|_| tokio::spawn(reqwest::get(server.url("/loop"))))
        .collect();
    for _ in 0..20 {
        let answer = tokio::time::timeout(Duration::from_secs(10), get(&server, "/calls"))
            .await
            .unwrap();
        assert_eq!(answer.0, 200);
    }
    for request in stuck {
        request.abort();
    }
}

#[tokio::test]
async fn a_body_comes_back_as_it_was_sent() {
    let server = probe("").start(&[]).await;
    let body: Vec<u8> = (0..3_000_000_u32).map(|n| n.to_le_bytes()[1]).collect();
    let response = reqwest::Client::new()
        .post(server.url("/echo"))
        .body(body.clone())
        .send()
        .await
        .unwrap();
    assert_eq!(response.bytes().await.unwrap(), body);
}

#[tokio::test]
async fn outbound_requests_go_where_the_manifest_allows_and_nowhere_else() {
    let server = probe("").start(&[]).await;
    let denied = get(&server, &format!("/fetch?{}", server.url("/calls"))).await.1;
    assert!(denied.contains("HttpRequestDenied"), "{denied}");

    let server = probe("allowed_outbound_hosts = [\"http://127.0.0.1:*\"]")
        .start(&[])
        .await;
    let url = format!("/fetch?http://{}/health/live", server.admin);
    assert!(get(&server, &url).await.1.starts_with("200 "));
    let other = get(&server, "/fetch?http://169.254.169.254/latest/meta-data")
        .await
        .1;
    assert!(other.contains("HttpRequestDenied"), "{other}");
}

#[tokio::test]
async fn a_component_calls_a_private_one_in_the_same_process() {
    let application = Application::front_and_back();
    let server = application.start(&[]).await;
    let answer = get(&server, "/fetch?http://back.spin.internal/environment?PLACE")
        .await
        .1;
    assert_eq!(answer, "200 behind");
    let unknown = get(&server, "/fetch?http://other.spin.internal/").await.1;
    assert!(unknown.contains("HttpRequestDenied"), "{unknown}");
}

#[tokio::test]
async fn a_private_component_is_not_reachable_from_outside() {
    let source = guest("probe");
    // No route that catches all: what nobody serves must be nobody's.
    let application = Application::new(&format!(
        r#"
[[trigger.http]]
route = "/environment"
component = "front"

[[trigger.http]]
route = {{ private = true }}
component = "back"

[component.front]
source = "{source}"
sqlite_databases = ["default"]
key_value_stores = ["default"]
environment = {{ PLACE = "in front" }}

[component.back]
source = "{source}"
sqlite_databases = ["default"]
key_value_stores = ["default"]
environment = {{ PLACE = "behind" }}
"#
    ));
    let server = application.start(&[]).await;
    let client = reqwest::Client::new();
    for host in [
        server.http.to_string(),
        "back.spin.internal".to_owned(),
        "Back.Spin.Internal:80".to_owned(),
    ] {
        let ask = async |path: &str| {
            let request = client.get(server.url(path)).header("host", &host);
            let response = request.send().await.unwrap();
            (response.status().as_u16(), response.text().await.unwrap())
        };
        assert_eq!(
            ask("/environment?PLACE").await,
            (200, "in front".to_owned()),
            "{host}"
        );
        for path in [
            "/",
            "/calls",
            "/back",
            "/back/environment?PLACE",
            "//back.spin.internal/calls",
        ] {
            assert_eq!(ask(path).await.0, 404, "{host} {path}");
        }
    }
    // A client that takes it for a proxy writes the whole URL.
    let mut stream = TcpStream::connect(server.http).await.unwrap();
    stream
        .write_all(b"GET http://back.spin.internal/calls HTTP/1.1\r\nhost: back.spin.internal\r\nconnection: close\r\n\r\n")
        .await
        .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 404 "), "{answer}");
}

#[tokio::test]
async fn routes_lead_to_components_and_headers_say_how() {
    let source = guest("probe");
    let application = Application::new(&format!(
        r#"
[[trigger.http]]
route = "/header"
component = "probe"

[[trigger.http]]
route = "/people/:id/..."
component = "probe"

[[trigger.http]]
route = "/users/:id/..."
component = "hello"

[component.probe]
source = "{source}"
sqlite_databases = ["default"]
key_value_stores = ["default"]

[component.hello]
source = "{}"
"#,
        guest("http-hello")
    ));
    let server = application.start(&[]).await;
    assert_eq!(get(&server, "/users/7/tasks").await, (200, "hello".to_owned()));
    assert_eq!(get(&server, "/users").await.0, 404);
    assert_eq!(get(&server, "/header?spin-matched-route").await.1, "/header");
    let client = reqwest::Client::new();
    let seen = async |name: &str| {
        let url = server.url(&format!("/people/7/tasks/header?{name}"));
        // What a client says of it is not believed.
        let request = client.get(url).header(name, "forged");
        request.send().await.unwrap().text().await.unwrap()
    };
    for (name, value) in [
        ("spin-path-match-id", "7"),
        ("spin-path-match-other", ""),
        ("spin-path-info", "/tasks/header"),
        ("spin-matched-route", "/people/:id/..."),
        ("spin-component-route", "/people/:id"),
    ] {
        assert_eq!(seen(name).await, value, "{name}");
    }
    let forged = client
        .get(server.url("/header?spin-client-addr"))
        .header("spin-client-addr", "203.0.113.7:1")
        .send()
        .await
        .unwrap();
    assert!(forged.text().await.unwrap().starts_with("127.0.0.1:"));
}

#[tokio::test]
async fn health_and_metrics_are_served_and_a_signal_ends_it_in_order() {
    let mut server = probe("").start(&[]).await;
    get(&server, "/calls").await;
    let admin = |path: &str| format!("http://{}{path}", server.admin);
    let ready = reqwest::get(admin("/health/ready")).await.unwrap();
    assert_eq!(ready.status(), 200);
    assert_eq!(reqwest::get(admin("/health/live")).await.unwrap().status(), 200);
    let metrics = reqwest::get(admin("/metrics"))
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    assert!(
        metrics.contains(r#"http_requests_total{component="probe",status="200"} 1"#),
        "{metrics}"
    );
    assert_eq!(server.stop().await.unwrap(), Some(0));
}
