//! CSV (RFC 4180), one task a line, the columns named as the API names the fields.

use csv::{ByteRecord, ReaderBuilder, StringRecord, WriterBuilder};
use serde_json::{Map, Value, json};
use todo_domain::task::{Reminder, Task};
use todo_domain::time::Timestamp;

use crate::cell::{harmless, original};
use crate::intake::{Intake, line_ends, text};
use crate::record::{Record, anchor_text};

const COLUMNS: [&str; 16] = [
    "id",
    "title",
    "description",
    "status",
    "priority",
    "tags",
    "due_date",
    "timezone",
    "reminders",
    "recurrence_rule",
    "recurrence_anchor",
    "series_id",
    "occurrence",
    "series_anchor",
    "created_at",
    "completed_at",
];

pub(crate) fn write_head(out: &mut Vec<u8>) {
    write_row(&COLUMNS.map(str::to_owned), out);
}

pub(crate) fn write(task: &Task, out: &mut Vec<u8>) {
    let reminders = task.reminders.iter().map(|reminder| match reminder {
        Reminder::At(time) => time.to_short_string(),
        Reminder::Before(lead) => lead.as_str().to_owned(),
    });
    let is_recurring = task.recurrence_rule.is_some();
    let series = |text: Option<String>| text.filter(|_| is_recurring).unwrap_or_default();
    write_row(
        &[
            task.id.clone(),
            task.title.clone(),
            task.description.clone().unwrap_or_default(),
            task.status.to_string(),
            task.priority.to_string(),
            task.tags.join(","),
            task.due_date.map(|due| due.to_string()).unwrap_or_default(),
            task.timezone.map(|zone| zone.to_string()).unwrap_or_default(),
            reminders.collect::<Vec<_>>().join(","),
            task.recurrence_rule.clone().unwrap_or_default(),
            series(Some(task.recurrence_anchor.to_string())),
            series(task.series_id.clone()),
            series(task.occurrence.map(|number| number.to_string())),
            series(task.series_anchor.as_ref().map(anchor_text)),
            task.created_at.to_string(),
            task.completed_at.map(|time| time.to_string()).unwrap_or_default(),
        ],
        out,
    );
}

fn write_row(cells: &[String; COLUMNS.len()], out: &mut Vec<u8>) {
    let mut writer = WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        .buffer_capacity(1024)
        .from_writer(out);
    // A Vec takes everything, so neither can fail.
    writer
        .write_record(cells.iter().map(|cell| harmless(cell).into_owned()))
        .ok();
    writer.flush().ok();
}

/// The rows of a table with their lines, the first of them its head. Empty lines are left out.
pub(crate) fn rows<'a>(text: &'a str) -> impl Iterator<Item = (u64, StringRecord)> + 'a {
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter(text))
        .from_reader(text.as_bytes());
    let mut row = ByteRecord::new();
    std::iter::from_fn(move || {
        // Reading from memory cannot fail, and rows may have any number of cells.
        if !reader.read_byte_record(&mut row).unwrap_or(false) {
            return None;
        }
        let (line, byte) = row
            .position()
            .map_or((1, 0), |position| (position.line(), position.byte()));
        // The reader begins a row before the empty lines that it passes over.
        let begin = usize::try_from(byte).unwrap_or(usize::MAX);
        let rest = text.as_bytes().get(begin..).unwrap_or_default();
        let blank = rest
            .iter()
            .take_while(|byte| matches!(byte, b'\r' | b'\n'))
            .count();
        let line = line + line_ends(rest.get(..blank).unwrap_or_default());
        // It was text, and cells are cut at ASCII.
        Some((line, StringRecord::from_byte_record_lossy(row.clone())))
    })
}

/// Spreadsheets of some countries write semicolons, or tabs.
fn delimiter(text: &str) -> u8 {
    let head = text.trim_start().lines().next().unwrap_or_default();
    let count = |wanted: u8| head.bytes().filter(|byte| *byte == wanted).count();
    let commas = count(b',');
    [b';', b'\t']
        .into_iter()
        .find(|other| count(*other) > commas)
        .unwrap_or(b',')
}

/// The columns of a head, in lower case; every mistake in it ends the reading.
pub(crate) fn head(
    line: u64,
    row: &StringRecord,
    known: &[&str],
    required: &str,
    intake: &mut Intake,
) -> Option<Vec<String>> {
    let columns: Vec<String> = row.iter().map(|cell| cell.trim().to_lowercase()).collect();
    for (position, column) in columns.iter().enumerate() {
        let shown: String = column.chars().take(60).collect();
        if !known.contains(&column.as_str()) {
            let message = format!("is not a column; known are {}", known.join(", "));
            intake.refuse(line, &shown, message);
        } else if columns.iter().take(position).any(|earlier| earlier == column) {
            intake.refuse(line, &shown, "stands twice");
        }
    }
    if !columns.iter().any(|column| column == required) {
        let message = "is missing: the first line must name the columns";
        intake.give_up(line, required, message);
        return None;
    }
    Some(columns)
}

pub(crate) fn read(bytes: &[u8], intake: &mut Intake) {
    let Some(text) = text(bytes, intake) else {
        return;
    };
    let mut rows = rows(text);
    let Some((line, row)) = rows.next() else {
        intake.give_up(1, "title", "is missing: the first line must name the columns");
        return;
    };
    let Some(columns) = head(line, &row, &COLUMNS, "title", intake) else {
        return;
    };
    for (line, row) in rows {
        if intake.is_ended() {
            return;
        }
        if row.iter().all(|cell| cell.trim().is_empty()) {
            continue;
        }
        if row.len() > columns.len() {
            let message = format!(
                "the line has {} cells, but the first has {}",
                row.len(),
                columns.len()
            );
            intake.refuse(line, "", message);
            continue;
        }
        let cells = columns.iter().zip(&row);
        let fields = cells.filter(|(_column, cell)| !cell.is_empty());
        let fields: Map<String, Value> = fields
            .map(|(column, cell)| (column.clone(), value(column, original(cell))))
            .collect();
        intake.take(Record::of(line, fields));
    }
}

fn value(column: &str, cell: &str) -> Value {
    let entries = || cell.split(',').map(str::trim).filter(|entry| !entry.is_empty());
    match column {
        "tags" => entries().collect(),
        "reminders" => entries()
            .map(|entry| match Timestamp::parse(entry) {
                Ok(_) => json!({ "at": entry }),
                Err(_) => json!({ "before": entry }),
            })
            .collect(),
        // What people type around these is no part of them.
        "title" | "description" => cell.into(),
        _ => cell.trim().into(),
    }
}
