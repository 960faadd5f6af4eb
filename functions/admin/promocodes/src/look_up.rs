//! `POST /admin/promocodes/{promocode_id}/look_up` shows a promo code with its whole text, to whoever says why.

use axum::extract::{self, Path};
use domain::Reason;
use loyalty_store::Change;
use serde::Deserialize;
use service_http::{
    CheckedBody, Language, Problem, ProblemBody, Staff, StaffRequestKey, Versioned,
};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::code_body::CodeBody;
use crate::codes::number;
use crate::{State, refused};

pub(crate) fn router() -> OpenApiRouter<State> {
    OpenApiRouter::default().routes(routes!(look_up_promocode))
}

/// Why a promo code is looked up.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct LookUpRequest {
    /// For colleagues: 1 to 200 characters in one line, without personal data and without the text of a promo code.
    #[schema(example = "The customer can't read the printed code")]
    reason: String,
}

/// Look up a promo code
///
/// With its whole text, also where support sees a masked one elsewhere. Who looked it up and why is in the audit log, and
/// whoever has can't use the promo code for themselves. How often a member of staff may look up is limited.
#[utoipa::path(
    post,
    path = "/admin/promocodes/{promocode_id}/look_up",
    tag = "admin",
    security(("access_token" = [])),
    params(
        ("promocode_id" = i64, Path, description = "The ID of the promo code", example = 5),
        ("Idempotency-Key" = Option<String>, Header, description = "Identifies this request, so that it can be repeated safely"),
    ),
    request_body = LookUpRequest,
    responses(
        (status = 200, description = "The promo code, with its version as `ETag`", body = CodeBody),
        (status = 400, description = "`body_not_json`, `idempotency_key_invalid`", body = ProblemBody),
        (status = 401, description = "No valid access token", body = ProblemBody),
        (status = 403, description = "`staff_only`", body = ProblemBody),
        (status = 404, description = "`promocode_not_found`", body = ProblemBody),
        (status = 422, description = "`validation_failed`, `idempotency_key_reused`", body = ProblemBody),
        (status = 429, description = "Too many promo codes looked up: wait for `Retry-After`", body = ProblemBody),
    )
)]
async fn look_up_promocode(
    extract::State(state): extract::State<State>,
    Staff(caller): Staff,
    Path(promocode_id): Path<String>,
    StaffRequestKey(request): StaffRequestKey,
    language: Language,
    CheckedBody { fields, mut errors }: CheckedBody<LookUpRequest>,
) -> Result<Versioned<CodeBody>, Problem> {
    let id = number(&promocode_id)?;
    let reason = errors.check("reason", Reason::parse(&fields.reason));
    let Some(reason) = reason.filter(|_| errors.is_empty()) else {
        return Err(errors.into_problem());
    };
    let reader = state.reader(caller);
    let change = Change {
        actor_id: caller.user_id,
        at: state.clock.now(),
        request,
    };
    let is_repeated = async || Ok(state.store.is_repeated(&change).await?);
    let look_up = state.look_ups.begin(caller.user_id, is_repeated).await?;
    let found = state.store.look_up_code(id, &reason, change).await;
    let found = look_up.end(found.map_err(|error| refused(error, language)));
    state.shown(found.await?, &reader).await
}
