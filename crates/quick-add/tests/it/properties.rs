//! What holds for every text.

use chrono::DateTime;
use chrono_tz::Tz;
use proptest::prelude::*;
use quick_add::{SpanKind, TEXT_LIMIT, parse, parse_due, utf16_ranges};

use crate::shown::now;

/// Words that the grammar knows, so that random texts come near to phrases.
const WORDS: &str = "today tonight tomorrow the day after before next this week month year weekend friday mon wed, sun \
    and on by due until till starting from for in 2 30 9am 9 pm 21:00 noon midnight at a.m. morning night every every! \
    each other weekday daily monthly last 1st 15th 31st first second june may 2027 2027-06-01 2027-02-30 6/1 25/12 24/7 \
    remind me hour hours minutes 2h30m before, times p1 !high !!! #tag #\"two words\" \\tomorrow \"quoted text\" \" ( ) \
    (tomorrow) - — & , . priority with of end quarter half an 9999 10000 years days weeks T00:00Z 9999-12-31 1970-01-01 \
    😀 שלום e\u{301} \u{2028} İ ß \\ \\\\ # @ @5pm o'clock tomorrow's";

fn times() -> impl Strategy<Value = DateTime<Tz>> {
    let zones = [
        "UTC",
        "Europe/Berlin",
        "America/New_York",
        "Asia/Kathmandu",
        "Pacific/Apia",
        "Australia/Lord_Howe",
    ];
    (0..zones.len(), 0..253_000_000_000_i64).prop_map(move |(zone, seconds)| {
        let zone: Tz = zones[zone].parse().unwrap();
        DateTime::from_timestamp(seconds, 0).unwrap().with_timezone(&zone)
    })
}

/// Known words and noise, joined with and without spaces.
fn texts() -> impl Strategy<Value = String> {
    let known = prop::sample::select(WORDS.split(' ').map(str::to_owned).collect::<Vec<_>>());
    let noise = "\\PC{0,6}";
    let word = prop_oneof![6 => known, 1 => noise];
    let space = prop_oneof![8 => Just(" "), 1 => Just(""), 1 => Just("\t \n")];
    prop::collection::vec((word, space), 0..24).prop_map(|words| {
        words
            .iter()
            .flat_map(|(word, space)| [word.as_str(), space])
            .collect()
    })
}

fn check(text: &str, now: DateTime<Tz>) -> Result<(), TestCaseError> {
    let found = parse(text, now);
    let mut end = 0;
    let mut outside = String::new();
    for span in &found.spans {
        prop_assert!(
            end <= span.range.start,
            "sorted, without overlap: {:?}",
            found.spans
        );
        prop_assert!(span.range.start < span.range.end);
        // `get` answers nothing where a range cuts a character.
        let understood = text.get(span.range.clone());
        prop_assert!(understood.is_some(), "{:?}", span);
        prop_assert!(!understood.unwrap().starts_with(char::is_whitespace));
        outside.push_str(text.get(end..span.range.start).unwrap());
        end = span.range.end;
    }
    outside.push_str(text.get(end..).unwrap());
    // The title is what stands outside of the spans: nothing of them, nothing new, and no letter lost.
    let mut rest = outside.chars();
    for letter in found.title.chars().filter(|letter| !letter.is_whitespace()) {
        prop_assert!(
            rest.any(|other| other == letter),
            "{:?} from {outside:?}",
            found.title
        );
    }
    let letters = |text: &str| {
        text.chars()
            .filter(|letter| letter.is_alphanumeric())
            .collect::<String>()
    };
    prop_assert_eq!(letters(&found.title), letters(&outside));
    prop_assert!(!found.title.contains("  ") && found.title.trim() == found.title);
    for problem in &found.problems {
        prop_assert!(problem.range().is_none_or(|range| text.get(range).is_some()));
    }
    let units: Vec<u16> = text.encode_utf16().collect();
    for (units_range, span) in utf16_ranges(text, &found.spans).into_iter().zip(&found.spans) {
        let cut = String::from_utf16(&units[units_range]).unwrap();
        prop_assert_eq!(cut.as_str(), text.get(span.range.clone()).unwrap());
    }
    if let Some(repeat) = &found.repeat {
        prop_assert!(repeat.rule.starts_with("FREQ=") && found.due.is_some());
    }
    parse_due(text, now);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn any_text_is_taken_apart_without_loss(text in "\\PC{0,200}", now in times()) {
        check(&text, now)?;
    }

    #[test]
    fn any_bytes_are_taken_apart_without_loss(bytes in prop::collection::vec(any::<u8>(), 0..200), now in times()) {
        check(&String::from_utf8_lossy(&bytes), now)?;
    }

    #[test]
    fn texts_near_to_the_grammar_are_taken_apart_without_loss(text in texts(), now in times()) {
        check(&text, now)?;
    }

    #[test]
    fn quoted_text_survives(inside in "[a-z0-9#!/:]([a-z0-9#!/: ]{0,20}[a-z0-9#!/:])?", before in texts(), after in texts(), now in times()) {
        // A quote before could begin the quoted text elsewhere.
        let plain = |text: &str| text.replace(['"', '“', '”', '„', '#'], "");
        let text = format!("{} \"{inside}\" {}", plain(&before), plain(&after));
        let found = parse(&text, now);
        let inside = inside.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
        prop_assert!(found.title.contains(&inside), "{text:?} became {:?}", found.title);
    }

    #[test]
    fn escaped_words_survive(word in prop::sample::select(vec!["tomorrow", "every", "#tag", "!high", "p1", "9am", "friday"]),
        before in texts(), after in texts(), now in times()) {
        let plain = |text: &str| text.replace(['"', '“', '”', '„'], "");
        let text = format!("{} \\{word} {}", plain(&before), plain(&after));
        let found = parse(&text, now);
        prop_assert!(found.title.contains(word), "{text:?} became {:?}", found.title);
        let escape = plain(&before).len() + 1;
        prop_assert!(found.spans.iter().any(|span| span.kind == SpanKind::Escape && span.range == (escape..escape + 1)));
    }

    #[test]
    fn reading_the_title_again_in_quotes_changes_nothing(text in texts(), now in times()) {
        let title = parse(&text.replace(['"', '“', '”', '„'], ""), now).title;
        prop_assume!(!title.is_empty());
        prop_assert_eq!(parse(&format!("\"{title}\""), now).title, title);
    }
}

#[test]
fn the_ends_of_time_are_no_end() {
    for zone in ["UTC", "Pacific/Kiritimati", "Pacific/Niue"] {
        let zone: Tz = zone.parse().unwrap();
        for instant in [DateTime::<chrono::Utc>::MIN_UTC, DateTime::<chrono::Utc>::MAX_UTC] {
            for text in [
                "a in 2 hours",
                "a tomorrow at 9",
                "a every day until 9999",
                "a next year",
                "a in 9999 years",
            ] {
                assert_eq!(
                    parse(text, instant.with_timezone(&zone)).title.chars().next(),
                    Some('a'),
                    "{text}"
                );
            }
        }
    }
}

#[test]
fn a_text_over_the_limit_is_not_read() {
    let now = now("UTC", "2026-03-10T12:00");
    let longest = "é".repeat(TEXT_LIMIT);
    assert_eq!(parse(&longest, now).title, longest);
    for text in [format!("{longest}é"), "a ".repeat(1_000_000)] {
        assert_eq!(parse(&text, now).problems, [quick_add::Problem::TooLong]);
    }
}

/// That the looks at words are bounded is tested where they are counted; here it is the rest: characters, quotes, gaps.
#[test]
fn hostile_texts_take_no_time_to_speak_of() {
    let now = now("Europe/Berlin", "2026-03-10T12:00");
    let pieces = [
        "every ", "1st, ", "\"", "\"a ", "#\"", "\\", "\\a ", "( ", "()", "a", "9", "\u{301}", "🎉", "- ",
        "#a ", "today, ",
    ];
    for piece in pieces {
        let text: String = piece.chars().cycle().take(TEXT_LIMIT).collect();
        let start = std::time::Instant::now();
        std::hint::black_box(parse(&text, now));
        let taken = start.elapsed();
        // Some milliseconds on an idle machine; this one may be busy.
        assert!(taken < std::time::Duration::from_secs(2), "{piece:?}: {taken:?}");
    }
}
