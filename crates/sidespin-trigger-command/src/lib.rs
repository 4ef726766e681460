//! The command trigger: runs one component once, as a program with arguments, and passes its exit code on.
//!
//! An application that does other things may have commands beside them, such as one that migrates its database. They run
//! alone: [`select`] says whether a run is one of a command, and which entries then count.

mod bindings;
mod select;

use std::sync::{Arc, OnceLock};

use serde::Deserialize;
use sidespin_app::{App, ComponentId, Diagnostic};
use sidespin_trigger::{Instances, Trigger, TriggerContext, TriggerError};
use thiserror::Error;

use crate::bindings::Program;
pub use crate::select::select;

/// What the trigger takes from the rest of the host.
#[derive(Debug, Clone, Default)]
pub struct CommandNeeds {
    /// Where the exit code is put.
    pub exit: ExitCode,
}

/// What a command ended with, as soon as it has.
#[derive(Debug, Clone, Default)]
pub struct ExitCode(Arc<OnceLock<u8>>);

impl ExitCode {
    /// The code; nothing while the command runs, or where none did.
    #[must_use]
    pub fn get(&self) -> Option<u8> {
        self.0.get().copied()
    }
}

/// Why a command has no exit code.
#[derive(Debug, Error)]
enum CommandError {
    #[error("it was told to stop before it had ended")]
    Stopped,
    #[error("{0}")]
    Trapped(String),
}

/// The command of an application.
pub struct CommandTrigger<T: 'static> {
    component: ComponentId,
    program: Program<T>,
    instances: Arc<dyn Instances<T>>,
    exit: ExitCode,
}

impl<T> std::fmt::Debug for CommandTrigger<T> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_tuple("CommandTrigger")
            .field(&self.component)
            .finish()
    }
}

/// An entry has no keys of its own.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct EntryConfig {}

impl<T: Send + 'static> Trigger<T> for CommandTrigger<T> {
    const TYPE: &'static str = select::TYPE;

    type Needs = CommandNeeds;

    fn new(app: &App, needs: CommandNeeds, instances: &Arc<dyn Instances<T>>) -> Result<Self, Diagnostic> {
        let mut entries = app.triggers_of(select::TYPE);
        let entry = entries
            .next()
            .ok_or_else(|| Diagnostic::new("the application has no command"))?;
        let EntryConfig {} = entry.parse_config()?;
        Ok(Self {
            component: entry.component.clone(),
            program: Program::new(entry, instances)?,
            instances: Arc::clone(instances),
            exit: needs.exit,
        })
    }

    async fn run(self, context: TriggerContext) -> Result<(), TriggerError> {
        let failed = |error: CommandError| TriggerError::Failed {
            what: format!("the command `{}` did not end by itself", self.component),
            source: Box::new(error),
        };
        let trapped = |error: wasmtime::Error| failed(CommandError::Trapped(format!("{error:#}")));
        let Some(mut store) = self.instances.store(&self.component) else {
            return Err(failed(CommandError::Trapped(
                "the application has no such component".to_owned(),
            )));
        };
        context.ready(true);
        // No deadline: a command takes the time that it takes.
        let running = self.program.run(&mut store);
        let code = select::first(running, context.shutdown.cancelled())
            .await
            .ok_or_else(|| failed(CommandError::Stopped))?
            .map_err(trapped)?;
        // There is one command, so nobody else has set it.
        self.exit.0.get_or_init(|| code);
        Ok(())
    }
}
