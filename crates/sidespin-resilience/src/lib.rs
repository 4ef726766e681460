//! What is done about others that fail: try again after a growing time, or leave them alone for a while.
//!
//! Pure: it reads no clock and waits for nothing.

mod breaker;
mod retry;

pub use breaker::{Admission, BreakerPolicy, CircuitBreaker, Transition};
pub use retry::{InvalidDuration, RetryPolicy, deserialize_duration, parse_duration};
