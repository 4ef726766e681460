//! Content lines: folding, escaping, and the parts of a line.

use std::fmt::Display;

/// Longest line, in octets, without its end.
const LINE_LIMIT: usize = 75;

/// A line as it is meant, with the number of its first part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ContentLine {
    pub(super) line: u64,
    /// In upper case.
    pub(super) name: String,
    /// Names in upper case; values without their quotes.
    parameters: Vec<(String, String)>,
    pub(super) value: String,
}

impl ContentLine {
    /// The parts of a line; none if it has no value.
    fn parse(line: u64, text: &str) -> Option<Self> {
        let (name, mut rest) = text.split_at(text.find([';', ':'])?);
        if name.is_empty()
            || !name
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        {
            return None;
        }
        let mut parameters = Vec::new();
        while let Some(after) = rest.strip_prefix(';') {
            let (name, after) = after.split_once('=')?;
            let end = unquoted(after, [';', ':'])?;
            let (value, after) = after.split_at(end);
            let value = value
                .strip_prefix('"')
                .and_then(|value| value.strip_suffix('"'))
                .unwrap_or(value);
            parameters.push((name.to_ascii_uppercase(), value.to_owned()));
            rest = after;
        }
        Some(Self {
            line,
            name: name.to_ascii_uppercase(),
            parameters,
            value: rest.strip_prefix(':')?.to_owned(),
        })
    }

    /// The parameter of this name.
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        let found = self.parameters.iter().find(|(known, _value)| known == name);
        found.map(|(_name, value)| value.as_str())
    }

    /// The value as text.
    pub(super) fn text(&self) -> String {
        unescape(&self.value)
    }

    /// The value as a list of texts.
    pub(super) fn texts(&self) -> Vec<String> {
        let (mut begin, mut is_escaped, mut texts) = (0, false, Vec::new());
        for (place, letter) in self.value.char_indices() {
            if letter == ',' && !is_escaped {
                texts.push(unescape(self.value.get(begin..place).unwrap_or_default()));
                begin = place + 1;
            }
            is_escaped = letter == '\\' && !is_escaped;
        }
        texts.push(unescape(self.value.get(begin..).unwrap_or_default()));
        texts
    }
}

/// The first of these letters outside of quotes.
fn unquoted(text: &str, wanted: [char; 2]) -> Option<usize> {
    let mut is_quoted = false;
    text.char_indices()
        .find(|(_place, letter)| {
            is_quoted ^= *letter == '"';
            !is_quoted && wanted.contains(letter)
        })
        .map(|(place, _letter)| place)
}

/// The lines of a file, unfolded: octets are put together before they are read as text, for others fold within letters.
#[derive(Debug)]
pub(super) struct Lines<'a> {
    rest: &'a [u8],
    number: u64,
}

/// A line, or what is wrong with the one of this number.
pub(super) type Line = Result<ContentLine, (u64, &'static str)>;

impl<'a> Lines<'a> {
    pub(super) fn of(bytes: &'a [u8]) -> Self {
        Self {
            rest: bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes),
            number: 0,
        }
    }

    fn physical(&mut self) -> &'a [u8] {
        let end = self.rest.iter().position(|byte| *byte == b'\n');
        let (line, rest) = match end {
            Some(end) => (
                self.rest.get(..end).unwrap_or_default(),
                self.rest.get(end + 1..).unwrap_or_default(),
            ),
            None => (self.rest, &[] as &[u8]),
        };
        self.rest = rest;
        self.number += 1;
        line.strip_suffix(b"\r").unwrap_or(line)
    }
}

impl Iterator for Lines<'_> {
    type Item = Line;

    fn next(&mut self) -> Option<Line> {
        loop {
            if self.rest.is_empty() {
                return None;
            }
            let mut octets = self.physical().to_vec();
            let number = self.number;
            while matches!(self.rest.first(), Some(b' ' | b'\t')) {
                octets.extend_from_slice(self.physical().get(1..).unwrap_or_default());
            }
            if octets.iter().all(u8::is_ascii_whitespace) {
                continue;
            }
            let Ok(text) = String::from_utf8(octets) else {
                return Some(Err((number, "is not UTF-8")));
            };
            let line = ContentLine::parse(number, &text);
            return Some(line.ok_or((number, "is not a line of iCalendar, like `SUMMARY:Buy milk`")));
        }
    }
}

/// Writes a line, folded at 75 octets and never within a letter.
pub(super) fn write(out: &mut Vec<u8>, line: impl Display) {
    let line = line.to_string();
    let mut used = 0;
    for letter in line.chars() {
        let length = letter.len_utf8();
        if used + length > LINE_LIMIT {
            out.extend_from_slice(b"\r\n ");
            used = 1;
        }
        out.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
        used += length;
    }
    out.extend_from_slice(b"\r\n");
}

/// A text as a value. There is one line end; others become it.
pub(super) fn escape(text: &str) -> String {
    let mut value = String::with_capacity(text.len() + 8);
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' | ';' | ',' => value.extend(['\\', letter]),
            '\r' => {
                letters.next_if_eq(&'\n');
                value.push_str("\\n");
            }
            '\n' => value.push_str("\\n"),
            letter => value.push(letter),
        }
    }
    value
}

fn unescape(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    let mut letters = value.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => match letters.next() {
                Some('n' | 'N') => text.push('\n'),
                Some(other) => text.push(other),
                None => text.push('\\'),
            },
            letter => text.push(letter),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<Line> {
        Lines::of(text.as_bytes()).collect()
    }

    #[test]
    fn a_line_is_folded_at_75_octets_between_letters() {
        let mut out = Vec::new();
        write(&mut out, format!("SUMMARY:{}", "ä".repeat(80)));
        let folded = String::from_utf8(out.clone()).unwrap();
        let parts: Vec<&str> = folded.split_terminator("\r\n").collect();
        assert_eq!(
            parts.iter().map(|part| part.len()).collect::<Vec<_>>(),
            [74, 75, 21]
        );
        assert!(parts.iter().skip(1).all(|part| part.starts_with(' ')));
        let read: Vec<Line> = Lines::of(&out).collect();
        assert_eq!(read[0].as_ref().unwrap().value, "ä".repeat(80));
        let mut exact = Vec::new();
        write(&mut exact, "x".repeat(75));
        assert_eq!(exact.len(), 77);
    }

    #[test]
    fn lines_are_unfolded_and_keep_their_numbers() {
        let read = lines("SUMMARY:Buy\r\n  milk\r\n\r\nX;A=\"b:c;d\";e=f:v:w\n  \nDUE:1\n\t2\n");
        let read: Vec<_> = read.into_iter().map(Result::unwrap).collect();
        assert_eq!((read[0].line, read[0].value.as_str()), (1, "Buy milk"));
        assert_eq!((read[1].line, read[1].value.as_str()), (4, "v:w "));
        assert_eq!(
            (read[1].parameter("A"), read[1].parameter("E")),
            (Some("b:c;d"), Some("f"))
        );
        assert_eq!((read[2].line, read[2].value.as_str()), (6, "12"));
    }

    #[test]
    fn octets_of_a_letter_may_be_folded_apart() {
        let read: Vec<Line> = Lines::of(b"SUMMARY:\xc3\r\n \xa4").collect();
        assert_eq!(read[0].as_ref().unwrap().value, "ä");
        assert_eq!(
            Lines::of(b"\nSUMMARY:\xff").next().unwrap(),
            Err((2, "is not UTF-8"))
        );
    }

    #[test]
    fn what_is_no_line_is_said_to_be_none() {
        for text in ["SUMMARY", ":x", "A B:c", "A;B:c", "A;B=\"c:d", "ä:b"] {
            assert!(lines(text)[0].is_err(), "{text}");
        }
    }

    #[test]
    fn texts_are_escaped_and_lists_cut_between_texts() {
        assert_eq!(escape("a\\b;c,d\ne\r\nf\rg"), "a\\\\b\\;c\\,d\\ne\\nf\\ng");
        let line = ContentLine::parse(1, "CATEGORIES:a\\,b,c\\\\,\\;d\\N").unwrap();
        assert_eq!(line.texts(), ["a,b", "c\\", ";d\n"]);
    }
}
