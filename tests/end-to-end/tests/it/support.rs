//! Small applications of fixture components, written for one test each.

use std::path::{Path, PathBuf};

use end_to_end::{Server, ServerOptions, root};
use tempfile::TempDir;

/// A directory with a manifest.
pub(crate) struct Application {
    directory: TempDir,
}

impl Application {
    /// Writes `manifest` after a head that every application has.
    pub(crate) fn new(manifest: &str) -> Self {
        Self::raw(&format!(
            "spin_manifest_version = 2\n\n[application]\nname = \"fixture\"\nversion = \"0.1.0\"\n{manifest}"
        ))
    }

    /// Writes `manifest` as it is.
    pub(crate) fn raw(manifest: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("spin.toml"), manifest).unwrap();
        Self { directory }
    }

    pub(crate) fn manifest(&self) -> PathBuf {
        self.directory.path().join("spin.toml")
    }

    pub(crate) fn directory(&self) -> &Path {
        self.directory.path()
    }

    pub(crate) async fn start(&self, arguments: &[&str]) -> Server {
        let arguments = arguments.iter().map(|argument| (*argument).to_owned()).collect();
        Server::start_with(ServerOptions {
            manifest: Some(self.manifest()),
            arguments,
        })
        .await
        .unwrap()
    }
}

/// The path of a built fixture component.
pub(crate) fn guest(name: &str) -> String {
    root()
        .join(format!("target/components/{name}.wasm"))
        .display()
        .to_string()
}

/// Asks for a path and answers with status and body.
pub(crate) async fn get(server: &Server, path: &str) -> (u16, String) {
    let response = reqwest::get(server.url(path)).await.unwrap();
    (response.status().as_u16(), response.text().await.unwrap())
}
