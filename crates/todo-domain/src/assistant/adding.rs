//! Messages that make a task or ask to be reminded.

use super::interpret::{about, command};
use super::phrase::{after, before, capitalised, leading_quote, unquoted};
use super::reference::Preference;
use super::when::read;
use super::{Context, Intent, Plan, ToolCall};
use crate::due::Due;
use crate::task::{Lead, Reminder};
use crate::validation::{TITLE_LIMIT, TaskDraft};

const ADD: [&str; 31] = [
    "add a new task to",
    "add a new task called",
    "add a new task",
    "add a task to",
    "add a task called",
    "add a task named",
    "add a task for",
    "add a task",
    "add new task",
    "add task to",
    "add task",
    "add a todo to",
    "add a todo",
    "add todo",
    "create a new task to",
    "create a new task",
    "create a task to",
    "create a task called",
    "create a task",
    "create task",
    "make a task to",
    "make a task",
    "new task",
    "i need to remember to",
    "i have to remember to",
    "i must remember to",
    "remember to",
    "don't forget to",
    "don't let me forget to",
    "note to self",
    "todo",
];
const ADD_TO_LIST: [&str; 6] = [
    "to my list",
    "to my todo list",
    "to my to-do list",
    "to my tasks",
    "to the list",
    "to my task list",
];
const NEED: [&str; 8] = [
    "i need to",
    "i have to",
    "i must",
    "i should",
    "i've got to",
    "i want to",
    "i'd like to",
    "i would like to",
];
const REMIND_OF: [&str; 6] = [
    "remind me about",
    "remind me of",
    "set a reminder for",
    "add a reminder for",
    "add a reminder to task",
    "set a reminder on",
];
const REMIND_TO: [&str; 4] = [
    "remind me to",
    "set a reminder to",
    "add a reminder to",
    "create a reminder to",
];
pub(super) fn add(text: &str, context: &Context<'_>) -> Option<Plan> {
    if let Some(rest) = after(text, &ADD) {
        return Some(new_task(rest, false, context));
    }
    let rest = after(text, &["add", "put"])?;
    let named = before(rest, &ADD_TO_LIST);
    if let Some(title) = unquoted(named.unwrap_or(rest)).or(named) {
        return Some(new_task(title, false, context));
    }
    (after(text, &["add"]).is_some() && !rest.is_empty()).then(|| new_task(rest, false, context))
}

/// "I need to pay bills" is a task, "I need to see my tasks" and "I want to delete task 3" are not.
pub(super) fn need(text: &str, context: &Context<'_>) -> Option<Plan> {
    let rest = after(text, &NEED)?;
    let wish = after(text, &["i want to", "i'd like to", "i would like to"]).is_some();
    let names_a_task = rest.split_whitespace().any(|word| {
        matches!(
            word.to_ascii_lowercase().as_str(),
            "task" | "tasks" | "todo" | "todos"
        ) || word.starts_with('#')
    });
    match command(rest, context) {
        Some(plan) if names_a_task || wish => Some(plan),
        _ => Some(new_task(rest, false, context)),
    }
}

fn new_task(text: &str, remind: bool, context: &Context<'_>) -> Plan {
    let quoted = leading_quote(text).and_then(|(title, rest)| {
        let details = read(rest, context).ok().filter(|rest| rest.title.is_empty())?;
        let title = title.to_owned();
        Some(TaskDraft { title, ..details })
    });
    let draft = match quoted.map_or_else(|| read(text, context), Ok) {
        Ok(draft) => draft,
        Err(reason) => {
            return Plan::say(Intent::AddTask, format!("I added nothing, because {reason}."));
        }
    };
    let title = capitalised(draft.title.trim_matches([' ', ',', ':', '-']));
    if title.is_empty() {
        return Plan::say(
            Intent::AddTask,
            "What shall the task be called? For example: add a task to buy groceries.",
        );
    }
    if title.chars().count() > TITLE_LIMIT || title.chars().any(char::is_control) {
        let limit = format!(
            "The title of a task is one line of at most {TITLE_LIMIT} characters, so I added nothing."
        );
        return Plan::say(Intent::AddTask, limit);
    }
    let mut draft = TaskDraft { title, ..draft };
    if remind
        && draft.due_date.is_some()
        && draft.reminders.is_empty()
        && let Some(lead) = Lead::parse("0m")
    {
        draft.reminders.push(Reminder::Before(lead));
    }
    Plan::act(Intent::AddTask, vec![ToolCall::AddTask(Box::new(draft))])
}

pub(super) fn remind(text: &str, context: &Context<'_>) -> Option<Plan> {
    if let Some(rest) = after(text, &REMIND_TO) {
        return Some(new_task(rest, true, context));
    }
    let rest = after(text, &REMIND_OF)?;
    if let Some((reference, lead)) = lead_before(rest) {
        let call = ToolCall::SetReminder {
            task_id: 0,
            reminder: Reminder::Before(lead),
        };
        return Some(about(
            reference,
            Intent::SetReminder,
            call,
            Preference::Open,
            context,
        ));
    }
    let details = match read(rest, context) {
        Ok(details) => details,
        Err(reason) => {
            return Some(Plan::say(
                Intent::SetReminder,
                format!("I set no reminder, because {reason}."),
            ));
        }
    };
    let at = match details.due_date {
        Some(Due::Time(time)) => Some(time),
        Some(day @ Due::Day(_)) => context.zone.resolve(day.reminder_base(context.zone)),
        None => None,
    };
    let Some(at) = at else {
        let question = "When shall I remind you? For example: remind me about task 3 tomorrow at 9:00.";
        return Some(Plan::say(Intent::SetReminder, question));
    };
    let call = ToolCall::SetReminder {
        task_id: 0,
        reminder: Reminder::At(at),
    };
    Some(about(
        &details.title,
        Intent::SetReminder,
        call,
        Preference::Open,
        context,
    ))
}

/// "task 3 30 minutes before" as the reference and the duration.
fn lead_before(text: &str) -> Option<(&str, Lead)> {
    let text = before(
        text,
        &["before it is due", "before it's due", "before", "in advance"],
    )?;
    let (rest, unit) = text.rsplit_once(' ')?;
    match rest.rsplit_once(' ') {
        Some((reference, number)) if number.bytes().all(|byte| byte.is_ascii_digit()) => {
            Some((reference, Lead::parse(&format!("{number} {unit}"))?))
        }
        _ => Some((rest, Lead::parse(unit)?)),
    }
}
