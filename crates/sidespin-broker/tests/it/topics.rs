//! Topics made, grown, described and deleted by clients.

use kafka_protocol::error::ResponseError;
use kafka_protocol::messages::DescribeConfigsRequest;
use kafka_protocol::messages::describe_configs_request::DescribeConfigsResource;
use kafka_protocol::protocol::StrBytes;
use rdkafka::admin::{
    AdminClient, AdminOptions, NewPartitions, NewTopic, ResourceSpecifier, TopicReplication,
};
use rdkafka::client::DefaultClientContext;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::types::RDKafkaErrorCode;
use sidespin_broker::{Broker, TopicConfig};

use crate::raw_client::RawClient;
use crate::support::{PATIENCE, TestBroker, client, config, receive, send, value};

type Admin = AdminClient<DefaultClientContext>;

fn partitions(consumer: &BaseConsumer, topic: &str) -> usize {
    let metadata = consumer.fetch_metadata(None, PATIENCE).unwrap();
    metadata
        .topics()
        .iter()
        .find(|found| found.name() == topic)
        .map_or(0, |found| found.partitions().len())
}

#[tokio::test(flavor = "multi_thread")]
async fn topics_are_made_grown_and_kept() {
    let broker = TestBroker::start().await;
    let admin: Admin = broker.client(&[]);
    let options = AdminOptions::new();
    let topic = |name, count| NewTopic::new(name, count, TopicReplication::Fixed(1));
    let results = admin
        .create_topics(
            &[
                topic("five", 5).set("retention.ms", "60000"),
                topic("bad name", 1),
                topic("strange", 1).set("cleanup.policy", "compact"),
                NewTopic::new("replicated", 1, TopicReplication::Fixed(3)),
            ],
            &options,
        )
        .await
        .unwrap();
    let codes: Vec<_> = results
        .into_iter()
        .map(|result| result.map_err(|(_name, code)| code))
        .collect();
    assert_eq!(
        codes,
        [
            Ok("five".to_owned()),
            Err(RDKafkaErrorCode::InvalidTopic),
            Err(RDKafkaErrorCode::InvalidConfig),
            Err(RDKafkaErrorCode::InvalidReplicationFactor),
        ]
    );
    let again = admin.create_topics(&[topic("five", 5)], &options).await.unwrap();
    assert!(matches!(
        &again[0],
        Err((_name, RDKafkaErrorCode::TopicAlreadyExists))
    ));
    let grown = admin
        .create_partitions(&[NewPartitions::new("five", 7)], &options)
        .await
        .unwrap();
    assert_eq!(grown[0], Ok("five".to_owned()));
    let shrunk = admin
        .create_partitions(&[NewPartitions::new("five", 2)], &options)
        .await
        .unwrap();
    assert!(matches!(
        &shrunk[0],
        Err((_name, RDKafkaErrorCode::InvalidPartitions))
    ));

    let broker = broker.restart().await;
    let admin: Admin = broker.client(&[]);
    assert_eq!(partitions(&broker.client(&[]), "five"), 7);
    let described = admin
        .describe_configs(
            &[ResourceSpecifier::Topic("five"), ResourceSpecifier::Broker(0)],
            &options,
        )
        .await
        .unwrap();
    let topic_configs = described[0].as_ref().unwrap().entry_map();
    assert_eq!(topic_configs["retention.ms"].value.as_deref(), Some("60000"));
    assert_eq!(topic_configs["cleanup.policy"].value.as_deref(), Some("delete"));
    assert_eq!(
        described[1].as_ref().unwrap().entry_map()["num.partitions"]
            .value
            .as_deref(),
        Some("3")
    );
    let missing = DescribeConfigsResource::default()
        .with_resource_type(2)
        .with_resource_name(StrBytes::from_static_str("none"))
        .with_configuration_keys(None);
    let request = DescribeConfigsRequest::default().with_resources(vec![missing]);
    let answer = RawClient::connect(broker.address()).call(4, &request);
    assert_eq!(
        answer.results[0].error_code,
        ResponseError::UnknownTopicOrPartition.code()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_topic_is_gone_and_a_new_one_of_its_name_is_empty() {
    let broker = TestBroker::start().await;
    let producer = broker.producer();
    send(&producer, "short-lived", "k", "old").await;
    let admin: Admin = broker.client(&[]);
    let deleted = admin
        .delete_topics(&["short-lived", "never-was"], &AdminOptions::new())
        .await
        .unwrap();
    assert_eq!(deleted[0], Ok("short-lived".to_owned()));
    assert!(matches!(
        &deleted[1],
        Err((_name, RDKafkaErrorCode::UnknownTopicOrPartition))
    ));
    assert_eq!(partitions(&broker.client(&[]), "short-lived"), 0);
    let left = std::fs::read_dir(broker.directory.path()).unwrap();
    let left: Vec<_> = left.map(|entry| entry.unwrap().file_name()).collect();
    assert!(
        !left
            .iter()
            .any(|name| name.to_string_lossy().starts_with("short-lived")),
        "{left:?}"
    );
    drop(producer);
    send(&broker.producer(), "short-lived", "k", "new").await;
    let received = receive(&broker.consumer("readers", &["short-lived"]), 1);
    assert_eq!(value(&received[0]), "new");
}

#[tokio::test(flavor = "multi_thread")]
async fn configured_topics_are_there_and_others_only_if_allowed() {
    let directory = tempfile::tempdir().unwrap();
    let mut settings = config(directory.path());
    settings.topics = vec![TopicConfig {
        name: "wanted".to_owned(),
        partitions: 2,
    }];
    settings.auto_create_topics = false;
    let broker = Broker::start(settings.clone()).await.unwrap();
    let consumer: BaseConsumer = client(broker.address(), &[("allow.auto.create.topics", "true")]);
    assert_eq!(partitions(&consumer, "wanted"), 2);
    let metadata = consumer.fetch_metadata(Some("unwanted"), PATIENCE).unwrap();
    let error = metadata.topics()[0].error().map(RDKafkaErrorCode::from);
    assert_eq!(error, Some(RDKafkaErrorCode::UnknownTopicOrPartition));
    broker.shutdown().await;

    settings.topics = vec![TopicConfig {
        name: "wanted".to_owned(),
        partitions: 4,
    }];
    let broker = Broker::start(settings).await.unwrap();
    assert_eq!(partitions(&client(broker.address(), &[]), "wanted"), 4);
    broker.shutdown().await;
}
