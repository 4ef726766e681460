//! How long to wait before trying again.

/// The first pause, in milliseconds.
const FIRST: i64 = 3_000;

/// Each pause is so many times the one before.
const FACTOR: i64 = 4;

/// No pause is longer, in milliseconds.
const LONGEST: i64 = 12 * 3600 * 1000;

/// The pause after so many attempts in vain, in milliseconds. Up to a fifth is added, by `chance`, so that what failed
/// together does not come back together. Ten attempts stretch over more than a day.
#[must_use]
pub fn pause(attempts: i64, chance: u8) -> i64 {
    let exponent = u32::try_from(attempts.saturating_sub(1).clamp(0, 30)).unwrap_or_default();
    let pause = FIRST.saturating_mul(FACTOR.saturating_pow(exponent)).min(LONGEST);
    pause + pause / 5 * i64::from(chance) / 255
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_half_a_day() {
        let pauses: Vec<_> = (1..=9).map(|attempts| pause(attempts, 0) / 1000).collect();
        assert_eq!(pauses, [3, 12, 48, 192, 768, 3072, 12_288, 43_200, 43_200]);
        assert_eq!(pause(i64::MAX, 0), LONGEST);
        assert_eq!((pause(1, 255), pause(-5, 0)), (3_600, 3_000));
    }
}
