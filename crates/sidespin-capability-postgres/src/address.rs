//! What a component writes to say which database it means: a URL or `key=value` pairs, with a password in it, which is why no
//! message repeats the text.

use std::net::IpAddr;

use sidespin_outbound::Destination;
use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode, TargetSessionAttrs};

use crate::error::PostgresError;

/// The scheme under which `allowed_outbound_hosts` grants databases.
const SCHEME: &str = "postgres";
const DEFAULT_PORT: u16 = 5432;

/// An address that was understood.
#[derive(Clone)]
pub(crate) struct Address {
    /// Everything but where the server is.
    pub(crate) config: Config,
    /// The servers, in the order in which they are tried.
    pub(crate) servers: Vec<Server>,
}

impl std::fmt::Debug for Address {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Never the password.
        formatter
            .debug_struct("Address")
            .field("servers", &self.servers)
            .finish_non_exhaustive()
    }
}

/// One server of an address.
#[derive(Clone, Debug)]
pub(crate) struct Server {
    /// What its certificate must name.
    pub(crate) name: String,
    /// Where it is, if the address says so itself.
    pub(crate) address: Option<IpAddr>,
    pub(crate) port: u16,
    /// What must be granted.
    pub(crate) destination: Destination,
}

impl Address {
    /// Reads an address.
    ///
    /// # Errors
    /// It is none, or asks for what this host does not do.
    pub(crate) fn parse(text: &str) -> Result<Self, PostgresError> {
        let is_url = text.starts_with("postgres://") || text.starts_with("postgresql://");
        // Else the rest of the password would be read, and told of, as the name of a host.
        if is_url && before_options(text).matches('@').count() > 1 {
            return Err(invalid(
                "the special characters of its user and password must be percent-encoded",
            ));
        }
        // A certificate is always verified, so these mean the same here.
        let text = text
            .replace("sslmode=verify-full", "sslmode=require")
            .replace("sslmode=verify-ca", "sslmode=require");
        let config: Config = text.parse().map_err(|_quotes_the_text| {
            invalid("it is neither `postgres://user:password@host:port/database` nor `key=value` pairs")
        })?;
        if config.get_user().is_none() {
            return Err(invalid("it names no user"));
        }
        if config.get_target_session_attrs() != TargetSessionAttrs::Any {
            return Err(invalid("`target_session_attrs` is not supported"));
        }
        let servers = servers(&config)?;
        Ok(Self { config, servers })
    }

    /// Whether a connection without TLS will do.
    pub(crate) fn is_plain(&self) -> bool {
        self.config.get_ssl_mode() == SslMode::Disable
    }
}

fn before_options(url: &str) -> &str {
    url.split('?').next().unwrap_or_default()
}

fn servers(config: &Config) -> Result<Vec<Server>, PostgresError> {
    let (hosts, addresses, ports) = (config.get_hosts(), config.get_hostaddrs(), config.get_ports());
    let count = hosts.len().max(addresses.len());
    if count == 0 {
        return Err(invalid("it names no host"));
    }
    (0..count)
        .map(|index| {
            let address = addresses.get(index).copied();
            let name = match hosts.get(index) {
                Some(Host::Tcp(name)) => Some(name.clone()),
                #[cfg(unix)]
                Some(Host::Unix(_)) => return Err(invalid("a socket in the file system cannot be reached")),
                None => None,
            };
            // One port may stand for all hosts.
            let port = ports
                .get(index)
                .or(ports.first())
                .copied()
                .unwrap_or(DEFAULT_PORT);
            // What is connected to is what must be granted.
            let host = address.map(|address| address.to_string());
            let host = host.or_else(|| name.clone()).unwrap_or_default();
            let bracketed = if host.contains(':') {
                format!("[{host}]")
            } else {
                host.clone()
            };
            let destination = Destination::new(SCHEME, &bracketed, Some(port))
                .map_err(|_quotes_the_text| invalid("its host is neither a name nor an address"))?;
            Ok(Server {
                name: name.unwrap_or(host),
                address,
                port,
                destination,
            })
        })
        .collect()
}

fn invalid(reason: &'static str) -> PostgresError {
    PostgresError::Address { reason }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(text: &str) -> Vec<String> {
        let address = Address::parse(text).unwrap();
        address
            .servers
            .iter()
            .map(|server| server.destination.entry())
            .collect()
    }

    #[test]
    fn both_forms_name_the_same_servers() {
        for text in [
            "postgres://ada:secret@db.example.com/shop",
            "postgresql://ada:secret@db.example.com:5432/shop?sslmode=verify-full",
            "host=db.example.com user=ada password=secret dbname=shop",
        ] {
            assert_eq!(entries(text), ["postgres://db.example.com"], "{text}");
        }
        assert_eq!(
            entries("postgres://ada@one.example.com:1,two.example.com:2/shop"),
            ["postgres://one.example.com:1", "postgres://two.example.com:2"]
        );
        assert_eq!(
            entries("host=x hostaddr=10.0.0.1 user=ada"),
            ["postgres://10.0.0.1"]
        );
        assert_eq!(
            entries("postgres://ada@[::1]:6000/shop"),
            ["postgres://[::1]:6000"]
        );
    }

    #[test]
    fn what_is_no_address_is_told_without_repeating_it() {
        for (text, expected) in [
            ("postgres://ada:se@cret/x@host/shop", "percent-encoded"),
            ("postgres://ada:secret@db:notaport/shop", "neither"),
            ("host=db user=ada secret", "neither"),
            ("host=/var/run/postgresql user=ada password=secret", "file system"),
            ("postgres://db.example.com/secret", "no user"),
            ("user=ada password=secret", "no host"),
            (
                "host=db user=ada password=secret target_session_attrs=read-write",
                "target_session_attrs",
            ),
        ] {
            let message = Address::parse(text).unwrap_err().to_string();
            assert!(message.contains(expected), "{text}: {message}");
            assert!(
                !message.contains("secret") && !message.contains("cret"),
                "{message}"
            );
        }
    }

    #[test]
    fn the_password_is_not_in_the_debug_text() {
        let address = Address::parse("postgres://ada:secret@db/shop").unwrap();
        assert!(!format!("{address:?}").contains("secret"));
    }
}
