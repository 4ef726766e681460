//! Composing a component with its dependencies into one component.
//!
//! A dependency is one Wasm file, however many entries of the manifest name it and however many imports it satisfies: it
//! becomes one instance, so that what it keeps between calls is kept once.

use std::collections::BTreeMap;
use std::sync::Arc;

use sidespin_app::ContentHash;
use sidespin_diagnostic::{Diagnostic, nearest};
use sidespin_manifest::{Dependency, Inherit};
use wac_graph::types::{ItemKind, Package, Type, WorldId, are_semver_compatible};
use wac_graph::{CompositionGraph, EncodeOptions, NodeId};

use crate::grants::{Need, need};
use crate::wasm::Wasm;

/// Changes whenever the same inputs would give another composition.
const FORMAT: &[u8] = b"sidespin composition 1, wac-graph 0.12";

/// A dependency with its Wasm.
pub(crate) struct Part<'a> {
    pub(crate) dependency: &'a Dependency,
    pub(crate) wasm: Arc<Wasm>,
}

/// The hash of everything a composition is made from.
pub(crate) fn key(component: &Wasm, parts: &[Part<'_>]) -> ContentHash {
    let mut inputs = FORMAT.to_vec();
    inputs.extend(component.hash.as_bytes());
    for Part { dependency, wasm } in parts {
        inputs.extend(wasm.hash.as_bytes());
        // Debug output delimits its strings, so two different entries never look the same.
        let entry = format!(
            "{:?} {:?} {:?}\n",
            dependency.name.to_string(),
            dependency.export,
            dependency.inherit
        );
        inputs.extend(entry.into_bytes());
    }
    ContentHash::of(&inputs)
}

/// Composes. Errors are placed at the dependency that they are about.
pub(crate) fn compose(id: &str, component: &Wasm, parts: &[Part<'_>]) -> Result<Vec<u8>, Vec<Diagnostic>> {
    let mut composition = match Composition::begin(id, component) {
        Ok(composition) => composition,
        Err(diagnostic) => return Err(vec![diagnostic]),
    };
    let mut errors = Vec::new();
    for part in parts {
        if let Err(diagnostic) = composition.add(part) {
            errors.push(diagnostic.at(part.dependency.location.clone()));
        }
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    composition.finish().map_err(|diagnostic| vec![diagnostic])
}

struct Composition<'a> {
    id: &'a str,
    graph: CompositionGraph,
    world: WorldId,
    instance: NodeId,
    /// Instances by the hash of their Wasm.
    dependencies: BTreeMap<ContentHash, (WorldId, NodeId)>,
    /// Which dependency satisfies which import.
    satisfied: BTreeMap<String, &'a Dependency>,
}

impl<'a> Composition<'a> {
    fn begin(id: &'a str, component: &Wasm) -> Result<Self, Diagnostic> {
        let mut graph = CompositionGraph::new();
        let (world, instance) =
            instantiate(&mut graph, &format!("component-{id}"), component).map_err(|error| {
                broken(
                    &format!("the component `{id}` is not a valid component"),
                    error.as_ref(),
                )
            })?;
        Ok(Self {
            id,
            graph,
            world,
            instance,
            dependencies: BTreeMap::new(),
            satisfied: BTreeMap::new(),
        })
    }

    fn add(&mut self, part: &Part<'a>) -> Result<(), Diagnostic> {
        let dependency = part.dependency;
        let imports = self.graph.types()[self.world].imports.clone();
        let matching: Vec<_> = imports
            .iter()
            .filter(|(import, _)| dependency.name.matches_import(import))
            .collect();
        if matching.is_empty() {
            return Err(self.unmatched(dependency, imports.keys()));
        }
        let (world, instance) = self.dependency_instance(part)?;
        self.check_grants(dependency, world)?;
        let mut has_satisfied = false;
        for (import, kind) in matching {
            if let Some(other) = self.satisfied.get(import) {
                let message = format!(
                    "the import `{import}` of the component `{}` is satisfied twice: by `{}` and `{}`",
                    self.id, other.name, dependency.name
                );
                return Err(Diagnostic::new(message).hint("remove one, or name other interfaces"));
            }
            match self.export_for(dependency, world, import) {
                Some(export) => self.connect(dependency, instance, &export, import)?,
                // Only names for shapes: they need no implementation, and both sides know them.
                None if dependency.export.is_none() && self.has_only_types(*kind) => continue,
                None => return Err(self.missing_export(dependency, world, import)),
            }
            self.satisfied.insert(import.clone(), dependency);
            has_satisfied = true;
        }
        if has_satisfied {
            Ok(())
        } else {
            Err(self.unmatched(dependency, imports.keys()))
        }
    }

    fn dependency_instance(&mut self, part: &Part<'_>) -> Result<(WorldId, NodeId), Diagnostic> {
        if let Some(known) = self.dependencies.get(&part.wasm.hash) {
            return Ok(*known);
        }
        // Names only have to differ; they show in the composed Wasm.
        let name = format!("dependency-{}", self.dependencies.len() + 1);
        let made = instantiate(&mut self.graph, &name, &part.wasm).map_err(|error| {
            broken(
                &format!(
                    "the dependency `{}` is not a valid component",
                    part.dependency.name
                ),
                error.as_ref(),
            )
        })?;
        self.dependencies.insert(part.wasm.hash, made);
        Ok(made)
    }

    /// Refuses a dependency that imports what it does not inherit.
    fn check_grants(&self, dependency: &Dependency, world: WorldId) -> Result<(), Diagnostic> {
        let imports = &self.graph.types()[world].imports;
        let refused = imports
            .iter()
            .filter(|(_, kind)| !self.has_only_types(**kind))
            .map(|(import, _)| (import, need(import)))
            .find(|(_, need)| !need.is_covered_by(&dependency.inherit));
        let Some((import, need)) = refused else {
            return Ok(());
        };
        let message = format!(
            "the dependency `{}` of the component `{}` needs `{import}`, which it does not inherit",
            dependency.name, self.id
        );
        let own_key = |keys: &[String], key: &str| {
            let list: Vec<_> = keys
                .iter()
                .map(String::as_str)
                .chain([key])
                .map(|key| format!("\"{key}\""))
                .collect();
            format!("write `inherit_configuration = [{}]` in it", list.join(", "))
        };
        let hint = match (need, &dependency.inherit) {
            (Need::Key(key), Inherit::Keys(keys)) => own_key(keys, key),
            (Need::Everything, Inherit::Keys(_)) => "write `inherit_configuration = true` in it".to_owned(),
            _ => format!(
                "add `dependencies_inherit_configuration = true` to `[component.{}]`",
                self.id
            ),
        };
        Err(Diagnostic::new(message).hint(hint))
    }

    /// The dependency's export for an import: the one it names, the one of the same name, or one of a compatible version.
    fn export_for(&self, dependency: &Dependency, world: WorldId, import: &str) -> Option<String> {
        let exports = &self.graph.types()[world].exports;
        let wanted = dependency.export.as_deref().unwrap_or(import);
        let exact = exports.contains_key(wanted).then(|| wanted.to_owned());
        exact.or_else(|| {
            exports
                .keys()
                .find(|export| are_semver_compatible(export, wanted))
                .cloned()
        })
    }

    fn connect(
        &mut self,
        dependency: &Dependency,
        instance: NodeId,
        export: &str,
        import: &str,
    ) -> Result<(), Diagnostic> {
        let incompatible = |error: &dyn std::error::Error| {
            let message = format!(
                "the dependency `{}` exports `{export}` in another shape than the component `{}` imports it",
                dependency.name, self.id
            );
            Diagnostic::new(message)
                .caused_by(error)
                .hint("build both against the same WIT")
        };
        let alias = self
            .graph
            .alias_instance_export(instance, export)
            .map_err(|error| incompatible(&error))?;
        self.graph
            .set_instantiation_argument(self.instance, import, alias)
            .map_err(|error| incompatible(&error))
    }

    fn has_only_types(&self, kind: ItemKind) -> bool {
        let types = self.graph.types();
        match kind {
            ItemKind::Instance(interface) => types[interface]
                .exports
                .values()
                .all(|export| matches!(export, ItemKind::Type(kind) if !matches!(kind, Type::Resource(_)))),
            ItemKind::Type(_) => true,
            _ => false,
        }
    }

    fn unmatched<'n>(
        &self,
        dependency: &Dependency,
        imports: impl Iterator<Item = &'n String>,
    ) -> Diagnostic {
        let name = dependency.name.to_string();
        let imports: Vec<_> = imports
            .map(String::as_str)
            .filter(|import| !import.starts_with("wasi:"))
            .collect();
        let message = format!(
            "the dependency `{name}` matches no import of the component `{}`",
            self.id
        );
        let diagnostic = Diagnostic::new(message);
        match nearest(&name, imports.iter().copied()) {
            Some(near) => diagnostic.hint(format!("did you mean `{near}`?")),
            None if imports.is_empty() => {
                diagnostic.hint("remove it: the component imports only what the host provides")
            }
            None => diagnostic.hint(format!("its imports are {}", quoted(&imports))),
        }
    }

    fn missing_export(&self, dependency: &Dependency, world: WorldId, import: &str) -> Diagnostic {
        let exports: Vec<_> = self.graph.types()[world]
            .exports
            .keys()
            .map(String::as_str)
            .collect();
        let wanted = dependency.export.as_deref().unwrap_or(import);
        let message = format!(
            "the dependency `{}` does not export `{wanted}`, which the component `{}` needs",
            dependency.name, self.id
        );
        let hint = if exports.is_empty() {
            "it exports nothing".to_owned()
        } else {
            format!("it exports {}", quoted(&exports))
        };
        Diagnostic::new(message).hint(hint)
    }

    /// Exports what the component exports, and encodes.
    fn finish(mut self) -> Result<Vec<u8>, Diagnostic> {
        let failed = |id: &str, error: &dyn std::error::Error| {
            broken(
                &format!("cannot compose the component `{id}` with its dependencies"),
                error,
            )
        };
        let exports: Vec<String> = self.graph.types()[self.world].exports.keys().cloned().collect();
        for export in exports {
            let alias = self
                .graph
                .alias_instance_export(self.instance, &export)
                .map_err(|error| failed(self.id, &error))?;
            self.graph
                .export(alias, &export)
                .map_err(|error| failed(self.id, &error))?;
        }
        self.graph
            .encode(EncodeOptions::default())
            .map_err(|error| failed(self.id, &error))
    }
}

fn instantiate(
    graph: &mut CompositionGraph,
    name: &str,
    wasm: &Wasm,
) -> Result<(WorldId, NodeId), Box<dyn std::error::Error + Send + Sync>> {
    let package = Package::from_bytes(name, None, wasm.bytes.clone(), graph.types_mut())?;
    let world = package.ty();
    let package = graph.register_package(package)?;
    Ok((world, graph.instantiate(package)))
}

fn broken(message: &str, error: &dyn std::error::Error) -> Diagnostic {
    Diagnostic::new(message).caused_by(error)
}

fn quoted(names: &[&str]) -> String {
    names
        .iter()
        .map(|name| format!("`{name}`"))
        .collect::<Vec<_>>()
        .join(", ")
}
