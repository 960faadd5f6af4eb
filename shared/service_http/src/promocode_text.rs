//! The text of a promo code in an answer to staff.

use domain::ShownText;
use serde::Serialize;
use utoipa::ToSchema;

/// The text of a promo code, as far as the caller may see it.
#[derive(Debug, Serialize, ToSchema)]
pub struct PromocodeText {
    /// Its text, or a masked one.
    #[schema(example = "SPRING30")]
    promocode: String,
    /// Whether the text is masked: that of an unlisted promo code, for support. `promocode` is `SP…` then, the first two
    /// characters, or `…` alone for a short text; `POST /admin/promocodes/{promocode_id}/look_up` answers with all of it.
    #[schema(example = false)]
    promocode_masked: bool,
}

impl From<ShownText> for PromocodeText {
    fn from(shown: ShownText) -> PromocodeText {
        PromocodeText {
            promocode: shown.text,
            promocode_masked: shown.masked,
        }
    }
}
