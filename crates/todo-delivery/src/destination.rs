//! Where users may have something sent: an address that they chose is an address that this server asks for them, so it must
//! not lead to what only this server reaches.
//!
//! The platform judges the network's addresses ([decision 007]); here stands what it cannot know: that a grant meant for the
//! application's own use, such as that of the e-mail relay or of another component, is none for its users.
//!
//! [decision 007]: ../../../docs/decisions/007-outbound-addresses.md

use http::Uri;
use thiserror::Error;

/// The longest address.
const LONGEST: usize = 2_000;

/// Names that lead to other components.
const INTERNAL: &str = ".spin.internal";

/// Why nothing is sent to an address.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum DestinationError {
    /// It is no absolute address of the web.
    #[error(
        "must be an address like `https://example.com/path`, of at most {LONGEST} ASCII characters, without a user name or a fragment"
    )]
    Malformed,
    /// The operator does not grant it.
    #[error("must be an address that this server may send to, which is `{granted}`")]
    NotGranted {
        /// What the operator grants.
        granted: String,
    },
}

/// An address that something may be sent to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Destination(Uri);

impl Destination {
    /// The address.
    #[must_use]
    pub fn uri(&self) -> &Uri {
        &self.0
    }

    /// Scheme, host and port, as an origin is written: without the port that the scheme has anyway.
    #[must_use]
    pub fn origin(&self) -> String {
        let origin = Origin::of(&self.0);
        let Some(Origin { scheme, host, port }) = origin else {
            return String::new();
        };
        if Some(port) == default_port(&scheme) {
            format!("{scheme}://{host}")
        } else {
            format!("{scheme}://{host}:{port}")
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Origin {
    scheme: String,
    host: String,
    port: u16,
}

impl Origin {
    fn of(uri: &Uri) -> Option<Self> {
        let scheme = uri.scheme_str()?.to_ascii_lowercase();
        let host = uri.host()?.trim_end_matches('.').to_ascii_lowercase();
        let port = match uri.authority()?.port() {
            Some(port) => port.as_str().parse().ok()?,
            None => default_port(&scheme)?,
        };
        (!host.is_empty()).then_some(Self { scheme, host, port })
    }
}

fn default_port(scheme: &str) -> Option<u16> {
    match scheme {
        "https" => Some(443),
        "http" => Some(80),
        _ => None,
    }
}

/// What the operator grants to users: an entry as in `allowed_outbound_hosts`, with a scheme, a host that may be `*` or begin
/// with `*.`, and a port that may be `*` or a range.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Granted {
    entry: String,
    reserved: Option<Origin>,
}

impl Granted {
    /// From the operator's entry, and the address of a server that is none of the users', such as the e-mail relay.
    #[must_use]
    pub fn new(entry: &str, reserved: &str) -> Self {
        Self {
            entry: entry.trim().to_owned(),
            reserved: reserved.trim().parse().ok().as_ref().and_then(Origin::of),
        }
    }

    /// The address that a user gave, if something may be sent to it.
    ///
    /// # Errors
    /// It is none, or not granted.
    pub fn check(&self, text: &str) -> Result<Destination, DestinationError> {
        let is_plain = text.len() <= LONGEST
            && !text.contains(['#', '\\'])
            && text.bytes().all(|byte| byte.is_ascii_graphic());
        let uri: Option<Uri> = text.parse().ok().filter(|_| is_plain);
        let uri = uri.ok_or(DestinationError::Malformed)?;
        let authority = uri.authority().map_or("", |authority| authority.as_str());
        // A port that is no number of 16 bits is not read as a port.
        let has_port = authority
            .rsplit(']')
            .next()
            .is_some_and(|rest| rest.contains(':'));
        if authority.contains(['@', '%']) || has_port && uri.port_u16().is_none() {
            return Err(DestinationError::Malformed);
        }
        let origin = Origin::of(&uri).ok_or(DestinationError::Malformed)?;
        if self.covers(&origin) {
            Ok(Destination(uri))
        } else {
            Err(DestinationError::NotGranted {
                granted: self.entry.clone(),
            })
        }
    }

    fn covers(&self, origin: &Origin) -> bool {
        if origin.host.ends_with(INTERNAL) || self.reserved.as_ref() == Some(origin) {
            return false;
        }
        let Some((scheme, rest)) = self.entry.split_once("://") else {
            return false;
        };
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        // The colons of an IPv6 address stand in brackets.
        let (host, port) = match rest.rsplit_once(':') {
            Some((host, port)) if !port.contains(']') => (host, Some(port)),
            _ => (rest, None),
        };
        scheme.eq_ignore_ascii_case(&origin.scheme)
            && is_host(&host.to_ascii_lowercase(), &origin.host)
            && is_port(port, origin)
    }
}

fn is_host(pattern: &str, host: &str) -> bool {
    match pattern.strip_prefix("*.") {
        Some(parent) => host.strip_suffix(parent).is_some_and(|rest| rest.ends_with('.')),
        None => pattern == "*" || pattern == host,
    }
}

fn is_port(pattern: Option<&str>, origin: &Origin) -> bool {
    let Some(pattern) = pattern else {
        return default_port(&origin.scheme) == Some(origin.port);
    };
    if let Some((first, end)) = pattern.split_once("..") {
        let range = first.parse().ok().zip(end.parse::<u16>().ok());
        return range.is_some_and(|(first, end)| (first..end).contains(&origin.port));
    }
    pattern == "*" || pattern.parse() == Ok(origin.port)
}

#[cfg(test)]
mod tests {
    use super::*;

    const RELAY: &str = "https://relay.internal";

    fn is_granted(entry: &str, address: &str) -> bool {
        Granted::new(entry, RELAY).check(address).is_ok()
    }

    #[test]
    fn by_default_https_at_its_own_port_is_granted() {
        for address in [
            "https://example.com",
            "https://example.com:443/hook?x=1",
            "HTTPS://a.b.example.com/",
        ] {
            assert!(is_granted("https://*", address), "{address}");
        }
        for address in [
            "http://example.com",
            "https://example.com:8443",
            "ftp://example.com",
            "ws://example.com",
        ] {
            assert!(!is_granted("https://*", address), "{address}");
        }
    }

    #[test]
    fn what_is_granted_to_the_application_is_not_granted_to_its_users() {
        for entry in ["https://*", "http://*", "https://*:*", "http://*.spin.internal"] {
            for address in [
                "http://chat-api.spin.internal/internal/v1/tasks/next",
                "http://chat-api.spin.internal./internal",
                "http://CHAT-API.Spin.Internal",
                "https://relay.internal/emails",
                "https://Relay.Internal.:443/emails",
            ] {
                assert!(!is_granted(entry, address), "{entry} {address}");
            }
        }
    }

    #[test]
    fn what_could_be_read_in_two_ways_is_refused() {
        let long = format!("https://example.com/{}", "x".repeat(2_000));
        for address in [
            "",
            "example.com",
            "/hook",
            "https://",
            "https:///hook",
            "https://user@example.com",
            "https://user:pass@example.com",
            "https://example.com#part",
            "https://example.com\\@evil.example",
            "https://exa%6dple.com",
            "https://exämple.com",
            "https://example.com/a b",
            "https://example.com\r\nx-header: 1",
            "https://example.com:99999/",
            "https://.",
            &long,
        ] {
            assert_eq!(
                Granted::new("https://*", "").check(address),
                Err(DestinationError::Malformed),
                "{address}"
            );
        }
    }

    #[test]
    fn entries_name_hosts_and_ports() {
        for (entry, address, is_expected) in [
            ("https://*.example.com", "https://hooks.example.com/x", true),
            ("https://*.example.com", "https://example.com/x", false),
            ("https://*.example.com", "https://evilexample.com/x", false),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080/x", true),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8081/x", false),
            ("http://[::1]:8080", "http://[::1]:8080/x", true),
            ("http://[::1]", "http://[::1]/x", true),
            ("https://*:*", "https://example.com:8443", true),
            ("https://*:8000..8100", "https://example.com:8099", true),
            ("https://*:8000..8100", "https://example.com:8100", false),
            ("https://hooks.example.com/", "https://hooks.example.com/x", true),
            ("", "https://example.com", false),
            ("*", "https://example.com", false),
        ] {
            assert_eq!(is_granted(entry, address), is_expected, "{entry} {address}");
        }
    }

    #[test]
    fn an_origin_has_no_port_that_goes_without_saying() {
        let granted = Granted::new("https://*:*", "");
        for (address, origin) in [
            ("https://Push.Example.com:443/a", "https://push.example.com"),
            ("https://push.example.com:8443/a", "https://push.example.com:8443"),
        ] {
            assert_eq!(granted.check(address).unwrap().origin(), origin);
        }
    }
}
