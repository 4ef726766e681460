//! From the application's words to the platform's, and the platform's errors to the application's.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::bindings::exports::todo::platform::{feed, publisher, scheduler};
use crate::bindings::sidespin::jobs::scheduler as jobs;
use crate::bindings::sidespin::kafka::types::{Header, Message};
use crate::bindings::sidespin::kafka::{outbound_kafka, subscription};

/// Where the events for browsers are; their key is the user's id.
pub(crate) const UPDATES_TOPIC: &str = "task-updates";

/// What tells a consumer that the whole CloudEvent is in the message's value.
const CONTENT_TYPE: &str = "application/cloudevents+json; charset=UTF-8";

pub(crate) fn message(event: publisher::Event) -> outbound_kafka::Outgoing {
    outbound_kafka::Outgoing {
        topic: event.topic,
        key: Some(event.key.into_bytes()),
        value: Some(event.body),
        headers: vec![Header {
            name: "content-type".to_owned(),
            value: Some(CONTENT_TYPE.into()),
        }],
    }
}

/// A grant or a topic that is missing is for the operator to add, and the event must still be there then:
/// only what is wrong with the event itself is rejected.
pub(crate) fn publish_error(error: outbound_kafka::Error) -> publisher::Error {
    use outbound_kafka::Error;
    match error {
        Error::AccessDenied(topic) => publisher::Error::Unavailable(format!(
            "the manifest does not grant the topic `{topic}`; add it to `kafka_topics`"
        )),
        Error::NoSuchTopic(topic) => {
            publisher::Error::Unavailable(format!("the broker has no topic `{topic}`; create it"))
        }
        Error::Unavailable(reason) => publisher::Error::Unavailable(reason),
        Error::TooLarge(reason) | Error::Other(reason) => publisher::Error::Rejected(reason),
    }
}

pub(crate) fn schedule_error(error: jobs::Error) -> scheduler::Error {
    match error {
        jobs::Error::Invalid(reason) => scheduler::Error::Rejected(reason),
        jobs::Error::Unavailable(reason) => scheduler::Error::Unavailable(reason),
    }
}

pub(crate) fn feed_error(error: subscription::Error) -> feed::Error {
    match error {
        subscription::Error::AccessDenied(topic) => feed::Error::Unavailable(format!(
            "the manifest does not grant the topic `{topic}`; add it to `kafka_topics`"
        )),
        subscription::Error::TooSlow => feed::Error::TooSlow,
        subscription::Error::Unavailable(reason) => feed::Error::Unavailable(reason),
    }
}

pub(crate) fn bodies(messages: Vec<Message>) -> Vec<Vec<u8>> {
    messages.into_iter().filter_map(|message| message.value).collect()
}

/// Since the Unix epoch, which is 0 for a clock that stands before it.
pub(crate) fn milliseconds(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn an_event_becomes_a_keyed_message_that_says_what_it_is() {
        let event = publisher::Event {
            topic: "task-events".into(),
            key: "task-1".into(),
            body: b"{}".to_vec(),
        };
        let message = message(event);
        assert_eq!(
            (message.topic.as_str(), message.key.as_deref()),
            ("task-events", Some(&b"task-1"[..]))
        );
        assert_eq!(message.value.as_deref(), Some(&b"{}"[..]));
        let header = &message.headers[0];
        assert_eq!(header.name, "content-type");
        assert_eq!(
            header.value.as_deref(),
            Some(&b"application/cloudevents+json; charset=UTF-8"[..])
        );
    }

    #[test]
    fn only_what_is_wrong_with_an_event_itself_is_rejected() {
        use outbound_kafka::Error;
        let is_kept = |error| matches!(publish_error(error), publisher::Error::Unavailable(_));
        assert!(is_kept(Error::Unavailable("away".into())));
        assert!(is_kept(Error::AccessDenied("t".into())));
        assert!(is_kept(Error::NoSuchTopic("t".into())));
        assert!(!is_kept(Error::TooLarge("2 MiB".into())));
        assert!(!is_kept(Error::Other("corrupt".into())));
    }

    #[test]
    fn a_slow_reader_is_told_so() {
        assert!(matches!(
            feed_error(subscription::Error::TooSlow),
            feed::Error::TooSlow
        ));
    }

    #[test]
    fn tombstones_are_no_events() {
        let message = |value: Option<&[u8]>| Message {
            topic: UPDATES_TOPIC.into(),
            partition: 0,
            offset: 0,
            timestamp: 0,
            key: None,
            value: value.map(<[u8]>::to_vec),
            headers: Vec::new(),
        };
        assert_eq!(
            bodies(vec![message(Some(b"a")), message(None), message(Some(b"b"))]),
            [b"a", b"b"]
        );
    }

    #[test]
    fn time_counts_from_the_epoch() {
        assert_eq!(milliseconds(UNIX_EPOCH + Duration::from_millis(1500)), 1500);
        assert_eq!(milliseconds(UNIX_EPOCH - Duration::from_secs(1)), 0);
    }
}
