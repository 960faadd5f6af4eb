//! HTTP/1.1 by hand: one request, one answer, one connection.

use std::time::Duration;

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::Answer;

const TIMEOUT: Duration = Duration::from_secs(30);

pub(crate) async fn send(base_url: &str, request: &[u8]) -> Answer {
    let end = request
        .iter()
        .position(|b| *b == b'\r')
        .unwrap_or(request.len());
    let what = String::from_utf8_lossy(&request[..end]).into_owned();
    let answer = tokio::time::timeout(TIMEOUT, exchange(base_url, request)).await;
    let bytes = answer.unwrap_or_else(|_| panic!("{what}: no answer in {TIMEOUT:?}"));
    parse(&what, &bytes).unwrap_or_else(|| {
        let text = String::from_utf8_lossy(&bytes);
        panic!("{what}: not an HTTP answer: {text:?}")
    })
}

async fn exchange(base_url: &str, request: &[u8]) -> Vec<u8> {
    let address = base_url.strip_prefix("http://").unwrap_or(base_url);
    let (mut from, mut to) = TcpStream::connect(address).await.unwrap().into_split();
    let write = async {
        // The server may answer and close the connection before it has read everything: the answer is what counts.
        let _ = to.write_all(request).await;
    };
    let read = async {
        let mut bytes = vec![];
        let mut part = [0; 4096];
        while let Ok(n @ 1..) = from.read(&mut part).await {
            bytes.extend_from_slice(&part[..n]);
        }
        bytes
    };
    tokio::join!(write, read).1
}

fn parse(what: &str, bytes: &[u8]) -> Option<Answer> {
    let end = bytes.windows(4).position(|w| w == b"\r\n\r\n")?;
    let head = std::str::from_utf8(&bytes[..end]).ok()?;
    let mut lines = head.split("\r\n");
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let mut headers = HeaderMap::new();
    for line in lines {
        let (name, value) = line.split_once(':')?;
        let name: HeaderName = name.parse().ok()?;
        headers.append(name, HeaderValue::from_str(value.trim()).ok()?);
    }
    let mut body = bytes[end + 4..].to_vec();
    if headers
        .get("transfer-encoding")
        .is_some_and(|v| v == "chunked")
    {
        body = joined(&body)?;
    }
    Some(Answer::new(what.to_owned(), status, headers, body))
}

/// Decodes a chunked body.
fn joined(mut rest: &[u8]) -> Option<Vec<u8>> {
    let mut body = vec![];
    loop {
        let line = rest.windows(2).position(|w| w == b"\r\n")?;
        let size = usize::from_str_radix(std::str::from_utf8(&rest[..line]).ok()?, 16).ok()?;
        if size == 0 {
            return Some(body);
        }
        let chunk = rest.get(line + 2..line + 2 + size)?;
        body.extend_from_slice(chunk);
        rest = rest.get(line + 2 + size + 2..)?;
    }
}
