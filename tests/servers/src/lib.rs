//! Real servers for tests: each on a free port of the loopback interface, in a folder of its own, ended with the value or the
//! process that started it.
//!
//! A machine without the program is told of once: a test then says that it was skipped, except in continuous integration
//! (`CI` is set), where it fails.

mod address;
mod chat_completions;
mod cluster;
mod kafka;

mod postgres;
mod process;
mod redis;
mod vectors;

pub use chat_completions::{Asked, ChatCompletions, Piece, Reply};
pub use cluster::{BOOTSTRAP_SERVERS, Cluster};
pub use kafka::{Kafka, KafkaIdentity, KafkaListener};
pub use postgres::Postgres;
pub use redis::Redis;
pub use vectors::{Manner, Vectors};

/// What a test does when the machine lacks a server's program.
///
/// # Panics
/// In continuous integration, where every test must run.
fn missing(program: &str, remedy: &str) {
    let message = format!("`{program}` is not on this machine: {remedy}");
    assert!(std::env::var_os("CI").is_none(), "{message}");
    #[expect(
        clippy::print_stdout,
        reason = "it is what a person who runs the tests must see"
    )]
    {
        println!("skipped: {message}");
    }
}
