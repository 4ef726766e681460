//! The built-in assistant: rules that turn a sentence into tool calls, and the calls' results into an answer.
//!
//! One turn of a conversation is
//! [`interpret`] → run the calls of the [`Plan`] in order → [`respond`]. Where the plan has nothing to run, its
//! text is the answer. What the assistant says it did comes from the results alone, never from what was asked.
//!
//! Only the user's message is read for commands. The titles of tasks are data: they are compared with what the
//! message names and quoted in answers, and nothing in them can cause a call.

use serde::{Deserialize, Serialize};

use crate::task::Task;
use crate::time::Timestamp;
use crate::zone::Zone;

mod adding;
mod argument;
mod catalogue;
mod change;
mod interpret;
mod listing;
mod phrase;
mod reference;
mod request;
mod respond;
mod result;
mod tool;
mod when;

pub use argument::{ForeignUser, check_user_argument, zone_argument};
pub use catalogue::{ToolAnnotations, ToolDefinition, tool, tools};
pub use interpret::interpret;
pub use request::{ChatRequest, MESSAGE_LIMIT};
pub use respond::respond;
pub use result::{Stats, TaskLine, TaskResult, ToolOutcome, ToolResult};
pub use tool::{ListStatus, TOOLS, ToolCall, ToolError};

/// A question that has not been answered for so long is forgotten.
const PENDING_SECONDS: i64 = 300;

/// What the assistant knows when it reads a message.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// The user's tasks that are not deleted, in any order.
    pub tasks: &'a [Task],
    /// The time.
    pub now: Timestamp,
    /// The user's zone.
    pub zone: Zone,
    /// What the assistant asked in the turn before, if it did.
    pub pending: Option<&'a Pending>,
    /// The numbers of the tasks that were shown last, in the order shown.
    pub last_list: &'a [u32],
}

/// What a message asks for, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// What was understood.
    pub intent: Intent,
    /// What follows from it.
    pub step: Step,
}

/// The next step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Run these calls, in order, and answer with [`respond`].
    Act(Vec<ToolCall>),
    /// Ask the question, change nothing, and give the question back in the next turn's [`Context`].
    Ask(Pending),
    /// Say this; nothing changes.
    Say(String),
}

/// What a message asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Intent {
    /// A new task.
    AddTask,
    /// Tasks by status or date.
    ListTasks,
    /// A task is done.
    CompleteTask,
    /// A task shall go.
    DeleteTask,
    /// A task shall be different.
    UpdateTask,
    /// Tasks by words.
    SearchTasks,
    /// To be reminded of a task.
    SetReminder,
    /// Numbers.
    GetStats,
    /// Yes, to a question.
    Confirm,
    /// No, to a question.
    Cancel,
    /// What the assistant can do.
    Help,
    /// How the product works, or what the operator has answers to.
    Faq,
    /// What the user's own tasks say.
    Recall,
    /// Not understood.
    Unclear,
}

/// A question that waits for an answer; stored with the conversation, and `pending_confirmation` in the API.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pending {
    /// What was asked.
    pub question: String,
    /// What the answer decides.
    #[serde(flatten)]
    pub decision: Decision,
    /// Until when an answer counts.
    pub expires_at: Timestamp,
}

/// What the answer to a question decides.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Decision {
    /// Whether to run these calls.
    Confirm {
        /// What a yes runs.
        calls: Vec<ToolCall>,
    },
    /// Which task a call is about.
    Choose {
        /// The call, for any of the tasks.
        call: ToolCall,
        /// The numbers of the tasks in question.
        candidates: Vec<u32>,
    },
}

impl Plan {
    fn act(intent: Intent, calls: Vec<ToolCall>) -> Self {
        Self {
            intent,
            step: Step::Act(calls),
        }
    }

    fn say(intent: Intent, text: impl Into<String>) -> Self {
        Self {
            intent,
            step: Step::Say(text.into()),
        }
    }

    fn ask(intent: Intent, question: String, decision: Decision, now: Timestamp) -> Self {
        let expires_at = now.plus_seconds(PENDING_SECONDS).unwrap_or(now);
        Self {
            intent,
            step: Step::Ask(Pending {
                question,
                decision,
                expires_at,
            }),
        }
    }
}

impl Intent {
    /// The name in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AddTask => "add_task",
            Self::ListTasks => "list_tasks",
            Self::CompleteTask => "complete_task",
            Self::DeleteTask => "delete_task",
            Self::UpdateTask => "update_task",
            Self::SearchTasks => "search_tasks",
            Self::SetReminder => "set_reminder",
            Self::GetStats => "get_stats",
            Self::Confirm => "confirm",
            Self::Cancel => "cancel",
            Self::Help => "help",
            Self::Faq => "faq",
            Self::Recall => "recall",
            Self::Unclear => "unclear",
        }
    }
}

#[cfg(test)]
mod tests;
