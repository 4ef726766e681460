//! "Make task 3 urgent", "mark task 3 as high priority", "raise the priority of task 3".

use super::{update, update_each, without_possessive};
use crate::assistant::Plan;
use crate::assistant::phrase::{after, before};
use crate::assistant::reference::Preference;
use crate::assistant::scene::Scene;
use crate::assistant::when::priority;
use crate::task::{Priority, Task};
use crate::validation::{Change, TaskPatch};

const NAMED: [&str; 14] = [
    "low",
    "medium",
    "normal",
    "high",
    "urgent",
    "critical",
    "p1",
    "p2",
    "p3",
    "p4",
    "important",
    "very important",
    "top",
    "highest",
];

pub(super) fn change(text: &str, scene: &Scene<'_>) -> Option<Plan> {
    if let Some(plan) = raised(text, scene) {
        return Some(plan);
    }
    let rest = after(
        text,
        &[
            "make",
            "mark",
            "set",
            "flag",
            "give",
            "change",
            "prioritize",
            "prioritise",
        ],
    )?;
    let had_word = before(rest, &["priority"]).is_some();
    let bare = before(rest, &["priority"]).unwrap_or(rest);
    let level = NAMED
        .into_iter()
        .rev()
        .find(|level| before(bare, &[level]).is_some())?;
    let reference = before(bare, &[level])?;
    // "Change milk to urgent" may be a title; "make milk urgent" is not.
    if after(text, &["change"]).is_some()
        && !had_word
        && before(reference, &["priority to", "priority as"]).is_none()
        && after(reference, &["the priority"]).is_none()
    {
        return None;
    }
    let reference = before(reference, &["as", "to", "a", "a very", "to a"]).unwrap_or(reference);
    let reference = before(reference, &["as", "to"]).unwrap_or(reference);
    let reference = before(reference, &["priority", "'s priority"]).unwrap_or(reference);
    let reference = after(
        reference,
        &[
            "the priority of",
            "priority of",
            "the priority for",
            "priority for",
        ],
    )
    .unwrap_or(reference);
    let level = match level {
        "important" => Priority::High,
        "very important" | "top" | "highest" => Priority::Urgent,
        level => priority(level)?,
    };
    let patch = TaskPatch {
        priority: Change::Set(level),
        ..TaskPatch::default()
    };
    Some(update(without_possessive(reference), &patch, "change", scene))
}

/// One step up or down.
fn raised(text: &str, scene: &Scene<'_>) -> Option<Plan> {
    let of = |rest| after(super::the(rest), &["priority of", "priority for", "priority on"]);
    let up = after(text, &["raise", "increase", "bump up", "up"])
        .and_then(of)
        .or_else(|| after(text, &["prioritize", "prioritise"]));
    let down = || {
        after(text, &["lower", "reduce", "decrease"])
            .and_then(of)
            .or_else(|| after(text, &["deprioritize", "deprioritise"]))
    };
    let (reference, steps) = match up {
        Some(reference) => (reference, 1),
        None => (down()?, -1),
    };
    let patch = |task: &Task| {
        let place = Priority::ALL
            .iter()
            .position(|level| *level == task.priority)
            .unwrap_or_default();
        let place = place.saturating_add_signed(steps).min(Priority::ALL.len() - 1);
        let level = Priority::ALL.get(place).copied().unwrap_or_default();
        TaskPatch {
            priority: Change::Set(level),
            ..TaskPatch::default()
        }
    };
    Some(update_each(reference, &patch, "change", Preference::Open, scene))
}
