//! The instants that a rule names in a time zone.

use std::iter::FusedIterator;

use chrono::{DateTime, NaiveDateTime, TimeZone as _};
use chrono_tz::Tz;

use crate::clock::{instant, local, local_of_the_day_before};
use crate::elapsed::ElapsedTimes;
use crate::rule::{Frequency, Rule, Until};
use crate::wall::WallTimes;

/// How many periods of a rule of an hour or shorter are looked at on the way to what is asked for, where it has to be walked:
/// for a COUNT, or past times that are left out. What lies further away counts as never. It takes less than a second.
pub(crate) const LONGEST_WALK: u64 = 1_000_000;

/// The instants that a rule names from its start on, in order, each once. See [`Rule::times`].
#[derive(Debug, Clone)]
pub struct Times {
    source: Option<Source>,
    zone: Tz,
    until: Option<Until>,
    from: i64,
    /// The next, before COUNT and UNTIL are looked at.
    ahead: Option<i64>,
    last: Option<i64>,
    left: Option<u32>,
    is_over: bool,
}

#[derive(Debug, Clone)]
enum Source {
    /// Of a day or longer.
    Wall(WallTimes),
    /// Of an hour or shorter.
    Elapsed(ElapsedTimes),
}

impl Rule {
    /// The instants that the rule names from `start` on, read in the time zone of `start`, which is among them if the rule names
    /// it, until COUNT or UNTIL ends it, the year 9999, or no further time fulfils its parts. Milliseconds of the start are those
    /// of all; what is finer is cut off.
    #[must_use]
    pub fn times(&self, start: DateTime<Tz>) -> Times {
        self.times_from(start, start)
    }

    /// The same without the instants before `from`, found without walking there unless there is a COUNT.
    ///
    /// Continuing a rule from one of its own times, which is `start` then, gives what it would have named; so for a rule that is
    /// [anchored](Self::anchored) nothing needs to be kept but the last time, and what [`Times::left`] says.
    #[must_use]
    pub fn times_from(&self, start: DateTime<Tz>, from: DateTime<Tz>) -> Times {
        let zone = start.timezone();
        let (start, from) = (start.timestamp_millis(), from.timestamp_millis());
        let from = from.max(start);
        let source = Source::new(self, start, zone, if self.count.is_some() { start } else { from });
        let mut times = Times {
            is_over: source.is_none(),
            source,
            zone,
            until: self.until,
            from: if self.count.is_some() { start } else { from },
            ahead: None,
            last: None,
            left: self.count,
        };
        while times.upcoming().is_some_and(|time| time < from) {
            if times.looked_at() > LONGEST_WALK {
                times.is_over = true;
                times.ahead = None;
                break;
            }
            times.pass();
        }
        times
    }
}

impl Source {
    /// Nothing if the start lies beyond the last year.
    fn new(rule: &Rule, start: i64, zone: Tz, from: i64) -> Option<Self> {
        Some(if rule.frequency < Frequency::Daily {
            Self::Elapsed(ElapsedTimes::new(rule.clone(), start, zone, from)?)
        } else {
            Self::Wall(WallTimes::new(
                rule.clone(),
                named_start(rule, start, zone)?,
                zone,
                from,
            )?)
        })
    }

    fn next(&mut self) -> Option<i64> {
        match self {
            Self::Wall(times) => times.next(),
            Self::Elapsed(times) => times.next(),
        }
    }
}

/// What a clock on the wall shows at the start or, if that is a time which the rule names but clocks skipped, should have shown:
/// it may be of the day before.
fn named_start(rule: &Rule, start: i64, zone: Tz) -> Option<NaiveDateTime> {
    let shown = local(zone, start)?;
    if !rule.is_time_named(shown.time())
        && let Some(skipped) = local_of_the_day_before(zone, start)
        && rule.is_time_named(skipped.time())
        && instant(zone, skipped) == Some((start, true))
    {
        return Some(skipped);
    }
    Some(shown)
}

impl Times {
    /// How many times COUNT leaves behind those that were passed or given; nothing without a COUNT.
    #[must_use]
    pub fn left(&self) -> Option<u32> {
        self.left
    }

    /// How many periods of a rule of an hour or shorter were looked at.
    pub(crate) fn looked_at(&self) -> u64 {
        match &self.source {
            Some(Source::Elapsed(times)) => times.looked_at(),
            _ => 0,
        }
    }

    fn upcoming(&mut self) -> Option<i64> {
        while self.ahead.is_none() {
            if self.is_over || self.left == Some(0) {
                return None;
            }
            let Some(time) = self.source.as_mut().and_then(Source::next) else {
                self.is_over = true;
                return None;
            };
            if time >= self.from && self.last.is_none_or(|last| last < time) {
                self.last = Some(time);
                self.ahead = Some(time);
            }
        }
        self.ahead
    }

    fn pass(&mut self) {
        self.ahead = None;
        self.left = self.left.map(|left| left.saturating_sub(1));
    }
}

impl FusedIterator for Times {}

impl Iterator for Times {
    type Item = DateTime<Tz>;

    fn next(&mut self) -> Option<DateTime<Tz>> {
        let zone = self.zone;
        let time = zone.timestamp_millis_opt(self.upcoming()?).single()?;
        if self.until.is_some_and(|until| !until.includes_time(time)) {
            self.is_over = true;
            self.ahead = None;
            return None;
        }
        self.pass();
        Some(time)
    }
}
