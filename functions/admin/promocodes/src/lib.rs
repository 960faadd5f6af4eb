//! For staff: what is offered. A promotion is an offer with all its rules (`/admin/promotions`), a promo code a text that
//! gives access to it (`/admin/promocodes`). All staff may read; marketers and administrators write.

mod approval;
mod code_body;
mod code_fields;
mod codes;
mod field_error;
mod look_up;
mod promotion_body;
mod promotion_entry;
mod promotion_fields;
mod promotions;

use std::sync::Arc;

use approval_requests::ApprovalPolicy;
use attempts::LookUps;
use axum::extract::FromRef;
use cache::Cache;
use domain::{Clock, Random};
use loyalty_store::{LoyaltyStore, PromoError, StaffReader};
use runtime::{ConfigError, OsRandom, SystemClock};
use service_http::{Access, Caller, Code, FieldErrors, Language, Problem};
use utoipa_axum::router::OpenApiRouter;

use crate::field_error::FieldError;

/// Items on a page by default.
const PAGE: u16 = 20;
/// The maximum that the caller can request.
const MAX_PAGE: u16 = 100;

/// The state of the function.
#[derive(Clone, FromRef)]
pub struct State {
    access: Access,
    look_ups: LookUps,
    store: LoyaltyStore,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    approvals: ApprovalPolicy,
}

impl State {
    /// From the environment.
    ///
    /// # Errors
    /// When a variable is missing or not valid.
    pub fn from_env() -> Result<State, ConfigError> {
        let cache = Cache::from_env()?;
        Ok(State {
            access: Access::with_cache(cache.clone())?,
            look_ups: LookUps::from_env(cache)?,
            store: LoyaltyStore::from_env()?,
            clock: Arc::new(SystemClock),
            random: Arc::new(OsRandom),
            approvals: ApprovalPolicy::from_env()?,
        })
    }

    /// Who reads what is answered to the caller.
    fn reader(&self, caller: Caller) -> StaffReader {
        StaffReader::new(caller.user_id, caller.role, self.clock.now())
    }
}

/// The routes of this function.
pub fn router() -> OpenApiRouter<State> {
    promotions::router()
        .merge(codes::router())
        .merge(look_up::router())
}

fn refused(error: PromoError, language: Language) -> Problem {
    let wrong = |field: &str, error: FieldError| {
        let mut errors = FieldErrors::new(language);
        errors.refuse(field, &error);
        errors.into_problem()
    };
    match error {
        PromoError::NoPromotion => Problem::new(Code::PromotionNotFound),
        PromoError::NoCode => Problem::new(Code::PromoNotFound),
        PromoError::CodeTaken(texts) => Problem::new(Code::PromoTaken).with("promocodes", texts),
        PromoError::Changed(version) => {
            Problem::new(Code::ChangedMeanwhile).with("version", version)
        }
        PromoError::Archived => Problem::new(Code::PromotionArchived),
        PromoError::NotDraft => Problem::new(Code::PromotionNotDraft),
        PromoError::CodeFixed => wrong("promocode", FieldError::CodeFixed),
        PromoError::UsesFixed => wrong("max_uses", FieldError::UsesFixed),
        PromoError::UsedInOtherCurrency => wrong("budget", FieldError::UsedInOtherCurrency),
        PromoError::UnknownReferences(fields) => {
            let mut errors = FieldErrors::new(language);
            for field in fields {
                errors.refuse(&field, &FieldError::Unknown);
            }
            errors.into_problem()
        }
        PromoError::ApprovalPending(id) => {
            Problem::new(Code::ApprovalPending).with("approval_id", id.to_string())
        }
        PromoError::KeyReused => Problem::new(Code::IdempotencyKeyReused),
        PromoError::Pg(error) => error.into(),
    }
}
