//! What a text says as a whole: the day, the time, the repetition and the reminders put together.

use chrono::{DateTime, Days, NaiveDate, NaiveTime};
use chrono_tz::Tz;

use crate::clock::{Moment, moment, resolve};
use crate::compose::Said;
use crate::reminder::RemindPhrase;
use crate::repeat::RepeatPhrase;
use crate::tail::Tail;
use crate::time::Time;
use crate::today::Today;
use crate::words::DayPart;
use crate::{Due, Lead, Problem, QuickAdd, Reminder, Repeat, Span};

/// A reminder on a day without a time comes in the morning.
const REMINDER_PART: DayPart = DayPart::Morning;

impl Said {
    pub(crate) fn outcome(mut self, title: String, spans: Vec<Span>, today: &Today) -> QuickAdd {
        let due = self.due(today);
        let repeat = self.repeat.take();
        let repeat = repeat.map(|phrase| self.repetition(&phrase, due.as_ref(), today));
        let reminders = self.remind_at(due.as_ref(), today);
        if title.is_empty() {
            self.problems.push(Problem::EmptyTitle);
        }
        QuickAdd {
            title,
            due,
            repeat,
            reminders,
            priority: self.priority,
            tags: self.tags,
            spans,
            problems: self.problems,
        }
    }

    fn due(&self, today: &Today) -> Option<Due> {
        if let Some(instant) = &self.instant {
            return Some(Due::Time(*instant));
        }
        let is_today = self.day == Some(today.day);
        let moment = moment(self.clock, self.part, is_today);
        let first_from = |day: NaiveDate| match &self.repeat {
            Some(phrase) => phrase.rule.first_from(day),
            None => Some(day),
        };
        if self.day.is_none() && self.repeat.is_none() {
            return moment?.coming(today).map(Due::Time);
        }
        let first = first_from(self.day.unwrap_or(today.day))?;
        let Some(moment) = moment else {
            return Some(Due::Day(first));
        };
        let time = moment.on(first, today.now.timezone())?;
        let is_over = self.day.is_none() && time <= today.now;
        if is_over {
            let next = first_from(first.succ_opt()?)?;
            return moment.on(next, today.now.timezone()).map(Due::Time);
        }
        Some(Due::Time(time))
    }

    fn repetition(&mut self, phrase: &RepeatPhrase, due: Option<&Due>, today: &Today) -> Repeat {
        let mut rule = phrase.rule.to_text();
        if let Some((limit, range)) = self.limit.take() {
            let first = due.map_or(today.day, Due::day);
            let last = match limit {
                Tail::Count(count) => {
                    rule.push_str(&format!(";COUNT={count}"));
                    None
                }
                Tail::Until(day) => Some(day),
                Tail::For(length) => length.after(first).and_then(|day| day.pred_opt()),
                Tail::Starting(_) => None,
            };
            if last.is_some_and(|last| last < first) {
                self.problems.push(Problem::RepeatEndsTooEarly { range });
            }
            if let Some(last) = last {
                rule.push_str(&format!(";UNTIL={}", until(last, due)));
            }
        }
        Repeat {
            rule,
            after_completion: phrase.after_completion,
        }
    }

    fn remind_at(&mut self, due: Option<&Due>, today: &Today) -> Vec<Reminder> {
        let mut reminders = Vec::new();
        for (phrase, range) in std::mem::take(&mut self.reminders) {
            let reminder = match &phrase {
                RemindPhrase::Before(length) => {
                    if due.is_none() {
                        self.problems.push(Problem::ReminderWithoutDue { range });
                    }
                    Some(Reminder::Before(Lead {
                        days: length.days,
                        minutes: length.minutes,
                    }))
                }
                RemindPhrase::Instant(instant) => Some(Reminder::At(*instant)),
                RemindPhrase::At { day, time } => {
                    let (clock, mut part) = match time {
                        Some(Time::Clock(clock)) => (Some(*clock), None),
                        Some(Time::Part(part)) => (None, Some(*part)),
                        None => (None, None),
                    };
                    part = part.or(day.and_then(|named| named.part));
                    if clock.is_none() {
                        part = part.or(Some(REMINDER_PART));
                    }
                    let is_today = day.is_some_and(|named| named.day == today.day);
                    let day = day.map(|named| named.day).or(due.map(Due::day));
                    moment(clock, part, is_today)
                        .and_then(|moment| match day {
                            Some(day) => moment.on(day, today.now.timezone()),
                            None => moment.coming(today),
                        })
                        .map(Reminder::At)
                }
            };
            if let Some(reminder) = reminder
                && !reminders.contains(&reminder)
            {
                reminders.push(reminder);
            }
        }
        reminders
    }
}

impl Moment {
    /// The next time it is so late.
    fn coming(self, today: &Today) -> Option<DateTime<Tz>> {
        let zone = today.now.timezone();
        let time = self.on(today.day, zone)?;
        if time > today.now {
            return Some(time);
        }
        self.on(today.day.succ_opt()?, zone)
    }
}

impl Due {
    /// The day in the zone it was read in.
    fn day(&self) -> NaiveDate {
        match self {
            Self::Day(day) => *day,
            Self::Time(time) => time.date_naive(),
        }
    }
}

/// The value of UNTIL. As RFC 5545 wants it, it is a day where the due date is one, and else an instant: the last
/// second of that day where the task is.
fn until(last: NaiveDate, due: Option<&Due>) -> String {
    let end = match due {
        Some(Due::Time(time)) => last
            .checked_add_days(Days::new(1))
            .and_then(|next| resolve(next.and_time(NaiveTime::MIN), time.timezone()))
            .and_then(|next| next.checked_sub_signed(chrono::TimeDelta::seconds(1))),
        Some(Due::Day(_)) | None => None,
    };
    match end {
        Some(end) => end.naive_utc().format("%Y%m%dT%H%M%SZ").to_string(),
        None => last.format("%Y%m%d").to_string(),
    }
}
