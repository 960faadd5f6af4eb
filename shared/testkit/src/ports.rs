//! Ports for the programs that a test starts.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::atomic::{AtomicU32, Ordering};

/// Below the ports of a stack of `cargo local` and of outgoing connections, which could take one between this look and
/// the start of the program.
const FIRST: u32 = 10_000;
const COUNT: u32 = 10_000;

/// An address on which nobody listens. No other call in this process returns it.
pub fn free_address() -> SocketAddr {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    // Processes that run side by side have numbers that follow each other.
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
