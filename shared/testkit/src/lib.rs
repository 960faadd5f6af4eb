//! Support for tests: a world with users, tariffs and promo codes of its own, on the running service and the real
//! databases. Everything is found through the environment alone.
//!
//! ```no_run
//! # async fn test() {
//! use testkit::{PromoSpec, World};
//!
//! let world = World::new().await;
//! let user = world.user().await;
//! let tariff = world.tariff(29_900).await;
//! let promo = world.promo(PromoSpec::default()).await;
//! user.apply(&promo, &tariff).await.success(201);
//! world.finish().await;
//! # }
//! ```
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "only tests use this crate: a panic is how it reports"
)]

pub mod account;
mod answer;
mod approval;
mod client;
mod finish;
mod forge;
pub mod function;
mod ports;
mod promo;
mod purchase_events;
mod raw;
mod records;
mod refusal;
pub mod rows;
mod sandbox;
pub mod scratch;
mod settings;
pub mod staff;
pub mod statements;
mod user;
mod wait;
mod world;

pub use answer::Answer;
pub use client::{Call, Client};
pub use domain::{CodeState, FirstPurchase, PromotionStatus, RULES, UserPeriod};
pub use forge::Forge;
pub use futures_util::future::join_all;
pub use ports::free_address;
pub use promo::{Audience, Effect, NewCode, Promo, PromoSpec, Tariff};
pub use records::{Application, Decision, Purchase};
pub use sandbox::Sandbox;
pub use settings::{Host, Settings};
pub use user::{PASSWORD, User};
pub use wait::{TIMEOUT, until};
pub use world::{World, now, unique};
