//! The HTTP surface that all functions share: what a request may look like, who is asking, and how errors are told.
//!
//! A function's crate has a `State`, a `router(State)` and a `main` that hands the router to [`lambda::run`];
//! `local/gateway` mounts the same routers. `functions/loyalty/cancel_apply_promocode` is a short one to copy.

mod app;
mod body;
mod caller;
mod catalogue;
mod client_address;
mod field_advice;
mod field_errors;
mod idempotency;
pub mod lambda;
mod language;
mod limits;
mod misfit;
mod money;
mod password_guesses;
mod problem;
mod promo_guesses;
mod promo_query;
mod query;
mod registrations;

pub use app::{MAX_BODY, app};
pub use body::JsonBody;
pub use caller::{Access, Admin, Caller, Holder, Marketer, Staff};
pub use catalogue::{Code, catalogue_markdown};
pub use client_address::{ClientAddress, SenderAddress, TrustedProxies};
pub use field_advice::FieldAdvice;
pub use field_errors::FieldErrors;
pub use idempotency::IdempotencyKey;
pub use language::Language;
pub use money::MoneyBody;
pub use password_guesses::{PasswordGuess, PasswordGuesses};
pub use problem::{Problem, ProblemBody, Refusal};
pub use promo_guesses::{PromoGuess, PromoGuesses};
pub use promo_query::PromoQuery;
pub use query::Query;
pub use registrations::{Registering, Registrations};
