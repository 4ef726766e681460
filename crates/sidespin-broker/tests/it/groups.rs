//! Consumer groups with librdkafka's members.

use std::collections::HashSet;

use rdkafka::admin::{AdminClient, AdminOptions};
use rdkafka::client::DefaultClientContext;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer};
use rdkafka::message::Message;
use rdkafka::{Offset, TopicPartitionList};

use crate::support::{PATIENCE, TestBroker, assigned, poll_until, receive, send, value};

/// Whether two members have all three partitions between them, and neither has none.
fn share_all(one: &BaseConsumer, two: &BaseConsumer) -> bool {
    let (one, two) = (assigned(one), assigned(two));
    one > 0 && two > 0 && one + two == 3
}

/// Two members share the partitions; one leaves, and the other has them all and misses nothing.
async fn two_share_and_one_leaves(strategy: &str) {
    let broker = TestBroker::start_with(&["shared"]).await;
    let producer = broker.producer();
    let more = [("partition.assignment.strategy", strategy)];
    let stays = broker.consumer_with("pair", &["shared"], &more);
    poll_until(&[&stays], |_index, _message| assigned(&stays) == 3);
    let leaves = broker.consumer_with("pair", &["shared"], &more);
    poll_until(&[&stays, &leaves], |_index, _message| share_all(&stays, &leaves));
    for number in 0..30 {
        send(&producer, "shared", &format!("key {number}"), &number.to_string()).await;
    }
    let mut received = [HashSet::new(), HashSet::new()];
    poll_until(&[&stays, &leaves], |index, message| {
        received[index].extend(message.map(|message| value(&message).to_owned()));
        received[0].len() + received[1].len() == 30
    });
    assert!(
        received.iter().all(|some| !some.is_empty()),
        "{strategy}: both members get messages"
    );
    stays.commit_consumer_state(CommitMode::Sync).unwrap();
    leaves.commit_consumer_state(CommitMode::Sync).unwrap();
    drop(leaves);
    poll_until(&[&stays], |_index, _message| assigned(&stays) == 3);
    for number in 30..60 {
        send(&producer, "shared", &format!("key {number}"), &number.to_string()).await;
    }
    let rest: HashSet<String> = receive(&stays, 30)
        .iter()
        .map(|message| value(message).to_owned())
        .collect();
    assert_eq!(
        rest,
        (30..60).map(|number| number.to_string()).collect(),
        "{strategy}: nothing twice, nothing missing"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn two_members_share_by_range() {
    two_share_and_one_leaves("range").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_members_share_in_turn() {
    two_share_and_one_leaves("roundrobin").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_members_share_cooperatively() {
    two_share_and_one_leaves("cooperative-sticky").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_groups_of_one_topic_both_receive_every_message() {
    let broker = TestBroker::start_with(&["t"]).await;
    let producer = broker.producer();
    let (one, two) = (broker.consumer("one", &["t"]), broker.consumer("two", &["t"]));
    // One group is there from the start, the other comes later; that the first commits is nothing to the second.
    poll_until(&[&one], |_index, _message| assigned(&one) == 3);
    for number in 0..60 {
        send(&producer, "t", &format!("key {number}"), &number.to_string()).await;
    }
    let all = |consumer: &BaseConsumer, numbers: std::ops::Range<i32>| {
        let mut received: Vec<i32> = receive(consumer, numbers.len())
            .iter()
            .map(|message| value(message).parse().unwrap())
            .collect();
        received.sort_unstable();
        assert_eq!(received, numbers.collect::<Vec<_>>());
        consumer.commit_consumer_state(CommitMode::Sync).unwrap();
    };
    all(&one, 0..60);
    all(&two, 0..60);
    for number in 60..90 {
        send(&producer, "t", &format!("key {number}"), &number.to_string()).await;
    }
    all(&two, 60..90);
    all(&one, 60..90);
}

#[tokio::test(flavor = "multi_thread")]
async fn committed_offsets_survive_a_restart() {
    let broker = TestBroker::start().await;
    let producer = broker.producer();
    for number in 0..10 {
        send(&producer, "kept", "one key", &number.to_string()).await;
    }
    let consumer = broker.consumer("readers", &["kept"]);
    let sixth = receive(&consumer, 6).pop().unwrap();
    let mut done = TopicPartitionList::new();
    done.add_partition_offset("kept", sixth.partition(), Offset::Offset(sixth.offset() + 1))
        .unwrap();
    consumer.commit(&done, CommitMode::Sync).unwrap();
    drop(consumer);
    let broker = broker.restart().await;
    let rest = receive(&broker.consumer("readers", &["kept"]), 4);
    assert_eq!(rest.iter().map(value).collect::<Vec<_>>(), ["6", "7", "8", "9"]);
    let other = receive(&broker.consumer("others", &["kept"]), 10);
    assert_eq!(value(&other[0]), "0");
}

#[tokio::test(flavor = "multi_thread")]
async fn members_find_back_into_their_group_after_a_restart() {
    let broker = TestBroker::start_with(&["t"]).await;
    // On a fixed port, so that the consumer can come back; it was free a moment ago.
    let address = broker.address();
    let consumer = broker.consumer("loyal", &["t"]);
    send(&broker.producer(), "t", "k", "before").await;
    assert_eq!(value(&receive(&consumer, 1)[0]), "before");
    consumer.commit_consumer_state(CommitMode::Sync).unwrap();
    let directory = broker.stop().await;
    let mut config = crate::support::config(directory.path());
    config.listen = address;
    let again = sidespin_broker::Broker::start(config).await.unwrap();
    let producer = crate::support::client(address, &[]);
    send(&producer, "t", "k", "after").await;
    assert_eq!(value(&receive(&consumer, 1)[0]), "after");
    drop(consumer);
    again.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_static_member_comes_back_to_its_partitions() {
    let broker = TestBroker::start_with(&["t"]).await;
    let member = |id| broker.consumer_with("static", &["t"], &[("group.instance.id", id)]);
    let (one, two) = (member("one"), member("two"));
    poll_until(&[&one, &two], |_index, _message| share_all(&one, &two));
    let partitions = |consumer: &BaseConsumer| {
        consumer
            .assignment()
            .unwrap()
            .elements()
            .iter()
            .map(|element| element.partition())
            .collect::<HashSet<_>>()
    };
    let (of_one, of_two) = (partitions(&one), partitions(&two));
    drop(two);
    let two = member("two");
    poll_until(&[&one, &two], |_index, _message| assigned(&two) > 0);
    assert_eq!((partitions(&one), partitions(&two)), (of_one, of_two));
}

#[tokio::test(flavor = "multi_thread")]
async fn tools_see_groups_and_can_delete_them() {
    let broker = TestBroker::start().await;
    send(&broker.producer(), "t", "k", "v").await;
    let consumer = broker.consumer_with("seen", &["t"], &[("client.id", "the-client")]);
    receive(&consumer, 1);
    consumer.commit_consumer_state(CommitMode::Sync).unwrap();
    let group = |name| {
        let list = consumer.fetch_group_list(Some(name), PATIENCE).unwrap();
        let group = list.groups().iter().find(|group| group.name() == name).unwrap();
        let members: Vec<String> = group
            .members()
            .iter()
            .map(|member| member.client_id().to_owned())
            .collect();
        (
            group.state().to_owned(),
            group.protocol_type().to_owned(),
            members,
        )
    };
    assert_eq!(
        group("seen"),
        (
            "Stable".to_owned(),
            "consumer".to_owned(),
            vec!["the-client".to_owned()]
        )
    );
    let admin: AdminClient<DefaultClientContext> = broker.client(&[]);
    let refused = admin
        .delete_groups(&["seen"], &AdminOptions::new())
        .await
        .unwrap();
    assert!(matches!(
        &refused[0],
        Err((_name, rdkafka::types::RDKafkaErrorCode::NonEmptyGroup))
    ));
    drop(consumer);
    let deleted = admin
        .delete_groups(&["seen", "never-was"], &AdminOptions::new())
        .await
        .unwrap();
    assert_eq!(deleted[0], Ok("seen".to_owned()));
    assert!(matches!(
        &deleted[1],
        Err((_name, rdkafka::types::RDKafkaErrorCode::GroupIdNotFound))
    ));
    let again = broker.consumer("seen", &["t"]);
    assert_eq!(value(&receive(&again, 1)[0]), "v");
}
