//! Hosts that run the component that does next to nothing.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use end_to_end::{Server, ServerOptions, root};
use tempfile::TempDir;

/// An application of the meter alone.
pub(crate) struct Meter {
    directory: TempDir,
}

impl Meter {
    /// With further lines of the manifest; they may speak of a component `meter`.
    pub(crate) fn new(manifest: &str) -> Result<Self> {
        let directory = tempfile::tempdir()?;
        let text = format!(
            "spin_manifest_version = 2\n[application]\nname = \"meter\"\n\
             [application.trigger.kafka]\nbootstrap_servers = \"{{{{ kafka }}}}\"\n\
             [application.trigger.kafka.topics]\nevents = {{ partitions = 4 }}\n\
             [variables]\nkafka = {{ default = \"\" }}\n{manifest}\n\
             [component.meter]\nsource = \"{}\"\nallowed_outbound_hosts = [\"http://*.spin.internal\", \"http://127.0.0.1:*\"]\n\
             tool.sidespin = {{ kafka_topics = [\"events\"] }}\n",
            root().join("target/components/meter.wasm").display()
        );
        std::fs::write(directory.path().join("spin.toml"), text)?;
        Ok(Self { directory })
    }

    pub(crate) async fn start(&self, arguments: &[&str]) -> Result<Server> {
        Server::start_with(ServerOptions {
            manifest: Some(self.directory.path().join("spin.toml")),
            arguments: arguments.iter().map(|argument| (*argument).to_owned()).collect(),
            ..ServerOptions::default()
        })
        .await
    }

    /// A folder for what components print.
    pub(crate) fn logs(&self) -> PathBuf {
        self.directory.path().join("logs")
    }
}

/// The sum of a metric over the lines with all these labels.
pub(crate) async fn metric(server: &Server, name: &str, label: &str) -> Result<u64> {
    let text = reqwest::get(format!("http://{}/metrics", server.admin))
        .await?
        .text()
        .await?;
    let values = text
        .lines()
        .filter(|line| line.starts_with(name) && line.contains(label))
        .filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok());
    Ok(values.sum())
}

/// The numbers that components have printed after a word.
pub(crate) fn printed(logs: &Path, word: &str) -> Result<Vec<u64>> {
    let mut numbers = Vec::new();
    for entry in std::fs::read_dir(logs).context("reading what components printed")? {
        let text = std::fs::read_to_string(entry?.path())?;
        let lines = text
            .lines()
            .filter_map(|line| line.strip_prefix(word)?.trim().parse::<u64>().ok());
        numbers.extend(lines);
    }
    Ok(numbers)
}
