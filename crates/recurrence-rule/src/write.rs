//! Writing a rule.

use std::fmt;

use crate::parse::{FREQUENCIES, WEEKDAYS};
use crate::rule::{Rule, Until};

/// In the form of RFC 5545 without `RRULE:`, FREQ first; lists are sorted, defaults are left out.
impl fmt::Display for Rule {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let frequency = FREQUENCIES.iter().find(|(_, known)| *known == self.frequency);
        write!(formatter, "FREQ={}", frequency.map_or("", |(word, _)| word))?;
        if self.interval != 1 {
            write!(formatter, ";INTERVAL={}", self.interval)?;
        }
        if let Some(count) = self.count {
            write!(formatter, ";COUNT={count}")?;
        }
        match self.until {
            None => {}
            Some(Until::Day(day)) => write!(formatter, ";UNTIL={}", day.format("%Y%m%d"))?,
            Some(Until::Local(time)) => write!(formatter, ";UNTIL={}", time.format("%Y%m%dT%H%M%S"))?,
            Some(Until::Utc(time)) => write!(formatter, ";UNTIL={}", time.format("%Y%m%dT%H%M%SZ"))?,
        }
        for (name, numbers) in [
            ("BYMONTH", &self.by_month),
            ("BYWEEKNO", &self.by_week),
            ("BYYEARDAY", &self.by_year_day),
            ("BYMONTHDAY", &self.by_month_day),
        ] {
            write_list(formatter, name, numbers)?;
        }
        let days = self.by_day.iter().map(|day| match day.ordinal {
            0 => weekday(day.weekday).to_owned(),
            ordinal => format!("{ordinal}{}", weekday(day.weekday)),
        });
        write_list(formatter, "BYDAY", days)?;
        for (name, numbers) in [
            ("BYHOUR", &self.by_hour),
            ("BYMINUTE", &self.by_minute),
            ("BYSECOND", &self.by_second),
            ("BYSETPOS", &self.by_position),
        ] {
            write_list(formatter, name, numbers)?;
        }
        if self.week_start != chrono::Weekday::Mon {
            write!(formatter, ";WKST={}", weekday(self.week_start))?;
        }
        Ok(())
    }
}

fn write_list<T: fmt::Display>(
    formatter: &mut fmt::Formatter<'_>,
    name: &str,
    values: impl IntoIterator<Item = T>,
) -> fmt::Result {
    for (index, value) in values.into_iter().enumerate() {
        if index == 0 {
            write!(formatter, ";{name}={value}")?;
        } else {
            write!(formatter, ",{value}")?;
        }
    }
    Ok(())
}

fn weekday(day: chrono::Weekday) -> &'static str {
    let known = WEEKDAYS.iter().find(|(_, known)| *known == day);
    known.map_or("", |(word, _)| word)
}
