//! Finding and reading the manifest.

use std::path::{Path, PathBuf};

use sidespin_diagnostic::{Diagnostic, Diagnostics, Location};
use sidespin_manifest::{Manifest, Source};

use crate::shown;

/// What a manifest is called when only its directory is named.
const MANIFEST_NAME: &str = "spin.toml";

/// A manifest that has been read.
pub(crate) struct ManifestFile {
    /// Its absolute path.
    pub(crate) path: PathBuf,
    /// Its directory, to which its paths are relative.
    pub(crate) directory: PathBuf,
    /// What it says.
    pub(crate) manifest: Manifest,
}

impl ManifestFile {
    pub(crate) fn read(from: &Path, profile: Option<&str>) -> Result<Self, Diagnostics> {
        let shown_path = if from.is_dir() {
            from.join(MANIFEST_NAME)
        } else {
            from.to_owned()
        };
        let text =
            std::fs::read_to_string(&shown_path).map_err(|error| unreadable(from, &shown_path, &error))?;
        let path = std::path::absolute(&shown_path).map_err(|error| unreadable(from, &shown_path, &error))?;
        let directory = path.parent().map(Path::to_owned).unwrap_or_default();
        let mut manifest = sidespin_manifest::parse(&Source::new(shown_path, text))?;
        if let Some(profile) = profile {
            manifest
                .apply_profile(profile)
                .map_err(|diagnostic| diagnostic.at(Location::whole_file(path.clone())))?;
        }
        Ok(Self {
            path,
            directory,
            manifest,
        })
    }
}

fn unreadable(from: &Path, path: &Path, error: &std::io::Error) -> Diagnostic {
    let hint = "go to the application's directory, or name the manifest with `--from`";
    if error.kind() != std::io::ErrorKind::NotFound {
        return Diagnostic::new(format!("cannot read the manifest {}", shown(path))).caused_by(error);
    }
    if from.is_dir() {
        return Diagnostic::new(format!("there is no `{MANIFEST_NAME}` in {}", shown(from))).hint(hint);
    }
    Diagnostic::new(format!("there is no file {}", shown(path))).hint(hint)
}
