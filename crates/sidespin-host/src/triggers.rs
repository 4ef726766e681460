//! All triggers: made for an application, run side by side, drained together.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use sidespin_app::{App, Diagnostic, Diagnostics};
use sidespin_capability_outbound_http::ServiceDirectory;
use sidespin_expressions::Variables;
use sidespin_invocation::ServiceToken;
use sidespin_job_store::JobStore;
use sidespin_telemetry::Metrics;
use sidespin_trigger::{Instances, PoolConfig, Status, Trigger, TriggerContext, TriggerError};
use sidespin_trigger_command::{CommandNeeds, CommandTrigger};
use sidespin_trigger_cron::{CronNeeds, CronTrigger};
use sidespin_trigger_http::{HttpNeeds, HttpTrigger, TlsFiles};
use sidespin_trigger_jobs::{JobsNeeds, JobsTrigger};
use sidespin_trigger_kafka::{KafkaTrigger, KafkaTriggerNeeds};
use sidespin_trigger_redis::{RedisNeeds, RedisTrigger};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::HostError;
use crate::data::InstanceData;
use crate::readiness::Readiness;
use crate::services::LocalServices;

/// The trigger types that this host has.
const TYPES: &[&str] = &[
    <HttpTrigger<InstanceData> as Trigger<InstanceData>>::TYPE,
    <KafkaTrigger<InstanceData> as Trigger<InstanceData>>::TYPE,
    <JobsTrigger<InstanceData> as Trigger<InstanceData>>::TYPE,
    <RedisTrigger<InstanceData> as Trigger<InstanceData>>::TYPE,
    <CronTrigger as Trigger<InstanceData>>::TYPE,
    <CommandTrigger<InstanceData> as Trigger<InstanceData>>::TYPE,
];

/// What the triggers take from the command line and the rest of the host.
pub(crate) struct Needs {
    pub(crate) http_listen: SocketAddr,
    pub(crate) tls: Option<TlsFiles>,
    pub(crate) service_token: Option<ServiceToken>,
    pub(crate) pool: PoolConfig,
    pub(crate) metrics: Metrics,
    pub(crate) kafka: KafkaTriggerNeeds,
    /// There if the application has a trigger that fires jobs.
    pub(crate) jobs: Option<Arc<JobStore>>,
    pub(crate) variables: Arc<Variables>,
    pub(crate) command: CommandNeeds,
}

/// The triggers that the application uses.
#[derive(Debug)]
pub(crate) struct Triggers {
    http: Option<HttpTrigger<InstanceData>>,
    kafka: Option<KafkaTrigger<InstanceData>>,
    jobs: Option<JobsTrigger<InstanceData>>,
    redis: Option<RedisTrigger<InstanceData>>,
    cron: Option<CronTrigger>,
    command: Option<CommandTrigger<InstanceData>>,
}

/// Every entry must be of a type that this host has.
pub(crate) fn refuse_unknown(app: &App) -> Result<(), Diagnostics> {
    let mut diagnostics = Diagnostics::new();
    for entry in app
        .triggers
        .iter()
        .filter(|entry| !TYPES.contains(&entry.trigger_type.as_str()))
    {
        diagnostics.push(
            Diagnostic::new(format!(
                "no trigger of type `{}` is known here",
                entry.trigger_type
            ))
            .at(entry.location.clone())
            .hint(format!("the types are: {}", TYPES.join(", "))),
        );
    }
    diagnostics.or_ok(())
}

impl Triggers {
    pub(crate) fn new(
        app: &App,
        instances: &Arc<dyn Instances<InstanceData>>,
        needs: Needs,
        directory: &ServiceDirectory,
    ) -> Result<Self, Diagnostic> {
        let Needs {
            http_listen,
            tls,
            service_token,
            pool,
            metrics,
            kafka,
            jobs,
            variables,
            command,
        } = needs;
        let http_needs = HttpNeeds {
            listen: http_listen,
            tls,
            pool: pool.clone(),
            metrics: metrics.clone(),
            service_token,
        };
        let http = make::<HttpTrigger<InstanceData>>(app, http_needs, instances)?;
        if let Some(http) = &http {
            directory.open(Arc::new(LocalServices(http.services())));
        }
        let kafka = make::<KafkaTrigger<InstanceData>>(app, kafka, instances)?;
        let (jobs, cron) = match jobs {
            None => (None, None),
            Some(store) => {
                let cron_needs = CronNeeds {
                    store: Arc::clone(&store),
                    pool: pool.clone(),
                    metrics: metrics.clone(),
                };
                let jobs_needs = JobsNeeds {
                    store,
                    pool: pool.clone(),
                    metrics: metrics.clone(),
                };
                (
                    make::<JobsTrigger<InstanceData>>(app, jobs_needs, instances)?,
                    make::<CronTrigger>(app, cron_needs, instances)?,
                )
            }
        };
        let redis_needs = RedisNeeds {
            variables,
            pool,
            metrics,
        };
        let command = make::<CommandTrigger<InstanceData>>(app, command, instances)?;
        let redis = make::<RedisTrigger<InstanceData>>(app, redis_needs, instances)?;
        Ok(Self {
            http,
            kafka,
            jobs,
            redis,
            cron,
            command,
        })
    }

    pub(crate) async fn run(
        self,
        readiness: &Readiness,
        shutdown: &CancellationToken,
        grace: Duration,
        started: impl FnOnce(Option<SocketAddr>) + Send,
    ) -> Result<(), HostError> {
        // Cancelled by the user's signal, and by the first trigger that fails.
        let stop = shutdown.child_token();
        let mut running = JoinSet::new();
        let http = self.http.map(|http| start(http, &stop, readiness, &mut running));
        let _status = self
            .kafka
            .map(|kafka| start(kafka, &stop, readiness, &mut running));
        let _status = self.jobs.map(|jobs| start(jobs, &stop, readiness, &mut running));
        let _status = self.cron.map(|cron| start(cron, &stop, readiness, &mut running));
        let _status = self
            .command
            .map(|command| start(command, &stop, readiness, &mut running));
        let _status = self
            .redis
            .map(|redis| start(redis, &stop, readiness, &mut running));
        let ready = tokio::select! {
            ready = readiness.all_ready() => ready,
            () = stop.cancelled() => false,
        };
        if ready {
            started(http.and_then(|status| status.borrow().address));
        }
        let mut first_failure = None;
        let mut deadline = None;
        loop {
            tokio::select! {
                ended = running.join_next() => match ended {
                    None => break,
                    Some(Ok(Ok(()))) if stop.is_cancelled() => {}
                    Some(Ok(Ok(()))) => stop.cancel(),
                    Some(Ok(Err(error))) => {
                        stop.cancel();
                        first_failure.get_or_insert(error);
                    }
                    Some(Err(panic)) => {
                        stop.cancel();
                        let what = "running a trigger".to_owned();
                        first_failure.get_or_insert(TriggerError::Failed { what, source: Box::new(panic) });
                    }
                },
                () = stop.cancelled(), if deadline.is_none() => {
                    deadline = Some(Box::pin(tokio::time::sleep(grace)));
                }
                () = wait(deadline.as_mut()), if deadline.is_some() => {
                    tracing::warn!("the grace period is over; what is still in flight is given up");
                    running.abort_all();
                    deadline = Some(Box::pin(tokio::time::sleep(grace)));
                }
            }
        }
        first_failure.map_or(Ok(()), |failure| Err(failure.into()))
    }
}

async fn wait(deadline: Option<&mut std::pin::Pin<Box<tokio::time::Sleep>>>) {
    if let Some(deadline) = deadline {
        deadline.as_mut().await;
    }
}

/// A trigger, if the application has an entry of its type.
fn make<R: Trigger<InstanceData>>(
    app: &App,
    needs: R::Needs,
    instances: &Arc<dyn Instances<InstanceData>>,
) -> Result<Option<R>, Diagnostic> {
    if app.triggers_of(R::TYPE).next().is_none() {
        return Ok(None);
    }
    R::new(app, needs, instances).map(Some)
}

fn start<R: Trigger<InstanceData>>(
    trigger: R,
    stop: &CancellationToken,
    readiness: &Readiness,
    running: &mut JoinSet<Result<(), TriggerError>>,
) -> watch::Receiver<Status> {
    let (context, status) = TriggerContext::new(stop.clone());
    readiness.add(R::TYPE, status.clone());
    running.spawn(trigger.run(context));
    status
}
