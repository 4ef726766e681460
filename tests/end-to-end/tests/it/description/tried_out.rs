//! Thousands of requests made from the description, good and bad, by Schemathesis: none ends in an error of the server, and
//! each is answered with a status, headers and a body that the description has.

use end_to_end::{User, root};
use tokio::process::Command;

/// What a person is told where a test cannot run; in continuous integration every test must.
pub(super) fn missing(program: &str) {
    assert!(
        std::env::var_os("CI").is_none(),
        "`{program}` is not on this machine"
    );
    println!("skipped: `{program}` is not on this machine");
}

#[tokio::test]
async fn whatever_is_sent_is_answered_as_described() {
    let program = root().join("target/python/schemathesis/bin/schemathesis");
    if !program.exists() {
        return missing("schemathesis, which `cargo xtask test` installs where there is a Python,");
    }
    let server = super::with_keys().await;
    let user = User::sign_up(&server).await.unwrap();
    let status = Command::new(program)
        .args(["--config-file", "schemathesis.toml", "run"])
        .arg(server.url("/openapi.json"))
        .current_dir(root().join("tests/schemathesis"))
        .env("API_TOKEN", &user.token)
        .env("API_KEY", super::KEY)
        .status()
        .await
        .unwrap();
    assert!(
        status.success(),
        "the application differs from its description; what differs stands above"
    );
}
