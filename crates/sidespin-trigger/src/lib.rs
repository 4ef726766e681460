//! The contract of a trigger: what turns one kind of event into invocations of components.
//!
//! A trigger is *made* once, when everything it was told is checked, and then *runs* until it is told to stop. It
//! invokes through a [`Pool`] per component and maps what comes back to its own protocol; how instances are made, reused
//! and bounded is decided here, once for all triggers.

mod pool;
mod worker;

pub use pool::{Bindings, CallError, Pool, PoolConfig};

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use sidespin_app::{App, ComponentId, Diagnostic};
use thiserror::Error;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use wasmtime::Store;
use wasmtime::component::InstancePre;

/// One kind of event source.
pub trait Trigger<T: Send + 'static>: Sized + Send + 'static {
    /// The `<type>` of `[[trigger.<type>]]`.
    const TYPE: &'static str;

    /// What it takes from the command line and from the rest of the host.
    type Needs;

    /// Checks every entry of this type: its keys, and that the component exports what the trigger calls. Connects to
    /// nothing and binds nothing; an error ends the start and must name file, key and remedy.
    fn new(app: &App, needs: Self::Needs, instances: &Arc<dyn Instances<T>>) -> Result<Self, Diagnostic>;

    /// Takes events until `context.shutdown` is cancelled, then finishes what is in flight and returns. Calls
    /// [`TriggerContext::ready`] once it takes events.
    fn run(self, context: TriggerContext) -> impl Future<Output = Result<(), TriggerError>> + Send;
}

/// Where instances come from.
pub trait Instances<T: Send + 'static>: Send + Sync {
    /// The linked component, or nothing for one that the application does not have.
    fn instance_pre(&self, component: &ComponentId) -> Option<InstancePre<T>>;

    /// A store with fresh state for one instance of `component`, bounded as the engine says. Nothing for an unknown one.
    fn store(&self, component: &ComponentId) -> Option<Store<T>>;
}

/// Whether a trigger takes events, and where.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Status {
    /// It takes events now.
    pub ready: bool,
    /// What keeps parts of it from their work, by the part's name.
    pub problems: BTreeMap<String, String>,
    /// Where it can be reached, for one that listens.
    pub address: Option<SocketAddr>,
}

/// What a running trigger has of the host.
#[derive(Debug, Clone)]
pub struct TriggerContext {
    /// Cancelled when intake must stop.
    pub shutdown: CancellationToken,
    status: watch::Sender<Status>,
}

impl TriggerContext {
    /// A context, and what tells how the trigger is doing.
    #[must_use]
    pub fn new(shutdown: CancellationToken) -> (Self, watch::Receiver<Status>) {
        let (status, observer) = watch::channel(Status::default());
        (Self { shutdown, status }, observer)
    }

    /// Says whether the trigger takes events now. May be said again, when a connection is lost or found.
    pub fn ready(&self, ready: bool) {
        self.status.send_modify(|status| status.ready = ready);
    }

    /// Says what keeps a part of the trigger from its work, or that nothing does any more. Said again and again for as long as
    /// it lasts, it costs nothing.
    pub fn problem(&self, part: &str, problem: Option<String>) {
        self.status.send_if_modified(|status| match problem {
            Some(problem) => status.problems.insert(part.to_owned(), problem.clone()) != Some(problem),
            None => status.problems.remove(part).is_some(),
        });
    }

    /// Says where the trigger listens.
    pub fn listening(&self, address: SocketAddr) {
        self.status.send_modify(|status| status.address = Some(address));
    }
}

/// What came of one event, whatever its kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The component did its work.
    Done,
    /// It could not, and asks for the event again.
    Retry {
        /// Its own words.
        reason: String,
    },
    /// It will never be able to.
    Reject {
        /// Its own words.
        reason: String,
    },
    /// It did not answer: a trap, a time-out, no instance. Counts as a retry.
    Trapped {
        /// What happened to it.
        reason: String,
    },
}

/// Why a trigger stopped that was not told to.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum TriggerError {
    /// The address cannot be listened on.
    #[error("cannot listen on {address} for {what}")]
    Listen {
        /// What would have listened.
        what: &'static str,
        /// Where.
        address: SocketAddr,
        /// The system's answer.
        #[source]
        source: std::io::Error,
        /// What the user can do.
        hint: String,
    },
    /// Anything that the trigger itself cannot go on from.
    #[error("{what}")]
    Failed {
        /// What was being done.
        what: String,
        /// Why it failed.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}
