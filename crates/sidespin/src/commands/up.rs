//! `sidespin up`: load, check, run, drain.

use std::io::Write;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use sidespin_app::{App, ComponentId, Diagnostic};
use sidespin_engine::EngineConfig;
use sidespin_host::{Host, HostOptions, Started, TlsFiles};
use sidespin_loader::{LoadOptions, Loader};
use sidespin_manifest::{RuntimeConfig, Source};
use sidespin_telemetry::LogFormat;
use sidespin_trigger::PoolConfig;

use crate::commands::build;
use crate::environment::Environment;
use crate::failure::Failure;
use crate::{open_files, signals, variables};

/// The directory beside the manifest where everything durable is kept.
pub(crate) const STATE_DIRECTORY: &str = ".sidespin";

/// Tasks that a worker thread runs before it looks for network events. A guest that computes holds its thread for a slice of
/// milliseconds; after tokio's own 61 of them, everybody else would have waited for a third of a second.
const EVENT_INTERVAL: u32 = 11;

#[derive(Debug, Args)]
pub(crate) struct Up {
    /// The application: a spin.toml, or the directory that holds one.
    #[arg(
        short = 'f',
        long = "from",
        visible_alias = "file",
        default_value = "spin.toml"
    )]
    from: PathBuf,
    /// Where to serve HTTP. [env: SPIN_HTTP_LISTEN_ADDR] [default: 127.0.0.1:3000]
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<SocketAddr>,
    /// Serve HTTPS with this certificate, a PEM file. [env: SPIN_TLS_CERT]
    #[arg(
        long,
        value_name = "FILE",
        env = "SPIN_TLS_CERT",
        hide_env = true,
        requires = "tls_key"
    )]
    tls_cert: Option<PathBuf>,
    /// The certificate's private key, a PEM file. [env: SPIN_TLS_KEY]
    #[arg(
        long,
        value_name = "FILE",
        env = "SPIN_TLS_KEY",
        hide_env = true,
        requires = "tls_cert"
    )]
    tls_key: Option<PathBuf>,
    /// Where to serve /metrics, /health/live and /health/ready.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:3001")]
    admin_listen: SocketAddr,
    /// Where the embedded Kafka broker listens.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:9092")]
    kafka_listen: SocketAddr,
    /// Run the components' build commands first.
    #[arg(long)]
    build: bool,
    /// A runtime-config.toml: which backends stand behind stores and databases.
    #[arg(long, value_name = "FILE")]
    runtime_config_file: Option<PathBuf>,
    /// Give a variable a value.
    #[arg(long = "variable", value_name = "NAME=VALUE", value_parser = pair)]
    variables: Vec<(String, String)>,
    /// Give every component an environment variable.
    #[arg(short = 'e', long = "env", value_name = "NAME=VALUE", value_parser = pair)]
    environment: Vec<(String, String)>,
    /// Run only this component; may be given several times. [env: SPIN_COMPONENTS_TO_RETAIN, with commas]
    #[arg(short = 'c', long = "component-id", value_name = "ID")]
    components: Vec<String>,
    /// Build profile of the manifest to use.
    #[arg(long, value_name = "NAME")]
    profile: Option<String>,
    /// Where state is kept. [default: .sidespin beside the manifest]
    #[arg(long, value_name = "DIRECTORY")]
    state_dir: Option<PathBuf>,
    /// Keep what components print in this directory, beside the log.
    #[arg(long, value_name = "DIRECTORY")]
    log_dir: Option<PathBuf>,
    /// SQL to run on the default SQLite database first, such as a migration; @FILE takes it from a file.
    #[arg(long, value_name = "SQL")]
    sqlite: Vec<String>,
    /// A pair to set in the default key-value store first.
    #[arg(long = "key-value", value_name = "KEY=VALUE", value_parser = pair)]
    key_values: Vec<(String, String)>,
    /// Calls after which an instance is replaced; 1 for a fresh instance each time.
    #[arg(long, value_name = "CALLS", default_value_t = PoolConfig::default().uses, value_parser = at_least_one)]
    max_instance_reuse_count: usize,
    /// Calls that one instance works on at once.
    #[arg(long, value_name = "CALLS", default_value_t = PoolConfig::default().concurrency, value_parser = at_least_one)]
    max_instance_concurrent_reuse_count: usize,
    /// How long an instance without calls is kept, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = PoolConfig::default().idle.as_secs())]
    idle_instance_timeout: u64,
    /// How long a component may take to answer, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = PoolConfig::default().deadline.as_secs())]
    request_timeout: u64,
    /// How long work in flight may take after the signal to stop, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 30)]
    shutdown_grace: u64,
    /// Log only warnings and errors, and print nothing else.
    #[arg(short = 'q', long)]
    quiet: bool,
    /// What a command is told: `--component-id migrate -- status`.
    #[arg(last = true, value_name = "ARGUMENTS")]
    arguments: Vec<String>,
}

pub(crate) fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("write NAME=VALUE".to_owned()),
    }
}

fn at_least_one(text: &str) -> Result<usize, String> {
    text.parse()
        .ok()
        .filter(|count| *count > 0)
        .ok_or_else(|| "write a number of at least 1".to_owned())
}

impl Up {
    pub(crate) fn run(self, environment: &impl Environment) -> Result<ExitCode, Failure> {
        self.start_logging(environment);
        if self.build {
            build::run(&self.from)?;
        }
        open_files::raise_limit();
        let quiet = self.quiet;
        let options = self.host_options(environment)?;
        let name = options.app.name.clone();
        let host = Host::prepare(options)?;
        let runtime = runtime()?;
        let result = runtime.block_on(async {
            let shutdown = signals::shutdown().map_err(|error| {
                Failure::Runtime(Diagnostic::new("signals cannot be handled").caused_by(&error))
            })?;
            let announce = move |started: Started| {
                if !quiet {
                    announce(&name, &started);
                }
            };
            host.run(shutdown, announce).await.map_err(Failure::from)
        });
        // A guest may still hold a blocking thread; what had to be finished is finished.
        runtime.shutdown_timeout(Duration::from_secs(1));
        result.map(|exit| ExitCode::from(exit.unwrap_or_default()))
    }

    fn start_logging(&self, environment: &impl Environment) {
        let format = match environment.get("SIDESPIN_LOG_FORMAT").as_deref() {
            Some("json") => LogFormat::Json,
            _ => LogFormat::Text,
        };
        let default = if self.quiet { "warn" } else { "info" };
        sidespin_telemetry::start_logging(
            format,
            environment.get("SIDESPIN_LOG").as_deref().unwrap_or(default),
        );
    }

    fn host_options(self, environment: &impl Environment) -> Result<HostOptions, Failure> {
        let manifest_directory = manifest_directory(&self.from);
        let state_directory = self
            .state_dir
            .clone()
            .unwrap_or_else(|| manifest_directory.join(STATE_DIRECTORY));
        let mut app = Loader::load(&LoadOptions {
            from: self.from.clone(),
            state_dir: Some(state_directory.clone()),
            profile: self.profile.clone(),
        })?;
        self.retain(&mut app, environment)?;
        for component in app.components.values_mut() {
            component.environment.extend(self.environment.iter().cloned());
        }
        let variables = variables::resolve(&app.variables, &self.variables, manifest_directory, environment)?;
        let runtime_config = match &self.runtime_config_file {
            None => RuntimeConfig::default(),
            Some(file) => read_runtime_config(file)?,
        };
        Ok(HostOptions {
            arguments: self.arguments.clone(),
            variables,
            runtime_config,
            state_directory,
            http_listen: self.http_listen(environment)?,
            tls: self
                .tls_cert
                .zip(self.tls_key)
                .map(|(certificate, key)| TlsFiles { certificate, key }),
            log_directory: self.log_dir,
            sqlite_statements: self
                .sqlite
                .into_iter()
                .map(statements)
                .collect::<Result<_, _>>()?,
            key_values: self.key_values,
            admin_listen: self.admin_listen,
            kafka_listen: self.kafka_listen,
            shutdown_grace: Duration::from_secs(self.shutdown_grace),
            engine: engine_config(environment)?,
            pool: PoolConfig {
                concurrency: self.max_instance_concurrent_reuse_count,
                uses: self.max_instance_reuse_count,
                idle: Duration::from_secs(self.idle_instance_timeout),
                deadline: Duration::from_secs(self.request_timeout),
                ..PoolConfig::default()
            },
            app,
        })
    }

    fn retain(&self, app: &mut App, environment: &impl Environment) -> Result<(), Failure> {
        let mut ids: Vec<ComponentId> = self
            .components
            .iter()
            .map(|id| ComponentId::from(id.as_str()))
            .collect();
        if ids.is_empty()
            && let Some(list) = environment.get("SPIN_COMPONENTS_TO_RETAIN")
        {
            ids = list
                .split(',')
                .map(str::trim)
                .filter(|id| !id.is_empty())
                .map(ComponentId::from)
                .collect();
        }
        if ids.is_empty() {
            return Ok(());
        }
        app.retain_components(&ids)
            .map_err(|unknown| Diagnostic::from(unknown).into())
    }

    fn http_listen(&self, environment: &impl Environment) -> Result<SocketAddr, Failure> {
        if let Some(address) = self.listen {
            return Ok(address);
        }
        let Some(text) = environment.get("SPIN_HTTP_LISTEN_ADDR") else {
            return Ok(SocketAddr::from(([127, 0, 0, 1], 3000)));
        };
        text.parse().map_err(|_invalid| {
            Diagnostic::new(format!(
                "SPIN_HTTP_LISTEN_ADDR is `{text}`, which is no address and port"
            ))
            .hint("write it as 127.0.0.1:3000")
            .into()
        })
    }
}

fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .event_interval(EVENT_INTERVAL)
        .build()
        .map_err(|error| {
            Failure::Runtime(Diagnostic::new("the async runtime cannot be started").caused_by(&error))
        })
}

/// SQL as it was given, or from the file that `@` names.
fn statements(given: String) -> Result<String, Failure> {
    let Some(file) = given.strip_prefix('@') else {
        return Ok(given);
    };
    std::fs::read_to_string(file).map_err(|error| {
        Diagnostic::new(format!("`{file}`, which `--sqlite` names, cannot be read"))
            .caused_by(&error)
            .into()
    })
}

fn engine_config(environment: &impl Environment) -> Result<EngineConfig, Failure> {
    let mut config = EngineConfig::default();
    if let Some(text) = environment.get("SPIN_MAX_INSTANCE_MEMORY") {
        config.max_instance_memory = text.parse().map_err(|_invalid| {
            Diagnostic::new(format!(
                "SPIN_MAX_INSTANCE_MEMORY is `{text}`, which is no number of bytes"
            ))
            .hint("write it as 268435456")
        })?;
    }
    Ok(config)
}

pub(crate) fn manifest_directory(from: &Path) -> &Path {
    if from.is_dir() {
        return from;
    }
    match from.parent() {
        Some(directory) if directory != Path::new("") => directory,
        _ => Path::new("."),
    }
}

/// SpinKube names the file whether or not it exists, so a missing one is an empty one.
pub(crate) fn read_runtime_config(file: &Path) -> Result<RuntimeConfig, Failure> {
    match std::fs::read_to_string(file) {
        Ok(text) => Ok(RuntimeConfig::parse(&Source::new(file, text))?),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            tracing::warn!(file = %file.display(), "there is no runtime configuration; the defaults are used");
            Ok(RuntimeConfig::default())
        }
        Err(error) => {
            let message = format!("`{}` cannot be read", file.display());
            Err(Failure::Runtime(Diagnostic::new(message).caused_by(&error)))
        }
    }
}

/// What a person at the terminal, or a test that waits for it, reads.
fn announce(name: &str, started: &Started) {
    let mut text = format!("{name} is ready\n");
    if let Some(http) = started.http {
        let scheme = if started.is_https { "https" } else { "http" };
        text.push_str(&format!("  application  {scheme}://{http}\n"));
    }
    if let Some(kafka) = started.kafka {
        text.push_str(&format!("  kafka        {kafka}\n"));
    }
    text.push_str(&format!("  admin        http://{}\n", started.admin));
    let mut output = std::io::stdout().lock();
    if let Err(error) = output.write_all(text.as_bytes()).and_then(|()| output.flush()) {
        tracing::debug!(%error, "nobody reads the standard output");
    }
}
