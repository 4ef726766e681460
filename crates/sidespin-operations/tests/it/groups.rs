//! How far groups are behind, and letting them read again.

use sidespin_kafka_client::{GroupConsumer, Position as GroupPosition};
use sidespin_operations::{GroupLag, OperationError, Position};

use crate::fixture::{Fixture, read};

async fn lag(fixture: &Fixture, group: &str) -> GroupLag {
    fixture
        .cluster
        .lag(Some(&fixture.name(group)))
        .await
        .unwrap()
        .remove(0)
}

/// Reads so many messages of one key, of which the first `handled` are committed, and leaves.
async fn handle(fixture: &Fixture, mut consumer: GroupConsumer, count: usize, handled: i64) {
    let mut assignment = None;
    let mut seen = 0;
    while seen < count {
        if let sidespin_kafka_client::GroupEvent::Records(records) = consumer.next().await {
            seen += records.len();
            assignment = records.last().map(|last| last.assignment.clone());
        }
    }
    let position = GroupPosition {
        assignment: assignment.unwrap(),
        offset: handled,
    };
    consumer.close(vec![position]).await;
    assert_eq!(lag(fixture, "group").await.members, 0);
}

async fn ten_of_which_four_are_handled() -> Fixture {
    let fixture = Fixture::start().await;
    let messages = (0..10).map(|_| fixture.message("events", "k", "v")).collect();
    fixture.producer.send_all(messages).await.unwrap();
    let consumer = fixture.join("group").await;
    handle(&fixture, consumer, 10, 4).await;
    fixture
}

#[tokio::test]
async fn lag_is_what_lies_between_the_committed_offset_and_the_end() {
    let fixture = ten_of_which_four_are_handled().await;
    let lag = lag(&fixture, "group").await;
    assert_eq!((lag.total(), lag.members, lag.partitions.len()), (6, 0, 3));
    let behind = lag.partitions.iter().find(|partition| partition.lag > 0).unwrap();
    assert_eq!((behind.committed, behind.end), (Some(4), 10));
    assert!(
        lag.partitions
            .iter()
            .all(|partition| partition.topic == fixture.name("events"))
    );
    let all = fixture.cluster.lag(None).await.unwrap();
    assert!(all.contains(&lag));
}

#[tokio::test]
async fn a_group_that_is_stuck_at_its_first_message_is_behind_by_all() {
    let fixture = Fixture::start().await;
    fixture
        .producer
        .send(fixture.message("events", "k", "v"))
        .await
        .unwrap();
    let consumer = fixture.join("group").await;
    let lag = lag(&fixture, "group").await;
    assert_eq!((lag.total(), lag.members, lag.state.as_str()), (1, 1, "Stable"));
    assert!(
        lag.partitions
            .iter()
            .all(|partition| partition.committed.is_none())
    );
    consumer.close(Vec::new()).await;
}

#[tokio::test]
async fn a_group_that_does_not_exist_is_said_to() {
    let fixture = ten_of_which_four_are_handled().await;
    let error = fixture
        .cluster
        .lag(Some(&fixture.name("grup")))
        .await
        .unwrap_err();
    assert!(matches!(error, OperationError::NoSuchGroup { .. }), "{error:?}");
    assert!(error.hint().unwrap().contains(&fixture.name("group")));
}

#[tokio::test]
async fn a_group_reads_again_from_where_it_is_put_and_no_other_group_does() {
    let fixture = ten_of_which_four_are_handled().await;
    let (group, topic) = (fixture.name("group"), fixture.name("events"));
    let other = fixture.name("other");
    let plan = fixture
        .cluster
        .plan_replay(&other, &topic, None, Position::End)
        .await
        .unwrap();
    fixture.cluster.replay(&plan).await.unwrap();

    let plan = fixture
        .cluster
        .plan_replay(&group, &topic, None, Position::Offset(1))
        .await
        .unwrap();
    assert_eq!((plan.messages(), plan.group_exists, plan.members), (9, true, 0));
    let moved = plan
        .partitions
        .iter()
        .find(|partition| partition.messages() > 0)
        .unwrap();
    assert_eq!((moved.committed, moved.start, moved.end), (Some(4), 1, 10));
    assert_eq!(lag(&fixture, "group").await.total(), 6, "a plan changes nothing");

    fixture.cluster.replay(&plan).await.unwrap();
    assert_eq!(lag(&fixture, "group").await.total(), 9);
    assert_eq!(lag(&fixture, "other").await.total(), 0);
    let mut consumer = fixture.join("group").await;
    let offsets: Vec<_> = read(&mut consumer, 9)
        .await
        .iter()
        .map(|record| record.offset)
        .collect();
    assert_eq!(offsets, (1..10).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_fresh_group_begins_at_a_time() {
    let fixture = ten_of_which_four_are_handled().await;
    let topic = fixture.name("events");
    let newest = fixture
        .all("events")
        .await
        .iter()
        .map(|record| record.timestamp)
        .max()
        .unwrap();
    let later = Position::Time(newest + 1);
    let plan = fixture
        .cluster
        .plan_replay(&fixture.name("fresh"), &topic, None, later)
        .await
        .unwrap();
    assert_eq!((plan.messages(), plan.group_exists), (0, false));
    let first = Position::Ago(std::time::Duration::from_secs(3600));
    let plan = fixture
        .cluster
        .plan_replay(&fixture.name("fresh"), &topic, None, first)
        .await
        .unwrap();
    assert_eq!(plan.messages(), 10);
    fixture.cluster.replay(&plan).await.unwrap();
    assert_eq!(lag(&fixture, "fresh").await.total(), 10);
    let mut consumer = fixture.join("fresh").await;
    assert_eq!(read(&mut consumer, 10).await.len(), 10);
}

#[tokio::test]
async fn a_group_at_work_is_not_moved() {
    let fixture = ten_of_which_four_are_handled().await;
    let consumer = fixture.join("group").await;
    let (group, topic) = (fixture.name("group"), fixture.name("events"));
    let plan = fixture
        .cluster
        .plan_replay(&group, &topic, None, Position::Beginning)
        .await
        .unwrap();
    assert_eq!(plan.members, 1);
    let error = fixture.cluster.replay(&plan).await.unwrap_err();
    assert!(matches!(error, OperationError::GroupIsActive { .. }), "{error:?}");
    assert_eq!(lag(&fixture, "group").await.total(), 6);
    consumer.close(Vec::new()).await;
}

#[tokio::test]
async fn one_partition_can_be_replayed_alone() {
    let fixture = ten_of_which_four_are_handled().await;
    let (group, topic) = (fixture.name("group"), fixture.name("events"));
    let place = lag(&fixture, "group")
        .await
        .partitions
        .into_iter()
        .find(|place| place.lag > 0)
        .unwrap();
    let beside = (place.partition + 1) % 3;
    let plan = fixture
        .cluster
        .plan_replay(&group, &topic, Some(beside), Position::Beginning)
        .await
        .unwrap();
    fixture.cluster.replay(&plan).await.unwrap();
    assert_eq!(lag(&fixture, "group").await.total(), 6);
}

#[tokio::test]
async fn many_groups_are_asked_about_in_little_time() {
    let fixture = ten_of_which_four_are_handled().await;
    let topic = fixture.name("events");
    for number in 0..30 {
        let group = fixture.name(&format!("many-{number:02}"));
        let plan = fixture
            .cluster
            .plan_replay(&group, &topic, None, Position::Offset(number))
            .await
            .unwrap();
        fixture.cluster.replay(&plan).await.unwrap();
    }
    let began = std::time::Instant::now();
    let lags = fixture.cluster.lag(None).await.unwrap();
    println!("the lag of {} groups took {:?}", lags.len(), began.elapsed());
    let prefix = fixture.name("many-");
    let many = lags.iter().filter(|lag| lag.group.starts_with(&prefix));
    let totals: Vec<_> = many.map(GroupLag::total).filter(|total| *total > 0).collect();
    assert_eq!(totals, [10, 9, 8, 7, 6, 5, 4, 3, 2, 1]);
    let topics = fixture.cluster.topics(false).await.unwrap();
    let listed = topics.iter().find(|listed| listed.name == topic).unwrap();
    assert_eq!(listed.groups.len(), 31);
}
