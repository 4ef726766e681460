//! How many tokens a text may cost, where nobody has counted them.

/// About how many tokens a text has, rather too many than too few: a token of English has four letters, and other writing
/// rarely has more than two bytes in each.
#[must_use]
pub fn estimate(text: &str) -> u64 {
    let ascii = text.bytes().filter(u8::is_ascii).count();
    let other = text.len() - ascii;
    let tokens = ascii.div_ceil(3) + other.div_ceil(2);
    u64::try_from(tokens).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn estimates_are_not_below_what_tokenizers_count() {
        // As cl100k_base counts them.
        for (text, counted) in [
            ("", 0),
            ("Buy milk", 2),
            ("Add a task to buy groceries tomorrow", 7),
            ("明日の会議", 5),
        ] {
            assert!(estimate(text) >= counted, "{text}");
        }
        assert!(estimate("Add a task to buy groceries tomorrow") < 15);
    }
}
