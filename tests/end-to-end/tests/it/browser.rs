//! The browser app in headless Chromium: the tests themselves are in `tests/browser`, this gives them a server.

use end_to_end::{Server, root};
use tokio::process::Command;

#[tokio::test]
async fn the_browser_app_works_in_a_browser() {
    let server = Server::start().await.unwrap();
    let status = Command::new("node")
        .args(["--test", "--test-reporter=spec"])
        .current_dir(root().join("tests/browser"))
        .env("SIDESPIN_BASE_URL", server.url(""))
        .status()
        .await
        .unwrap();
    assert!(
        status.success(),
        "the browser tests failed; what they print stands above"
    );
}
