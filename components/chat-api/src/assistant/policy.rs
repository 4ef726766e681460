//! Which of a model's calls run at once, and which need the user's yes.
//!
//! What a model asks for may come from the text of a task rather than from the user. So a call is held against what the
//! built-in rules read out of the user's own message, which no task can change:
//!
//! - More than one deletion in a turn needs a yes, as it does with the built-in assistant.
//! - A deletion by a model that has seen what stands in tasks needs a yes, unless the rules read the same one.
//! - Where the rules read a question, every change needs a yes.

use todo_domain::assistant::{Decision, Intent, Pending, Plan, Step, ToolCall};
use todo_domain::task::Task;
use todo_domain::time::Timestamp;

/// How long a yes counts, in seconds.
const PENDING_SECONDS: i64 = 300;

/// How many calls a turn may have.
const MOST_CALLS: usize = 32;

/// What has happened in a turn, as far as it decides what may happen next.
#[derive(Debug)]
pub(super) struct Policy {
    asked: Plan,
    has_seen_tasks: bool,
    deletions: usize,
    calls: usize,
}

/// What is to become of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Run,
    Confirm,
    TooMany,
}

impl Policy {
    /// `asked` is what the rules make of the message; `has_seen_tasks` is whether earlier messages are shown to the model.
    pub(super) fn new(asked: Plan, has_seen_tasks: bool) -> Self {
        Self {
            asked,
            has_seen_tasks,
            deletions: 0,
            calls: 0,
        }
    }

    /// The intent that the rules read.
    pub(super) fn intent(&self) -> Intent {
        self.asked.intent
    }

    /// Whether the user asked for nothing that would change anything.
    pub(super) fn is_question(&self) -> bool {
        matches!(
            self.asked.intent,
            Intent::ListTasks | Intent::SearchTasks | Intent::GetStats | Intent::Help
        )
    }

    /// Judges the calls of one answer together: of several deletions none runs before the yes.
    pub(super) fn judge<'a>(
        &mut self,
        calls: impl IntoIterator<Item = (&'a ToolCall, bool)>,
    ) -> Vec<Verdict> {
        let calls: Vec<_> = calls.into_iter().collect();
        let deletions = calls.iter().filter(|(call, _reads)| is_deletion(call));
        self.deletions += deletions.count();
        let before = self.calls;
        self.calls += calls.len();
        let verdict = |(place, (call, reads)): (usize, &(&ToolCall, bool))| {
            if before + place >= MOST_CALLS {
                Verdict::TooMany
            } else if !reads && self.needs_yes(call) {
                Verdict::Confirm
            } else {
                Verdict::Run
            }
        };
        calls.iter().enumerate().map(verdict).collect()
    }

    fn needs_yes(&self, call: &ToolCall) -> bool {
        let is_read_from_message = matches!(&self.asked.step, Step::Act(calls) if calls.contains(call));
        let is_doubtful = self.has_seen_tasks && !is_read_from_message;
        self.is_question() || (is_deletion(call) && (self.deletions > 1 || is_doubtful))
    }

    /// Results were shown to the model.
    pub(super) fn results_were_shown(&mut self) {
        self.has_seen_tasks = true;
    }
}

fn is_deletion(call: &ToolCall) -> bool {
    matches!(call, ToolCall::DeleteTask { .. })
}

/// The question whether to run these calls.
pub(super) fn question(calls: Vec<ToolCall>, tasks: &[Task], now: Timestamp) -> Pending {
    let lines: Vec<String> = calls.iter().map(|call| line(call, tasks)).collect();
    let question = if let [line] = lines.as_slice() {
        format!("This will {line}. Shall I? (yes or no)")
    } else if calls.iter().all(is_deletion) {
        let lines: Vec<&str> = lines
            .iter()
            .map(|line| line.trim_start_matches("delete "))
            .collect();
        format!(
            "This will delete {} tasks. Shall I? (yes or no)\n{}",
            lines.len(),
            lines.join("\n")
        )
    } else {
        format!(
            "This will make {} changes. Shall I? (yes or no)\n{}",
            lines.len(),
            lines.join("\n")
        )
    };
    Pending {
        question,
        decision: Decision::Confirm { calls },
        expires_at: now.plus_seconds(PENDING_SECONDS).unwrap_or(now),
    }
}

fn line(call: &ToolCall, tasks: &[Task]) -> String {
    let verb = match call {
        ToolCall::AddTask(draft) => return format!("add “{}”", draft.title),
        ToolCall::CompleteTask { .. } => "complete",
        ToolCall::DeleteTask { .. } => "delete",
        ToolCall::SetReminder { .. } => "set a reminder for",
        _ => "change",
    };
    let number = call.task_id().unwrap_or_default();
    match tasks.iter().find(|task| task.number == number) {
        Some(task) => format!("{verb} #{number} {}", task.title),
        None => format!("{verb} #{number}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(intent: Intent, calls: Vec<ToolCall>) -> Plan {
        Plan {
            intent,
            step: Step::Act(calls),
        }
    }

    fn delete(task_id: u32) -> ToolCall {
        ToolCall::DeleteTask { task_id }
    }

    fn judge(policy: &mut Policy, calls: &[ToolCall]) -> Vec<Verdict> {
        policy.judge(calls.iter().map(|call| (call, *call == ToolCall::GetStats)))
    }

    #[test]
    fn one_deletion_runs_and_several_need_a_yes() {
        let mut policy = Policy::new(asked(Intent::Unclear, vec![]), false);
        assert_eq!(judge(&mut policy, &[delete(1)]), [Verdict::Run]);
        assert_eq!(
            judge(&mut policy, &[ToolCall::GetStats, delete(2)]),
            [Verdict::Run, Verdict::Confirm]
        );
        let mut policy = Policy::new(asked(Intent::DeleteTask, vec![delete(1), delete(2)]), false);
        assert_eq!(judge(&mut policy, &[delete(1), delete(2)]), [Verdict::Confirm; 2]);
    }

    #[test]
    fn who_has_read_tasks_deletes_only_what_the_message_says() {
        let mut policy = Policy::new(asked(Intent::DeleteTask, vec![delete(1)]), false);
        policy.results_were_shown();
        assert_eq!(judge(&mut policy, &[delete(1)]), [Verdict::Run]);
        let mut policy = Policy::new(asked(Intent::DeleteTask, vec![delete(1)]), true);
        assert_eq!(judge(&mut policy, &[delete(2)]), [Verdict::Confirm]);
    }

    #[test]
    fn a_question_changes_nothing() {
        let complete = ToolCall::CompleteTask { task_id: 1 };
        let mut policy = Policy::new(asked(Intent::ListTasks, vec![]), false);
        let calls = [complete.clone(), ToolCall::GetStats];
        assert_eq!(judge(&mut policy, &calls), [Verdict::Confirm, Verdict::Run]);
        let mut policy = Policy::new(asked(Intent::Unclear, vec![]), true);
        assert_eq!(judge(&mut policy, &[complete]), [Verdict::Run]);
    }

    #[test]
    fn a_turn_has_so_many_calls() {
        let mut policy = Policy::new(asked(Intent::Unclear, vec![]), false);
        judge(&mut policy, &vec![ToolCall::GetStats; MOST_CALLS]);
        assert_eq!(judge(&mut policy, &[ToolCall::GetStats]), [Verdict::TooMany]);
    }

    #[test]
    fn the_question_says_what_would_happen() {
        let now = Timestamp::EPOCH;
        assert_eq!(
            question(vec![delete(3)], &[], now).question,
            "This will delete #3. Shall I? (yes or no)"
        );
        assert_eq!(
            question(vec![delete(3), delete(4)], &[], now).question,
            "This will delete 2 tasks. Shall I? (yes or no)\n#3\n#4"
        );
        let mixed = vec![delete(3), ToolCall::CompleteTask { task_id: 4 }];
        assert_eq!(
            question(mixed, &[], now).question,
            "This will make 2 changes. Shall I? (yes or no)\ndelete #3\ncomplete #4"
        );
    }
}
