//! Which cluster a command is about.

use clap::Args;
use sidespin_app::Diagnostic;
use sidespin_kafka_client::{ConnectionSettings, Security, SecurityOptions};

use crate::environment::Environment;
use crate::failure::Failure;

/// The embedded broker of a `sidespin up` on this machine.
const EMBEDDED_BROKER: &str = "127.0.0.1:9092";
/// What brokers' logs know these commands by.
const CLIENT_ID: &str = "sidespin-cli";

#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Cluster")]
pub(crate) struct ClusterArguments {
    /// Kafka's addresses, host:port with commas between them. [env: SIDESPIN_BOOTSTRAP_SERVERS] [default: 127.0.0.1:9092, the
    /// embedded broker of `sidespin up`]
    #[arg(long, global = true, value_name = "ADDRESSES")]
    bootstrap_servers: Option<String>,
    /// PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL. [env: SIDESPIN_SECURITY_PROTOCOL] [default: PLAINTEXT]
    #[arg(long, global = true, value_name = "PROTOCOL")]
    security_protocol: Option<String>,
    /// PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512. [env: SIDESPIN_SASL_MECHANISM]
    #[arg(long, global = true, value_name = "MECHANISM")]
    sasl_mechanism: Option<String>,
    /// The user, whose password is SIDESPIN_SASL_PASSWORD. [env: SIDESPIN_SASL_USERNAME]
    #[arg(long, global = true, value_name = "NAME")]
    sasl_username: Option<String>,
    /// Authorities to trust instead of the system's, in PEM. [env: SIDESPIN_TLS_CA]
    #[arg(long, global = true, value_name = "FILE")]
    tls_ca: Option<String>,
    /// This client's certificate, in PEM. [env: SIDESPIN_TLS_CERTIFICATE]
    #[arg(long, global = true, value_name = "FILE")]
    tls_certificate: Option<String>,
    /// The key of this client's certificate, in PEM. [env: SIDESPIN_TLS_KEY]
    #[arg(long, global = true, value_name = "FILE")]
    tls_key: Option<String>,
}

impl ClusterArguments {
    /// How to reach the cluster. Everything about connecting that a command line or the environment says comes together here.
    pub(crate) fn settings(&self, environment: &impl Environment) -> Result<ConnectionSettings, Failure> {
        let given = self
            .bootstrap_servers
            .clone()
            .or_else(|| environment.get("SIDESPIN_BOOTSTRAP_SERVERS"));
        let servers = given.as_deref().unwrap_or(EMBEDDED_BROKER);
        let servers: Vec<_> = servers.split(',').map(str::trim).collect();
        if servers
            .iter()
            .any(|server| server.is_empty() || server.contains(char::is_whitespace))
        {
            let mistake =
                Diagnostic::new("`--bootstrap-servers` has an address that is empty or has a space in it");
            return Err(mistake
                .hint("write it as host:9092, several with commas between them")
                .into());
        }
        Ok(ConnectionSettings {
            security: self.security(environment)?,
            ..ConnectionSettings::plain(servers.join(","), CLIENT_ID)
        })
    }

    fn security(&self, environment: &impl Environment) -> Result<Security, Failure> {
        let text = |argument: &Option<String>, variable| {
            let given = argument.clone().or_else(|| environment.get(variable));
            given.unwrap_or_default()
        };
        let options = SecurityOptions {
            security_protocol: text(&self.security_protocol, "SIDESPIN_SECURITY_PROTOCOL"),
            sasl_mechanism: text(&self.sasl_mechanism, "SIDESPIN_SASL_MECHANISM"),
            sasl_username: text(&self.sasl_username, "SIDESPIN_SASL_USERNAME"),
            // Not an argument: everyone on a machine may read those.
            sasl_password: text(&None, "SIDESPIN_SASL_PASSWORD"),
            tls_ca: text(&self.tls_ca, "SIDESPIN_TLS_CA"),
            tls_certificate: text(&self.tls_certificate, "SIDESPIN_TLS_CERTIFICATE"),
            tls_key: text(&self.tls_key, "SIDESPIN_TLS_KEY"),
        };
        options.security().map_err(|mistake| {
            let option = mistake.option.replace('_', "-");
            let message = format!("`--{option}` cannot be followed");
            let hint = mistake.remedy.clone();
            Diagnostic::new(message).caused_by(&mistake).hint(hint).into()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Given(Option<&'static str>);

    impl Environment for Given {
        fn get(&self, name: &str) -> Option<String> {
            self.0
                .filter(|_value| name == "SIDESPIN_BOOTSTRAP_SERVERS")
                .map(str::to_owned)
        }
    }

    fn servers(argument: Option<&str>, environment: Option<&'static str>) -> Result<String, Failure> {
        let arguments = ClusterArguments {
            bootstrap_servers: argument.map(str::to_owned),
            ..ClusterArguments::default()
        };
        arguments
            .settings(&Given(environment))
            .map(|settings| settings.bootstrap_servers)
    }

    #[test]
    fn an_argument_counts_more_than_the_environment_and_that_more_than_the_default() {
        assert_eq!(servers(None, None).unwrap(), "127.0.0.1:9092");
        assert_eq!(servers(None, Some("a:1, b:2")).unwrap(), "a:1,b:2");
        assert_eq!(servers(Some("c:3"), Some("a:1")).unwrap(), "c:3");
    }

    #[test]
    fn addresses_that_are_none_are_bad_usage() {
        for wrong in ["", ",", "a:1,", "a b:1"] {
            assert!(
                matches!(servers(Some(wrong), None), Err(Failure::Configuration(_))),
                "{wrong:?}"
            );
        }
    }

    #[test]
    fn a_user_needs_no_argument_and_mistakes_name_the_option() {
        struct Secured(&'static str);

        impl Environment for Secured {
            fn get(&self, name: &str) -> Option<String> {
                let value = match name {
                    "SIDESPIN_SECURITY_PROTOCOL" => "SASL_PLAINTEXT",
                    "SIDESPIN_SASL_MECHANISM" => self.0,
                    "SIDESPIN_SASL_USERNAME" => "operator",
                    "SIDESPIN_SASL_PASSWORD" => "open sesame",
                    _ => return None,
                };
                Some(value.to_owned())
            }
        }

        let arguments = ClusterArguments::default();
        let settings = arguments.settings(&Secured("SCRAM-SHA-512")).unwrap();
        let sasl = settings.security.sasl.unwrap();
        assert_eq!(
            (sasl.username.as_str(), sasl.password.as_str()),
            ("operator", "open sesame")
        );
        let Err(Failure::Configuration(mistakes)) = arguments.settings(&Secured("MD5")) else {
            panic!("a mechanism that is none was followed");
        };
        let said = format!("{mistakes:?}");
        assert!(
            said.contains("--sasl-mechanism") && !said.contains("sesame"),
            "{said}"
        );
    }
}
