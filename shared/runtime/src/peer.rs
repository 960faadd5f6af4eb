//! The other end of a connection.

use std::net::IpAddr;

/// The address that a request's connection comes from: the caller's, or the last proxy's.
#[derive(Clone, Copy)]
pub struct Peer(pub IpAddr);
