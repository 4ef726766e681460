//! One instance at work: takes calls from its pool and drives them and whatever the guest does after answering.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use futures::StreamExt;
use futures::future::{self, BoxFuture};
use futures::stream::FuturesUnordered;
use tokio::time::Instant;
use wasmtime::component::Accessor;

use crate::pool::{Bindings, CallError, Ended, Shared, Work};

/// How far beyond its deadline a call may be before its instance is dropped with all that runs in it. Only a guest that
/// keeps the event loop from turning gets that far.
const MERCY: Duration = Duration::from_secs(1);

/// How long an instance whose calls are answered is left alone while it still writes their bodies. A call that only computes
/// would hold them up; a stream that takes longer than this is meant to stay open beside other calls.
const FINISHING: Duration = Duration::from_millis(20);

/// A worker as its pool counts it: dropping it counts it out, however it ended.
pub(crate) struct Worker<B: Bindings> {
    shared: Arc<Shared<B>>,
    available: bool,
    /// The last turn of the event loop found every call waiting for something outside of the guest.
    settled: AtomicBool,
    /// Milliseconds after `started` at which the latest call began, plus one; 0 while no call is in flight.
    busy_since: AtomicU64,
    started: Instant,
}

impl<B: Bindings> Worker<B> {
    /// Starts a worker that its pool has counted already.
    pub(crate) fn spawn(shared: Arc<Shared<B>>, first: Option<Box<dyn Work<B>>>) {
        let worker = Self {
            shared,
            available: false,
            settled: AtomicBool::new(true),
            busy_since: AtomicU64::new(0),
            started: Instant::now(),
        };
        tokio::spawn(worker.run(first));
    }

    async fn run(self, first: Option<Box<dyn Work<B>>>) {
        let shared = Arc::clone(&self.shared);
        let component = &shared.component;
        let made = match shared.instances.store(component) {
            Some(mut store) => shared
                .bindings
                .instantiate(&mut store)
                .await
                .map(|exports| (store, exports)),
            None => Err(wasmtime::format_err!("the application has no such component")),
        };
        shared.started();
        let (mut store, exports) = match made {
            Ok(made) => made,
            Err(error) => {
                tracing::error!(%component, error = format!("{error:#}"), "no instance could be made");
                // Without a call of its own the worker was started for the one that has waited longest.
                if let Some(work) = first.or_else(|| shared.take()) {
                    work.fail(CallError::Instantiate {
                        component: component.clone(),
                        reason: format!("{error:#}"),
                    });
                }
                return;
            }
        };
        // Shared between the loop inside of the store and the watch outside of it.
        let worker = std::sync::Mutex::new(self);
        let result = {
            let mut turning = pin!(
                store.run_concurrent(async |accessor| { drive(&worker, accessor, &exports, first).await })
            );
            let mut tick = tokio::time::interval(MERCY);
            future::poll_fn(|context| {
                let polled = turning.as_mut().poll(context);
                if polled.is_ready() {
                    return polled;
                }
                // Whatever is in flight waits for the outside now, so there may be room for another call.
                if lock(&worker).settle() {
                    let polled = turning.as_mut().poll(context);
                    if polled.is_ready() {
                        return polled;
                    }
                }
                while tick.poll_tick(context).is_ready() {
                    if lock(&worker).overdue() {
                        return Poll::Ready(Err(wasmtime::format_err!("the guest ran on past its deadline")));
                    }
                }
                Poll::Pending
            })
            .await
        };
        if let Err(error) | Ok(Err(error)) = result {
            tracing::error!(%component, error = format!("{error:?}"), "an instance ended before its time");
        }
    }

    fn settle(&self) -> bool {
        !self.settled.swap(true, Ordering::Relaxed)
    }

    fn overdue(&self) -> bool {
        let since = self.busy_since.load(Ordering::Relaxed);
        let now = millis(self.started.elapsed());
        since != 0 && now > since + millis(self.shared.config.deadline + MERCY)
    }

    fn set_available(&mut self, available: bool) {
        if self.available != available {
            self.available = available;
            self.shared.set_available(available);
        }
    }

    fn begin_call(&mut self) {
        if self.available {
            self.set_available(false);
        } else {
            self.shared.occupied();
        }
        // Taken to be busy computing until the event loop comes to rest: a second call would only wait for it.
        self.settled.store(false, Ordering::Relaxed);
        self.busy_since
            .store(millis(self.started.elapsed()) + 1, Ordering::Relaxed);
    }
}

impl<B: Bindings> Drop for Worker<B> {
    fn drop(&mut self) {
        self.set_available(false);
        self.shared.worker_ended();
    }
}

/// The loop inside of the store.
async fn drive<B: Bindings>(
    worker: &std::sync::Mutex<Worker<B>>,
    accessor: &Accessor<B::Data>,
    exports: &B::Exports,
    first: Option<Box<dyn Work<B>>>,
) -> wasmtime::Result<()> {
    let shared = Arc::clone(&lock(worker).shared);
    let mut calls: FuturesUnordered<BoxFuture<'_, Ended>> = FuturesUnordered::new();
    let mut uses = 0;
    let mut closed = false;
    if let Some(work) = first {
        lock(worker).begin_call();
        uses += 1;
        calls.push(work.start(accessor, exports));
    }
    let mut pushed = Box::pin(shared.pushed.notified());
    let mut idle = Box::pin(tokio::time::sleep(shared.config.idle));
    let mut finishing = Box::pin(tokio::time::sleep(Duration::ZERO));

    future::poll_fn(|context: &mut Context<'_>| {
        loop {
            match calls.poll_next_unpin(context) {
                Poll::Ready(Some(Ended::Answered)) => {
                    if calls.is_empty() {
                        lock(worker).busy_since.store(0, Ordering::Relaxed);
                        idle.as_mut().reset(Instant::now() + shared.config.idle);
                        finishing.as_mut().reset(Instant::now() + FINISHING);
                    }
                    continue;
                }
                Poll::Ready(Some(Ended::Expired)) => {
                    closed = true;
                    continue;
                }
                // The caller has the reason; everything else in this store is lost with it.
                Poll::Ready(Some(Ended::Trapped)) => return Poll::Ready(Ok(())),
                Poll::Ready(None) | Poll::Pending => {}
            }
            closed |= uses >= shared.config.uses;
            let settled = lock(worker).settled.load(Ordering::Relaxed);
            let is_finishing = calls.is_empty()
                && accessor.poll_no_interesting_tasks(context).is_pending()
                && finishing.as_mut().poll(context).is_pending();
            let takes = !closed
                && !is_finishing
                && calls.len() < shared.config.concurrency
                && (calls.is_empty() || settled);
            lock(worker).set_available(takes);
            if takes {
                if let Some(work) = shared.take() {
                    lock(worker).begin_call();
                    uses += 1;
                    calls.push(work.start(accessor, exports));
                    continue;
                }
                if pushed.as_mut().poll(context).is_ready() {
                    pushed.set(shared.pushed.notified());
                    continue;
                }
            }
            if !calls.is_empty() {
                return Poll::Pending;
            }
            // The guest may still stream a body or finish up after its answers.
            if accessor.poll_no_interesting_tasks(context).is_pending() {
                return Poll::Pending;
            }
            if closed || idle.as_mut().poll(context).is_ready() {
                return Poll::Ready(Ok(()));
            }
            return Poll::Pending;
        }
    })
    .await
}

fn lock<B: Bindings>(worker: &std::sync::Mutex<Worker<B>>) -> std::sync::MutexGuard<'_, Worker<B>> {
    worker.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
