//! Clients that are made from the running application's description, compiled, and used by a program that is kept in
//! `tests/api-clients`. What was made is not kept.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use end_to_end::{Server, root};
use tokio::process::Command;

/// What Maven puts into the cache; `tests/api-clients/generator/pom.xml` says which.
const GENERATOR: &str = "7.16.0";

fn email() -> String {
    format!("{}@example.com", uuid::Uuid::new_v4().simple())
}

#[tokio::test]
async fn a_typescript_client_is_made_and_used() {
    let server = Server::start().await.unwrap();
    let status = Command::new("npm")
        .args(["run", "--silent", "test"])
        .current_dir(root().join("tests/api-clients/typescript"))
        .env("SIDESPIN_BASE_URL", server.url(""))
        .env("EMAIL", email())
        .status()
        .await
        .unwrap();
    assert!(
        status.success(),
        "the TypeScript client failed; what it printed stands above"
    );
}

#[tokio::test]
async fn a_rust_client_is_made_and_used() {
    let Some(generator) = generator().await else {
        return;
    };
    let server = Server::start().await.unwrap();
    // Where `tests/api-clients/rust/Cargo.toml` expects it.
    let made = root().join("target/api-clients/rust");
    if made.exists() {
        fs::remove_dir_all(&made).unwrap();
    }
    let status = Command::new("java")
        .arg("-jar")
        .arg(generator)
        .args(["generate", "--generator-name", "rust", "--input-spec"])
        .arg(server.url("/openapi.json"))
        .arg("--output")
        .arg(&made)
        .args([
            "--additional-properties",
            "packageName=todo-client,library=reqwest,supportMultipleResponses=true",
        ])
        // It tells every schema that it met, and that its support of 3.1 is young.
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .await
        .unwrap();
    assert!(
        status.success(),
        "no Rust client could be made of the description"
    );
    let status = Command::new("cargo")
        .args(["run", "--quiet", "--locked", "--manifest-path"])
        .arg(root().join("tests/api-clients/rust/Cargo.toml"))
        .env("CARGO_TARGET_DIR", root().join("target/api-clients/build"))
        .env("SIDESPIN_BASE_URL", server.url(""))
        .env("EMAIL", email())
        .status()
        .await
        .unwrap();
    assert!(
        status.success(),
        "the Rust client failed; what it printed stands above"
    );
}

/// The generator's program, fetched once; nothing where Java or Maven is missing.
async fn generator() -> Option<PathBuf> {
    for program in ["java", "mvn"] {
        let run = Command::new(program)
            .arg("-version")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        if run.await.is_err() {
            super::tried_out::missing(program);
            return None;
        }
    }
    let home = PathBuf::from(std::env::var_os("HOME").unwrap());
    let cache = std::env::var_os("XDG_CACHE_HOME").map_or_else(|| home.join(".cache"), PathBuf::from);
    let folder = cache.join(format!("sidespin/openapi-generator-{GENERATOR}"));
    let program = folder.join(format!("openapi-generator-cli-{GENERATOR}.jar"));
    if !program.exists() {
        fetch(&folder).await;
    }
    Some(program)
}

async fn fetch(folder: &Path) {
    let status = Command::new("mvn")
        .args(["--batch-mode", "--quiet", "--file"])
        .arg(root().join("tests/api-clients/generator/pom.xml"))
        .arg("org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies")
        .arg("-DexcludeTransitive=true")
        .arg(format!("-DoutputDirectory={}", folder.display()))
        .status()
        .await
        .unwrap();
    assert!(status.success(), "Maven could not fetch the generator");
}
