//! A sandbox on a port of its own, its client, and a receiver of its webhooks.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::{Json, Router, routing::post};
use domain::{Clock, Currency, Money, Random};
use jiff::{SignedDuration, Timestamp};
use payment_sandbox::{Sandbox, Settings, router};
use payments::{
    CaptureMode, Config, NewPayment, NewRefund, Payment, PaymentId, PaymentStatus, Provider,
    Receipts, YooKassa,
};
use runtime::OsRandom;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use uuid::Uuid;

pub const SHOP: &str = "100500";
pub const SECRET: &str = "test_s3cret";
pub const RETURN_URL: &str = "https://shop.example/thanks?a=1&b=2";

/// A clock that stands still until it is moved.
pub struct HandClock(Mutex<Timestamp>);

impl Clock for HandClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
}

impl HandClock {
    pub fn forward(&self, by: SignedDuration) {
        let mut now = self.0.lock().unwrap();
        *now = now.checked_add(by).unwrap();
    }
}

pub struct World {
    pub address: SocketAddr,
    pub clock: Arc<HandClock>,
    server: JoinHandle<()>,
}

impl World {
    pub async fn new() -> World {
        World::with(None, None).await
    }

    pub async fn with(webhook_url: Option<String>, state_file: Option<PathBuf>) -> World {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let settings = Settings {
            shop_id: SHOP.to_owned(),
            secret_key: SECRET.to_owned(),
            public_url: format!("http://{address}/"),
            webhook_url,
            state_file,
        };
        let start = "2026-03-01T12:00:00Z".parse().unwrap();
        let clock = Arc::new(HandClock(Mutex::new(start)));
        let sandbox =
            Sandbox::start(settings, Arc::clone(&clock) as _, Arc::new(OsRandom)).unwrap();
        let server = tokio::spawn(async move {
            axum::serve(listener, router(sandbox)).await.unwrap();
        });
        World {
            address,
            clock,
            server,
        }
    }

    /// Stops the server abruptly.
    pub async fn kill(self) {
        self.server.abort();
        let _ = self.server.await;
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub fn client(&self) -> YooKassa {
        self.client_with(SECRET)
    }

    pub fn client_with(&self, secret: &str) -> YooKassa {
        let config = Config::new(&self.url("/v3"), SHOP, secret, RETURN_URL).unwrap();
        YooKassa::new(config).unwrap()
    }

    /// A client that sends receipts.
    pub fn client_with_receipts(&self) -> YooKassa {
        let receipts = Receipts::new("11", "receipts@shop.example", Some("2"), None, None);
        let config = Config::new(&self.url("/v3"), SHOP, SECRET, RETURN_URL).unwrap();
        YooKassa::new(config.with_receipts(receipts.unwrap())).unwrap()
    }

    /// A payment that the buyer has paid, or whose money is held if `order` captures on demand.
    pub async fn paid(&self, order: &NewPayment) -> Payment {
        let client = self.client();
        let id = client.create(order).await.unwrap().id;
        assert_eq!(self.press("approve", &id).await.0, StatusCode::OK);
        client.get(&id).await.unwrap()
    }

    /// All payments, as the API lists them.
    pub async fn list(&self) -> Vec<Value> {
        let request = http().get(self.url("/v3/payments?limit=100"));
        let answer = request.basic_auth(SHOP, Some(SECRET)).send().await.unwrap();
        let page: Value = answer.json().await.unwrap();
        page["items"].as_array().unwrap().clone()
    }

    /// Presses a button of the payment page and returns the JSON answer.
    pub async fn press(&self, button: &str, id: &PaymentId) -> (StatusCode, Value) {
        let answer = http()
            .post(self.url(&format!("/pay/{id}/{button}")))
            .header("accept", "application/json")
            .send()
            .await
            .unwrap();
        (answer.status(), answer.json().await.unwrap())
    }

    /// Calls the API without the client.
    pub async fn post(&self, path: &str, key: Option<&str>, body: &Value) -> (StatusCode, Value) {
        let mut request = http()
            .post(self.url(path))
            .basic_auth(SHOP, Some(SECRET))
            .json(body);
        if let Some(key) = key {
            request = request.header("Idempotence-Key", key);
        }
        let answer = request.send().await.unwrap();
        (answer.status(), answer.json().await.unwrap())
    }
}

pub fn http() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().build().unwrap()
}

pub fn order(kopecks: i64) -> NewPayment {
    NewPayment {
        idempotence_key: OsRandom.uuid(),
        purchase_id: OsRandom.uuid(),
        amount: rubles(kopecks),
        description: "Подписка <b>«Про»</b>".to_owned(),
        capture: CaptureMode::AtOnce,
    }
}

/// An order whose description has these script words for the sandbox.
pub fn scripted(words: &str) -> NewPayment {
    NewPayment {
        description: format!("Подписка {words}"),
        ..order(10_000)
    }
}

/// Why a payment was cancelled.
pub fn reason(status: PaymentStatus) -> String {
    match status {
        PaymentStatus::Canceled { reason } => reason,
        other => panic!("{other:?}"),
    }
}

pub fn rubles(kopecks: i64) -> Money {
    Money::from_minor(kopecks, Currency::RUB).unwrap()
}

/// A refund of so many kopecks.
pub fn refund(payment: &Payment, kopecks: i64) -> NewRefund {
    NewRefund {
        idempotence_key: OsRandom.uuid(),
        payment_id: payment.id.clone(),
        purchase_id: payment.purchase_id.unwrap(),
        amount: rubles(kopecks),
        reason: "Не подошло".to_owned(),
        description: "Подписка".to_owned(),
    }
}

pub fn random_key() -> Uuid {
    OsRandom.uuid()
}

/// Receives webhooks; refuses the first `refuse` of them with 503.
pub struct Receiver {
    pub url: String,
    bodies: mpsc::UnboundedReceiver<Value>,
}

type Inbox = (mpsc::UnboundedSender<Value>, Arc<Mutex<u32>>);

impl Receiver {
    pub async fn new(refuse: u32) -> Receiver {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let (sender, bodies) = mpsc::unbounded_channel();
        let inbox: Inbox = (sender, Arc::new(Mutex::new(refuse)));
        let app = Router::new()
            .route("/hook", post(receive))
            .with_state(inbox);
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Receiver { url, bodies }
    }

    pub async fn next(&mut self) -> Value {
        let wait = tokio::time::timeout(Duration::from_secs(20), self.bodies.recv());
        wait.await.expect("a webhook in time").unwrap()
    }

    /// Whether nothing more arrives for a while.
    pub async fn is_quiet(&mut self) -> bool {
        let wait = tokio::time::timeout(Duration::from_millis(1500), self.bodies.recv());
        wait.await.is_err()
    }
}

async fn receive(State((sender, refuse)): State<Inbox>, Json(body): Json<Value>) -> StatusCode {
    sender.send(body).unwrap();
    let mut refuse = refuse.lock().unwrap();
    if *refuse > 0 {
        *refuse -= 1;
        return StatusCode::SERVICE_UNAVAILABLE;
    }
    StatusCode::OK
}
