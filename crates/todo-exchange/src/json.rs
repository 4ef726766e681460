//! The application's own format: `{"format": "todo-chatbot", "version": 1, "tasks": […]}`, one task a line, each as the API
//! shows it, with the anchor of its series. It is read strictly, but a bare list of tasks is taken as well.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;
use todo_domain::recurrence::SeriesAnchor;
use todo_domain::task::Task;

use crate::intake::{Intake, line_ends, text};
use crate::record::Record;

const FORMAT: &str = "todo-chatbot";
const VERSION: u64 = 1;

/// A task, and what its own JSON leaves out.
#[derive(Serialize)]
struct Written<'a> {
    #[serde(flatten)]
    task: &'a Task,
    #[serde(skip_serializing_if = "Option::is_none")]
    series_anchor: Option<SeriesAnchor>,
}

#[derive(Debug)]
pub(crate) struct JsonWriter {
    is_first: bool,
}

impl JsonWriter {
    pub(crate) fn begin(out: &mut Vec<u8>) -> Self {
        let head = format!("{{\"format\":\"{FORMAT}\",\"version\":{VERSION},\"tasks\":[");
        out.extend_from_slice(head.as_bytes());
        Self { is_first: true }
    }

    pub(crate) fn task(&mut self, task: &Task, out: &mut Vec<u8>) {
        let separator: &[u8] = if self.is_first { b"\n" } else { b",\n" };
        self.is_first = false;
        out.extend_from_slice(separator);
        let written = Written {
            task,
            series_anchor: task.series_anchor,
        };
        // A task has text for keys, and a Vec takes everything: this cannot fail.
        serde_json::to_writer(out, &written).ok();
    }

    pub(crate) fn end(self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"\n]}\n");
    }
}

#[derive(Deserialize)]
struct File<'a> {
    format: Option<String>,
    version: Option<u64>,
    #[serde(borrow)]
    tasks: Option<Vec<&'a RawValue>>,
}

pub(crate) fn read(bytes: &[u8], intake: &mut Intake) {
    let Some(text) = text(bytes, intake) else {
        return;
    };
    let tasks = if text.trim_start().starts_with('[') {
        serde_json::from_str(text).map(Some)
    } else {
        serde_json::from_str(text).map(|file| tasks_of(file, intake))
    };
    let tasks: Vec<&RawValue> = match tasks {
        Ok(Some(tasks)) => tasks,
        Ok(None) => return,
        Err(error) => {
            let line = u64::try_from(error.line()).unwrap_or(u64::MAX).max(1);
            intake.give_up(line, "", format!("is not such a file: {error}"));
            return;
        }
    };
    let (mut line, mut counted) = (1, 0);
    for raw in tasks {
        if intake.is_ended() {
            return;
        }
        // The parts are borrowed from the text, so their places tell their lines.
        let offset = raw.get().as_ptr().addr().saturating_sub(text.as_ptr().addr());
        line += line_ends(text.as_bytes().get(counted..offset).unwrap_or_default());
        counted = offset;
        match serde_json::from_str(raw.get()) {
            Ok(Value::Object(fields)) => intake.take(Record::of(line, fields)),
            Ok(_) => intake.refuse(line, "tasks", "must be JSON objects"),
            Err(error) => intake.refuse(line, "tasks", format!("cannot be read: {error}")),
        }
    }
}

fn tasks_of<'a>(file: File<'a>, intake: &mut Intake) -> Option<Vec<&'a RawValue>> {
    if file.format.as_deref() != Some(FORMAT) {
        intake.give_up(1, "format", format!("must be `{FORMAT}`"));
    } else if file.version != Some(VERSION) {
        let message = format!("must be {VERSION}; this file was made by another release");
        intake.give_up(1, "version", message);
    } else if file.tasks.is_none() {
        intake.give_up(1, "tasks", "is required");
    }
    file.tasks.filter(|_| !intake.is_ended())
}
