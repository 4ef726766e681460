//! One reader per topic for the whole process, however many subscriptions there are.

use std::collections::HashMap;
use std::sync::Arc;

use sidespin_kafka_client::{ClientError, Connection, TopicReader};
use tokio::sync::Mutex;

use crate::fan_out::{FanOut, Subscription};
use crate::queue::End;

/// All topics that are being looked at. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct SubscriptionHub {
    connection: Connection,
    topics: Arc<Mutex<HashMap<String, Slot>>>,
}

/// One lock per topic, so that a topic that is slow to begin with does not hold up the others.
type Slot = Arc<Mutex<Option<Topic>>>;

/// A topic that is being looked at. Its reader stays when its subscriptions go: the next browser is never far.
#[derive(Debug)]
struct Topic {
    fan_out: Arc<FanOut>,
    _reader: TopicReader,
}

impl SubscriptionHub {
    pub(crate) fn new(connection: Connection) -> Self {
        Self {
            connection,
            topics: Arc::default(),
        }
    }

    /// Every message that is written to `topic` after this has returned will be seen.
    pub(crate) async fn subscribe(
        &self,
        topic: &str,
        key: Option<Vec<u8>>,
    ) -> Result<Subscription, ClientError> {
        let slot = Arc::clone(self.topics.lock().await.entry(topic.to_owned()).or_default());
        let mut slot = slot.lock().await;
        if let Some(subscription) = slot
            .as_ref()
            .and_then(|topic| topic.fan_out.subscribe(key.clone()))
        {
            return Ok(subscription);
        }
        let fan_out = Arc::new(FanOut::default());
        let sink = Arc::clone(&fan_out);
        let reader = TopicReader::start(&self.connection, topic, move |read| match read {
            Ok(record) => sink.publish(record),
            Err(error) => {
                tracing::warn!(error = error.full(), "subscriptions end");
                sink.end(&End::Unavailable(error.to_string()));
            }
        })
        .await?;
        let subscription = fan_out.subscribe(key);
        *slot = Some(Topic {
            fan_out,
            _reader: reader,
        });
        subscription.ok_or_else(|| ClientError::NoSuchTopic {
            topic: topic.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use sidespin_broker::{Broker, BrokerConfig};
    use sidespin_kafka_client::{ConnectionSettings, Outgoing, Producer};

    use super::*;

    fn message(key: &str) -> Outgoing {
        Outgoing {
            topic: "updates".to_owned(),
            key: Some(key.into()),
            value: Some(key.into()),
            headers: Vec::new(),
        }
    }

    #[tokio::test]
    async fn subscriptions_to_one_topic_share_a_reader_and_see_their_keys_from_now_on() {
        let directory = tempfile::tempdir().unwrap();
        let broker = Broker::start(BrokerConfig::new(
            "127.0.0.1:0".parse().unwrap(),
            directory.path(),
        ))
        .await
        .unwrap();
        let settings = ConnectionSettings::plain(broker.address().to_string(), "test");
        let connection = Connection::to(settings);
        let hub = SubscriptionHub::new(connection.clone());
        let producer = Producer::new(connection);
        producer.send(message("anna")).await.unwrap();

        let anna = hub.subscribe("updates", Some(b"anna".to_vec())).await.unwrap();
        let bert = hub.subscribe("updates", Some(b"bert".to_vec())).await.unwrap();
        producer
            .send_all(["anna", "carl", "bert", "anna"].map(message).into())
            .await
            .unwrap();
        let mut seen = Vec::new();
        while seen.len() < 2 {
            seen.extend(anna.next().await.unwrap());
        }
        assert!(seen.iter().all(|record| record.value.as_deref() == Some(b"anna")));
        assert_eq!(bert.next().await.unwrap().len(), 1);
        assert_eq!(hub.topics.lock().await.len(), 1);
        broker.shutdown().await;
    }

    #[tokio::test]
    async fn a_broker_that_is_away_is_an_error_and_not_the_last_word() {
        let (setter, connection) = Connection::later();
        drop(setter);
        let hub = SubscriptionHub::new(connection);
        assert!(hub.subscribe("updates", None).await.unwrap_err().is_retriable());
        assert!(hub.subscribe("updates", None).await.unwrap_err().is_retriable());
    }
}
