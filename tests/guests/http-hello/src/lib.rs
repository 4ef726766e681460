//! Answers every request with the same few bytes: the smallest thing that an HTTP trigger can invoke.

use spin_sdk::http::{IntoResponse, Request};

#[cfg_attr(target_arch = "wasm32", spin_sdk::http_service)]
#[cfg_attr(
    not(target_arch = "wasm32"),
    expect(dead_code, reason = "only the guest exports it")
)]
async fn handle(_request: Request) -> impl IntoResponse {
    "hello"
}
