//! Reading a message.

use super::phrase::{after, before, is, without_courtesies};
use super::reference::{Meaning, Preference, find, lines, resolve};
use super::{Context, Decision, Intent, Pending, Plan, Step, ToolCall, adding, change, listing};

const COMPLETE: [&str; 12] = [
    "complete",
    "finish",
    "i finished",
    "i have finished",
    "i've finished",
    "i completed",
    "i have completed",
    "i've completed",
    "i am done with",
    "i'm done with",
    "check off",
    "tick off",
];
const DONE: [&str; 14] = [
    "as complete",
    "as completed",
    "as done",
    "as finished",
    "complete",
    "completed",
    "done",
    "finished",
    "is complete",
    "is completed",
    "is done",
    "is finished",
    "off as done",
    "as being done",
];
const DELETE: [&str; 8] = [
    "delete",
    "remove",
    "erase",
    "get rid of",
    "trash",
    "drop",
    "throw away",
    "discard",
];
const YES: [&str; 11] = [
    "yes",
    "y",
    "yep",
    "yeah",
    "sure",
    "confirm",
    "do it",
    "go ahead",
    "ok",
    "okay",
    "yes, please",
];
const NO: [&str; 10] = [
    "no",
    "n",
    "nope",
    "cancel",
    "stop",
    "never mind",
    "nevermind",
    "don't",
    "none",
    "forget it",
];
const HELP: [&str; 8] = [
    "help",
    "what can you do",
    "what can i say",
    "hi",
    "hello",
    "hey",
    "commands",
    "how does this work",
];

const CAPABILITIES: &str = "I can add, list, find, change, complete and delete your tasks, and remind you of them. \
For example: “Add a task to buy groceries”, “What's pending?”, “Mark task 3 as complete”, \
“Change task 1 to 'Call mom tonight'”, “Delete the meeting task”.";

/// What to do about a message.
pub fn interpret(message: &str, context: &Context<'_>) -> Plan {
    if let Some(pending) = context
        .pending
        .filter(|pending| pending.expires_at >= context.now)
        && let Some(plan) = answer(message.trim(), pending, context)
    {
        return plan;
    }
    let text = without_courtesies(message);
    if is(text, &HELP) {
        return Plan::say(Intent::Help, CAPABILITIES);
    }
    if is(text, &YES) || is(text, &NO) {
        return Plan::say(
            Intent::Unclear,
            "There is no open question, so nothing was changed.",
        );
    }
    command(text, context).unwrap_or_else(|| {
        let answer = format!("I am not sure what you mean, so I changed nothing. {CAPABILITIES}");
        Plan::say(Intent::Unclear, answer)
    })
}

/// One call about the task that a text names, or the question which, or that there is none.
pub(super) fn about(
    reference: &str,
    intent: Intent,
    call: ToolCall,
    preference: Preference,
    context: &Context<'_>,
) -> Plan {
    let deletes = matches!(call, ToolCall::DeleteTask { .. });
    let (numbers, collective) = match resolve(reference, context, preference) {
        Meaning::Tasks(numbers) => (numbers, false),
        Meaning::All(numbers) => (numbers, true),
        Meaning::OneOf(candidates) => {
            let question = format!(
                "Which one do you mean? Say its number.{}",
                lines(&candidates, context)
            );
            // Any of them will do until the answer is there.
            let call = call.about(candidates.first().copied().unwrap_or_default());
            return Plan::ask(
                intent,
                question,
                Decision::Choose { call, candidates },
                context.now,
            );
        }
        Meaning::Nothing { named, nearest } => {
            let hint = if nearest.is_empty() {
                String::new()
            } else {
                format!(" Did you mean{}", lines(&nearest, context))
            };
            return Plan::say(
                intent,
                format!("I found no task for {named}, so I changed nothing.{hint}"),
            );
        }
        Meaning::Unsaid => {
            return Plan::say(
                intent,
                "Which task do you mean? Say its number or a part of its title.",
            );
        }
    };
    if numbers.is_empty() {
        return Plan::say(intent, "There are no such tasks, so nothing was changed.");
    }
    let calls: Vec<ToolCall> = numbers.iter().map(|number| call.clone().about(*number)).collect();
    if calls.len() > 1 && (deletes || collective) {
        let verb = if deletes { "delete" } else { "change" };
        let question = format!(
            "This will {verb} {} tasks. Shall I? (yes or no){}",
            calls.len(),
            lines(&numbers, context)
        );
        return Plan::ask(intent, question, Decision::Confirm { calls }, context.now);
    }
    Plan::act(intent, calls)
}

pub(super) fn command(text: &str, context: &Context<'_>) -> Option<Plan> {
    adding::remind(text, context)
        .or_else(|| adding::add(text, context))
        .or_else(|| adding::need(text, context))
        .or_else(|| listing::stats(text))
        .or_else(|| listing::search(text, context))
        .or_else(|| listing::list(text))
        .or_else(|| change::change(text, context))
        .or_else(|| complete(text, context))
        .or_else(|| delete(text, context))
}

/// The answer to a question of the assistant; none if the message is something else.
fn answer(message: &str, pending: &Pending, context: &Context<'_>) -> Option<Plan> {
    let text = message.trim_end_matches(['.', '!', ' ']);
    if is(text, &NO) {
        return Some(Plan::say(Intent::Cancel, "All right, nothing was changed."));
    }
    match &pending.decision {
        Decision::Confirm { calls } => is(text, &YES).then(|| Plan::act(Intent::Confirm, calls.clone())),
        Decision::Choose { call, candidates } => {
            let among: Vec<_> = context
                .tasks
                .iter()
                .filter(|task| candidates.contains(&task.number))
                .cloned()
                .collect();
            let narrowed = Context {
                tasks: &among,
                last_list: candidates,
                pending: None,
                ..*context
            };
            let sentence = command(without_courtesies(text), context);
            match resolve(text, &narrowed, Preference::Any) {
                Meaning::Tasks(numbers) => match numbers.as_slice() {
                    [number] => Some(Plan::act(Intent::Confirm, vec![call.clone().about(*number)])),
                    _ => None,
                },
                Meaning::OneOf(_) | Meaning::Unsaid if sentence.is_none() => Some(Plan {
                    intent: Intent::Unclear,
                    step: Step::Ask(pending.clone()),
                }),
                _ => None,
            }
        }
    }
}

fn complete(text: &str, context: &Context<'_>) -> Option<Plan> {
    let marked = after(text, &["mark", "set", "check", "tick", "flag"]).and_then(|rest| before(rest, &DONE));
    let said = || before(text, &["is complete", "is completed", "is done", "is finished"]);
    let reference = marked.or_else(|| after(text, &COMPLETE)).or_else(said)?;
    let call = ToolCall::CompleteTask { task_id: 0 };
    let reference = match resolve(reference, context, Preference::Open) {
        // Completing all means all that are open.
        Meaning::All(numbers) => {
            let open: Vec<String> = numbers
                .iter()
                .filter(|number| find(context, **number).is_some_and(|task| task.status.is_open()))
                .map(|number| format!("#{number}"))
                .collect();
            return Some(complete_all(&open, call, context));
        }
        _ => reference,
    };
    Some(about(
        reference,
        Intent::CompleteTask,
        call,
        Preference::Open,
        context,
    ))
}

fn complete_all(open: &[String], call: ToolCall, context: &Context<'_>) -> Plan {
    if open.is_empty() {
        return Plan::say(
            Intent::CompleteTask,
            "There is no open task, so nothing was changed.",
        );
    }
    match about(
        &open.join(" "),
        Intent::CompleteTask,
        call,
        Preference::Open,
        context,
    ) {
        Plan {
            intent,
            step: Step::Act(calls),
        } if calls.len() > 1 => {
            let question = format!("This will complete {} tasks. Shall I? (yes or no)", calls.len());
            Plan::ask(intent, question, Decision::Confirm { calls }, context.now)
        }
        plan => plan,
    }
}

fn delete(text: &str, context: &Context<'_>) -> Option<Plan> {
    let reference = after(text, &DELETE)?;
    Some(about(
        reference,
        Intent::DeleteTask,
        ToolCall::DeleteTask { task_id: 0 },
        Preference::Any,
        context,
    ))
}
