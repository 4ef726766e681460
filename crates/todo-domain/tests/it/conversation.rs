//! A conversation with the assistant about tasks in memory.

use serde_json::{Map, Value};
use todo_domain::assistant::{
    ChangesResult, Memory, Plan, Stats, Step, TaskLine, TaskResult, ToolCall, ToolOutcome, ToolResult, View,
    Wanted, interpret,
};
use todo_domain::bulk::BulkAction;
use todo_domain::query::TaskQuery;
use todo_domain::task::Task;
use todo_domain::time::Timestamp;
use todo_domain::validation::{Change, NewTask, TaskPatch, apply, complete, reopen};
use todo_domain::zone::Zone;

pub(crate) const USER: &str = "user-1";

/// Who speaks when about what.
#[derive(Clone)]
pub(crate) struct Conversation {
    pub(crate) tasks: Vec<Task>,
    pub(crate) now: Timestamp,
    pub(crate) zone: Zone,
    pub(crate) memory: Memory,
}

impl Conversation {
    /// Says something, and does what follows from it.
    pub(crate) fn say(&mut self, message: &str) -> Plan {
        let whole = View::whole(self.tasks.clone());
        let plan = interpret(message, &self.memory.context(&whole, self.now, self.zone));
        let (read, _wanted) = self.read_on_demand(message);
        assert_eq!(read, plan, "{message}");
        self.memory.pending = None;
        match &plan.step {
            Step::Say(_) => {}
            Step::Ask(pending) => self.memory.pending = Some(stored(pending)),
            Step::Act(calls) => {
                let results: Vec<ToolResult> = calls
                    .iter()
                    .map(|call| ToolResult {
                        call: call.clone(),
                        outcome: self.run(call),
                    })
                    .collect();
                self.memory.learn(&results);
            }
        }
        plan
    }

    /// Reads a message against nothing but the tasks that this turns out to need, and says which those were.
    pub(crate) fn read_on_demand(&self, message: &str) -> (Plan, Vec<Wanted>) {
        let (mut view, mut all) = (View::default(), Vec::new());
        loop {
            let plan = interpret(message, &self.memory.context(&view, self.now, self.zone));
            let Some(wanted) = view.take_wanted() else {
                return (plan, all);
            };
            assert!(!all.contains(&wanted), "{message}: {wanted:?} a second time");
            let found = self.tasks.iter().filter(|task| {
                wanted.newest
                    || wanted.numbers.contains(&task.number)
                    || wanted.searches.iter().any(|search| search.finds(task))
            });
            view.add(wanted.clone(), found.cloned(), false);
            all.push(wanted);
        }
    }

    fn run(&mut self, call: &ToolCall) -> ToolOutcome {
        let result = |task: &Task| ToolOutcome::Task(TaskResult::new(call, task, true));
        match call {
            ToolCall::AddTask(draft) => {
                let number = self
                    .tasks
                    .iter()
                    .map(|task| task.number)
                    .max()
                    .unwrap_or_default()
                    + 1;
                let task = (**draft).clone().into_task(NewTask {
                    id: format!("id-{number}"),
                    number,
                    now: self.now,
                });
                self.tasks.push(task.clone());
                result(&task)
            }
            ToolCall::ListTasks(filter) => {
                let query = filter.query(self.zone);
                ToolOutcome::Tasks(self.found(&query, |task| filter.keeps(task, self.zone)))
            }
            ToolCall::SearchTasks { query } => {
                let query = TaskQuery {
                    search: Some(query.clone()),
                    ..TaskQuery::default()
                };
                ToolOutcome::Tasks(self.found(&query, |_task| true))
            }
            ToolCall::GetStats => ToolOutcome::Stats(Stats::of(&self.tasks, self.now, self.zone)),
            ToolCall::GetTask { task_id } | ToolCall::SkipOccurrence { task_id, .. } => {
                match self.tasks.iter().find(|task| task.number == *task_id) {
                    Some(task) => ToolOutcome::Details(Box::new(task.clone())),
                    None => failed(),
                }
            }
            ToolCall::BulkTasks(request) => {
                let numbers = request.ids.iter().map(|id| id.parse().unwrap());
                let changed: Vec<(Task, bool)> = numbers
                    .filter_map(|number| Some((self.do_to_one(&request.action, number)?, true)))
                    .collect();
                ToolOutcome::Changes(ChangesResult::of_bulk(call, &request.action, &changed))
            }
            ToolCall::Undo => failed(),
            ToolCall::EndSeries { task_id } => {
                let patch = TaskPatch {
                    recurrence_rule: Change::Clear,
                    ..TaskPatch::default()
                };
                let task = self.patched(*task_id, patch);
                self.outcome(task, call, *task_id)
            }
            ToolCall::CompleteTask { task_id } => self.outcome(
                self.clone().do_to_one(&BulkAction::Complete, *task_id),
                call,
                *task_id,
            ),
            ToolCall::DeleteTask { task_id } => {
                let task = self.do_to_one(&BulkAction::Delete, *task_id);
                task.map_or_else(failed, |task| result(&task))
            }
            ToolCall::UpdateTask { task_id, patch } => {
                let task = self.patched(*task_id, (**patch).clone());
                self.outcome(task, call, *task_id)
            }
            ToolCall::SetReminder { task_id, reminder } => {
                let task = self.tasks.iter().find(|task| task.number == *task_id).cloned();
                let mut reminders = task.map(|task| task.reminders).unwrap_or_default();
                reminders.push(reminder.clone());
                let patch = TaskPatch {
                    reminders: Change::Set(reminders),
                    ..TaskPatch::default()
                };
                let task = self.patched(*task_id, patch);
                self.outcome(task, call, *task_id)
            }
        }
    }

    fn outcome(&mut self, task: Option<Task>, call: &ToolCall, number: u32) -> ToolOutcome {
        let Some(task) = task else {
            return failed();
        };
        let outcome = ToolOutcome::Task(TaskResult::new(call, &task, true));
        if let Some(place) = self.tasks.iter().position(|task| task.number == number) {
            self.tasks[place] = task;
        }
        outcome
    }

    fn do_to_one(&mut self, action: &BulkAction, number: u32) -> Option<Task> {
        let place = self.tasks.iter().position(|task| task.number == number)?;
        let task = self.tasks[place].clone();
        let changed = match action {
            BulkAction::Complete => complete(&task, self.now).task,
            BulkAction::Reopen => reopen(&task, self.now).task,
            BulkAction::Delete => return Some(self.tasks.remove(place)),
            BulkAction::Restore => return None,
            action => {
                apply(&task, action.patch(&task).unwrap().unwrap(), self.now)
                    .ok()?
                    .task
            }
        };
        self.tasks[place] = changed.clone();
        Some(changed)
    }

    fn patched(&self, number: u32, patch: TaskPatch) -> Option<Task> {
        let task = self.tasks.iter().find(|task| task.number == number)?;
        Some(apply(task, patch, self.now).ok()?.task)
    }

    fn found(&self, query: &TaskQuery, keeps: impl Fn(&Task) -> bool) -> Vec<TaskLine> {
        let matches = |task: &&Task| query.matches(task, self.now, self.zone) && keeps(task);
        self.tasks
            .iter()
            .filter(matches)
            .take(query.limit)
            .map(TaskLine::from)
            .collect()
    }
}

fn failed() -> ToolOutcome {
    ToolOutcome::Failed("there is no such task".to_owned())
}

/// As it is when it comes back from the database.
fn stored<T: serde::Serialize + serde::de::DeserializeOwned>(value: &T) -> T {
    serde_json::from_value(serde_json::to_value(value).unwrap()).unwrap()
}

/// The arguments of a call without the user.
pub(crate) fn arguments(call: &ToolCall) -> Map<String, Value> {
    let Value::Object(mut arguments) = call.arguments(USER) else {
        panic!("{call:?}")
    };
    arguments.remove("user_id");
    arguments
}
