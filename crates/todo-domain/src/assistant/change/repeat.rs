//! "Make task 3 repeat every week", "repeat the rent every month", "stop repeating task 3".

use super::{the, update, update_each};
use crate::assistant::deed::Deed;
use crate::assistant::phrase::{after, before, splits};
use crate::assistant::reference::Preference;
use crate::assistant::scene::Scene;
use crate::assistant::when::read;
use crate::assistant::{Fallback, Intent, Plan, ToolCall};
use crate::validation::{Change, TaskPatch};

pub(super) fn change(text: &str, scene: &Scene<'_>) -> Option<Plan> {
    if let Some(reference) = after(text, &["end the series of", "end the repetition of"]) {
        let deed = Deed {
            intent: Intent::UpdateTask,
            preference: Preference::Any,
            verb: "end the series of",
            call: &|task| ToolCall::EndSeries { task_id: task.number },
        };
        return Some(deed.to(reference, scene));
    }
    if let Some(reference) = stopped(text) {
        let patch = TaskPatch {
            recurrence_rule: Change::Clear,
            ..TaskPatch::default()
        };
        return Some(update(reference, &patch, "change", scene));
    }
    let (reference, rule) = repeated(text)?;
    let details = match read(rule, &scene.context) {
        Ok(details) => details,
        Err(reason) => {
            let text = format!("I changed nothing, because {reason}.");
            return Some(Plan::fallback(Intent::UpdateTask, Fallback::Invalid, text));
        }
    };
    let anchor = details.recurrence_anchor;
    let Some(rule) = details.recurrence_rule.filter(|_| details.title.is_empty()) else {
        let text = "How often shall it repeat? For example: repeat task 3 every Monday.";
        return Some(Plan::fallback(Intent::UpdateTask, Fallback::Incomplete, text));
    };
    let due = details.due_date;
    let patch = |task: &crate::task::Task| TaskPatch {
        recurrence_rule: Change::Set(rule.clone()),
        recurrence_anchor: if task.recurrence_anchor == anchor {
            Change::Keep
        } else {
            Change::Set(anchor)
        },
        // A series needs a first day.
        due_date: match due {
            Some(due) if task.due_date.is_none() => Change::Set(due),
            _ => Change::Keep,
        },
        timezone: match task.timezone {
            None => Change::Set(scene.context.zone),
            Some(_) => Change::Keep,
        },
        ..TaskPatch::default()
    };
    Some(update_each(reference, &patch, "change", Preference::Open, scene))
}

fn stopped(text: &str) -> Option<&str> {
    if let Some(reference) = after(text, &["stop repeating", "don't repeat", "do not repeat"]) {
        return Some(reference);
    }
    let rest = after(text, &["make"]).and_then(|rest| {
        before(
            rest,
            &["stop repeating", "not repeat", "non-recurring", "not recurring"],
        )
    });
    rest.or_else(|| {
        let rest = the(after(text, &["remove", "clear", "delete", "stop"])?);
        let rest = after(rest, &["repetition", "recurrence", "repeat"])?;
        after(rest, &["of", "from", "for", "on"])
    })
}

fn repeated(text: &str) -> Option<(&str, &str)> {
    let frequencies = ["daily", "weekly", "monthly", "yearly", "every", "each"];
    if let Some(rest) = after(text, &["repeat"]) {
        return at_frequency(rest, &frequencies);
    }
    let rest = after(text, &["make", "set", "change", "have", "let"])?;
    if let Some((reference, rule)) = splits(
        rest,
        &["repeat", "recur", "to repeat", "to recur", "recurring", "happen"],
    )
    .into_iter()
    .next()
    {
        return Some((reference, rule));
    }
    let word = [
        "daily",
        "weekly",
        "monthly",
        "yearly",
        "a daily task",
        "a weekly task",
        "a monthly task",
        "a yearly task",
    ];
    let reference = word
        .into_iter()
        .find_map(|word| Some((before(rest, &[word])?, word)));
    let (reference, word) = reference.filter(|(reference, _)| !reference.is_empty())?;
    let start = rest.len().checked_sub(word.len())?;
    let rule = rest.get(start..)?;
    let rule = after(rule, &["a"]).unwrap_or(rule);
    Some((reference, before(rule, &["task"]).unwrap_or(rule)))
}

/// "The rent every month" as the reference and the rule.
fn at_frequency<'a>(text: &'a str, frequencies: &[&str]) -> Option<(&'a str, &'a str)> {
    let lower = text.to_ascii_lowercase();
    let place = frequencies
        .iter()
        .filter_map(|word| lower.find(&format!(" {word}")))
        .min()?;
    Some((text.get(..place)?.trim(), text.get(place..)?.trim()))
}
