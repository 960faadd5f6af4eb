//! A second client: YooKassa's own SDK for Python, which knows nothing of ours. What our client and the sandbox have
//! both misunderstood shows here. The checks are in `sdk/client.py`.

use std::ffi::OsString;
use std::io::Write;
use std::process::Stdio;
use std::sync::Once;
use std::time::Duration;

use jiff::SignedDuration;
use payments::{Capture, CaptureAmount, CaptureMode, NewPayment, NewRefund, Provider};
use serde_json::{Value, json};
use tokio::process::Command;

use crate::support::{Receiver, SECRET, SHOP, World, order, random_key, refund, scripted};

/// The Python of a virtual environment with the SDK, as `cargo local test` sets it.
const PYTHON: &str = "YOOKASSA_SDK_PYTHON";
const SCRIPT: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/tests/payment_sandbox/sdk/client.py"
);
/// The script gives up earlier, and says where.
const PATIENCE: Duration = Duration::from_secs(90);

#[tokio::test]
async fn sdk_creates_payments() {
    run(&World::new().await, "payments", &Value::Null).await;
}

#[tokio::test]
async fn sdk_captures_and_cancels() {
    run(&World::new().await, "holding", &Value::Null).await;
}

#[tokio::test]
async fn sdk_refunds() {
    run(&World::new().await, "refunds", &Value::Null).await;
}

#[tokio::test]
async fn sdk_lists() {
    let world = World::new().await;
    let client = world.client();
    // Each at a time of its own.
    let later = || world.clock.forward(SignedDuration::from_mins(1));
    let (mut payments, mut refunds) = (Vec::new(), Vec::new());
    for words in ["pay", "decline", "pay", "expire=3600", "pay"] {
        later();
        let order = scripted(&format!("sandbox:{words}"));
        payments.insert(0, client.create(&order).await.unwrap().id);
    }
    for (payment, reason) in [
        (0, ""),
        (0, ""),
        (2, "sandbox:refund-pending=3600"),
        (4, ""),
        (2, ""),
    ] {
        later();
        let payment = client.get(&payments[payment]).await.unwrap();
        let new = NewRefund {
            reason: reason.to_owned(),
            ..refund(&payment, 100)
        };
        refunds.insert(0, client.refund(&new).await.unwrap().id);
    }
    let payments: Vec<_> = payments.iter().map(ToString::to_string).collect();
    let refunds: Vec<_> = refunds.iter().map(ToString::to_string).collect();
    let known = json!({"payments": payments, "refunds": refunds});
    run(&world, "lists", &known).await;
}

#[tokio::test]
async fn sdk_reads_webhooks() {
    let mut receiver = Receiver::new(0).await;
    let world = World::with(Some(receiver.url.clone()), None).await;
    let client = world.client();
    let held = NewPayment {
        capture: CaptureMode::OnDemand,
        ..order(1_000)
    };
    let held = world.paid(&held).await;
    let capture = Capture {
        idempotence_key: random_key(),
        payment_id: held.id,
        amount: CaptureAmount::Whole,
    };
    let paid = client.capture(&capture).await.unwrap();
    client.refund(&refund(&paid, 100)).await.unwrap();
    let declined = client.create(&order(1_000)).await.unwrap();
    world.press("decline", &declined.id).await;
    let mut bodies = json!({});
    for _ in 0..4 {
        let body = receiver.next().await;
        let event = body["event"].as_str().unwrap().to_owned();
        bodies[event] = body;
    }
    assert_eq!(bodies.as_object().unwrap().len(), 4, "{bodies:#}");
    run(&world, "notifications", &bodies).await;
}

/// Runs a scenario of the script on this sandbox; `known` is what it compares with.
async fn run(world: &World, scenario: &str, known: &Value) {
    let Some(python) = python() else { return };
    let script = Command::new(python)
        .args([SCRIPT, scenario, &known.to_string()])
        .env("PAYMENT_API_URL", world.url("/v3"))
        .env("PAYMENT_SHOP_ID", SHOP)
        .env("PAYMENT_SECRET_KEY", SECRET)
        // The sandbox is on this machine, whatever proxy leads out of it.
        .env("no_proxy", "127.0.0.1")
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output();
    let ended = tokio::time::timeout(PATIENCE, script).await;
    let output = ended.expect("the script in time").unwrap();
    assert!(
        output.status.success(),
        "client.py {scenario}: {}\n{}{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}

/// `None` where the SDK is not installed, except in CI.
fn python() -> Option<OsString> {
    let python = std::env::var_os(PYTHON);
    if python.is_none() {
        let text = format!(
            "{PYTHON} is not set: the SDK of YooKassa is not tried on the sandbox. `cargo local test -p payment_sandbox` \
             installs it and sets this; so does a virtual environment with the package yookassa, by its python\n"
        );
        assert!(std::env::var_os("CI").is_none(), "{text}");
        static SAID: Once = Once::new();
        // Not by a macro, whose output is only shown when a test fails.
        SAID.call_once(|| std::io::stderr().write_all(text.as_bytes()).unwrap());
    }
    python
}
