//! "Tag task 3 with home", "add #home to task 3", "remove the tag home from task 3". A tag joins the others.

use super::update_each;
use crate::assistant::phrase::{after, splits, unquoted};
use crate::assistant::reference::Preference;
use crate::assistant::scene::Scene;
use crate::assistant::{Fallback, Intent, Plan};
use crate::task::Task;
use crate::text::fold;
use crate::validation::{Change, TAGS_LIMIT, TaskPatch, tag};

const WORDS: [&str; 8] = [
    "tag",
    "tags",
    "label",
    "labels",
    "the tag",
    "a tag",
    "the label",
    "a label",
];

pub(super) fn change(text: &str, scene: &Scene<'_>) -> Option<Plan> {
    if let Some(rest) = after(text, &["untag"]) {
        let (reference, name) = splits(rest, &["from", "as", "with"])
            .into_iter()
            .next()
            .or_else(|| {
                rest.find(" #")
                    .and_then(|place| Some((rest.get(..place)?, rest.get(place + 1..)?)))
            })?;
        return Some(tagged(reference, name, false, scene));
    }
    if let Some(rest) = after(text, &["tag", "label"]) {
        let (reference, name) = splits(rest, &["with", "as"]).into_iter().next().or_else(|| {
            rest.find(" #")
                .and_then(|place| Some((rest.get(..place)?, rest.get(place + 1..)?)))
        })?;
        return Some(tagged(reference, name, true, scene));
    }
    let rest = after(text, &["remove", "delete", "take", "clear", "drop"])?;
    let (name, reference) = splits(rest, &["from", "off"]).into_iter().next_back()?;
    let name = named(name)?;
    Some(tagged(reference, name, false, scene))
}

/// "Add #home to task 3", "put the tag home on task 3".
pub(super) fn added(text: &str, scene: &Scene<'_>) -> Option<Plan> {
    let rest = after(text, &["add", "put", "attach"])?;
    let (name, reference) = splits(rest, &["to", "on"]).into_iter().next_back()?;
    let name = named(name)?;
    Some(tagged(reference, name, true, scene))
}

/// The tag that a text is, and nothing else.
fn named(text: &str) -> Option<&str> {
    let is_one_word = |text: &str| !text.contains(' ');
    if text.starts_with('#') && is_one_word(text) {
        return Some(text);
    }
    after(text, &WORDS)
        .or_else(|| super::before(text, &["tag", "label"]).map(super::the))
        .filter(|name| !name.is_empty() && (is_one_word(name) || unquoted(name).is_some()))
}

fn tagged(reference: &str, name: &str, joins: bool, scene: &Scene<'_>) -> Plan {
    let name = unquoted(name).unwrap_or(name);
    let name = name.strip_prefix('#').unwrap_or(name);
    let Ok(name) = tag(name) else {
        let text = "A tag has 1 to 50 characters and no commas, so I changed nothing.";
        return Plan::fallback(Intent::UpdateTask, Fallback::Invalid, text);
    };
    let patch = |task: &Task| {
        let mut tags = task.tags.clone();
        let is_there = tags.iter().any(|known| fold(known) == fold(name));
        if joins && !is_there && tags.len() < TAGS_LIMIT {
            tags.push(name.to_owned());
        } else if !joins {
            tags.retain(|known| fold(known) != fold(name));
        }
        TaskPatch {
            tags: Change::Set(tags),
            ..TaskPatch::default()
        }
    };
    update_each(reference, &patch, "change", Preference::Open, scene)
}
