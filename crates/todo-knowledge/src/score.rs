//! How well a passage answers a question, from 0 to 1: the part of what the question asks for that is found, each word
//! counted by how rare it is (as BM25 does), more in a title than in the text, less in a long text than in a short one.

use crate::words::{Question, Term, stems};

/// What is below this answers nothing.
pub const MINIMUM: f64 = 0.3;

/// How many hits an answer is made of.
pub const TOP: usize = 3;

const TITLE_WEIGHT: f64 = 2.5;
const TAG_WEIGHT: f64 = 1.5;
/// What another word for the same counts.
const ALIKE_WEIGHT: f64 = 0.8;
/// How many hits it takes to half of what a word can count.
const SATURATION: f64 = 0.5;
/// How much a text's length matters.
const LENGTH_MATTERS: f64 = 0.4;
/// Fewer passages do not show how rare a word is: in a single one every word is common, and what it lacks would count for
/// more than all that it has.
const FEW_PASSAGES: u64 = 50;
/// A text of usual length, in words.
const USUAL_LENGTH: f64 = 80.0;

/// A passage's words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Indexed {
    title: Vec<String>,
    tags: Vec<String>,
    text: Vec<String>,
}

/// How many passages there are, and how many have each of a question's words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Statistics {
    /// All passages.
    pub passages: u64,
    /// Those with the word or one alike, in the order of the question's terms.
    pub having: Vec<u64>,
}

impl Indexed {
    /// Takes a passage apart.
    #[must_use]
    pub fn new(title: &str, tags: &str, text: &str) -> Self {
        Self {
            title: stems(title),
            tags: stems(tags),
            text: stems(text),
        }
    }

    /// Whether it has a word.
    #[must_use]
    pub fn has(&self, term: &Term) -> bool {
        let all = || self.title.iter().chain(&self.tags).chain(&self.text);
        term.all().any(|word| all().any(|stem| stem == word))
    }

    fn hits(&self, term: &Term) -> f64 {
        let length = as_number(self.text.len()) / USUAL_LENGTH;
        let text_weight = 1.0 / (1.0 - LENGTH_MATTERS + LENGTH_MATTERS * length);
        let counted = |word: &str| {
            let count = |words: &[String]| as_number(words.iter().filter(|stem| *stem == word).count());
            TITLE_WEIGHT * count(&self.title)
                + TAG_WEIGHT * count(&self.tags)
                + text_weight.min(1.5) * count(&self.text)
        };
        let saturated = |hits: f64| hits / (hits + SATURATION);
        let own = saturated(counted(&term.stem));
        let alike = term
            .alike
            .iter()
            .map(|word| ALIKE_WEIGHT * saturated(counted(word)));
        alike.fold(own, f64::max)
    }
}

impl Statistics {
    /// Those of passages that are all at hand.
    #[must_use]
    pub fn of<'a>(question: &Question, passages: impl Iterator<Item = &'a Indexed> + Clone) -> Self {
        let count = |term: &Term| passages.clone().filter(|passage| passage.has(term)).count();
        Self {
            passages: passages.clone().count() as u64,
            having: question.terms.iter().map(|term| count(term) as u64).collect(),
        }
    }

    /// Both together.
    #[must_use]
    pub fn and(mut self, other: &Self) -> Self {
        self.passages = self.passages.saturating_add(other.passages);
        let longest = self.having.len().max(other.having.len());
        self.having.resize(longest, 0);
        for (sum, more) in self.having.iter_mut().zip(&other.having) {
            *sum = sum.saturating_add(*more);
        }
        self
    }

    /// How much a word says: the less, the more passages have it.
    fn weight(&self, index: usize) -> f64 {
        let having = self.having.get(index).copied().unwrap_or_default();
        let all = self.passages.max(having).max(FEW_PASSAGES);
        let (all, having) = (precise(all), precise(having));
        (1.0 + (all - having + 0.5) / (having + 0.5)).ln()
    }
}

/// How well a passage answers. 0 if the question asks for nothing.
#[must_use]
pub fn score(question: &Question, statistics: &Statistics, passage: &Indexed) -> f64 {
    let (mut found, mut asked) = (0.0, 0.0);
    for (index, term) in question.terms.iter().enumerate() {
        let weight = statistics.weight(index);
        asked += weight;
        found += weight * passage.hits(term);
    }
    if asked > 0.0 { found / asked } else { 0.0 }
}

fn as_number(count: usize) -> f64 {
    precise(count as u64)
}

/// Counts are far below what is exact in a float.
fn precise(count: u64) -> f64 {
    u32::try_from(count).unwrap_or(u32::MAX).into()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn best(question: &str, passages: &[(&str, &str)]) -> (usize, f64) {
        let question = Question::parse(question);
        let indexed: Vec<Indexed> = passages
            .iter()
            .map(|(title, text)| Indexed::new(title, "", text))
            .collect();
        let statistics = Statistics::of(&question, indexed.iter());
        let mut scores: Vec<(usize, f64)> = indexed
            .iter()
            .map(|passage| score(&question, &statistics, passage))
            .enumerate()
            .collect();
        scores.sort_by(|left, right| right.1.total_cmp(&left.1));
        scores[0]
    }

    #[test]
    fn rare_words_and_titles_count_most() {
        let passages = [
            (
                "Tasks",
                "A task has a title and a task has tags and a task has a date",
            ),
            ("Insurance", "the car is insured until June"),
            (
                "Notes",
                "a task about insurance, among many other words about tasks and tasks",
            ),
        ];
        assert_eq!(best("insurance", &passages).0, 1);
        assert_eq!(best("task with tags", &passages).0, 0);
        assert!(best("the weather in Paris", &passages).1 < 0.01);
        assert!(
            best(
                "what is planned for the zanzibar trip",
                &[("Zanzibar trip", "a private matter")]
            )
            .1 > MINIMUM
        );
        assert!(best("car insurance", &passages).1 > MINIMUM);
        // One of three things asked for is no answer.
        assert!(best("nuclear submarine insurance", &passages).1 < MINIMUM);
    }

    #[test]
    fn nothing_asked_is_nothing_found() {
        let passage = Indexed::new("a", "b", "c");
        assert!(score(&Question::default(), &Statistics::default(), &passage).abs() < f64::EPSILON);
    }

    proptest! {
        #[test]
        fn a_score_is_between_nothing_and_all(
            question in "\\PC{0,60}", title in "\\PC{0,40}", text in "\\PC{0,200}", passages in 0_u64..100_000, having in 0_u64..100_000,
        ) {
            let question = Question::parse(&question);
            let having = question.terms.iter().map(|_term| having).collect();
            let statistics = Statistics { passages, having };
            let score = score(&question, &statistics, &Indexed::new(&title, "", &text));
            prop_assert!((0.0..=1.0).contains(&score), "{score}");
        }

        #[test]
        fn more_of_what_is_asked_for_is_never_worse(words in proptest::collection::vec("[a-z]{4,8}", 1..6)) {
            let question = Question::parse(&words.join(" "));
            let having = question.terms.iter().map(|_term| 3).collect();
            let statistics = Statistics { passages: 100, having };
            let mut last = 0.0;
            for count in 0..=words.len() {
                let title = words.get(..count).unwrap_or_default().join(" ");
                let now = score(&question, &statistics, &Indexed::new(&title, "", ""));
                prop_assert!(now >= last);
                last = now;
            }
        }
    }
}
