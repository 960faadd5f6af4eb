//! How soon the outcome of a payment is processed: from the buyer's press of a button at the provider, through its
//! webhook and the reading of the payment, until the use of the code is released, or the subscription exists. No worker
//! runs: nothing here waits for a sweep.

use std::time::{Duration, Instant};

use hyper::Method;
use hyper::header::{ACCEPT, HOST};
use serde_json::Value;
use tokio_postgres::types::Type;
use uuid::Uuid;

use crate::latencies::Latencies;
use crate::load::{self, Request};
use crate::promo_codes::{SPREAD, SPREAD_CODES};
use crate::report::{Goal, millis};
use crate::world::World;
use crate::{Result, arrival, request};

/// Purchases of each kind.
const PURCHASES: usize = 500;
const AT_MOST: Duration = Duration::from_secs(5);

/// What the buyer does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The bank declines.
    Declined,
    /// The money comes.
    Paid,
}

/// Both.
pub const ALL: [Outcome; 2] = [Outcome::Declined, Outcome::Paid];

impl Outcome {
    /// What it is called.
    pub fn name(self) -> &'static str {
        match self {
            Outcome::Declined => "purchase, from declined to released",
            Outcome::Paid => "purchase, from paid to subscribed",
        }
    }

    fn button(self) -> &'static str {
        match self {
            Outcome::Declined => "decline",
            Outcome::Paid => "approve",
        }
    }

    /// A query for those of the purchases $1 whose outcome is processed.
    fn taken_in(self) -> &'static str {
        match self {
            Outcome::Declined => {
                "SELECT b.id FROM purchases b JOIN applications a ON a.id = b.application_id
                WHERE b.id = ANY ($1) AND b.status = 'failed' AND a.state = 'cancelled'"
            }
            Outcome::Paid => "SELECT purchase_id FROM subscriptions WHERE purchase_id = ANY ($1)",
        }
    }
}

/// A purchase that waits for its payment.
struct Awaited {
    id: Uuid,
    page: String,
}

/// Buys with a code, and then presses the buttons at a steady rate.
///
/// # Errors
/// When a request fails, or an outcome is not processed.
pub async fn goal(world: &World, outcome: Outcome) -> Result<Goal> {
    let mut awaited = buy(world).await?.into_iter();
    let press = async || {
        let next = awaited.next().ok_or("no purchase is left")?;
        let pressed = Instant::now();
        press(&next.page, outcome.button()).await?;
        Ok((next.id, pressed))
    };
    let taken_in = async |ids: &[Uuid]| {
        let sql = outcome.taken_in();
        world.loyalty.values(sql, &[(&ids, Type::UUID_ARRAY)]).await
    };
    let latencies = Latencies::of(arrival::measure(PURCHASES, press, taken_in).await?);
    let [p50, p95, p99] = [50, 95, 99].map(|percent| latencies.percentile(percent));
    Ok(Goal {
        text: format!(
            "{}: p50 {} ms, p95 {} ms, p99 {} ms at {} a second (p99 below {})",
            outcome.name(),
            millis(p50),
            millis(p95),
            millis(p99),
            1000 / arrival::BETWEEN.as_millis(),
            AT_MOST.as_millis(),
        ),
        met: p99 < AT_MOST,
    })
}

async fn buy(world: &World) -> Result<Vec<Awaited>> {
    let subjects = world.take(u64::try_from(PURCHASES)?);
    world.add_users(subjects).await?;
    let mut awaited = vec![];
    for n in subjects.numbers() {
        let code = SPREAD_CODES + n % SPREAD;
        let request = request::with_promo(world, n, "/use_promocode", code)?;
        let bought = load::once(world.address, request).await?;
        let bought: Value = serde_json::from_slice(&bought)?;
        let text = |field: &str| bought[field].as_str().ok_or("not a purchase to be paid");
        awaited.push(Awaited {
            id: text("purchase_id")?.parse()?,
            page: text("confirmation_url")?.to_owned(),
        });
    }
    Ok(awaited)
}

/// Presses a button of the sandbox's page.
async fn press(page: &str, button: &str) -> Result<()> {
    let at = page.trim_start_matches("http://");
    let (address, path) = at.split_once('/').ok_or("not the sandbox's page")?;
    let request: Request = hyper::Request::builder()
        .method(Method::POST)
        .uri(format!("/{path}/{button}"))
        .header(HOST, address)
        .header(ACCEPT, "application/json")
        .body(String::new().into())?;
    load::once(address.parse()?, request).await?;
    Ok(())
}
