//! Writing a calendar: each task a VTODO, each time zone a VTIMEZONE before the first task that needs it.

use std::collections::BTreeSet;

use chrono::Datelike as _;
use todo_domain::due::Due;
use todo_domain::task::{Priority, Status, Task};
use todo_domain::time::Timestamp;

use super::alarm::write_alarm;
use super::line::{escape, write};
use super::moment::{due, utc};
use super::rule::canonical;
use super::zones::write_zone;
use crate::record::anchor_text;

#[derive(Debug)]
pub(crate) struct CalendarWriter {
    year: i32,
    /// The names of the zones that were written.
    zones: BTreeSet<&'static str>,
}

impl CalendarWriter {
    pub(crate) fn begin(now: Timestamp, out: &mut Vec<u8>) -> Self {
        for line in [
            "BEGIN:VCALENDAR",
            "VERSION:2.0",
            "PRODID:-//Sidespin//Todo Chatbot//EN",
            "CALSCALE:GREGORIAN",
            "X-WR-CALNAME:Todo Chatbot",
            "REFRESH-INTERVAL;VALUE=DURATION:PT15M",
            "X-PUBLISHED-TTL:PT15M",
        ] {
            write(out, line);
        }
        Self {
            year: now.as_datetime().year(),
            zones: BTreeSet::new(),
        }
    }

    pub(crate) fn task(&mut self, task: &Task, out: &mut Vec<u8>) {
        let (dates, names_zone) = dates(task);
        if let Some(zone) = task.timezone.filter(|_| names_zone)
            && self.zones.insert(zone.name())
        {
            write_zone(out, zone, self.year);
        }
        write(out, "BEGIN:VTODO");
        write(out, format_args!("UID:{}", escape(&task.id)));
        write(out, format_args!("DTSTAMP{}", utc_second(task.updated_at)));
        write(out, format_args!("CREATED{}", utc(task.created_at)));
        write(out, format_args!("LAST-MODIFIED{}", utc_second(task.updated_at)));
        write(out, format_args!("SUMMARY:{}", escape(&task.title)));
        if let Some(description) = &task.description {
            write(out, format_args!("DESCRIPTION:{}", escape(description)));
        }
        write(out, format_args!("STATUS:{}", status(task.status)));
        if let Some(time) = task.completed_at {
            write(out, format_args!("COMPLETED{}", utc(time)));
        }
        write(out, format_args!("PRIORITY:{}", priority(task.priority)));
        if !task.tags.is_empty() {
            let tags: Vec<String> = task.tags.iter().map(|tag| escape(tag)).collect();
            write(out, format_args!("CATEGORIES:{}", tags.join(",")));
        }
        for line in dates {
            write(out, line);
        }
        if let Some(zone) = task.timezone.filter(|_| !names_zone) {
            write(out, format_args!("X-TODO-TIMEZONE:{zone}"));
        }
        for reminder in &task.reminders {
            write_alarm(out, task, reminder);
        }
        write(out, "END:VTODO");
    }

    pub(crate) fn end(self, out: &mut Vec<u8>) {
        write(out, "END:VCALENDAR");
    }
}

/// When it is due and how it repeats, and whether that tells the task's time zone.
fn dates(task: &Task) -> (Vec<String>, bool) {
    let mut lines = Vec::new();
    let mut names_zone = false;
    if let Some(date) = task.due_date {
        let (value, names) = due(date, task.timezone);
        names_zone = names;
        if task.recurrence_rule.is_some() {
            // What repeats must say where it starts, and programs repeat both together.
            lines.push(format!("DTSTART{value}"));
        }
        lines.push(format!("DUE{value}"));
    }
    let Some(rule) = &task.recurrence_rule else {
        return (lines, names_zone);
    };
    let start = task.due_date.or(task.series_anchor.map(|anchor| anchor.due));
    let start = start.unwrap_or_else(|| Due::Day(task.zone().local(task.created_at).date()));
    if task.due_date.is_none() {
        let (value, names) = due(start, task.timezone);
        names_zone = names;
        lines.push(format!("DTSTART{value}"));
        lines.push("X-TODO-DUE:NONE".to_owned());
    }
    let written = canonical(rule, start, task.zone());
    if &written != rule {
        lines.push(format!("X-TODO-RULE:{}", escape(rule)));
    }
    lines.push(format!("RRULE:{written}"));
    if !task.recurrence_anchor.is_due() {
        lines.push(format!("X-TODO-RECURRENCE-ANCHOR:{}", task.recurrence_anchor));
    }
    if let (Some(id), Some(number), Some(anchor)) = (&task.series_id, task.occurrence, &task.series_anchor) {
        lines.push(format!("X-TODO-SERIES:{}", escape(id)));
        lines.push(format!("X-TODO-OCCURRENCE:{number}"));
        lines.push(format!("X-TODO-ANCHOR:{}", anchor_text(anchor)));
    }
    (lines, names_zone)
}

/// A time that nobody reads back: to the second.
fn utc_second(time: Timestamp) -> String {
    let whole = Timestamp::from_millis(time.millis() - time.millis() % 1000);
    utc(whole.unwrap_or(time))
}

fn status(status: Status) -> &'static str {
    match status {
        Status::Pending => "NEEDS-ACTION",
        Status::InProgress => "IN-PROCESS",
        Status::Completed => "COMPLETED",
        Status::Cancelled => "CANCELLED",
    }
}

fn priority(priority: Priority) -> u8 {
    match priority {
        Priority::Urgent => 1,
        Priority::High => 3,
        Priority::Medium => 5,
        Priority::Low => 9,
    }
}
