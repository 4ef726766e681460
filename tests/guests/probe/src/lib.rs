//! Does on request what a host must serve, refuse or survive: the path says what, the query string with what.

#![cfg_attr(
    not(target_arch = "wasm32"),
    expect(dead_code, reason = "only the guest exports the handler")
)]

mod postgres;

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
        // Below any path, so that every form of route can be tried.
        path if path.ends_with("/header") => header(&request, &argument),
        "/echo" => return echo(request).await,
        "/variable" => variables::get(&argument)
            .await
            .unwrap_or_else(|error| format!("{error:?}")),
        "/environment" => std::env::var(&argument).unwrap_or_default(),
        "/key-value" => key_value(&argument).await,
        "/keys" => keys(&argument).await,
        "/sqlite" => sqlite(&argument).await,
        "/sqlite-values" => sqlite_values(&argument).await,
        "/sqlite-errors" => sqlite_errors(&argument).await,
        "/transaction" => abandon_transaction().await?,
        "/postgres" => postgres::statements(&argument).await,
        "/postgres-values" => postgres::values().await,
        "/postgres-builder" => postgres::builder(&argument).await,
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

/// Writes two keys, deletes one of them twice, and tells before and after which there are.
async fn keys(label: &str) -> String {
    let told = async {
        let store = Store::open(label).await?;
        store.set("stays", b"1").await?;
        store.set("goes", b"2").await?;
        let before = (store.exists("stays").await?, store.exists("goes").await?);
        store.delete("goes").await?;
        store.delete("goes").await?;
        let after = (store.exists("stays").await?, store.exists("goes").await?);
        let deleted = store.get("goes").await?;
        let keys = store.get_keys().await.collect().await?;
        Ok::<_, spin_sdk::key_value::Error>(format!("{before:?} {after:?} {deleted:?} {keys:?}"))
    };
    told.await.unwrap_or_else(|error| format!("{error:?}"))
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

/// Writes one value of each kind and tells what is read.
async fn sqlite_values(database: &str) -> String {
    let told = async {
        let connection = Connection::open(database).await?;
        connection
            .execute("CREATE TABLE kinds (i, r, t, b, n)", [])
            .await?
            .result()
            .await?;
        let values = [
            Value::Integer(i64::MIN),
            Value::Real(0.1),
            Value::Text("Grüße, 'quoted' \u{1F600}".to_owned()),
            Value::Blob(vec![0, 255, 39]),
            Value::Null,
        ];
        connection
            .execute("INSERT INTO kinds VALUES (?, ?, ?, ?, ?)", values)
            .await?
            .result()
            .await?;
        let read = connection.execute("SELECT * FROM kinds", []).await?;
        let columns = read.columns().to_vec();
        let rows = read.collect().await?;
        let values: Vec<_> = rows.iter().map(|row| &row.values).collect();
        Ok::<_, spin_sdk::sqlite::Error>(format!("{columns:?} {values:?}"))
    };
    told.await.unwrap_or_else(|error| format!("{error:?}"))
}

/// Makes one mistake after the other on one connection, and tells what each is answered with, a line each; then that the
/// connection still works.
async fn sqlite_errors(database: &str) -> String {
    let told = async {
        let connection = Connection::open(database).await?;
        let mut lines = Vec::new();
        for statement in [
            "SELEC 1",
            "SELECT * FROM nowhere",
            "CREATE TABLE unique_names (name TEXT UNIQUE)",
            "INSERT INTO unique_names VALUES ('a'), ('a')",
            "SELECT count(*) FROM unique_names",
        ] {
            let done = async { connection.execute(statement, []).await?.collect().await };
            lines.push(match done.await {
                Ok(rows) => format!("{:?}", rows.iter().map(|row| &row.values).collect::<Vec<_>>()),
                Err(error) => format!("{error:?}"),
            });
        }
        Ok::<_, spin_sdk::sqlite::Error>(lines.join("\n"))
    };
    told.await.unwrap_or_else(|error| format!("{error:?}"))
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
