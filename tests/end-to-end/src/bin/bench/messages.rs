//! Messages per second through the Kafka trigger, beside a bare consumer of the same topic; and how long one message takes.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result, ensure};
use rdkafka::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer as _};

use crate::application::{Meter, metric, printed};
use crate::{line, percentile};

/// Messages of 100 bytes in the topic.
const MESSAGES: u64 = 400_000;
const SIZE: usize = 100;
/// Keys that they are spread over.
const KEYS: u64 = 1000;
/// How often each reader has its turn.
const ROUNDS: usize = 3;
/// For the latency.
const PER_SECOND: u32 = 100;
const SECONDS: u32 = 10;
/// Longer than any reader takes.
const PATIENCE: Duration = Duration::from_secs(120);

pub(crate) async fn measure() -> Result<()> {
    throughput().await?;
    latency().await
}

async fn throughput() -> Result<()> {
    // One process has the broker, as a cluster would, and does nothing else.
    let cluster = Meter::new("[[trigger.http]]\nroute = \"/...\"\ncomponent = \"meter\"\n")?;
    let cluster = cluster.start(&[]).await?;
    let broker = cluster.kafka.context("the cluster has no broker")?.to_string();
    let filling = broker.clone();
    tokio::task::spawn_blocking(move || fill(&filling)).await??;
    let mut figures: [Vec<u64>; 3] = Default::default();
    for round in 0..ROUNDS {
        let reading = broker.clone();
        let bare = tokio::task::spawn_blocking(move || bare_consumer(&reading, &format!("bare-{round}")));
        let bare = bare.await??;
        for (place, rate) in [
            bare,
            trigger(&broker, round, 64).await?,
            trigger(&broker, round, 1).await?,
        ]
        .into_iter()
        .enumerate()
        {
            if let Some(rates) = figures.get_mut(place) {
                rates.push(rate);
            }
        }
    }
    let [bare, batches, single] = figures.map(|mut rates| {
        rates.sort_unstable();
        percentile(&rates, 0.5)
    });
    line(
        "bare librdkafka consumer, messages of 100 bytes",
        &format!("{bare} messages/s"),
    );
    for (what, rate) in [("batches of 64", batches), ("one by one", single)] {
        let hundredths = rate.saturating_mul(100) / bare.max(1);
        line(
            &format!("Kafka trigger into the smallest component, {what}"),
            &format!("{rate} messages/s, {}.{:02}", hundredths / 100, hundredths % 100),
        );
    }
    Ok(())
}

/// Starts a host whose group has read nothing, and counts what it handles.
async fn trigger(broker: &str, round: usize, batch_size: usize) -> Result<u64> {
    let manifest = format!(
        "[[trigger.kafka]]\ncomponent = \"meter\"\ntopics = [\"events\"]\ngroup = \"trigger-{batch_size}-{round}\"\n\
         batch_size = {batch_size}\n"
    );
    let meter = Meter::new(&manifest)?;
    let server = meter.start(&["--variable", &format!("kafka={broker}")]).await?;
    let handled = async || metric(&server, "kafka_messages_total", "outcome=\"Done\"").await;
    let begun = Instant::now();
    // From the first to the last: what it takes to start is measured elsewhere.
    let (mut first, mut started) = (0, Instant::now());
    loop {
        // Before the question: the answer may be long on its way, and what is handled meanwhile is not counted.
        let asked = Instant::now();
        let count = handled().await?;
        if first == 0 && count > 0 {
            (first, started) = (count, asked);
        }
        if count >= MESSAGES {
            return Ok(rate(MESSAGES - first, started.elapsed()));
        }
        ensure!(
            begun.elapsed() < PATIENCE,
            "{count} of {MESSAGES} messages are handled"
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// What librdkafka does alone: reads, and looks at nothing.
fn bare_consumer(broker: &str, group: &str) -> Result<u64> {
    let consumer: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", broker)
        .set("group.id", group)
        .set("auto.offset.reset", "earliest")
        .set("enable.auto.commit", "false")
        // Its default is a second in which nothing is fetched whenever enough is queued; the trigger does not wait so long either.
        .set("fetch.queue.backoff.ms", "10")
        .create()?;
    consumer.subscribe(&["events"])?;
    let begun = Instant::now();
    let (mut count, mut started) = (0, Instant::now());
    while count < MESSAGES {
        ensure!(
            begun.elapsed() < PATIENCE,
            "{count} of {MESSAGES} messages are read"
        );
        if let Some(message) = consumer.poll(Duration::from_millis(100)) {
            message?;
            if count == 0 {
                started = Instant::now();
            }
            count += 1;
        }
    }
    Ok(rate(MESSAGES, started.elapsed()))
}

fn rate(count: u64, took: Duration) -> u64 {
    let nanoseconds = took.as_nanos().max(1);
    u64::try_from(u128::from(count) * 1_000_000_000 / nanoseconds).unwrap_or(u64::MAX)
}

/// A producer that waits so long for more messages before it sends some.
fn producer(broker: &str, linger: &str) -> Result<BaseProducer> {
    Ok(ClientConfig::new()
        .set("bootstrap.servers", broker)
        .set("queue.buffering.max.messages", "1000000")
        .set("linger.ms", linger)
        .create()?)
}

fn fill(broker: &str) -> Result<()> {
    let producer = producer(broker, "5")?;
    let value = [b'x'; SIZE];
    for number in 0..MESSAGES {
        let key = (number % KEYS).to_string();
        let record = BaseRecord::to("events").key(&key).payload(&value[..]);
        producer.send(record).map_err(|(error, _record)| error)?;
    }
    producer.flush(PATIENCE)?;
    Ok(())
}

async fn latency() -> Result<()> {
    let meter = Meter::new("[[trigger.kafka]]\ncomponent = \"meter\"\ntopics = [\"events\"]\n")?;
    let logs = meter.logs();
    let server = meter
        .start(&["--log-dir", logs.to_str().context("a path that is no text")?])
        .await?;
    // Its own waiting, librdkafka's five milliseconds, is not what is measured.
    let producer = producer(&server.kafka.context("no broker")?.to_string(), "0")?;
    let mut tick = tokio::time::interval(Duration::from_secs(1) / PER_SECOND);
    for number in 0..PER_SECOND * SECONDS {
        tick.tick().await;
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)?
            .as_nanos()
            .to_string();
        let key = number.to_string();
        let record = BaseRecord::to("events").key(&key).payload(&now);
        producer.send(record).map_err(|(error, _record)| error)?;
        producer.poll(Duration::ZERO);
    }
    producer.flush(PATIENCE)?;
    let mut took = printed(&logs, "took")?;
    let begun = Instant::now();
    while took.len() < (PER_SECOND * SECONDS) as usize {
        ensure!(begun.elapsed() < PATIENCE, "{} messages are handled", took.len());
        tokio::time::sleep(Duration::from_millis(20)).await;
        took = printed(&logs, "took")?;
    }
    // The first ones make instances; that is what `start` measures.
    let mut took: Vec<_> = took
        .into_iter()
        .skip(PER_SECOND as usize)
        .map(Duration::from_nanos)
        .collect();
    took.sort_unstable();
    line(
        &format!("message sent to message handled, {PER_SECOND}/s"),
        &format!(
            "p50 {:.1?}, p99 {:.1?}",
            percentile(&took, 0.5),
            percentile(&took, 0.99)
        ),
    );
    Ok(())
}
