//! Prompts: what a person may want to begin a conversation with. A task that one is about comes as a resource, never as
//! words of the person.

use serde_json::{Value, json};
use todo_domain::api_token::Scope;

use super::message::RpcError;
use super::{Refusal, only_page, resources, text};
use crate::app::{App, Caller};
use crate::platform::Platform;

/// Longest argument, in characters.
const ARGUMENT_LIMIT: usize = 200;

struct Prompt {
    name: &'static str,
    title: &'static str,
    description: &'static str,
    /// Name, description, and whether it must be there.
    argument: Option<(&'static str, &'static str, bool)>,
    text: &'static str,
}

/// The prompt whose argument is the number of a task.
pub(super) const ABOUT_A_TASK: &str = "break_down_task";

const PROMPTS: [Prompt; 3] = [
    Prompt {
        name: "plan_day",
        title: "Plan my day",
        description: "Which tasks to do today, and in which order",
        argument: Some(("focus", "what matters most today, in a few words", false)),
        text: "Look at my tasks with list_tasks: what is overdue, what is due today, and what is urgent. Propose an order for \
               today with a reason for each, at most seven tasks, and say what can wait. Change nothing before I agree.",
    },
    Prompt {
        name: "weekly_review",
        title: "Review my week",
        description: "What was done, what is overdue, what comes next",
        argument: None,
        text: "Review my week: use get_stats and list_tasks to see what is completed, overdue, and due within seven days. Sum it \
               up in a few sentences, then go through the overdue tasks with me one by one: do, move to a date, or drop. Change \
               a task only after I have decided.",
    },
    Prompt {
        name: ABOUT_A_TASK,
        title: "Break a task down",
        description: "Small steps for one task",
        argument: Some(("task_id", "the task's number", true)),
        text: "Break this task down into three to seven steps that take half an hour at most. Show them to me first; add those \
               that I agree to with add_task, with the tags of this task and no later due date.",
    },
];

pub(super) fn list(params: &Value) -> Result<Value, RpcError> {
    only_page(params)?;
    let prompts: Vec<Value> = PROMPTS.iter().map(Prompt::to_json).collect();
    Ok(json!({ "prompts": prompts }))
}

pub(super) async fn get<P: Platform>(
    app: &App<P>,
    caller: &Caller,
    params: &Value,
) -> Result<Value, Refusal> {
    let name = text(params, "/name")?;
    let Some(prompt) = PROMPTS.iter().find(|prompt| prompt.name == name) else {
        let shown: String = name.chars().take(60).collect();
        return Err(RpcError::invalid_params(format!("there is no prompt `{shown}`")).into());
    };
    let argument = prompt.argument_of(params.get("arguments"))?;
    let mut messages = vec![];
    match argument {
        Some(number) if prompt.name == ABOUT_A_TASK => {
            caller.require(Scope::Read)?;
            let number = number.trim().trim_start_matches('#');
            let task = resources::by_number(app, caller, number).await?;
            let task =
                task.ok_or_else(|| RpcError::invalid_params(format!("there is no task `{number}`")))?;
            messages.push(message(&json!({ "type": "text", "text": prompt.text })));
            messages.push(message(
                &json!({ "type": "resource", "resource": resources::contents(&task) }),
            ));
        }
        Some(focus) => {
            let words = format!("{} What matters most to me today: {focus}", prompt.text);
            messages.push(message(&json!({ "type": "text", "text": words })));
        }
        None => messages.push(message(&json!({ "type": "text", "text": prompt.text }))),
    }
    Ok(json!({ "description": prompt.description, "messages": messages }))
}

fn message(content: &Value) -> Value {
    json!({ "role": "user", "content": content })
}

impl Prompt {
    fn to_json(&self) -> Value {
        let argument = |(name, description, required)| json!({ "name": name, "description": description, "required": required });
        let arguments: Vec<Value> = self.argument.into_iter().map(argument).collect();
        json!({
            "name": self.name,
            "title": self.title,
            "description": self.description,
            "arguments": arguments,
        })
    }

    fn argument_of<'a>(&self, arguments: Option<&'a Value>) -> Result<Option<&'a str>, RpcError> {
        let given = match arguments {
            None => None,
            Some(Value::Object(object)) => Some(object),
            Some(_) => return Err(RpcError::invalid_params("`params.arguments` must be an object")),
        };
        let known = self.argument.map(|(name, ..)| name);
        if given.is_some_and(|given| given.keys().any(|name| Some(name.as_str()) != known)) {
            return Err(RpcError::invalid_params(format!(
                "`{}` has no such argument",
                self.name
            )));
        }
        let Some((name, _description, required)) = self.argument else {
            return Ok(None);
        };
        let is_decent =
            |text: &&str| text.chars().count() <= ARGUMENT_LIMIT && !text.chars().any(char::is_control);
        match given.and_then(|given| given.get(name)) {
            None if required => Err(RpcError::invalid_params(format!(
                "`arguments.{name}` is required"
            ))),
            None => Ok(None),
            Some(value) => value.as_str().filter(is_decent).map(Some).ok_or_else(|| {
                RpcError::invalid_params(format!(
                    "`arguments.{name}` must be one line of at most {ARGUMENT_LIMIT} characters"
                ))
            }),
        }
    }
}
