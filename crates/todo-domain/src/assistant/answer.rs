//! The answer to a question of the assistant.

use super::clause::continued;
use super::deed::together;
use super::interpret::command;
use super::phrase::{after, is, without_courtesies};
use super::reference::{Meaning, Preference, resolve};
use super::scene::Scene;
use super::{Context, Decision, Fallback, Intent, Pending, Plan, Step, ToolCall};

const YES: [&str; 25] = [
    "yes",
    "y",
    "ya",
    "yep",
    "yup",
    "yeah",
    "sure",
    "of course",
    "absolutely",
    "definitely",
    "confirm",
    "confirmed",
    "i confirm",
    "correct",
    "right",
    "do it",
    "do that",
    "go ahead",
    "go for it",
    "please do",
    "ok",
    "okay",
    "fine",
    "yes do it",
    "i am sure",
];
const NO: [&str; 19] = [
    "no",
    "n",
    "nope",
    "nah",
    "cancel",
    "cancel that",
    "cancel it",
    "stop",
    "abort",
    "never mind",
    "nevermind",
    "don't",
    "do not",
    "none",
    "none of them",
    "forget it",
    "leave it",
    "not now",
    "neither",
];
const WHAT: [&str; 9] = [
    "what",
    "which",
    "which one",
    "which ones",
    "huh",
    "what do you mean",
    "what was the question",
    "why",
    "pardon",
];

/// What follows from the message if it answers the question; none if it is something else.
pub(super) fn answer(message: &str, pending: &Pending, context: &Context<'_>) -> Option<Plan> {
    let text = message.trim().trim_end_matches(['.', '!', '?', ' ', ',']);
    if is_no(text) {
        return Some(Plan::say(Intent::Cancel, "All right, nothing was changed."));
    }
    let again = || {
        let mut plan = Plan::fallback(Intent::Unclear, Fallback::NotUnderstood, "");
        plan.step = Step::Ask(pending.clone());
        plan
    };
    if is(text, &WHAT) {
        return Some(Plan {
            fallback: None,
            ..again()
        });
    }
    let is_command = || {
        let scene = Scene::new(context);
        command(without_courtesies(text), &scene).is_some()
    };
    match &pending.decision {
        Decision::Confirm { calls } if is_yes(text) => Some(decided(calls.clone(), pending, context)),
        Decision::Confirm { .. } => None,
        Decision::Choose { calls, candidates } => {
            let meaning = meant(text, candidates, context);
            let numbers = match meaning {
                Meaning::Tasks(numbers) | Meaning::All(numbers) => numbers,
                Meaning::Perhaps(number) => vec![number],
                Meaning::OneOf(_) | Meaning::Unsaid if !is_command() => return Some(again()),
                _ => return None,
            };
            let chosen = candidates
                .iter()
                .zip(calls)
                .filter(|(candidate, _)| numbers.contains(candidate))
                .map(|(_, call)| call.clone());
            let chosen = together(chosen.collect());
            if chosen.iter().map(ToolCall::deletions).sum::<usize>() > 1 {
                let question = format!(
                    "This will delete {} tasks. Shall I? (yes or no){}",
                    numbers.len(),
                    Scene::new(context).lines(&numbers)
                );
                let mut plan = Plan::ask(
                    Intent::DeleteTask,
                    question,
                    Decision::Confirm { calls: chosen },
                    context.now,
                );
                if let Step::Ask(next) = &mut plan.step {
                    next.before.clone_from(&pending.before);
                    next.after.clone_from(&pending.after);
                }
                return Some(plan);
            }
            (!chosen.is_empty()).then(|| decided(chosen, pending, context))
        }
    }
}

/// Whether the text is a plain yes or no, or a question about a question.
pub(super) fn is_answer(text: &str) -> bool {
    is_yes(text) || is_no(text)
}

fn is_yes(text: &str) -> bool {
    let text = without_courtesies(text);
    is(text, &YES)
        || after(text, &YES)
            .is_some_and(|rest| is(rest, &YES) || is(rest, &["please", "thanks", "thank you"]))
}

fn is_no(text: &str) -> bool {
    let bare = without_courtesies(text);
    let refuses = after(bare, &["don't", "do not", "no don't", "no do not"]).is_some_and(|rest| {
        is(
            rest,
            &[
                "do it",
                "do that",
                "delete it",
                "delete them",
                "delete anything",
                "change anything",
                "do anything",
            ],
        )
    });
    is(bare, &NO)
        || is(text, &NO)
        || refuses
        || after(bare, &NO).is_some_and(|rest| is(rest, &NO) || is(rest, &["thanks", "thank you", "please"]))
}

/// Which of the candidates the text means: by number, by place among them, by title, or all of them.
fn meant(text: &str, candidates: &[u32], context: &Context<'_>) -> Meaning {
    let scene = Scene::among(context, candidates);
    if is(
        text,
        &[
            "both",
            "all",
            "all of them",
            "both of them",
            "them all",
            "every one",
            "each",
            "everything",
        ],
    ) {
        return Meaning::Tasks(candidates.to_vec());
    }
    match resolve(text, &scene, Preference::Any) {
        // "2" is the second one, where no candidate is task 2.
        Meaning::Nothing { named, nearest } => {
            let place = super::number::number(text)
                .and_then(|place| usize::try_from(place).ok())
                .and_then(|place| candidates.get(place.checked_sub(1)?));
            match place {
                Some(number) => Meaning::Tasks(vec![*number]),
                None => Meaning::Nothing { named, nearest },
            }
        }
        found => found,
    }
}

/// What was decided, with what the same message asked for before and behind it.
fn decided(calls: Vec<ToolCall>, pending: &Pending, context: &Context<'_>) -> Plan {
    let mut all = pending.before.clone();
    all.extend(calls);
    if pending.after.is_empty() {
        return Plan::act(Intent::Confirm, all);
    }
    continued(&pending.after, Some(Intent::Confirm), all, context)
}
