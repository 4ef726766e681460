//! Writing tasks one by one. What was written can be taken away in between, so a file of any length needs little memory.

use todo_domain::task::{Reminder, Task};
use todo_domain::time::Timestamp;

use crate::{Format, calendar, json, table};

/// Writes a file of tasks.
#[derive(Debug)]
pub struct Writer {
    format: Form,
    out: Vec<u8>,
}

#[derive(Debug)]
enum Form {
    Json(json::JsonWriter),
    Csv,
    ICalendar(calendar::CalendarWriter),
}

impl Writer {
    /// Begins a file. `now` decides which rules of time zones iCalendar is told.
    pub fn new(format: Format, now: Timestamp) -> Self {
        let mut out = Vec::new();
        let format = match format {
            Format::Json => Form::Json(json::JsonWriter::begin(&mut out)),
            Format::Csv => {
                table::write_head(&mut out);
                Form::Csv
            }
            Format::ICalendar => Form::ICalendar(calendar::CalendarWriter::begin(now, &mut out)),
        };
        Self { format, out }
    }

    /// Writes a task.
    pub fn task(&mut self, task: &Task) {
        // Counting back from nothing reminds of nothing, and is nothing that the API takes back.
        let is_lost =
            |reminder: &Reminder| matches!(reminder, Reminder::Before(_)) && task.due_date.is_none();
        if task.reminders.iter().any(is_lost) {
            let mut kept = task.clone();
            kept.reminders.retain(|reminder| !is_lost(reminder));
            self.write(&kept);
        } else {
            self.write(task);
        }
    }

    fn write(&mut self, task: &Task) {
        match &mut self.format {
            Form::Json(writer) => writer.task(task, &mut self.out),
            Form::Csv => table::write(task, &mut self.out),
            Form::ICalendar(writer) => writer.task(task, &mut self.out),
        }
    }

    /// What was written since the last call.
    pub fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.out)
    }

    /// Ends the file. Answers what was written since [`take`](Self::take).
    pub fn finish(mut self) -> Vec<u8> {
        match self.format {
            Form::Json(writer) => writer.end(&mut self.out),
            Form::Csv => {}
            Form::ICalendar(writer) => writer.end(&mut self.out),
        }
        self.out
    }
}
