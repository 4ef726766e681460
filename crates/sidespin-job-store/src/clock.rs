//! What time it is. Jobs go by their store's clock, which a test may set.

use std::time::{SystemTime, UNIX_EPOCH};

/// A clock in milliseconds since the Unix epoch. It may be set, forward and back.
pub trait Clock: Send + Sync {
    /// What it shows.
    fn now(&self) -> u64;
}

/// The clock of this machine.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> u64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    }
}
