//! One VTODO, from its properties to the fields of a task.

use serde_json::Value;
use todo_domain::due::Due;
use todo_domain::zone::Zone;

use super::alarm::{self, Base};
use super::duration::Duration;
use super::line::ContentLine;
use super::moment::{Moment, ZoneNames};
use super::rule::canonical;
use crate::intake::Intake;
use crate::record::Record;

/// The lines of a VTODO.
#[derive(Debug)]
pub(super) struct Todo {
    line: u64,
    pub(super) properties: Vec<ContentLine>,
    /// With the lines on which they begin.
    pub(super) alarms: Vec<(u64, Vec<ContentLine>)>,
}

/// A VTODO on its way.
struct Reading<'a> {
    todo: &'a Todo,
    zones: &'a ZoneNames,
    record: Record,
    intake: &'a mut Intake,
    is_wrong: bool,
}

/// What iCalendar calls a field.
fn name(field: &str) -> &str {
    match field {
        "id" => "UID",
        "title" => "SUMMARY",
        "description" => "DESCRIPTION",
        "status" => "STATUS",
        "priority" => "PRIORITY",
        "tags" => "CATEGORIES",
        "due_date" => "DUE",
        "timezone" => "X-TODO-TIMEZONE",
        "reminders" => "TRIGGER",
        "recurrence_rule" => "RRULE",
        "recurrence_anchor" => "X-TODO-RECURRENCE-ANCHOR",
        "series_id" => "X-TODO-SERIES",
        "occurrence" => "X-TODO-OCCURRENCE",
        "series_anchor" => "X-TODO-ANCHOR",
        "created_at" => "CREATED",
        "completed_at" => "COMPLETED",
        other => other,
    }
}

impl Todo {
    pub(super) fn at(line: u64) -> Self {
        Self {
            line,
            properties: Vec::new(),
            alarms: Vec::new(),
        }
    }

    fn find(&self, name: &str) -> Option<&ContentLine> {
        self.properties.iter().find(|line| line.name == name)
    }

    pub(super) fn take_into(&self, intake: &mut Intake, zones: &ZoneNames) {
        let mut reading = Reading {
            todo: self,
            zones,
            record: Record::new(self.line, name),
            intake,
            is_wrong: false,
        };
        reading.texts();
        reading.state();
        let base = reading.dates();
        reading.alarms(&base);
        let Reading {
            record,
            intake,
            is_wrong,
            ..
        } = reading;
        // What was found wrong already is not to be found missing as well.
        if !is_wrong {
            intake.take(record);
        }
    }
}

impl Reading<'_> {
    fn refuse(&mut self, line: &ContentLine, message: impl Into<String>) {
        self.intake.refuse(line.line, &line.name, message);
        self.is_wrong = true;
    }

    fn texts(&mut self) {
        let todo = self.todo;
        for (name, field) in [
            ("SUMMARY", "title"),
            ("DESCRIPTION", "description"),
            ("X-TODO-TIMEZONE", "timezone"),
            ("X-TODO-RECURRENCE-ANCHOR", "recurrence_anchor"),
            ("X-TODO-SERIES", "series_id"),
            ("X-TODO-OCCURRENCE", "occurrence"),
            ("X-TODO-ANCHOR", "series_anchor"),
        ] {
            if let Some(line) = todo.find(name) {
                self.record.set_in_line(line.line, field, line.text());
            }
        }
        if let Some(line) = todo.find("UID") {
            let mut uid = line.text();
            // One time of a task that repeats, changed: it has the UID of the whole.
            if let Some(instance) = todo.find("RECURRENCE-ID") {
                uid = format!("{uid} {}", instance.value);
            }
            self.record.set_in_line(line.line, "id", uid);
        }
        let mut tags: Vec<Value> = Vec::new();
        for line in todo.properties.iter().filter(|line| line.name == "CATEGORIES") {
            for tag in line.texts().into_iter().filter(|tag| !tag.trim().is_empty()) {
                self.record.note_line(line.line, format!("tags[{}]", tags.len()));
                tags.push(tag.into());
            }
        }
        self.record.set("tags", tags);
    }

    fn state(&mut self) {
        let todo = self.todo;
        for (name, field) in [("CREATED", "created_at"), ("COMPLETED", "completed_at")] {
            let Some(line) = todo.find(name) else {
                continue;
            };
            match Moment::read(line, self.zones) {
                Ok(Moment::Time(time, _zone)) => self.record.set(field, time.to_string()),
                Ok(Moment::Day(_)) => self.refuse(line, "must be a time like `20260301T090000Z`"),
                Err(message) => self.refuse(line, message),
            }
        }
        let is_done = todo.find("COMPLETED").is_some()
            || todo
                .find("PERCENT-COMPLETE")
                .is_some_and(|line| line.value.trim() == "100");
        let status = match todo.find("STATUS") {
            None if is_done => "completed",
            None => "pending",
            Some(line) => match line.value.trim().to_ascii_uppercase().as_str() {
                "NEEDS-ACTION" => "pending",
                "IN-PROCESS" => "in_progress",
                "COMPLETED" => "completed",
                "CANCELLED" => "cancelled",
                _ => {
                    let message = "must be one of `NEEDS-ACTION`, `IN-PROCESS`, `COMPLETED`, `CANCELLED`";
                    return self.refuse(line, message);
                }
            },
        };
        self.record.set("status", status);
        if let Some(line) = todo.find("PRIORITY") {
            let priority = match line.value.trim() {
                "1" | "2" => "urgent",
                "3" | "4" => "high",
                "0" | "5" => "medium",
                "6" | "7" | "8" | "9" => "low",
                _ => return self.refuse(line, "must be a number from 0 to 9"),
            };
            self.record.set("priority", priority);
        }
    }

    fn moment(&mut self, name: &str) -> Option<Moment> {
        let line = self.todo.find(name)?;
        match Moment::read(line, self.zones) {
            Ok(moment) => Some(moment),
            Err(message) => {
                self.refuse(line, message);
                None
            }
        }
    }

    fn dates(&mut self) -> Base {
        let todo = self.todo;
        let start = self.moment("DTSTART");
        let duration = todo
            .find("DURATION")
            .and_then(|line| Duration::parse(line.value.trim()));
        let ends = || start?.plus(duration?);
        let due = self.moment("DUE").or_else(ends).or(start);
        let due = due.filter(|_| todo.find("X-TODO-DUE").is_none());
        if let Some(due) = due {
            let line = todo.find("DUE").or_else(|| todo.find("DTSTART"));
            let line = line.map_or(todo.line, |line| line.line);
            self.record.set_in_line(line, "due_date", due.due().to_string());
        }
        let named = todo.find("X-TODO-TIMEZONE");
        let zone = due.or(start).and_then(Moment::zone);
        if let (None, Some(zone)) = (named, zone) {
            self.record.set("timezone", zone.name());
        }
        let zone = named.and_then(|line| Zone::parse(&line.text()).ok()).or(zone);
        let base = Base {
            start: start.filter(|_| due.is_some()),
            due,
            zone: zone.unwrap_or_default(),
        };
        self.rule(due.or(start).map(Moment::due), base.zone);
        base
    }

    fn rule(&mut self, start: Option<Due>, zone: Zone) {
        let Some(line) = self.todo.find("RRULE") else {
            return;
        };
        let written = line.value.trim();
        let typed = self.todo.find("X-TODO-RULE").map(ContentLine::text);
        // Whoever changed the rule left this as it was.
        let typed = typed.filter(|typed| start.is_some_and(|start| canonical(typed, start, zone) == written));
        let rule = typed.unwrap_or_else(|| written.to_owned());
        self.record.set_in_line(line.line, "recurrence_rule", rule);
    }

    fn alarms(&mut self, base: &Base) {
        let mut reminders: Vec<Value> = Vec::new();
        for (line, properties) in &self.todo.alarms {
            match alarm::read(properties, base, self.zones) {
                Ok(Some(reminder)) => {
                    self.record
                        .note_line(*line, format!("reminders[{}]", reminders.len()));
                    reminders.push(reminder);
                }
                Ok(None) => {}
                Err(message) => {
                    self.intake.refuse(*line, "TRIGGER", message);
                    self.is_wrong = true;
                }
            }
        }
        self.record.set("reminders", reminders);
    }
}
