//! What a component with a cron trigger exports, and how a tick gets there.

use std::sync::Arc;

use futures::FutureExt;
use futures::future::BoxFuture;
use sidespin_app::{Diagnostic, TriggerEntry};
use sidespin_trigger::{Bindings, CallError, Instances, Outcome, Pool};
use sidespin_world::cron_worker::fermyon::spin_cron::cron_types;
use sidespin_world::cron_worker::{SpinCron, SpinCronPre};
use wasmtime::Store;

use crate::entry::{Answer, Calls};

/// The exports of one component, found once.
pub(crate) struct CronBindings<T: 'static> {
    pre: SpinCronPre<T>,
}

impl<T: Send + 'static> CronBindings<T> {
    pub(crate) fn new(entry: &TriggerEntry, instances: &Arc<dyn Instances<T>>) -> Result<Self, Diagnostic> {
        let component = &entry.component;
        let Some(instance_pre) = instances.instance_pre(component) else {
            return Err(Diagnostic::new(format!(
                "the cron trigger names a component `{component}` that is not loaded"
            ))
            .at(entry.location.clone())
            .hint(format!("declare `[component.{component}]`")));
        };
        match SpinCronPre::new(instance_pre) {
            Ok(pre) => Ok(Self { pre }),
            Err(_missing) => Err(Diagnostic::new(format!(
                "component `{component}` has a cron trigger but does not export what it calls"
            ))
            .at(entry.location.clone())
            .hint("export `handle-cron-event` of the world `fermyon:spin-cron/spin-cron@2.0.0`, as Spin's cron SDK does")),
        }
    }
}

impl<T: Send + 'static> Bindings for CronBindings<T> {
    type Data = T;
    type Exports = SpinCron;

    async fn instantiate(&self, store: &mut Store<T>) -> wasmtime::Result<SpinCron> {
        self.pre.instantiate_async(store).await
    }
}

impl<T: Send + 'static> Calls for Pool<CronBindings<T>> {
    fn call(&self, tick: u64) -> BoxFuture<'static, Answer> {
        let metadata = cron_types::Metadata {
            timestamp: tick / 1000,
        };
        let pool = self.clone();
        async move {
            let answered = pool
                .call(move |accessor, exports| exports.call_handle_cron_event(accessor, metadata).boxed())
                .await;
            match answered {
                Ok(Ok(())) => Answer::Called(Outcome::Done),
                Ok(Err(cron_types::Error::Other(reason))) => Answer::Called(Outcome::Reject { reason }),
                Err(error @ (CallError::Overloaded { .. } | CallError::Instantiate { .. })) => {
                    Answer::NotCalled {
                        reason: error.to_string(),
                    }
                }
                Err(error) => Answer::Called(Outcome::Trapped {
                    reason: error.to_string(),
                }),
            }
        }
        .boxed()
    }
}
