//! What leaves the application for its users' devices and servers: webhooks signed as Standard Webhooks has it, Web Push
//! messages encrypted (RFC 8291) and signed (RFC 8292), where either may go, and when to try again.
//!
//! Nothing here sends, waits or draws random numbers; whoever calls brings the time and the randomness.

mod backoff;
pub mod destination;
pub mod push;
pub mod vapid;
pub mod webhook;

pub use backoff::pause;
