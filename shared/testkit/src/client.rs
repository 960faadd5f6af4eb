//! An HTTP client of the service.

use std::time::Duration;

use reqwest::{Method, RequestBuilder};
use serde_json::Value;

use crate::Answer;
use crate::raw;

/// A function that is starting up answers within this; the Lambda emulator runs one request at a time.
const TIMEOUT: Duration = Duration::from_secs(60);

/// Sends requests to the service.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    base_url: String,
}

/// A request that is being built.
pub struct Call {
    request: RequestBuilder,
    what: String,
}

impl Client {
    /// A client of the service at `base_url`, which has no trailing slash.
    pub fn new(base_url: String) -> Client {
        let http = reqwest::Client::builder()
            // Everything is on this machine.
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(TIMEOUT)
            .build()
            .unwrap();
        Client { http, base_url }
    }

    /// A request. `path` begins with a slash and may have a query, which is sent as it is.
    pub fn call(&self, method: &str, path: &str) -> Call {
        self.call_url(method, &format!("{}{path}", self.base_url))
    }

    pub(crate) fn call_url(&self, method: &str, url: &str) -> Call {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let what = format!("{method} {}", shortened(url));
        let request = self.http.request(method, url);
        Call { request, what }
    }

    /// Sends raw bytes over a new connection and reads the answer, for requests that an HTTP client refuses to send.
    /// The request must ask for `Connection: close`.
    pub async fn raw(&self, request: &[u8]) -> Answer {
        raw::send(&self.base_url, request).await
    }
}

impl Call {
    /// Adds a header, even if there is one of the same name.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Call {
        self.request = self.request.header(name, value);
        self
    }

    /// Adds an access token.
    #[must_use]
    pub fn bearer(self, token: &str) -> Call {
        self.header("authorization", &format!("Bearer {token}"))
    }

    /// Adds the shop's name and key.
    #[must_use]
    pub(crate) fn basic(mut self, user: &str, password: &str) -> Call {
        self.request = self.request.basic_auth(user, Some(password));
        self
    }

    /// Adds a JSON body.
    #[must_use]
    pub fn json(mut self, body: &Value) -> Call {
        self.request = self.request.json(body);
        self
    }

    /// Adds a CSV file.
    #[must_use]
    pub fn csv(self, bytes: impl Into<Vec<u8>>) -> Call {
        self.header("content-type", "text/csv").bytes(bytes)
    }

    /// Adds any body, declared as JSON.
    #[must_use]
    pub fn body(self, bytes: impl Into<Vec<u8>>) -> Call {
        self.header("content-type", "application/json").bytes(bytes)
    }

    /// Adds a body without a content type.
    #[must_use]
    pub fn bytes(mut self, bytes: impl Into<Vec<u8>>) -> Call {
        self.request = self.request.body(bytes.into());
        self
    }

    /// Sends it.
    pub async fn send(self) -> Answer {
        let what = self.what;
        let response = self.request.send().await;
        let response = response.unwrap_or_else(|error| panic!("{what}: {error:?}"));
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        let body = response.bytes().await;
        let body = body.unwrap_or_else(|error| panic!("{what}: {error:?}"));
        Answer::new(what, status, headers, body.to_vec())
    }
}

fn shortened(url: &str) -> String {
    match url.char_indices().nth(200) {
        Some((at, _)) => format!("{}…", &url[..at]),
        None => url.to_owned(),
    }
}
