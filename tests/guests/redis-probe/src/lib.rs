//! Uses Redis and key-value stores on request (the path says what, the query string with what), and keeps what its channel
//! brings.

#![cfg_attr(
    not(target_arch = "wasm32"),
    expect(unused, reason = "only the guest exports the handlers")
)]

#[cfg(target_arch = "wasm32")]
mod buckets;
#[cfg(target_arch = "wasm32")]
mod subscriber;

use spin_sdk::http::{IntoResponse, Request};
use spin_sdk::key_value::Store;
use spin_sdk::redis::{Connection, Error, RedisParameter};

/// Where the component is told the Redis is.
fn address() -> String {
    std::env::var("REDIS").unwrap_or_default()
}

#[cfg_attr(target_arch = "wasm32", spin_sdk::http_service)]
async fn handle(request: Request) -> impl IntoResponse {
    let argument = request.uri().query().unwrap_or_default();
    match request.uri().path() {
        "/open" => told(Connection::open(argument).await.map(|_open| "open")),
        "/publish" => told(publish(argument).await),
        "/redis" => told(redis(argument).await),
        "/execute" => told(execute(argument).await),
        "/value" => value(argument).await,
        #[cfg(target_arch = "wasm32")]
        "/buckets" => buckets::try_all(argument),
        _ => "no such request".to_owned(),
    }
}

fn told(result: Result<impl std::fmt::Debug, Error>) -> String {
    match result {
        Ok(answer) => format!("{answer:?}"),
        Err(error) => format!("{error:?}"),
    }
}

/// `<channel>=<message>`
async fn publish(argument: &str) -> Result<(), Error> {
    let (channel, message) = argument.split_once('=').unwrap_or((argument, ""));
    Connection::open(address()).await?.publish(channel, message).await
}

/// Uses each function once, on keys that begin with the argument, and tells all that they answer.
async fn redis(prefix: &str) -> Result<String, Error> {
    let connection = Connection::open(address()).await?;
    let key = |name: &str| format!("{prefix}{name}");
    let before = connection.get(key("value")).await?;
    connection.set(key("value"), [0, 255]).await?;
    let after = connection.get(key("value")).await?;
    let counted = connection.incr(key("number")).await?;
    let added = connection.sadd(key("set"), ["a", "b"]).await?;
    let removed = connection.srem(key("set"), ["a"]).await?;
    let members = connection.smembers(key("set")).await?;
    let mistaken = connection.incr(key("set")).await;
    let deleted = connection.del([key("value"), key("set"), key("none")]).await?;
    Ok(format!(
        "{before:?} {after:?} {counted} {added} {removed} {members:?} {mistaken:?} {deleted}"
    ))
}

/// The command and its arguments, with commas between them.
async fn execute(argument: &str) -> Result<String, Error> {
    let mut words = argument.split(',');
    let command = words.next().unwrap_or_default();
    let arguments = words.map(|word| RedisParameter::Binary(word.as_bytes().to_vec()));
    let results = Connection::open(address())
        .await?
        .execute(command, arguments)
        .await?;
    Ok(format!("{results:?}"))
}

/// What the default store has under a key.
async fn value(key: &str) -> String {
    let found = async { Store::open_default().await?.get(key).await };
    match found.await {
        Ok(Some(value)) => String::from_utf8_lossy(&value).into_owned(),
        Ok(None) => String::new(),
        Err(error) => format!("{error:?}"),
    }
}
