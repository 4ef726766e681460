//! A component's whole list, and the destinations that it is asked about.

use std::fmt;
use std::net::IpAddr;

use url::{Host, Url};

use crate::address::{AddressClass, AddressPolicy, classify};
use crate::entry::{AllowedHost, EntryError, HostPattern, default_port};

/// What the host names of the application's own components end with.
pub const INTERNAL_SUFFIX: &str = ".spin.internal";

/// What a component may reach. The default is nothing.
#[derive(Clone, Debug, Default)]
pub struct AllowedHosts {
    entries: Vec<AllowedHost>,
    policy: AddressPolicy,
}

impl AllowedHosts {
    /// Parses the entries, templates already filled. Entries that are empty are skipped: an optional host is written as a
    /// template whose variable may be empty.
    ///
    /// # Errors
    /// Every entry that is not understood.
    pub fn parse<S: AsRef<str>>(entries: impl IntoIterator<Item = S>) -> Result<Self, Vec<EntryError>> {
        let mut parsed = Vec::new();
        let mut errors = Vec::new();
        for entry in entries {
            match entry.as_ref() {
                "" => {}
                text => match AllowedHost::parse(text) {
                    Ok(entry) => parsed.push(entry),
                    Err(error) => errors.push(error),
                },
            }
        }
        if errors.is_empty() {
            Ok(Self {
                entries: parsed,
                policy: AddressPolicy::default(),
            })
        } else {
            Err(errors)
        }
    }

    /// Changes how resolved addresses are judged.
    #[must_use]
    pub const fn with_policy(mut self, policy: AddressPolicy) -> Self {
        self.policy = policy;
        self
    }

    /// The entries.
    #[must_use]
    pub fn entries(&self) -> &[AllowedHost] {
        &self.entries
    }

    /// Whether a destination may be reached. If it is a name, the address it resolves to must be asked about too, with
    /// [`allows_address`](Self::allows_address).
    #[must_use]
    pub fn allows(&self, destination: &Destination) -> bool {
        let literal = match destination.host {
            Host::Ipv4(address) => Some(IpAddr::V4(address)),
            Host::Ipv6(address) => Some(IpAddr::V6(address)),
            Host::Domain(_) => None,
        };
        match literal {
            Some(address) => self.allows_address(destination, address),
            None => self.entries.iter().any(|entry| entry.allows(destination)),
        }
    }

    /// Whether a destination may be reached at an address that its name resolves to. The connection must then be made to
    /// that very address: resolving again could give another one.
    #[must_use]
    pub fn allows_address(&self, destination: &Destination, address: IpAddr) -> bool {
        self.entries
            .iter()
            .any(|entry| entry.allows(destination) && self.policy.permits(&entry.host, address))
    }

    /// Whether the application's own address may be reached by a relative URL with this scheme.
    #[must_use]
    pub fn allows_self(&self, scheme: &str) -> bool {
        let itself = |entry: &AllowedHost| matches!(entry.host, HostPattern::Itself | HostPattern::Any);
        self.entries
            .iter()
            .any(|entry| itself(entry) && entry.allows_scheme(scheme))
    }

    /// What to write in `[component.<id>]` to permit a destination that was denied.
    #[must_use]
    pub fn denial_hint(&self, component_id: &str, destination: &Destination) -> String {
        let entry = destination.entry();
        if self.entries.is_empty() {
            return format!("add `allowed_outbound_hosts = [\"{entry}\"]` to `[component.{component_id}]`");
        }
        format!("add `\"{entry}\"` to `allowed_outbound_hosts` of `[component.{component_id}]`")
    }

    /// What to write to permit an address that a permitted name resolved to but that was denied.
    #[must_use]
    pub fn address_denial_hint(
        &self,
        component_id: &str,
        destination: &Destination,
        address: IpAddr,
    ) -> String {
        match (classify(address), &destination.host) {
            (AddressClass::Special, Host::Domain(_)) => {
                let host = address_text(address);
                let at_address = Destination {
                    host,
                    ..destination.clone()
                };
                let hint = self.denial_hint(component_id, &at_address);
                format!("`{address}` is reachable only if it is listed itself, by intent: {hint}")
            }
            _ => self.denial_hint(component_id, destination),
        }
    }
}

fn address_text(address: IpAddr) -> Host<String> {
    match address {
        IpAddr::V4(address) => Host::Ipv4(address),
        IpAddr::V6(address) => Host::Ipv6(address),
    }
}

/// Where a component wants to connect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Destination {
    scheme: String,
    host: Host<String>,
    port: Option<u16>,
}

/// Why a text is no destination. The message does not repeat the text, which may hold a password.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DestinationError {
    /// It is no URL.
    #[error("the address is not a URL: {0}")]
    Url(#[from] url::ParseError),
    /// It has no host.
    #[error("the address has no host")]
    NoHost,
}

impl Destination {
    /// A destination from its parts. The port is the scheme's own if none is given.
    ///
    /// # Errors
    /// The host is neither a name nor an address.
    pub fn new(scheme: &str, host: &str, port: Option<u16>) -> Result<Self, DestinationError> {
        let scheme = scheme.to_ascii_lowercase();
        let port = port.or_else(|| default_port(&scheme));
        Ok(Self {
            host: Host::parse(host)?,
            scheme,
            port,
        })
    }

    /// A destination from a URL, or from `host[:port]`, which gets `default_scheme`.
    ///
    /// # Errors
    /// The text is neither.
    pub fn parse(text: &str, default_scheme: &str) -> Result<Self, DestinationError> {
        match Url::parse(text) {
            Ok(url) if url.has_host() => Self::from_url(&url),
            _ => Self::from_url(&Url::parse(&format!("{default_scheme}://{text}"))?),
        }
    }

    /// A destination from a URL.
    ///
    /// # Errors
    /// The URL has no host.
    pub fn from_url(url: &Url) -> Result<Self, DestinationError> {
        // Hosts of schemes that the URL standard does not know are left unparsed by it: parse them the same way.
        Self::new(
            url.scheme(),
            url.host_str()
                .filter(|host| !host.is_empty())
                .ok_or(DestinationError::NoHost)?,
            url.port(),
        )
    }

    /// The scheme, in lower case.
    #[must_use]
    pub fn scheme(&self) -> &str {
        &self.scheme
    }

    /// The host.
    #[must_use]
    pub const fn host(&self) -> &Host<String> {
        &self.host
    }

    /// The port, the scheme's own if the destination names none.
    #[must_use]
    pub const fn port(&self) -> Option<u16> {
        self.port
    }

    /// The component of the same application that is meant: `audit` for `http://audit.spin.internal`.
    #[must_use]
    pub fn component(&self) -> Option<&str> {
        match &self.host {
            Host::Domain(name) => name
                .trim_end_matches('.')
                .strip_suffix(INTERNAL_SUFFIX)
                .filter(|id| !id.is_empty() && !id.contains('.')),
            _ => None,
        }
    }

    /// The narrowest `allowed_outbound_hosts` entry for this destination.
    #[must_use]
    pub fn entry(&self) -> String {
        match self.port {
            Some(port) if default_port(&self.scheme) == Some(port) => {
                format!("{}://{}", self.scheme, self.host)
            }
            Some(port) => format!("{}://{}:{port}", self.scheme, self.host),
            None => format!("{}://{}:*", self.scheme, self.host),
        }
    }
}

impl fmt::Display for Destination {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.entry())
    }
}

#[cfg(test)]
mod tests;
