//! How well the help is found: questions as people put them, each with the section that answers it.

use todo_knowledge::help::{Section, sections};
use todo_knowledge::score::{Indexed, MINIMUM, Statistics, TOP, score};
use todo_knowledge::words::Question;

const QUESTIONS: &str = include_str!("questions.tsv");

/// What the help has nothing about.
const NOT_ANSWERED: [&str; 8] = [
    "what is the weather in Paris",
    "who won the world cup in 1998",
    "how do I cook a risotto",
    "tell me a joke about penguins",
    "what is the capital of Mongolia",
    "how do I repair a bicycle chain",
    "write a poem about autumn leaves",
    "how tall is the Eiffel tower",
];

fn best<'a>(question: &str, help: &'a [(Section, Indexed)]) -> Vec<(f64, &'a str)> {
    let question = Question::parse(question);
    let statistics = Statistics::of(&question, help.iter().map(|(_section, indexed)| indexed));
    let mut ranked: Vec<(f64, &str)> = help
        .iter()
        .map(|(section, indexed)| (score(&question, &statistics, indexed), section.title))
        .collect();
    ranked.sort_by(|left, right| right.0.total_cmp(&left.0));
    ranked.truncate(TOP);
    ranked
}

fn help() -> Vec<(Section, Indexed)> {
    let indexed = |section: &Section| Indexed::new(section.title, section.page, &section.text);
    sections()
        .into_iter()
        .map(|section| {
            let words = indexed(&section);
            (section, words)
        })
        .collect()
}

#[test]
fn questions_find_their_section_among_the_first_three() {
    let help = help();
    let (mut first, mut hits, mut answered, mut count) = (0, 0, 0, 0);
    let mut missed = Vec::new();
    for line in QUESTIONS.lines().filter(|line| !line.starts_with('#')) {
        let (question, expected) = line.split_once('\t').expect("a question, a tab and a title");
        assert!(
            help.iter().any(|(section, _)| section.title == expected),
            "{expected}"
        );
        let found = best(question, &help);
        count += 1;
        first += usize::from(found[0].1 == expected);
        answered += usize::from(found[0].0 >= MINIMUM);
        if found.iter().any(|(_score, title)| *title == expected) {
            hits += 1;
        } else {
            missed.push((question, found));
        }
    }
    assert!(count >= 30);
    assert!(hits * 100 >= count * 95, "{hits} of {count}; missed: {missed:#?}");
    assert!(first * 100 >= count * 80, "{first} of {count} came first");
    assert!(
        answered * 100 >= count * 85,
        "{answered} of {count} were above the minimum"
    );
}

#[test]
fn what_the_help_has_nothing_about_is_not_answered() {
    let help = help();
    for question in NOT_ANSWERED {
        let found = best(question, &help);
        assert!(found[0].0 < MINIMUM, "{question}: {found:?}");
    }
}
