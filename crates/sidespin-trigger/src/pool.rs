//! Instances of one component, shared by all calls to it.
//!
//! A call goes to an instance that waits for something; only if all are busy is a new one made. An instance is given
//! up after so many calls, after a while without any, when a call traps, and when a call runs over its time.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use sidespin_app::ComponentId;
use thiserror::Error;
use tokio::sync::{Notify, oneshot};
use wasmtime::Store;
use wasmtime::component::Accessor;

use crate::Instances;
use crate::worker::Worker;

/// How a trigger gets at what a component exports.
pub trait Bindings: Send + Sync + 'static {
    /// The store's data.
    type Data: Send + 'static;
    /// The exports of one instance.
    type Exports: Send + Sync + 'static;

    /// Makes an instance in `store`.
    fn instantiate(
        &self,
        store: &mut Store<Self::Data>,
    ) -> impl Future<Output = wasmtime::Result<Self::Exports>> + Send;
}

/// How long instances live and how much they take on.
#[derive(Debug, Clone)]
pub struct PoolConfig {
    /// Calls that one instance works on at once.
    pub concurrency: usize,
    /// Calls after which an instance is replaced, so that what it leaks goes with it.
    pub uses: usize,
    /// How long an instance without calls is kept.
    pub idle: Duration,
    /// How long one call may take to answer.
    pub deadline: Duration,
    /// Instances alive at once.
    pub instances: usize,
    /// Calls that may wait for an instance; further ones are refused.
    pub queue: usize,
}

impl Default for PoolConfig {
    /// Spin's figures for reuse; the rest keeps one component from taking the whole machine.
    fn default() -> Self {
        Self {
            concurrency: 16,
            uses: 128,
            idle: Duration::from_secs(10),
            deadline: Duration::from_secs(30),
            instances: 200,
            queue: 2000,
        }
    }
}

/// Why a call has no answer.
#[derive(Debug, Clone, Error)]
#[non_exhaustive]
pub enum CallError {
    /// No instance could be made.
    #[error("no instance of `{component}` could be made: {reason}")]
    Instantiate {
        /// The component.
        component: ComponentId,
        /// wasmtime's words.
        reason: String,
    },
    /// The guest trapped, or another call to the same instance did.
    #[error("`{component}` trapped: {reason}")]
    Trapped {
        /// The component.
        component: ComponentId,
        /// wasmtime's words.
        reason: String,
    },
    /// The guest did not answer in time.
    #[error("`{component}` did not answer within {deadline:?}")]
    DeadlineExceeded {
        /// The component.
        component: ComponentId,
        /// The time it had.
        deadline: Duration,
    },
    /// Too many calls wait already.
    #[error("`{component}` has too many calls waiting")]
    Overloaded {
        /// The component.
        component: ComponentId,
    },
}

/// The instances of one component. Cheap to clone.
pub struct Pool<B: Bindings> {
    shared: Arc<Shared<B>>,
}

impl<B: Bindings> Clone for Pool<B> {
    fn clone(&self) -> Self {
        Self {
            shared: Arc::clone(&self.shared),
        }
    }
}

impl<B: Bindings> std::fmt::Debug for Pool<B> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Pool")
            .field("component", &self.shared.component)
            .finish_non_exhaustive()
    }
}

impl<B: Bindings> Pool<B> {
    /// A pool without instances; the first call makes one.
    pub fn new(
        component: ComponentId,
        bindings: B,
        instances: Arc<dyn Instances<B::Data>>,
        config: PoolConfig,
    ) -> Self {
        let state = State {
            queue: VecDeque::new(),
            available: 0,
            starting: 0,
            workers: 0,
        };
        let processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Self {
            shared: Arc::new(Shared {
                component,
                bindings,
                instances,
                config,
                starting_limit: processors,
                state: Mutex::new(state),
                pushed: Notify::new(),
            }),
        }
    }

    /// Invokes: `work` is given an instance, and its answer is the call's. `work` fails only if the guest trapped; what
    /// the guest answers otherwise, good or bad, is part of `R`.
    pub async fn call<R, F>(&self, work: F) -> Result<R, CallError>
    where
        R: Send + 'static,
        F: for<'a> FnOnce(&'a Accessor<B::Data>, &'a B::Exports) -> BoxFuture<'a, wasmtime::Result<R>>
            + Send
            + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let component = self.shared.component.clone();
        let deadline = self.shared.config.deadline;
        self.submit(Box::new(Call {
            component: component.clone(),
            deadline,
            work,
            reply,
        }));
        match answer.await {
            Ok(result) => result,
            Err(_closed) => Err(CallError::Trapped {
                component,
                reason: "the instance ended during the call; the log has the cause".to_owned(),
            }),
        }
    }

    fn submit(&self, work: Box<dyn Work<B>>) {
        let mut state = self.shared.state();
        if state.available == 0 && self.shared.may_start(&state) {
            self.shared.start(state, Some(work));
        } else if state.queue.len() < self.shared.config.queue {
            state.queue.push_back(work);
            drop(state);
            self.shared.pushed.notify_one();
        } else {
            drop(state);
            work.fail(CallError::Overloaded {
                component: self.shared.component.clone(),
            });
        }
    }
}

/// What a pool and its workers share.
pub(crate) struct Shared<B: Bindings> {
    pub(crate) component: ComponentId,
    pub(crate) bindings: B,
    pub(crate) instances: Arc<dyn Instances<B::Data>>,
    pub(crate) config: PoolConfig,
    /// Instances that are made at once. More would only share the processors.
    starting_limit: usize,
    state: Mutex<State<B>>,
    /// One permit per call that was queued while a worker was available.
    pub(crate) pushed: Notify,
}

struct State<B: Bindings> {
    queue: VecDeque<Box<dyn Work<B>>>,
    /// Workers that would take a call now.
    available: usize,
    /// Workers that are making their instance.
    starting: usize,
    /// All workers.
    workers: usize,
}

impl<B: Bindings> Shared<B> {
    fn state(&self) -> MutexGuard<'_, State<B>> {
        // Nothing under this lock can leave the state half changed.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The call that has waited longest.
    pub(crate) fn take(&self) -> Option<Box<dyn Work<B>>> {
        self.state().queue.pop_front()
    }

    /// Counts a worker's instance as made, or as impossible to make.
    pub(crate) fn started(&self) {
        self.state().starting -= 1;
    }

    /// Counts a worker as one that takes calls, or no longer.
    pub(crate) fn set_available(self: &Arc<Self>, available: bool) {
        let mut state = self.state();
        if available {
            state.available += 1;
        } else {
            state.available -= 1;
            self.relieve(state);
        }
    }

    /// Called by a worker that has its hands full without having been available before.
    pub(crate) fn occupied(self: &Arc<Self>) {
        self.relieve(self.state());
    }

    /// Counts a worker out.
    pub(crate) fn worker_ended(self: &Arc<Self>) {
        let mut state = self.state();
        state.workers -= 1;
        self.relieve(state);
    }

    /// Starts another worker when calls wait and nobody takes them. That one does the same in its turn, so that there are
    /// as many as it takes and no more, even if each gets stuck in its first call.
    fn relieve(self: &Arc<Self>, state: MutexGuard<'_, State<B>>) {
        if state.available == 0 && !state.queue.is_empty() && self.may_start(&state) {
            self.start(state, None);
        }
    }

    fn may_start(&self, state: &State<B>) -> bool {
        state.workers < self.config.instances && state.starting < self.starting_limit
    }

    fn start(self: &Arc<Self>, mut state: MutexGuard<'_, State<B>>, first: Option<Box<dyn Work<B>>>) {
        state.workers += 1;
        state.starting += 1;
        drop(state);
        Worker::spawn(Arc::clone(self), first);
    }
}

/// How a call ended, for the instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ended {
    Answered,
    /// The instance still works on it; it takes no further calls.
    Expired,
    /// The store is unusable.
    Trapped,
}

/// A call that waits for an instance.
pub(crate) trait Work<B: Bindings>: Send {
    fn start<'a>(
        self: Box<Self>,
        accessor: &'a Accessor<B::Data>,
        exports: &'a B::Exports,
    ) -> BoxFuture<'a, Ended>;

    fn fail(self: Box<Self>, error: CallError);
}

struct Call<R, F> {
    component: ComponentId,
    deadline: Duration,
    work: F,
    reply: oneshot::Sender<Result<R, CallError>>,
}

impl<B, R, F> Work<B> for Call<R, F>
where
    B: Bindings,
    R: Send + 'static,
    F: for<'a> FnOnce(&'a Accessor<B::Data>, &'a B::Exports) -> BoxFuture<'a, wasmtime::Result<R>> + Send,
{
    fn start<'a>(
        self: Box<Self>,
        accessor: &'a Accessor<B::Data>,
        exports: &'a B::Exports,
    ) -> BoxFuture<'a, Ended> {
        let Self {
            component,
            deadline,
            work,
            reply,
        } = *self;
        let running = work(accessor, exports);
        async move {
            let (result, ended) = match tokio::time::timeout(deadline, running).await {
                Ok(Ok(value)) => (Ok(value), Ended::Answered),
                Ok(Err(error)) => {
                    let reason = format!("{error:#}");
                    (Err(CallError::Trapped { component, reason }), Ended::Trapped)
                }
                Err(_elapsed) => (
                    Err(CallError::DeadlineExceeded { component, deadline }),
                    Ended::Expired,
                ),
            };
            // Nobody listens any more when the caller went away; the instance goes on regardless.
            drop(reply.send(result));
            ended
        }
        .boxed()
    }

    fn fail(self: Box<Self>, error: CallError) {
        drop(self.reply.send(Err(error)));
    }
}
