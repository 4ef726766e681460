//! What is printed: a table for people, JSON for programs.

use serde::Serialize;
use todo_service::migrate::{Schema, Step};

use crate::Arguments;
use crate::arguments::Action;

/// What was done, and how the tables are now.
#[derive(Debug, Default)]
pub(crate) struct Report {
    pub(crate) done: Vec<Done>,
    pub(crate) states: Vec<State>,
}

/// A change that was made or taken back, or would be.
#[derive(Debug, Serialize)]
pub(crate) struct Done {
    pub(crate) service: &'static str,
    pub(crate) number: i64,
    pub(crate) name: &'static str,
    /// What is gone with it.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub(crate) loses: &'static str,
}

/// The tables of one service.
#[derive(Debug, Serialize)]
pub(crate) struct State {
    service: &'static str,
    at: i64,
    latest: i64,
    changes: Vec<Change>,
}

#[derive(Debug, Serialize)]
struct Change {
    number: i64,
    name: String,
    state: &'static str,
    made_at: Option<String>,
}

impl State {
    pub(crate) fn of(schema: &Schema, steps: Vec<Step>) -> Self {
        Self {
            service: schema.service,
            at: crate::newest(&steps),
            latest: schema.latest(),
            changes: steps.into_iter().map(change).collect(),
        }
    }
}

fn change(step: Step) -> Change {
    let state = match (&step.made_at, step.is_known, step.is_changed) {
        (None, ..) => "missing",
        (Some(_), _, true) => "edited since",
        (Some(_), false, _) => "of a newer release",
        (Some(_), true, false) => "made",
    };
    Change {
        number: step.number,
        name: step.name,
        state,
        made_at: step.made_at,
    }
}

impl Report {
    pub(crate) fn print(&self, arguments: &Arguments) -> String {
        if arguments.is_json {
            let value = serde_json::json!({
                "services": self.states, "done": self.done, "dry_run": arguments.is_dry_run,
            });
            return format!("{value}\n");
        }
        match arguments.action {
            Action::Status | Action::Roles { .. } => self.table(),
            Action::Up => self.lines(if arguments.is_dry_run {
                "would make"
            } else {
                "made"
            }),
            Action::Back(_) => self.lines(if arguments.is_dry_run {
                "would take back"
            } else {
                "took back"
            }),
        }
    }

    fn lines(&self, verb: &str) -> String {
        if self.done.is_empty() {
            return "nothing to do\n".to_owned();
        }
        let lines = self.done.iter().map(|done| {
            let lost = if done.loses.is_empty() {
                String::new()
            } else {
                format!("\n    lost: {}", done.loses)
            };
            format!("{verb} {} {}: {}{lost}\n", done.service, done.number, done.name)
        });
        lines.collect()
    }

    fn table(&self) -> String {
        let head = ["SERVICE", "CHANGE", "NAME", "STATE", "MADE AT"].map(str::to_owned);
        let rows = self.states.iter().flat_map(|state| {
            state.changes.iter().map(|change| {
                [
                    state.service.to_owned(),
                    change.number.to_string(),
                    change.name.clone(),
                    change.state.to_owned(),
                    change.made_at.clone().unwrap_or_default(),
                ]
            })
        });
        let rows: Vec<[String; 5]> = std::iter::once(head).chain(rows).collect();
        let width = |column: usize| {
            let cells = rows.iter().filter_map(|row| row.get(column));
            cells.map(|cell| cell.chars().count()).max().unwrap_or_default()
        };
        let widths = [0, 1, 2, 3, 4].map(width);
        let lines = rows.iter().map(|row| {
            let cells = row.iter().zip(widths);
            let line: String = cells.map(|(cell, width)| format!("{cell:width$}  ")).collect();
            format!("{}\n", line.trim_end())
        });
        lines.collect()
    }
}
