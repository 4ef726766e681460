//! What the assistant knows: the FAQ's contract from outside, and answers by meaning with a vector database that can be away,
//! silent or hostile, as real HTTP servers here.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use end_to_end::{Server, ServerOptions, User, eventually};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use reqwest::Method;
use serde_json::{Value, json};
use servers::{Manner, Vectors};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

const SHOP: &str = "key-of-the-shop-0001";
const OPERATOR: &str = "key-of-the-operator";

/// Qdrant and the embeddings endpoint at one address.
#[derive(Debug)]
struct Servers {
    address: SocketAddr,
    vectors: Arc<Mutex<Vectors>>,
    serving: JoinHandle<()>,
}

impl Drop for Servers {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Servers {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let vectors = Arc::new(Mutex::new(Vectors::default()));
        vectors.lock().unwrap().keys = Some(("qdrant-key".to_owned(), "model-key".to_owned()));
        let shared = Arc::clone(&vectors);
        let serving = tokio::spawn(async move {
            while let Ok((stream, _peer)) = listener.accept().await {
                let vectors = Arc::clone(&shared);
                tokio::spawn(async move {
                    let answer = service_fn(move |request| answer(request, Arc::clone(&vectors)));
                    let _ended = hyper::server::conn::http1::Builder::new()
                        .serve_connection(TokioIo::new(stream), answer)
                        .await;
                });
            }
        });
        Self {
            address,
            vectors,
            serving,
        }
    }

    fn set(&self, qdrant: Manner) {
        self.vectors.lock().unwrap().qdrant = qdrant;
    }

    fn requests(&self) -> usize {
        self.vectors.lock().unwrap().requests.len()
    }

    /// Waits until so many tasks have a point.
    async fn until_tasks(&self, count: usize) {
        eventually(&format!("{count} points of tasks"), || async {
            let payloads = self.vectors.lock().unwrap().payloads("todo");
            let tasks = payloads.iter().filter(|payload| payload["kind"] == "task");
            Ok((tasks.count() == count).then_some(()))
        })
        .await
        .unwrap();
    }
}

async fn answer(
    request: Request<Incoming>,
    vectors: Arc<Mutex<Vectors>>,
) -> Result<Response<Full<Bytes>>, hyper::Error> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await?.to_bytes();
    let key = ["authorization", "api-key"]
        .iter()
        .find_map(|name| parts.headers.get(*name)?.to_str().ok());
    let path = parts
        .uri
        .path_and_query()
        .map(ToString::to_string)
        .unwrap_or_default();
    let answered = vectors
        .lock()
        .unwrap()
        .answer(parts.method.as_str(), &path, key, &body);
    let Some((status, text)) = answered else {
        return std::future::pending().await;
    };
    let mut response = Response::new(Full::from(text));
    *response.status_mut() = status.try_into().unwrap();
    Ok(response)
}

async fn start(variables: &[(&str, String)]) -> Server {
    let options = ServerOptions::without_limits()
        .with([("faq_api_key", SHOP), ("admin_api_key", OPERATOR)])
        .with(variables.iter().map(|(name, value)| (name, value)));
    Server::start_with(options).await.unwrap()
}

async fn start_with(servers: &Servers) -> Server {
    let address = format!("http://{}", servers.address);
    start(&[
        ("qdrant_url", address.clone()),
        ("qdrant_api_key", "qdrant-key".to_owned()),
        ("embeddings_host", address.clone()),
        ("embeddings_base_url", format!("{address}/v1")),
        ("embeddings_api_key", "model-key".to_owned()),
        ("embeddings_model", "small".to_owned()),
    ])
    .await
}

/// A request with a key in place of an account.
async fn send(server: &Server, key: &str, method: Method, path: &str, body: &Value) -> (u16, Value) {
    let mut request = reqwest::Client::new()
        .request(method, server.url(path))
        .header("x-api-key", key);
    if !body.is_null() {
        request = request.json(body);
    }
    let answer = request.send().await.unwrap();
    let status = answer.status().as_u16();
    (status, answer.json().await.unwrap_or(Value::Null))
}

fn titles(answer: &Value) -> Vec<&str> {
    let sources = answer["sources"].as_array();
    sources
        .into_iter()
        .flatten()
        .filter_map(|source| source["title"].as_str())
        .collect()
}

#[tokio::test]
async fn the_faq_is_filled_asked_and_looked_through_with_keys() {
    let server = start(&[]).await;
    let user = User::sign_up(&server).await.unwrap();
    user.create(&json!({ "title": "Zanzibar trip", "description": "a private matter" }))
        .await
        .unwrap();
    let entry = json!({ "title": "How long does shipping take?", "content": "Three days.", "category": "shop", "tags": [] });
    let (status, made) = send(&server, OPERATOR, Method::POST, "/admin/faq", &entry).await;
    assert_eq!((status, &made["is_active"]), (201, &json!(true)));
    let document = json!({ "documents": [{ "title": "Warranty", "content": "Batteries have a warranty of two years." }] });
    let (status, _ingested) = send(&server, OPERATOR, Method::POST, "/ingest", &document).await;
    assert_eq!(status, 201);
    let ask = async |message: &str| {
        let body = json!({ "message": message, "sessionId": "s-1" });
        send(&server, SHOP, Method::POST, "/api/v1/chat", &body).await
    };
    for (message, title) in [
        ("how long does shipping take", "How long does shipping take?"),
        ("is there a warranty for batteries?", "Warranty"),
        ("how do I add a recurring task?", "How do I add a recurring task?"),
    ] {
        let (status, answer) = ask(message).await;
        assert_eq!(
            (status, titles(&answer)[0], &answer["sessionId"]),
            (200, title, &json!("s-1"))
        );
    }
    let (status, answer) = ask("what is planned for the Zanzibar trip?").await;
    assert_eq!((status, &answer["sources"]), (200, &json!([])));
    let (status, stats) = send(
        &server,
        OPERATOR,
        Method::GET,
        "/api/v1/admin/chat/stats",
        &Value::Null,
    )
    .await;
    assert_eq!(
        (status, &stats["totalInteractions"], &stats["fallbackCount"]),
        (200, &json!(4), &json!(1))
    );
    let (status, log) = send(
        &server,
        OPERATOR,
        Method::GET,
        "/admin/chat/logs?sessionId=s-1",
        &Value::Null,
    )
    .await;
    assert_eq!((status, log["items"].as_array().unwrap().len()), (200, 4));
    for (key, method, path, expected) in [
        (SHOP, Method::GET, "/admin/chat/logs", 403),
        ("", Method::GET, "/admin/chat/logs", 401),
        (OPERATOR, Method::GET, "/api/v1/tasks", 401),
        ("key-of-nobody-at-all", Method::POST, "/api/v1/chat", 401),
        (SHOP, Method::POST, "/api/v1/chat", 400),
    ] {
        let body = if method == Method::POST {
            json!({})
        } else {
            Value::Null
        };
        let (status, problem) = send(&server, key, method, path, &body).await;
        assert_eq!(
            (status, &problem["status"]),
            (expected, &json!(expected)),
            "{path}"
        );
    }
    // A user is answered from the operator's FAQ and from their own tasks.
    let answer = user.say("what is planned for the Zanzibar trip?").await.unwrap();
    assert_eq!(
        (&answer["intent"], titles(&answer)),
        (&json!("recall"), vec!["Zanzibar trip"])
    );
    let answer = user.say("how long does shipping take?").await.unwrap();
    assert_eq!(titles(&answer)[0], "How long does shipping take?");
}

#[tokio::test]
async fn meaning_finds_what_words_do_not_and_words_do_while_it_is_away() {
    let servers = Servers::start().await;
    let mut server = start_with(&servers).await;
    let user = User::sign_up(&server).await.unwrap();
    let other = User::sign_up(&server).await.unwrap();
    user.create(&json!({ "title": "Automobile paperwork", "description": "in the blue folder" }))
        .await
        .unwrap();
    other
        .create(&json!({ "title": "Vehicle of somebody else" }))
        .await
        .unwrap();
    servers.until_tasks(2).await;
    let question = "what do I know about the car?";
    let answer = user.say(question).await.unwrap();
    assert_eq!(
        (&answer["intent"], titles(&answer)),
        (&json!("recall"), vec!["Automobile paperwork"])
    );

    servers.set(Manner::Hostile);
    let answer = user.say(question).await.unwrap().to_string();
    assert!(!answer.contains("somebody else"), "{answer}");

    // Nobody waits long for a server that never answers, and the second question not at all.
    servers.set(Manner::Silent);
    let answer = user.say("what about the automobile?").await.unwrap();
    assert_eq!(titles(&answer), ["Automobile paperwork"]);

    // What is written meanwhile waits, a kill included, and arrives.
    user.create(&json!({ "title": "Flat", "description": "keys are with Sam" }))
        .await
        .unwrap();
    server.kill().await.unwrap();
    servers.set(Manner::Failing);
    server.restart().await.unwrap();
    let before = servers.requests();
    eventually("a try that fails", || async {
        Ok((servers.requests() > before).then_some(()))
    })
    .await
    .unwrap();
    servers.set(Manner::Right);
    servers.until_tasks(3).await;
    let answer = user
        .at(&server)
        .say("what do I know about my apartment?")
        .await
        .unwrap();
    assert_eq!(titles(&answer), ["Flat"]);
    // No text of anybody's is in the vector database.
    let told = servers.vectors.lock().unwrap().told.join("\n");
    assert!(!told.contains("Automobile") && !told.contains("Sam"));
}
