//! Where a Redis is, and as whom to speak to it.

use std::fmt;

use percent_encoding::percent_decode_str;
use redis::{ProtocolVersion, RedisConnectionInfo};
use thiserror::Error;
use url::{Host, Url};

/// Redis's own port.
const DEFAULT_PORT: u16 = 6379;

/// A server, a database on it, and perhaps a user with a password.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Address {
    pub(crate) host: Host<String>,
    pub(crate) port: u16,
    pub(crate) is_encrypted: bool,
    user: Option<String>,
    password: Option<String>,
    database: u32,
}

/// Why a text is no address. The message does not repeat the text, which may hold a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the Redis address is not usable: {reason}")]
pub struct AddressError {
    reason: &'static str,
}

impl Address {
    /// Parses `redis://[[user]:password@]host[:port][/database]`, or `rediss://…` for TLS.
    ///
    /// # Errors
    /// Says which part is wrong.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let wrong = |reason| AddressError { reason };
        let url = Url::parse(text.trim())
            .map_err(|_quotes_the_text| wrong("it is not of the form `redis://host:port`"))?;
        let is_encrypted = match url.scheme() {
            "redis" => false,
            "rediss" => true,
            _ => return Err(wrong("it must begin with `redis://`, or `rediss://` for TLS")),
        };
        let name = url.host_str().filter(|name| !name.is_empty());
        let name = name.ok_or(wrong("it names no host"))?;
        let host = Host::parse(name)
            .map_err(|_quotes_the_text| wrong("its host is neither a name nor an address"))?;
        if url.query().is_some() || url.fragment().is_some() {
            return Err(wrong("nothing may follow the database's number"));
        }
        let database = match url.path().trim_matches('/') {
            "" => 0,
            number => number
                .parse()
                .map_err(|_not_a_number| wrong("what follows the host must be a database's number"))?,
        };
        let decode = |text: &str| {
            let decoded = percent_decode_str(text).decode_utf8();
            decoded
                .map(|text| Some(text.into_owned()).filter(|text| !text.is_empty()))
                .map_err(|_quotes_the_text| wrong("its user or password is not UTF-8"))
        };
        Ok(Self {
            host,
            port: url.port().unwrap_or(DEFAULT_PORT),
            is_encrypted,
            user: decode(url.username())?,
            password: decode(url.password().unwrap_or_default())?,
            database,
        })
    }

    /// `redis`, or `rediss` for TLS.
    #[must_use]
    pub fn scheme(&self) -> &'static str {
        if self.is_encrypted { "rediss" } else { "redis" }
    }

    /// The server's name or address; an IPv6 address in brackets.
    #[must_use]
    pub fn host(&self) -> String {
        self.host.to_string()
    }

    /// The server's port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// What the client library wants to know once there is a connection.
    pub(crate) fn settings(&self) -> RedisConnectionInfo {
        let mut settings = RedisConnectionInfo::default()
            .set_protocol(ProtocolVersion::RESP2)
            .set_db(self.database.into());
        if let Some(user) = &self.user {
            settings = settings.set_username(user);
        }
        if let Some(password) = &self.password {
            settings = settings.set_password(password);
        }
        settings
    }
}

/// Without user and password.
impl fmt::Display for Address {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}://{}:{}", self.scheme(), self.host, self.port)?;
        if self.database != 0 {
            write!(formatter, "/{}", self.database)?;
        }
        Ok(())
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_shown_without_its_secrets() {
        for (text, shown) in [
            ("redis://localhost", "redis://localhost:6379"),
            (
                "redis://cache.example.com:7000/3",
                "redis://cache.example.com:7000/3",
            ),
            ("rediss://ada:s%2Fcret@[::1]:1/", "rediss://[::1]:1"),
            ("redis://:s3cret@10.0.0.1/0", "redis://10.0.0.1:6379"),
        ] {
            let address = Address::parse(text).unwrap();
            assert_eq!(address.to_string(), shown);
            assert_eq!(format!("{address:?}"), shown);
        }
    }

    #[test]
    fn user_and_password_are_decoded() {
        let settings = Address::parse("redis://ada:s%2Fcret@host/2").unwrap().settings();
        assert_eq!(
            (settings.username(), settings.password()),
            (Some("ada"), Some("s/cret"))
        );
        assert_eq!(settings.db(), 2);
        let settings = Address::parse("redis://host").unwrap().settings();
        assert_eq!((settings.username(), settings.password()), (None, None));
    }

    #[test]
    fn what_is_no_address_is_told_without_repeating_it() {
        for (text, part) in [
            ("", "redis://host:port"),
            ("secret-host:6379", "redis://"),
            ("http://secret@host", "redis://"),
            ("redis://", "no host"),
            ("redis://:secret@", "redis://host:port"),
            ("redis://:se/cret@host", "redis://host:port"),
            ("redis://:secret@host:port", "redis://host:port"),
            ("redis://host/secret", "database"),
            ("redis://host/0?secret=1", "follow"),
            ("rediss://host/0#insecure", "follow"),
            ("redis://ho st", "redis://host:port"),
        ] {
            let message = Address::parse(text).unwrap_err().to_string();
            assert!(
                message.contains(part) && !message.contains("ecret"),
                "{text}: {message}"
            );
        }
    }
}
