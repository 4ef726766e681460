//! The application's components: compiled, checked and linked, ready to be instantiated.

use std::collections::BTreeMap;
use std::sync::Arc;

use sidespin_app::{App, Component, ComponentId, Diagnostic, Diagnostics};
use sidespin_engine::{Engine, InstanceLimits};
use sidespin_trigger::Instances;
use wasmtime::Store;
use wasmtime::component::types::ComponentItem;
use wasmtime::component::{InstancePre, Linker};

use crate::capabilities::{Capabilities, Refusal, check_import};
use crate::data::InstanceData;

/// Every component of the application, linked.
pub(crate) struct Components {
    engine: Engine,
    capabilities: Capabilities,
    linked: BTreeMap<ComponentId, InstancePre<InstanceData>>,
}

impl Components {
    /// Compiles what is not cached, and links everything. Blocks for as long as compiling takes.
    pub(crate) fn link(
        app: &App,
        engine: &Engine,
        linker: &Linker<InstanceData>,
        capabilities: Capabilities,
    ) -> Result<Self, Diagnostics> {
        // Compiling uses all processors by itself, reading cached code is mostly waiting: one thread per component.
        let results: Vec<_> = std::thread::scope(|scope| {
            let running: Vec<_> = app
                .components
                .values()
                .map(|component| scope.spawn(move || link_one(engine, linker, component)))
                .collect();
            running
                .into_iter()
                .map(std::thread::ScopedJoinHandle::join)
                .collect()
        });
        let mut diagnostics = Diagnostics::new();
        let mut linked = BTreeMap::new();
        for (component, result) in app.components.keys().zip(results) {
            match result {
                Ok(Ok(pre)) => drop(linked.insert(component.clone(), pre)),
                Ok(Err(mistake)) => diagnostics.push(mistake),
                Err(_panic) => {
                    diagnostics.push(Diagnostic::new(format!(
                        "loading component `{component}` panicked"
                    )));
                }
            }
        }
        diagnostics.or_ok(Self {
            engine: engine.clone(),
            capabilities,
            linked,
        })
    }
}

impl Instances<InstanceData> for Components {
    fn instance_pre(&self, component: &ComponentId) -> Option<InstancePre<InstanceData>> {
        self.linked.get(component).cloned()
    }

    fn store(&self, component: &ComponentId) -> Option<Store<InstanceData>> {
        self.linked.get(component)?;
        let data = self
            .capabilities
            .instantiate(component, self.engine.instance_limits());
        Some(
            self.engine
                .store(data, |data| -> &mut InstanceLimits { &mut data.limits }),
        )
    }
}

fn link_one(
    engine: &Engine,
    linker: &Linker<InstanceData>,
    component: &Component,
) -> Result<InstancePre<InstanceData>, Diagnostic> {
    let read = || component.source.read();
    let compiled = engine
        .component(component.source.hash.as_bytes(), read)
        .map_err(|error| {
            Diagnostic::new(format!("component `{}` cannot be run", component.id))
            .at(component.location_of("source").cloned())
            .caused_by(&error)
            .hint("build it for wasm32-wasip2, which makes a component, with the toolchain's current version")
        })?;
    let engine_of = linker.engine();
    for (interface, item) in compiled.component_type().imports(engine_of) {
        if let ComponentItem::ComponentInstance(instance) = item.ty {
            // An interface of types alone lets a component do nothing, so nobody need serve or grant it.
            let has_functions = instance
                .exports(engine_of)
                .any(|(_name, item)| !matches!(item.ty, ComponentItem::Type(_)));
            if has_functions {
                check_import(interface, component)
                    .map_err(|refusal| refused(component, interface, refusal))?;
            }
        }
    }
    linker.instantiate_pre(&compiled).map_err(|error| {
        Diagnostic::new(format!(
            "component `{}` does not fit the host's interfaces: {error:#}",
            component.id
        ))
        .at(component.location_of("source").cloned())
        .hint("build it again with the SDK and the WIT packages that this host serves")
    })
}

fn refused(component: &Component, interface: &str, refusal: Refusal) -> Diagnostic {
    match refusal {
        Refusal::Unknown(known) => Diagnostic::new(format!(
            "component `{}` imports `{interface}`, which this host does not know",
            component.id
        ))
        .at(component.location_of("source").cloned())
        .hint(format!(
            "satisfy it under `[component.{}.dependencies]`, or build the component without it",
            component.id
        ))
        .hint(format!("served are: {}", known.join(", "))),
        Refusal::NotGranted { capability, line } => Diagnostic::new(format!(
            "component `{}` imports `{interface}`, but its manifest entry grants nothing of {capability}",
            component.id
        ))
        .at(component.location.clone())
        .hint(format!("add `{line}` under `[component.{}]`", component.id)),
    }
}

/// For triggers, which do not know the type.
pub(crate) fn shared(components: Components) -> Arc<dyn Instances<InstanceData>> {
    Arc::new(components)
}
