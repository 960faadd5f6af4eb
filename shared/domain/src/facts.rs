//! The facts that a decision is made from.

use std::sync::Arc;

use jiff::Timestamp;
use uuid::Uuid;

use crate::{Campaign, IssuedCode, Observed, Promotion, Tariff};

/// Everything that a decision looks at.
#[derive(Debug, Clone, PartialEq)]
pub struct Facts {
    /// The time of the decision.
    pub now: Timestamp,
    /// The user.
    pub user_id: Uuid,
    /// The promo code.
    pub code: Arc<IssuedCode>,
    /// Its promotion.
    pub promotion: Arc<Promotion>,
    /// The campaign of the promotion, if there is one.
    pub campaign: Option<Arc<Campaign>>,
    /// The tariff that is to be bought.
    pub tariff: Arc<Tariff>,
    /// What was seen of the user and of the counters.
    pub observed: Observed,
}
