//! One `allowed_outbound_hosts` entry.

use std::fmt;
use std::ops::Range;

use url::Host;

use crate::hosts::{Destination, INTERNAL_SUFFIX};
use crate::network::Network;

/// A parsed entry. It remembers its text, for messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AllowedHost {
    text: String,
    pub(crate) scheme: SchemePattern,
    pub(crate) host: HostPattern,
    pub(crate) port: PortPattern,
}

/// The scheme part of an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SchemePattern {
    /// `*`
    Any,
    /// One scheme, in lower case.
    Named(String),
}

/// The host part of an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HostPattern {
    /// `*`
    Any,
    /// `*.example.com`, kept with the leading dot.
    Subdomains(String),
    /// `self`: the application's own address.
    Itself,
    /// A name, in lower case.
    Name(String),
    /// An address.
    Address(std::net::IpAddr),
    /// An address range.
    Network(Network),
}

/// The port part of an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PortPattern {
    /// `*`
    Any,
    /// One port, given or the scheme's own.
    One(u16),
    /// `start..end`, without the end.
    Range(Range<u16>),
}

/// Why an entry is not understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{entry}` is not an allowed host: {reason}")]
pub struct EntryError {
    /// The entry.
    pub entry: String,
    /// The rule that it breaks.
    pub reason: String,
    /// What to write instead, where that can be told.
    pub hint: Option<String>,
}

/// The port that a scheme means when none is written.
pub(crate) fn default_port(scheme: &str) -> Option<u16> {
    match scheme {
        "http" | "ws" => Some(80),
        "https" | "wss" => Some(443),
        "redis" | "rediss" => Some(6379),
        "postgres" | "postgresql" => Some(5432),
        "mysql" => Some(3306),
        "mqtt" => Some(1883),
        _ => None,
    }
}

impl AllowedHost {
    /// Parses an entry.
    ///
    /// # Errors
    /// Says which part breaks which rule, and what to write instead.
    pub fn parse(entry: &str) -> Result<Self, EntryError> {
        parse_parts(entry.trim()).map_err(|(reason, hint)| EntryError {
            entry: entry.to_owned(),
            reason,
            hint,
        })
    }

    /// The entry as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The host part.
    #[must_use]
    pub const fn host(&self) -> &HostPattern {
        &self.host
    }

    /// Whether the entry grants calls to other components of the application and nothing else.
    #[must_use]
    pub fn is_internal(&self) -> bool {
        match &self.host {
            HostPattern::Subdomains(suffix) => suffix == INTERNAL_SUFFIX,
            HostPattern::Name(name) => name.ends_with(INTERNAL_SUFFIX),
            _ => false,
        }
    }

    pub(crate) fn allows(&self, destination: &Destination) -> bool {
        self.allows_scheme(destination.scheme())
            && self.host.allows(destination.host())
            && self.allows_port(destination)
    }

    pub(crate) fn allows_scheme(&self, scheme: &str) -> bool {
        match &self.scheme {
            SchemePattern::Any => true,
            SchemePattern::Named(name) => name == scheme,
        }
    }

    fn allows_port(&self, destination: &Destination) -> bool {
        match (&self.port, destination.port()) {
            (PortPattern::Any, _) => true,
            (PortPattern::One(allowed), Some(port)) => *allowed == port,
            (PortPattern::Range(allowed), Some(port)) => allowed.contains(&port),
            (_, None) => false,
        }
    }
}

impl HostPattern {
    fn allows(&self, host: &Host<String>) -> bool {
        match (self, host) {
            (Self::Any, _) => true,
            // A name may end with the root's dot; it is the same name.
            (Self::Subdomains(suffix), Host::Domain(name)) => {
                name.trim_end_matches('.').ends_with(suffix.as_str())
            }
            (Self::Name(allowed), Host::Domain(name)) => name.trim_end_matches('.') == allowed,
            (Self::Address(allowed), Host::Ipv4(address)) => *allowed == *address,
            (Self::Address(allowed), Host::Ipv6(address)) => *allowed == *address,
            (Self::Network(allowed), Host::Ipv4(address)) => allowed.contains((*address).into()),
            (Self::Network(allowed), Host::Ipv6(address)) => allowed.contains((*address).into()),
            _ => false,
        }
    }
}

/// What is wrong, and what to write instead.
type Problem = (String, Option<String>);

fn problem<T>(reason: impl Into<String>) -> Result<T, Problem> {
    Err((reason.into(), None))
}

fn parse_parts(text: &str) -> Result<AllowedHost, Problem> {
    if text == "insecure:allow-all" || text == "*" {
        return Err((
            "it has no scheme".to_owned(),
            Some("to allow every destination write `*://*:*`".to_owned()),
        ));
    }
    let Some((scheme_text, rest)) = text.split_once("://") else {
        let hint = if text.is_empty() {
            "`https://example.com`".to_owned()
        } else {
            format!("`https://{text}` or `*://{text}`")
        };
        return Err((
            "it has no scheme".to_owned(),
            Some(format!("write it as <scheme>://<host>[:<port>], such as {hint}")),
        ));
    };
    let scheme = parse_scheme(scheme_text)?;
    let (host_text, port_text) = split_port(rest);
    let host = parse_host(host_text)?;
    let port = match port_text {
        Some(port_text) => parse_port(port_text)?,
        None => match &scheme {
            SchemePattern::Named(name) => default_port(name).map(PortPattern::One),
            SchemePattern::Any => None,
        }
        .ok_or_else(|| {
            let reason = format!("it has no port, and the scheme `{scheme_text}` does not imply one");
            (
                reason,
                Some(format!(
                    "add a port or `*` for any: `{scheme_text}://{host_text}:*`"
                )),
            )
        })?,
    };
    Ok(AllowedHost {
        text: text.to_owned(),
        scheme,
        host,
        port,
    })
}

/// Divides host and port. A colon inside a bare IPv6 network or inside brackets divides nothing.
fn split_port(rest: &str) -> (&str, Option<&str>) {
    let rest = rest.strip_suffix('/').unwrap_or(rest);
    if Network::parse(rest).is_some() {
        return (rest, None);
    }
    match rest.rsplit_once(':') {
        Some((_, tail)) if tail.ends_with(']') => (rest, None),
        Some((host, "")) => (host, None),
        Some((host, port)) => (host, Some(port)),
        None => (rest, None),
    }
}

fn parse_scheme(text: &str) -> Result<SchemePattern, Problem> {
    if text == "*" {
        return Ok(SchemePattern::Any);
    }
    if text.is_empty() || !text.chars().all(|character| character.is_ascii_alphabetic()) {
        return problem(format!("the scheme `{text}` must consist of letters, or be `*`"));
    }
    Ok(SchemePattern::Named(text.to_ascii_lowercase()))
}

fn parse_host(text: &str) -> Result<HostPattern, Problem> {
    if text == "*" {
        return Ok(HostPattern::Any);
    }
    if text == "self" || text == "self.alt" {
        return Ok(HostPattern::Itself);
    }
    if let Some(network) = Network::parse(text) {
        return Ok(HostPattern::Network(network));
    }
    if text.contains('/') {
        return Err((
            "it must not have a path".to_owned(),
            Some("a grant is for a host, not for a part of it".to_owned()),
        ));
    }
    if text.contains('@') {
        return problem("it must not have a user name or password");
    }
    let (wildcard, name) = text.strip_prefix("*.").map_or((false, text), |name| (true, name));
    if name.contains('*') {
        return problem("a wildcard stands for the whole host (`*`) or at its front (`*.example.com`)");
    }
    let host = Host::parse(name).map_err(|error| (format!("the host `{text}` is invalid: {error}"), None))?;
    match (wildcard, host) {
        (true, Host::Domain(name)) => Ok(HostPattern::Subdomains(format!(
            ".{}",
            name.trim_end_matches('.')
        ))),
        (true, _) => problem("a wildcard can stand before a name but not before an address"),
        (false, Host::Domain(name)) => Ok(HostPattern::Name(name.trim_end_matches('.').to_owned())),
        (false, Host::Ipv4(address)) => Ok(HostPattern::Address(address.into())),
        (false, Host::Ipv6(address)) => Ok(HostPattern::Address(address.into())),
    }
}

fn parse_port(text: &str) -> Result<PortPattern, Problem> {
    if text == "*" {
        return Ok(PortPattern::Any);
    }
    if text.contains('/') {
        return Err((
            "it must not have a path".to_owned(),
            Some("a grant is for a host, not for a part of it".to_owned()),
        ));
    }
    let number = |digits: &str| {
        let reason =
            format!("the port `{digits}` must be a number up to 65535, a range such as `8000..8100`, or `*`");
        digits.parse::<u16>().map_err(|_not_a_number| (reason, None))
    };
    let Some((start, end)) = text.split_once("..") else {
        return number(text).map(PortPattern::One);
    };
    let (start, end) = (number(start)?, number(end)?);
    if start >= end {
        return problem(format!(
            "the port range `{text}` is empty: the end is excluded and must be greater"
        ));
    }
    Ok(PortPattern::Range(start..end))
}

impl fmt::Display for AllowedHost {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}
