//! The examples of RFC 5545, which stand in `rfc5545.txt`.

use chrono::{NaiveDateTime, TimeZone as _};
use recurrence_rule::{Recurrence, Rule};

use super::{wall, zone};

const EXAMPLES: &str = include_str!("rfc5545.txt");

#[derive(Default)]
struct Example<'a> {
    start: Option<NaiveDateTime>,
    except: Option<NaiveDateTime>,
    rules: Vec<&'a str>,
    expected: Vec<NaiveDateTime>,
}

/// `2 4 9-11`, the days of a month, at a time.
fn days(month: &str, days: &str, time: &str) -> Vec<NaiveDateTime> {
    let mut all = Vec::new();
    for piece in days.split_whitespace() {
        let (first, last) = piece.split_once('-').unwrap_or((piece, piece));
        let (first, last): (u32, u32) = (first.parse().unwrap(), last.parse().unwrap());
        all.extend((first..=last).map(|day| wall(&format!("{month}-{day:02} {time}"))));
    }
    all
}

impl Example<'_> {
    fn read(&mut self, when: &str, what: &str) {
        if when.len() == "1997-09".len() {
            let time = self.start.unwrap().format("%H:%M").to_string();
            self.expected.extend(days(when, what, &time));
        } else {
            let times = what.split_whitespace();
            self.expected
                .extend(times.map(|time| wall(&format!("{when} {time}"))));
        }
    }

    fn check(&self, ends: bool) {
        let start = self.start.unwrap();
        let zone = zone("America/New_York");
        for rule in &self.rules {
            let mut recurrence = Recurrence::new(Rule::parse(rule).unwrap(), start, zone);
            if let Some(except) = self.except {
                let time = zone.from_local_datetime(&except).unwrap();
                recurrence.leave_out(&time).unwrap();
            }
            let most = self.expected.len() + usize::from(ends);
            let found: Vec<_> = recurrence
                .iter()
                .take(most)
                .map(|time| time.naive_local())
                .collect();
            assert_eq!(found, self.expected, "{rule} from {start}");
            // Written and read again it names the same.
            let again = Recurrence::parse(&recurrence.to_string()).unwrap();
            assert_eq!(again, recurrence);
        }
    }
}

#[test]
fn the_examples_of_the_rfc_name_what_it_says() {
    let mut checked = 0;
    let mut example = Example::default();
    for line in EXAMPLES
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
    {
        if let Some(start) = line.strip_prefix("start ") {
            example.start = Some(wall(start));
        } else if let Some(except) = line.strip_prefix("except ") {
            example.except = Some(wall(except));
        } else if let Some(rule) = line.strip_prefix("rule ") {
            example.rules.push(rule);
        } else if let Some((when, what)) = line.split_once(": ") {
            example.read(when, what);
        } else {
            example.check(line == ".");
            checked += example.rules.len();
            example = Example::default();
        }
    }
    // 39 examples with 42 rules in section 3.8.5.3, one of them in two readings, and two of section 3.3.10.
    assert_eq!(checked, 45);
    assert!(example.rules.is_empty(), "the last example has no end");
}
