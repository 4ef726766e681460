//! Comparing secrets without telling by the time it takes how much of them was right.

use std::hint::black_box;

/// Whether the two are equal. Only their lengths show in the time.
pub(crate) fn is_equal(left: &[u8], right: &[u8]) -> bool {
    if left.len() != right.len() {
        return false;
    }
    let difference = left.iter().zip(right).fold(0, |difference, (left, right)| {
        black_box(difference | (left ^ right))
    });
    black_box(difference) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_is_what_is_the_same_throughout() {
        assert!(is_equal(b"secret", b"secret"));
        assert!(!is_equal(b"secret", b"secreT"));
        assert!(!is_equal(b"secret", b"secre"));
        assert!(is_equal(b"", b""));
    }
}
