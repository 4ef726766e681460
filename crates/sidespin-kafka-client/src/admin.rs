//! Which topics there are, and creating those that are missing.

use std::collections::BTreeSet;
use std::time::Duration;

use rdkafka::admin::{AdminClient, AdminOptions, NewTopic as NativeTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};

use crate::{ClientError, Connection, client};

/// A broker that cannot create a topic in this time is not well.
const TIMEOUT: Duration = Duration::from_secs(10);

/// A topic that must exist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewTopic {
    /// Its name.
    pub name: String,
    /// How many partitions it gets if it does not exist yet.
    pub partitions: u32,
    /// On how many brokers each is kept; as many as the cluster is set to, without it.
    pub replication: Option<u32>,
}

/// Creates those of `topics` that do not exist; the others stay as they are.
///
/// # Errors
/// The cluster cannot be reached, or refuses one of them.
pub async fn ensure_topics(connection: &Connection, topics: &[NewTopic]) -> Result<(), ClientError> {
    if topics.is_empty() {
        return Ok(());
    }
    let settings = connection.settings().await?;
    let creating = move || client::base(&settings).create::<AdminClient<DefaultClientContext>>();
    let admin = blocking(creating)
        .await?
        .map_err(|error| ClientError::new("connecting to Kafka", error))?;
    let wanted: Vec<_> = topics
        .iter()
        .map(|topic| {
            let partitions = i32::try_from(topic.partitions).unwrap_or(i32::MAX);
            let replication = topic
                .replication
                .map_or(-1, |count| i32::try_from(count).unwrap_or(i32::MAX));
            NativeTopic::new(&topic.name, partitions, TopicReplication::Fixed(replication))
        })
        .collect();
    let options = AdminOptions::new()
        .request_timeout(Some(TIMEOUT))
        .operation_timeout(Some(TIMEOUT));
    let result = admin.create_topics(&wanted, &options).await;
    blocking(move || drop(admin)).await?;
    let answers = result.map_err(|error| ClientError::new("creating topics", error))?;
    for answer in answers {
        match answer {
            Ok(_) | Err((_, RDKafkaErrorCode::TopicAlreadyExists)) => {}
            Err((topic, code)) => {
                return Err(ClientError::new(
                    format!("creating topic `{topic}`"),
                    KafkaError::AdminOp(code),
                ));
            }
        }
    }
    Ok(())
}

/// The names of all topics that there are.
///
/// # Errors
/// The cluster cannot be reached.
pub async fn existing_topics(connection: &Connection) -> Result<BTreeSet<String>, ClientError> {
    let settings = connection.settings().await?;
    let asking = move || {
        let consumer: BaseConsumer = client::base(&settings).create()?;
        let metadata = consumer.fetch_metadata(None, TIMEOUT)?;
        let topics = metadata.topics().iter().filter(|topic| topic.error().is_none());
        Ok(topics.map(|topic| topic.name().to_owned()).collect())
    };
    blocking(asking)
        .await?
        .map_err(|error: KafkaError| ClientError::new("asking Kafka for its topics", error))
}

/// Runs what blocks where blocking is allowed.
pub(crate) async fn blocking<R: Send + 'static>(
    work: impl FnOnce() -> R + Send + 'static,
) -> Result<R, ClientError> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|_ended| ClientError::Unavailable {
            what: "the process is shutting down".to_owned(),
            source: None,
        })
}
