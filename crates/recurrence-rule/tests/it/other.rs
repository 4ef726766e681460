//! The crate `rrule` names the same, where it names anything.

use chrono::NaiveDateTime;
use proptest::prelude::*;
use recurrence_rule::{Recurrence, Rule};

use super::laws::{Parts, parts, starts};

/// What `rrule` names first. Nothing where it gives up or refuses the rule.
fn theirs(text: &str, start: NaiveDateTime, most: u16) -> Option<Vec<i64>> {
    let set = format!("DTSTART:{}Z\nRRULE:{text}", start.format("%Y%m%dT%H%M%S"));
    let set: rrule::RRuleSet = set.parse().ok()?;
    let found = set.all(most);
    let dates = found
        .dates
        .iter()
        .map(chrono::DateTime::timestamp)
        .collect::<Vec<_>>();
    (found.limited == (dates.len() == usize::from(most)) || !dates.is_empty()).then_some(dates)
}

/// Where both are known to differ, and this is right or the RFC silent: in a week that had begun before the start `rrule`
/// counts positions from the start on, and years by their weeks it does not know.
fn differ(parts: &Parts) -> bool {
    !parts.positions.is_empty() && parts.frequency == "WEEKLY"
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn another_implementation_names_the_same(parts in parts(), start in starts(), count in prop::option::of(1_u32..9)) {
        prop_assume!(!differ(&parts));
        let text = parts.text() + &count.map(|count| format!(";COUNT={count}")).unwrap_or_default();
        let Some(theirs) = theirs(&text, start, 6) else { return Ok(()) };
        let recurrence = Recurrence::new(Rule::parse(&text).unwrap(), start, chrono_tz::Tz::UTC);
        let ours: Vec<_> = recurrence.iter().take(theirs.len()).map(|time| time.timestamp()).collect();
        prop_assert_eq!(ours, theirs, "{} from {}", text, start);
    }
}
