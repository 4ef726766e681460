//! Reminders as VALARMs.
//!
//! A reminder before a day counts from nine in the morning; iCalendar counts from the day's beginning. The difference is
//! written out, so that other programs remind at the same time.

use serde_json::{Value, json};
use todo_domain::due::Due;
use todo_domain::task::{Lead, Reminder, Task};
use todo_domain::time::Timestamp;
use todo_domain::zone::Zone;

use super::duration::Duration;
use super::line::{ContentLine, escape, write};
use super::moment::{Moment, ZoneNames, utc};

/// The property with a lead as it was typed.
const LEAD: &str = "X-TODO-LEAD";

/// Where reminders before a day are counted from, in seconds from its beginning.
const MORNING: i64 = 9 * 3600;

const DAY: i64 = 86_400;

/// What alarms count from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Base {
    pub(super) start: Option<Moment>,
    pub(super) due: Option<Moment>,
    pub(super) zone: Zone,
}

pub(super) fn write_alarm(out: &mut Vec<u8>, task: &Task, reminder: &Reminder) {
    let trigger = match (reminder, task.due_date) {
        (Reminder::At(time), _) => format!("TRIGGER;VALUE=DATE-TIME{}", utc(*time)),
        (Reminder::Before(lead), Some(due)) => {
            format!("TRIGGER;RELATED=END:{}", before(lead, due).to_text())
        }
        (Reminder::Before(_), None) => return,
    };
    write(out, "BEGIN:VALARM");
    write(out, "ACTION:DISPLAY");
    write(out, format_args!("DESCRIPTION:{}", escape(&task.title)));
    write(out, trigger);
    if let Reminder::Before(lead) = reminder {
        write(out, format_args!("{LEAD}:{}", escape(lead.as_str())));
    }
    write(out, "END:VALARM");
}

fn before(lead: &Lead, due: Due) -> Duration {
    let duration = Duration::before(lead);
    match due {
        Due::Time(_) => duration,
        Due::Day(_) => Duration::of_seconds(duration.total() + MORNING),
    }
}

/// The reminder of an alarm, as the API writes it; none if it counts from what the task does not have.
pub(super) fn read(
    properties: &[ContentLine],
    base: &Base,
    zones: &ZoneNames,
) -> Result<Option<Value>, String> {
    let find = |name: &str| properties.iter().find(|line| line.name == name);
    let Some(trigger) = find("TRIGGER") else {
        return Err("needs a TRIGGER".to_owned());
    };
    let text = trigger.value.trim();
    let Some(duration) = Duration::parse(text) else {
        return match Moment::read(trigger, zones)? {
            Moment::Time(time, _zone) => Ok(Some(at(time))),
            Moment::Day(_) => Err("must be a duration or a time".to_owned()),
        };
    };
    let is_of_end = trigger
        .parameter("RELATED")
        .is_some_and(|related| related.eq_ignore_ascii_case("END"));
    let from = if is_of_end {
        base.due.or(base.start)
    } else {
        base.start.or(base.due)
    };
    let (Some(from), Some(due)) = (from, base.due) else {
        return Ok(None);
    };
    if from.due() == due.due()
        && let Some(lead) = lead(duration, due.due())
    {
        let typed = find(LEAD).map(ContentLine::text).filter(|typed| {
            Lead::parse(typed).is_some_and(|lead| before(&lead, due.due()).to_text() == duration.to_text())
        });
        return Ok(Some(json!({ "before": typed.unwrap_or(lead) })));
    }
    let from = match from {
        Moment::Day(day) => base
            .zone
            .start_of_day(day)
            .map(|start| Moment::Time(start, Some(base.zone))),
        time @ Moment::Time(..) => Some(time),
    };
    match from.and_then(|from| from.plus(duration)) {
        Some(Moment::Time(time, _zone)) => Ok(Some(at(time))),
        _ => Err("lies outside of the years 1970 to 9999".to_owned()),
    }
}

fn at(time: Timestamp) -> Value {
    json!({ "at": time.to_short_string() })
}

/// So long before the due date; none if it is after it.
fn lead(duration: Duration, due: Due) -> Option<String> {
    if matches!(due, Due::Time(_)) {
        return (duration.is_back || duration.total() == 0).then(|| duration.to_lead());
    }
    let seconds = MORNING - duration.total();
    let (days, seconds) = (
        u64::try_from(seconds / DAY).ok()?,
        u64::try_from(seconds % DAY).ok()?,
    );
    let lead = Duration {
        is_back: true,
        days,
        seconds,
    };
    Some(lead.to_lead())
}
