//! The component's exports.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result};
use futures::StreamExt as _;
use http_body_util::BodyExt as _;
use spin_sdk::http::{self, BoxBody, EmptyBody, FullBody, Request, Response, StatusCode, box_body};

use bindings::exports::sidespin::jobs::job_handler;
use bindings::exports::sidespin::kafka::inbound_kafka;
use bindings::sidespin::jobs::scheduler;

mod bindings {
    // The SDK's own bindings runtime: its executor is the one that drives what the SDK spawns.
    spin_sdk::wit_bindgen::generate!({
        runtime_path: "::spin_sdk::wit_bindgen::rt",
        path: ["../../../wit/sidespin-kafka", "../../../wit/sidespin-jobs"],
        inline: "
            package tests:meter;

            world component {
                import sidespin:jobs/scheduler@0.1.0;
                export sidespin:kafka/inbound-kafka@0.1.0;
                export sidespin:jobs/job-handler@0.1.0;
            }
        ",
        world: "tests:meter/component",
        generate_all,
    });
}

mod exports {
    #![expect(
        unsafe_code,
        reason = "the canonical ABI's exported functions are generated as unsafe"
    )]

    use super::{Meter, bindings};

    bindings::export!(Meter with_types_in super::bindings);
}

/// Jobs that are put at once.
const AT_ONCE: usize = 256;

struct Meter;

impl inbound_kafka::Guest for Meter {
    async fn handle_messages(
        messages: Vec<inbound_kafka::Message>,
    ) -> Vec<Result<(), inbound_kafka::Failure>> {
        let now = nanoseconds();
        for message in &messages {
            let value = message
                .value
                .as_deref()
                .and_then(|value| std::str::from_utf8(value).ok());
            if let Some(sent) = value.and_then(|value| value.parse::<u128>().ok()) {
                println!("took {}", now.saturating_sub(sent));
            }
        }
        messages.iter().map(|_message| Ok(())).collect()
    }
}

impl job_handler::Guest for Meter {
    async fn handle_job(_job: job_handler::Job) -> Result<(), job_handler::Failure> {
        Ok(())
    }
}

#[spin_sdk::http_service]
async fn serve(request: Request) -> Result<Response<BoxBody>> {
    let path = request.uri().path().to_owned();
    let query = request.uri().query().unwrap_or_default().to_owned();
    let text = match path.as_str() {
        "/jobs" => put_jobs(&query).await?,
        "/calls" => calls(&query).await?,
        _ => String::new(),
    };
    Ok(Response::builder()
        .status(StatusCode::OK)
        .body(box_body(FullBody::new(bytes::Bytes::from(text))))?)
}

/// `<count>,<due in milliseconds>`: puts so many jobs.
async fn put_jobs(query: &str) -> Result<String> {
    let (count, due) = query.split_once(',').context("two numbers")?;
    let (count, due): (u64, u64) = (count.parse()?, due.parse()?);
    let put = |number: u64| {
        scheduler::put(scheduler::Schedule {
            name: format!("job-{number}"),
            due,
            repeat: None,
            payload: Vec::new(),
        })
    };
    let mut putting = futures::stream::iter((0..count).map(put)).buffer_unordered(AT_ONCE);
    while let Some(put) = putting.next().await {
        put.map_err(|error| anyhow::anyhow!("{error:?}"))?;
    }
    Ok(count.to_string())
}

/// `<count>,<url>`: calls so often, one after the other, and answers with the microseconds of each.
async fn calls(query: &str) -> Result<String> {
    let (count, url) = query.split_once(',').context("a number and a URL")?;
    let mut took = Vec::new();
    for _ in 0..count.parse()? {
        let begun = Instant::now();
        let request = Request::get(url).body(EmptyBody::new())?;
        let answer = http::send(request).await?;
        anyhow::ensure!(answer.status().is_success(), "{}", answer.status());
        answer.into_body().collect().await.context("reading the answer")?;
        took.push((begun.elapsed().as_nanos() / 1000).to_string());
    }
    Ok(took.join(" "))
}

fn nanoseconds() -> u128 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_nanos())
}
