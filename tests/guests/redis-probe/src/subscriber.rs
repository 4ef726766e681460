//! Keeps what the channel brings.

#![expect(
    unsafe_code,
    reason = "the canonical ABI's exported functions are generated as unsafe"
)]

use bytes::Bytes;
use spin_sdk::key_value::Store;

use crate::buckets;

/// Keeps the message under its number, unless it asks for something else.
#[spin_sdk::redis_subscriber]
async fn on_message(message: Bytes) -> anyhow::Result<()> {
    match &message[..] {
        b"fail" => anyhow::bail!("as asked"),
        b"trap" => trap(),
        _ => {}
    }
    let number = buckets::count("default", "messages")?;
    let store = Store::open_default().await?;
    store.set(format!("message-{number}"), &message).await?;
    Ok(())
}

#[expect(clippy::panic, reason = "a guest that panics is what is asked for")]
fn trap() {
    panic!("as asked")
}
