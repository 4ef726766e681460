//! The title: the text without what was understood, with the spaces and the punctuation around the gaps tidied.

use std::ops::Range;

/// A part of the text that is not in the title.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Gap {
    pub(crate) range: Range<usize>,
    /// The backslash or the quote of an escape: what follows stands as it is.
    pub(crate) is_escape: bool,
}

/// The text without the gaps, which are sorted and do not overlap.
pub(crate) fn title(text: &str, gaps: &[Gap]) -> String {
    let mut title = Title::default();
    let mut at = 0;
    for gap in gaps {
        title.push(text.get(at..gap.range.start).unwrap_or_default());
        at = gap.range.end;
        if gap.is_escape {
            title.is_after_gap = false;
        } else {
            title.is_spaced = true;
            title.is_after_gap = true;
        }
    }
    title.push(text.get(at..).unwrap_or_default());
    title.finish()
}

#[derive(Default)]
struct Title {
    text: String,
    /// Whether a space comes before the next letter.
    is_spaced: bool,
    /// Whether nothing but spaces and dropped punctuation followed the last gap.
    is_after_gap: bool,
}

impl Title {
    fn push(&mut self, segment: &str) {
        let mut letters = segment.chars().peekable();
        while let Some(letter) = letters.next() {
            if letter.is_whitespace() {
                self.is_spaced = true;
                continue;
            }
            let is_last = letters.peek().is_none_or(|next| next.is_whitespace());
            if self.is_after_gap && self.absorbs(letter, is_last) {
                continue;
            }
            let is_in_bracket = self.is_after_gap && self.text.ends_with(['(', '[', '{']);
            if self.is_spaced && !self.text.is_empty() && !is_in_bracket {
                self.text.push(' ');
            }
            self.is_spaced = false;
            self.is_after_gap = false;
            self.text.push(letter);
        }
    }

    /// Deals with punctuation right after a gap; false if the letter stays as it is.
    fn absorbs(&mut self, letter: char, is_last: bool) -> bool {
        let last = self.text.chars().next_back();
        match letter {
            ')' | ']' | '}' => {
                // Brackets around what is gone go as well.
                if last.is_some_and(|last| matches!(last, '(' | '[' | '{')) {
                    self.text.pop();
                    self.text.truncate(self.text.trim_end().len());
                    return true;
                }
                self.is_spaced = false;
                false
            }
            ',' | ';' | ':' | '.' | '!' | '?' => {
                let is_doubled = last
                    .is_none_or(|last| matches!(last, ',' | ';' | ':' | '.' | '!' | '?' | '(' | '[' | '{'));
                self.is_spaced = is_doubled;
                is_doubled
            }
            '-' | '–' | '—' | '|' | '·' => last.is_none() && is_last,
            _ => false,
        }
    }

    fn finish(mut self) -> String {
        if self.is_after_gap {
            let kept = self
                .text
                .trim_end_matches([',', ';', ':', '-', '–', '—', '|', '·', ' ']);
            self.text.truncate(kept.len());
        }
        self.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The title of a text in which gaps stand between `<` and `>`.
    fn check(marked: &str, expected: &str) {
        let (mut text, mut gaps, mut start) = (String::new(), Vec::new(), 0);
        for letter in marked.chars() {
            match letter {
                '<' => start = text.len(),
                '>' => gaps.push(Gap {
                    range: start..text.len(),
                    is_escape: false,
                }),
                letter => text.push(letter),
            }
        }
        assert_eq!(title(&text, &gaps), expected, "{marked}");
    }

    #[test]
    fn gaps_leave_no_trace() {
        check("Call mom <tomorrow>, then dad", "Call mom, then dad");
        check("Call mom (<tomorrow>)", "Call mom");
        check("Call mom (<tomorrow> or so)", "Call mom (or so)");
        check("<tomorrow> - call mom", "call mom");
        check("<tomorrow>: call mom", "call mom");
        check("<tomorrow> -5 degrees", "-5 degrees");
        check("Call mom: <tomorrow>", "Call mom");
        check("Call mom <tomorrow>.", "Call mom.");
        check("Call mom <tomorrow>, <9am>!", "Call mom");
        check("  Call   mom\t<tomorrow>\n", "Call mom");
        check("- Call mom,", "- Call mom,");
        check("<a><b>", "");
    }
}
