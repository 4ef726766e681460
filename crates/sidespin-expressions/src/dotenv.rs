//! The `.env` file format: `NAME=value` lines.
//!
//! Understood: comments (`#` at the start of a line, or after a blank behind an unquoted value), an optional `export `,
//! single quotes (taken literally) and double quotes (with `\n`, `\t`, `\"`, `\\`, `\$`). Values are not expanded: a `$` is
//! a `$`, because passwords contain them.

use std::collections::BTreeMap;

/// A line that is not understood. The message does not repeat the line, which may hold a secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {reason}")]
pub struct DotenvError {
    /// The line, counted from 1.
    pub line: usize,
    /// The rule that it breaks.
    pub reason: &'static str,
}

/// Parses a `.env` file. A later line for the same name wins.
///
/// # Errors
/// The first line that is not understood.
pub fn parse_dotenv(text: &str) -> Result<BTreeMap<String, String>, DotenvError> {
    let mut entries = BTreeMap::new();
    for (index, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        let line_error = |reason| DotenvError {
            line: index + 1,
            reason,
        };
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let line = line.strip_prefix("export ").map_or(line, str::trim_start);
        let (name, value) = line
            .split_once('=')
            .ok_or_else(|| line_error("expected `NAME=value`"))?;
        let name = name.trim_end();
        let valid = |character: char| character.is_ascii_alphanumeric() || character == '_';
        if name.is_empty()
            || name.starts_with(|first: char| first.is_ascii_digit())
            || !name.chars().all(valid)
        {
            return Err(line_error(
                "the name may contain only letters, digits and underscores",
            ));
        }
        entries.insert(
            name.to_owned(),
            parse_value(value.trim_start()).map_err(line_error)?,
        );
    }
    Ok(entries)
}

fn parse_value(text: &str) -> Result<String, &'static str> {
    let (value, rest) = if let Some(quoted) = text.strip_prefix('\'') {
        let (value, rest) = quoted
            .split_once('\'')
            .ok_or("the quote is not closed on its line")?;
        (value.to_owned(), rest)
    } else if let Some(quoted) = text.strip_prefix('"') {
        parse_double_quoted(quoted)?
    } else {
        let end = text.find(" #").or_else(|| text.find("\t#")).unwrap_or(text.len());
        let unquoted = if text.starts_with('#') {
            ""
        } else {
            text.get(..end).unwrap_or(text)
        };
        (unquoted.trim_end().to_owned(), "")
    };
    let rest = rest.trim_start();
    if rest.is_empty() || rest.starts_with('#') {
        Ok(value)
    } else {
        Err("unexpected text after the closing quote")
    }
}

fn parse_double_quoted(text: &str) -> Result<(String, &str), &'static str> {
    let mut value = String::new();
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match character {
            '"' => return Ok((value, characters.as_str())),
            '\\' => match characters.next() {
                Some('n') => value.push('\n'),
                Some('t') => value.push('\t'),
                Some(escaped @ ('"' | '\\' | '$')) => value.push(escaped),
                _ => return Err("unknown escape; known are \\n \\t \\\" \\\\ \\$"),
            },
            other => value.push(other),
        }
    }
    Err("the quote is not closed on its line")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn understands_the_usual_forms() {
        let text = "\u{feff}# comment\n\nA=1\nexport B = two words # why\nC='it is $5 # not a comment' # x\r\nD=\"a\\n\\\"b\\\"\"\nE=\nF=#\nG=a#b\nA=2";
        let entries = parse_dotenv(text).unwrap();
        let expected = [
            ("A", "2"),
            ("B", "two words"),
            ("C", "it is $5 # not a comment"),
            ("D", "a\n\"b\""),
            ("E", ""),
            ("F", ""),
            ("G", "a#b"),
        ];
        assert_eq!(
            entries
                .iter()
                .map(|(name, value)| (name.as_str(), value.as_str()))
                .collect::<Vec<_>>(),
            expected
        );
    }

    #[test]
    fn names_the_line_and_not_the_secret() {
        for (text, expected) in [
            ("A=1\nsecret", "line 2: expected `NAME=value`"),
            (
                "1A=secret",
                "line 1: the name may contain only letters, digits and underscores",
            ),
            ("A='secret", "line 1: the quote is not closed on its line"),
            ("A=\"secret", "line 1: the quote is not closed on its line"),
            (
                "A=\"a\\q\"",
                "line 1: unknown escape; known are \\n \\t \\\" \\\\ \\$",
            ),
            ("A='a' secret", "line 1: unexpected text after the closing quote"),
        ] {
            assert_eq!(parse_dotenv(text).unwrap_err().to_string(), expected);
        }
    }

    proptest! {
        #[test]
        fn a_single_quoted_value_is_kept(value in "[^'\r\n\u{85}\u{2028}\u{2029}]*") {
            let entries = parse_dotenv(&format!("NAME='{value}'")).unwrap();
            prop_assert_eq!(&entries["NAME"], &value);
        }

        #[test]
        fn never_panics(text in "\\PC*(\n\\PC*)*") {
            drop(parse_dotenv(&text));
        }
    }
}
