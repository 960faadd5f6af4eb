//! A proxy between the worker and a server: it cuts connections, watches traffic, and holds it back.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// The direction of traffic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    ToServer,
    ToClient,
}

/// How the messages of Postgres's protocol begin that carry a statement (Parse) and the answer to it (ParseComplete).
pub const STATEMENT: &[u8] = b"P\0\0";
pub const ANSWER: &[u8] = b"1\0\0\0\x04";
/// Matches anything.
pub const ANY: &[u8] = b"";

pub struct Proxy {
    pub address: SocketAddr,
    state: Arc<State>,
    task: JoinHandle<()>,
}

struct State {
    up: watch::Sender<bool>,
    /// Changes when a rule is removed.
    changed: watch::Sender<u64>,
    rules: Mutex<Rules>,
    refused: AtomicUsize,
}

#[derive(Default)]
struct Rules {
    last: usize,
    all: Vec<Rule>,
}

struct Rule {
    id: usize,
    way: Way,
    pattern: Vec<u8>,
    hits: usize,
    /// The direction that it holds back, once the pattern has been seen this often.
    holds: Option<(Way, usize)>,
}

/// A pattern that is counted in the traffic until this is dropped.
pub struct Watch {
    id: usize,
    state: Arc<State>,
}

impl Proxy {
    /// A proxy to the server at `server` (host:port).
    pub async fn to(server: String) -> Proxy {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(State {
            up: watch::channel(true).0,
            changed: watch::channel(0).0,
            rules: Mutex::default(),
            refused: AtomicUsize::new(0),
        });
        let task = tokio::spawn(accept(listener, server, state.clone()));
        Proxy {
            address,
            state,
            task,
        }
    }

    /// The same URL with this proxy in place of its server.
    pub fn instead(&self, url: &str) -> String {
        url.replacen(&server(url), &self.address.to_string(), 1)
    }

    /// Closes all connections, and each new one at once. What was held back is lost.
    pub fn cut(&self) {
        self.state.up.send_replace(false);
    }

    /// Closes only the present connections. What was held back is lost.
    pub fn drop_connections(&self) {
        self.cut();
        self.restore();
    }

    /// Lets connections through again.
    pub fn restore(&self) {
        self.state.up.send_replace(true);
    }

    /// The number of connections that were made while it was cut.
    pub fn refused(&self) -> usize {
        self.state.refused.load(Ordering::Relaxed)
    }

    /// Counts the pattern from now on.
    pub fn watch(&self, way: Way, pattern: &[u8]) -> Watch {
        self.rule(way, pattern, None)
    }

    /// Holds back what contains the pattern, and everything after it in this direction, on any connection, until the
    /// returned watch is dropped. An empty pattern matches everything.
    pub fn hold(&self, way: Way, pattern: &[u8]) -> Watch {
        self.hold_from(1, way, pattern)
    }

    /// The same from the `nth` match on.
    pub fn hold_from(&self, nth: usize, way: Way, pattern: &[u8]) -> Watch {
        self.rule(way, pattern, Some((way, nth)))
    }

    /// Lets what contains the pattern pass to the server, and holds back everything that the server sends from then on.
    pub fn hold_answers(&self, pattern: &[u8]) -> Watch {
        self.rule(Way::ToServer, pattern, Some((Way::ToClient, 1)))
    }

    fn rule(&self, way: Way, pattern: &[u8], holds: Option<(Way, usize)>) -> Watch {
        let mut rules = self.state.rules();
        rules.last += 1;
        let id = rules.last;
        rules.all.push(Rule {
            id,
            way,
            pattern: pattern.to_vec(),
            hits: 0,
            holds,
        });
        Watch {
            id,
            state: self.state.clone(),
        }
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.cut();
        self.task.abort();
    }
}

impl Watch {
    /// How often the pattern has been seen, whether it passed or is held back.
    pub fn hits(&self) -> usize {
        let rules = self.state.rules();
        let own = rules.all.iter().find(|rule| rule.id == self.id);
        own.map_or(0, |rule| rule.hits)
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.state.rules().all.retain(|rule| rule.id != self.id);
        self.state.changed.send_modify(|changes| *changes += 1);
    }
}

impl State {
    fn rules(&self) -> MutexGuard<'_, Rules> {
        self.rules.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts the patterns in `bytes`, of which the first `seen` bytes were searched before.
    fn look(&self, way: Way, bytes: &[u8], seen: usize) {
        let mut rules = self.rules();
        for rule in rules.all.iter_mut().filter(|rule| rule.way == way) {
            rule.hits += match rule.pattern.len() {
                0 => 1,
                length => {
                    let from = seen.saturating_sub(length - 1);
                    let windows = bytes[from..].windows(length);
                    windows.filter(|window| *window == rule.pattern).count()
                }
            };
        }
    }

    fn is_held(&self, way: Way) -> bool {
        let rules = self.rules();
        let mut all = rules.all.iter();
        all.any(|rule| matches!(rule.holds, Some((held, nth)) if held == way && rule.hits >= nth))
    }

    async fn passes(&self, way: Way) {
        let mut changes = self.changed.subscribe();
        while self.is_held(way) {
            if changes.changed().await.is_err() {
                return;
            }
        }
    }
}

/// `host:port` of a URL.
pub fn server(url: &str) -> String {
    let rest = url.split_once("://").unwrap().1;
    let rest = rest.rsplit_once('@').map_or(rest, |(_, server)| server);
    rest.split('/').next().unwrap().to_owned()
}

async fn accept(listener: TcpListener, server: String, state: Arc<State>) {
    loop {
        let Ok((client, _)) = listener.accept().await else {
            continue;
        };
        if *state.up.borrow() {
            tokio::spawn(carry(client, server.clone(), state.clone()));
        } else {
            state.refused.fetch_add(1, Ordering::Relaxed);
        }
    }
}

async fn carry(client: TcpStream, server: String, state: Arc<State>) {
    let mut up = state.up.subscribe();
    let Ok(server) = TcpStream::connect(&server).await else {
        return;
    };
    let _ = (client.set_nodelay(true), server.set_nodelay(true));
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    // When either side ends, or on a cut, both end. The cut is checked first: it may also release what is held back,
    // which must be lost then.
    tokio::select! {
        biased;
        _ = up.changed() => (),
        () = pump(from_client, to_server, Way::ToServer, &state) => (),
        () = pump(from_server, to_client, Way::ToClient, &state) => (),
    }
}

async fn pump(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, way: Way, state: &State) {
    /// Longer than any pattern.
    const TAIL: usize = 64;
    let (mut bytes, mut buffer) = (vec![], vec![0; 64 * 1024]);
    loop {
        let read = match from.read(&mut buffer).await {
            Ok(0) | Err(_) => return,
            Ok(read) => read,
        };
        let seen = bytes.len();
        bytes.extend_from_slice(&buffer[..read]);
        state.look(way, &bytes, seen);
        bytes.drain(..bytes.len().saturating_sub(TAIL));
        state.passes(way).await;
        if to.write_all(&buffer[..read]).await.is_err() {
            return;
        }
    }
}
