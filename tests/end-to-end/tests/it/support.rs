//! Small applications of fixture components, written for one test each; and times as the API writes them.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

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

    /// `front`, which asks whatever it is told to, and `back`, which has no route and whose `PLACE` is `behind`.
    pub(crate) fn front_and_back() -> Self {
        let source = guest("probe");
        Self::new(&format!(
            r#"
[[trigger.http]]
route = "/..."
component = "front"

[[trigger.http]]
route = {{ private = true }}
component = "back"

[component.front]
source = "{source}"
sqlite_databases = ["default"]
key_value_stores = ["default"]
allowed_outbound_hosts = ["http://back.spin.internal"]

[component.back]
source = "{source}"
sqlite_databases = ["default"]
key_value_stores = ["default"]
environment = {{ PLACE = "behind" }}
"#
        ))
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
            ..ServerOptions::default()
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

/// A time so far from now, as RFC 3339.
pub(crate) fn in_future(duration: Duration) -> String {
    rfc3339(SystemTime::now() + duration)
}

/// A time as RFC 3339, in UTC and with milliseconds.
pub(crate) fn rfc3339(time: SystemTime) -> String {
    let since_epoch = time.duration_since(SystemTime::UNIX_EPOCH).unwrap();
    let (seconds, millis) = (since_epoch.as_secs(), since_epoch.subsec_millis());
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    // The civil date of a day number (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms").
    let shifted = days + 719_468;
    let era = shifted / 146_097;
    let day_of_era = shifted % 146_097;
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_index = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_index + 2) / 5 + 1;
    let month = if month_index < 10 {
        month_index + 3
    } else {
        month_index - 9
    };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    format!(
        "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}.{millis:03}Z",
        rest / 3600,
        rest / 60 % 60,
        rest % 60
    )
}

/// Comes back when the wall clock is past `moment`.
pub(crate) async fn past(moment: SystemTime) {
    while let Ok(rest) = moment.duration_since(SystemTime::now()) {
        tokio::time::sleep(rest + Duration::from_millis(1)).await;
    }
}
