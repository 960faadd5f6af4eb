//! A use of a promo code.

use domain::{ApplicationState, PromoCodeId, Quote, TariffId};
use jiff::Timestamp;
use uuid::Uuid;

/// A use of a promo code that is held for a user.
#[derive(Debug, Clone)]
pub struct Application {
    /// Its number; also that of the decision that allowed it.
    pub id: Uuid,
    /// The promo code's number.
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
