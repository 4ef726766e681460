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
