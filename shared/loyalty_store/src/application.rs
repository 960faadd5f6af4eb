//! Applications of promo codes.

use domain::{ApplicationState, PromoCodeId, Quote, TariffId};
use jiff::Timestamp;
use uuid::Uuid;

/// An application of a promo code: a use that is reserved for a user.
#[derive(Debug, Clone)]
pub struct Application {
    /// Its ID; also that of the decision that allowed it.
    pub id: Uuid,
    /// The promo code's ID.
    pub code_id: PromoCodeId,
    /// The promo code's text.
    pub code: String,
    /// The tariff.
    pub tariff: TariffId,
    /// `applied` or `paying`.
    pub state: ApplicationState,
    /// The price that holds as long as the application.
    pub quote: Quote,
    /// When an `applied` one expires.
    pub expires_at: Timestamp,
}
