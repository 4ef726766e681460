//! Which cluster a command is about.

use clap::Args;
use sidespin_app::Diagnostic;
use sidespin_kafka_client::ConnectionSettings;

use crate::environment::Environment;
use crate::failure::Failure;

/// The embedded broker of a `sidespin up` on this machine.
const EMBEDDED_BROKER: &str = "127.0.0.1:9092";
/// What brokers' logs know these commands by.
const CLIENT_ID: &str = "sidespin-cli";

#[derive(Debug, Args)]
pub(crate) struct ClusterArguments {
    /// Kafka's addresses, host:port with commas between them. [env: SIDESPIN_BOOTSTRAP_SERVERS] [default: 127.0.0.1:9092, the
    /// embedded broker of `sidespin up`]
    #[arg(long, global = true, value_name = "ADDRESSES")]
    bootstrap_servers: Option<String>,
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
        Ok(ConnectionSettings::plain(servers.join(","), CLIENT_ID))
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
}
