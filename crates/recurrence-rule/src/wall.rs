//! What a rule of a day or longer names, by the clock on the wall and then as instants.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};
use chrono_tz::Tz;

use crate::calendar::{Calendar, FRUITLESS_DAYS};
use crate::clock::{instant, local, local_of_the_day_before};
use crate::days::MissingDay;
use crate::rule::Rule;

/// The places that BYSETPOS chooses from so many, in order; nothing if it does not choose.
pub(crate) fn chosen(positions: &BTreeSet<i32>, count: usize) -> Option<BTreeSet<usize>> {
    if positions.is_empty() {
        return None;
    }
    let place = |position: &i32| {
        let number = usize::try_from(position.unsigned_abs()).ok()?;
        if *position > 0 {
            number.checked_sub(1)
        } else {
            count.checked_sub(number)
        }
    };
    Some(
        positions
            .iter()
            .filter_map(place)
            .filter(|place| *place < count)
            .collect(),
    )
}

/// The instants that a rule of a day or longer names from its start on, in order, in milliseconds since the Unix epoch.
#[derive(Debug, Clone)]
pub(crate) struct WallTimes {
    shown: ShownTimes,
    zone: Tz,
    next_shown: Option<NaiveDateTime>,
    /// Times that clocks skip fall behind later ones: they wait here until it is their turn, with what is shown then.
    skipped: BTreeMap<i64, NaiveDateTime>,
}

impl WallTimes {
    /// From the first that may lie at `from` or after.
    pub(crate) fn new(rule: Rule, start: NaiveDateTime, zone: Tz, from: i64) -> Option<Self> {
        let now = local(zone, from)?;
        // A time that clocks skipped may have been named up to a day before.
        let first = if local_of_the_day_before(zone, from) == Some(now) {
            now
        } else {
            now.checked_sub_signed(TimeDelta::try_days(1)?)?
        };
        Some(Self {
            shown: ShownTimes::new(rule, start, first.max(start)),
            zone,
            next_shown: None,
            skipped: BTreeMap::new(),
        })
    }
}

impl Iterator for WallTimes {
    type Item = i64;

    fn next(&mut self) -> Option<i64> {
        loop {
            self.next_shown = self.next_shown.take().or_else(|| self.shown.next());
            let Some(shown) = self.next_shown else {
                return self.skipped.pop_first().map(|(time, _shown)| time);
            };
            let is_its_turn = |(_time, due): (&i64, &NaiveDateTime)| *due <= shown;
            if self.skipped.first_key_value().is_some_and(is_its_turn) {
                return self.skipped.pop_first().map(|(time, _shown)| time);
            }
            self.next_shown = None;
            match instant(self.zone, shown)? {
                (time, false) => return Some(time),
                (time, true) => {
                    self.skipped.insert(time, local(self.zone, time)?);
                }
            }
        }
    }
}

/// What the rule names by the clock on the wall, in order.
#[derive(Debug, Clone)]
struct ShownTimes {
    calendar: Calendar,
    positions: BTreeSet<i32>,
    /// Those of each named day, in order: at most 86,400.
    times: Vec<NaiveTime>,
    from: NaiveDateTime,
    /// The next period.
    index: u64,
    /// The named days of the present one.
    days: Vec<NaiveDate>,
    /// The next place among the days' times, and where they end.
    place: usize,
    end: usize,
    /// What BYSETPOS left of those, if it was there.
    chosen: Option<BTreeSet<usize>>,
}

impl ShownTimes {
    fn new(rule: Rule, start: NaiveDateTime, from: NaiveDateTime) -> Self {
        let rule = rule.with_time_of(start.time());
        let subsecond = start.time().signed_duration_since(whole_second(start.time()));
        let mut times = Vec::new();
        for hour in numbers(&rule.by_hour) {
            for minute in numbers(&rule.by_minute) {
                for second in numbers(&rule.by_second) {
                    let time = NaiveTime::from_hms_opt(hour, minute, second);
                    times.extend(time.map(|time| time + subsecond));
                }
            }
        }
        let positions = rule.by_position.clone();
        let calendar = Calendar::new(rule, start.date(), MissingDay::LeftOut);
        Self {
            index: calendar.period_before(from.date()),
            calendar,
            positions,
            times,
            from,
            days: Vec::new(),
            place: 0,
            end: 0,
            chosen: None,
        }
    }

    fn at(&self, place: usize) -> Option<NaiveDateTime> {
        let count = self.times.len();
        let day = self.days.get(place.checked_div(count)?)?;
        Some(day.and_time(*self.times.get(place.checked_rem(count)?)?))
    }

    /// Takes up the next period. Answers how many days were looked at.
    fn advance(&mut self) -> Option<u32> {
        let (days, looked_at) = self.calendar.named(self.index)?;
        self.index += 1;
        self.days = days;
        self.end = self.days.len() * self.times.len();
        self.chosen = chosen(&self.positions, self.end);
        let (day, time) = (self.from.date(), self.from.time());
        let first = self.days.partition_point(|named| *named < day);
        self.place = first * self.times.len();
        if self.days.get(first) == Some(&day) {
            self.place += self.times.partition_point(|named| *named < time);
        }
        Some(looked_at)
    }

    fn next_place(&mut self) -> Option<usize> {
        let place = match &self.chosen {
            None => Some(self.place).filter(|place| *place < self.end),
            Some(chosen) => chosen.range(self.place..).next().copied(),
        }?;
        self.place = place + 1;
        Some(place)
    }
}

impl Iterator for ShownTimes {
    type Item = NaiveDateTime;

    fn next(&mut self) -> Option<NaiveDateTime> {
        let mut fruitless = 0;
        loop {
            if let Some(place) = self.next_place() {
                return self.at(place);
            }
            if fruitless > FRUITLESS_DAYS {
                return None;
            }
            fruitless += self.advance()?;
        }
    }
}

fn whole_second(time: NaiveTime) -> NaiveTime {
    use chrono::Timelike as _;
    time.with_nanosecond(0).unwrap_or(time)
}

fn numbers(part: &BTreeSet<i32>) -> impl Iterator<Item = u32> {
    part.iter().filter_map(|number| u32::try_from(*number).ok())
}
