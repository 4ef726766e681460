//! The CSV of a project as Todoist exports it. Dates are read as quick add reads them.
//!
//! This application has no sections, comments and indents: a section becomes a tag, a comment a part of the description, and
//! a task below another one names it there.

use quick_add::{Problem, SpanKind};
use todo_domain::quick::from_quick_add;
use todo_domain::time::Timestamp;
use todo_domain::validation::{DESCRIPTION_LIMIT, TAG_LIMIT};
use todo_domain::zone::Zone;

use crate::Context;
use crate::intake::{Intake, text};
use crate::record::Record;
use crate::table::{head, rows};

const COLUMNS: [&str; 15] = [
    "type",
    "content",
    "description",
    "priority",
    "is_collapsed",
    "indent",
    "author",
    "responsible",
    "date",
    "date_lang",
    "timezone",
    "duration",
    "duration_unit",
    "deadline",
    "deadline_lang",
];

/// How deep Todoist nests tasks.
const DEEPEST_INDENT: usize = 5;

/// A task with the comments that follow it.
struct Task {
    record: Record,
    description: String,
}

struct Reading<'a> {
    context: &'a Context,
    columns: Vec<String>,
    section: Option<String>,
    /// The titles of the tasks that the next one may stand below.
    above: Vec<String>,
    task: Option<Task>,
}

/// What Todoist calls a field.
fn name(field: &str) -> &str {
    match field {
        "title" | "tags" => "CONTENT",
        "description" => "DESCRIPTION",
        "priority" => "PRIORITY",
        "due_date" | "recurrence_rule" => "DATE",
        "timezone" => "TIMEZONE",
        other => other,
    }
}

pub(crate) fn read(bytes: &[u8], context: &Context, intake: &mut Intake) {
    let Some(text) = text(bytes, intake) else {
        return;
    };
    let mut rows = rows(text);
    let Some((line, row)) = rows.next() else {
        intake.give_up(1, "TYPE", "is missing: the first line must name the columns");
        return;
    };
    let Some(columns) = head(line, &row, &COLUMNS, "content", intake) else {
        return;
    };
    let mut reading = Reading {
        context,
        columns,
        section: None,
        above: Vec::new(),
        task: None,
    };
    for (line, row) in rows {
        if intake.is_ended() {
            return;
        }
        let cells: Vec<&str> = row.iter().collect();
        reading.row(line, &cells, intake);
    }
    reading.end_task(intake);
}

impl Reading<'_> {
    fn cell<'a>(&self, cells: &[&'a str], column: &str) -> &'a str {
        let position = self.columns.iter().position(|known| known == column);
        let cell = position.and_then(|position| cells.get(position).copied());
        cell.unwrap_or_default().trim()
    }

    fn row(&mut self, line: u64, cells: &[&str], intake: &mut Intake) {
        let content = self.cell(cells, "content");
        match self.cell(cells, "type") {
            "task" => {
                self.end_task(intake);
                self.task = self.task(line, cells, intake);
            }
            "section" => {
                self.end_task(intake);
                self.above.clear();
                self.section = tag(content);
            }
            "note" => {
                if let Some(task) = &mut self.task {
                    append(&mut task.description, content);
                }
            }
            // How the project is shown, and empty lines.
            "" | "meta" => {}
            _ => {
                self.end_task(intake);
                intake.refuse(line, "TYPE", "must be `task`, `section`, `note` or `meta`");
            }
        }
    }

    fn end_task(&mut self, intake: &mut Intake) {
        if let Some(Task {
            mut record,
            description,
        }) = self.task.take()
        {
            record.set("description", cut(&description, DESCRIPTION_LIMIT));
            intake.take(record);
        }
    }

    fn task(&mut self, line: u64, cells: &[&str], intake: &mut Intake) -> Option<Task> {
        let (title, mut tags) = labels(self.cell(cells, "content"));
        tags.extend(self.section.clone());
        let indent = self.cell(cells, "indent").parse().unwrap_or(1_usize);
        self.above.truncate(indent.clamp(1, DEEPEST_INDENT) - 1);
        let mut description = self.cell(cells, "description").to_owned();
        if !self.above.is_empty() {
            append(&mut description, &format!("Part of: {}", self.above.join(" › ")));
        }
        self.above.push(title.clone());
        let mut record = Record::new(line, name);
        record.set("title", title);
        record.set("tags", tags);
        let priority = match self.cell(cells, "priority") {
            "" => None,
            number @ ("1" | "2" | "3" | "4") => Some(format!("p{number}")),
            _ => {
                intake.refuse(line, "PRIORITY", "must be a number from 1 to 4");
                None
            }
        };
        if let Some(priority) = priority {
            record.set("priority", priority);
        }
        if let Err((field, message)) = self.date(cells, &mut record) {
            intake.refuse(line, field, message);
            return None;
        }
        Some(Task { record, description })
    }

    fn date(&self, cells: &[&str], record: &mut Record) -> Result<(), (&'static str, String)> {
        let zone = match self.cell(cells, "timezone") {
            "" => self.context.zone,
            name => Some(Zone::parse(name).map_err(|error| ("TIMEZONE", error.to_string()))?),
        };
        let (field, date, language) = match self.cell(cells, "date") {
            "" => (
                "DEADLINE",
                self.cell(cells, "deadline"),
                self.cell(cells, "deadline_lang"),
            ),
            date => ("DATE", date, self.cell(cells, "date_lang")),
        };
        if date.is_empty() {
            return Ok(());
        }
        let (due, rule) = when(date, self.context.now, zone.unwrap_or_default()).ok_or_else(|| {
            let known = "write a day like `2026-03-01`, or English like `tomorrow at 9am` or `every Monday`";
            let message = match language {
                "" | "en" => format!("is not a date that is understood here; {known}"),
                _ => format!("is not a date that is understood here, where dates are English; {known}"),
            };
            (field, message)
        })?;
        record.set("due_date", due);
        if let Some((rule, after_completion)) = rule {
            record.set("recurrence_rule", rule);
            if after_completion {
                record.set("recurrence_anchor", "completion");
            }
        }
        if let Some(zone) = zone {
            record.set("timezone", zone.name());
        }
        Ok(())
    }
}

/// The due date of a text that says when and nothing else, and the rule if it repeats.
fn when(text: &str, now: Timestamp, zone: Zone) -> Option<(String, Option<(String, bool)>)> {
    let now = zone.at(now);
    if let Some(due) = quick_add::parse_due(text, now) {
        return Some((from_quick_add(due)?.to_string(), None));
    }
    let found = quick_add::parse(text, now);
    let says_when = |kind| matches!(kind, SpanKind::Due | SpanKind::Repeat);
    let is_doubtful = |problem: &Problem| problem.prevents_adding() && *problem != Problem::EmptyTitle;
    if !found.title.is_empty()
        || found.problems.iter().any(is_doubtful)
        || !found.spans.iter().all(|span| says_when(span.kind))
    {
        return None;
    }
    let rule = found.repeat.map(|repeat| (repeat.rule, repeat.after_completion));
    Some((from_quick_add(found.due?)?.to_string(), rule))
}

/// A title without its labels, and the labels: `Buy milk @shop`.
fn labels(content: &str) -> (String, Vec<String>) {
    let is_label = |word: &&str| word.strip_prefix('@').is_some_and(|label| tag(label).is_some());
    let (labels, words): (Vec<&str>, Vec<&str>) = content.split_whitespace().partition(is_label);
    if labels.is_empty() || words.is_empty() {
        return (content.to_owned(), Vec::new());
    }
    let labels = labels
        .iter()
        .filter_map(|label| tag(label.trim_start_matches('@')));
    (words.join(" "), labels.collect())
}

/// A name as a tag; none if nothing is left of it.
fn tag(name: &str) -> Option<String> {
    let name: String = name
        .chars()
        .map(|letter| {
            if letter == ',' || letter.is_control() {
                ' '
            } else {
                letter
            }
        })
        .collect();
    let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
    let name = cut(name.trim_start_matches('#').trim_start(), TAG_LIMIT);
    let name = name.trim();
    (!name.is_empty()).then(|| name.to_owned())
}

fn append(description: &mut String, paragraph: &str) {
    if !description.is_empty() && !paragraph.is_empty() {
        description.push_str("\n\n");
    }
    description.push_str(paragraph);
}

fn cut(text: &str, limit: usize) -> String {
    text.chars().take(limit).collect()
}
