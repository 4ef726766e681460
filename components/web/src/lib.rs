//! The component `web`: serves the browser app, which is embedded in it precompressed. It holds no state and calls nobody.

mod answer;
mod assets;
mod encoding;

use spin_sdk::http::{FullBody, IntoResponse, Request};

/// The body of an answer to HEAD is given too: the host leaves it out, and knows the length from it.
#[cfg_attr(target_arch = "wasm32", spin_sdk::http_service)]
#[cfg_attr(
    not(target_arch = "wasm32"),
    expect(dead_code, reason = "only the component exports it")
)]
async fn handle(request: Request) -> impl IntoResponse {
    answer::answer(request.method(), request.uri().path(), request.headers()).map(FullBody::new)
}
