//! Long texts, cut into passages that can be found and shown by themselves.

/// Longest passage, in characters.
pub const PASSAGE_LIMIT: usize = 900;

/// The passages of a text, in order: paragraphs and sentences stay together as far as they fit. Nothing is lost but the
/// spaces between passages.
#[must_use]
pub fn passages(text: &str) -> Vec<String> {
    let mut passages = Vec::new();
    let mut passage = String::new();
    for paragraph in text.split("\n\n").map(str::trim).filter(|part| !part.is_empty()) {
        if length(paragraph) > PASSAGE_LIMIT {
            close(&mut passages, &mut passage);
            for sentence in sentences(paragraph) {
                append(&mut passages, &mut passage, sentence, " ");
            }
            close(&mut passages, &mut passage);
        } else {
            append(&mut passages, &mut passage, paragraph, "\n\n");
        }
    }
    close(&mut passages, &mut passage);
    passages
}

fn append(passages: &mut Vec<String>, passage: &mut String, part: &str, between: &str) {
    if length(part) > PASSAGE_LIMIT {
        close(passages, passage);
        let letters: Vec<char> = part.chars().collect();
        passages.extend(letters.chunks(PASSAGE_LIMIT).map(|piece| piece.iter().collect()));
        return;
    }
    if !passage.is_empty() && length(passage) + length(between) + length(part) > PASSAGE_LIMIT {
        close(passages, passage);
    }
    if !passage.is_empty() {
        passage.push_str(between);
    }
    passage.push_str(part);
}

fn close(passages: &mut Vec<String>, passage: &mut String) {
    if !passage.is_empty() {
        passages.push(std::mem::take(passage));
    }
}

fn length(text: &str) -> usize {
    text.chars().count()
}

/// Cut behind what ends a sentence, or a line.
fn sentences(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        rest = rest.trim_start();
        if rest.is_empty() {
            return None;
        }
        let mut letters = rest.char_indices().peekable();
        while let Some((place, letter)) = letters.next() {
            let is_end = match letter {
                '\n' | '。' => true,
                '.' | '!' | '?' => letters.peek().is_none_or(|(_place, next)| next.is_whitespace()),
                _ => false,
            };
            if is_end {
                let (sentence, after) = rest.split_at(place + letter.len_utf8());
                rest = after;
                return Some(sentence.trim_end());
            }
        }
        Some(std::mem::take(&mut rest).trim_end())
    })
}

/// The beginning of a text, at most so many characters, to the end of a sentence or a word.
#[must_use]
pub fn excerpt(text: &str, limit: usize) -> String {
    let text = text.trim();
    if length(text) <= limit {
        return text.to_owned();
    }
    let mut kept = String::new();
    for sentence in sentences(text) {
        if length(&kept) + 1 + length(sentence) > limit {
            break;
        }
        if !kept.is_empty() {
            kept.push(' ');
        }
        kept.push_str(sentence);
    }
    if !kept.is_empty() {
        return kept;
    }
    let cut: String = text.chars().take(limit.saturating_sub(1)).collect();
    let end = cut.rfind(char::is_whitespace).filter(|place| *place > 0);
    let cut = end.and_then(|place| cut.get(..place)).unwrap_or(&cut);
    format!("{}…", cut.trim_end())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_fits_stays_together() {
        assert_eq!(passages("One.\n\nTwo."), ["One.\n\nTwo."]);
        assert_eq!(passages(" \n\n \n"), [""; 0]);
        let sentence = format!("{}.", "word ".repeat(60).trim());
        let long = [sentence.as_str(); 5].join(" ");
        let cut = passages(&long);
        assert_eq!(cut.len(), 3);
        assert!(cut.iter().all(|passage| passage.ends_with('.')), "{cut:?}");
    }

    #[test]
    fn an_excerpt_ends_where_something_ends() {
        assert_eq!(excerpt("One. Two. Three.", 10), "One. Two.");
        assert_eq!(excerpt("One two three", 12), "One two…");
        assert_eq!(excerpt("short", 10), "short");
        assert_eq!(
            excerpt("Version 2.5 is out. And more follows here.", 20),
            "Version 2.5 is out."
        );
    }

    proptest! {
        #[test]
        fn nothing_but_spaces_is_lost(text in "(\\PC|\n){0,3000}") {
            let without_spaces = |text: &str| text.chars().filter(|letter| !letter.is_whitespace()).collect::<String>();
            let cut = passages(&text);
            prop_assert!(cut.iter().all(|passage| (1..=PASSAGE_LIMIT).contains(&passage.chars().count())));
            prop_assert_eq!(without_spaces(&cut.concat()), without_spaces(&text));
        }

        #[test]
        fn an_excerpt_is_within_its_limit(text in "(\\PC|\n){0,300}", limit in 1_usize..100) {
            prop_assert!(excerpt(&text, limit).chars().count() <= limit);
        }
    }
}
