//! Answers made of what was found: quoted, with its sources.

use serde::Serialize;

use crate::chunk::excerpt;
use crate::{Hit, Kind};

/// What a source shows of its text, in characters.
const SOURCE_LIMIT: usize = 300;
/// What an answer shows of the best passage.
const ANSWER_LIMIT: usize = 900;
/// What an answer shows of a task's description.
const TASK_LIMIT: usize = 200;
/// A further hit is worth a mention if it is nearly as good as the best.
const WORTH_A_MENTION: f64 = 0.6;

/// Where an answer comes from, as the API shows it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Source {
    /// The title of the section, entry, product or task.
    pub title: String,
    /// The beginning of its text.
    pub text: String,
    /// How well it answers, from 0 to 1, to three places.
    pub score: f64,
    /// What it is.
    pub kind: Kind,
    /// The number of a task.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task_id: Option<u32>,
}

impl From<&Hit> for Source {
    fn from(hit: &Hit) -> Self {
        Self {
            title: hit.title.clone(),
            text: excerpt(&hit.text, SOURCE_LIMIT),
            score: (hit.score * 1000.0).round() / 1000.0,
            kind: hit.kind,
            task_id: hit.number,
        }
    }
}

/// The hits that an answer is made of: the best, and those of its sort that are nearly as good.
#[must_use]
pub fn worth_mentioning(mut hits: Vec<Hit>) -> Vec<Hit> {
    let Some(best) = hits.first() else {
        return hits;
    };
    let (is_task, least) = (best.kind == Kind::Task, best.score * WORTH_A_MENTION);
    hits.retain(|hit| hit.score >= least && (hit.kind == Kind::Task) == is_task);
    hits
}

/// The answer in words. Nothing if nothing was found.
#[must_use]
pub fn text(hits: &[Hit]) -> Option<String> {
    let best = hits.first()?;
    Some(if best.kind == Kind::Task {
        of_tasks(hits)
    } else {
        of_passage(best, hits.get(1..).unwrap_or_default())
    })
}

fn of_passage(best: &Hit, others: &[Hit]) -> String {
    let mut text = if best.text.trim().is_empty() {
        best.title.clone()
    } else {
        excerpt(&best.text, ANSWER_LIMIT)
    };
    let mut titles: Vec<String> = Vec::new();
    for other in others {
        let title = quoted(&other.title);
        if other.title != best.title && !titles.contains(&title) {
            titles.push(title);
        }
    }
    if !titles.is_empty() {
        text.push_str(&format!("\n\nSee also: {}.", titles.join(", ")));
    }
    text
}

fn of_tasks(hits: &[Hit]) -> String {
    let count = match hits {
        [_only] => "one task".to_owned(),
        _ => format!("{} tasks", hits.len()),
    };
    let mut text = format!("I found {count} about that:");
    for hit in hits {
        text.push('\n');
        if let Some(number) = hit.number {
            text.push_str(&format!("#{number} "));
        }
        text.push_str(&quoted(&hit.title));
        let description = excerpt(&hit.text, TASK_LIMIT).replace(['\n', '\r'], " ");
        if !description.is_empty() {
            text.push_str(": ");
            text.push_str(&description);
        }
    }
    text
}

fn quoted(title: &str) -> String {
    format!("“{title}”")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hit(kind: Kind, title: &str, text: &str, score: f64) -> Hit {
        Hit {
            kind,
            id: title.to_owned(),
            title: title.to_owned(),
            text: text.to_owned(),
            score,
            number: (kind == Kind::Task).then_some(7),
        }
    }

    #[test]
    fn an_answer_quotes_and_names_what_else_there_is() {
        let hits = [
            hit(Kind::Help, "How do I add tags?", "Write #tag.", 0.9),
            hit(Kind::Faq, "Many tags", "Twenty.", 0.8),
            hit(Kind::Faq, "Many tags", "More.", 0.8),
        ];
        assert_eq!(text(&hits).unwrap(), "Write #tag.\n\nSee also: “Many tags”.");
        assert_eq!(text(&[]), None);
        let tasks = [hit(Kind::Task, "Car insurance", "Policy 12\nuntil June", 0.9)];
        assert_eq!(
            text(&tasks).unwrap(),
            "I found one task about that:\n#7 “Car insurance”: Policy 12 until June"
        );
    }

    #[test]
    fn what_is_far_worse_or_of_another_sort_is_not_mentioned() {
        let hits = vec![
            hit(Kind::Task, "a", "", 0.9),
            hit(Kind::Help, "b", "", 0.8),
            hit(Kind::Task, "c", "", 0.7),
            hit(Kind::Task, "d", "", 0.41),
        ];
        let titles: Vec<String> = worth_mentioning(hits).into_iter().map(|hit| hit.title).collect();
        assert_eq!(titles, ["a", "c"]);
    }

    #[test]
    fn a_source_is_short() {
        let source = Source::from(&hit(Kind::Faq, "t", &"word ".repeat(500), 0.123_456));
        assert!(source.text.chars().count() <= SOURCE_LIMIT);
        assert!((source.score - 0.123).abs() < f64::EPSILON);
    }
}
