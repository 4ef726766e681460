//! Every version of every request that the broker lists is answered, and the answer decodes.
//!
//! Clients of different ages speak different versions; each test here goes through all of them.

mod cluster;
mod membership;
mod messages;

use std::ops::RangeInclusive;

use kafka_protocol::messages::*;
use kafka_protocol::protocol::{Request, StrBytes};
use rdkafka::producer::FutureRecord;
use uuid::Uuid;

use crate::raw_client::{RawClient, topic_name};
use crate::support::{PATIENCE, TestBroker};

/// A broker with messages in topic `t`, a client for it, and the requests that were tried.
struct Conversation {
    broker: TestBroker,
    client: RawClient,
    listed: Vec<(i16, RangeInclusive<i16>)>,
}

fn text(value: &'static str) -> StrBytes {
    StrBytes::from_static_str(value)
}

fn group(name: &'static str) -> GroupId {
    GroupId(text(name))
}

impl Conversation {
    async fn start() -> Self {
        let broker = TestBroker::start_with(&["t"]).await;
        let record = FutureRecord::<str, str>::to("t").partition(0).payload("message");
        broker.producer().send(record, PATIENCE).await.unwrap();
        let mut client = RawClient::connect(broker.address());
        let listed = client.call(4, &ApiVersionsRequest::default()).api_keys;
        let listed = listed
            .iter()
            .map(|api| (api.api_key, api.min_version..=api.max_version))
            .collect();
        Self {
            broker,
            client,
            listed,
        }
    }

    /// Sends the request that `make` makes for each listed version, and has `check` look at the answers.
    fn each<Body: Request>(&mut self, make: impl Fn(i16) -> Body, check: impl Fn(i16, Body::Response)) {
        let (_key, versions) = self
            .listed
            .iter()
            .find(|(key, _versions)| *key == Body::KEY)
            .unwrap();
        for version in versions.clone() {
            println!("request {} version {version}", Body::KEY);
            check(version, self.client.call(version, &make(version)));
        }
    }

    fn topic_id(&mut self) -> Uuid {
        let asked = metadata_request::MetadataRequestTopic::default().with_name(Some(topic_name("t")));
        self.client
            .call(12, &MetadataRequest::default().with_topics(Some(vec![asked])))
            .topics[0]
            .topic_id
    }
}
