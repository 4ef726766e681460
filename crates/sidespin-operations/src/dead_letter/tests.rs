//! Dead letters and what settles them, without a broker.

use std::sync::Arc;

use super::*;

fn record(partition: i32, offset: i64, headers: &[(&str, &str)]) -> Record {
    let headers = headers.iter().map(|(name, value)| Header {
        name: (*name).to_owned(),
        value: Some((*value).into()),
    });
    Record {
        topic: Arc::from("events.dlq"),
        partition,
        offset,
        timestamp: 0,
        key: Some(b"k".to_vec()),
        value: Some(vec![0, 255]),
        headers: headers.collect(),
    }
}

fn letter(partition: i32, offset: i64) -> Record {
    record(
        partition,
        offset,
        &[("a", "1"), ("dlq-reason", "bad"), ("dlq-topic", "events")],
    )
}

/// What is written to settle a letter, as it is read at `offset` of `partition`.
fn settling(id: &str, partition: i32, offset: i64) -> Record {
    let placed = settlement("events.dlq", id.parse().unwrap(), Settled::Retried);
    Record {
        partition,
        offset,
        key: placed.message.key,
        value: placed.message.value,
        headers: placed.message.headers,
        ..record(0, 0, &[])
    }
}

fn open(records: &[Record]) -> Vec<String> {
    let mut fold = Fold::default();
    for record in records {
        fold.take(record);
    }
    fold.into_open().keys().map(LetterId::to_string).collect()
}

#[test]
fn a_letter_is_open_until_a_later_message_of_its_partition_settles_it() {
    assert_eq!(
        open(&[letter(0, 1), letter(0, 2), letter(1, 1)]),
        ["0:1", "0:2", "1:1"]
    );
    assert_eq!(
        open(&[letter(0, 1), letter(0, 2), settling("0:1", 0, 3)]),
        ["0:2"]
    );
    assert_eq!(
        open(&[letter(0, 1), settling("0:1", 0, 2), settling("0:1", 0, 3)]),
        [""; 0]
    );
    // In another partition, or before what it names.
    assert_eq!(open(&[letter(0, 1), settling("0:1", 1, 3)]), ["0:1"]);
    assert_eq!(open(&[settling("0:4", 0, 3), letter(0, 4)]), ["0:4"]);
}

#[test]
fn what_settles_is_written_beside_the_letter_and_replaces_nothing() {
    let id = "2:17".parse().unwrap();
    let placed = settlement("events.dlq", id, Settled::Dropped);
    assert_eq!(placed.partition, Some(2));
    assert_eq!(placed.message.key.as_deref(), Some(&b"dlq-settles/2:17"[..]));
    assert!(placed.message.value.is_some_and(|value| !value.is_empty()));
    assert_eq!(settles(&settling("2:17", 2, 18)), Some((id, Settled::Retried)));
}

#[test]
fn other_messages_are_no_dead_letters() {
    assert_eq!(
        open(&[record(0, 1, &[]), record(0, 2, &[("reason", "dlq-")])]),
        [""; 0]
    );
    // Neither a letter nor something that settles one: it says how, and nothing that can be understood.
    let strange = record(0, 3, &[("dlq-settles", "0:1"), ("dlq-settled", "burnt")]);
    assert_eq!(open(&[letter(0, 1), strange]), ["0:1"]);
}

#[test]
fn a_story_may_be_incomplete_or_nonsense() {
    let headers = [
        ("dlq-reason", "older"),
        ("dlq-reason", "newer"),
        ("dlq-attempts", "-3"),
        ("dlq-partition", "x"),
        ("dlq-topic", ""),
    ];
    let letter = DeadLetter::of(&record(0, 1, &headers)).unwrap();
    assert_eq!(letter.reason.as_deref(), Some("newer"));
    assert_eq!(
        (letter.attempts, letter.partition, letter.topic),
        (None, None, None)
    );
    let mut binary = record(0, 1, &[]);
    binary.headers.push(Header {
        name: "dlq-reason".to_owned(),
        value: Some(vec![b'a', 0xff]),
    });
    assert_eq!(
        DeadLetter::of(&binary).unwrap().reason.as_deref(),
        Some("a\u{fffd}")
    );
}

#[test]
fn the_original_has_its_bytes_and_its_own_headers() {
    let message = original(letter(0, 1), "events".to_owned());
    assert_eq!(
        (message.topic.as_str(), message.key.as_deref()),
        ("events", Some(&b"k"[..]))
    );
    assert_eq!(message.value.as_deref(), Some(&[0, 255][..]));
    assert_eq!(message.headers.len(), 1);
    assert_eq!(message.headers[0].name, "a");
}

#[test]
fn ids_are_read_as_they_are_written() {
    let id: LetterId = "3:120".parse().unwrap();
    assert_eq!(
        (id.partition, id.offset, id.to_string().as_str()),
        (3, 120, "3:120")
    );
    for text in [
        "",
        ":",
        "1",
        "1:",
        ":1",
        "-1:1",
        "1:-1",
        "1:+1",
        "a:1",
        "1:1:1",
        "99999999999:1",
    ] {
        assert_eq!(text.parse::<LetterId>(), Err(InvalidLetterId), "{text}");
    }
}

#[test]
fn a_filter_means_component_and_part_of_the_reason() {
    let letter = DeadLetter::of(&record(
        0,
        1,
        &[("dlq-reason", "no such user"), ("dlq-component", "audit")],
    ))
    .unwrap();
    let applies = |component: Option<&str>, reason: Option<&str>| {
        let filter = Filter {
            component: component.map(str::to_owned),
            reason: reason.map(str::to_owned),
        };
        filter.applies(&letter)
    };
    assert!(applies(None, None));
    assert!(applies(Some("audit"), Some("such")));
    assert!(!applies(Some("aud"), None));
    assert!(!applies(Some("audit"), Some("other")));
}
