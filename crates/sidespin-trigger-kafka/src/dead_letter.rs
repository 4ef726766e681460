//! Messages that cannot be handled are put aside as they came, with headers that say why.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use sidespin_app::ComponentId;
use sidespin_kafka_client::{Header, Outgoing, Producer};
use sidespin_resilience::RetryPolicy;
use tokio_util::sync::CancellationToken;

use crate::lane::Item;

/// A topic that cannot be written is somebody's work to mend; until then it is tried this often.
const POLICY: RetryPolicy = RetryPolicy {
    attempts: u32::MAX,
    backoff: Duration::from_millis(200),
    max_backoff: Duration::from_secs(30),
};
/// The longest reason that is kept: a guest's words, and a header is no place for a log.
const LONGEST_REASON: usize = 1000;

/// Writes a message until it is written, or until `given_up` is cancelled. Answers whether it was; meanwhile `tell` hears what
/// is in the way.
pub(crate) async fn write(
    producer: &Producer,
    message: Outgoing,
    given_up: &CancellationToken,
    tell: impl Fn(Option<String>),
) -> bool {
    let mut attempt = 1;
    loop {
        let error = match producer.send(message.clone()).await {
            Ok(_position) => {
                tell(None);
                return true;
            }
            Err(error) => error,
        };
        tell(Some(format!(
            "waits because a message that cannot be handled cannot be put aside in `{}` ({error}): create the topic, or make it writable",
            message.topic
        )));
        tracing::error!(
            error = error.full(),
            topic = message.topic,
            "a message that cannot be handled could not be put aside; its partition waits until the topic can be written"
        );
        tokio::select! {
            () = tokio::time::sleep(POLICY.delay(attempt)) => attempt += 1,
            () = given_up.cancelled() => {
                tell(None);
                return false;
            }
        }
    }
}

/// The message for the dead-letter topic.
pub(crate) fn message(item: &Item, topic: String, component: &ComponentId, reason: &str) -> Outgoing {
    let record = item.record();
    let mut headers = record.headers.clone();
    // A message that was put aside before, and replayed, keeps only the latest story.
    headers.retain(|header| !header.name.starts_with("dlq-"));
    let reason: String = reason.chars().take(LONGEST_REASON).collect();
    let story = [
        ("dlq-reason", reason),
        ("dlq-component", component.to_string()),
        ("dlq-attempts", item.attempt.to_string()),
        ("dlq-topic", record.topic.to_string()),
        ("dlq-partition", record.partition.to_string()),
        ("dlq-offset", record.offset.to_string()),
        ("dlq-time", time(SystemTime::now())),
    ];
    headers.extend(story.map(|(name, value)| Header {
        name: name.to_owned(),
        value: Some(value.into_bytes()),
    }));
    Outgoing {
        topic,
        key: record.key.clone(),
        value: record.value.clone(),
        headers,
    }
}

/// RFC 3339 in UTC, to the millisecond.
fn time(now: SystemTime) -> String {
    let since = now.duration_since(UNIX_EPOCH).unwrap_or_default();
    let (days, seconds) = (since.as_secs() / 86_400, since.as_secs() % 86_400);
    let (year, month, day) = date(days);
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    format!(
        "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{:03}Z",
        since.subsec_millis()
    )
}

/// The date so many days after 1970-01-01, by counting in 400-year cycles that begin on a 1 March.
fn date(days: u64) -> (u64, u64, u64) {
    let since_march_of_year_0 = days + 719_468;
    let (cycle, day_of_cycle) = (since_march_of_year_0 / 146_097, since_march_of_year_0 % 146_097);
    let year_of_cycle =
        (day_of_cycle - day_of_cycle / 1460 + day_of_cycle / 36_524 - day_of_cycle / 146_096) / 365;
    let day_of_year = day_of_cycle - (365 * year_of_cycle + year_of_cycle / 4 - year_of_cycle / 100);
    let months_since_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * months_since_march + 2) / 5 + 1;
    let month = if months_since_march < 10 {
        months_since_march + 3
    } else {
        months_since_march - 9
    };
    (cycle * 400 + year_of_cycle + u64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lane::item;

    #[test]
    fn a_dead_letter_is_the_message_with_its_story() {
        let mut dead = item(Some("task-1"), 42);
        dead.attempt = 5;
        dead.delivered.record.value = Some(vec![0, 255]);
        let header = |name: &str, value: &str| Header {
            name: name.to_owned(),
            value: Some(value.into()),
        };
        dead.delivered.record.headers = vec![
            header("traceparent", "00-x"),
            header("dlq-reason", "an older one"),
        ];
        let message = message(&dead, "events.dlq".to_owned(), &"audit".into(), "no such user");
        assert_eq!(
            (message.topic.as_str(), message.key.as_deref()),
            ("events.dlq", Some(&b"task-1"[..]))
        );
        assert_eq!(message.value.as_deref(), Some(&[0, 255][..]));
        let expected = [
            header("traceparent", "00-x"),
            header("dlq-reason", "no such user"),
            header("dlq-component", "audit"),
            header("dlq-attempts", "5"),
            header("dlq-topic", "events"),
            header("dlq-partition", "0"),
            header("dlq-offset", "42"),
        ];
        assert_eq!(message.headers[..7], expected);
        assert_eq!(
            (message.headers.len(), message.headers[7].name.as_str()),
            (8, "dlq-time")
        );
    }

    #[test]
    fn times_are_written_as_in_rfc_3339() {
        let at =
            |seconds: u64, milliseconds| UNIX_EPOCH + Duration::from_millis(seconds * 1000 + milliseconds);
        assert_eq!(time(at(0, 0)), "1970-01-01T00:00:00.000Z");
        assert_eq!(time(at(951_782_400, 5)), "2000-02-29T00:00:00.005Z");
        assert_eq!(time(at(1_767_225_599, 999)), "2025-12-31T23:59:59.999Z");
        assert_eq!(time(at(4_107_542_400, 0)), "2100-03-01T00:00:00.000Z");
    }
}
