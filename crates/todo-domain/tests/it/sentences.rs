//! The sentences of `tests/sentences`: what the assistant makes of each.

use std::fmt::Write as _;
use std::path::Path;

use serde_json::Value;
use todo_domain::assistant::{Plan, Step};

use crate::conversation::arguments;
use crate::script::{Turn, call, dialogues, states};

/// The suite has at least so many sentences.
const AT_LEAST: usize = 300;

#[test]
fn every_sentence_becomes_what_the_files_say() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sentences");
    let states = states(&folder);
    let mut files: Vec<_> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|end| end == "txt") && !path.ends_with("states.txt"))
        .collect();
    files.sort();
    let (mut count, mut wrong, mut report) = (0, 0, String::new());
    for path in files {
        let text = std::fs::read_to_string(&path).unwrap();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        for dialogue in dialogues(&text, &states) {
            let mut conversation = dialogue.begin;
            for turn in dialogue.turns {
                count += 1;
                let plan = conversation.say(&turn.message);
                if let Some(difference) = difference(&turn, &plan) {
                    wrong += 1;
                    write!(report, "\n{name}:{} {}\n{difference}", turn.line, turn.message).unwrap();
                }
            }
        }
    }
    assert!(
        wrong == 0,
        "{wrong} of {count} sentences are not understood as they should be:{report}"
    );
    assert!(count >= AT_LEAST, "only {count} sentences");
}

/// What is not as expected, line by line; none if all is.
fn difference(turn: &Turn, plan: &Plan) -> Option<String> {
    let found = shown(plan);
    let is_as_expected = turn.expected.len() == found.len()
        && turn
            .expected
            .iter()
            .zip(&found)
            .all(|(expected, found)| matches(expected, found));
    let intent = plan.intent.as_str();
    if is_as_expected && intent == turn.intent {
        return None;
    }
    let mut text = String::new();
    if intent != turn.intent {
        writeln!(text, "  - as {}\n  + as {intent}", turn.intent).unwrap();
    }
    if !is_as_expected {
        for line in &turn.expected {
            writeln!(text, "  - {line}").unwrap();
        }
        for line in &found {
            writeln!(text, "  + {line}").unwrap();
        }
    }
    Some(text)
}

/// What follows, in the form of the files.
fn shown(plan: &Plan) -> Vec<String> {
    let one_line = |text: &str| text.replace('\n', " / ");
    match &plan.step {
        Step::Say(text) => vec![format!("! {}", one_line(text))],
        Step::Ask(pending) => vec![format!("? {}", one_line(&pending.question))],
        Step::Act(calls) => calls
            .iter()
            .map(|call| format!("{} {}", call.name(), Value::from(arguments(call))))
            .collect(),
    }
}

fn matches(expected: &str, found: &str) -> bool {
    for mark in ["! ", "? "] {
        if let Some(part) = expected.strip_prefix(mark) {
            return found.strip_prefix(mark).is_some_and(|text| text.contains(part));
        }
    }
    match (call(expected), call(found)) {
        (Some(expected), Some(found)) => expected == found,
        _ => false,
    }
}
