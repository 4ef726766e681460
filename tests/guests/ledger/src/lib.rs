//! Keeps book of the Kafka messages that it handles, so that a test can count what went in and what came out; and behaves as
//! badly as it is told.
//!
//! A message's key is any text, its value a number that grows within the key. A value that begins with `poison` is rejected,
//! one that begins with `flaky` fails twice. The variable `trap_every` makes every so-manieth call trap after its work was
//! done and before it was answered: the worst moment.

#[cfg(target_arch = "wasm32")]
mod book;
#[cfg(target_arch = "wasm32")]
mod component;
