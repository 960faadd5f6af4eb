//! Deciding and reserving for a user, on behalf of a member of staff.

use domain::{Decision, Quote, Random};
use jiff::Timestamp;
use loyalty_store::{ForUser, LoadedFacts, LoyaltyStore, PromoRequest};
use pg::PgError;
use uuid::Uuid;

use crate::apply::{ATTEMPTS, released_own, waits_for_release};

/// The outcome of applying a promo code for a user.
#[derive(Debug)]
pub enum ApplyForUserOutcome {
    /// This application was made, or used, by this call.
    Done(Uuid),
    /// The user, or staff, had applied the code already.
    AppliedBefore(Uuid),
    /// The purchase was asked for, and there is something to pay: nothing has changed.
    NotFree(Quote),
    /// Some rules refused, and were not waived.
    Refused {
        /// The ID under which the decision is found.
        decision_id: Uuid,
        /// The outcome of every rule.
        decision: Decision,
    },
    /// There is no such promo code.
    NoCode,
    /// There is no such tariff.
    NoTariff,
}

/// Decides by the rules that [`apply`](crate::apply()) decides by, except those that are waived, and reserves a use for the
/// user when the others pass; with [`ForUser::with_purchase`], makes the purchase in the same statement. Staff name a
/// code by its ID and mean the user who has the text. A use that the user holds for another tariff is not moved.
///
/// # Errors
/// Any [`PgError`]; no use is reserved then.
pub async fn apply_for_user(
    store: &LoyaltyStore,
    request: &PromoRequest,
    by: &ForUser,
    now: Timestamp,
    random: &dyn Random,
) -> Result<ApplyForUserOutcome, PgError> {
    let mut expired_released = false;
    for _ in 0..ATTEMPTS {
        let mut loaded = match store.load_facts(request, now).await? {
            LoadedFacts::NoCode => return Ok(ApplyForUserOutcome::NoCode),
            LoadedFacts::NoTariff => return Ok(ApplyForUserOutcome::NoTariff),
            LoadedFacts::Facts(loaded) => loaded,
        };
        if released_own(store, &loaded, now).await? {
            continue;
        }
        if let Some(own) = &loaded.own {
            if !by.with_purchase {
                return Ok(ApplyForUserOutcome::AppliedBefore(own.id));
            }
            if own.quote.total.minor() > 0 {
                return Ok(ApplyForUserOutcome::NotFree(own.quote));
            }
            if store.use_for_user(own.id, by, now, random).await? {
                return Ok(ApplyForUserOutcome::Done(own.id));
            }
            continue;
        }
        loaded.facts.observed.named_by_text = true;
        let facts = &loaded.facts;
        let decision = Decision::waiving(facts, &by.waivers);
        let Some(quote) = decision.accepted() else {
            if !expired_released && waits_for_release(&loaded, &decision) {
                expired_released = store.expire_applications_counted_with(facts, now).await?;
                continue;
            }
            let decision_id = store.record_refusal(facts, &decision, Some(by), random);
            return Ok(ApplyForUserOutcome::Refused {
                decision_id: decision_id.await?,
                decision,
            });
        };
        if by.with_purchase && quote.total.minor() > 0 {
            return Ok(ApplyForUserOutcome::NotFree(quote));
        }
        let reserved = store.reserve_for_user(facts, &decision, quote, by, random);
        if let Some(application) = reserved.await? {
            return Ok(ApplyForUserOutcome::Done(application.id));
        }
    }
    Err(PgError::Unavailable(
        "other requests were faster each time".to_owned(),
    ))
}
