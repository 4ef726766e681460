//! Messages that change fields of tasks.

use super::deed::Deed;
use super::phrase::{after, before};
use super::reference::Preference;
use super::scene::Scene;
use super::{Intent, Plan, ToolCall};
use crate::task::Task;
use crate::validation::TaskPatch;

mod field;
mod level;
mod moved;
mod repeat;
mod status;
mod tags;

/// A change of a task, if the message asks for one.
pub(super) fn change(text: &str, scene: &Scene<'_>) -> Option<Plan> {
    status::change(text, scene)
        .or_else(|| repeat::change(text, scene))
        .or_else(|| moved::removed(text, scene))
        .or_else(|| moved::moved(text, scene))
        .or_else(|| tags::change(text, scene))
        .or_else(|| level::change(text, scene))
        .or_else(|| field::change(text, scene))
}

/// What begins like a new task but is added to one that is there: "add #home to task 3", "add a note to task 3: call first".
pub(super) fn add_to_a_task(text: &str, scene: &Scene<'_>) -> Option<Plan> {
    tags::added(text, scene)
        .or_else(|| field::noted(text, scene))
        .or_else(|| moved::dated(text, scene))
}

/// The same patch for whatever the text names.
fn update(reference: &str, patch: &TaskPatch, verb: &str, scene: &Scene<'_>) -> Plan {
    update_each(reference, &|_task| patch.clone(), verb, Preference::Open, scene)
}

/// A patch for each task that the text names.
fn update_each(
    reference: &str,
    patch: &dyn Fn(&Task) -> TaskPatch,
    verb: &str,
    preference: Preference,
    scene: &Scene<'_>,
) -> Plan {
    let deed = Deed {
        intent: Intent::UpdateTask,
        preference,
        verb,
        call: &|task| ToolCall::UpdateTask {
            task_id: task.number,
            patch: Box::new(patch(task)),
        },
    };
    deed.to(without_possessive(reference), scene)
}

/// `task 3's` is task 3.
fn without_possessive(text: &str) -> &str {
    let text = text.trim();
    before(text, &["'s"])
        .or_else(|| text.strip_suffix("'s"))
        .or_else(|| text.strip_suffix("’s"))
        .unwrap_or(text)
}

/// What follows `the`, if it is there.
fn the(text: &str) -> &str {
    after(text, &["the", "my", "its"]).unwrap_or(text)
}
