//! The query that names a promo code, and the one that names a tariff besides.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use domain::{PromoCode, PromoCodeId, PromoRef, TariffId};

use crate::{Code, Problem, Query};

/// The query of a call about a promo code.
#[derive(Debug, Clone)]
pub struct PromoQuery {
    /// The promo code.
    pub promo: PromoRef,
    query_tariff: Result<TariffId, Problem>,
}

impl PromoQuery {
    /// The tariff, for calls that need one.
    ///
    /// # Errors
    /// `query_parameter_missing`, `query_parameter_invalid`, `query_parameter_repeated`.
    pub fn tariff(&self) -> Result<TariffId, Problem> {
        self.query_tariff.clone()
    }
}

impl Query {
    /// The promo code that is named by `promocode_id` or by `promocode`, or `None` when neither is there.
    ///
    /// # Errors
    /// `query_parameter_repeated`, `query_parameter_invalid`, and `promocode_not_found` for a text that no code can have.
    pub fn optional_promo(&self) -> Result<Option<PromoRef>, Problem> {
        let id = self.optional_number("promocode_id");
        let Some(typed) = self.optional("promocode")? else {
            return Ok(id?.map(|id| PromoRef::Id(PromoCodeId(id))));
        };
        if !matches!(id, Ok(None)) {
            // Two names for one thing: which is meant can't be known.
            return Err(Problem::new(Code::QueryParameterRepeated).with("parameter", "promocode"));
        }
        Some(PromoCode::candidates(typed))
            .filter(|codes| !codes.is_empty())
            .map(|codes| Some(PromoRef::Text(codes)))
            .ok_or_else(|| Problem::new(Code::PromoNotFound))
    }
}

impl<S: Sync> FromRequestParts<S> for PromoQuery {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Ok(query) = Query::from_request_parts(parts, state).await;
        let promo = query.optional_promo()?.ok_or_else(|| {
            Problem::new(Code::QueryParameterMissing).with("parameter", "promocode_id")
        })?;
        Ok(PromoQuery {
            promo,
            query_tariff: query.number("tariff").map(TariffId),
        })
    }
}
