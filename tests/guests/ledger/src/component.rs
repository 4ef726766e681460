//! The component's exports.

use std::cell::Cell;

use anyhow::{Context as _, Result};
use http_body_util::BodyExt as _;
use spin_sdk::http::{BoxBody, FullBody, Request, Response, StatusCode, box_body};
use spin_sdk::variables;

use crate::book::Book;
use bindings::exports::sidespin::kafka::inbound_kafka::{Failure, Guest, Message};
use bindings::sidespin::kafka::outbound_kafka::{self, Outgoing};

mod bindings {
    // The SDK's own bindings runtime: its executor is the one that drives what the SDK spawns.
    spin_sdk::wit_bindgen::generate!({
        runtime_path: "::spin_sdk::wit_bindgen::rt",
        path: "../../../wit/sidespin-kafka",
        inline: "
            package tests:ledger;

            world component {
                import sidespin:kafka/outbound-kafka@0.1.0;
                export sidespin:kafka/inbound-kafka@0.1.0;
            }
        ",
        world: "tests:ledger/component",
        generate_all,
    });
}

mod exports {
    #![expect(
        unsafe_code,
        reason = "the canonical ABI's exported functions are generated as unsafe"
    )]

    use super::{Ledger, bindings};

    bindings::export!(Ledger with_types_in super::bindings);
}

thread_local! {
    /// Calls that this instance has had.
    static CALLS: Cell<u64> = const { Cell::new(0) };
}

struct Ledger;

impl Guest for Ledger {
    async fn handle_messages(messages: Vec<Message>) -> Vec<Result<(), Failure>> {
        let count = messages.len();
        match handle(messages).await {
            Ok(answers) => answers,
            Err(error) => vec![Err(Failure::Retry(format!("{error:#}"))); count],
        }
    }
}

async fn handle(messages: Vec<Message>) -> Result<Vec<Result<(), Failure>>> {
    let book = Book::open().await?;
    let mut answers = Vec::with_capacity(messages.len());
    let mut entries = Vec::with_capacity(messages.len());
    let mut stuck: Vec<String> = Vec::new();
    for message in &messages {
        let key = String::from_utf8_lossy(message.key.as_deref().unwrap_or_default()).into_owned();
        let value = String::from_utf8_lossy(message.value.as_deref().unwrap_or_default()).into_owned();
        let answer = if value.starts_with("poison") {
            Err(Failure::Reject("poison".to_owned()))
        } else if value.starts_with("flaky") && book.attempt(&value).await? <= 2 {
            Err(Failure::Retry("not yet".to_owned()))
        } else {
            Ok(())
        };
        let number = value.trim_start_matches("flaky").trim().parse();
        match (&answer, number) {
            // It will come again with what it held back, so it is not entered now.
            (Ok(()), Ok(number)) if !stuck.contains(&key) => entries.push((key, number)),
            (Err(Failure::Retry(_)), _) => stuck.push(key),
            _ => {}
        }
        answers.push(answer);
    }
    book.enter(&entries).await?;
    trap_now_and_then().await;
    Ok(answers)
}

/// After the work, before the answer: all of it comes again.
async fn trap_now_and_then() {
    let every: u64 = match variables::get("trap_every").await {
        Ok(text) => text.parse().unwrap_or_default(),
        Err(_not_set) => 0,
    };
    let calls = CALLS.get() + 1;
    CALLS.set(calls);
    assert!(every == 0 || !calls.is_multiple_of(every), "told to trap");
}

#[spin_sdk::http_service]
async fn serve(request: Request) -> Result<Response<BoxBody>> {
    let path = request.uri().path().to_owned();
    let topic = request.uri().query().unwrap_or_default().to_owned();
    match path.as_str() {
        "/summary" => answer(StatusCode::OK, Book::open().await?.summary().await?.to_string()),
        "/missing" => {
            let missing = Book::open().await?.missing(&text(request).await?).await?;
            answer(StatusCode::OK, missing.to_string())
        }
        "/produce" => match produce(&topic, &text(request).await?).await {
            Ok(()) => answer(StatusCode::OK, String::new()),
            Err(error) => answer(StatusCode::SERVICE_UNAVAILABLE, format!("{error:?}")),
        },
        _ => answer(StatusCode::NOT_FOUND, String::new()),
    }
}

async fn text(request: Request) -> Result<String> {
    let body = request.into_body().collect().await.context("reading the body")?;
    Ok(String::from_utf8_lossy(&body.to_bytes()).into_owned())
}

/// Writes lines `key value` to a topic, in their order.
async fn produce(topic: &str, lines: &str) -> Result<(), outbound_kafka::Error> {
    let outgoing = |line: &str| {
        let (key, value) = line.split_once(' ').unwrap_or((line, ""));
        Outgoing {
            topic: topic.to_owned(),
            key: Some(key.as_bytes().to_vec()),
            value: Some(value.as_bytes().to_vec()),
            headers: Vec::new(),
        }
    };
    let messages = lines.lines().map(outgoing).collect();
    outbound_kafka::send_many(messages).await.map(|_positions| ())
}

fn answer(status: StatusCode, text: String) -> Result<Response<BoxBody>> {
    Ok(Response::builder()
        .status(status)
        .body(box_body(FullBody::new(bytes::Bytes::from(text))))?)
}
