//! Cells that a spreadsheet would run as a formula, made harmless by an apostrophe, and taken back as they were.

use std::borrow::Cow;

/// What begins a formula, or is dropped before one; also in the wide forms of East Asian keyboards.
fn is_dangerous(letter: char) -> bool {
    matches!(
        letter,
        '=' | '+' | '-' | '@' | '\t' | '\r' | '\n' | '＝' | '＋' | '－' | '＠'
    )
}

/// Whether the text begins so, behind any number of apostrophes: those must be told from the one that is added.
fn needs_apostrophe(text: &str) -> bool {
    text.trim_start_matches('\'').starts_with(is_dangerous)
}

/// The text as it is safe in a cell.
pub(crate) fn harmless(text: &str) -> Cow<'_, str> {
    if needs_apostrophe(text) {
        format!("'{text}").into()
    } else {
        text.into()
    }
}

/// The text that [`harmless`] was given.
pub(crate) fn original(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(text) if needs_apostrophe(text) => text,
        _ => cell,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_get_an_apostrophe_and_lose_it_again() {
        for (text, cell) in [
            ("=1+1", "'=1+1"),
            ("+49 30", "'+49 30"),
            ("-5", "'-5"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "'\t=1"),
            ("＝1", "'＝1"),
            ("'=1", "''=1"),
            ("'tis", "'tis"),
            ("''", "''"),
            ("a=1", "a=1"),
            ("", ""),
        ] {
            assert_eq!(harmless(text), cell);
            assert_eq!(original(cell), text);
        }
        assert_eq!(original("=1"), "=1");
    }
}
