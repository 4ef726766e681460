//! The lines of iCalendar that a recurrence is written in.
//!
//! ```text
//! DTSTART;TZID=Europe/Berlin:20260101T090000
//! RRULE:FREQ=DAILY
//! EXDATE:20260103T080000Z,20260104T080000Z
//! ```

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, NaiveDateTime, TimeZone as _, Utc};
use chrono_tz::Tz;

use crate::clock::instant;
use crate::error::{RecurrenceError, quoted};
use crate::parse::local_time;
use crate::recurrence::Recurrence;
use crate::rule::Rule;

const FORMAT: &str = "%Y%m%dT%H%M%S";

impl Recurrence {
    /// Reads the lines `DTSTART`, `RRULE` and any number of `EXDATE`, in any order. Long lines may be folded, as in a file.
    ///
    /// An EXDATE without a zone is read in that of DTSTART. Days without a time are none here: [`Rule::days`] is for them.
    ///
    /// # Errors
    /// Something else stands there, a line is missing, or one cannot be read.
    pub fn parse(text: &str) -> Result<Self, RecurrenceError> {
        if text.len() > Self::LONGEST {
            return Err(RecurrenceError::TooLong { length: text.len() });
        }
        let text = text.replace("\r\n", "\n").replace("\n ", "").replace("\n\t", "");
        let lines = || {
            (1..)
                .zip(text.lines())
                .filter(|(_, line)| !line.trim().is_empty())
        };
        let lines = || lines().map(|(number, text)| Line::new(number, text));
        for line in lines() {
            line.check()?;
        }
        let (start, zone) = only(lines(), "DTSTART")?.moment(None)?;
        let rule = only(lines(), "RRULE")?;
        let number = rule.number;
        let rule =
            Rule::parse(rule.value).map_err(|source| RecurrenceError::Rule { line: number, source })?;
        let mut recurrence = Self::new(rule, start, zone);
        for line in lines().filter(|line| line.is("EXDATE")) {
            for value in line.value.split(',') {
                let line = Line { value, ..line };
                recurrence.leave_out(&line.instant(zone)?)?;
            }
        }
        Ok(recurrence)
    }
}

impl FromStr for Recurrence {
    type Err = RecurrenceError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

/// In lines that end with `\n`. Exceptions are in UTC, where no time comes twice.
impl fmt::Display for Recurrence {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let start = self.start().format(FORMAT);
        match self.zone() {
            Tz::UTC => writeln!(formatter, "DTSTART:{start}Z")?,
            zone => writeln!(formatter, "DTSTART;TZID={}:{start}", zone.name())?,
        }
        writeln!(formatter, "RRULE:{}", self.rule())?;
        for (index, time) in self.exceptions().enumerate() {
            let before = if index == 0 { "EXDATE:" } else { "," };
            write!(formatter, "{before}{}Z", time.naive_utc().format(FORMAT))?;
        }
        if self.exceptions().next().is_some() {
            writeln!(formatter)?;
        }
        Ok(())
    }
}

/// `NAME;PARAMETERS:VALUE`.
#[derive(Clone, Copy)]
struct Line<'a> {
    number: usize,
    name: &'a str,
    parameters: &'a str,
    value: &'a str,
}

impl<'a> Line<'a> {
    fn new(number: usize, text: &'a str) -> Self {
        let (before, value) = text.split_once(':').unwrap_or((text, ""));
        let (name, parameters) = before.split_once(';').unwrap_or((before, ""));
        Self {
            number,
            name: name.trim(),
            parameters,
            value: value.trim(),
        }
    }

    fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }

    fn check(&self) -> Result<(), RecurrenceError> {
        if ["DTSTART", "RRULE", "EXDATE"]
            .into_iter()
            .any(|name| self.is(name))
        {
            return Ok(());
        }
        Err(RecurrenceError::Unknown {
            name: quoted(self.name),
            line: self.number,
        })
    }

    /// The zone that the parameters name.
    fn zone(&self) -> Result<Option<Tz>, RecurrenceError> {
        let parameters = self.parameters.split(';').filter_map(|one| one.split_once('='));
        let Some((_, name)) = parameters
            .into_iter()
            .find(|(name, _)| name.eq_ignore_ascii_case("TZID"))
        else {
            return Ok(None);
        };
        match name.parse() {
            Ok(zone) => Ok(Some(zone)),
            Err(_unknown) => Err(RecurrenceError::Zone {
                name: quoted(name),
                line: self.number,
            }),
        }
    }

    /// What a clock on the wall shows, and where it hangs.
    fn moment(&self, default: Option<Tz>) -> Result<(NaiveDateTime, Tz), RecurrenceError> {
        let wrong = || RecurrenceError::Time {
            value: quoted(self.value),
            line: self.number,
        };
        let (text, zone) = match self.value.strip_suffix('Z') {
            Some(text) => (text, Some(Tz::UTC)),
            None => (self.value, self.zone()?.or(default)),
        };
        local_time(text).zip(zone).ok_or_else(wrong)
    }

    fn instant(&self, default: Tz) -> Result<DateTime<Utc>, RecurrenceError> {
        let (shown, zone) = self.moment(Some(default))?;
        let time =
            instant(zone, shown).and_then(|(time, _is_skipped)| Utc.timestamp_millis_opt(time).single());
        time.ok_or_else(|| RecurrenceError::Time {
            value: quoted(self.value),
            line: self.number,
        })
    }
}

/// The one line of a name.
fn only<'a>(lines: impl Iterator<Item = Line<'a>>, name: &'static str) -> Result<Line<'a>, RecurrenceError> {
    let mut lines = lines.filter(|line| line.is(name));
    let line = lines.next().ok_or(RecurrenceError::Missing { name })?;
    match lines.next() {
        None => Ok(line),
        Some(second) => Err(RecurrenceError::Twice {
            name,
            line: second.number,
        }),
    }
}
