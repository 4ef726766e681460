//! What a search finds, and which of it first: the words of a text, and the words that are looked for.
//!
//! Every index of tasks is built of [`index_words`] and asked with a [`Search`], so that all of them find the same.

use crate::task::Task;
use crate::text::fold;

/// Longest word, in characters: what follows is not looked at. Indexes have limits of their own, far above it.
const WORD_LIMIT: usize = 64;

/// What a word counts where it stands, so that a hit in the title goes before any number of hits in the description. The
/// steps are large because an index gives each further hit less weight than the one before.
pub const TITLE_WEIGHT: u32 = 1_000_000;
/// What a word among the tags counts.
pub const TAG_WEIGHT: u32 = 10_000;
/// What a word of the description counts.
pub const DESCRIPTION_WEIGHT: u32 = 1;

/// A search as it was typed, taken apart at its spaces. All parts must be found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Search {
    /// What began with `#`: each must begin a tag. Folded.
    pub tags: Vec<String>,
    /// The other parts, each once.
    pub phrases: Vec<Phrase>,
}

/// Words that must follow each other: usually one; several if something stands between letters, as in `e-mail`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Phrase {
    /// Never empty.
    pub words: Vec<String>,
    /// Whether the last one need only begin a word, because it may not be typed to its end.
    pub is_prefix: bool,
}

impl Search {
    /// Takes a text apart. What has neither letters nor digits is left out.
    pub fn parse(text: &str) -> Self {
        let (mut tags, mut phrases) = (Vec::new(), Vec::<Phrase>::new());
        let mut parts = text.split_whitespace().peekable();
        while let Some(part) = parts.next() {
            match part.strip_prefix('#').map(fold).filter(|tag| !tag.is_empty()) {
                Some(tag) if tags.contains(&tag) => {}
                Some(tag) => tags.push(tag),
                None => {
                    let phrase = Phrase {
                        words: index_words(part),
                        is_prefix: parts.peek().is_none(),
                    };
                    if !phrase.words.is_empty() && !phrases.contains(&phrase) {
                        phrases.push(phrase);
                    }
                }
            }
        }
        Self { tags, phrases }
    }

    /// Whether nothing at all can be found: there is nothing to look for in the text.
    pub fn is_empty(&self) -> bool {
        self.tags.is_empty() && self.phrases.is_empty()
    }

    /// Whether a task is found.
    pub fn finds(&self, task: &Task) -> bool {
        let begins_a_tag = |wanted: &String| task.tags.iter().any(|tag| fold(tag).starts_with(wanted));
        let fields = fields(task);
        !self.is_empty()
            && self.tags.iter().all(begins_a_tag)
            && self
                .phrases
                .iter()
                .all(|phrase| fields.iter().any(|(_weight, words)| phrase.count(words) > 0))
    }

    /// How well a task fits, where no index says it better: its hits, by the weights of their places.
    pub fn relevance(&self, task: &Task) -> i64 {
        let fields = fields(task);
        let hits = self.phrases.iter().flat_map(|phrase| {
            fields
                .iter()
                .map(|(weight, words)| i64::from(*weight).saturating_mul(phrase.count(words)))
        });
        hits.fold(0, i64::saturating_add)
    }
}

impl Phrase {
    fn count(&self, words: &[String]) -> i64 {
        let is_here = |here: &&[String]| match (here.split_last(), self.words.split_last()) {
            (Some((last, before)), Some((wanted, wanted_before))) if self.is_prefix => {
                before == wanted_before && last.starts_with(wanted.as_str())
            }
            _ => *here == self.words,
        };
        let hits = words.windows(self.words.len().max(1)).filter(is_here).count();
        i64::try_from(hits).unwrap_or(i64::MAX)
    }
}

/// The parts of a task that are searched, with what a hit there counts. Each tag is one of its own.
fn fields(task: &Task) -> Vec<(u32, Vec<String>)> {
    let description = task.description.as_deref().unwrap_or_default();
    let mut fields = vec![
        (TITLE_WEIGHT, index_words(&task.title)),
        (DESCRIPTION_WEIGHT, index_words(description)),
    ];
    fields.extend(task.tags.iter().map(|tag| (TAG_WEIGHT, index_words(tag))));
    fields
}

/// The words of a text, folded. Signs of scripts that put no spaces between their words, and pictures, are words by
/// themselves.
pub fn index_words(text: &str) -> Vec<String> {
    let (mut words, mut word, mut length) = (Vec::new(), String::new(), 0);
    for letter in fold(text).chars() {
        let is_alone = is_word_alone(letter);
        if (is_alone || !letter.is_alphanumeric()) && !word.is_empty() {
            words.push(std::mem::take(&mut word));
            length = 0;
        }
        if is_alone {
            words.push(letter.to_string());
        } else if letter.is_alphanumeric() && length < WORD_LIMIT {
            word.push(letter);
            length += 1;
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

fn is_word_alone(letter: char) -> bool {
    matches!(letter,
        // Kana, and Han with its extensions.
        '\u{3041}'..='\u{30ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}'
        | '\u{20000}'..='\u{3ffff}'
        // Signs and emoji.
        | '\u{2600}'..='\u{27bf}' | '\u{1f000}'..='\u{1faff}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::task::tests::sample;

    fn finds(search: &str, title: &str) -> bool {
        Search::parse(search).finds(&sample(1, title))
    }

    #[test]
    fn words_are_whole_but_the_last_one_may_be_begun() {
        for (search, title) in [
            ("quart", "The quarterly report"),
            ("QUARTERLY rep", "The quarterly report"),
            ("report quarterly", "The quarterly report"),
            ("e-mail", "send E-Mail"),
            ("cafe", "Café"),
            ("é", "e\u{301}te"),
            ("東京", "来週東京へ"),
            ("\u{1f389}", "party\u{1f389}"),
            ("- plan -", "a plan"),
        ] {
            assert!(finds(search, title), "{search} in {title}");
        }
        for (search, title) in [
            ("quart report", "The quarterly report"),
            ("port", "The quarterly report"),
            ("e-mail", "mail e"),
            ("京東", "来週東京へ"),
            ("%", "100%"),
            ("", "a"),
        ] {
            assert!(!finds(search, title), "{search} in {title}");
        }
    }

    #[test]
    fn a_phrase_stays_within_its_field() {
        let mut task = sample(1, "red");
        task.tags = vec!["apple".to_owned(), "pie".to_owned()];
        task.description = Some("green apple\npie".to_owned());
        assert!(Search::parse("apple-pie").finds(&task));
        task.description = None;
        assert!(!Search::parse("apple-pie").finds(&task));
        assert!(Search::parse("#app pi").finds(&task));
        assert!(!Search::parse("#pp").finds(&task));
    }

    #[test]
    fn the_title_counts_most() {
        let title = sample(1, "report");
        let mut tag = sample(2, "a");
        tag.tags = vec!["Report".to_owned()];
        let mut description = sample(3, "a");
        description.description = Some("report of a report".to_owned());
        let search = Search::parse("report");
        let relevance = [&title, &tag, &description].map(|task| search.relevance(task));
        assert_eq!(relevance, [1_000_000, 10_000, 2]);
    }

    #[test]
    fn a_word_without_end_is_cut() {
        let words = index_words(&"x".repeat(5_000));
        assert_eq!(words, ["x".repeat(WORD_LIMIT)]);
        assert!(finds(&"x".repeat(200), &"x".repeat(255)));
    }
}
