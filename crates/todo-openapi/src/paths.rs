//! The operations, by what they are about.

mod accounts;
mod audit;
mod chat;
mod exchange;
mod knowledge;
mod notifications;
mod system;
mod tasks;

use serde_json::{Value, json};
use todo_domain::problem::Code;

use crate::Service;
use crate::operation::Operation;

/// Every operation.
pub(crate) fn all() -> Vec<Operation> {
    [
        accounts::operations(),
        tasks::operations(),
        chat::operations(),
        knowledge::operations(),
        notifications::operations(),
        exchange::operations(),
        audit::operations(),
        system::operations(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// What operations are about, in the order of a reader's interest.
pub(crate) fn tags() -> Value {
    json!([
        { "name": "Accounts", "description": "Signing up, logging in, personal API tokens." },
        { "name": "Tasks", "description": "Tasks, subtasks, tags, the bin, undoing." },
        { "name": "Chat", "description": "The assistant, and what was said." },
        { "name": "Knowledge", "description": "The FAQ, documents and products that the assistant answers from, and what it was asked: for programs and operators with a key." },
        { "name": "Notifications", "description": "Reminders that came, and how to hear of them." },
        { "name": "Files", "description": "Export, import and the calendar feed." },
        { "name": "History", "description": "The tamper-evident log of every change, and changes as they happen." },
        { "name": "System", "description": "Health, keys, the Model Context Protocol, this description." },
    ])
}

/// What an operation of chat-api has that needs a user.
fn of_user(tag: &'static str, route: [&'static str; 4]) -> Operation {
    Operation::new(Service::ChatApi, tag, route)
        .of_user()
        .limited()
        .fails(&[Code::Forbidden])
}

/// What an operation of chat-api has that needs none.
fn open(tag: &'static str, route: [&'static str; 4]) -> Operation {
    Operation::new(Service::ChatApi, tag, route).limited()
}
