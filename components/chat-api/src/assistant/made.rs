//! The calls of a turn and what came of them, as the answer and the conversation show them.

use serde_json::{Value, json};
use todo_domain::assistant::{Intent, ToolCall, ToolOutcome, ToolResult, respond};
use todo_domain::bulk::BulkAction;

/// The longest arguments of a refused call that are shown, in bytes.
const LONGEST_SHOWN: usize = 2_000;

/// A call that a model made.
#[derive(Clone, Debug)]
pub(super) enum Made {
    /// It was run.
    Run { result: ToolResult, reads: bool },
    /// It was no call that could be run; the model was told why.
    Refused {
        tool: String,
        arguments: Value,
        reason: String,
    },
}

impl Made {
    pub(super) fn refused(tool: &str, arguments: Option<&Value>, reason: String) -> Self {
        let shown = arguments.filter(|arguments| arguments.to_string().len() <= LONGEST_SHOWN);
        Self::Refused {
            tool: tool.to_owned(),
            arguments: shown.cloned().unwrap_or_else(|| json!({})),
            reason,
        }
    }

    pub(super) fn to_json(&self, user_id: &str) -> Value {
        match self {
            Self::Run { result, .. } => result.to_json(user_id),
            Self::Refused {
                tool,
                arguments,
                reason,
            } => json!({
                "tool": tool,
                "arguments": arguments,
                "result": { "error": reason },
                "status": "error",
            }),
        }
    }

    /// What the model is told of it.
    pub(super) fn to_model(&self) -> Value {
        let reason = match self {
            Self::Run { result, .. } => match (&result.outcome, result.outcome.structured()) {
                (_, Some(structured)) => return structured,
                (ToolOutcome::Failed(reason), None) => reason,
                (_, None) => "nothing came of it",
            },
            Self::Refused { reason, .. } => reason.as_str(),
        };
        json!({ "error": reason })
    }

    fn is_change(&self) -> bool {
        matches!(self, Self::Run { reads: false, .. })
    }
}

/// Whether something was changed, or was to be.
pub(super) fn has_changes(made: &[Made]) -> bool {
    made.iter().any(Made::is_change)
}

/// The account of a turn that changed something, or tried: what the tools answered, in the built-in assistant's words. What was
/// looked up on the way is left out; what was looked up after the last change was asked for.
pub(super) fn account(made: &[Made]) -> String {
    let last_change = made.iter().rposition(Made::is_change);
    let told = made.iter().enumerate().filter(|(place, call)| match last_change {
        Some(last) => call.is_change() || *place > last,
        None => true,
    });
    let results: Vec<ToolResult> = told
        .filter_map(|(_place, call)| match call {
            Made::Run { result, .. } => Some(result.clone()),
            Made::Refused { .. } => None,
        })
        .collect();
    respond(&results)
}

/// What the turn was about: the first change, or else the last look.
pub(super) fn intent(made: &[Made]) -> Option<Intent> {
    let change = made.iter().find(|call| call.is_change());
    let Made::Run { result, .. } =
        change.or_else(|| made.iter().rfind(|call| matches!(call, Made::Run { .. })))?
    else {
        return None;
    };
    Some(intent_of(&result.call))
}

/// The intent that a call serves.
pub(super) fn intent_of(call: &ToolCall) -> Intent {
    match call {
        ToolCall::AddTask(_) => Intent::AddTask,
        ToolCall::ListTasks(_) => Intent::ListTasks,
        ToolCall::CompleteTask { .. } => Intent::CompleteTask,
        ToolCall::DeleteTask { .. } => Intent::DeleteTask,
        ToolCall::UpdateTask { .. } | ToolCall::SkipOccurrence { .. } | ToolCall::EndSeries { .. } => {
            Intent::UpdateTask
        }
        ToolCall::SearchTasks { .. } => Intent::SearchTasks,
        ToolCall::SetReminder { .. } => Intent::SetReminder,
        ToolCall::GetStats => Intent::GetStats,
        ToolCall::GetTask { .. } => Intent::GetTask,
        ToolCall::BulkTasks(request) => match request.action {
            BulkAction::Complete => Intent::CompleteTask,
            BulkAction::Delete => Intent::DeleteTask,
            BulkAction::Restore => Intent::Undo,
            BulkAction::Reopen | BulkAction::Tag(_) | BulkAction::Untag(_) | BulkAction::Move(_) => {
                Intent::UpdateTask
            }
        },
        ToolCall::Undo => Intent::Undo,
    }
}
