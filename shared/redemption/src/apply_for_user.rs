//! Deciding and reserving for a user, on behalf of a member of staff.

use domain::{Decision, Quote, Random};
use jiff::Timestamp;
use loyalty_store::{
    EarlierRequest, ForUser, LoadedFacts, LoyaltyStore, PromoRequest, ReservedForUser,
};
use pg::PgError;
use uuid::Uuid;

use crate::apply::{ATTEMPTS, released_own, waits_for_release};

/// The outcome of applying a promo code for a user.
#[derive(Debug)]
pub enum ApplyForUserOutcome {
    /// This application was made, or used, by this call.
    Done(Uuid),
    /// The user, or staff, had applied the code already; or this is a repetition of the request that did.
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
    /// The user is the member of staff, in this account or another.
    OwnAccount,
    /// There is no such promo code.
    NoCode,
    /// There is no such tariff.
    NoTariff,
    /// The Idempotency-Key came with another request before.
    KeyReused,
}

impl ApplyForUserOutcome {
    /// Whether it tells that there is such a promo code.
    pub fn is_about_code(&self) -> bool {
        match self {
            ApplyForUserOutcome::Done(_)
            | ApplyForUserOutcome::AppliedBefore(_)
            | ApplyForUserOutcome::NotFree(_)
            | ApplyForUserOutcome::Refused { .. } => true,
            ApplyForUserOutcome::OwnAccount
            | ApplyForUserOutcome::NoCode
            | ApplyForUserOutcome::NoTariff
            | ApplyForUserOutcome::KeyReused => false,
        }
    }
}

/// Decides by the rules that [`apply`](crate::apply()) decides by, except those that are waived, and reserves a use for the
/// user when the others pass; with [`ForUser::with_purchase`], makes the purchase in the same statement. Staff name a
/// code by its ID and mean the user who has the text. A use that the user holds for another tariff is not moved. A request
/// that repeats an earlier one, by its Idempotency-Key, gets the application of that.
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
    // Also where nothing would be written, so that nobody reads the reasons of their own refusal this way.
    if store.is_own_account(&by.change, request.user_id).await? {
        return Ok(ApplyForUserOutcome::OwnAccount);
    }
    let mut expired_released = false;
    for _ in 0..ATTEMPTS {
        if let Some(earlier) = earlier(store, by).await? {
            return Ok(earlier);
        }
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
                let id = store.applied_before(own.id, by).await?;
                return Ok(id.map_or(
                    ApplyForUserOutcome::KeyReused,
                    ApplyForUserOutcome::AppliedBefore,
                ));
            }
            if own.quote.total.minor() > 0 {
                return Ok(ApplyForUserOutcome::NotFree(own.quote));
            }
            match store.use_for_user(own.id, by, now, random).await? {
                ReservedForUser::Done(id) => return Ok(ApplyForUserOutcome::Done(id)),
                ReservedForUser::KeyReused => return Ok(ApplyForUserOutcome::KeyReused),
                ReservedForUser::OwnAccount => return Ok(ApplyForUserOutcome::OwnAccount),
                ReservedForUser::Changed => continue,
            }
        }
        loaded.facts.observed.named_by_text = true;
        let facts = &loaded.facts;
        let decision = Decision::waiving(facts, &by.waivers);
        let Some(quote) = decision.accepted() else {
            if !expired_released && waits_for_release(&loaded, &decision) {
                expired_released = store.expire_applications_counted_with(facts, now).await?;
                continue;
            }
            // The same request may have used the code up a moment ago.
            if let Some(earlier) = earlier(store, by).await? {
                return Ok(earlier);
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
        match reserved.await? {
            ReservedForUser::Done(id) => return Ok(ApplyForUserOutcome::Done(id)),
            ReservedForUser::KeyReused => return Ok(ApplyForUserOutcome::KeyReused),
            ReservedForUser::OwnAccount => return Ok(ApplyForUserOutcome::OwnAccount),
            ReservedForUser::Changed => {}
        }
    }
    Err(PgError::Unavailable(
        "other requests were faster each time".to_owned(),
    ))
}

/// The outcome for a request with an Idempotency-Key that came before.
async fn earlier(
    store: &LoyaltyStore,
    by: &ForUser,
) -> Result<Option<ApplyForUserOutcome>, PgError> {
    Ok(match store.earlier_request(&by.change).await? {
        EarlierRequest::None => None,
        EarlierRequest::Same(request) => {
            Some(ApplyForUserOutcome::AppliedBefore(request.resource_id()?))
        }
        EarlierRequest::Other => Some(ApplyForUserOutcome::KeyReused),
    })
}
