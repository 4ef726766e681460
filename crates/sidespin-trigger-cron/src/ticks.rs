//! When an expression ticks.

use std::fmt;

use chrono::DateTime;
use chrono_tz::Tz;
use croner::Cron;
use croner::errors::CronError;
use croner::parser::CronParser;

/// The longest expression, in bytes.
pub(crate) const LONGEST: usize = 200;

/// An expression in a time zone.
#[derive(Debug, Clone)]
pub(crate) struct Ticks {
    expression: String,
    cron: Cron,
    zone: Tz,
}

/// Names the job, so that another expression is another job.
impl fmt::Display for Ticks {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.expression, self.zone.name())
    }
}

impl Ticks {
    /// Five fields, or six with seconds first, or seven with years last; what Spin's plugin takes, `0/15` and `MON` included.
    pub(crate) fn parse(expression: &str, zone: Tz) -> Result<Self, CronError> {
        let parser = CronParser::builder().sloppy_ranges(true).build();
        Ok(Self {
            cron: parser.parse(expression)?,
            expression: expression.split_whitespace().collect::<Vec<_>>().join(" "),
            zone,
        })
    }

    /// The first tick after a time, both in milliseconds since the Unix epoch; nothing if there is none.
    pub(crate) fn after(&self, time: u64) -> Option<u64> {
        let time = DateTime::from_timestamp_millis(i64::try_from(time).ok()?)?.with_timezone(&self.zone);
        let next = self.cron.find_next_occurrence(&time, false).ok()?;
        u64::try_from(next.timestamp()).ok()?.checked_mul(1000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(expression: &str, zone: Tz, after: &str, expected: &[&str]) {
        let ticks = Ticks::parse(expression, zone).unwrap();
        let mut time =
            u64::try_from(DateTime::parse_from_rfc3339(after).unwrap().timestamp_millis()).unwrap();
        for expected in expected {
            time = ticks.after(time).unwrap();
            let shown = DateTime::from_timestamp_millis(time.try_into().unwrap()).unwrap();
            assert_eq!(
                shown.format("%Y-%m-%dT%H:%M:%SZ").to_string(),
                *expected,
                "{expression}"
            );
        }
    }

    #[test]
    fn five_six_and_seven_fields_tick() {
        check(
            "*/15 * * * *",
            Tz::UTC,
            "2026-01-01T00:00:00.500Z",
            &["2026-01-01T00:15:00Z", "2026-01-01T00:30:00Z"],
        );
        check(
            "1/2 * * * * *",
            Tz::UTC,
            "2026-01-01T00:00:00Z",
            &["2026-01-01T00:00:01Z", "2026-01-01T00:00:03Z"],
        );
        check(
            "0 30 9 * * MON-FRI",
            Tz::UTC,
            "2026-11-20T09:30:00Z",
            &["2026-11-23T09:30:00Z", "2026-11-24T09:30:00Z"],
        );
        check(
            "0 0 0 1 1 * 2030",
            Tz::UTC,
            "2026-11-20T09:30:00Z",
            &["2030-01-01T00:00:00Z"],
        );
        assert_eq!(
            Ticks::parse(" 0  0 * * * ", Tz::Europe__Berlin)
                .unwrap()
                .to_string(),
            "0 0 * * * Europe/Berlin"
        );
    }

    #[test]
    fn the_time_on_the_wall_counts() {
        check(
            "0 9 * * *",
            Tz::Europe__Berlin,
            "2026-03-27T12:00:00Z",
            &["2026-03-28T08:00:00Z", "2026-03-29T07:00:00Z"],
        );
        // 02:30 is skipped on 29 March and comes twice on 25 October: one tick each.
        check(
            "30 2 * * *",
            Tz::Europe__Berlin,
            "2026-03-28T02:00:00Z",
            &["2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"],
        );
        check(
            "30 2 * * *",
            Tz::Europe__Berlin,
            "2026-10-24T12:00:00Z",
            &["2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"],
        );
    }

    #[test]
    fn an_expression_that_never_ticks_says_so_in_time() {
        let begun = std::time::Instant::now();
        let ticks = Ticks::parse("0 0 30 2 *", Tz::UTC).unwrap();
        assert_eq!(ticks.after(1_700_000_000_000), None);
        assert!(
            begun.elapsed() < std::time::Duration::from_secs(2),
            "{:?}",
            begun.elapsed()
        );
    }
}
