//! Ports for the programs that a test starts.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::atomic::{AtomicU32, Ordering};

/// Below the ports of a `cargo local` stack and those of outgoing connections, either of which could take one between
/// this check and the start of the program.
const FIRST: u32 = 10_000;
const COUNT: u32 = 10_000;

/// An address on which nothing listens. No other call in this process returns it.
pub fn free_address() -> SocketAddr {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    // Concurrent processes tend to have consecutive IDs.
    let start = std::process::id().wrapping_mul(101);
    loop {
        let n = start.wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed));
        let port = u16::try_from(FIRST + n % COUNT).unwrap();
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        if TcpListener::bind(address).is_ok() {
            return address;
        }
    }
}
