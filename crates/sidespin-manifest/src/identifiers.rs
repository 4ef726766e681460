//! The forms of names: component ids, variables, labels.

/// Words of ASCII letters and digits, each starting with a letter and all in one case, joined by a separator. This is the
/// component model's own rule for names.
fn words(text: &str, separator: char, wrong: char) -> Result<(), String> {
    if text.is_empty() {
        return Err("it must not be empty".to_owned());
    }
    if text.contains(wrong) {
        return Err(format!(
            "words must be separated with `{separator}`, not `{wrong}`"
        ));
    }
    for word in text.split(separator) {
        let Some(first) = word.chars().next() else {
            return Err(format!("`{separator}` must stand between two words"));
        };
        if !first.is_ascii_alphabetic() {
            return Err(format!("each word must start with a letter, not `{first}`"));
        }
        if let Some(other) = word.chars().find(|character| !character.is_ascii_alphanumeric()) {
            return Err(format!(
                "words may contain only letters and digits, not `{other}`"
            ));
        }
        let is_upper = first.is_ascii_uppercase();
        if word
            .chars()
            .any(|other| other.is_ascii_alphabetic() && other.is_ascii_uppercase() != is_upper)
        {
            return Err(format!("the word `{word}` mixes upper and lower case"));
        }
    }
    Ok(())
}

/// A component's id: `chat-api`.
pub(crate) fn component_id(text: &str) -> Result<(), String> {
    words(text, '-', '_')
}

/// A variable's name: `db_url`.
pub(crate) fn variable(text: &str) -> Result<(), String> {
    if text.chars().any(|character| character.is_ascii_uppercase()) {
        return Err("it must be in lower case".to_owned());
    }
    words(text, '_', '-')
}

/// A store's or database's label: `default`, `user-data` or `user_data`.
pub(crate) fn label(text: &str) -> Result<(), String> {
    if text.contains('_') {
        words(text, '_', '-')
    } else {
        words(text, '-', '_')
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(rule: fn(&str) -> Result<(), String>, valid: &[&str], invalid: &[(&str, &str)]) {
        for text in valid {
            assert_eq!(rule(text), Ok(()), "{text}");
        }
        for (text, expected) in invalid {
            assert_eq!(rule(text).unwrap_err(), *expected, "{text}");
        }
    }

    #[test]
    fn component_ids() {
        check(
            component_id,
            &["a", "chat-api", "v2-API", "a1-b2"],
            &[
                ("", "it must not be empty"),
                ("chat_api", "words must be separated with `-`, not `_`"),
                ("chat--api", "`-` must stand between two words"),
                ("2-api", "each word must start with a letter, not `2`"),
                ("chat.api", "words may contain only letters and digits, not `.`"),
                ("chatApi", "the word `chatApi` mixes upper and lower case"),
                ("häuser", "words may contain only letters and digits, not `ä`"),
            ],
        );
    }

    #[test]
    fn variables_and_labels() {
        check(
            variable,
            &["a", "db_url"],
            &[
                ("DB", "it must be in lower case"),
                ("db-url", "words must be separated with `_`, not `-`"),
            ],
        );
        check(
            label,
            &["default", "a-b", "a_b"],
            &[("a-b_c", "words must be separated with `_`, not `-`")],
        );
    }
}
