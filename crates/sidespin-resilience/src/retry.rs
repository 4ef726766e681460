//! When something that failed is tried again: after a time that doubles, up to a bound, and varies a little so that what
//! failed together does not come back together.

use std::collections::hash_map::RandomState;
use std::fmt;
use std::hash::{BuildHasher, Hasher};
use std::time::Duration;

use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer};

/// The `retry` table of a trigger's entry: `{ attempts = 5, backoff = "200ms", max_backoff = "30s" }`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Table")]
pub struct RetryPolicy {
    /// How often an event is given to its component in all; at least once.
    pub attempts: u32,
    /// The time before the second attempt.
    pub backoff: Duration,
    /// No time between attempts is longer.
    pub max_backoff: Duration,
}

#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Table {
    attempts: u32,
    #[serde(deserialize_with = "deserialize_duration")]
    backoff: Duration,
    #[serde(deserialize_with = "deserialize_duration")]
    max_backoff: Duration,
}

impl Default for Table {
    fn default() -> Self {
        let RetryPolicy {
            attempts,
            backoff,
            max_backoff,
        } = RetryPolicy::default();
        Self {
            attempts,
            backoff,
            max_backoff,
        }
    }
}

impl Default for RetryPolicy {
    /// Half a minute of trouble in another service is survived, and a message that never works is given up in that time.
    fn default() -> Self {
        Self {
            attempts: 5,
            backoff: Duration::from_millis(200),
            max_backoff: Duration::from_secs(30),
        }
    }
}

impl TryFrom<Table> for RetryPolicy {
    type Error = &'static str;

    fn try_from(table: Table) -> Result<Self, Self::Error> {
        let Table {
            attempts,
            backoff,
            max_backoff,
        } = table;
        if attempts == 0 {
            return Err("`attempts` counts the first one too, so it must be at least 1");
        }
        if backoff > max_backoff {
            return Err("`max_backoff` must not be shorter than `backoff`");
        }
        Ok(Self {
            attempts,
            backoff,
            max_backoff,
        })
    }
}

impl RetryPolicy {
    /// How long to wait after the failure of an attempt (1 for the first): between half and all of the doubled time.
    #[must_use]
    pub fn delay(&self, attempt: u32) -> Duration {
        let doublings = attempt.saturating_sub(1).min(30);
        let full = self.backoff.saturating_mul(1 << doublings).min(self.max_backoff);
        // A new state is seeded at random, which is all the randomness that is needed.
        let random = RandomState::new().build_hasher().finish() % 1024;
        let random = u32::try_from(random).unwrap_or_default();
        full / 2 + full / 2 / 1024 * random
    }
}

/// A time such as `200ms`, `30s`, `5m` or `1h`.
///
/// # Errors
/// Nothing can be read from it.
pub fn parse_duration(text: &str) -> Result<Duration, InvalidDuration> {
    let digits = text
        .find(|character: char| !character.is_ascii_digit())
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let number: u64 = number.parse().map_err(|_invalid| InvalidDuration)?;
    let milliseconds = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => return Err(InvalidDuration),
    };
    number
        .checked_mul(milliseconds)
        .map(Duration::from_millis)
        .ok_or(InvalidDuration)
}

/// A text that is no time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a time is a whole number and one of `ms`, `s`, `m` and `h`, such as \"200ms\"")]
pub struct InvalidDuration;

/// Reads such a time, for serde's `deserialize_with`.
///
/// # Errors
/// It is no text, or none that [`parse_duration`] knows.
pub fn deserialize_duration<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    struct Text;

    impl Visitor<'_> for Text {
        type Value = Duration;

        fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            formatter.write_str("a time such as \"200ms\"")
        }

        fn visit_str<E: Error>(self, text: &str) -> Result<Duration, E> {
            parse_duration(text).map_err(E::custom)
        }
    }

    deserializer.deserialize_str(Text)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn parse(value: serde_json::Value) -> Result<RetryPolicy, String> {
        serde_json::from_value(value).map_err(|error| error.to_string())
    }

    #[test]
    fn a_policy_is_read_as_documented() {
        let policy = parse(json!({ "attempts": 3, "backoff": "1s", "max_backoff": "2m" })).unwrap();
        let expected = RetryPolicy {
            attempts: 3,
            backoff: Duration::from_secs(1),
            max_backoff: Duration::from_secs(120),
        };
        assert_eq!(policy, expected);
        assert_eq!(parse(json!({})).unwrap(), RetryPolicy::default());
    }

    #[test]
    fn mistakes_say_what_is_right() {
        assert!(
            parse(json!({ "attempts": 0 }))
                .unwrap_err()
                .contains("at least 1")
        );
        assert!(
            parse(json!({ "backoff": "1h" }))
                .unwrap_err()
                .contains("max_backoff")
        );
        assert!(parse(json!({ "backoff": "soon" })).unwrap_err().contains("200ms"));
        assert!(parse(json!({ "backoff": 200 })).unwrap_err().contains("200ms"));
        assert!(parse(json!({ "backof": "1s" })).unwrap_err().contains("backof"));
        for text in [
            "",
            "5",
            "ms",
            "-1s",
            "1.5s",
            "1 s",
            "99999999999999999999s",
            "18446744073709551615h",
        ] {
            assert_eq!(parse_duration(text), Err(InvalidDuration), "{text}");
        }
    }

    #[test]
    fn the_delay_doubles_up_to_its_bound_and_varies_by_half() {
        let policy = RetryPolicy::default();
        for (attempt, full) in [
            (1, 200),
            (2, 400),
            (3, 800),
            (8, 25_600),
            (9, 30_000),
            (u32::MAX, 30_000),
        ] {
            let (full, delay) = (Duration::from_millis(full), policy.delay(attempt));
            assert!(delay >= full / 2 && delay <= full, "{attempt}: {delay:?}");
        }
    }
}
