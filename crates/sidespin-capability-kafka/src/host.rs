//! The interfaces' functions. What a guest is told has no addresses in it; the log has the rest.

use std::collections::BTreeMap;
use std::time::Instant;

use sidespin_kafka_client::{ClientError, Header, Outgoing, Record};
use sidespin_world::kafka::{outbound_kafka, subscription, types};
use wasmtime::component::{Accessor, Resource};

use crate::fan_out::Subscription;
use crate::metrics::Outcome;
use crate::queue::End;
use crate::{Kafka, KafkaInstance, KafkaView};

impl types::Host for KafkaView<'_> {}

impl outbound_kafka::Host for KafkaView<'_> {}

impl<T: Send> outbound_kafka::HostWithStore<T> for Kafka {
    async fn send(
        accessor: &Accessor<T, Self>,
        message: outbound_kafka::Outgoing,
    ) -> wasmtime::Result<Result<outbound_kafka::Position, outbound_kafka::Error>> {
        let instance = instance(accessor);
        if let Err(denied) = check(&instance, [&message]) {
            return Ok(Err(denied));
        }
        let (begun, topic) = (Instant::now(), message.topic.clone());
        let written = instance.producer.send(outgoing(message)).await;
        count(&instance, [(topic.as_str(), 1)], written.is_ok(), begun);
        Ok(written.map(position).map_err(write_error))
    }

    async fn send_many(
        accessor: &Accessor<T, Self>,
        messages: Vec<outbound_kafka::Outgoing>,
    ) -> wasmtime::Result<Result<Vec<outbound_kafka::Position>, outbound_kafka::Error>> {
        let instance = instance(accessor);
        // All or none is checked before anything is written.
        if let Err(denied) = check(&instance, &messages) {
            return Ok(Err(denied));
        }
        if messages.is_empty() {
            return Ok(Ok(Vec::new()));
        }
        let begun = Instant::now();
        let mut topics: BTreeMap<String, u64> = BTreeMap::new();
        for message in &messages {
            match topics.get_mut(&message.topic) {
                Some(count) => *count += 1,
                None => drop(topics.insert(message.topic.clone(), 1)),
            }
        }
        let written = instance
            .producer
            .send_all(messages.into_iter().map(outgoing).collect())
            .await;
        let topics = topics.iter().map(|(topic, count)| (topic.as_str(), *count));
        count(&instance, topics, written.is_ok(), begun);
        Ok(written
            .map(|written| written.into_iter().map(position).collect())
            .map_err(write_error))
    }
}

impl subscription::Host for KafkaView<'_> {}

impl<T: Send> subscription::HostWithStore<T> for Kafka {
    async fn subscribe(
        accessor: &Accessor<T, Self>,
        topic: String,
        key: Option<Vec<u8>>,
    ) -> wasmtime::Result<Result<Resource<subscription::Reader>, subscription::Error>> {
        let instance = instance(accessor);
        if !instance.granted.contains(&topic) {
            return Ok(Err(subscription::Error::AccessDenied(topic)));
        }
        let reader = match instance.hub.subscribe(&topic, key).await {
            Ok(subscription) => std::sync::Arc::new(subscription),
            Err(error) => {
                tracing::warn!(error = error.full(), topic, "a subscription could not start");
                return Ok(Err(subscription::Error::Unavailable(error.to_string())));
            }
        };
        accessor.with(|mut access| {
            let reader = access.get().table.push(reader)?;
            Ok(Ok(Resource::new_own(reader.rep())))
        })
    }
}

/// The table's own type for a reader.
type Reader = std::sync::Arc<Subscription>;

impl subscription::HostReader for KafkaView<'_> {
    fn drop(&mut self, reader: Resource<subscription::Reader>) -> wasmtime::Result<()> {
        self.table.delete(Resource::<Reader>::new_own(reader.rep()))?;
        Ok(())
    }
}

impl<T: Send> subscription::HostReaderWithStore<T> for Kafka {
    async fn next(
        accessor: &Accessor<T, Self>,
        reader: Resource<subscription::Reader>,
    ) -> wasmtime::Result<Result<Vec<types::Message>, subscription::Error>> {
        let reader = accessor.with(|mut access| {
            access
                .get()
                .table
                .get(&Resource::<Reader>::new_borrow(reader.rep()))
                .cloned()
        })?;
        Ok(match reader.next().await {
            Ok(records) => Ok(records.iter().map(|record| message(record)).collect()),
            Err(End::TooSlow) => Err(subscription::Error::TooSlow),
            Err(End::Unavailable(reason)) => Err(subscription::Error::Unavailable(reason)),
        })
    }
}

fn count<'a>(
    instance: &KafkaInstance,
    topics: impl IntoIterator<Item = (&'a str, u64)>,
    is_written: bool,
    begun: Instant,
) {
    let outcome = if is_written {
        Outcome::Written
    } else {
        Outcome::Failed
    };
    instance
        .metrics
        .call(&instance.component, topics, outcome, begun.elapsed());
}

fn instance<T: Send>(accessor: &Accessor<T, Kafka>) -> KafkaInstance {
    accessor.with(|mut access| access.get().instance.clone())
}

fn check<'a>(
    instance: &KafkaInstance,
    messages: impl IntoIterator<Item = &'a outbound_kafka::Outgoing>,
) -> Result<(), outbound_kafka::Error> {
    match messages
        .into_iter()
        .find(|message| !instance.granted.contains(&message.topic))
    {
        Some(message) => Err(outbound_kafka::Error::AccessDenied(message.topic.clone())),
        None => Ok(()),
    }
}

fn outgoing(message: outbound_kafka::Outgoing) -> Outgoing {
    let header = |header: types::Header| Header {
        name: header.name,
        value: header.value,
    };
    Outgoing {
        topic: message.topic,
        key: message.key,
        value: message.value,
        headers: message.headers.into_iter().map(header).collect(),
    }
}

fn position(written: sidespin_kafka_client::Written) -> outbound_kafka::Position {
    outbound_kafka::Position {
        partition: written.partition,
        offset: written.offset,
    }
}

fn write_error(error: ClientError) -> outbound_kafka::Error {
    tracing::warn!(error = error.full(), "a message could not be written");
    match error {
        ClientError::NoSuchTopic { topic } => outbound_kafka::Error::NoSuchTopic(topic),
        ClientError::TooLarge { topic } => outbound_kafka::Error::TooLarge(topic),
        error if error.is_retriable() => outbound_kafka::Error::Unavailable(error.to_string()),
        error => outbound_kafka::Error::Other(error.to_string()),
    }
}

fn message(record: &Record) -> types::Message {
    let header = |header: &Header| types::Header {
        name: header.name.clone(),
        value: header.value.clone(),
    };
    types::Message {
        topic: record.topic.to_string(),
        partition: record.partition,
        offset: record.offset,
        timestamp: record.timestamp,
        key: record.key.clone(),
        value: record.value.clone(),
        headers: record.headers.iter().map(header).collect(),
    }
}
