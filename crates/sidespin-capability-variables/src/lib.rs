//! `spin:variables`: a component reads the variables that its manifest entry names, and no others.
//!
//! Values are resolved when the application is loaded, so that a missing one ends the start and a call costs a look-up.

use std::collections::BTreeMap;
use std::sync::Arc;

use sidespin_app::{App, ComponentId, Diagnostic};
use sidespin_capability::{Capability, Lend};
use sidespin_expressions::{Value, Variables as Values, validate_name};
use sidespin_world::variables::variables as wit;
use wasmtime::component::{Accessor, HasData, Linker, ResourceTable};

/// The capability.
#[derive(Debug)]
pub struct Variables;

/// The variables of one component, by name.
pub type ComponentVariables = Arc<BTreeMap<String, Value>>;

/// What host calls see of an instance.
#[derive(Debug)]
pub struct VariablesView<'a> {
    variables: &'a ComponentVariables,
}

impl HasData for Variables {
    type Data<'a> = VariablesView<'a>;
}

impl Capability for Variables {
    const NAME: &'static str = "variables";
    const SERVES: &'static [&'static str] = &["spin:variables/variables@3.0.0"];

    type Config = BTreeMap<String, ()>;
    type Needs = Arc<Values>;
    type AppState = BTreeMap<ComponentId, ComponentVariables>;
    type InstanceState = ComponentVariables;

    fn link<T: Lend<Self>>(linker: &mut Linker<T>) -> wasmtime::Result<()> {
        wit::add_to_linker::<T, Self>(linker, |data| {
            let (variables, _table): (&mut ComponentVariables, &mut ResourceTable) = data.lend();
            VariablesView { variables }
        })
    }

    fn configure(
        app: &App,
        _config: Self::Config,
        values: Self::Needs,
    ) -> Result<Self::AppState, Diagnostic> {
        app.components
            .values()
            .map(|component| {
                let rendered = values.render_map(&component.variables).map_err(|(name, error)| {
                    Diagnostic::new(format!(
                        "variable `{name}` of component `{}` has no value",
                        component.id
                    ))
                    .at(component.location_of("variables").cloned())
                    .caused_by(&error)
                    .hint(
                        error
                            .hint()
                            .unwrap_or_else(|| "declare it under `[variables]`".to_owned()),
                    )
                })?;
                Ok((component.id.clone(), Arc::new(rendered)))
            })
            .collect()
    }

    fn instantiate(state: &Self::AppState, component: &ComponentId) -> Self::InstanceState {
        state.get(component).cloned().unwrap_or_default()
    }
}

impl wit::Host for VariablesView<'_> {}

impl<T: Send> wit::HostWithStore<T> for Variables {
    async fn get(accessor: &Accessor<T, Self>, name: String) -> wasmtime::Result<Result<String, wit::Error>> {
        if let Err(reason) = validate_name(&name) {
            return Ok(Err(wit::Error::InvalidName(format!("`{name}`: {reason}"))));
        }
        let value = accessor.with(|mut access| access.get().variables.get(&name).cloned());
        Ok(value.map(|value| value.expose().to_owned()).ok_or_else(|| {
            wit::Error::Undefined(format!("the component's manifest entry has no variable `{name}`"))
        }))
    }
}
