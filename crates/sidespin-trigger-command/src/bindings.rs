//! What a command exports: `wasi:cli/run`, of WASI 0.2 as toolchains make of a program, or of 0.3, in which it may wait for
//! many things at once.

use std::sync::Arc;

use sidespin_app::{Diagnostic, TriggerEntry};
use sidespin_trigger::Instances;
use sidespin_world::command::CommandPre as Command03;
use wasmtime::Store;
use wasmtime_wasi::I32Exit;
use wasmtime_wasi::p2::bindings::CommandPre as Command02;

/// The export of the component, found once.
pub(crate) enum Program<T: 'static> {
    Wasi02(Command02<T>),
    Wasi03(Command03<T>),
}

impl<T: Send + 'static> Program<T> {
    pub(crate) fn new(entry: &TriggerEntry, instances: &Arc<dyn Instances<T>>) -> Result<Self, Diagnostic> {
        let component = &entry.component;
        let Some(instance_pre) = instances.instance_pre(component) else {
            return Err(Diagnostic::new(format!(
                "the command trigger names a component `{component}` that is not loaded"
            ))
            .at(entry.location.clone())
            .hint(format!("declare `[component.{component}]`")));
        };
        if let Ok(pre) = Command03::new(instance_pre.clone()) {
            return Ok(Self::Wasi03(pre));
        }
        Command02::new(instance_pre)
            .map(Self::Wasi02)
            .map_err(|_missing| {
                Diagnostic::new(format!(
                    "component `{component}` has a command trigger but does not export what it calls"
                ))
                .at(entry.location.clone())
                .hint("build it as a program (`fn main`), or export `wasi:cli/run`")
            })
    }

    /// Runs the program and answers with its exit code.
    pub(crate) async fn run(&self, store: &mut Store<T>) -> wasmtime::Result<u8> {
        let ended = match self {
            Self::Wasi02(pre) => {
                let command = pre.instantiate_async(&mut *store).await?;
                command.wasi_cli_run().call_run(store).await
            }
            Self::Wasi03(pre) => {
                let command = pre.instantiate_async(&mut *store).await?;
                store
                    .run_concurrent(async |accessor| command.wasi_cli_run().call_run(accessor).await)
                    .await
                    .and_then(|ended| ended)
            }
        };
        match ended {
            Ok(Ok(())) => Ok(0),
            Ok(Err(())) => Ok(1),
            // The system knows no others.
            Err(error) => match error.downcast_ref::<I32Exit>() {
                Some(I32Exit(code)) => Ok(u8::try_from(*code).unwrap_or(u8::MAX)),
                None => Err(error),
            },
        }
    }
}
