//! Which of a model's calls run at once, and which need the user's yes.
//!
//! What a model asks for may come from the text of a task rather than from the user. So a call is held against what the
//! built-in rules read out of the user's own message, which no task can change:
//!
//! - More than one deletion in a turn needs a yes, as it does with the built-in assistant; so do several in one call.
//! - A deletion, or a change of several tasks by one call, by a model that has seen what stands in tasks needs a yes, unless the
//!   rules read the same one.
//! - To take back a change is as much as a deletion: it takes a task away that was made.
//! - Where the rules read a question, every change needs a yes.

use todo_domain::assistant::{Intent, Plan, Step, ToolCall};

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
        let begins_as_one = matches!(
            self.asked.intent,
            Intent::ListTasks | Intent::SearchTasks | Intent::GetTask | Intent::GetStats | Intent::Help
        );
        // "Show what is left and complete task 3" goes on with a command.
        let is_more = matches!(&self.asked.step, Step::Act(calls) if !calls.iter().all(ToolCall::only_reads));
        begins_as_one && !is_more
    }

    /// Judges the calls of one answer together: of several deletions none runs before the yes.
    pub(super) fn judge<'a>(
        &mut self,
        calls: impl IntoIterator<Item = (&'a ToolCall, bool)>,
    ) -> Vec<Verdict> {
        let calls: Vec<_> = calls.into_iter().collect();
        let deletions = calls.iter().map(|(call, _reads)| deletions(call));
        self.deletions += deletions.sum::<usize>();
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
        let is_deletion = deletions(call) > 0;
        self.is_question()
            || (is_deletion && self.deletions > 1)
            || (is_doubtful && (is_deletion || changes_several(call)))
    }

    /// Results were shown to the model.
    pub(super) fn results_were_shown(&mut self) {
        self.has_seen_tasks = true;
    }
}

/// How many tasks the call may take away.
fn deletions(call: &ToolCall) -> usize {
    match call {
        ToolCall::Undo => 1,
        call => call.deletions(),
    }
}

fn changes_several(call: &ToolCall) -> bool {
    matches!(call, ToolCall::BulkTasks(request) if request.ids.len() > 1)
}

#[cfg(test)]
mod tests {
    use todo_domain::bulk::{BulkAction, BulkRequest};

    use super::*;

    fn asked(intent: Intent, calls: Vec<ToolCall>) -> Plan {
        Plan {
            intent,
            step: Step::Act(calls),
            fallback: None,
        }
    }

    fn delete(task_id: u32) -> ToolCall {
        ToolCall::DeleteTask { task_id }
    }

    fn bulk(action: BulkAction, numbers: &[u32]) -> ToolCall {
        let ids = numbers.iter().map(u32::to_string).collect();
        ToolCall::BulkTasks(Box::new(BulkRequest { action, ids }))
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
    fn one_call_that_deletes_several_needs_a_yes() {
        let several = bulk(BulkAction::Delete, &[1, 2]);
        let mut policy = Policy::new(asked(Intent::DeleteTask, vec![several.clone()]), false);
        assert_eq!(judge(&mut policy, &[several]), [Verdict::Confirm]);
        // One by one, in calls of different kinds.
        let mut policy = Policy::new(asked(Intent::Unclear, vec![]), false);
        let one = bulk(BulkAction::Delete, &[1]);
        assert_eq!(judge(&mut policy, &[one, delete(2)]), [Verdict::Confirm; 2]);
        let mut policy = Policy::new(asked(Intent::Undo, vec![ToolCall::Undo]), false);
        assert_eq!(judge(&mut policy, &[ToolCall::Undo]), [Verdict::Run]);
        assert_eq!(judge(&mut policy, &[ToolCall::Undo]), [Verdict::Confirm]);
    }

    #[test]
    fn who_has_read_tasks_changes_only_the_several_that_the_message_names() {
        let named = bulk(BulkAction::Complete, &[1, 2]);
        let others = bulk(BulkAction::Complete, &[1, 2, 3]);
        let mut policy = Policy::new(asked(Intent::CompleteTask, vec![named.clone()]), true);
        let calls = [
            named,
            others.clone(),
            bulk(BulkAction::Complete, &[4]),
            ToolCall::Undo,
        ];
        let verdicts = [Verdict::Run, Verdict::Confirm, Verdict::Run, Verdict::Confirm];
        assert_eq!(judge(&mut policy, &calls), verdicts);
        // Who has read nothing but the message has the numbers from it.
        let mut policy = Policy::new(asked(Intent::Unclear, vec![]), false);
        assert_eq!(judge(&mut policy, &[others]), [Verdict::Run]);
    }

    #[test]
    fn a_question_with_a_command_behind_it_is_a_command() {
        let complete = ToolCall::CompleteTask { task_id: 1 };
        let calls = vec![ToolCall::GetStats, complete.clone()];
        let mut policy = Policy::new(asked(Intent::GetStats, calls), true);
        assert_eq!(
            judge(&mut policy, &[complete, delete(2)]),
            [Verdict::Run, Verdict::Confirm]
        );
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
}
