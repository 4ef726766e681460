//! The database's clock, as far as it is known here.

use std::time::Duration;

use tokio::time::Instant;

/// Monotonic clocks of two machines drift apart by less than this: a five-thousandth.
const DRIFT: u32 = 5000;

/// What one answer says of the clock.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reading {
    /// Milliseconds since the Unix epoch.
    pub(super) shown: u64,
    pub(super) asked: Instant,
    pub(super) answered: Instant,
}

/// The best reading so far, which a monotonic clock counts on from.
#[derive(Debug, Clone, Copy)]
pub(super) struct ClockReading {
    shown: u64,
    at: Instant,
    /// How wrong it may be in either direction.
    error: Duration,
}

impl ClockReading {
    /// The clock was read somewhere between question and answer, so the quicker answer tells more; until drift makes the newer
    /// one better, or the clock was set.
    pub(super) fn better(old: Option<Self>, reading: Reading) -> Self {
        let error = reading.answered.duration_since(reading.asked) / 2;
        let new = Self {
            shown: reading.shown,
            at: reading.asked + error,
            error,
        };
        let Some(old) = old else { return new };
        let old_error = old.error + new.at.duration_since(old.at) / DRIFT;
        let apart = Duration::from_millis(old.at(new.at).abs_diff(new.shown));
        // Rounded to milliseconds, both may be off by one.
        let was_set = apart > old_error + new.error + Duration::from_millis(2);
        if was_set || new.error <= old_error {
            new
        } else {
            old
        }
    }

    /// What it shows at an instant.
    pub(super) fn at(self, instant: Instant) -> u64 {
        let passed = instant.duration_since(self.at).as_millis();
        self.shown
            .saturating_add(u64::try_from(passed).unwrap_or(u64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_quicker_answer_counts_until_it_is_old_or_the_clock_was_set() {
        let zero = Instant::now();
        let after = |millis| zero + Duration::from_millis(millis);
        let reading = |shown, asked, answered| Reading {
            shown,
            asked: after(asked),
            answered: after(answered),
        };
        let quick = ClockReading::better(None, reading(10_001, 0, 2));
        assert_eq!((quick.at(after(1)), quick.at(after(101))), (10_001, 10_101));
        // A slow answer that does not contradict it changes nothing, even if its middle is off by 40 ms.
        let slow = ClockReading::better(Some(quick), reading(10_190, 100, 200));
        assert_eq!(slow.at(after(201)), 10_201);
        // After long enough it does.
        let old = ClockReading::better(Some(quick), reading(10_000 + 600_040, 600_000, 600_100));
        assert_eq!(old.at(after(600_050)), 610_040);
        // Set forward and back.
        let forward = ClockReading::better(Some(quick), reading(3_610_050, 0, 100));
        assert_eq!(forward.at(after(50)), 3_610_050);
        let back = ClockReading::better(Some(quick), reading(5_000, 100, 200));
        assert_eq!(back.at(after(150)), 5_000);
    }
}
