//! Promo codes in answers to staff.

use domain::{CodeState, IssuedCode, PromotionStatus};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use loyalty_store::{CodeSight, CodeText, StoredCode};
use serde::Serialize;
use service_http::{PageSize, PromocodeText};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::code_fields::CodeFields;
use crate::promotion_body::on_clock;

/// Promo codes, newest first.
#[derive(Serialize, ToSchema)]
pub(crate) struct Codes {
    items: Vec<CodeBody>,
    /// The `cursor` of the next page; absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<i64>,
}

/// A promo code.
#[derive(Serialize, ToSchema)]
pub(crate) struct CodeBody {
    /// Its ID.
    #[schema(example = 5)]
    promocode_id: i64,
    #[serde(flatten)]
    fields: ShownCode,
    /// How many of its own uses are reserved or spent; absent if it has none of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    uses: Option<i64>,
    /// The ID of the batch that it was generated with.
    #[serde(skip_serializing_if = "Option::is_none")]
    batch_id: Option<i64>,
    /// Its promotion.
    promotion: PromotionOfCode,
    /// Increases with every change; also the `ETag`.
    #[schema(example = 7)]
    version: i32,
    /// When it was created, in UTC.
    created_at: Timestamp,
}

/// What staff have entered of a promo code, as the caller may see it.
#[derive(Serialize, ToSchema)]
pub(crate) struct ShownCode {
    #[serde(flatten)]
    text: PromocodeText,
    /// The ID of the only user whom it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    user_id: Option<Uuid>,
    /// The number of uses of this code alone, beside the limits of its promotion; 1 makes it a one-time code.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1)]
    max_uses: Option<i64>,
    /// An end of its own, before that of its promotion, in local time of its promotion's time zone.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "2026-03-15T00:00:00+03:00")]
    ends_at: Option<String>,
    /// `issued`, or `disabled`: withdrawn.
    #[schema(value_type = String, example = "issued")]
    state: CodeState,
}

/// The promotion of a promo code.
#[derive(Serialize, ToSchema)]
struct PromotionOfCode {
    /// Its ID.
    #[schema(example = 5)]
    promotion_id: i64,
    /// Its title.
    #[schema(example = "Скидка 30 %")]
    title: String,
    /// `draft`, `active`, `paused` or `archived`.
    #[schema(value_type = String, example = "active")]
    status: PromotionStatus,
    /// Whether users who may apply its codes see them in their list.
    listed: bool,
}

impl Codes {
    pub(crate) fn page(
        mut codes: Vec<StoredCode>,
        size: PageSize,
        sight: &mut CodeSight<'_>,
    ) -> Codes {
        Codes {
            next_cursor: size.cut(&mut codes, |last| last.code.id.0),
            items: codes
                .into_iter()
                .map(|stored| CodeBody::of(stored, sight))
                .collect(),
        }
    }
}

impl CodeBody {
    pub(crate) fn of(stored: StoredCode, sight: &mut CodeSight<'_>) -> CodeBody {
        let zone = TimeZone::get(&stored.time_zone).unwrap_or(TimeZone::UTC);
        CodeBody {
            promocode_id: stored.code.id.0,
            promotion: PromotionOfCode {
                promotion_id: stored.code.promotion_id.0,
                title: stored.promotion_title,
                status: stored.promotion_status,
                listed: stored.is_listed,
            },
            version: stored.code.version,
            fields: ShownCode::of(&stored.code, &stored.text, &zone, sight),
            uses: stored.uses,
            batch_id: stored.batch_id,
            created_at: stored.created_at,
        }
    }
}

impl ShownCode {
    /// The code with its `text`, and its end on the clock of `zone`.
    pub(crate) fn of(
        code: &IssuedCode,
        text: &CodeText,
        zone: &TimeZone,
        sight: &mut CodeSight<'_>,
    ) -> ShownCode {
        ShownCode {
            text: sight.show(text).into(),
            user_id: code.user_id,
            max_uses: code.max_uses,
            ends_at: code.ends_at.map(|end| on_clock(end, zone)),
            state: code.state,
        }
    }
}

/// A code as it is entered, with its end on the clock of `zone`: what a change is merged into, never an answer.
pub(crate) fn entered(code: IssuedCode, zone: &TimeZone) -> CodeFields {
    CodeFields {
        promocode: code.text().to_owned(),
        user_id: code.user_id,
        max_uses: code.max_uses,
        ends_at: code.ends_at.map(|end| on_clock(end, zone)),
        state: code.state,
    }
}
