//! Which kinds of addresses there are, and how explicit an entry must be to reach them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::entry::HostPattern;
use crate::network::Network;

/// How far an address is from the public internet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AddressClass {
    /// Reachable by anyone.
    Public,
    /// Inside a machine or a network: loopback, private, shared address space, unique local.
    Private,
    /// Never a service that a name should lead to: link-local (where clouds keep credentials), unspecified, multicast,
    /// reserved.
    Special,
}

/// Whether resolved addresses are checked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AddressPolicy {
    /// The table in the crate's documentation.
    #[default]
    ExplicitOnly,
    /// A permitted name may lead anywhere, as in Spin without `blocked_networks`.
    Unrestricted,
}

impl AddressPolicy {
    /// Whether an entry's host pattern is explicit enough for an address.
    pub(crate) fn permits(self, pattern: &HostPattern, address: IpAddr) -> bool {
        if self == Self::Unrestricted {
            return true;
        }
        let explicit = match pattern {
            HostPattern::Any | HostPattern::Subdomains(_) | HostPattern::Itself => AddressClass::Public,
            HostPattern::Name(_) => AddressClass::Private,
            HostPattern::Address(_) | HostPattern::Network(_) => AddressClass::Special,
        };
        classify(address) <= explicit
    }
}

const fn v4(a: u8, b: u8, prefix: u8) -> Network {
    Network::new(IpAddr::V4(Ipv4Addr::new(a, b, 0, 0)), prefix)
}

const fn v6(first: u16, prefix: u8) -> Network {
    Network::new(IpAddr::V6(Ipv6Addr::new(first, 0, 0, 0, 0, 0, 0, 0)), prefix)
}

/// Loopback, private, shared (RFC 6598), benchmarking, unique local, site-local.
const PRIVATE: [Network; 8] = [
    v4(10, 0, 8),
    v4(100, 64, 10),
    v4(127, 0, 8),
    v4(172, 16, 12),
    v4(192, 168, 16),
    v4(198, 18, 15),
    v6(0xfc00, 7),
    v6(0xfec0, 10),
];

/// "This network", link-local, protocol assignments, multicast, reserved with broadcast.
const SPECIAL: [Network; 7] = [
    v4(0, 0, 8),
    v4(169, 254, 16),
    v4(192, 0, 24),
    v4(224, 0, 4),
    v4(240, 0, 4),
    v6(0xfe80, 10),
    v6(0xff00, 8),
];

/// Amazon's metadata service by IPv6: unique local by its range, but it gives out credentials like 169.254.169.254.
const METADATA_V6: Ipv6Addr = Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254);

/// The class of an address.
#[must_use]
pub fn classify(address: IpAddr) -> AddressClass {
    if let IpAddr::V6(v6_address) = address {
        if v6_address == METADATA_V6 || v6_address.is_unspecified() {
            return AddressClass::Special;
        }
        if v6_address.is_loopback() {
            return AddressClass::Private;
        }
        if let Some(embedded) = embedded_v4(v6_address) {
            return classify(IpAddr::V4(embedded));
        }
    }
    if SPECIAL.iter().any(|network| network.contains(address)) {
        AddressClass::Special
    } else if PRIVATE.iter().any(|network| network.contains(address)) {
        AddressClass::Private
    } else {
        AddressClass::Public
    }
}

/// The IPv4 address that an IPv6 address leads to: mapped, compatible, NAT64 (RFC 6052, 8215) or 6to4.
fn embedded_v4(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let [first, second, third, .., high, low] = address.segments();
    let join = |high: u16, low: u16| Ipv4Addr::from_bits((u32::from(high) << 16) | u32::from(low));
    let middle_is_zero = address
        .segments()
        .get(2..6)
        .is_some_and(|middle| middle.iter().all(|part| *part == 0));
    match (first, second) {
        (0, 0) => address.to_ipv4(),
        (0x0064, 0xff9b) if middle_is_zero || third == 1 => Some(join(high, low)),
        (0x2002, _) => Some(join(second, third)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classifies() {
        use AddressClass::{Private, Public, Special};
        for (address, expected) in [
            ("93.184.216.34", Public),
            ("2606:2800:220:1::1", Public),
            ("10.1.2.3", Private),
            ("172.31.255.255", Private),
            ("172.32.0.0", Public),
            ("192.168.0.1", Private),
            ("100.100.0.1", Private),
            ("127.0.0.1", Private),
            ("::1", Private),
            ("fd12::1", Private),
            ("169.254.169.254", Special),
            ("fd00:ec2::254", Special),
            ("fe80::1", Special),
            ("0.0.0.0", Special),
            ("::", Special),
            ("255.255.255.255", Special),
            ("224.0.0.1", Special),
            ("192.0.0.170", Special),
            ("192.0.1.1", Public),
            ("::ffff:169.254.169.254", Special),
            ("::ffff:10.0.0.1", Private),
            ("::ffff:8.8.8.8", Public),
            ("::127.0.0.1", Private),
            ("64:ff9b::a9fe:a9fe", Special),
            ("64:ff9b:1::a00:1", Private),
            ("2002:a9fe:a9fe::1", Special),
            ("2002:808:808::1", Public),
        ] {
            assert_eq!(classify(address.parse().unwrap()), expected, "{address}");
        }
    }
}
