//! Calls between components that run in different processes.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use end_to_end::{Server, ServerOptions, User, eventually, root};
use serde_json::json;
use tempfile::TempDir;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use crate::support::{Application, get};

const TOKEN: &str = "a-token-of-at-least-sixteen-bytes";

/// An address that stays while what is behind it comes and goes, as that of a Kubernetes service does.
struct Address {
    address: SocketAddr,
    target: Arc<Mutex<SocketAddr>>,
    forwarding: JoinHandle<()>,
}

impl Address {
    async fn of(target: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let target = Arc::new(Mutex::new(target));
        let current = Arc::clone(&target);
        let forwarding = tokio::spawn(async move {
            while let Ok((mut client, _peer)) = listener.accept().await {
                let target = *current.lock().unwrap_or_else(PoisonError::into_inner);
                tokio::spawn(async move {
                    // Where nobody listens, the connection is closed, as it is with a service without pods.
                    if let Ok(mut server) = TcpStream::connect(target).await {
                        let _ended = tokio::io::copy_bidirectional(&mut client, &mut server).await;
                    }
                });
            }
        });
        Self {
            address,
            target,
            forwarding,
        }
    }

    fn leads_to(&self, target: SocketAddr) {
        *self.target.lock().unwrap() = target;
    }
}

impl Drop for Address {
    fn drop(&mut self) {
        self.forwarding.abort();
    }
}

/// Starts one component of an application with a runtime configuration of its own.
async fn start(application: &Application, component: &str, config: &str) -> Server {
    let file = application.directory().join(format!("{component}.toml"));
    std::fs::write(&file, config).unwrap();
    application
        .start(&[
            "--component-id",
            component,
            "--runtime-config-file",
            &file.display().to_string(),
        ])
        .await
}

fn front(url: &str, token: &str) -> String {
    format!(
        "service_token = \"{token}\"\n[service_invocation]\n\
         back = {{ url = \"{url}\", timeout = \"2s\", open_after = 3, open_for = \"300ms\" }}\n"
    )
}

async fn metric(server: &Server, line: &str) -> Option<String> {
    let text = reqwest::get(format!("http://{}/metrics", server.admin));
    let text = text.await.unwrap().text().await.unwrap();
    let found = text.lines().find(|found| found.starts_with(line));
    found.and_then(|found| Some(found.rsplit_once(' ')?.1.to_owned()))
}

#[tokio::test]
async fn a_private_component_is_called_in_another_process_and_by_nobody_else() {
    let application = Application::front_and_back();
    let back = start(&application, "back", &format!("service_token = \"{TOKEN}\"\n")).await;
    let url = format!("http://{}", back.http);
    let caller = start(&application, "front", &front(&url, TOKEN)).await;
    let ask = "/fetch?http://back.spin.internal/environment?PLACE";
    assert_eq!(get(&caller, ask).await.1, "200 behind");
    // The trace goes on over there, and what showed that the call was allowed is not shown to the component.
    let seen = async |header: &str| {
        let path = format!("/fetch?http://back.spin.internal/header?{header}");
        get(&caller, &path).await.1
    };
    let trace = seen("traceparent").await;
    assert!(trace.starts_with("200 00-") && trace.len() == 59, "{trace}");
    for header in ["sidespin-token", "sidespin-component"] {
        assert_eq!(seen(header).await, "200 ", "{header}");
    }

    let client = reqwest::Client::new();
    let forged = async |component: &str, token: &str| {
        let request = client.get(back.url("/environment?PLACE"));
        let request = request
            .header("sidespin-component", component)
            .header("sidespin-token", token);
        request.send().await.unwrap().status().as_u16()
    };
    assert_eq!(get(&back, "/environment?PLACE").await.0, 404);
    assert_eq!(forged("back", TOKEN).await, 200);
    assert_eq!(forged("back", "").await, 403);
    assert_eq!(forged("back", &TOKEN[1..]).await, 403);
    assert_eq!(forged("back", &TOKEN.to_uppercase()).await, 403);
    assert_eq!(forged("front", TOKEN).await, 404);

    let stranger = start(
        &application,
        "front",
        &front(&url, "another-token-of-some-length"),
    )
    .await;
    assert!(get(&stranger, ask).await.1.starts_with("403 "));
    // Where no token is configured, none opens anything: the request follows routes, of which there is none.
    let closed = start(&application, "back", "").await;
    let request = client
        .get(closed.url("/environment?PLACE"))
        .header("sidespin-component", "back")
        .header("sidespin-token", "");
    assert_eq!(request.send().await.unwrap().status().as_u16(), 404);
}

#[tokio::test]
async fn a_service_that_goes_is_left_alone_and_found_again_when_it_returns() {
    let application = Application::front_and_back();
    let config = format!("service_token = \"{TOKEN}\"\n");
    let mut back = start(&application, "back", &config).await;
    let address = Address::of(back.http).await;
    let caller = start(
        &application,
        "front",
        &front(&format!("http://{}/", address.address), TOKEN),
    )
    .await;
    let ask = async || {
        get(&caller, "/fetch?http://back.spin.internal/environment?PLACE")
            .await
            .1
    };
    assert_eq!(ask().await, "200 behind");

    // Stopped in order: what was asked before is answered, and connections that are kept open are no trap.
    assert_eq!(back.stop().await.unwrap(), Some(0));
    let open = "service_breaker_open{service=\"back\"}";
    eventually("the breaker to open", || async {
        let answer = ask().await;
        assert!(!answer.starts_with("200"), "{answer}");
        Ok((metric(&caller, open).await.as_deref() == Some("1")).then_some(()))
    })
    .await
    .unwrap();
    let begun = Instant::now();
    assert!(ask().await.contains("DestinationUnavailable"));
    assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());

    back.restart().await.unwrap();
    address.leads_to(back.http);
    eventually("the service to be found again", || async {
        Ok((ask().await == "200 behind").then_some(()))
    })
    .await
    .unwrap();
    assert_eq!(metric(&caller, open).await.as_deref(), Some("0"));

    // Killed and back at once: a GET is tried again where its connection broke.
    for _ in 0..3 {
        back.kill().await.unwrap();
        back.restart().await.unwrap();
        address.leads_to(back.http);
        assert_eq!(ask().await, "200 behind");
    }
    assert!(
        metric(&caller, "service_call_retries_total{service=\"back\"}")
            .await
            .is_some()
    );
}

#[tokio::test]
async fn mistakes_in_the_configuration_are_told() {
    let application = Application::front_and_back();
    let refused = async |config: &str| {
        let file = application.directory().join("wrong.toml");
        std::fs::write(&file, config).unwrap();
        let started = Server::start_with(ServerOptions {
            manifest: Some(application.manifest()),
            arguments: vec!["--runtime-config-file".to_owned(), file.display().to_string()],
            ..ServerOptions::default()
        });
        started.await.unwrap_err().to_string()
    };
    for (config, expected) in [
        ("service_token = \"short\"", "openssl rand -hex 32"),
        ("service_token = 5", "service_token"),
        (
            "[service_invocation]\nback = \"back:80\"",
            "`back` of section `service_invocation`",
        ),
        (
            "[service_invocation]\nback = { url = \"http://b\", retries = 1 }",
            "retries",
        ),
    ] {
        let said = refused(config).await;
        assert!(said.contains(expected), "{config}: {said}");
    }
}

/// The application's services in processes of their own: one for each but the first, which has the broker too.
struct Split {
    servers: Vec<Server>,
    _config: TempDir,
}

impl Split {
    async fn start() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let config = |name: &str, text: String| {
            let file = directory.path().join(format!("{name}.toml"));
            std::fs::write(&file, text).unwrap();
            file.display().to_string()
        };
        let token = format!("service_token = \"{TOKEN}\"\n");
        let first = config("first", token.clone());
        let chat = Self::server(&["chat-api", "web"], &first, &[]).await;
        let others = config(
            "others",
            format!(
                "{token}[service_invocation]\nchat-api = \"http://{}\"\n",
                chat.http
            ),
        );
        let kafka = format!("kafka_bootstrap_servers={}", chat.kafka.unwrap());
        let mut servers = vec![chat];
        for component in ["recurring-task", "notification", "audit"] {
            servers.push(Self::server(&[component], &others, &["--variable", &kafka]).await);
        }
        Self {
            servers,
            _config: directory,
        }
    }

    async fn server(components: &[&str], config: &str, arguments: &[&str]) -> Server {
        let mut all = vec!["--runtime-config-file".to_owned(), config.to_owned()];
        all.extend(
            components
                .iter()
                .flat_map(|id| ["--component-id".to_owned(), (*id).to_owned()]),
        );
        all.extend(arguments.iter().map(|argument| (*argument).to_owned()));
        all.extend(ServerOptions::without_limits().arguments);
        Server::start_with(ServerOptions {
            manifest: Some(root().join("spin.toml")),
            arguments: all,
            ..ServerOptions::default()
        })
        .await
        .unwrap()
    }
}

#[tokio::test]
async fn the_application_runs_with_each_service_in_a_process_of_its_own() {
    let mut split = Split::start().await;
    let [chat, _recurring, notification, audit] = &mut split.servers[..] else {
        panic!("four processes");
    };
    let user = User::sign_up(chat).await.unwrap();
    let task = json!({ "title": "Water the plants", "due_date": "2030-05-01", "recurrence_rule": "daily" });
    let task = user.create(&task).await.unwrap();
    let id = task["id"].as_str().unwrap();
    let completed = user
        .post(&format!("/api/v1/tasks/{id}/complete"), &json!({}))
        .await;
    assert_eq!(completed.unwrap().status, 200);
    // The event went to recurring-task by Kafka; it called chat-api's private route from its own process.
    user.wait_for("the next occurrence", "/api/v1/tasks", |next| {
        next["series_id"] == task["series_id"] && next["occurrence"] == json!(2)
    })
    .await
    .unwrap();
    // These ask chat-api for the key that tokens are signed with.
    let history = user.at(audit);
    eventually("the audit's entries", || async {
        let entries = history.list("/api/v1/audit").await?;
        Ok((entries.len() >= 3).then_some(()))
    })
    .await
    .unwrap();
    let notifications = user.at(notification).get("/api/v1/notifications").await.unwrap();
    assert_eq!(notifications.status, 200);
    // And whose an API token is: what they were told lasts for a while, and what they were not is not refused for good.
    let mut tokens = Vec::new();
    for name in ["known", "unknown"] {
        let body = json!({ "name": name, "scopes": ["tasks:read"] });
        let made = user.post("/api/v1/tokens", &body).await.unwrap();
        tokens.push(made.body["token"].as_str().unwrap().to_owned());
    }
    let client = reqwest::Client::new();
    let ask = async |server: &Server, path: &str, token: &str| {
        let answer = client
            .get(server.url(path))
            .bearer_auth(token)
            .send()
            .await
            .unwrap();
        (
            answer.status().as_u16(),
            answer.headers().contains_key("retry-after"),
        )
    };
    let paths = [
        (&*audit, "/api/v1/audit"),
        (&*notification, "/api/v1/notifications"),
    ];
    for (server, path) in paths {
        assert_eq!(ask(server, path, &tokens[0]).await, (200, false), "{path}");
    }
    chat.kill().await.unwrap();
    for (server, path) in paths {
        assert_eq!(ask(server, path, &tokens[0]).await, (200, false), "{path}");
        assert_eq!(ask(server, path, &tokens[1]).await, (503, true), "{path}");
        assert_eq!(ask(server, path, &user.token).await, (200, false), "{path}");
    }
}
