//! What a component with jobs exports, and how a firing gets there.

use std::sync::Arc;

use futures::FutureExt;
use futures::future::BoxFuture;
use sidespin_app::{Diagnostic, TriggerEntry};
use sidespin_job_store::Due;
use sidespin_trigger::{Bindings, CallError, Instances, Outcome, Pool};
use sidespin_world::job_worker::sidespin::jobs::types;
use sidespin_world::job_worker::{JobWorker, JobWorkerPre};
use wasmtime::Store;

use crate::firing::{Answer, Calls};

/// The exports of one component, found once.
pub(crate) struct JobsBindings<T: 'static> {
    pre: JobWorkerPre<T>,
}

impl<T: Send + 'static> JobsBindings<T> {
    pub(crate) fn new(entry: &TriggerEntry, instances: &Arc<dyn Instances<T>>) -> Result<Self, Diagnostic> {
        let component = &entry.component;
        let Some(instance_pre) = instances.instance_pre(component) else {
            return Err(Diagnostic::new(format!(
                "the jobs trigger names a component `{component}` that is not loaded"
            ))
            .at(entry.location.clone())
            .hint(format!("declare `[component.{component}]`")));
        };
        match JobWorkerPre::new(instance_pre) {
            Ok(pre) => Ok(Self { pre }),
            Err(_missing) => Err(Diagnostic::new(format!(
                "component `{component}` has a jobs trigger but does not export what it calls"
            ))
            .at(entry.location.clone())
            .hint("export `sidespin:jobs/job-handler@0.1.0`, the interface in `wit/sidespin-jobs`")),
        }
    }
}

impl<T: Send + 'static> Bindings for JobsBindings<T> {
    type Data = T;
    type Exports = JobWorker;

    async fn instantiate(&self, store: &mut Store<T>) -> wasmtime::Result<JobWorker> {
        self.pre.instantiate_async(store).await
    }
}

impl<T: Send + 'static> Calls for Pool<JobsBindings<T>> {
    fn call(&self, firing: &Due) -> BoxFuture<'static, Answer> {
        let job = types::Job {
            name: firing.claim.name().to_owned(),
            due: firing.due,
            attempt: firing.attempt,
            payload: firing.payload.clone(),
        };
        let pool = self.clone();
        async move {
            let answered = pool
                .call(move |accessor, exports| {
                    exports
                        .sidespin_jobs_job_handler()
                        .call_handle_job(accessor, job)
                        .boxed()
                })
                .await;
            match answered {
                Ok(Ok(())) => Answer::Called(Outcome::Done),
                Ok(Err(types::Failure::Retry(reason))) => Answer::Called(Outcome::Retry { reason }),
                Ok(Err(types::Failure::Reject(reason))) => Answer::Called(Outcome::Reject { reason }),
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
