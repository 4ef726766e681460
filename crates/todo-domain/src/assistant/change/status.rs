//! "Reopen task 3", "start task 3", "cancel task 3", "mark task 3 as in progress".

use super::update_each;
use crate::assistant::Plan;
use crate::assistant::phrase::{after, before};
use crate::assistant::reference::Preference;
use crate::assistant::scene::Scene;
use crate::task::Status;
use crate::validation::{Change, TaskPatch};

const PENDING: [&str; 15] = [
    "as pending",
    "as not done",
    "as incomplete",
    "as not complete",
    "as not completed",
    "as not finished",
    "as undone",
    "as unfinished",
    "as open",
    "as todo",
    "to pending",
    "to open",
    "not done",
    "incomplete",
    "undone",
];
const BEGUN: [&str; 9] = [
    "as in progress",
    "as in-progress",
    "as started",
    "as begun",
    "as ongoing",
    "to in progress",
    "to in-progress",
    "in progress",
    "as doing",
];

pub(super) fn change(text: &str, scene: &Scene<'_>) -> Option<Plan> {
    let marked = |ends: &[&str]| {
        let rest = after(text, &["mark", "set", "change", "make", "move", "put"])?;
        let reference = before(rest, ends)?;
        let reference = after(reference, &["the status of", "status of"]).unwrap_or(reference);
        Some(before(reference, &["status"]).unwrap_or(reference))
    };
    let reopened = [
        "reopen",
        "re-open",
        "uncomplete",
        "un-complete",
        "uncheck",
        "unmark",
        "undo",
        "restart",
        "untick",
    ];
    let said = || {
        before(
            text,
            &[
                "is not done",
                "isn't done",
                "is not finished",
                "isn't finished",
                "is not done yet",
                "isn't done yet",
                "is not complete",
            ],
        )
    };
    let started = [
        "start working on",
        "start work on",
        "i started",
        "i am working on",
        "i'm working on",
        "i've started",
        "working on",
        "start",
        "begin",
    ];
    let (reference, status, verb, preference) =
        if let Some(reference) = after(text, &reopened).or_else(|| marked(&PENDING)).or_else(said) {
            let reference =
                after(reference, &["completing", "completion of", "the completion of"]).unwrap_or(reference);
            (reference, Status::Pending, "reopen", Preference::Closed)
        } else if let Some(reference) = after(text, &started).or_else(|| marked(&BEGUN)) {
            (reference, Status::InProgress, "start", Preference::Open)
        } else {
            let cancelled = [
                "as cancelled",
                "as canceled",
                "cancelled",
                "canceled",
                "to cancelled",
            ];
            let reference = after(text, &["cancel", "call off", "abandon", "give up on"])
                .or_else(|| marked(&cancelled))?;
            (reference, Status::Cancelled, "cancel", Preference::Open)
        };
    let patch = TaskPatch {
        status: Change::Set(status),
        ..TaskPatch::default()
    };
    Some(update_each(
        reference,
        &|_task| patch.clone(),
        verb,
        preference,
        scene,
    ))
}
