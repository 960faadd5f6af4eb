//! Deciding, and reserving a use when all rules pass.

use domain::{Decision, Random};
use jiff::Timestamp;
use loyalty_store::{Application, Loaded, LoadedFacts, LoyaltyStore, PromoRequest};
use pg::PgError;
use uuid::Uuid;

/// How often a decision is made again because another request was faster.
pub(crate) const ATTEMPTS: usize = 8;

/// The outcome of a request to apply a promo code.
#[derive(Debug)]
pub enum ApplyOutcome {
    /// A use is reserved from now on.
    Applied(Application),
    /// The user had applied the code already.
    AppliedBefore(Application),
    /// Some rules refused.
    Refused {
        /// The ID under which staff find the decision.
        decision_id: Uuid,
        /// The outcome of every rule.
        decision: Decision,
    },
    /// There is no such promo code.
    NoCode,
    /// There is no such tariff.
    NoTariff,
}

/// Decides, and reserves a use when all rules pass. The decision is stored either way; an accepted one is the application
/// itself. With [`PromoRequest::move_held`], a use that the user holds for another tariff is moved to this one. Takes one
/// round trip for a remembered code and a user without an application, otherwise two, unless other
/// requests interfere.
///
/// # Errors
/// Any [`PgError`]; no use is reserved then.
pub async fn apply(
    store: &LoyaltyStore,
    request: &PromoRequest,
    now: Timestamp,
    random: &dyn Random,
) -> Result<ApplyOutcome, PgError> {
    // Assumptions can only lead to a reservation, whose statement checks them again. A refusal needs loaded facts, as does
    // what is held for another tariff.
    if !request.move_held
        && let Some(facts) = store.assume_facts(request, now)
        && let Some(quote) = facts.accepted()
        && let Some(application) = store.reserve(&facts, quote, random).await?
    {
        return Ok(ApplyOutcome::Applied(application));
    }
    let mut expired_released = false;
    for _ in 0..ATTEMPTS {
        let loaded = match store.load_facts(request, now).await? {
            LoadedFacts::NoCode => return Ok(ApplyOutcome::NoCode),
            LoadedFacts::NoTariff => return Ok(ApplyOutcome::NoTariff),
            LoadedFacts::Facts(loaded) => loaded,
        };
        if released_own(store, &loaded, now).await? {
            continue;
        }
        if let Some(own) = loaded.own {
            return Ok(ApplyOutcome::AppliedBefore(own));
        }
        let facts = &loaded.facts;
        if let Some(held_id) = loaded.held_id.filter(|_| request.move_held)
            && facts.movable().is_some()
            && let Some(quote) = facts.quote()
        {
            let moved = store
                .move_application(held_id, facts, quote, random)
                .await?;
            if let Some(application) = moved {
                return Ok(ApplyOutcome::Applied(application));
            }
            continue;
        }
        let decision = Decision::of(facts);
        let Some(quote) = decision.accepted() else {
            if !expired_released && waits_for_release(&loaded, &decision) {
                expired_released = store.expire_applications_counted_with(facts, now).await?;
                continue;
            }
            let decision_id = store.record_refusal(facts, &decision, None, random);
            let decision_id = decision_id.await?;
            return Ok(ApplyOutcome::Refused {
                decision_id,
                decision,
            });
        };
        if let Some(application) = store.reserve(facts, quote, random).await? {
            return Ok(ApplyOutcome::Applied(application));
        }
    }
    Err(PgError::Unavailable(
        "other requests were faster each time".to_owned(),
    ))
}

/// Releases applications of the user that have ended and still count; whether there were any, so that the facts have to be
/// loaded again.
pub(crate) async fn released_own(
    store: &LoyaltyStore,
    loaded: &Loaded,
    now: Timestamp,
) -> Result<bool, PgError> {
    // An expired application must not count until the next sweep.
    if loaded.own_lapsed {
        let user_id = loaded.facts.user_id;
        store.expire_applications_of(user_id, now).await?;
        return Ok(true);
    }
    // Released, so that the decision says why it is void.
    if let Some(own) = loaded.withdrawn() {
        store.withdraw(own.id, now).await?;
        return Ok(true);
    }
    Ok(false)
}

/// Whether a limit refuses while expired applications may still count. They may even if another request or the sweeper has
/// just released them: only facts that are loaded after the release can refuse.
pub(crate) fn waits_for_release(loaded: &Loaded, decision: &Decision) -> bool {
    loaded.lapsed && decision.refusals().any(|outcome| outcome.rule.is_limit())
}
