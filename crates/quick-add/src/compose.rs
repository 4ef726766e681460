//! From what words could mean to what the text means: the first phrase of each kind counts, and what is said twice
//! stays in the title.

use std::ops::Range;

use chrono::{DateTime, Datelike as _, NaiveDate, TimeZone as _, Utc};
use chrono_tz::Tz;

use crate::clock::Clock;
use crate::date::NamedDay;
use crate::phrase::{Candidate, Meaning, candidates};
use crate::reminder::RemindPhrase;
use crate::repeat::RepeatPhrase;
use crate::tail::Tail;
use crate::time::Time;
use crate::title::{Gap, title};
use crate::today::Today;
use crate::token::{Kind, Word, words};
use crate::words::DayPart;
use crate::{
    Priority, Problem, QuickAdd, REMINDERS_LIMIT, Span, SpanKind, TAG_LIMIT, TAGS_LIMIT, TEXT_LIMIT,
};

/// What was said so far.
#[derive(Debug, Default)]
pub(crate) struct Said {
    pub(crate) day: Option<NaiveDate>,
    pub(crate) instant: Option<DateTime<Tz>>,
    pub(crate) clock: Option<Clock>,
    pub(crate) part: Option<DayPart>,
    pub(crate) repeat: Option<RepeatPhrase>,
    /// The end of the repetition, and where it stands.
    pub(crate) limit: Option<(Tail, Range<usize>)>,
    /// Each reminder, and where it stands.
    pub(crate) reminders: Vec<(RemindPhrase, Range<usize>)>,
    pub(crate) priority: Option<Priority>,
    pub(crate) tags: Vec<String>,
    spans: Vec<Span>,
    pub(crate) problems: Vec<Problem>,
}

pub(crate) fn compose(text: &str, now: DateTime<Tz>) -> QuickAdd {
    // A character has at most four bytes, so a very long text need not be counted.
    if text.len() > TEXT_LIMIT * 4 || text.chars().count() > TEXT_LIMIT {
        return QuickAdd {
            problems: vec![Problem::TooLong],
            ..QuickAdd::default()
        };
    }
    let today = today(now);
    let words = words(text);
    let candidates = candidates(text, &words, &today);
    let mut said = Said::default();
    let mut title_words = Vec::new();
    let mut index = 0;
    while let Some(word) = words.get(index) {
        let accepted = candidates
            .get(index)
            .into_iter()
            .flatten()
            .find_map(|candidate| said.accept(text, &words, index, candidate));
        if accepted.is_none() {
            title_words.push(word);
        }
        index = accepted.unwrap_or(index + 1);
    }
    said.escapes(text, &title_words);
    let gaps: Vec<Gap> = said
        .spans
        .iter()
        .map(|span| Gap {
            range: span.range.clone(),
            is_escape: span.kind == SpanKind::Escape,
        })
        .collect();
    let title = title(text, &gaps);
    let spans = std::mem::take(&mut said.spans);
    said.outcome(title, spans, &today)
}

/// The day of the time, which is moved into the years that the application knows.
fn today(now: DateTime<Tz>) -> Today {
    let zone = now.timezone();
    let utc = now.naive_utc();
    let now = match utc.year() {
        ..1970 => Utc.timestamp_opt(86_400, 0).single(),
        9999.. => Utc.with_ymd_and_hms(9999, 1, 1, 0, 0, 0).single(),
        _ => None,
    }
    .map_or(now, |moved| moved.with_timezone(&zone));
    Today {
        day: now.date_naive(),
        now,
    }
}

impl Said {
    /// Takes a phrase in if it says something new, and answers the index of the word after it.
    fn accept(&mut self, text: &str, words: &[Word], start: usize, candidate: &Candidate) -> Option<usize> {
        let first = words.get(start)?.range.start;
        let range = first..words.get(candidate.end.checked_sub(1)?)?.range.end;
        let kind = match &candidate.meaning {
            Meaning::Tag(name) => self.tag(name, &range).then_some(SpanKind::Tag),
            Meaning::Priority(priority) => {
                put(&mut self.priority, Some(*priority)).then_some(SpanKind::Priority)
            }
            Meaning::Remind(phrases) => self.remind(phrases, &range).then_some(SpanKind::Reminder),
            Meaning::Repeat(phrase) => self.repeat(phrase).then_some(SpanKind::Repeat),
            Meaning::Tail(tail) => self.tail(*tail, &range).then_some(SpanKind::Repeat),
            Meaning::Day(named) => self.day(*named).then_some(SpanKind::Due),
            Meaning::Instant(instant) => self.instant(instant).then_some(SpanKind::Due),
            Meaning::Time(time) => self.time(*time).then_some(SpanKind::Due),
            Meaning::NoSuchDay => {
                self.problems.push(Problem::NoSuchDay { range: range.clone() });
                None
            }
            Meaning::Ambiguous => {
                self.problems
                    .push(Problem::AmbiguousDate { range: range.clone() });
                None
            }
        }?;
        self.span(text, range, kind);
        Some(candidate.end)
    }

    /// Phrases of one kind that nothing but space divides are one span.
    fn span(&mut self, text: &str, range: Range<usize>, kind: SpanKind) {
        if let Some(last) = self.spans.last_mut()
            && last.kind == kind
            && matches!(kind, SpanKind::Due | SpanKind::Repeat)
            && text
                .get(last.range.end..range.start)
                .is_some_and(|between| between.trim().is_empty())
        {
            last.range.end = range.end;
            return;
        }
        self.spans.push(Span { range, kind });
    }

    fn tag(&mut self, name: &str, range: &Range<usize>) -> bool {
        let is_tag = (1..=TAG_LIMIT).contains(&name.chars().count())
            && !name.chars().any(|letter| letter.is_control() || letter == ',');
        let range = range.clone();
        if !is_tag {
            self.problems.push(Problem::NoSuchTag { range });
            return false;
        }
        let lower = name.to_lowercase();
        if self.tags.iter().any(|known| known.to_lowercase() == lower) {
            return true;
        }
        if self.tags.len() == TAGS_LIMIT {
            self.problems.push(Problem::TooManyTags { range });
            return false;
        }
        self.tags.push(name.to_owned());
        true
    }

    fn remind(&mut self, phrases: &[RemindPhrase], range: &Range<usize>) -> bool {
        if self.reminders.len() + phrases.len() > REMINDERS_LIMIT {
            self.problems
                .push(Problem::TooManyReminders { range: range.clone() });
            return false;
        }
        self.reminders
            .extend(phrases.iter().map(|phrase| (phrase.clone(), range.clone())));
        true
    }

    fn repeat(&mut self, phrase: &RepeatPhrase) -> bool {
        let has_room = self.repeat.is_none() && (phrase.part.is_none() || self.part.is_none());
        if has_room {
            self.part = self.part.or(phrase.part);
            self.repeat = Some(phrase.clone());
        }
        has_room
    }

    fn tail(&mut self, tail: Tail, range: &Range<usize>) -> bool {
        if self.repeat.is_none() {
            return false;
        }
        match tail {
            Tail::Starting(named) => self.day(named),
            Tail::Until(_) | Tail::Count(_) | Tail::For(_) => {
                put(&mut self.limit, Some((tail, range.clone())))
            }
        }
    }

    fn day(&mut self, named: NamedDay) -> bool {
        let has_room =
            self.day.is_none() && self.instant.is_none() && (named.part.is_none() || self.part.is_none());
        if has_room {
            self.day = Some(named.day);
            self.part = self.part.or(named.part);
        }
        has_room
    }

    fn instant(&mut self, instant: &DateTime<Tz>) -> bool {
        let has_room = self.day.is_none() && self.clock.is_none() && self.part.is_none();
        has_room && put(&mut self.instant, Some(*instant))
    }

    fn time(&mut self, time: Time) -> bool {
        self.instant.is_none()
            && match time {
                Time::Clock(clock) => put(&mut self.clock, Some(clock)),
                Time::Part(part) => put(&mut self.part, Some(part)),
            }
    }

    /// What escaped a part of the title: backslashes, and the quotes around all of it.
    fn escapes(&mut self, text: &str, title_words: &[&Word]) {
        let mut escapes: Vec<Range<usize>> = title_words
            .iter()
            .filter_map(|word| match word.kind {
                Kind::Escaped(place) => Some(place..place + 1),
                _ => None,
            })
            .collect();
        if let [word] = title_words
            && word.kind == Kind::Quoted
        {
            let quoted = text.get(word.range.clone()).unwrap_or_default();
            let (first, last) = (quoted.chars().next(), quoted.chars().next_back());
            let (start, end) = (word.range.start, word.range.end);
            escapes.extend(first.map(|quote| start..start + quote.len_utf8()));
            escapes.extend(last.map(|quote| end - quote.len_utf8()..end));
        }
        self.spans.extend(escapes.into_iter().map(|range| Span {
            range,
            kind: SpanKind::Escape,
        }));
        self.spans.sort_unstable_by_key(|span| span.range.start);
    }
}

/// Fills an empty place.
fn put<T>(place: &mut Option<T>, value: Option<T>) -> bool {
    let is_free = place.is_none();
    if is_free {
        *place = value;
    }
    is_free
}
