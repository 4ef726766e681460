//! Dead letters: found, written back, dropped, and never lost on the way.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use sidespin_kafka_client::{Outgoing, Placed};
use sidespin_operations::{DeadLetter, LetterId, OperationError, Settled, Settling, SettlingResult};

use crate::fixture::Fixture;

async fn open(fixture: &Fixture) -> BTreeMap<LetterId, DeadLetter> {
    fixture
        .cluster
        .dead_letters(&fixture.name("events.dlq"))
        .await
        .unwrap()
}

async fn settle(fixture: &Fixture, letters: BTreeMap<LetterId, DeadLetter>, how: Settled) -> SettlingResult {
    let settling = Settling {
        topic: fixture.name("events.dlq"),
        letters,
        how,
    };
    fixture.cluster.settle(&settling).await.unwrap()
}

/// What the ids of open letters must be settled without.
async fn settle_by_id(fixture: &Fixture, id: LetterId, how: Settled) {
    let topic = fixture.name("events.dlq");
    let letters = fixture
        .cluster
        .open_letters(&topic, &BTreeSet::from([id]))
        .await
        .unwrap();
    let result = settle(fixture, letters, how).await;
    assert!(result.failure.is_none(), "{:?}", result.failure);
    assert_eq!(result.settled, [id]);
}

#[tokio::test]
async fn a_dead_letter_is_listed_with_its_story_and_found_with_its_bytes() {
    let fixture = Fixture::start().await;
    let written = fixture
        .producer
        .send(fixture.dead("task-1", vec![0, 255], "no such user"))
        .await
        .unwrap();
    fixture
        .producer
        .send(fixture.message("events.dlq", "k", "no dead letter"))
        .await
        .unwrap();
    let letters = open(&fixture).await;
    assert_eq!(letters.len(), 1);
    let id = LetterId {
        partition: written.partition,
        offset: written.offset,
    };
    let letter = &letters[&id];
    assert_eq!(letter.key.as_deref(), Some(&b"task-1"[..]));
    assert_eq!(letter.reason.as_deref(), Some("no such user"));
    assert_eq!(letter.component.as_deref(), Some("audit"));
    assert_eq!(
        (letter.attempts, letter.partition, letter.offset),
        (Some(5), Some(1), Some(42))
    );
    let topic = fixture.name("events.dlq");
    let found = fixture.cluster.dead_letter(&topic, id).await.unwrap();
    assert_eq!((&found.letter, found.settled), (letter, None));
    assert_eq!(found.record.value.as_deref(), Some(&[0, 255][..]));
    assert!(
        fixture
            .cluster
            .dead_letter_topics()
            .await
            .unwrap()
            .contains(&topic)
    );
}

#[tokio::test]
async fn a_retried_letter_is_back_where_it_was_and_no_longer_listed() {
    let fixture = Fixture::start().await;
    let tombstone = Outgoing {
        key: None,
        value: None,
        ..fixture.dead("", "", "one")
    };
    fixture
        .producer
        .send(fixture.dead("task-1", vec![0, 255], "two"))
        .await
        .unwrap();
    fixture.producer.send(tombstone).await.unwrap();
    for id in open(&fixture).await.into_keys() {
        settle_by_id(&fixture, id, Settled::Retried).await;
    }
    assert_eq!(open(&fixture).await, BTreeMap::new());
    let mut back = fixture.all("events").await;
    back.sort_by(|left, right| left.key.cmp(&right.key));
    assert_eq!(back.len(), 2);
    assert_eq!((&back[0].key, &back[0].value), (&None, &None));
    assert_eq!(back[1].key.as_deref(), Some(&b"task-1"[..]));
    assert_eq!(back[1].value.as_deref(), Some(&[0, 255][..]));
    for record in &back {
        assert_eq!(record.partition, 1, "the partition that it was in");
        let names: Vec<_> = record.headers.iter().map(|header| header.name.as_str()).collect();
        assert_eq!(names, ["traceparent"]);
    }
}

#[tokio::test]
async fn a_dropped_letter_is_not_listed_and_nothing_is_written_elsewhere() {
    let fixture = Fixture::start().await;
    fixture
        .producer
        .send(fixture.dead("a", "1", "bad"))
        .await
        .unwrap();
    fixture
        .producer
        .send(fixture.dead("a", "2", "bad"))
        .await
        .unwrap();
    let ids: Vec<_> = open(&fixture).await.into_keys().collect();
    settle_by_id(&fixture, ids[0], Settled::Dropped).await;
    assert_eq!(open(&fixture).await.into_keys().collect::<Vec<_>>(), [ids[1]]);
    assert_eq!(fixture.all("events").await, []);
    let topic = fixture.name("events.dlq");
    let found = fixture.cluster.dead_letter(&topic, ids[0]).await.unwrap();
    assert_eq!(found.settled, Some(Settled::Dropped));
    // Twice is once too often.
    let error = fixture
        .cluster
        .open_letters(&topic, &BTreeSet::from([ids[0]]))
        .await
        .unwrap_err();
    assert!(
        matches!(error, OperationError::NoSuchLetter { id, .. } if id == ids[0]),
        "{error:?}"
    );
}

#[tokio::test]
async fn what_was_interrupted_between_the_two_steps_is_retried_again() {
    let fixture = Fixture::start().await;
    fixture
        .producer
        .send(fixture.dead("task-1", "value", "bad"))
        .await
        .unwrap();
    let id = *open(&fixture).await.keys().next().unwrap();
    // The first step of a retry, after which the process was killed.
    let first = Placed {
        message: fixture.message("events", "task-1", "value"),
        partition: Some(1),
    };
    fixture.producer.send_each(vec![first]).await.unwrap();
    assert!(open(&fixture).await.contains_key(&id));
    settle_by_id(&fixture, id, Settled::Retried).await;
    assert_eq!(fixture.all("events").await.len(), 2, "twice rather than never");
    assert_eq!(open(&fixture).await, BTreeMap::new());
}

#[tokio::test]
async fn a_letter_whose_origin_is_unknown_or_gone_stays_and_can_be_dropped() {
    let fixture = Fixture::start().await;
    let mut homeless = fixture.dead("a", "1", "bad");
    homeless.headers.retain(|header| header.name != "dlq-topic");
    let mut orphan = fixture.dead("a", "2", "bad");
    for header in &mut orphan.headers {
        if header.name == "dlq-topic" {
            header.value = Some(fixture.name("gone").into());
        }
    }
    fixture
        .producer
        .send_all(vec![homeless, orphan, fixture.dead("a", "3", "bad")])
        .await
        .unwrap();
    let letters = open(&fixture).await;
    let settling = |letters: &[(&LetterId, &DeadLetter)]| Settling {
        topic: fixture.name("events.dlq"),
        letters: letters
            .iter()
            .map(|(id, letter)| (**id, (*letter).clone()))
            .collect(),
        how: Settled::Retried,
    };
    let listed: Vec<_> = letters.iter().collect();
    let error = fixture.cluster.settle(&settling(&listed[..1])).await.unwrap_err();
    assert!(matches!(error, OperationError::NoOrigin { .. }), "{error:?}");
    // Nothing is done with the others either.
    let error = fixture.cluster.settle(&settling(&listed[1..])).await.unwrap_err();
    assert!(matches!(error, OperationError::OriginMissing { .. }), "{error:?}");
    assert_eq!(open(&fixture).await.len(), 3);
    let topics = fixture.cluster.topics(true).await.unwrap();
    assert!(
        topics.iter().all(|topic| topic.name != fixture.name("gone")),
        "nothing was made"
    );
    let result = settle(&fixture, letters, Settled::Dropped).await;
    assert_eq!((result.settled.len(), open(&fixture).await.len()), (3, 0));
}

#[tokio::test]
async fn ids_that_are_nobodys_are_refused() {
    let fixture = Fixture::start().await;
    let written = fixture
        .producer
        .send(fixture.message("events.dlq", "k", "no dead letter"))
        .await
        .unwrap();
    let topic = fixture.name("events.dlq");
    for (partition, offset) in [
        (written.partition, written.offset),
        (written.partition, 99),
        (7, 0),
    ] {
        let id = LetterId { partition, offset };
        let error = fixture.cluster.dead_letter(&topic, id).await.unwrap_err();
        assert!(matches!(error, OperationError::NoSuchLetter { .. }), "{error:?}");
        let error = fixture
            .cluster
            .open_letters(&topic, &BTreeSet::from([id]))
            .await
            .unwrap_err();
        assert!(matches!(error, OperationError::NoSuchLetter { .. }), "{error:?}");
    }
}

#[tokio::test]
async fn ten_thousand_letters_are_listed_and_retried_in_the_order_of_their_keys() {
    let fixture = Fixture::start().await;
    let total = 10_000_u32;
    let letters =
        (0..total).map(|number| fixture.dead(&(number % 50).to_string(), number.to_be_bytes(), "bad"));
    fixture.producer.send_all(letters.collect()).await.unwrap();
    let began = Instant::now();
    let letters = open(&fixture).await;
    let listed = began.elapsed();
    assert_eq!(letters.len(), 10_000);
    let result = settle(&fixture, letters, Settled::Retried).await;
    println!(
        "10,000 dead letters: listed in {listed:?}, retried in {:?}",
        began.elapsed() - listed
    );
    assert!(result.failure.is_none(), "{:?}", result.failure);
    assert_eq!(result.settled.len(), 10_000);
    assert_eq!(open(&fixture).await.len(), 0);
    let mut last: BTreeMap<Option<Vec<u8>>, u32> = BTreeMap::new();
    let mut values = BTreeSet::new();
    for record in fixture.all("events").await {
        let value = u32::from_be_bytes(record.value.unwrap().try_into().unwrap());
        assert!(last.insert(record.key, value).is_none_or(|before| before < value));
        values.insert(value);
    }
    assert_eq!(values.len(), 10_000);
}
