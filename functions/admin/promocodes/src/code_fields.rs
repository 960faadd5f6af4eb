//! A promo code as it is written and read.

use domain::{CodeState, Edge, PromoCode, parse_local_time};
use jiff::tz::TimeZone;
use loyalty_store::CodeEntry;
use serde::{Deserialize, Serialize};
use service_http::{FieldErrors, check_limit};
use utoipa::ToSchema;
use uuid::Uuid;

/// A promo code as staff enter it: a text that gives access to its promotion.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "promocode": "Весна 30" }))]
pub(crate) struct CodeFields {
    /// Its text, shown as it is typed here: 3 to 32 letters and digits. Case, hyphens and spaces don't matter when it is
    /// entered.
    #[schema(example = "SPRING30")]
    pub(crate) promocode: String,
    /// The ID of the only user whom it is for; `POST /admin/users/resolve` finds the ID of an e-mail address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) user_id: Option<Uuid>,
    /// The number of uses of this code alone, beside the limits of its promotion; 1 makes it a one-time code.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1)]
    pub(crate) max_uses: Option<i64>,
    /// An end of its own, before that of its promotion, in local time of its promotion's time zone.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "2026-03-15T00:00")]
    pub(crate) ends_at: Option<String>,
    /// `issued`, or `disabled`: withdrawn.
    #[serde(default = "issued")]
    #[schema(value_type = String, default = "issued", example = "issued")]
    pub(crate) state: CodeState,
}

fn issued() -> CodeState {
    CodeState::Issued
}

/// Reads all fields, which are called `prefix` and their name; `zone` is that of the promotion, if it has an acceptable one.
/// `None` if one of them is not acceptable, which is recorded.
pub(crate) fn parse(
    fields: &CodeFields,
    prefix: &str,
    zone: Option<&TimeZone>,
    errors: &mut FieldErrors,
) -> Option<CodeEntry> {
    let name = |field: &str| format!("{prefix}{field}");
    let code = errors.check(&name("promocode"), PromoCode::parse(&fields.promocode));
    let max_uses = errors.check(&name("max_uses"), check_limit(fields.max_uses));
    // Without a zone there is no telling what its end is.
    let ends_at = zone.and_then(|zone| {
        let ends_at = fields.ends_at.as_ref();
        let ends_at = ends_at.map(|text| parse_local_time(text, zone, Edge::End));
        errors.check(&name("ends_at"), ends_at.transpose())
    });
    let code = code?;
    Some(CodeEntry {
        typed: code.shown(&fields.promocode),
        code,
        user_id: fields.user_id,
        max_uses: max_uses?,
        ends_at: ends_at?,
        state: fields.state,
    })
}
