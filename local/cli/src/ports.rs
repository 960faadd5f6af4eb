//! Ports on 127.0.0.1: those that people expect when they are free, else the same ones as last time.

use std::collections::BTreeMap;
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

/// Below the range from which Linux takes the ports of outgoing connections: one of these could take a port between its
/// release and the start of its server.
const FIRST: u16 = 20_000;
const COUNT: u16 = 12_000;

/// The chosen ports by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ports(BTreeMap<String, u16>);

/// Listeners that keep other processes from taking the ports, by port, until their servers start.
pub type Held = BTreeMap<u16, TcpListener>;

impl Ports {
    /// Chooses a free port for every name and remembers the choice in `path`. The ports are free until the listeners are
    /// dropped.
    ///
    /// # Errors
    /// When no free port is found or the file cannot be written.
    pub fn choose(path: &Path, prefer_usual: bool) -> Result<(Self, Held)> {
        // A damaged file only costs other numbers.
        let saved: BTreeMap<String, u16> =
            files::read_json(path).ok().flatten().unwrap_or_default();
        let mut held = Held::new();
        let mut chosen = BTreeMap::new();
        for (name, usual) in NAMES {
            let usual = usual.filter(|_| prefer_usual);
            // Also after a run that had to do without it.
            let wanted = usual.into_iter().chain(saved.get(name).copied());
            let (port, listener) = wanted
                .chain(std::iter::repeat_with(random_port).take(1000))
                .find_map(|port| Some((port, hold(port)?)))
                .ok_or_else(|| Error::new("no free port on 127.0.0.1"))?;
            held.insert(port, listener);
            chosen.insert(name.to_owned(), port);
        }
        files::write_json(path, &chosen)?;
        Ok((Self(chosen), held))
    }

    /// What was chosen for the stack that has this file.
    ///
    /// # Errors
    /// When there is no such file, or it is damaged.
    pub fn saved(path: &Path) -> Result<Self> {
        let saved = files::read_json(path)?;
        saved
            .map(Self)
            .ok_or_else(|| Error::new(format!("{} is missing", path.display())))
    }

    /// The port of a name in [`NAMES`].
    pub fn get(&self, name: &str) -> u16 {
        self.0.get(name).copied().unwrap_or_default()
    }

    /// What did not get the port that people expect: the name, that port and the one in its place.
    pub fn displaced(&self) -> impl Iterator<Item = (&'static str, u16, u16)> {
        NAMES.iter().filter_map(|(name, usual)| {
            let (usual, chosen) = ((*usual)?, self.get(name));
            (usual != chosen).then_some((*name, usual, chosen))
        })
    }

    /// `127.0.0.1:PORT`
    pub fn address(&self, name: &str) -> String {
        format!("127.0.0.1:{}", self.get(name))
    }
}

fn hold(port: u16) -> Option<TcpListener> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).ok()
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
        let (first, _) = Ports::choose(&path, false).unwrap();
        assert_eq!(Ports::choose(&path, false).unwrap().0, first);
        std::fs::remove_file(path).unwrap();
    }

    #[test]
    fn port_in_use_is_replaced() {
        let path = file("taken");
        let (first, _) = Ports::choose(&path, false).unwrap();
        let _guest = TcpListener::bind(("127.0.0.1", first.get("redis"))).unwrap();
        let (second, _) = Ports::choose(&path, false).unwrap();
        assert_ne!(second.get("redis"), first.get("redis"));
        assert_eq!(second.get("amqp"), first.get("amqp"));
        std::fs::remove_file(path).unwrap();
    }

    #[test]
    fn usual_port_is_tried_again() {
        let path = file("usual");
        let (usual, _held) = Ports::choose(&path, true).unwrap();
        let (displaced, held) = Ports::choose(&path, true).unwrap();
        assert!(displaced.displaced().any(|(name, wanted, chosen)| {
            (name, wanted) == ("gateway", 8000) && chosen == displaced.get("gateway")
        }));
        drop((_held, held));
        // Whoever else may have one of them now, had it then.
        assert_eq!(
            Ports::choose(&path, true).unwrap().0.get("gateway"),
            usual.get("gateway")
        );
        std::fs::remove_file(path).unwrap();
    }

    #[test]
    fn ports_are_held_from_another_stack() {
        let (one, other) = (file("held"), file("other"));
        let (first, _held) = Ports::choose(&one, false).unwrap();
        std::fs::copy(&one, &other).unwrap();
        let (second, _) = Ports::choose(&other, false).unwrap();
        assert!(
            NAMES
                .iter()
                .all(|(name, _)| first.get(name) != second.get(name))
        );
        std::fs::remove_file(one).unwrap();
        std::fs::remove_file(other).unwrap();
    }

    #[test]
    fn damaged_ports_file_is_replaced() {
        let path = file("damaged");
        std::fs::write(&path, "{").unwrap();
        let (ports, _) = Ports::choose(&path, false).unwrap();
        assert!(NAMES.iter().all(|(name, _)| ports.get(name) >= FIRST));
        std::fs::remove_file(path).unwrap();
    }
}
