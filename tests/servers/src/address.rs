//! Free ports.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};

/// Another process may take a port between the moment that it was found free and the one that the server binds it; then the
/// next one is tried.
pub(crate) const ATTEMPTS: usize = 5;

/// An address of the loopback interface that nobody listens on.
pub(crate) fn free() -> io::Result<SocketAddr> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()
}
