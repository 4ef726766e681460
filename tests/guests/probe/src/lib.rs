//! Does on request what a host must serve, refuse or survive: the path says what, the query string with what.

#![cfg_attr(
    not(target_arch = "wasm32"),
    expect(dead_code, reason = "only the guest exports the handler")
)]

use std::sync::atomic::{AtomicU32, Ordering};

use http_body_util::BodyExt;
use spin_sdk::http::{self, BoxBody, FullBody, Request, Response, StatusCode, box_body};
use spin_sdk::key_value::Store;
use spin_sdk::sqlite::{Connection, Value};
use spin_sdk::variables;

/// How many requests this instance has answered, this one included.
static CALLS: AtomicU32 = AtomicU32::new(0);

#[cfg_attr(target_arch = "wasm32", spin_sdk::http_service)]
async fn handle(request: Request) -> anyhow::Result<Response<BoxBody>> {
    let calls = CALLS.fetch_add(1, Ordering::Relaxed) + 1;
    let path = request.uri().path().to_owned();
    let argument = request.uri().query().unwrap_or_default().to_owned();
    let text = match path.as_str() {
        "/calls" => calls.to_string(),
        "/header" => header(&request, &argument),
        "/echo" => return echo(request).await,
        "/variable" => variables::get(&argument)
            .await
            .unwrap_or_else(|error| format!("{error:?}")),
        "/environment" => std::env::var(&argument).unwrap_or_default(),
        "/key-value" => key_value(&argument).await,
        "/sqlite" => sqlite(&argument).await,
        "/transaction" => abandon_transaction().await?,
        "/fetch" => fetch(&argument).await,
        "/trap" => trap(),
        "/loop" => endless(),
        "/allocate" => allocate(argument.parse()?),
        _ => return answer(StatusCode::NOT_FOUND, "no such request".to_owned()),
    };
    answer(StatusCode::OK, text)
}

fn answer(status: StatusCode, text: String) -> anyhow::Result<Response<BoxBody>> {
    Ok(Response::builder()
        .status(status)
        .body(box_body(FullBody::new(bytes::Bytes::from(text))))?)
}

fn header(request: &Request, name: &str) -> String {
    let value = request.headers().get(name);
    value.map_or_else(String::new, |value| {
        String::from_utf8_lossy(value.as_bytes()).into_owned()
    })
}

async fn echo(request: Request) -> anyhow::Result<Response<BoxBody>> {
    let body = request.into_body().collect().await?.to_bytes();
    Ok(Response::new(box_body(FullBody::new(body))))
}

/// Counts in a store.
async fn key_value(label: &str) -> String {
    let counted = async {
        let store = Store::open(label).await?;
        let before = store
            .get("count")
            .await?
            .map_or(0, |value| value.first().copied().unwrap_or_default());
        store.set("count", [before + 1]).await?;
        Ok::<_, spin_sdk::key_value::Error>(before + 1)
    };
    counted
        .await
        .map_or_else(|error| format!("{error:?}"), |count| count.to_string())
}

/// Counts in a database, in one statement.
async fn sqlite(database: &str) -> String {
    let counted = async {
        let connection = Connection::open(database).await?;
        connection
            .execute("CREATE TABLE IF NOT EXISTS counts (n INTEGER)", [])
            .await?
            .result()
            .await?;
        connection
            .execute("INSERT INTO counts VALUES (?)", [Value::Integer(1)])
            .await?
            .result()
            .await?;
        let rows = connection
            .execute("SELECT sum(n) FROM counts", [])
            .await?
            .collect()
            .await?;
        Ok::<_, spin_sdk::sqlite::Error>(rows.first().and_then(|row| row.get::<i64>(0)).unwrap_or_default())
    };
    counted
        .await
        .map_or_else(|error| format!("{error:?}"), |count| count.to_string())
}

/// Leaves a transaction open: what it wrote must be gone, and the next writer must not wait for it.
async fn abandon_transaction() -> anyhow::Result<String> {
    let connection = Connection::open_default().await?;
    connection
        .execute("CREATE TABLE IF NOT EXISTS counts (n INTEGER)", [])
        .await?
        .result()
        .await?;
    connection.execute("BEGIN IMMEDIATE", []).await?.result().await?;
    connection
        .execute("INSERT INTO counts VALUES (1000)", [])
        .await?
        .result()
        .await?;
    Ok("left open".to_owned())
}

async fn fetch(url: &str) -> String {
    match http::get(url).await {
        Ok(response) => {
            let status = response.status();
            let body = response
                .into_body()
                .collect()
                .await
                .map(|body| body.to_bytes())
                .unwrap_or_default();
            format!("{} {}", status.as_u16(), String::from_utf8_lossy(&body))
        }
        Err(error) => format!("{error:?}"),
    }
}

#[expect(clippy::panic, reason = "a guest that panics is what is asked for")]
fn trap() -> String {
    panic!("as requested")
}

fn endless() -> String {
    loop {
        std::hint::black_box(());
    }
}

fn allocate(megabytes: usize) -> String {
    let memory = vec![1_u8; megabytes << 20];
    std::hint::black_box(&memory).len().to_string()
}
