//! The composition root: the one crate that names capabilities and triggers both, and puts them together for an
//! application.
//!
//! [`Host::prepare`] finds every mistake that can be found without touching the network; [`Host::run`] binds ports, starts
//! the triggers and drains them again when told to stop.

mod admin;
mod capabilities;
mod components;
mod data;
mod jobs;
mod kafka;
mod readiness;
mod service_token;
mod services;
mod state_directory;
mod triggers;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use sidespin_app::{App, Diagnostic, Diagnostics};
use sidespin_broker::Broker;
use sidespin_capability_kafka::KafkaNeeds;
use sidespin_capability_key_value::KeyValueNeeds;
use sidespin_capability_outbound_http::ServiceDirectory;
use sidespin_capability_sqlite::SqliteNeeds;
use sidespin_capability_wasi::Program;
use sidespin_engine::{Engine, EngineConfig, EngineError};
use sidespin_expressions::Variables;
use sidespin_job_store::JobStore;
use sidespin_manifest::RuntimeConfig;
use sidespin_telemetry::Metrics;
use sidespin_trigger::{PoolConfig, TriggerError};
use sidespin_trigger_command::{CommandNeeds, ExitCode};
pub use sidespin_trigger_http::TlsFiles;
use sidespin_trigger_kafka::KafkaTriggerNeeds;
use thiserror::Error;
use tokio_util::sync::CancellationToken;

use crate::components::Components;
pub use crate::jobs::JobsLocation;
use crate::kafka::Kafka;
use crate::readiness::Readiness;
use crate::triggers::Triggers;

use crate::capabilities::{Capabilities, Needs, config_keys};

/// Everything that an application's run is told.
#[derive(Debug)]
pub struct HostOptions {
    /// What to run.
    pub app: App,
    /// Its variables, resolved.
    pub variables: Variables,
    /// runtime-config.toml, empty where there is none.
    pub runtime_config: RuntimeConfig,
    /// What a command is told that is all there is to run.
    pub arguments: Vec<String>,
    /// Where databases, the broker's log, jobs and compiled components are kept.
    pub state_directory: PathBuf,
    /// Where the HTTP trigger listens.
    pub http_listen: SocketAddr,
    /// What makes it an HTTPS server.
    pub tls: Option<TlsFiles>,
    /// Where what components print is kept, beside the log.
    pub log_directory: Option<PathBuf>,
    /// SQL to run on the default SQLite database before the application starts.
    pub sqlite_statements: Vec<String>,
    /// Pairs to set in the default key-value store before the application starts.
    pub key_values: Vec<(String, String)>,
    /// Where metrics and health are served.
    pub admin_listen: SocketAddr,
    /// Where the embedded Kafka broker listens, if one is needed.
    pub kafka_listen: SocketAddr,
    /// How long work in flight may take after the signal to stop.
    pub shutdown_grace: Duration,
    /// Bounds for instances.
    pub engine: EngineConfig,
    /// How instances are kept and reused.
    pub pool: PoolConfig,
}

/// Why a host did not start, or stopped by itself.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum HostError {
    /// The manifest, the runtime configuration or a component is wrong.
    #[error(transparent)]
    Configuration(#[from] Diagnostics),
    /// Something outside of them: a port, a directory, the machine.
    #[error(transparent)]
    Environment(Diagnostic),
    /// A trigger gave up.
    #[error(transparent)]
    Trigger(#[from] TriggerError),
}

impl From<Diagnostic> for HostError {
    fn from(mistake: Diagnostic) -> Self {
        Self::Configuration(mistake.into())
    }
}

/// Where a running host can be reached.
#[derive(Debug, Clone)]
pub struct Started {
    /// The application's address, if it has HTTP triggers.
    pub http: Option<SocketAddr>,
    /// Whether it is reached by HTTPS.
    pub is_https: bool,
    /// The embedded Kafka broker's address, if it runs.
    pub kafka: Option<SocketAddr>,
    /// The admin port.
    pub admin: SocketAddr,
}

/// An application that was checked and can run.
#[derive(Debug)]
pub struct Host {
    triggers: Triggers,
    /// Where the exit code will be, if a command is run.
    command: Option<ExitCode>,
    is_https: bool,
    kafka: Kafka,
    jobs: Option<Arc<JobStore>>,
    metrics: Metrics,
    admin_listen: SocketAddr,
    shutdown_grace: Duration,
}

impl Host {
    /// Checks everything, compiles what is not cached, and opens the state directory. Blocks; call it before or off the
    /// async workers.
    ///
    /// # Errors
    /// Any mistake in what the options hold, or a state directory that cannot be used.
    pub fn prepare(options: HostOptions) -> Result<Self, HostError> {
        let HostOptions {
            mut app,
            arguments,
            variables,
            runtime_config,
            state_directory,
            ..
        } = options;
        runtime_config.refuse_unknown(config_keys().into_iter().chain([jobs::KEY, service_token::KEY]))?;
        triggers::refuse_unknown(&app)?;
        let program = program(&mut app, arguments)?;
        let command = CommandNeeds::default();
        let exit = program.as_ref().map(|_program| command.exit.clone());
        state_directory::open(&state_directory).map_err(HostError::Environment)?;
        let metrics = Metrics::default();
        let directory = ServiceDirectory::default();
        let kafka = Kafka::configure(&app, &variables, options.kafka_listen, &state_directory)?;
        let jobs = jobs::open(&app, &runtime_config, &variables, &state_directory)?;
        let service_token = service_token::read(&runtime_config, &variables)?;
        let variables = Arc::new(variables);
        let needs = Needs {
            variables: Arc::clone(&variables),
            log_directory: options.log_directory,
            program,
            key_value: KeyValueNeeds {
                state_directory: state_directory.clone(),
                pairs: options.key_values,
            },
            sqlite: SqliteNeeds {
                state_directory: state_directory.clone(),
                statements: options.sqlite_statements,
            },
            services: directory.clone(),
            service_token: service_token.clone(),
            metrics: metrics.clone(),
            kafka: KafkaNeeds {
                connection: kafka.connection.clone(),
                producer: kafka.producer.clone(),
                metrics: metrics.clone(),
            },
            jobs: jobs.clone(),
        };
        let capabilities = Capabilities::configure(&app, &runtime_config, needs)?;
        let engine = Engine::new(options.engine, Some(&state_directory.join("cache/compiled")))
            .map_err(|error| HostError::Environment(engine_failed(&error)))?;
        let linker = capabilities::linker(&engine)?;
        let instances = components::shared(Components::link(&app, &engine, &linker, capabilities)?);
        let is_https = options.tls.is_some();
        let triggers = Triggers::new(
            &app,
            &instances,
            triggers::Needs {
                http_listen: options.http_listen,
                tls: options.tls,
                service_token,
                pool: options.pool.clone(),
                metrics: metrics.clone(),
                kafka: KafkaTriggerNeeds {
                    connection: kafka.connection.clone(),
                    producer: kafka.producer.clone(),
                    topics_may_be_missing: kafka.is_external(),
                    pool: options.pool,
                    metrics: metrics.clone(),
                },
                jobs: jobs.clone(),
                variables,
                command,
            },
            &directory,
        )?;
        Ok(Self {
            triggers,
            command: exit,
            is_https,
            kafka,
            jobs,
            metrics,
            admin_listen: options.admin_listen,
            shutdown_grace: options.shutdown_grace,
        })
    }

    /// Runs until `shutdown` is cancelled and everything in flight is finished, or the grace period is over. Calls
    /// `started` once every trigger takes events. A command runs until it ends, and its exit code is the answer.
    ///
    /// # Errors
    /// A port that is in use, or a trigger that cannot go on.
    pub async fn run(
        self,
        shutdown: CancellationToken,
        started: impl FnOnce(Started) + Send,
    ) -> Result<Option<u8>, HostError> {
        if let Some(exit) = self.command.clone() {
            return self.run_command(&exit, &shutdown).await;
        }
        let (admin_listen, is_https) = (self.admin_listen, self.is_https);
        let refused = |error: std::io::Error| {
            HostError::Environment(
                Diagnostic::new(format!("cannot listen on {admin_listen} for metrics and health"))
                    .caused_by(&error)
                    .hint("stop what uses the address, or give another one with `--admin-listen`"),
            )
        };
        let listener = admin::bind(admin_listen).await.map_err(refused)?;
        let admin_address = listener.local_addr().map_err(refused)?;
        let readiness = Arc::new(Readiness::default());
        // Probes are answered until the very end, so that an orchestrator sees the draining.
        let admin_shutdown = CancellationToken::new();
        let serving = admin::serve(
            listener,
            self.metrics,
            Arc::clone(&readiness),
            admin_shutdown.clone(),
        );
        let admin_task = tokio::spawn(serving);
        let broker = self.kafka.start().await?;
        let kafka = broker.as_ref().map(Broker::address);
        let attending = self
            .jobs
            .map(|store| tokio::spawn(async move { store.attend().await }));
        let announce = |http| {
            started(Started {
                http,
                is_https,
                kafka,
                admin: admin_address,
            })
        };
        let result = self
            .triggers
            .run(&readiness, &shutdown, self.shutdown_grace, announce)
            .await;
        // Only now, because what drains still has claims to be renewed.
        if let Some(attending) = attending {
            attending.abort();
        }
        // Last, because what drains still writes to it.
        if let Some(broker) = broker {
            broker.shutdown().await;
        }
        admin_shutdown.cancel();
        if admin_task.await.is_err() {
            tracing::warn!("the admin server ended in a panic");
        }
        result.map(|()| None)
    }

    /// A command serves nothing: it may run beside the application itself.
    async fn run_command(
        self,
        exit: &ExitCode,
        shutdown: &CancellationToken,
    ) -> Result<Option<u8>, HostError> {
        let broker = self.kafka.start().await?;
        let readiness = Readiness::default();
        let result = self
            .triggers
            .run(&readiness, shutdown, self.shutdown_grace, drop)
            .await;
        if let Some(broker) = broker {
            broker.shutdown().await;
        }
        result.map(|()| exit.get())
    }
}

/// The command that the application is, with its arguments; nothing where it is something else.
fn program(app: &mut App, arguments: Vec<String>) -> Result<Option<Program>, Diagnostic> {
    let is_command = sidespin_trigger_command::select(app)?;
    let command = app.triggers.first().filter(|_entry| is_command);
    if command.is_none() && !arguments.is_empty() {
        return Err(
            Diagnostic::new("arguments are given behind `--`, but what is run is no command")
                .hint("name the component of a `[[trigger.command]]` with `--component-id`"),
        );
    }
    Ok(command.map(|entry| Program {
        component: entry.component.clone(),
        arguments,
    }))
}

fn engine_failed(error: &EngineError) -> Diagnostic {
    Diagnostic::new("the WebAssembly engine cannot be set up")
        .caused_by(error)
        .hint("raise the limit on virtual memory (`ulimit -v unlimited`), or lower SPIN_MAX_INSTANCE_MEMORY")
}
