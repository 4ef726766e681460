//! A circuit breaker: after so many failures in a row nothing more is tried for a while; then one attempt decides.
//!
//! It keeps callers from waiting for what will not answer, and what is starting again from being overrun.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// When a breaker opens, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BreakerPolicy {
    /// Failures in a row; at least one.
    pub failures: u32,
    /// The time without attempts.
    pub pause: Duration,
}

/// One breaker, shared by all who call the same service.
#[derive(Debug)]
pub struct CircuitBreaker {
    policy: BreakerPolicy,
    state: Mutex<State>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Closed { failures: u32 },
    Open { until: Instant },
    Probing,
}

/// A change that people should hear of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transition {
    /// From now on nothing is tried.
    Opened,
    /// Everything is tried again.
    Closed,
}

impl CircuitBreaker {
    /// A breaker that lets everything through.
    #[must_use]
    pub const fn new(policy: BreakerPolicy) -> Self {
        Self {
            policy,
            state: Mutex::new(State::Closed { failures: 0 }),
        }
    }

    /// Whether something may be tried now.
    ///
    /// # Errors
    /// How long nothing will be; not at all if one attempt is under way that decides.
    pub fn admit(&self, now: Instant) -> Result<Admission<'_>, Duration> {
        let mut state = self.state();
        let is_probe = match *state {
            State::Closed { .. } => false,
            State::Open { until } if until <= now => {
                *state = State::Probing;
                true
            }
            State::Open { until } => return Err(until.saturating_duration_since(now)),
            State::Probing => return Err(Duration::ZERO),
        };
        Ok(Admission {
            breaker: self,
            is_probe,
            is_settled: false,
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Leave to try once. Dropped without a result, it counts as no attempt.
#[derive(Debug)]
#[must_use = "the result is what the breaker goes by"]
pub struct Admission<'a> {
    breaker: &'a CircuitBreaker,
    is_probe: bool,
    is_settled: bool,
}

impl Admission<'_> {
    /// The attempt was answered.
    pub fn succeeded(mut self) -> Option<Transition> {
        self.is_settled = true;
        let mut state = self.breaker.state();
        match (*state, self.is_probe) {
            (State::Probing, true) => {
                *state = State::Closed { failures: 0 };
                Some(Transition::Closed)
            }
            (State::Closed { .. }, _) => {
                *state = State::Closed { failures: 0 };
                None
            }
            // Begun before the breaker opened: old news.
            (State::Open { .. } | State::Probing, _) => None,
        }
    }

    /// The attempt was not answered.
    pub fn failed(mut self, now: Instant) -> Option<Transition> {
        self.is_settled = true;
        let policy = self.breaker.policy;
        let mut state = self.breaker.state();
        let opened = State::Open {
            until: now + policy.pause,
        };
        match (*state, self.is_probe) {
            (State::Probing, true) => {
                *state = opened;
                None
            }
            (State::Closed { failures }, _) if failures + 1 >= policy.failures => {
                *state = opened;
                Some(Transition::Opened)
            }
            (State::Closed { failures }, _) => {
                *state = State::Closed {
                    failures: failures + 1,
                };
                None
            }
            (State::Open { .. } | State::Probing, _) => None,
        }
    }
}

impl Drop for Admission<'_> {
    fn drop(&mut self) {
        // A caller that went away has learned nothing; the next one asks again.
        if self.is_probe && !self.is_settled {
            let mut state = self.breaker.state();
            if *state == State::Probing {
                *state = State::Open {
                    until: Instant::now(),
                };
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: BreakerPolicy = BreakerPolicy {
        failures: 3,
        pause: Duration::from_secs(5),
    };

    fn fail(breaker: &CircuitBreaker, now: Instant) -> Option<Transition> {
        breaker.admit(now).unwrap().failed(now)
    }

    #[test]
    fn it_opens_after_failures_in_a_row_and_one_attempt_closes_it() {
        let breaker = CircuitBreaker::new(POLICY);
        let now = Instant::now();
        assert_eq!(fail(&breaker, now), None);
        assert_eq!(fail(&breaker, now), None);
        // A success in between: they are not in a row.
        assert_eq!(breaker.admit(now).unwrap().succeeded(), None);
        assert_eq!(fail(&breaker, now), None);
        assert_eq!(fail(&breaker, now), None);
        assert_eq!(fail(&breaker, now), Some(Transition::Opened));
        assert_eq!(breaker.admit(now).unwrap_err(), POLICY.pause);
        let later = now + POLICY.pause;
        let probe = breaker.admit(later).unwrap();
        assert_eq!(
            breaker.admit(later).unwrap_err(),
            Duration::ZERO,
            "a second attempt beside the one that decides"
        );
        assert_eq!(probe.succeeded(), Some(Transition::Closed));
        assert_eq!(fail(&breaker, later), None, "the count began anew");
    }

    #[test]
    fn it_stays_open_while_the_deciding_attempt_fails() {
        let breaker = CircuitBreaker::new(POLICY);
        let mut now = Instant::now();
        for _ in 0..3 {
            fail(&breaker, now);
        }
        for _ in 0..3 {
            now += POLICY.pause;
            assert_eq!(fail(&breaker, now), None, "it was open before");
            assert_eq!(breaker.admit(now).unwrap_err(), POLICY.pause);
        }
    }

    #[test]
    fn an_attempt_that_is_given_up_decides_nothing() {
        let breaker = CircuitBreaker::new(POLICY);
        let now = Instant::now();
        for _ in 0..3 {
            fail(&breaker, now);
        }
        let later = now + POLICY.pause;
        drop(breaker.admit(later).unwrap());
        assert!(breaker.admit(later + POLICY.pause).is_ok());
    }

    #[test]
    fn what_began_before_it_opened_does_not_close_it() {
        let breaker = CircuitBreaker::new(POLICY);
        let now = Instant::now();
        let (slow, slower) = (breaker.admit(now).unwrap(), breaker.admit(now).unwrap());
        for _ in 0..3 {
            fail(&breaker, now);
        }
        assert_eq!(slow.succeeded(), None);
        assert!(breaker.admit(now).is_err());
        let probe = breaker.admit(now + POLICY.pause).unwrap();
        assert_eq!(slower.failed(now), None);
        assert_eq!(probe.succeeded(), Some(Transition::Closed));
    }
}
