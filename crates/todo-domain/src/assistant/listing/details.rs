//! Messages that ask about one task.

use crate::assistant::deed::Deed;
use crate::assistant::kind::NOUNS;
use crate::assistant::number::number;
use crate::assistant::phrase::{after, before, is};
use crate::assistant::reference::{Meaning, Preference, resolve, resolve_one};
use crate::assistant::scene::Scene;
use crate::assistant::{Intent, Plan, ToolCall};

const WHEN: [&str; 9] = [
    "when is",
    "when's",
    "when does",
    "what is the due date of",
    "what's the due date of",
    "what is the deadline of",
    "what's the deadline for",
    "is",
    "has",
];
const ENDS: [&str; 11] = [
    "due",
    "done",
    "finished",
    "completed",
    "complete",
    "overdue",
    "need to be done",
    "have to be done",
    "been done",
    "been completed",
    "been finished",
];
const ABOUT: [&str; 14] = [
    "tell me about",
    "tell me more about",
    "details of",
    "details on",
    "details for",
    "details about",
    "show details of",
    "show me the details of",
    "show the details of",
    "show me details of",
    "more about",
    "describe",
    "info on",
    "information about",
];

/// All of one task: "show task 3", "when is the rent due", "is task 3 done".
pub(in crate::assistant) fn details(text: &str, scene: &Scene<'_>) -> Option<Plan> {
    let text = text.trim_end_matches(['?', '!', '.']);
    let deed = Deed {
        intent: Intent::GetTask,
        preference: Preference::Open,
        verb: "show",
        call: &|task| ToolCall::GetTask { task_id: task.number },
    };
    let when = after(text, &WHEN);
    if let Some(rest) = when {
        let is_dated = after(text, &["what"]).is_some();
        let reference = before(rest, &ENDS)
            .or(is_dated.then_some(rest))
            .filter(|rest| !rest.is_empty());
        let is_a_task = |reference: &&str| {
            is_dated
                || after(text, &["when"]).is_some()
                || matches!(
                    resolve(reference, scene, Preference::Open),
                    Meaning::Tasks(_) | Meaning::OneOf(_)
                )
        };
        let is_there =
            |reference: &&str| after(reference, &["there", "anything", "everything", "it all"]).is_none();
        if let Some(reference) = reference.filter(is_there).filter(is_a_task) {
            return Some(deed.to(reference, scene));
        }
        return None;
    }
    if let Some(rest) = after(text, &ABOUT) {
        return matches!(
            resolve(rest, scene, Preference::Open),
            Meaning::Tasks(_) | Meaning::OneOf(_) | Meaning::Nothing { .. }
        )
        .then(|| deed.to(rest, scene));
    }
    let rest = after(
        text,
        &[
            "show me", "show", "view", "open", "display", "what is", "what's", "give me", "see",
        ],
    )?;
    let is_a_number =
        after(rest, &["task", "number", "#"]).is_some_and(|rest| number(&rest.to_lowercase()).is_some());
    let is_a_task = is_a_number || (!is(rest, &NOUNS) && resolve_one(rest, scene).is_some());
    is_a_task.then(|| deed.to(rest, scene))
}
