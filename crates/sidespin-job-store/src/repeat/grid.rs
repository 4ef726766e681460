//! When a repeating job comes next.

/// The first time on the grid `due`, `due + interval`, `due + 2 * interval` … that lies after `now`. What was missed is
/// left out: the firing that has just happened stood for all of it.
#[must_use]
pub fn next_on_grid(due: u64, interval: u64, now: u64) -> u64 {
    let interval = interval.max(1);
    let periods = now.saturating_sub(due) / interval + 1;
    due.saturating_add(interval.saturating_mul(periods))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::next_on_grid;

    proptest! {
        #[test]
        fn the_next_time_is_on_the_grid_and_the_first_after_both(
            due in 0u64..1 << 40,
            interval in 1u64..1 << 30,
            now in 0u64..1 << 41,
        ) {
            let next = next_on_grid(due, interval, now);
            prop_assert_eq!((next - due) % interval, 0);
            prop_assert!(next > due);
            prop_assert!(next > now);
            prop_assert!(next - interval <= due.max(now));
        }
    }

    #[test]
    fn the_end_of_time_is_not_passed() {
        assert_eq!(next_on_grid(u64::MAX - 1, 100, 0), u64::MAX);
        assert_eq!(next_on_grid(10, 0, 10), 11);
    }
}
