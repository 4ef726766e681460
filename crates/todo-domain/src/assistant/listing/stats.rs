//! Messages that ask how many tasks there are.

use crate::assistant::kind::Kind;
use crate::assistant::phrase::{after, is};
use crate::assistant::scene::Scene;
use crate::assistant::{Intent, ListStatus, Plan, ToolCall};
use crate::query::DueFilter;
use crate::text::words;

const STATS: [&str; 22] = [
    "stats",
    "statistics",
    "my stats",
    "my statistics",
    "show stats",
    "show me my stats",
    "show my stats",
    "show me stats",
    "show me the stats",
    "show statistics",
    "show me my statistics",
    "task statistics",
    "how am i doing",
    "how is it going",
    "how productive am i",
    "summary",
    "my summary",
    "overview",
    "give me a summary",
    "give me an overview",
    "progress",
    "what's my progress",
];
/// Numbers, if the message asks for them. How many there are of a kind that is not counted, its list says.
pub(in crate::assistant) fn stats(text: &str, scene: &Scene<'_>) -> Option<Plan> {
    let text = text.trim_end_matches(['?', '!', '.']);
    let numbers = || Some(Plan::act(Intent::GetStats, vec![ToolCall::GetStats]));
    if is(text, &STATS) {
        return numbers();
    }
    let rest = after(text, &["how many", "count", "what number of", "how much"])?;
    let mut kind = Kind::read(rest, scene);
    let all = words(rest);
    if !(kind.has_noun || kind.is_said() || all.iter().any(|word| word == "did")) {
        return None;
    }
    if all.iter().any(|word| word == "did") {
        kind.filter.status = ListStatus::Completed;
    }
    if kind.is_negated {
        kind.filter.status = ListStatus::Pending;
    }
    kind.look_back(scene);
    kind.settle(scene);
    let filter = &mut kind.filter;
    let is_counted = match filter.due {
        Some(DueFilter::Overdue) => true,
        Some(DueFilter::Today) => filter.status != ListStatus::Completed,
        None => true,
        Some(DueFilter::Week | DueFilter::None) => false,
    };
    let plain = filter.priority.is_none()
        && filter.tag.is_none()
        && filter.search.is_none()
        && filter.due_after.is_none()
        && filter.due_before.is_none()
        && filter.completed_since.is_none();
    if is_counted && plain {
        return numbers();
    }
    if filter.status == ListStatus::All {
        filter.status = ListStatus::Pending;
    }
    Some(Plan::act(
        Intent::ListTasks,
        vec![ToolCall::ListTasks(Box::new(kind.filter))],
    ))
}
