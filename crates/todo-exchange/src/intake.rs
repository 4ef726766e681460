//! What a reader has found so far: tasks, mistakes, and whether reading on is worth it.

use todo_domain::validation::FieldError;

use crate::record::{ImportedTask, Record};
use crate::{MISTAKES_LIMIT, REMINDERS_LIMIT, TASKS_LIMIT};

/// Why a file is not read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the file has {}{} mistake{}",
    if *.is_complete { "" } else { "at least " },
    .mistakes.len(),
    if .mistakes.len() == 1 { "" } else { "s" },
)]
pub struct Report {
    /// The mistakes with their lines, in the order in which they were found.
    pub mistakes: Vec<FieldError>,
    /// Whether these are all; if not, the rest of the file was not looked at.
    pub is_complete: bool,
}

/// What was found.
#[derive(Debug, Default)]
pub(crate) struct Intake {
    tasks: Vec<ImportedTask>,
    mistakes: Vec<FieldError>,
    reminders: usize,
    is_ended: bool,
}

impl Intake {
    /// Notes a mistake; the hundredth ends the reading.
    pub(crate) fn refuse(&mut self, line: u64, field: &str, message: impl Into<String>) {
        if self.mistakes.len() < MISTAKES_LIMIT {
            self.mistakes.push(FieldError::new(field, message).in_line(line));
        } else {
            self.is_ended = true;
        }
    }

    /// Notes a mistake after which nothing can be understood.
    pub(crate) fn give_up(&mut self, line: u64, field: &str, message: impl Into<String>) {
        if !self.is_ended {
            self.refuse(line, field, message);
        }
        self.is_ended = true;
    }

    /// Takes a task, or what is wrong with it.
    pub(crate) fn take(&mut self, record: Record) {
        let line = record.line;
        match record.finish() {
            Ok(task) => {
                self.reminders += task.draft.reminders.len();
                self.tasks.push(task);
            }
            Err(mistakes) => {
                for mistake in mistakes {
                    self.refuse(mistake.line.unwrap_or(line), &mistake.field, mistake.message);
                }
            }
        }
        if self.tasks.len() > TASKS_LIMIT {
            let message = format!("a file has at most {TASKS_LIMIT} tasks; divide it");
            self.give_up(line, "", message);
        } else if self.reminders > REMINDERS_LIMIT {
            let message = format!("a file has at most {REMINDERS_LIMIT} reminders; divide it");
            self.give_up(line, "", message);
        }
    }

    /// Whether the rest need not be read.
    pub(crate) fn is_ended(&self) -> bool {
        self.is_ended
    }

    pub(crate) fn finish(self) -> Result<Vec<ImportedTask>, Report> {
        if self.mistakes.is_empty() {
            return Ok(self.tasks);
        }
        Err(Report {
            mistakes: self.mistakes,
            is_complete: !self.is_ended,
        })
    }
}

/// The file's text without a byte order mark. What is no UTF-8 is refused with its line.
pub(crate) fn text<'a>(bytes: &'a [u8], intake: &mut Intake) -> Option<&'a str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Some(text.strip_prefix('\u{feff}').unwrap_or(text)),
        Err(error) => {
            let valid = bytes.get(..error.valid_up_to()).unwrap_or_default();
            intake.give_up(1 + line_ends(valid), "", "is not UTF-8");
            None
        }
    }
}

/// How many lines end in this.
pub(crate) fn line_ends(bytes: &[u8]) -> u64 {
    bytes.iter().map(|byte| u64::from(*byte == b'\n')).sum()
}
