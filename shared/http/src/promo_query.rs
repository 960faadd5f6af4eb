//! The query that names a promo code, and the one that names a tariff besides.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use domain::{PromoCode, PromoId, PromoRef, TariffId};

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

impl<S: Sync> FromRequestParts<S> for PromoQuery {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Ok(query) = Query::from_request_parts(parts, state).await;
        let promo = match query.optional("promocode")? {
            None => PromoRef::Id(PromoId(query.number("promocode_id")?)),
            Some(_) if query.optional("promocode_id")?.is_some() => {
                // Two names for one thing: which is meant can't be known.
                return Err(
                    Problem::new(Code::QueryParameterRepeated).with("parameter", "promocode")
                );
            }
            Some(typed) => PromoRef::Text(
                Some(PromoCode::candidates(typed))
                    .filter(|codes| !codes.is_empty())
                    .ok_or_else(|| Problem::new(Code::PromoNotFound))?,
            ),
        };
        Ok(PromoQuery {
            promo,
            query_tariff: query.number("tariff").map(TariffId),
        })
    }
}
