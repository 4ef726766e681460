//! The built-in assistant: rules that turn a sentence into tool calls, and the calls' results into an answer.
//!
//! One turn of a conversation is
//! [`interpret`] → run the calls of the [`Plan`] in order → [`respond`]. Where the plan has nothing to run, its
//! text is the answer. What the assistant says it did comes from the results alone, never from what was asked.
//!
//! Only the user's message is read for commands. The titles of tasks are data: they are compared with what the
//! message names and quoted in answers, and nothing in them can cause a call.

use serde::{Deserialize, Serialize};

use crate::time::Timestamp;
use crate::zone::Zone;

mod adding;
mod answer;
mod argument;
mod catalogue;
mod change;
mod clause;
mod deed;
mod doing;
mod interpret;
mod kind;
mod listing;
mod memory;
mod number;
mod phrase;
mod reference;
mod reminding;
mod request;
mod respond;
mod result;
mod scene;
mod small_talk;
mod spelling;
mod tool;
mod view;
mod when;

pub use argument::{ForeignUser, check_user_argument, zone_argument};
pub use catalogue::{ToolAnnotations, ToolDefinition, tool, tools};
pub use interpret::interpret;
pub use memory::Memory;
pub use request::{ChatRequest, MESSAGE_LIMIT};
pub use respond::respond;
pub use result::{ChangesResult, Stats, TaskLine, TaskResult, ToolOutcome, ToolResult};
pub use tool::{ListFilter, ListSort, ListStatus, TOOLS, ToolCall, ToolError};
pub use view::{View, Wanted};

/// A question that has not been answered for so long is forgotten.
const PENDING_SECONDS: i64 = 300;

/// What the assistant knows when it reads a message.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// The user's tasks that are not deleted, as far as they are known.
    pub tasks: &'a View,
    /// The time.
    pub now: Timestamp,
    /// The user's zone.
    pub zone: Zone,
    /// What the assistant asked in the turn before, if it did.
    pub pending: Option<&'a Pending>,
    /// The numbers of the tasks that were shown last, in the order shown.
    pub last_list: &'a [u32],
    /// The numbers of the tasks that were spoken of last: what "it" and "them" are.
    pub focus: &'a [u32],
}

/// What a message asks for, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// What was understood.
    pub intent: Intent,
    /// What follows from it.
    pub step: Step,
    /// Why nothing could be done, if the user wanted something else than what follows.
    pub fallback: Option<Fallback>,
}

/// Why a message led to nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fallback {
    /// There is nothing in it to read.
    Empty,
    /// It is no sentence that the assistant knows.
    NotUnderstood,
    /// It answers a question that is not open.
    NoQuestion,
    /// The task that it names is not there.
    NoSuchTask,
    /// It does not say all that is needed: which task, when, what.
    Incomplete,
    /// It asks for what cannot be: a title that is too long, a date that is none.
    Invalid,
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
    /// To see all of a task.
    GetTask,
    /// What was changed shall be as it was.
    Undo,
    /// Hello.
    Greet,
    /// Thanks, or goodbye.
    Thank,
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
    /// What the same message asked for before, to be done with what is decided.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub before: Vec<ToolCall>,
    /// What the same message asked for behind it, in the user's words.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub after: String,
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
    /// Which task is meant.
    Choose {
        /// The call for each of the tasks.
        calls: Vec<ToolCall>,
        /// The numbers of the tasks in question, in the same order.
        candidates: Vec<u32>,
    },
}

impl Pending {
    /// A question that is asked now.
    pub fn new(question: String, decision: Decision, now: Timestamp) -> Self {
        Self {
            question,
            decision,
            expires_at: now.plus_seconds(PENDING_SECONDS).unwrap_or(now),
            before: Vec::new(),
            after: String::new(),
        }
    }
}

impl Plan {
    fn act(intent: Intent, calls: Vec<ToolCall>) -> Self {
        Self::new(intent, Step::Act(calls))
    }

    fn say(intent: Intent, text: impl Into<String>) -> Self {
        Self::new(intent, Step::Say(text.into()))
    }

    fn fallback(intent: Intent, reason: Fallback, text: impl Into<String>) -> Self {
        Self {
            fallback: Some(reason),
            ..Self::say(intent, text)
        }
    }

    fn ask(intent: Intent, question: String, decision: Decision, now: Timestamp) -> Self {
        Self::new(intent, Step::Ask(Pending::new(question, decision, now)))
    }

    fn new(intent: Intent, step: Step) -> Self {
        Self {
            intent,
            step,
            fallback: None,
        }
    }
}

impl Fallback {
    /// The name in the metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::NotUnderstood => "not_understood",
            Self::NoQuestion => "no_question",
            Self::NoSuchTask => "no_such_task",
            Self::Incomplete => "incomplete",
            Self::Invalid => "invalid",
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
            Self::GetTask => "get_task",
            Self::Undo => "undo",
            Self::Greet => "greet",
            Self::Thank => "thank",
            Self::Help => "help",
            Self::Faq => "faq",
            Self::Recall => "recall",
            Self::Unclear => "unclear",
        }
    }
}

#[cfg(test)]
mod tests;
