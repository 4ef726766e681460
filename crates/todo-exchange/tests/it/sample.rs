//! Tasks to write, and the ways to write and read them.

use serde_json::{Value, json};
use todo_domain::recurrence::SeriesAnchor;
use todo_domain::task::Task;
use todo_domain::time::Timestamp;
use todo_domain::validation::{NewTask, TaskDraft};
use todo_domain::zone::Zone;
use todo_exchange::{Context, Format, ImportedTask, Report, Source, Writer, read};

pub(crate) fn now() -> Timestamp {
    Timestamp::parse("2026-03-02T09:00:00Z").unwrap()
}

pub(crate) fn context() -> Context {
    Context {
        now: now(),
        zone: None,
    }
}

pub(crate) fn task(body: &Value) -> Task {
    let new = NewTask {
        id: "01900000-0000-7000-8000-0000000000aa".to_owned(),
        number: 7,
        now: now(),
    };
    TaskDraft::parse(body).unwrap().into_task(new)
}

/// A task with every field.
pub(crate) fn full() -> Task {
    let body = json!({
        "title": "Pay rent; the \"big\" one, =1+1",
        "description": "for the flat\nand\\or the cellar, ää",
        "status": "completed",
        "priority": "urgent",
        "tags": ["home", "a;b\\c"],
        "due_date": "2026-03-31T07:00:00Z",
        "timezone": "Europe/Berlin",
        "reminders": [{"before": "1 day"}, {"at": "2026-03-30T10:00:00.250Z"}, {"before": "90m"}],
        "recurrence_rule": "monthly",
        "recurrence_anchor": "completion",
    });
    let anchor = SeriesAnchor {
        due: "2026-01-31T08:00:00Z".parse().unwrap(),
        occurrence: 1,
    };
    Task {
        occurrence: Some(3),
        series_anchor: Some(anchor),
        completed_at: Some(Timestamp::parse("2026-03-01T12:34:56.789Z").unwrap()),
        ..task(&body)
    }
}

pub(crate) fn write(format: Format, tasks: &[Task]) -> String {
    let mut writer = Writer::new(format, now());
    let mut bytes = Vec::new();
    for task in tasks {
        writer.task(task);
        bytes.extend(writer.take());
    }
    bytes.extend(writer.finish());
    String::from_utf8(bytes).unwrap()
}

pub(crate) fn read_in(zone: &str, source: Source, text: &str) -> Result<Vec<ImportedTask>, Report> {
    let zone = Some(Zone::parse(zone).unwrap());
    read(source, text.as_bytes(), &Context { now: now(), zone })
}

/// The lines, fields and messages of what is wrong with a file.
#[track_caller]
pub(crate) fn mistakes(source: Source, text: &str) -> Vec<String> {
    let report = read(source, text.as_bytes(), &context()).unwrap_err();
    let shown = report.mistakes.iter().map(|mistake| {
        format!(
            "{}: {}: {}",
            mistake.line.unwrap(),
            mistake.field,
            mistake.message
        )
    });
    shown.collect()
}

/// What a task must be read back as.
pub(crate) fn expected(task: &Task) -> ImportedTask {
    let draft = TaskDraft {
        parent_id: None,
        title: task.title.clone(),
        description: task.description.clone(),
        status: Some(task.status),
        priority: task.priority,
        tags: task.tags.clone(),
        due_date: task.due_date,
        timezone: task.timezone,
        reminders: task.reminders.clone(),
        recurrence_rule: task.recurrence_rule.clone(),
        recurrence_anchor: task.recurrence_anchor,
    };
    let series = task.recurrence_rule.as_ref().map(|_| todo_exchange::Series {
        id: task.series_id.clone().unwrap(),
        occurrence: task.occurrence.unwrap(),
        anchor: task.series_anchor.unwrap(),
    });
    ImportedTask {
        line: 0,
        uid: Some(task.id.clone()),
        draft,
        created_at: Some(task.created_at),
        completed_at: task.completed_at,
        series,
    }
}
