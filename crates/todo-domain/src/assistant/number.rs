//! Numbers as people write them: `3`, `#3`, `three`, `twenty-one`, `third`, `3rd`.

const UNITS: [&str; 20] = [
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
    "twenty",
];
const TENS: [&str; 8] = [
    "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety",
];
const PLACES: [&str; 20] = [
    "first",
    "second",
    "third",
    "fourth",
    "fifth",
    "sixth",
    "seventh",
    "eighth",
    "ninth",
    "tenth",
    "eleventh",
    "twelfth",
    "thirteenth",
    "fourteenth",
    "fifteenth",
    "sixteenth",
    "seventeenth",
    "eighteenth",
    "nineteenth",
    "twentieth",
];

/// Digits, after a `#` or not.
pub(super) fn digits(word: &str) -> Option<u32> {
    let digits = word.trim_start_matches('#').trim_end_matches(['.', ')', ':']);
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| digits.parse().ok()).flatten()
}

/// A number in letters, in lower case.
pub(super) fn in_words(word: &str) -> Option<u32> {
    let unit = |word: &str| UNITS.iter().zip(1..).find(|(name, _)| **name == word);
    if let Some((_, number)) = unit(word) {
        return Some(number);
    }
    let ten = |word: &str| TENS.iter().zip(2..).find(|(name, _)| **name == word);
    match word.split_once('-') {
        Some((tens, units)) => {
            let (_, units) = unit(units).filter(|(_, units)| *units < 10)?;
            ten(tens).map(|(_, tens)| tens * 10 + units)
        }
        None => ten(word).map(|(_, tens)| tens * 10),
    }
}

/// Digits or letters.
pub(super) fn number(word: &str) -> Option<u32> {
    digits(word).or_else(|| in_words(word))
}

/// The place that a word names, from 1, in lower case.
pub(super) fn place(word: &str) -> Option<usize> {
    let named = PLACES
        .iter()
        .position(|name| *name == word)
        .map(|index| index + 1);
    named.or_else(|| {
        let end = word.find(|letter: char| !letter.is_ascii_digit())?;
        let (digits, ending) = word.split_at(end);
        let is_ordinal = matches!(ending, "st" | "nd" | "rd" | "th");
        digits
            .parse()
            .ok()
            .filter(|place| is_ordinal && (1..=1_000).contains(place))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_in_digits_and_letters() {
        for (word, expected) in [
            ("3", Some(3)),
            ("#12", Some(12)),
            ("three", Some(3)),
            ("twenty", Some(20)),
            ("twenty-one", Some(21)),
            ("twenty-eleven", None),
            ("4294967296", None),
            ("3rd", None),
            ("", None),
            ("#", None),
        ] {
            assert_eq!(number(word), expected, "{word}");
        }
        for (word, expected) in [
            ("first", Some(1)),
            ("twelfth", Some(12)),
            ("2nd", Some(2)),
            ("0th", None),
            ("2x", None),
            ("two", None),
        ] {
            assert_eq!(place(word), expected, "{word}");
        }
    }
}
