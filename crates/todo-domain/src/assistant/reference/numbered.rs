//! Tasks by their numbers.

use crate::assistant::number::{digits, in_words};

/// Most numbers of a range such as `tasks 3 to 7`.
const RANGE_LIMIT: u32 = 100;

/// `3`, `#3`, `task 3`, `task number three`, `tasks 1, 2 and 3`, `tasks 3-5`.
pub(super) fn numbers(text: &str) -> Option<Vec<u32>> {
    let lower = text.to_lowercase();
    let tokens: Vec<&str> = lower
        .split([' ', ',', '&', ':', '\t', '\n'])
        .filter(|token| !token.is_empty())
        .collect();
    let is_introduced = tokens.iter().any(|token| is_noun(token)) || lower.starts_with('#');
    let mut numbers: Vec<u32> = Vec::new();
    let mut is_range = false;
    for token in tokens {
        if let Some((first, last)) = range(token) {
            add_range(&mut numbers, first, last)?;
            continue;
        }
        let word = || in_words(token).filter(|_| is_introduced);
        match digits(token).or_else(word) {
            Some(last) if is_range => {
                let first = numbers.pop()?;
                add_range(&mut numbers, first, last)?;
                is_range = false;
            }
            Some(number) => add(&mut numbers, number),
            None if matches!(token, "to" | "through" | "till" | "-" | "–")
                && is_introduced
                && !numbers.is_empty() =>
            {
                is_range = true;
            }
            None if is_noun(token) || matches!(token, "and" | "the" | "my" | "#" | "also") => {}
            // "task 3 buy milk" is task 3; "3 eggs" is a title.
            None if is_introduced && !numbers.is_empty() => break,
            None => return None,
        }
    }
    (!numbers.is_empty() && !is_range).then_some(numbers)
}

fn is_noun(token: &str) -> bool {
    matches!(
        token,
        "task" | "tasks" | "todo" | "todos" | "item" | "items" | "number" | "numbers" | "no" | "no." | "nr"
    )
}

fn range(token: &str) -> Option<(u32, u32)> {
    let (first, last) = token.split_once(['-', '–'])?;
    Some((digits(first)?, digits(last)?))
}

fn add_range(numbers: &mut Vec<u32>, first: u32, last: u32) -> Option<()> {
    let length = last.checked_sub(first).filter(|length| *length < RANGE_LIMIT)?;
    for number in first..=first + length {
        add(numbers, number);
    }
    Some(())
}

fn add(numbers: &mut Vec<u32>, number: u32) {
    if !numbers.contains(&number) {
        numbers.push(number);
    }
}
