//! Tasks as files: written piece by piece, and read whole or not at all.
//!
//! [`Writer`] makes JSON, CSV and iCalendar; [`read`] reads these and Todoist's CSV, and answers either every task or a
//! [`Report`] of what is wrong in which line. What this crate wrote it reads back as it was, whatever the format; what
//! iCalendar has no place for stands in `X-TODO-` properties, which other programs keep or ignore.
//!
//! Nothing here does I/O or reads a clock, and no input makes it panic. Which tasks are known already is for the caller.

mod calendar;
mod cell;
mod intake;
mod json;
mod record;
mod table;
mod todoist;
mod write;

use todo_domain::time::Timestamp;
use todo_domain::zone::Zone;

pub use intake::Report;
pub use record::{ImportedTask, Series};
pub use write::Writer;

/// Most mistakes that a report names.
pub const MISTAKES_LIMIT: usize = 100;
/// Most tasks of a file.
pub const TASKS_LIMIT: usize = 2_000;
/// Most reminders of all tasks of a file together.
pub const REMINDERS_LIMIT: usize = 5_000;
/// Longest UID, in characters.
pub const UID_LIMIT: usize = 500;

/// What tasks can be written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// This application's own, with everything.
    Json,
    /// RFC 4180, one task a line.
    Csv,
    /// RFC 5545, one VTODO a task.
    ICalendar,
}

/// What tasks can be read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Source {
    /// See [`Format::Json`]; also a bare list of tasks.
    Json,
    /// See [`Format::Csv`]; any of the columns, in any order.
    Csv,
    /// The VTODOs of a calendar, whoever wrote it.
    ICalendar,
    /// A project as Todoist exports it.
    Todoist,
}

/// What a file does not say itself.
#[derive(Clone, Copy, Debug)]
pub struct Context {
    /// The time, for dates like `tomorrow`.
    pub now: Timestamp,
    /// Where times without a zone are meant; UTC where absent.
    pub zone: Option<Zone>,
}

/// Reads a file. It is read to the end, or to the hundredth mistake.
///
/// # Errors
/// The report of every mistake: then nothing of the file is to be used.
pub fn read(source: Source, bytes: &[u8], context: &Context) -> Result<Vec<ImportedTask>, Report> {
    let mut intake = intake::Intake::default();
    match source {
        Source::Json => json::read(bytes, &mut intake),
        Source::Csv => table::read(bytes, &mut intake),
        Source::ICalendar => calendar::read(bytes, context, &mut intake),
        Source::Todoist => todoist::read(bytes, context, &mut intake),
    }
    intake.finish()
}

impl Format {
    /// The format of this name: `json`, `csv` or `ics`.
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "json" => Some(Self::Json),
            "csv" => Some(Self::Csv),
            "ics" => Some(Self::ICalendar),
            _ => None,
        }
    }

    /// The name, which is also the ending of files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Csv => "csv",
            Self::ICalendar => "ics",
        }
    }

    /// The media type.
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Csv => "text/csv; charset=utf-8; header=present",
            Self::ICalendar => "text/calendar; charset=utf-8",
        }
    }
}

impl Source {
    /// The source of this name: `json`, `csv`, `ics` or `todoist`.
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "todoist" => Some(Self::Todoist),
            name => Format::parse(name).map(Self::from),
        }
    }

    /// The source that a media type means.
    pub fn of_media_type(name: &str) -> Option<Self> {
        let is = |known: &str| name.eq_ignore_ascii_case(known);
        if is("application/json") {
            Some(Self::Json)
        } else if is("text/csv") {
            Some(Self::Csv)
        } else if is("text/calendar") {
            Some(Self::ICalendar)
        } else {
            None
        }
    }
}

impl From<Format> for Source {
    fn from(format: Format) -> Self {
        match format {
            Format::Json => Self::Json,
            Format::Csv => Self::Csv,
            Format::ICalendar => Self::ICalendar,
        }
    }
}
