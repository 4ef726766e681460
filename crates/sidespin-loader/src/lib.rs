//! From a `spin.toml` on disk to the locked application.
//!
//! This is the only place where the manifest and the application meet, and where files are read for it:
//! 1. the manifest is found, read and validated, and a profile applied;
//! 2. every component's Wasm is read, checked to be a component and hashed;
//! 3. its dependencies are composed in; the result is kept under `<state>/cache/composed/`, named by the hash of all inputs;
//! 4. its files are found, and gathered under `<state>/cache/files/` where a directory cannot be mounted as it is.
//!
//! All mistakes are found before any is reported. Nothing is downloaded: a source that is a URL or a registry package is an
//! error that says what to do instead. Templates are left alone; their values are the running process's.

mod build_plan;
mod cache;
mod compose;
mod files;
mod grants;
mod manifest_file;
mod wasm;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;
use sidespin_app::{App, Component, ComponentId, ComponentSource, TriggerEntry, TriggerSettings, Variable};
use sidespin_diagnostic::{Diagnostic, Diagnostics};
use sidespin_manifest::{DependencySource, Manifest, WasmSource};

pub use build_plan::{BuildPlan, ComponentBuild};

use cache::Cache;
use compose::Part;
use manifest_file::ManifestFile;
use wasm::WasmFiles;

/// What to load.
#[derive(Clone, Debug, Default)]
pub struct LoadOptions {
    /// The manifest, or the directory that holds it as `spin.toml`.
    pub from: PathBuf,
    /// Where what is made from the application is kept; `.sidespin` beside the manifest if not given.
    pub state_dir: Option<PathBuf>,
    /// The profile to apply.
    pub profile: Option<String>,
}

/// Why an application cannot be loaded: everything that is wrong with it.
#[derive(Clone, Debug, thiserror::Error)]
#[error(transparent)]
pub struct LoadError(#[from] Diagnostics);

impl LoadError {
    /// The mistakes in the order of the manifest.
    #[must_use]
    pub const fn diagnostics(&self) -> &Diagnostics {
        &self.0
    }
}

impl From<Diagnostic> for LoadError {
    fn from(diagnostic: Diagnostic) -> Self {
        Self(diagnostic.into())
    }
}

/// Loads applications; see the crate's documentation.
#[derive(Clone, Copy, Debug)]
pub struct Loader;

impl Loader {
    /// Loads an application, ready to run. Reads files and, the first time, composes: it can take a second, so an
    /// asynchronous caller runs it on a blocking thread.
    ///
    /// # Errors
    /// Everything that is wrong with the manifest, the Wasm files, their composition and the mounted files.
    pub fn load(options: &LoadOptions) -> Result<App, LoadError> {
        let file = ManifestFile::read(&options.from, options.profile.as_deref())?;
        let state_dir = options
            .state_dir
            .clone()
            .unwrap_or_else(|| file.directory.join(".sidespin"));
        let mut loading = Loading {
            file: &file,
            cache: Cache::new(&state_dir),
            wasm_files: WasmFiles::default(),
            found: Diagnostics::new(),
        };
        let mut components = BTreeMap::new();
        for (id, component) in &file.manifest.components {
            if let Some(component) = loading.component(id, component) {
                components.insert(component.id.clone(), component);
            }
        }
        loading.found.or_ok(())?;
        Ok(assemble(&file, components))
    }

    /// An application without its components: what it is called, its variables and its triggers. Reads the manifest alone.
    ///
    /// # Errors
    /// Everything that is wrong with the manifest.
    pub fn outline(options: &LoadOptions) -> Result<App, LoadError> {
        let file = ManifestFile::read(&options.from, options.profile.as_deref())?;
        Ok(assemble(&file, BTreeMap::new()))
    }

    /// How the application is built: the commands of its components, without reading any Wasm.
    ///
    /// # Errors
    /// Everything that is wrong with the manifest.
    pub fn build_plan(options: &LoadOptions) -> Result<BuildPlan, LoadError> {
        let file = ManifestFile::read(&options.from, options.profile.as_deref())?;
        Ok(build_plan::make(&file))
    }
}

struct Loading<'a> {
    file: &'a ManifestFile,
    cache: Cache,
    wasm_files: WasmFiles,
    found: Diagnostics,
}

impl Loading<'_> {
    fn component(&mut self, id: &str, component: &sidespin_manifest::Component) -> Option<Component> {
        let source = self.source(id, component);
        let files = files::mount(&self.file.directory, component, &self.cache).map_err(|diagnostic| {
            self.found.push(
                diagnostic.at(component
                    .key_locations
                    .get("files")
                    .or(component.location.as_ref())
                    .cloned()),
            );
        });
        Some(Component {
            id: ComponentId::from(id),
            description: component.description.clone(),
            source: source?,
            environment: component.environment.clone(),
            files: files.ok()?,
            allowed_outbound_hosts: component.allowed_outbound_hosts.clone(),
            key_value_stores: component.key_value_stores.clone(),
            sqlite_databases: component.sqlite_databases.clone(),
            ai_models: component.ai_models.clone(),
            variables: component.variables.clone(),
            sidespin: component
                .tool
                .get("sidespin")
                .cloned()
                .unwrap_or_else(|| Value::Object(serde_json::Map::new())),
            location: component.location.clone(),
            key_locations: component.key_locations.clone(),
        })
    }

    /// The component's Wasm with its dependencies composed in.
    fn source(&mut self, id: &str, component: &sidespin_manifest::Component) -> Option<ComponentSource> {
        let own = self.wasm_of(id, component).map_err(|diagnostic| {
            let at = component
                .key_locations
                .get("source")
                .or(component.location.as_ref())
                .cloned();
            self.found.push(diagnostic.at(at));
        });
        let mut parts = Vec::new();
        let mut is_complete = true;
        for dependency in &component.dependencies {
            match self.wasm_of_dependency(id, dependency) {
                Ok(wasm) => parts.push(Part { dependency, wasm }),
                Err(diagnostic) => {
                    is_complete = false;
                    self.found.push(diagnostic.at(dependency.location.clone()));
                }
            }
        }
        let own = own.ok().filter(|_| is_complete)?;
        if parts.is_empty() {
            return Some(own.source());
        }
        let key = compose::key(&own, &parts);
        if let Some(source) = self.cache.composed(key) {
            return Some(source);
        }
        match compose::compose(id, &own, &parts) {
            Ok(bytes) => Some(self.cache.keep_composed(key, bytes)),
            Err(errors) => {
                self.found.extend(errors);
                None
            }
        }
    }

    fn wasm_of(
        &mut self,
        id: &str,
        component: &sidespin_manifest::Component,
    ) -> Result<std::sync::Arc<wasm::Wasm>, Diagnostic> {
        let what = format!("the component `{id}`");
        let path = match &component.source {
            WasmSource::Path(path) => path,
            WasmSource::Url { url, .. } => return Err(wasm::not_supported(&what, url, "source = \"…\"")),
            WasmSource::Registry { package, .. } => {
                return Err(wasm::not_supported(&what, package, "source = \"…\""));
            }
        };
        let remedy = build_plan::remedy(component);
        self.wasm_files
            .read(&self.file.directory, path)
            .map_err(|error| error.diagnostic(&what, path, &remedy))
    }

    fn wasm_of_dependency(
        &mut self,
        id: &str,
        dependency: &sidespin_manifest::Dependency,
    ) -> Result<std::sync::Arc<wasm::Wasm>, Diagnostic> {
        let what = format!("the dependency `{}` of the component `{id}`", dependency.name);
        let unsupported = |source: &str| {
            wasm::not_supported(
                &what,
                source,
                &format!("\"{}\" = {{ path = \"…\" }}", dependency.name),
            )
        };
        match &dependency.source {
            DependencySource::Path(path) => {
                let remedy = "build it first; the path is relative to the manifest";
                self.wasm_files
                    .read(&self.file.directory, path)
                    .map_err(|error| error.diagnostic(&what, path, remedy))
            }
            DependencySource::Component(other) => match self.file.manifest.components.get(other) {
                Some(component) => self.wasm_of(other, component),
                None => Err(Diagnostic::new(format!(
                    "{what} is not a component of this application"
                ))),
            },
            DependencySource::Url { url, .. } => Err(unsupported(url)),
            DependencySource::Registry { package, version, .. } => {
                let package = package.clone().unwrap_or_else(|| dependency.name.to_string());
                Err(unsupported(&format!("{package} {version}")))
            }
        }
    }
}

fn assemble(file: &ManifestFile, components: BTreeMap<ComponentId, Component>) -> App {
    let Manifest {
        application,
        variables,
        triggers,
        components: _,
    } = &file.manifest;
    App {
        name: application.name.clone(),
        version: application.version.clone(),
        description: application.description.clone(),
        variables: variables
            .iter()
            .map(|(name, variable)| {
                let variable = Variable {
                    default: variable.default.clone(),
                    required: variable.required,
                    secret: variable.secret,
                    description: variable.description.clone(),
                    location: variable.location.clone(),
                };
                (name.clone(), variable)
            })
            .collect(),
        triggers: triggers
            .iter()
            .map(|trigger| TriggerEntry {
                id: trigger.id.clone(),
                trigger_type: trigger.trigger_type.clone(),
                component: ComponentId::from(trigger.component.as_str()),
                config: trigger.settings.config.clone(),
                location: trigger.settings.location.clone(),
                key_locations: trigger.settings.key_locations.clone(),
            })
            .collect(),
        trigger_settings: application
            .trigger_settings
            .iter()
            .map(|(trigger_type, settings)| {
                let settings = TriggerSettings {
                    config: settings.config.clone(),
                    location: settings.location.clone(),
                    key_locations: settings.key_locations.clone(),
                };
                (trigger_type.clone(), settings)
            })
            .collect(),
        components,
        manifest_path: file.path.clone(),
    }
}

/// A path as messages show it.
fn shown(path: &Path) -> String {
    format!("`{}`", path.display())
}
