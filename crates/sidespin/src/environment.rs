//! The process's environment, read here and nowhere else.
//!
//! | variable | meaning |
//! |---|---|
//! | `SPIN_VARIABLE_<NAME>` | the value of the application variable `<name>` |
//! | `SPIN_HTTP_LISTEN_ADDR` | what `--listen` says |
//! | `SPIN_COMPONENTS_TO_RETAIN` | component ids with commas between, as `--component-id` |
//! | `SPIN_MAX_INSTANCE_MEMORY` | bytes of memory that one instance may use |
//! | `SIDESPIN_BOOTSTRAP_SERVERS` | what `--bootstrap-servers` of `topics` and `dlq` says |
//! | `SIDESPIN_SECURITY_PROTOCOL`, `SIDESPIN_SASL_MECHANISM`, `SIDESPIN_SASL_USERNAME`, `SIDESPIN_TLS_CA`, `SIDESPIN_TLS_CERTIFICATE`, `SIDESPIN_TLS_KEY` | what their options of `topics` and `dlq` say |
//! | `SIDESPIN_SASL_PASSWORD` | the password of that user |
//! | `SIDESPIN_JOBS_POSTGRES` | what `--postgres` of `jobs` says |
//! | `SIDESPIN_LOG` | which log lines are written, in the syntax of `RUST_LOG`; `info` by default, nothing for `topics`, `dlq` and `jobs` |
//! | `SIDESPIN_LOG_FORMAT` | `text` or `json`; `text` by default |

/// Looks variables up. Tests give a map instead of the process's environment.
pub(crate) trait Environment {
    /// The value of `name`; nothing for an unset or empty one, or one that is not Unicode.
    fn get(&self, name: &str) -> Option<String>;
}

/// The environment of this process.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ProcessEnvironment;

impl Environment for ProcessEnvironment {
    fn get(&self, name: &str) -> Option<String> {
        std::env::var(name).ok().filter(|value| !value.is_empty())
    }
}
