//! One turn of a conversation: what the assistant is told, the tools that it calls, and what it remembers.

mod asking;
mod authority;
mod builtin;
mod claims;
mod converse;
mod made;
mod no_answer;
mod policy;
mod prompt;
mod provider;
mod record;
pub(crate) mod tally;
mod told;

use serde::{Deserialize, Serialize};
use todo_domain::assistant::{
    Context, Intent, Pending, Stats, Step, TaskLine, TaskResult, ToolCall, ToolOutcome, ToolResult,
    interpret, respond,
};
use todo_domain::problem::Code;
use todo_domain::query::{MAXIMUM_LIMIT, SortKey, TaskQuery};
use todo_domain::task::{Reminder, Status, Task};
use todo_domain::validation::{Change as FieldChange, TaskPatch};
use todo_domain::zone::Zone;
use todo_service::database::Connection;

use crate::failure::Failure;
use crate::store::{overview, task_list, tasks};
use crate::tasks::{Change, find};
use crate::unit::Unit;

pub(crate) use self::authority::{Admitted, admit};
pub(crate) use self::builtin::take_builtin_turn;
pub(crate) use self::converse::{Asked, Conversation};
pub(crate) use self::provider::Provider;
pub(crate) use self::record::Fallback;
pub use self::told::ChatStream;
pub(crate) use self::told::Told;

/// How many of a user's tasks the assistant looks at when it is told of one by its title.
const TASKS_IN_VIEW: i64 = 2_000;

/// What the assistant remembers between two turns.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Memory {
    /// The question that it asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pending: Option<Pending>,
    /// The numbers of the tasks that it showed last.
    #[serde(default)]
    last_list: Vec<u32>,
}

impl Memory {
    /// From what a conversation keeps; of what cannot be read nothing is remembered.
    pub(crate) fn read(state: &str) -> Self {
        serde_json::from_str(state).unwrap_or_default()
    }
}

/// What came of a turn.
pub(crate) struct Turn {
    pub(crate) intent: Intent,
    pub(crate) response: String,
    pub(crate) results: Vec<ToolResult>,
    pub(crate) pending: Option<Pending>,
}

/// Answers a message, and calls the tools that it asks for. Nothing but the message is read for commands.
pub(crate) async fn take_turn<C: Connection>(
    unit: &Unit<'_, C>,
    message: &str,
    zone: Zone,
    memory: &mut Memory,
) -> Result<Turn, Failure> {
    let in_view = tasks::all(unit.connection, unit.user_id, TASKS_IN_VIEW).await?;
    let pending = memory.pending.take();
    let context = Context {
        tasks: &in_view,
        now: unit.now,
        zone,
        pending: pending.as_ref(),
        last_list: &memory.last_list,
    };
    let plan = interpret(message, &context);
    let mut turn = Turn {
        intent: plan.intent,
        response: String::new(),
        results: Vec::new(),
        pending: None,
    };
    match plan.step {
        Step::Say(text) => turn.response = text,
        Step::Ask(question) => {
            turn.response.clone_from(&question.question);
            memory.pending = Some(question.clone());
            turn.pending = Some(question);
        }
        Step::Act(calls) => {
            for call in calls {
                let outcome = run(unit, &call, zone).await?;
                if let ToolOutcome::Tasks(tasks) = &outcome {
                    memory.last_list = tasks.iter().map(|task| task.task_id).collect();
                }
                turn.results.push(ToolResult { call, outcome });
            }
            turn.response = respond(&turn.results);
        }
    }
    Ok(turn)
}

/// Runs one call. What the user can put right is an outcome; what nobody can is a failure, and undoes the whole turn.
pub(crate) async fn run<C: Connection>(
    unit: &Unit<'_, C>,
    call: &ToolCall,
    zone: Zone,
) -> Result<ToolOutcome, Failure> {
    match attempt(unit, call, zone).await {
        Ok(outcome) => Ok(outcome),
        Err(failure) => match failure.code() {
            Code::NotFound => Ok(ToolOutcome::Failed(match call.task_id() {
                Some(number) => format!("there is no task {number}"),
                None => failure.detail().to_owned(),
            })),
            Code::ValidationFailed => Ok(ToolOutcome::Failed(failure.detail().to_owned())),
            _ => Err(failure),
        },
    }
}

async fn attempt<C: Connection>(
    unit: &Unit<'_, C>,
    call: &ToolCall,
    zone: Zone,
) -> Result<ToolOutcome, Failure> {
    let one = |task: &Task, changed| Ok(ToolOutcome::Task(TaskResult::new(call, task, changed)));
    match call {
        ToolCall::AddTask(draft) => one(&unit.create((**draft).clone()).await?, true),
        ToolCall::CompleteTask { task_id } => {
            let applied = unit
                .change(&numbered(unit, *task_id).await?, Change::Complete)
                .await?;
            one(&applied.task, !applied.changed.is_empty())
        }
        ToolCall::DeleteTask { task_id } => one(&unit.delete(&numbered(unit, *task_id).await?).await?, true),
        ToolCall::UpdateTask { task_id, patch } => {
            let change = Change::Patch((**patch).clone());
            let applied = unit.change(&numbered(unit, *task_id).await?, change).await?;
            one(&applied.task, !applied.changed.is_empty())
        }
        ToolCall::SetReminder { task_id, reminder } => {
            let task = numbered(unit, *task_id).await?;
            let change = Change::Patch(with_reminder(&task, reminder));
            let applied = unit.change(&task, change).await?;
            one(&applied.task, !applied.changed.is_empty())
        }
        ToolCall::ListTasks {
            status,
            due,
            priority,
            tag,
        } => {
            let status = Status::ALL
                .into_iter()
                .filter(|known| status.includes(*known))
                .collect();
            let query = TaskQuery {
                status,
                due: *due,
                priority: priority.iter().copied().collect(),
                tags: tag.iter().cloned().collect(),
                ..listed(zone)
            };
            found(unit, &query).await
        }
        ToolCall::SearchTasks { query } => {
            found(
                unit,
                &TaskQuery {
                    search: Some(query.clone()),
                    sort: vec![SortKey::RELEVANCE],
                    ..listed(zone)
                },
            )
            .await
        }
        ToolCall::GetStats => {
            let stats: Stats = overview::stats(unit.connection, unit.user_id, unit.now, zone).await?;
            Ok(ToolOutcome::Stats(stats))
        }
    }
}

async fn numbered<C: Connection>(unit: &Unit<'_, C>, number: u32) -> Result<Task, Failure> {
    find(unit.connection, unit.user_id, &number.to_string()).await
}

fn with_reminder(task: &Task, reminder: &Reminder) -> TaskPatch {
    let mut reminders = task.reminders.clone();
    if !reminders.contains(reminder) {
        reminders.push(reminder.clone());
    }
    TaskPatch {
        reminders: FieldChange::Set(reminders),
        ..TaskPatch::default()
    }
}

fn listed(zone: Zone) -> TaskQuery {
    TaskQuery {
        limit: MAXIMUM_LIMIT,
        timezone: Some(zone),
        ..TaskQuery::default()
    }
}

async fn found<C: Connection>(unit: &Unit<'_, C>, query: &TaskQuery) -> Result<ToolOutcome, Failure> {
    let found = task_list::page(unit.connection, unit.user_id, query, unit.now, None).await?;
    let tasks = found.map(|found| found.tasks).unwrap_or_default();
    // As they are numbered: a list of old and new is easier to speak about from its beginning.
    let mut lines: Vec<TaskLine> = tasks.iter().map(TaskLine::from).collect();
    lines.sort_unstable_by_key(|line| line.task_id);
    Ok(ToolOutcome::Tasks(lines))
}
