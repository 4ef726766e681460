//! Phrases for a priority: `p1`, `!high`, `with high priority`.

use crate::Priority;
use crate::cursor::Cursor;

/// A priority, and whether it is understood in the middle of a sentence too.
pub(crate) fn priority(cursor: &mut Cursor<'_>) -> Option<(Priority, bool)> {
    if let Some(priority) = cursor.read(sign) {
        return Some((priority, true));
    }
    cursor.attempt(in_words).map(|priority| (priority, false))
}

fn sign(word: &str) -> Option<Priority> {
    match word {
        "p1" | "!!!" => Some(Priority::Urgent),
        "p2" | "!!" => Some(Priority::High),
        "p3" => Some(Priority::Medium),
        "p4" => Some(Priority::Low),
        _ => level(word.strip_prefix('!')?),
    }
}

fn in_words(cursor: &mut Cursor<'_>) -> Option<Priority> {
    if cursor.take(&["with"]) {
        cursor.take(&["a"]);
    }
    if cursor.take(&["priority"]) {
        return cursor.read(level);
    }
    let joined = cursor.read(|word| level(word.strip_suffix("-priority")?));
    if joined.is_some() {
        return joined;
    }
    let level = cursor.read(level)?;
    cursor.take(&["priority"]).then_some(level)
}

fn level(word: &str) -> Option<Priority> {
    match word {
        "low" => Some(Priority::Low),
        "medium" | "normal" => Some(Priority::Medium),
        "high" => Some(Priority::High),
        "urgent" | "critical" => Some(Priority::Urgent),
        _ => None,
    }
}
