//! Messages that ask to be reminded.

use super::adding::{draft, new_task};
use super::deed::Deed;
use super::phrase::{after, before, splits};
use super::reference::Preference;
use super::scene::Scene;
use super::when::{read, read_date};
use super::{Fallback, Intent, Plan, ToolCall};
use crate::due::Due;
use crate::task::{Lead, Reminder};
use crate::time::Timestamp;
use crate::validation::{Change, TaskPatch};

const REMIND_OF: [&str; 12] = [
    "remind me about",
    "remind me of",
    "set a reminder for",
    "set a reminder about",
    "add a reminder for",
    "add a reminder to",
    "set a reminder on",
    "set reminder for",
    "set up a reminder for",
    "create a reminder for",
    "give me a reminder for",
    "notify me about",
];
const REMIND_TO: [&str; 6] = [
    "remind me to",
    "remind me that i have to",
    "remind me that i need to",
    "set a reminder to",
    "create a reminder to",
    "set reminder to",
];
const BEFORE: [&str; 6] = [
    "before it is due",
    "before it's due",
    "before the due date",
    "before the deadline",
    "before",
    "in advance",
];

pub(super) fn remind(text: &str, scene: &Scene<'_>) -> Option<Plan> {
    if let Some(reference) = removed(text) {
        return Some(remove(reference, scene));
    }
    if let Some(rest) = after(text, &REMIND_TO) {
        return Some(new_task(rest, true, scene));
    }
    if let Some(rest) = after(text, &REMIND_OF) {
        return Some(remind_of(rest, scene));
    }
    let rest = after(text, &["remind me", "set a reminder", "notify me"])?;
    Some(time_first(rest, scene).unwrap_or_else(|| {
        // "Remind me call mom tomorrow."
        if rest.is_empty() {
            when()
        } else {
            new_task(rest, true, scene)
        }
    }))
}

/// "Remove the reminders of task 3", "stop reminding me about the rent".
fn removed(text: &str) -> Option<&str> {
    let stop = [
        "stop reminding me about",
        "stop reminding me of",
        "don't remind me about",
        "don't remind me of",
        "do not remind me about",
        "never remind me about",
    ];
    if let Some(reference) = after(text, &stop) {
        return Some(reference);
    }
    let rest = after(text, &["remove", "delete", "clear", "cancel", "turn off"])?;
    let rest = after(rest, &["all the", "all", "the", "my"]).unwrap_or(rest);
    let rest = after(rest, &["reminders", "reminder", "alarm", "notification"])?;
    after(rest, &["of", "for", "from", "on", "about"])
}

fn remove(reference: &str, scene: &Scene<'_>) -> Plan {
    let deed = Deed {
        intent: Intent::SetReminder,
        preference: Preference::Open,
        verb: "change",
        call: &|task| ToolCall::UpdateTask {
            task_id: task.number,
            patch: Box::new(TaskPatch {
                reminders: Change::Clear,
                ..TaskPatch::default()
            }),
        },
    };
    deed.to(reference, scene)
}

/// "Task 3 30 minutes before", "the rent tomorrow at 9".
fn remind_of(text: &str, scene: &Scene<'_>) -> Plan {
    if let Some((reference, lead)) = lead_before(text) {
        return set(reference, &Reminder::Before(lead), scene);
    }
    let details = match read(text, &scene.context) {
        Ok(details) => details,
        Err(reason) => {
            let text = format!("I set no reminder, because {reason}.");
            return Plan::fallback(Intent::SetReminder, Fallback::Invalid, text);
        }
    };
    match (
        details.due_date.and_then(|due| at(due, scene)),
        details.reminders.as_slice(),
    ) {
        (Some(at), _) => set(&details.title, &Reminder::At(at), scene),
        (None, [reminder, ..]) => set(&details.title, reminder, scene),
        (None, []) => when(),
    }
}

/// "Tomorrow at 9 to call mom", "in 2 hours about task 3", "30 minutes before task 3 is due".
fn time_first(text: &str, scene: &Scene<'_>) -> Option<Plan> {
    let of = ["about", "of", "for"];
    if let Some((lead, reference)) = splits(text, &["before"]).into_iter().next()
        && let Some(lead) = lead_of(lead)
    {
        let reference = before(reference, &["is due", "starts", "begins"]).unwrap_or(reference);
        return Some(set(reference, &Reminder::Before(lead), scene));
    }
    let is_date = |left: &str| read_date(left, &scene.context);
    for (left, right) in splits(text, &["to", "that i have to", "that i need to"]) {
        if is_date(left).is_some() {
            // The time goes behind the title, where the grammar of new tasks has it.
            let made = draft(right, scene).and_then(|first| match first.due_date {
                Some(_) => Ok(first),
                None => draft(&format!("{right} {left}"), scene),
            });
            return Some(match made {
                Ok(_) => new_task(&format!("{right} {left}"), true, scene),
                Err(plan) => *plan,
            });
        }
    }
    for (left, right) in splits(text, &of) {
        if let Some(due) = is_date(left) {
            let at = at(due, scene)?;
            return Some(set(right, &Reminder::At(at), scene));
        }
        if let Some(lead) = before(left, &BEFORE).and_then(lead_of) {
            return Some(set(right, &Reminder::Before(lead), scene));
        }
    }
    // "An hour before", "tomorrow at 9": of what was spoken of last.
    if let Some(lead) = before(text, &BEFORE).and_then(lead_of) {
        return Some(set("it", &Reminder::Before(lead), scene));
    }
    let due = is_date(text)?;
    Some(set("it", &Reminder::At(at(due, scene)?), scene))
}

fn set(reference: &str, reminder: &Reminder, scene: &Scene<'_>) -> Plan {
    let deed = Deed {
        intent: Intent::SetReminder,
        preference: Preference::Open,
        verb: "set a reminder for",
        call: &|task| ToolCall::SetReminder {
            task_id: task.number,
            reminder: reminder.clone(),
        },
    };
    deed.to(reference, scene)
}

fn at(due: Due, scene: &Scene<'_>) -> Option<Timestamp> {
    match due {
        Due::Time(time) => Some(time),
        day @ Due::Day(_) => scene.context.zone.resolve(day.reminder_base(scene.context.zone)),
    }
}

fn when() -> Plan {
    let question = "When shall I remind you? For example: remind me about task 3 tomorrow at 9:00.";
    Plan::fallback(Intent::SetReminder, Fallback::Incomplete, question)
}

/// "task 3 30 minutes before" as the reference and the duration.
fn lead_before(text: &str) -> Option<(&str, Lead)> {
    let text = before(text, &BEFORE)?;
    if let Some(reference) = before(text, &["half an hour", "a half hour"]) {
        return Some((reference, Lead::parse("30 minutes")?));
    }
    let (rest, unit) = text.rsplit_once(' ')?;
    if let Some((reference, number)) = rest.rsplit_once(' ')
        && let Some(lead) = lead_of(&format!("{number} {unit}"))
    {
        return Some((reference, lead));
    }
    Some((rest, Lead::parse(unit)?))
}

/// `30 minutes`, `an hour`, `half an hour`, `two days`.
fn lead_of(text: &str) -> Option<Lead> {
    let text = text.trim().to_lowercase();
    if let Some(lead) = Lead::parse(&text) {
        return Some(lead);
    }
    if matches!(text.as_str(), "half an hour" | "a half hour") {
        return Lead::parse("30 minutes");
    }
    let (count, unit) = text.split_once(' ')?;
    let count = match count {
        "a" | "an" => 1,
        count => super::number::in_words(count)?,
    };
    Lead::parse(&format!("{count} {unit}"))
}
