//! What `sidespin build` and `sidespin watch` need to know.

use std::path::PathBuf;

use sidespin_app::ComponentId;
use sidespin_manifest::{Component, WasmSource};

use crate::manifest_file::ManifestFile;

/// How an application is built.
#[derive(Clone, Debug)]
pub struct BuildPlan {
    /// The manifest's absolute path.
    pub manifest_path: PathBuf,
    /// All components in alphabetical order, those without a `build` table included: their files can be watched.
    pub components: Vec<ComponentBuild>,
}

/// How one component is built.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ComponentBuild {
    /// The component.
    pub id: ComponentId,
    /// The commands, to be run by a shell one after the other; none if it is not built from here.
    pub commands: Vec<String>,
    /// The absolute directory to run them in.
    pub workdir: PathBuf,
    /// Patterns, relative to `workdir`, of the files it is built from.
    pub watch: Vec<String>,
    /// The absolute path of the Wasm file that running needs, if it is a file.
    pub wasm: Option<PathBuf>,
}

pub(crate) fn make(file: &ManifestFile) -> BuildPlan {
    let components = file.manifest.components.iter().map(|(id, component)| {
        let build = component.build.clone().unwrap_or_default();
        ComponentBuild {
            id: ComponentId::from(id.as_str()),
            commands: build.commands,
            workdir: build
                .workdir
                .map_or_else(|| file.directory.clone(), |workdir| file.directory.join(workdir)),
            watch: build.watch,
            wasm: match &component.source {
                WasmSource::Path(path) => Some(file.directory.join(path)),
                WasmSource::Url { .. } | WasmSource::Registry { .. } => None,
            },
        }
    });
    BuildPlan {
        manifest_path: file.path.clone(),
        components: components.collect(),
    }
}

/// What to do when a component's Wasm is not there.
pub(crate) fn remedy(component: &Component) -> String {
    match &component.build {
        Some(build) if !build.commands.is_empty() => {
            let place = build
                .workdir
                .as_ref()
                .map(|workdir| format!(" in `{workdir}`"))
                .unwrap_or_default();
            format!(
                "build everything with `sidespin build`, or this with `{}`{place}",
                build.commands.join(" && ")
            )
        }
        _ => {
            "check the path, which is relative to the manifest, or add a `build` command for `sidespin build`"
                .to_owned()
        }
    }
}
