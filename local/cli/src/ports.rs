//! Ports on 127.0.0.1: the same ones as last time when they are free.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;

use aws_lc_rs::rand;

use crate::error::{Context, Error, Result};
use crate::files;

/// What the ports are for, and the port that people expect if there is one.
pub const NAMES: [(&str, Option<u16>); 13] = [
    ("postgres_auth", None),
    ("postgres_loyalty", None),
    ("pgbouncer_auth", None),
    ("pgbouncer_loyalty", None),
    ("redis", None),
    ("amqp", None),
    ("erlang_distribution", None),
    ("epmd", None),
    ("sqs", None),
    ("gateway", Some(8000)),
    ("payment_sandbox", Some(8001)),
    ("worker", Some(8002)),
    // Where `cargo lambda invoke` looks by default.
    ("lambda_watch", Some(9000)),
];

/// Below the range from which Linux takes the ports of outgoing connections: a port that was
/// looked at and let go would otherwise be taken before its server binds it.
const FIRST: u16 = 20_000;
const COUNT: u16 = 12_000;

/// The chosen ports by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ports(BTreeMap<String, u16>);

impl Ports {
    /// Chooses a free port for every name and remembers the choice in `path`.
    ///
    /// # Errors
    /// When no free port is found or the file cannot be written.
    pub fn choose(path: &Path, prefer_usual: bool) -> Result<Self> {
        // A damaged file only costs other numbers.
        let saved: BTreeMap<String, u16> =
            files::read_json(path).ok().flatten().unwrap_or_default();
        let mut taken = BTreeSet::new();
        let mut chosen = BTreeMap::new();
        for (name, usual) in NAMES {
            let usual = usual.filter(|_| prefer_usual);
            let wanted = saved.get(name).copied().into_iter().chain(usual);
            let port = wanted
                .chain(std::iter::repeat_with(random_port).take(1000))
                .find(|port| !taken.contains(port) && is_free(*port))
                .ok_or_else(|| Error::new("no free port on 127.0.0.1"))?;
            taken.insert(port);
            chosen.insert(name.to_owned(), port);
        }
        files::write_json(path, &chosen)?;
        Ok(Self(chosen))
    }

    /// The port of a name in [`NAMES`].
    pub fn get(&self, name: &str) -> u16 {
        self.0.get(name).copied().unwrap_or_default()
    }

    /// `127.0.0.1:PORT`
    pub fn address(&self, name: &str) -> String {
        format!("127.0.0.1:{}", self.get(name))
    }
}

/// Whether a server could listen there now.
pub fn is_free(port: u16) -> bool {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
}

fn random_port() -> u16 {
    let mut bytes = [0; 2];
    match rand::fill(&mut bytes).context("random") {
        Ok(()) => FIRST + u16::from_le_bytes(bytes) % COUNT,
        Err(_) => FIRST,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str) -> std::path::PathBuf {
        std::env::temp_dir().join(format!("local-ports-{name}-{}", std::process::id()))
    }

    #[test]
    fn second_run_gets_the_same_ports() {
        let path = file("same");
        let first = Ports::choose(&path, false).unwrap();
        assert_eq!(Ports::choose(&path, false).unwrap(), first);
        std::fs::remove_file(path).unwrap();
    }

    #[test]
    fn port_in_use_is_replaced() {
        let path = file("taken");
        let first = Ports::choose(&path, false).unwrap();
        let _guest = TcpListener::bind(("127.0.0.1", first.get("redis"))).unwrap();
        let second = Ports::choose(&path, false).unwrap();
        assert_ne!(second.get("redis"), first.get("redis"));
        assert_eq!(second.get("amqp"), first.get("amqp"));
        std::fs::remove_file(path).unwrap();
    }

    #[test]
    fn damaged_ports_file_is_replaced() {
        let path = file("damaged");
        std::fs::write(&path, "{").unwrap();
        let ports = Ports::choose(&path, false).unwrap();
        assert!(NAMES.iter().all(|(name, _)| ports.get(name) >= FIRST));
        std::fs::remove_file(path).unwrap();
    }
}
