//! Reading a message.

use super::answer::answer;
use super::clause::continued;
use super::phrase::without_courtesies;
use super::scene::Scene;
use super::small_talk::{not_understood, refusal, small_talk};
use super::spelling::{guessed, spelled};
use super::{Context, Plan, adding, change, doing, listing, reminding};
use crate::assistant::request::MESSAGE_LIMIT;

/// What to do about a message. Of what is longer than a message may be, the beginning is read.
pub fn interpret(message: &str, context: &Context<'_>) -> Plan {
    let end = message.char_indices().nth(MESSAGE_LIMIT).map(|(place, _)| place);
    let message = message.get(..end.unwrap_or(message.len())).unwrap_or_default();
    if let Some(pending) = context
        .pending
        .filter(|pending| pending.expires_at >= context.now)
        && let Some(plan) = answer(message, pending, context)
    {
        return plan;
    }
    let message = spelled(message);
    if let Some(plan) = small_talk(&message) {
        return plan;
    }
    let text = without_courtesies(&message);
    if let Some(plan) = small_talk(text) {
        return plan;
    }
    continued(text, None, Vec::new(), context)
}

/// What to do about one command of a message.
pub(super) fn single(text: &str, scene: &mut Scene<'_>) -> Plan {
    let text = without_courtesies(text);
    if let Some(plan) = small_talk(text).or_else(|| refusal(text)) {
        return plan;
    }
    if let Some(plan) = command(text, scene) {
        return plan;
    }
    if let Some((text, is_destructive)) = guessed(text, scene) {
        scene.is_guess = is_destructive;
        let plan = command(&text, scene);
        scene.is_guess = false;
        if let Some(plan) = plan {
            return plan;
        }
    }
    not_understood(!text.chars().any(char::is_alphanumeric))
}

/// What to do about a command that is spelt as it should be.
pub(super) fn command(text: &str, scene: &Scene<'_>) -> Option<Plan> {
    doing::undo(text, scene)
        .or_else(|| reminding::remind(text, scene))
        .or_else(|| adding::add(text, scene))
        .or_else(|| adding::need(text, scene))
        .or_else(|| listing::stats(text, scene))
        .or_else(|| listing::search(text, scene))
        .or_else(|| listing::details(text, scene))
        .or_else(|| listing::list(text, scene))
        .or_else(|| change::change(text, scene))
        .or_else(|| doing::skip(text, scene))
        .or_else(|| doing::complete(text, scene))
        .or_else(|| doing::delete(text, scene))
}
