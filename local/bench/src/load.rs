//! Load: a number of workers, each with one call in flight.

use std::cell::{Cell, RefCell};
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};

use futures_util::future::try_join_all;
use http_body_util::{BodyExt, Full};
use hyper::StatusCode;
use hyper::body::Bytes;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use crate::{Error, Result};

/// A request as it is sent.
pub type Request = hyper::Request<Full<Bytes>>;

/// Requests that several connections take, one after another.
pub type Requests = Rc<RefCell<dyn Iterator<Item = Request>>>;

/// Something that can be done again and again.
pub trait Worker {
    /// Does it once. False: there is nothing left to do.
    async fn call(&mut self) -> Result<bool>;
}

/// What was measured.
pub struct Measured {
    /// How long the calls took that ended within the measurement.
    pub latencies: Vec<Duration>,
    /// How long the measurement was.
    pub elapsed: Duration,
    /// All calls, also those of the warm-up.
    pub total: u64,
}

impl Measured {
    /// Calls a second.
    pub fn rate(&self) -> f64 {
        self.latencies.len() as f64 / self.elapsed.as_secs_f64()
    }
}

/// Keeps all workers busy, first for `warm_up` and then for `length`, and measures the latter. Either takes longer if it must
/// for each worker to do something in it: where work queues up, all of it moves in step, and a part of a round says nothing.
/// With nothing left to do it measures what there was.
///
/// # Errors
/// When a call fails, or nothing was left to do after the warm-up.
pub async fn measure<W: Worker>(
    workers: Vec<W>,
    warm_up: Duration,
    length: Duration,
) -> Result<Measured> {
    let earliest = Instant::now() + warm_up;
    let many = workers.len();
    // Who has not done anything yet: in the warm-up, and after it.
    let (cold, idle) = (Cell::new(many), Cell::new(many));
    let (begin, end) = (Cell::new(None::<Instant>), Cell::new(None::<Instant>));
    let ended = RefCell::new(Vec::new());
    try_join_all(workers.into_iter().map(async |mut worker| -> Result<()> {
        let (mut is_cold, mut is_idle) = (true, true);
        while end.get().is_none() {
            let started = Instant::now();
            if !worker.call().await? {
                end.set(end.get().or(Some(started)));
                break;
            }
            let at = Instant::now();
            ended.borrow_mut().push((started, at));
            match begin.get() {
                None => {
                    cold.update(|cold| cold - usize::from(is_cold));
                    is_cold = false;
                    if cold.get() == 0 && at >= earliest {
                        begin.set(Some(at));
                    }
                }
                Some(begin) => {
                    idle.update(|idle| idle - usize::from(is_idle));
                    is_idle = false;
                    if idle.get() == 0 && at >= begin + length {
                        end.set(end.get().or(Some(at)));
                    }
                }
            }
        }
        Ok(())
    }))
    .await?;
    let ended = ended.into_inner();
    let (Some(begin), Some(end)) = (begin.get(), end.get()) else {
        return Err("there was not enough to do to measure anything".into());
    };
    let total = ended.len() as u64;
    let within = ended
        .into_iter()
        .filter(|(_, at)| begin < *at && *at <= end);
    let latencies: Vec<Duration> = within.map(|(from, to)| to - from).collect();
    if latencies.is_empty() {
        return Err("there was not enough to do to measure anything".into());
    }
    Ok(Measured {
        latencies,
        elapsed: end - begin,
        total,
    })
}

/// A connection that stays open, and where it takes its requests from.
pub struct Connection {
    sender: SendRequest<Full<Bytes>>,
    requests: Requests,
}

impl Connection {
    /// Connects.
    ///
    /// # Errors
    /// When nobody listens there.
    pub async fn open(address: SocketAddr, requests: Requests) -> Result<Connection> {
        Ok(Connection {
            sender: connect(address).await?,
            requests,
        })
    }
}

impl Worker for Connection {
    async fn call(&mut self) -> Result<bool> {
        let Some(request) = self.requests.borrow_mut().next() else {
            return Ok(false);
        };
        exchange(&mut self.sender, request).await?;
        Ok(true)
    }
}

/// Makes one request over a connection of its own; the body of the answer.
///
/// # Errors
/// When the answer is no success.
pub async fn once(address: SocketAddr, request: Request) -> Result<Bytes> {
    exchange(&mut connect(address).await?, request).await
}

/// Makes all of these requests, one after another over one connection.
///
/// # Errors
/// When an answer is no success.
pub async fn all(
    address: SocketAddr,
    requests: impl Iterator<Item = Result<Request>>,
) -> Result<()> {
    let mut sender = connect(address).await?;
    for request in requests {
        exchange(&mut sender, request?).await?;
    }
    Ok(())
}

/// How long one request takes that is refused with this status, over a connection of its own, without connecting.
///
/// # Errors
/// When the answer has another status.
pub async fn refused(
    address: SocketAddr,
    request: Request,
    expected: StatusCode,
) -> Result<Duration> {
    let mut sender = connect(address).await?;
    let what = format!("{} {}", request.method(), request.uri().path());
    let started = Instant::now();
    let (status, body) = send(&mut sender, request).await?;
    let took = started.elapsed();
    match status == expected {
        true => Ok(took),
        false => Err(unexpected(&what, status, &body)),
    }
}

async fn connect(address: SocketAddr) -> Result<SendRequest<Full<Bytes>>> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    // It ends with the sender, which reports its errors.
    tokio::spawn(connection);
    Ok(sender)
}

async fn exchange(sender: &mut SendRequest<Full<Bytes>>, request: Request) -> Result<Bytes> {
    let what = format!("{} {}", request.method(), request.uri().path());
    let (status, body) = send(sender, request).await?;
    match status.is_success() {
        true => Ok(body),
        false => Err(unexpected(&what, status, &body)),
    }
}

async fn send(
    sender: &mut SendRequest<Full<Bytes>>,
    request: Request,
) -> Result<(StatusCode, Bytes)> {
    sender.ready().await?;
    let answer = sender.send_request(request).await?;
    let status = answer.status();
    Ok((status, answer.into_body().collect().await?.to_bytes()))
}

fn unexpected(what: &str, status: StatusCode, body: &Bytes) -> Error {
    let text = String::from_utf8_lossy(body);
    format!("{what} answers {status}: {text}").into()
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Times(u32);

    impl Worker for Times {
        async fn call(&mut self) -> Result<bool> {
            if self.0 == 0 {
                return Ok(false);
            }
            self.0 -= 1;
            tokio::task::yield_now().await;
            Ok(true)
        }
    }

    #[tokio::test]
    async fn load_ends_with_the_last_request() {
        let hour = Duration::from_secs(3600);
        let workers = vec![Times(1000), Times(1000)];
        let measured = measure(workers, Duration::ZERO, hour).await.unwrap();
        assert!(measured.elapsed < hour);
        assert!((1000..=2000).contains(&measured.total));
        assert!(measured.latencies.len() as u64 <= measured.total);

        let too_few = measure(vec![Times(5)], hour, hour).await;
        assert!(too_few.is_err());
    }
}
