//! Several commands in one message: "add milk and mark task 2 done, then show what is left".
//!
//! A message is done as a whole. If one of its commands must be asked about, the question comes before anything is done, and
//! the answer decides about all of it; if one cannot be done, none is.

use super::interpret::single;
use super::phrase::{after, before, quoted_ranges, without_courtesies};
use super::scene::Scene;
use super::{Context, Intent, Plan, Step, ToolCall, listing};

mod join;

use join::join;

/// Most commands of a message.
const CLAUSES_LIMIT: usize = 10;
/// Most places at which a message is tried to be split.
const PLACES_LIMIT: usize = 200;
/// The number of a task that is not there yet; no task has it.
const COMING: u32 = u32::MAX;

/// What separates commands, the longest first. After the first ones whatever follows is a command of its own if it begins
/// like one.
const SEPARATORS: [(&str, bool); 14] = [
    (", and then ", true),
    (" and then ", true),
    (", then ", true),
    (" then ", true),
    (" and also ", true),
    ("; ", true),
    ("\n", true),
    (". ", true),
    ("! ", true),
    ("? ", true),
    (", and ", false),
    (" and ", false),
    (", ", false),
    (" & ", false),
];

/// What commands begin with.
pub(super) const HEADS: [&str; 67] = [
    "add",
    "create",
    "make",
    "new task",
    "put",
    "show",
    "list",
    "display",
    "give me",
    "tell me",
    "what",
    "what's",
    "whats",
    "which",
    "how many",
    "how am i",
    "when is",
    "do i have",
    "is there",
    "are there",
    "find",
    "search",
    "look for",
    "delete",
    "remove",
    "erase",
    "get rid of",
    "scrap",
    "trash",
    "discard",
    "drop",
    "throw away",
    "complete",
    "finish",
    "mark",
    "tick",
    "check off",
    "close",
    "cross off",
    "change",
    "update",
    "rename",
    "edit",
    "modify",
    "set",
    "reschedule",
    "move",
    "postpone",
    "push",
    "delay",
    "defer",
    "bump",
    "snooze",
    "remind me",
    "set a reminder",
    "undo",
    "skip",
    "reopen",
    "restore",
    "bring back",
    "start",
    "cancel",
    "tag",
    "untag",
    "repeat",
    "prioritize",
    "i need to",
];

/// Commands whose end is text of the user's own: a title, or words to look for.
const FREE: [&str; 21] = [
    "add",
    "create",
    "make",
    "new task",
    "put",
    "remind me",
    "set a reminder",
    "i need to",
    "i have to",
    "i must",
    "i should",
    "i want to",
    "remember to",
    "don't forget",
    "don't let me forget",
    "note to self",
    "todo",
    "find",
    "search",
    "rename",
    "change",
];

/// The commands of a message.
pub(super) fn clauses<'a>(text: &'a str, scene: &Scene<'_>) -> Vec<&'a str> {
    let quoted = quoted_ranges(text);
    let mut clauses: Vec<&str> = Vec::new();
    let mut start = 0;
    for (place, length, is_firm) in places(text) {
        if clauses.len() + 1 >= CLAUSES_LIMIT {
            break;
        }
        if place < start || quoted.iter().any(|range| range.contains(&place)) {
            continue;
        }
        let (Some(left), Some(right)) = (text.get(start..place), text.get(place + length..)) else {
            continue;
        };
        let (left, right) = (without_courtesies(left), without_courtesies(right));
        let is_search = after(left, &["find", "search", "look for"]).is_some();
        let is_split = after(right, &HEADS).is_some()
            && (is_firm || !is_search)
            && (after(left, &HEADS).or_else(|| after(left, &FREE)).is_some() || is_state(left))
            && (is_firm || after(left, &FREE).is_none() || is_explicit(right, scene));
        if is_split {
            clauses.push(left);
            start = place + length;
        }
    }
    clauses.push(text.get(start..).unwrap_or_default());
    clauses
}

fn places(text: &str) -> Vec<(usize, usize, bool)> {
    let lower = text.to_ascii_lowercase();
    let mut places: Vec<(usize, usize, bool)> = Vec::new();
    for (separator, is_firm) in SEPARATORS {
        let found = lower.match_indices(separator).take(PLACES_LIMIT);
        places.extend(found.map(|(place, found)| (place, found.len(), is_firm)));
    }
    // Of separators at one place the longest counts.
    places.sort_by_key(|(place, length, _)| (*place, std::cmp::Reverse(*length)));
    places.truncate(PLACES_LIMIT);
    places
}

/// "Task 3 is done."
fn is_state(text: &str) -> bool {
    before(text, &["is done", "is finished", "is complete", "is completed"]).is_some()
}

/// Whether a command names a task in a way that no title would: a number, a pronoun, the word itself.
fn is_explicit(text: &str, scene: &Scene<'_>) -> bool {
    let mut words = text.split(|letter: char| !letter.is_alphanumeric() && letter != '#' && letter != '\'');
    let names_a_task = words.any(|word| {
        matches!(
            word.to_ascii_lowercase().as_str(),
            "task" | "tasks" | "todo" | "todos" | "it" | "them" | "everything"
        ) || (word.starts_with('#') && word.len() > 1)
    });
    let opens = after(text, &["add", "undo", "remind me to", "show", "list"]).is_some();
    let marks = after(text, &["mark", "tick"]).is_some()
        && before(
            text,
            &[
                "done",
                "as done",
                "complete",
                "as complete",
                "as completed",
                "off",
                "finished",
            ],
        )
        .is_some();
    names_a_task
        || opens
        || marks
        || listing::list(text, scene).is_some()
        || listing::stats(text, scene).is_some()
}

/// Reads the commands one after the other, behind what is known to be done already.
pub(super) fn continued(
    text: &str,
    intent: Option<Intent>,
    mut done: Vec<ToolCall>,
    context: &Context<'_>,
) -> Plan {
    let mut scene = Scene::new(context);
    let clauses = clauses(text, &scene);
    let is_one = clauses.len() == 1 && done.is_empty();
    let mut intent = intent;
    let mut rest = clauses.into_iter();
    while let Some(clause) = rest.next() {
        let Plan {
            intent: this,
            step,
            fallback,
        } = single(clause, &mut scene);
        match step {
            Step::Act(calls) => {
                if let Some(refused) = join(&mut done, calls, &mut scene) {
                    return refused;
                }
            }
            Step::Ask(mut pending) => {
                pending.before = done;
                pending.after = rest.collect::<Vec<_>>().join("\n");
                return Plan {
                    intent: this,
                    step: Step::Ask(pending),
                    fallback,
                };
            }
            Step::Say(_) if matches!(this, Intent::Greet | Intent::Thank) && !is_one => continue,
            Step::Say(text) => {
                let text = if is_one {
                    text
                } else {
                    format!("{text} I did nothing else of your message either.")
                };
                return Plan {
                    intent: this,
                    step: Step::Say(text),
                    fallback,
                };
            }
        }
        intent = intent.or(Some(this));
    }
    Plan::act(intent.unwrap_or(Intent::Unclear), done)
}
