//! For staff: why a promo code passed or did not pass. `GET /admin/decisions` lists what was decided about a user, a promo
//! code, a promotion or in a period, `GET /admin/decisions/{decision_id}` is one of them, and `GET /admin/eligibility`
//! asks the rules now, or as of a past time. Refusals are told in sentences for people.

mod action;
mod dto;
mod filter;
mod words;

use std::sync::Arc;

use attempts::{PromoGuess, PromoGuesses};
use axum::Json;
use axum::extract::{self, FromRef, Path};
use cache::Cache;
use domain::{Clock, PromoRef};
use jiff::Timestamp;
use loyalty_store::{Change, Explanation, LoyaltyStore, PromoRequest, StaffReader, TypedIn};
use runtime::{ConfigError, SystemClock};
use service_http::{
    Access, Caller, ClientAddress, Code, Language, PageSize, Problem, ProblemBody, PromoQuery,
    Query, Staff, TimeCursor, TrustedProxies, is_kept,
};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::dto::{DecisionBody, Decisions, Eligibility};
use crate::filter::filter;
use crate::words::{Tense, Words};

/// Decisions on a page by default.
const PAGE: u16 = 20;
/// The maximum that the caller can request.
const MAX_PAGE: u16 = 100;

/// The state of the function.
#[derive(Clone, FromRef)]
pub struct State {
    access: Access,
    proxies: TrustedProxies,
    guesses: PromoGuesses,
    store: LoyaltyStore,
    clock: Arc<dyn Clock>,
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
            proxies: TrustedProxies::from_env()?,
            guesses: PromoGuesses::from_env(cache)?,
            store: LoyaltyStore::from_env()?,
            clock: Arc::new(SystemClock),
        })
    }

    /// Who reads what is answered to the caller.
    fn reader(&self, caller: Caller) -> StaffReader {
        StaffReader::new(caller.user_id, caller.role, self.clock.now())
    }

    /// Before a promo code is looked for that the caller names.
    async fn begin_guess(
        &self,
        caller: Caller,
        address: ClientAddress,
        promo: &PromoRef,
    ) -> Result<PromoGuess, Problem> {
        let read = Change {
            actor_id: caller.user_id,
            at: self.clock.now(),
            request: None,
        };
        let is_known = async || Ok(self.store.is_known_to_staff(promo, &read).await?);
        let guesses = &self.guesses;
        guesses
            .begin_by_staff(caller.user_id, address, promo, is_known)
            .await
    }
}

/// The routes of this function.
pub fn router() -> OpenApiRouter<State> {
    OpenApiRouter::default()
        .routes(routes!(list_decisions))
        .routes(routes!(get_decision))
        .routes(routes!(get_eligibility))
}

/// List decisions
///
/// Attempts to apply a promo code, accepted or refused, with the outcome of every rule. Newest first. Filters can be
/// combined. A user, a promo code or a promotion must be named, or a period of at most 31 days.
#[utoipa::path(
    get,
    path = "/admin/decisions",
    tag = "admin",
    security(("access_token" = [])),
    params(
        ("user_id" = Option<Uuid>, Query, description = "Only decisions about this user; `POST /admin/users/resolve` finds the ID of an e-mail address", example = "6f1c8a52-3d0e-4b7a-9c15-8e2f4d6a7b90"),
        ("promocode_id" = Option<i64>, Query, description = "Only decisions about the promo code with this ID", minimum = 1),
        ("promocode" = Option<String>, Query, description = "Only decisions about the promo codes that have, or had, this text. Whoever finds an unlisted one so is recorded as knowing it"),
        ("promotion_id" = Option<i64>, Query, description = "Only decisions about the promo codes of this promotion", minimum = 1),
        ("reason" = Option<String>, Query, description = "Only refusals by this rule, such as `promo_ended`, alone or among others", example = "promo_ended"),
        ("accepted" = Option<bool>, Query, description = "Only decisions that the code passed, or only refusals"),
        ("from" = Option<Timestamp>, Query, description = "Only decisions made at this time or later, RFC 3339", example = "2026-03-01T00:00:00Z"),
        ("to" = Option<Timestamp>, Query, description = "Only decisions made before this time, RFC 3339", example = "2026-04-01T00:00:00Z"),
        ("limit" = Option<i64>, Query, description = "Page size; 20 by default", minimum = 1, maximum = 100),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the previous page"),
    ),
    responses(
        (status = 200, description = "The decisions", body = Decisions),
        (status = 400, description = "`filter_too_wide`, or a query parameter is repeated or invalid", body = ProblemBody),
        (status = 401, description = "No valid access token", body = ProblemBody),
        (status = 403, description = "The caller is not staff", body = ProblemBody),
        (status = 404, description = "No promo code can have the text in `promocode`", body = ProblemBody),
        (status = 429, description = "Too many unknown promo codes: wait for `Retry-After`", body = ProblemBody),
    )
)]
async fn list_decisions(
    extract::State(state): extract::State<State>,
    Staff(caller): Staff,
    address: ClientAddress,
    language: Language,
    query: Query,
) -> Result<Json<Decisions>, Problem> {
    let filter = filter(&query, state.clock.now())?;
    let after = query
        .optional_parsed("cursor")?
        .map(|TimeCursor(place)| place);
    let size = PageSize::read(&query, PAGE, MAX_PAGE)?;
    let guess = match &filter.promo {
        Some(promo) => state.begin_guess(caller, address, promo).await?,
        None => PromoGuess::none(),
    };
    let decisions = state.store.find_decisions(&filter, after, size.fetch());
    let decisions = decisions.await;
    guess
        .count(decisions.as_ref().is_ok_and(Vec::is_empty))
        .await?;
    let decisions = decisions?;
    let mut reader = state.reader(caller);
    if let Some(promo) = filter.promo.filter(|_| !decisions.is_empty()) {
        let call = TypedIn::Decisions(filter.user_id);
        reader = state.store.record_typed(reader, &promo, call).await?;
    }
    let now = state.clock.now();
    let page = state.store.show(&reader, |sight| {
        Decisions::page(decisions, size, language, now, sight)
    });
    Ok(Json(page.await?))
}

/// Look up a decision
///
/// The ID is the `decision_id` in the answer that the user got.
#[utoipa::path(
    get,
    path = "/admin/decisions/{decision_id}",
    tag = "admin",
    security(("access_token" = [])),
    params(("decision_id" = Uuid, Path, description = "The ID of the decision", example = "0e7a4c91-5b2d-4f83-a6c0-9d1e3f5b7a28")),
    responses(
        (status = 200, description = "The decision", body = DecisionBody),
        (status = 401, description = "No valid access token", body = ProblemBody),
        (status = 403, description = "The caller is not staff", body = ProblemBody),
        (status = 404, description = "No such decision, or it is no longer kept", body = ProblemBody),
    )
)]
async fn get_decision(
    extract::State(state): extract::State<State>,
    Staff(caller): Staff,
    language: Language,
    Path(decision_id): Path<String>,
) -> Result<Json<DecisionBody>, Problem> {
    let not_found = || Problem::new(Code::DecisionNotFound);
    let id: Uuid = decision_id.parse().map_err(|_| not_found())?;
    let decision = state.store.find_decision(id).await?;
    let decision = decision.ok_or_else(not_found)?;
    let (reader, now) = (state.reader(caller), state.clock.now());
    let shown = state.store.show(&reader, |sight| {
        DecisionBody::of(decision, language, now, sight)
    });
    Ok(Json(shown.await?))
}

/// Explain why a promo code would pass or not
///
/// Evaluates every rule for a user, a promo code and a tariff, and changes nothing. With `at`, the rules are evaluated
/// as of that time: on the versions of the code, its campaign and the tariff that were in force, the user's status and
/// groups, and everyone's uses up to then; the sentences speak of that time. Whoever names an unlisted promo code by its text
/// is recorded as knowing it.
#[utoipa::path(
    get,
    path = "/admin/eligibility",
    tag = "admin",
    security(("access_token" = [])),
    params(
        ("user_id" = Uuid, Query, description = "The user; `POST /admin/users/resolve` finds the ID of an e-mail address", example = "6f1c8a52-3d0e-4b7a-9c15-8e2f4d6a7b90"),
        ("promocode_id" = Option<i64>, Query, description = "The ID of the promo code", minimum = 1, example = 5),
        ("promocode" = Option<String>, Query, description = "Its text, instead of its ID"),
        ("tariff" = i64, Query, description = "The ID of the tariff", minimum = 1, example = 1),
        ("at" = Option<Timestamp>, Query, description = "The time to evaluate at, RFC 3339; now by default"),
    ),
    responses(
        (status = 200, description = "The outcome of every rule", body = Eligibility),
        (status = 400, description = "A query parameter is missing, repeated or invalid", body = ProblemBody),
        (status = 401, description = "No valid access token", body = ProblemBody),
        (status = 403, description = "The caller is not staff", body = ProblemBody),
        (status = 404, description = "No such promo code or tariff, now or at that time", body = ProblemBody),
        (status = 429, description = "Too many unknown promo codes: wait for `Retry-After`", body = ProblemBody),
    )
)]
async fn get_eligibility(
    extract::State(state): extract::State<State>,
    Staff(caller): Staff,
    address: ClientAddress,
    language: Language,
    query: Query,
    promo: PromoQuery,
) -> Result<Json<Eligibility>, Problem> {
    let request = PromoRequest {
        user_id: query.parsed("user_id")?,
        tariff: promo.tariff()?,
        promo: promo.promo,
        move_held: false,
    };
    let at = query.optional_parsed::<Timestamp>("at")?;
    if at.is_some_and(|at| !is_kept(at)) {
        return Err(Problem::new(Code::QueryParameterInvalid).with("parameter", "at"));
    }
    let guess = state.begin_guess(caller, address, &request.promo).await?;
    let reader = state.reader(caller);
    guess
        .end(explain(&state, &request, at, reader, language).await)
        .await
}

async fn explain(
    state: &State,
    request: &PromoRequest,
    at: Option<Timestamp>,
    reader: StaffReader,
    language: Language,
) -> Result<Json<Eligibility>, Problem> {
    let (store, now) = (&state.store, state.clock.now());
    let at = at.unwrap_or(now);
    match store.explain(request, at).await? {
        Explanation::Decided {
            facts,
            text,
            decision,
            applied,
            applied_by,
            other_application,
        } => {
            let words = Words {
                language,
                tense: Tense::of(at, now),
                facts: &facts,
                now,
                other_application,
            };
            let call = TypedIn::Eligibility(request.user_id);
            let reader = store.record_typed(reader, &request.promo, call).await?;
            let shown = store.show(&reader, |sight| {
                Eligibility::of(&decision, applied, applied_by, &words, sight.show(&text))
            });
            Ok(Json(shown.await?))
        }
        Explanation::NoCode => Err(Problem::new(Code::PromoNotFound)),
        Explanation::NoTariff => Err(Problem::new(Code::TariffNotFound)),
    }
}
