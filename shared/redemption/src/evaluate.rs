//! Deciding without changing anything.

use domain::{Decision, Facts, Quote};
use jiff::Timestamp;
use loyalty_store::{Application, LoadedFacts, LoyaltyStore, PromoRequest};
use pg::PgError;

/// What the outcome of a request would be.
#[derive(Debug)]
pub enum Evaluation {
    /// All rules pass.
    Passes {
        /// What they were evaluated on.
        facts: Box<Facts>,
        /// The price with the code.
        quote: Quote,
    },
    /// The user has applied the code already.
    Applied(Application),
    /// Some rules refuse.
    Refused(Decision),
    /// There is no such promo code.
    NoCode,
    /// There is no such tariff.
    NoTariff,
}

/// Evaluates the rules that [`apply`](crate::apply()) decides by, and changes nothing. Applications that have just
/// expired, or whose tariff is no longer on sale, may still count.
///
/// # Errors
/// Any [`PgError`].
pub async fn evaluate(
    store: &LoyaltyStore,
    request: &PromoRequest,
    now: Timestamp,
) -> Result<Evaluation, PgError> {
    let loaded = match store.load_facts(request, now).await? {
        LoadedFacts::NoCode => return Ok(Evaluation::NoCode),
        LoadedFacts::NoTariff => return Ok(Evaluation::NoTariff),
        LoadedFacts::Facts(loaded) => loaded,
    };
    if loaded.withdrawn().is_none()
        && !loaded.own_lapsed
        && let Some(own) = loaded.own
    {
        return Ok(Evaluation::Applied(own));
    }
    let decision = Decision::of(&loaded.facts);
    let movable = request.move_held && loaded.facts.movable().is_some();
    let quote = match movable {
        true => loaded.facts.quote(),
        false => decision.accepted(),
    };
    Ok(match quote {
        Some(quote) => Evaluation::Passes {
            facts: Box::new(loaded.facts),
            quote,
        },
        None => Evaluation::Refused(decision),
    })
}
