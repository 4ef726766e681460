//! Bytes and times of messages as a person can look at them. Whoever wrote a message must not be able to steer a terminal, so
//! nothing leaves here that is not a printable character.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, SecondsFormat};
use serde::de::IgnoredAny;

/// What stands for a key or value that is not there, which is something else than an empty one.
pub(crate) const NOTHING: &str = "-";

/// A message's value in one line: JSON without its line breaks, other text with escapes, bytes that are no text as base64.
pub(crate) fn value(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) if serde_json::from_str::<IgnoredAny>(text).is_ok() => compact_json(text),
        Ok(text) => escaped(text),
        Err(_binary) => format!("base64:{}", base64(bytes)),
    }
}

/// A message's key or header in one line.
pub(crate) fn word(bytes: Option<&[u8]>) -> String {
    match bytes {
        None => NOTHING.to_owned(),
        Some(b"") => "\"\"".to_owned(),
        Some(bytes) => match std::str::from_utf8(bytes) {
            Ok(text) => escaped(text),
            Err(_binary) => format!("base64:{}", base64(bytes)),
        },
    }
}

/// Text with escapes in place of characters that do not show, or that change how others do.
pub(crate) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        if is_harmless(character) {
            escaped.push(character);
        } else {
            escaped.extend(character.escape_default());
        }
    }
    escaped
}

pub(crate) fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// RFC 3339 in UTC, to the millisecond; nothing for a message without a time.
pub(crate) fn time(milliseconds: i64) -> Option<String> {
    if milliseconds < 0 {
        return None;
    }
    let time = DateTime::from_timestamp_millis(milliseconds)?;
    Some(time.to_rfc3339_opts(SecondsFormat::Millis, true))
}

/// The same JSON in one line. Numbers and the order of members stay as they were written.
fn compact_json(text: &str) -> String {
    let mut compact = String::with_capacity(text.len());
    let (mut is_string, mut is_escape) = (false, false);
    for character in text.chars() {
        if is_string {
            if is_harmless(character) {
                compact.push(character);
            } else {
                // Inside of a string JSON allows some that a terminal would obey.
                let mut units = [0; 2];
                for unit in character.encode_utf16(&mut units) {
                    compact.push_str(&format!("\\u{unit:04x}"));
                }
            }
            is_string = is_escape || character != '"';
            is_escape = !is_escape && character == '\\';
        } else if !character.is_ascii_whitespace() {
            is_string = character == '"';
            compact.push(character);
        }
    }
    compact
}

/// Whether a character shows and leaves the others alone: no control character, no separator of lines, no change of direction.
fn is_harmless(character: char) -> bool {
    !character.is_control()
        && !matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_one_line_whatever_it_is() {
        let check = |bytes: &[u8], expected: &str| assert_eq!(value(bytes), expected);
        check(
            b"{\n  \"b\": 1.000000000000000000001,\r\n\t\"a\": [1, 2, \"x \\\" y\"]\n}",
            r#"{"b":1.000000000000000000001,"a":[1,2,"x \" y"]}"#,
        );
        check(br#""\\" "#, r#""\\""#);
        check(b"two\nlines\t\x1b[31mred", "two\\nlines\\t\\u{1b}[31mred");
        check("Grüße, 😀".as_bytes(), "Grüße, 😀");
        check(&[0, 255], "base64:AP8=");
        check(b"", "");
        check(b"{broken", "{broken");
    }

    #[test]
    fn nothing_that_steers_a_terminal_gets_through() {
        let strange = "\"a\u{7f}b\u{9b}c\u{202e}d\"";
        assert_eq!(value(strange.as_bytes()), r#""a\u007fb\u009bc\u202ed""#);
        assert_eq!(escaped("a\u{9b}\u{2028}\u{feff}"), "a\\u{9b}\\u{2028}\\u{feff}");
    }

    #[test]
    fn nothing_and_something_empty_are_told_apart() {
        assert_eq!(word(None), "-");
        assert_eq!(word(Some(b"")), "\"\"");
        assert_eq!(word(Some(b"task 1")), "task 1");
        assert_eq!(word(Some(&[0xff])), "base64:/w==");
    }

    #[test]
    fn times_are_in_utc() {
        assert_eq!(
            time(1_767_225_599_999).as_deref(),
            Some("2025-12-31T23:59:59.999Z")
        );
        assert_eq!(time(-1), None);
        assert_eq!(time(i64::MAX), None);
    }
}
