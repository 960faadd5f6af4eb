//! Load: so many workers, each with one call under way at a time.

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

/// Keeps all workers busy for `warm_up`, or until each has done something if that takes longer, and then for `length`, and
/// measures the latter; or until there is nothing left to do, and measures what there was after the warm-up.
///
/// # Errors
/// When a call fails, everything was done before the end of the warm-up, or nothing after it.
pub async fn measure<W: Worker>(
    workers: Vec<W>,
    warm_up: Duration,
    length: Duration,
) -> Result<Measured> {
    let earliest = Instant::now() + warm_up;
    let cold = Cell::new(workers.len());
    // What is measured, once all are warm.
    let span: Cell<Option<(Instant, Instant)>> = Cell::new(None);
    let ended = RefCell::new(Vec::new());
    try_join_all(workers.into_iter().map(async |mut worker| -> Result<()> {
        let mut warm = false;
        loop {
            let started = Instant::now();
            if span.get().is_some_and(|(_, end)| started >= end) {
                return Ok(());
            }
            if !worker.call().await? {
                span.set(span.get().map(|(begin, end)| (begin, end.min(started))));
                return Ok(());
            }
            let at = Instant::now();
            ended.borrow_mut().push((started, at));
            if !std::mem::replace(&mut warm, true) {
                cold.set(cold.get() - 1);
            }
            if span.get().is_none() && cold.get() == 0 && at >= earliest {
                span.set(Some((at, at + length)));
            }
        }
    }))
    .await?;
    let ended = ended.into_inner();
    let span = span.get().filter(|(begin, end)| begin < end);
    let (begin, end) = span.ok_or("there was not enough to do to measure anything")?;
    let total = ended.len() as u64;
    let within = ended.into_iter().filter(|(_, at)| begin < *at && *at < end);
    let latencies: Vec<Duration> = within.map(|(from, to)| to - from).collect();
    if latencies.is_empty() {
        return Err("nothing was done within the time: measure for longer".into());
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

/// Makes one request over a connection of its own.
///
/// # Errors
/// When the answer is no success.
pub async fn once(address: SocketAddr, request: Request) -> Result<()> {
    exchange(&mut connect(address).await?, request).await
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

async fn exchange(sender: &mut SendRequest<Full<Bytes>>, request: Request) -> Result<()> {
    let what = format!("{} {}", request.method(), request.uri().path());
    let (status, body) = send(sender, request).await?;
    match status.is_success() {
        true => Ok(()),
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
    async fn it_ends_when_there_is_nothing_left_to_do() {
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
