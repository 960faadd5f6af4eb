//! A payment provider for one machine: an HTTP server that speaks the part of the YooKassa v3 API that the product
//! uses, with a page where a person, or a test, decides whether a payment goes through. No money moves.
//!
//! | route | what |
//! |---|---|
//! | `POST /v3/payments`, `GET /v3/payments`, `GET /v3/payments/{id}`, `POST /v3/payments/{id}/capture`, `POST /v3/payments/{id}/cancel`, `POST /v3/refunds`, `GET /v3/refunds`, `GET /v3/refunds/{id}` | the API, Basic authentication |
//! | `GET /pay/{id}` | the buyer's page |
//! | `POST /pay/{id}/approve`, `POST /pay/{id}/decline` | its two buttons, and the choice of how the webhook comes; JSON when `Accept: application/json` |
//! | `GET /` | the newest payments, each with a link to its page |
//! | `GET /healthz` | 200 |
//!
//! What goes wrong in the world is scripted by words in a payment's or a refund's description, such as
//! `sandbox:webhook-lost`: docs/payments.md has the list.
//!
//! All is kept in memory. With `SANDBOX_STATE_FILE` set they are also written to that file, before the answer
//! that acknowledges them, so a restart loses nothing; delete the file to start afresh. Every change of status is
//! announced to `SANDBOX_WEBHOOK_URL`, with retries.
//!
//! Like the real API it captures and cancels only payments whose money is held (`capture: false`, approved); a pending
//! one is left to expire. It takes any amount of roubles, and registers every receipt.

mod answer;
mod api;
mod auth;
mod checks;
mod create;
mod error;
mod expiry;
mod list;
mod pages;
mod payment;
mod receipt;
mod refund;
mod refunds;
mod sandbox;
mod saver;
mod script;
mod server;
mod settings;
mod store;
mod webhook;

use axum::Router;
use axum::routing::{get, post};

pub use payment::{HOLDING, LIFETIME};
pub use sandbox::{Sandbox, StartError};
pub use server::run;
pub use settings::Settings;

/// The sandbox's routes.
pub fn router(sandbox: Sandbox) -> Router {
    Router::new()
        .route("/v3/payments", post(create::create).get(api::list))
        .route("/v3/payments/{id}", get(api::read))
        .route("/v3/payments/{id}/capture", post(api::capture))
        .route("/v3/payments/{id}/cancel", post(api::cancel))
        .route("/v3/refunds", post(refunds::create).get(refunds::list))
        .route("/v3/refunds/{id}", get(refunds::read))
        .route("/pay/{id}", get(pages::show))
        .route("/pay/{id}/approve", post(pages::approve))
        .route("/pay/{id}/decline", post(pages::decline))
        .route("/", get(pages::newest))
        .route("/healthz", get(|| async { "ok" }))
        .fallback(api::no_such_route)
        .with_state(sandbox)
}
