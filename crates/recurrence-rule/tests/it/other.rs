//! The crate `rrule` names the same, where it names anything.

use chrono::NaiveDateTime;
use proptest::prelude::*;
use recurrence_rule::{Recurrence, Rule};

use super::parts::{Parts, parts, starts};

/// What `rrule` names first. Nothing where it refuses the rule or gives up.
fn theirs(text: &str, start: NaiveDateTime, most: u16) -> Option<Vec<i64>> {
    let set = format!("DTSTART:{}Z\nRRULE:{text}", start.format("%Y%m%dT%H%M%S"));
    let set: rrule::RRuleSet = set.parse().ok()?;
    let found = set.all(most);
    let gave_up = found.limited && found.dates.len() < usize::from(most);
    (!gave_up).then(|| found.dates.iter().map(chrono::DateTime::timestamp).collect())
}

/// Where both are known to differ. In a week that had begun before the start `rrule` counts positions from the start on; a
/// week number without a day means all of its days there; and it jumps over times that a rule shorter than a day should name
/// (the first minute of `FREQ=SECONDLY;BYMONTHDAY=1;BYMINUTE=12`).
fn differ(parts: &Parts) -> bool {
    let is_short = !["DAILY", "WEEKLY", "MONTHLY", "YEARLY"].contains(&parts.frequency);
    let is_plain = parts.text().matches("BY").count() == 0;
    (!parts.positions.is_empty() && parts.frequency == "WEEKLY")
        || parts.text().contains("BYWEEKNO")
        || (is_short && !is_plain)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn another_implementation_names_the_same(parts in parts(), start in starts(), count in prop::option::of(1_u32..9)) {
        if differ(&parts) {
            return Ok(());
        }
        let text = parts.text() + &count.map(|count| format!(";COUNT={count}")).unwrap_or_default();
        let Some(theirs) = theirs(&text, start, 6) else { return Ok(()) };
        let recurrence = Recurrence::new(Rule::parse(&text).unwrap(), start, chrono_tz::Tz::UTC);
        let ours: Vec<_> = recurrence.iter().take(6).map(|time| time.timestamp()).collect();
        prop_assert_eq!(ours, theirs, "{} from {}", text, start);
    }
}
