//! Messages by which tasks are completed, deleted, restored, and changes undone.

use super::deed::Deed;
use super::phrase::{after, before, is};
use super::reference::Preference;
use super::scene::Scene;
use super::{Intent, Plan, ToolCall};
use crate::bulk::{BulkAction, BulkRequest};

const COMPLETE: [&str; 27] = [
    "complete",
    "completing",
    "finish",
    "finishing",
    "finish off",
    "i finished",
    "i have finished",
    "i've finished",
    "i completed",
    "i have completed",
    "i've completed",
    "i am done with",
    "i'm done with",
    "i did",
    "i've done",
    "i have done",
    "done with",
    "check off",
    "tick off",
    "cross off",
    "strike off",
    "close out",
    "close",
    "resolve",
    "wrap up",
    "accomplish",
    "done",
];
const MARK: [&str; 11] = [
    "mark", "marking", "set", "check", "tick", "flag", "cross", "make", "change", "move", "update",
];
const DONE: [&str; 18] = [
    "as complete",
    "as completed",
    "as done",
    "as finished",
    "as closed",
    "to complete",
    "to completed",
    "to done",
    "complete",
    "completed",
    "done",
    "finished",
    "off as done",
    "off as complete",
    "as being done",
    "off my list",
    "off the list",
    "off",
];
const IS_DONE: [&str; 12] = [
    "is complete",
    "is completed",
    "is done",
    "is finished",
    "are done",
    "are complete",
    "are finished",
    "has been done",
    "has been completed",
    "was done",
    "done",
    "finished",
];
const DELETE: [&str; 16] = [
    "delete",
    "deleting",
    "remove",
    "removing",
    "erase",
    "get rid of",
    "getting rid of",
    "trash",
    "bin",
    "drop",
    "throw away",
    "throw out",
    "discard",
    "scrap",
    "wipe",
    "clear",
];
const MISSED: [&str; 6] = [
    "all missed occurrences of",
    "the missed occurrences of",
    "missed occurrences of",
    "everything i missed of",
    "what i missed of",
    "all i missed of",
];
const UNDO: [&str; 30] = [
    "bring it back",
    "bring that back",
    "bring them back",
    "get it back",
    "undo",
    "undo it",
    "undo that",
    "undo this",
    "undo last",
    "undo the last change",
    "undo the last one",
    "undo the last action",
    "undo my last change",
    "undo what you did",
    "undo what you just did",
    "undo everything you did",
    "revert",
    "revert that",
    "revert it",
    "revert the last change",
    "take that back",
    "take it back",
    "put it back",
    "roll back",
    "rollback",
    "oops",
    "scratch that",
    "that was a mistake",
    "that was wrong",
    "change it back",
];

/// "Undo that", "bring back task 3".
pub(super) fn undo(text: &str, scene: &Scene<'_>) -> Option<Plan> {
    if is(text, &UNDO) || after(text, &["oops"]).is_some_and(|rest| is(rest, &UNDO)) {
        return Some(Plan::act(Intent::Undo, vec![ToolCall::Undo]));
    }
    let reference = after(text, &["restore", "undelete", "bring back", "recover"])?;
    if is(reference, &["it", "that", "them", "those"]) && scene.focus().is_empty() {
        // What was deleted is not among the tasks any more.
        return Some(Plan::act(Intent::Undo, vec![ToolCall::Undo]));
    }
    let number = after(reference, &["the"]).unwrap_or(reference);
    let number = after(number, &["task number", "task", "number", "todo"]).unwrap_or(number);
    if let Some(number) = super::number::number(&number.to_lowercase()) {
        let request = BulkRequest {
            action: BulkAction::Restore,
            ids: vec![number.to_string()],
        };
        return Some(Plan::act(
            Intent::Undo,
            vec![ToolCall::BulkTasks(Box::new(request))],
        ));
    }
    let text =
        "Say the number of the deleted task, for example “restore task 3”, or “undo” for the last change.";
    Some(Plan::fallback(Intent::Undo, super::Fallback::Incomplete, text))
}

pub(super) fn complete(text: &str, scene: &Scene<'_>) -> Option<Plan> {
    let marked = after(text, &MARK).and_then(|rest| before(rest, &DONE).or_else(|| after(rest, &["off"])));
    let taken_off = || after(text, &["cross", "tick", "check"]).and_then(|rest| after(rest, &["off"]));
    let said = || {
        let rest =
            before(text, &IS_DONE).filter(|rest| !rest.is_empty() && before(rest, &["as"]).is_none())?;
        Some(
            rest.strip_suffix("'s")
                .or_else(|| rest.strip_suffix("’s"))
                .unwrap_or(rest),
        )
    };
    let reference = marked
        .or_else(taken_off)
        .or_else(|| after(text, &COMPLETE))
        .or_else(said)?;
    let reference = before(reference, &["is", "are", "as"]).unwrap_or(reference);
    let deed = Deed {
        intent: Intent::CompleteTask,
        preference: Preference::Open,
        verb: "complete",
        call: &|task| ToolCall::CompleteTask { task_id: task.number },
    };
    Some(deed.to(reference, scene))
}

/// "Skip task 3", "skip the next occurrence of the rent", "skip what I missed of the rent".
pub(super) fn skip(text: &str, scene: &Scene<'_>) -> Option<Plan> {
    let rest = after(text, &["skip"])?;
    let missed = after(rest, &MISSED);
    let occurrence = after(rest, &["the", "this", "one", "an", "today's"]).unwrap_or(rest);
    let occurrence = after(occurrence, &["next", "current"]).unwrap_or(occurrence);
    let occurrence = after(
        occurrence,
        &["occurrence of", "occurrence for", "instance of", "repetition of"],
    );
    let deed = Deed {
        intent: Intent::UpdateTask,
        preference: Preference::Open,
        verb: "skip an occurrence of",
        call: &|task| ToolCall::SkipOccurrence {
            task_id: task.number,
            missed: missed.is_some(),
        },
    };
    Some(deed.to(missed.or(occurrence).unwrap_or(rest), scene))
}

pub(super) fn delete(text: &str, scene: &Scene<'_>) -> Option<Plan> {
    // "Drop off the parcel" takes nothing away.
    if after(text, &["drop off", "drop by", "drop in", "clear up", "clear out"]).is_some() {
        return None;
    }
    let reference = after(text, &DELETE).or_else(|| {
        let taken = after(text, &["take", "cross", "strike"])?;
        before(taken, &["off my list", "off the list", "from my list"])
    })?;
    let deed = Deed {
        intent: Intent::DeleteTask,
        preference: Preference::Any,
        verb: "delete",
        call: &|task| ToolCall::DeleteTask { task_id: task.number },
    };
    Some(deed.to(reference, scene))
}
