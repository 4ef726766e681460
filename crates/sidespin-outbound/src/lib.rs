//! `allowed_outbound_hosts`: its grammar, its matcher, and which addresses a name may lead to.
//!
//! # Grammar
//! An entry is `<scheme>://<host>[:<port>]`, templates already filled.
//!
//! | part | forms |
//! |---|---|
//! | scheme | letters, or `*` |
//! | host | a name, an IP address (IPv6 in brackets), `*.example.com` (any subdomain, not the name itself), `10.0.0.0/8`, `self`, `*` |
//! | port | a number, `8000..8100` (the end is excluded), `*`; without one the scheme's own |
//!
//! `http://<component>.spin.internal` and `http://*.spin.internal` grant calls to components of the same application.
//! An empty list grants nothing, and an entry that cannot be understood is an error, never a wider grant.
//!
//! # Addresses
//! A permitted name can lead to an address that nobody meant to permit: a wildcard to `127.0.0.1`, a stranger's DNS record
//! to the cloud's metadata service at `169.254.169.254`. So the resolved address is checked a second time:
//!
//! | address | reachable through |
//! |---|---|
//! | public | every entry |
//! | private, loopback, shared (10/8, 127/8, 172.16/12, 192.168/16, 100.64/10, `::1`, fc00::/7) | a literal name or address, or a network that contains it |
//! | link-local, unspecified, multicast, reserved (169.254/16, fe80::/10, …) | a literal address, or a network that contains it |
//!
//! IPv6 addresses that carry an IPv4 address are judged by the latter. [`AddressPolicy::Unrestricted`] switches this off.

mod address;
mod entry;
mod hosts;
mod network;

pub use address::{AddressClass, AddressPolicy, classify};
pub use entry::{AllowedHost, EntryError, HostPattern, PortPattern, SchemePattern};
pub use hosts::{AllowedHosts, Destination, DestinationError, INTERNAL_SUFFIX};
pub use network::Network;
