//! `sidespin:jobs/scheduler`: a component keeps, moves and cancels jobs of its own.
//!
//! Firing them is the jobs trigger's work; the two share the store and nothing else.

use std::collections::BTreeMap;
use std::sync::Arc;

use sidespin_app::{App, ComponentId, Diagnostic};
use sidespin_capability::{Capability, Lend};
use sidespin_job_store::{JobStore, JobStoreError, Repeat, Rule, Schedule};
use sidespin_world::jobs::scheduler as wit;
use wasmtime::component::{Accessor, HasData, Linker};

/// The capability.
#[derive(Debug)]
pub struct Jobs;

/// The longest name of a job, in bytes.
pub const LONGEST_NAME: usize = 255;

/// The largest payload, in bytes. A job carries what to do, not what to do it with.
pub const LARGEST_PAYLOAD: usize = 64 << 10;

/// The shortest interval of a repeating job, in milliseconds.
pub const SHORTEST_INTERVAL: u64 = 100;

/// One component's access to its jobs.
#[derive(Debug, Clone)]
pub struct ComponentJobs {
    owner: Arc<str>,
    /// Nothing where nothing fires what is kept: without a jobs trigger it would wait for ever.
    store: Option<Arc<JobStore>>,
}

/// What host calls see of an instance.
#[derive(Debug)]
pub struct JobsView<'a> {
    jobs: &'a Option<ComponentJobs>,
}

impl HasData for Jobs {
    type Data<'a> = JobsView<'a>;
}

impl Capability for Jobs {
    const NAME: &'static str = "jobs";
    const SERVES: &'static [&'static str] = &["sidespin:jobs/scheduler@0.1.0"];

    type Config = BTreeMap<String, ()>;
    /// An application without jobs has no store.
    type Needs = Option<Arc<JobStore>>;
    type AppState = BTreeMap<ComponentId, ComponentJobs>;
    type InstanceState = Option<ComponentJobs>;

    fn link<T: Lend<Self>>(linker: &mut Linker<T>) -> wasmtime::Result<()> {
        wit::add_to_linker::<T, Self>(linker, |data| JobsView { jobs: data.lend().0 })
    }

    fn configure(app: &App, _config: Self::Config, store: Self::Needs) -> Result<Self::AppState, Diagnostic> {
        Ok(app
            .components
            .keys()
            .map(|id| {
                let fires = app.triggers_of("jobs").any(|entry| entry.component == *id);
                let jobs = ComponentJobs {
                    owner: Arc::from(id.as_str()),
                    store: store.clone().filter(|_store| fires),
                };
                (id.clone(), jobs)
            })
            .collect())
    }

    fn instantiate(state: &Self::AppState, component: &ComponentId) -> Self::InstanceState {
        state.get(component).cloned()
    }
}

impl ComponentJobs {
    fn store(&self) -> Result<&JobStore, wit::Error> {
        self.store.as_deref().ok_or_else(|| {
            wit::Error::Invalid(format!(
                "nothing fires the jobs of `{0}`; add `[[trigger.jobs]]` with `component = \"{0}\"` to the manifest",
                self.owner
            ))
        })
    }

    fn schedule(&self, schedule: wit::Schedule) -> Result<Schedule, wit::Error> {
        let invalid = |message: String| Err(wit::Error::Invalid(message));
        let wit::Schedule {
            name,
            due,
            repeat,
            payload,
        } = schedule;
        if name.is_empty() || name.len() > LONGEST_NAME {
            return invalid(format!(
                "a job's name has 1 to {LONGEST_NAME} bytes, this one {}",
                name.len()
            ));
        }
        if payload.len() > LARGEST_PAYLOAD {
            return invalid(format!(
                "a payload has up to {LARGEST_PAYLOAD} bytes, this one {}",
                payload.len()
            ));
        }
        let repeat = match repeat {
            None => None,
            Some(wit::Repeat::Every(interval)) if interval < SHORTEST_INTERVAL => {
                return invalid(format!(
                    "a job repeats at most every {SHORTEST_INTERVAL} milliseconds"
                ));
            }
            Some(wit::Repeat::Every(interval)) => Some(Repeat::Every(interval)),
            Some(wit::Repeat::Rrule(wit::Recurrence { rule, timezone })) => {
                match Rule::new(&rule, &timezone, due) {
                    Ok(rule) => Some(Repeat::Rule(rule)),
                    Err(error) => return invalid(error.to_string()),
                }
            }
        };
        Ok(Schedule {
            owner: self.owner.to_string(),
            name,
            due,
            repeat,
            payload,
        })
    }
}

/// What went wrong inside is for the log; a guest learns whether trying again may work.
fn refused(error: &JobStoreError) -> wit::Error {
    if let JobStoreError::OutOfRange { .. } | JobStoreError::NeverFires = error {
        return wit::Error::Invalid(error.to_string());
    }
    tracing::error!(%error, "a job was not recorded");
    wit::Error::Unavailable("the job store did not answer".to_owned())
}

fn jobs<T: Send>(accessor: &Accessor<T, Jobs>) -> Result<ComponentJobs, wit::Error> {
    let jobs = accessor.with(|mut access| access.get().jobs.clone());
    jobs.ok_or_else(|| wit::Error::Unavailable("this component has no jobs".to_owned()))
}

impl wit::Host for JobsView<'_> {}

impl<T: Send> wit::HostWithStore<T> for Jobs {
    async fn put(
        accessor: &Accessor<T, Self>,
        schedule: wit::Schedule,
    ) -> wasmtime::Result<Result<(), wit::Error>> {
        let put = async {
            let jobs = jobs(accessor)?;
            let schedule = jobs.schedule(schedule)?;
            jobs.store()?.put(schedule).await.map_err(|error| refused(&error))
        };
        Ok(put.await)
    }

    async fn put_if_absent(
        accessor: &Accessor<T, Self>,
        schedule: wit::Schedule,
    ) -> wasmtime::Result<Result<bool, wit::Error>> {
        let put = async {
            let jobs = jobs(accessor)?;
            let schedule = jobs.schedule(schedule)?;
            jobs.store()?
                .put_if_absent(schedule)
                .await
                .map_err(|error| refused(&error))
        };
        Ok(put.await)
    }

    async fn reschedule(
        accessor: &Accessor<T, Self>,
        name: String,
        due: u64,
    ) -> wasmtime::Result<Result<bool, wit::Error>> {
        let reschedule = async {
            let jobs = jobs(accessor)?;
            jobs.store()?
                .reschedule(&jobs.owner, &name, due)
                .await
                .map_err(|error| refused(&error))
        };
        Ok(reschedule.await)
    }

    async fn cancel(
        accessor: &Accessor<T, Self>,
        name: String,
    ) -> wasmtime::Result<Result<bool, wit::Error>> {
        let cancel = async {
            let jobs = jobs(accessor)?;
            jobs.store()?
                .cancel(&jobs.owner, &name)
                .await
                .map_err(|error| refused(&error))
        };
        Ok(cancel.await)
    }
}

#[cfg(test)]
mod tests;
