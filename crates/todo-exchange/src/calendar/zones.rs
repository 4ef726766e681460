//! VTIMEZONEs, made of the rules that a zone has now.
//!
//! Where its clocks change by the same rule each year, the rule is written, as if it had always held: most programs know the
//! zone by its name anyway, and those that do not need it for what is to come. Where there is no such rule, the changes of
//! the coming years are written one by one.

use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Weekday};
use todo_domain::time::Timestamp;
use todo_domain::zone::Zone;

use super::line::write;
use super::moment::local_text;

/// How many years a rule must hold to be one.
const YEARS: i32 = 6;

/// Clocks change: what they showed, and how far they were and are ahead of UTC, in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Change {
    wall: NaiveDateTime,
    from: i64,
    to: i64,
}

/// Writes the zone as it is in this year and those after it.
pub(super) fn write_zone(out: &mut Vec<u8>, zone: Zone, year: i32) {
    let years: Vec<Vec<Change>> = (year..year + YEARS).map(|year| changes(zone, year)).collect();
    write(out, "BEGIN:VTIMEZONE");
    write(out, format_args!("TZID:{zone}"));
    write(out, format_args!("X-LIC-LOCATION:{zone}"));
    match rules(&years) {
        Some(rules) if !rules.is_empty() => {
            for (change, rule) in rules {
                write_observance(out, change, Some(&rule));
            }
        }
        _ => {
            let first = years.first().and_then(|year| year.first());
            let offset = first.map_or_else(|| offset_of_year(zone, year), |change| change.from);
            let begin = Change {
                wall: epoch(),
                from: offset,
                to: offset,
            };
            write_observance(out, begin, None);
            for change in years.into_iter().flatten() {
                write_observance(out, change, None);
            }
        }
    }
    write(out, "END:VTIMEZONE");
}

fn epoch() -> NaiveDateTime {
    DateTime::UNIX_EPOCH.naive_utc()
}

fn write_observance(out: &mut Vec<u8>, change: Change, rule: Option<&str>) {
    let name = if change.to > change.from {
        "DAYLIGHT"
    } else {
        "STANDARD"
    };
    write(out, format_args!("BEGIN:{name}"));
    write(out, format_args!("DTSTART:{}", local_text(change.wall)));
    if let Some(rule) = rule {
        write(out, format_args!("RRULE:{rule}"));
    }
    write(out, format_args!("TZOFFSETFROM:{}", offset_text(change.from)));
    write(out, format_args!("TZOFFSETTO:{}", offset_text(change.to)));
    write(out, format_args!("END:{name}"));
}

fn offset_text(offset: i64) -> String {
    let sign = if offset < 0 { '-' } else { '+' };
    let seconds = offset.abs();
    let text = format!("{sign}{:02}{:02}", seconds / 3600, seconds / 60 % 60);
    match seconds % 60 {
        0 => text,
        rest => format!("{text}{rest:02}"),
    }
}

/// The rules by which clocks change, each with its first change since 1970; none if the years differ.
fn rules(years: &[Vec<Change>]) -> Option<Vec<(Change, String)>> {
    let first = years.first()?;
    if years.iter().any(|year| year.len() != first.len()) {
        return None;
    }
    let rule = |position: usize| {
        let changes: Vec<Change> = years
            .iter()
            .filter_map(|year| year.get(position).copied())
            .collect();
        rule_of(&changes)
    };
    (0..first.len()).map(rule).collect()
}

fn rule_of(changes: &[Change]) -> Option<(Change, String)> {
    let first = *changes.first()?;
    let key = |change: &Change| {
        let day = change.wall.date();
        (
            day.month(),
            day.weekday(),
            change.wall.time(),
            change.from,
            change.to,
        )
    };
    if changes.iter().any(|change| key(change) != key(&first)) {
        return None;
    }
    let (month, weekday, time, ..) = key(&first);
    let is_each = |of: fn(NaiveDate) -> bool| changes.iter().all(|change| of(change.wall.date()));
    let nth = |day: NaiveDate| (day.day() - 1) / 7 + 1;
    let ordinal = nth(first.wall.date());
    let ordinal = if is_each(is_last) {
        -1
    } else if changes.iter().all(|change| nth(change.wall.date()) == ordinal) {
        i64::from(ordinal)
    } else {
        return None;
    };
    let name = weekday_name(weekday);
    let wall = first_since_1970(month, weekday, ordinal)?.and_time(time);
    let rule = format!("FREQ=YEARLY;BYMONTH={month};BYDAY={ordinal}{name}");
    Some((Change { wall, ..first }, rule))
}

/// Whether a week later it is another month.
fn is_last(day: NaiveDate) -> bool {
    day.checked_add_days(Days::new(7))
        .is_none_or(|later| later.month() != day.month())
}

fn first_since_1970(month: u32, weekday: Weekday, ordinal: i64) -> Option<NaiveDate> {
    if let Ok(ordinal @ 1..) = u8::try_from(ordinal) {
        return NaiveDate::from_weekday_of_month_opt(1970, month, weekday, ordinal);
    }
    let of_month = [5, 4].map(|ordinal| NaiveDate::from_weekday_of_month_opt(1970, month, weekday, ordinal));
    of_month.into_iter().flatten().next()
}

fn weekday_name(weekday: Weekday) -> &'static str {
    match weekday {
        Weekday::Mon => "MO",
        Weekday::Tue => "TU",
        Weekday::Wed => "WE",
        Weekday::Thu => "TH",
        Weekday::Fri => "FR",
        Weekday::Sat => "SA",
        Weekday::Sun => "SU",
    }
}

fn offset(zone: Zone, second: i64) -> Option<i64> {
    let time = Timestamp::from_millis(second.checked_mul(1000)?)?;
    Some((zone.local(time) - time.as_datetime().naive_utc()).num_seconds())
}

fn offset_of_year(zone: Zone, year: i32) -> i64 {
    let second = start(year);
    second.and_then(|second| offset(zone, second)).unwrap_or_default()
}

fn start(year: i32) -> Option<i64> {
    let day = NaiveDate::from_ymd_opt(year, 1, 1)?;
    Some(day.and_time(NaiveTime::MIN).and_utc().timestamp())
}

/// When clocks change in a year of UTC: looked for day by day, then halved down to the second.
fn changes(zone: Zone, year: i32) -> Vec<Change> {
    const STEP: i64 = 86_400;
    let (Some(begin), Some(end)) = (start(year), start(year + 1)) else {
        return Vec::new();
    };
    let mut changes = Vec::new();
    let mut second = begin;
    while second < end {
        let (Some(from), Some(to)) = (offset(zone, second), offset(zone, second + STEP)) else {
            break;
        };
        if from != to {
            let (mut before, mut after) = (second, second + STEP);
            while after - before > 1 {
                let middle = i64::midpoint(before, after);
                if offset(zone, middle) == Some(from) {
                    before = middle;
                } else {
                    after = middle;
                }
            }
            let wall =
                DateTime::from_timestamp(after, 0).map(|time| time.naive_utc() + TimeDelta::seconds(from));
            changes.extend(wall.map(|wall| Change { wall, from, to }));
        }
        second += STEP;
    }
    changes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(zone: &str) -> String {
        let mut out = Vec::new();
        write_zone(&mut out, Zone::parse(zone).unwrap(), 2026);
        String::from_utf8(out).unwrap().replace("\r\n", "\n")
    }

    #[test]
    fn a_zone_with_summer_time_is_two_rules() {
        let expected = "BEGIN:VTIMEZONE
TZID:Europe/Berlin
X-LIC-LOCATION:Europe/Berlin
BEGIN:DAYLIGHT
DTSTART:19700329T020000
RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
END:DAYLIGHT
BEGIN:STANDARD
DTSTART:19701025T030000
RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
END:STANDARD
END:VTIMEZONE
";
        assert_eq!(written("Europe/Berlin"), expected);
        let york = written("America/New_York");
        assert!(
            york.contains("BYMONTH=3;BYDAY=2SU\nTZOFFSETFROM:-0500\nTZOFFSETTO:-0400"),
            "{york}"
        );
        assert!(
            york.contains("DTSTART:19701101T020000\nRRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=1SU"),
            "{york}"
        );
    }

    #[test]
    fn a_zone_without_it_is_one_offset_and_one_without_rules_a_list() {
        let kolkata = written("Asia/Kolkata");
        assert!(
            kolkata.contains("TZOFFSETFROM:+0530\nTZOFFSETTO:+0530"),
            "{kolkata}"
        );
        assert_eq!(kolkata.matches("BEGIN:STANDARD").count(), 1);
        let casablanca = written("Africa/Casablanca");
        assert!(casablanca.matches("DTSTART").count() > 10, "{casablanca}");
        assert!(!casablanca.contains("RRULE"));
    }
}
