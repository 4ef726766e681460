//! What could be understood at each word of a text.
//!
//! The words are read from the last to the first, because a phrase like `Friday` is understood only where the title
//! does not go on behind it: "Prepare Friday lunch" keeps its Friday, "Prepare lunch Friday p1" does not. Each
//! reader looks at a bounded number of words, so the time is linear.

use chrono::DateTime;
use chrono_tz::Tz;

use crate::Priority;
use crate::cursor::Cursor;
use crate::date::{NamedDay, When, date};
use crate::mark::priority;
use crate::reminder::{RemindPhrase, reminders};
use crate::repeat::{RepeatPhrase, repeat};
use crate::tail::{Tail, tail};
use crate::time::{Time, time};
use crate::today::Today;
use crate::token::{Close, Kind, Word};

/// Before these words a date is a part of the title: "the 9am call", "move it from Monday", "about Friday".
const GUARDS: [&str; 22] = [
    "the", "a", "an", "of", "from", "to", "than", "since", "after", "before", "about", "vs", "last", "my",
    "our", "your", "his", "her", "their", "its", "between", "re",
];

/// What words could mean.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Meaning {
    Tag(String),
    Priority(Priority),
    Remind(Vec<RemindPhrase>),
    Repeat(RepeatPhrase),
    Tail(Tail),
    Day(NamedDay),
    Instant(DateTime<Tz>),
    Time(Time),
    /// A date that no calendar has; it stays in the title.
    NoSuchDay,
    /// A date that could be two; it stays in the title.
    Ambiguous,
}

/// One thing that the words from some place on could mean.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Candidate {
    pub(crate) meaning: Meaning,
    /// The index of the word after the phrase.
    pub(crate) end: usize,
}

/// For each word the candidates that begin with it, the likeliest first.
pub(crate) fn candidates(text: &str, words: &[Word], today: &Today) -> Vec<Vec<Candidate>> {
    let mut begins = vec![false; words.len()];
    let mut all: Vec<Vec<Candidate>> = Vec::with_capacity(words.len());
    for (index, word) in words.iter().enumerate().rev() {
        let reader = Reader {
            words,
            index,
            today,
            begins: &begins,
        };
        let found = match &word.kind {
            Kind::Tag(name) => vec![Candidate {
                meaning: Meaning::Tag(text.get(name.clone()).unwrap_or_default().to_owned()),
                end: index + 1,
            }],
            Kind::Plain => reader.candidates(),
            Kind::Escaped(_) | Kind::Quoted | Kind::Separator => Vec::new(),
        };
        let is_one = found.iter().any(|candidate| candidate.meaning.is_understood());
        if let Some(begins) = begins.get_mut(index) {
            *begins = is_one;
        }
        all.push(found);
    }
    all.reverse();
    all
}

struct Reader<'a> {
    words: &'a [Word],
    index: usize,
    today: &'a Today,
    /// Whether a phrase begins at each later word.
    begins: &'a [bool],
}

impl Reader<'_> {
    fn candidates(&self) -> Vec<Candidate> {
        let mut found = Vec::new();
        let is_guarded = self.is_guarded();
        self.add(&mut found, priority, |(priority, is_strong), ends| {
            (is_strong || ends).then_some(Meaning::Priority(priority))
        });
        self.add(
            &mut found,
            |cursor| reminders(cursor, self.today),
            |phrases, _| Some(Meaning::Remind(phrases)),
        );
        self.add(&mut found, repeat, |phrase, ends| {
            ((phrase.is_strong || ends) && !is_guarded).then_some(Meaning::Repeat(phrase))
        });
        self.add(
            &mut found,
            |cursor| tail(cursor, self.today),
            |tail, _| Some(Meaning::Tail(tail)),
        );
        self.add(
            &mut found,
            |cursor| date(cursor, self.today),
            |phrase, ends| {
                let is_one = (phrase.is_strong || ends) && (phrase.is_led || !is_guarded);
                is_one.then_some(match phrase.when {
                    When::Day(named) => Meaning::Day(named),
                    When::Instant(instant) => Meaning::Instant(instant),
                    When::NoSuchDay => Meaning::NoSuchDay,
                    When::Ambiguous => Meaning::Ambiguous,
                })
            },
        );
        self.add(&mut found, time, |phrase, ends| {
            let is_one = (phrase.is_strong || ends) && (phrase.is_led || !is_guarded);
            is_one.then_some(Meaning::Time(phrase.time))
        });
        found
    }

    /// Adds what a reader finds here, if it counts at this place.
    fn add<T>(
        &self,
        found: &mut Vec<Candidate>,
        reader: impl FnOnce(&mut Cursor<'_>) -> Option<T>,
        meaning: impl FnOnce(T, bool) -> Option<Meaning>,
    ) {
        let mut cursor = Cursor::new(self.words, self.index);
        let phrase = reader(&mut cursor);
        let end = cursor.at();
        if let Some(meaning) = phrase.and_then(|phrase| meaning(phrase, self.title_ends(end))) {
            found.push(Candidate { meaning, end });
        }
    }

    /// Whether the title does not go on at this word.
    fn title_ends(&self, end: usize) -> bool {
        let is_closed = end
            .checked_sub(1)
            .and_then(|last| self.words.get(last))
            .is_some_and(|word| word.close != Close::Open);
        let next_begins = self.begins.get(end) == Some(&true);
        is_closed
            || next_begins
            || self
                .words
                .get(end)
                .is_none_or(|next| next.is_opened || next.kind == Kind::Separator)
    }

    fn is_guarded(&self) -> bool {
        let before = self.index.checked_sub(1).and_then(|index| self.words.get(index));
        before.is_some_and(|word| {
            word.close == Close::Open && (GUARDS.contains(&word.lower.as_str()) || word.lower.ends_with("'s"))
        })
    }
}

impl Meaning {
    /// Whether the words leave the title.
    pub(crate) fn is_understood(&self) -> bool {
        !matches!(self, Self::NoSuchDay | Self::Ambiguous)
    }
}
