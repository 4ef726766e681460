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
mod question;
mod reading;
mod record;
pub(crate) mod tally;
mod told;

pub(crate) use todo_domain::assistant::Memory;
use todo_domain::assistant::{
    self, ChangesResult, Intent, Pending, Stats, Step, TaskLine, TaskResult, ToolCall, ToolOutcome,
    ToolResult, interpret, respond,
};
use todo_domain::bulk::BulkRequest;
use todo_domain::events::TaskEventType;
use todo_domain::problem::Code;
use todo_domain::query::{MAXIMUM_LIMIT, SortKey, TaskQuery};
use todo_domain::recurrence::Missed;
use todo_domain::task::{Reminder, Task};
use todo_domain::validation::{Change as FieldChange, TaskPatch, apply};
use todo_domain::zone::Zone;
use todo_service::database::Connection;

use crate::failure::Failure;
use crate::store::{overview, task_list};
use crate::tasks::{Change, find, find_any};
use crate::unit::Unit;

pub(crate) use self::authority::{Admitted, admit};
pub(crate) use self::builtin::take_builtin_turn;
pub(crate) use self::converse::{Asked, Conversation};
pub(crate) use self::provider::Provider;
use self::reading::Reader;
pub(crate) use self::record::Fallback;
pub use self::told::ChatStream;
pub(crate) use self::told::Told;

/// What came of a turn.
pub(crate) struct Turn {
    pub(crate) intent: Intent,
    pub(crate) response: String,
    pub(crate) results: Vec<ToolResult>,
    pub(crate) pending: Option<Pending>,
    /// Why nothing could be done, if something else was wanted than what was done.
    pub(crate) fallback: Option<assistant::Fallback>,
}

/// Answers a message, and calls the tools that it asks for. Nothing but the message is read for commands.
pub(crate) async fn take_turn<C: Connection>(
    unit: &Unit<'_, C>,
    message: &str,
    zone: Zone,
    memory: &mut Memory,
) -> Result<Turn, Failure> {
    let mut reader = Reader::new(unit.connection, unit.user_id, unit.now, zone);
    let plan = reader.read(memory, |context| interpret(message, context)).await?;
    memory.pending = None;
    let mut turn = Turn {
        intent: plan.intent,
        response: String::new(),
        results: Vec::new(),
        pending: None,
        fallback: plan.fallback,
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
                turn.results.push(ToolResult { call, outcome });
            }
            memory.learn(&turn.results);
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
        ToolCall::ListTasks(filter) => {
            let found = found(unit, &filter.query(zone)).await?;
            let kept = found.iter().filter(|task| filter.keeps(task, zone));
            Ok(ToolOutcome::Tasks(lines(kept, filter.sort.is_some())))
        }
        ToolCall::SearchTasks { query } => {
            let query = TaskQuery {
                search: Some(query.clone()),
                sort: vec![SortKey::RELEVANCE],
                limit: MAXIMUM_LIMIT,
                timezone: Some(zone),
                ..TaskQuery::default()
            };
            Ok(ToolOutcome::Tasks(lines(
                found(unit, &query).await?.iter(),
                false,
            )))
        }
        ToolCall::GetStats => {
            let stats: Stats = overview::stats(unit.connection, unit.user_id, unit.now, zone).await?;
            Ok(ToolOutcome::Stats(stats))
        }
        ToolCall::GetTask { task_id } => Ok(ToolOutcome::Details(Box::new(numbered(unit, *task_id).await?))),
        ToolCall::BulkTasks(request) => {
            let changed = bulk(unit, request).await?;
            let result = ChangesResult::of_bulk(call, &request.action, &changed);
            Ok(ToolOutcome::Changes(result))
        }
        ToolCall::Undo => or_conflict(undo(unit).await),
        ToolCall::SkipOccurrence { task_id, missed } => {
            let missed = if *missed { Missed::AreSkipped } else { Missed::Come };
            let skipped = unit.skip(&numbered(unit, *task_id).await?, missed).await;
            or_conflict(skipped.map(|applied| ToolOutcome::Details(Box::new(applied.task))))
        }
        ToolCall::EndSeries { task_id } => {
            let ended = unit.end_series(&numbered(unit, *task_id).await?).await;
            or_conflict(ended.map(|(task, _last)| ToolOutcome::Task(TaskResult::new(call, &task, true))))
        }
    }
}

/// There is nothing to skip, to end or to undo: an outcome. Only for what finds that out before it changes anything; a conflict
/// half-way undoes the whole turn.
fn or_conflict(done: Result<ToolOutcome, Failure>) -> Result<ToolOutcome, Failure> {
    match done {
        Err(failure) if failure.code() == Code::Conflict => {
            Ok(ToolOutcome::Failed(failure.detail().to_owned()))
        }
        done => done,
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

/// Does it to all of the tasks, or to none: what one of them refuses is found out before any is changed.
async fn bulk<C: Connection>(
    unit: &Unit<'_, C>,
    request: &BulkRequest,
) -> Result<Vec<(Task, bool)>, Failure> {
    let mut before: Vec<Task> = Vec::new();
    for id in &request.ids {
        let Ok(stored) = find_any(unit.connection, unit.user_id, id).await else {
            // Which ones are missing is said below.
            continue;
        };
        let patch = request.action.patch(&stored.task).map_err(|error| vec![error])?;
        if let Some(patch) = patch {
            apply(&stored.task, patch, unit.now)?;
        }
        before.push(stored.task);
    }
    let after = unit.bulk(request).await?;
    let is_changed = |task: &Task| {
        let known = before.iter().find(|known| known.id == task.id);
        known.is_none_or(|known| known.version != task.version)
    };
    Ok(after
        .into_iter()
        .map(|task| {
            let changed = is_changed(&task);
            (task, changed)
        })
        .collect())
}

async fn undo<C: Connection>(unit: &Unit<'_, C>) -> Result<ToolOutcome, Failure> {
    let (undone, now) = unit.undo(None).await?;
    // A task that was made and then changed was made.
    let kind = |task: &Task| {
        let kinds = [TaskEventType::Created, TaskEventType::Deleted];
        let is_among = |kind: &TaskEventType| {
            undone
                .iter()
                .any(|change| change.task_id == task.id && change.kind == kind.as_str())
        };
        kinds.into_iter().find(is_among).unwrap_or(TaskEventType::Updated)
    };
    let undone = now.into_iter().map(|task| (kind(&task), task));
    Ok(ToolOutcome::Changes(ChangesResult::of_undo(undone)))
}

async fn found<C: Connection>(unit: &Unit<'_, C>, query: &TaskQuery) -> Result<Vec<Task>, Failure> {
    let found = task_list::page(unit.connection, unit.user_id, query, unit.now, None).await?;
    Ok(found.map(|found| found.tasks).unwrap_or_default())
}

/// As they are numbered, unless an order was asked for: a list of old and new is easier to speak about from its beginning.
fn lines<'a>(tasks: impl Iterator<Item = &'a Task>, is_sorted: bool) -> Vec<TaskLine> {
    let mut lines: Vec<TaskLine> = tasks.map(TaskLine::from).collect();
    if !is_sorted {
        lines.sort_unstable_by_key(|line| line.task_id);
    }
    lines
}
