//! Promo codes in answers to staff.

use domain::{IssuedCode, PromotionStatus};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use loyalty_store::StoredCode;
use serde::Serialize;
use service_http::PageSize;
use utoipa::ToSchema;

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
    fields: CodeFields,
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
    pub(crate) fn page(mut codes: Vec<StoredCode>, size: PageSize) -> Codes {
        Codes {
            next_cursor: size.cut(&mut codes, |last| last.code.id.0),
            items: codes.into_iter().map(CodeBody::from).collect(),
        }
    }
}

impl From<StoredCode> for CodeBody {
    fn from(stored: StoredCode) -> CodeBody {
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
            fields: fields(stored.code, &zone),
            uses: stored.uses,
            batch_id: stored.batch_id,
            created_at: stored.created_at,
        }
    }
}

/// A code as it is entered, with its end on the clock of `zone`.
pub(crate) fn fields(code: IssuedCode, zone: &TimeZone) -> CodeFields {
    CodeFields {
        promocode: code.text().to_owned(),
        user_id: code.user_id,
        max_uses: code.max_uses,
        ends_at: code.ends_at.map(|end| on_clock(end, zone)),
        state: code.state,
    }
}
