//! Campaigns, and the usage of a promotion or a campaign.

use crate::Currency;
use crate::text_enum::text_enum;

text_enum! {
    /// Whether the codes of a campaign may be used.
    CampaignStatus {
        /// Usable.
        Active = "active",
        /// Stopped for a while.
        Paused = "paused",
        /// Stopped for good.
        Archived = "archived",
    }
}

/// What is reserved or spent, by everyone; both count alike.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// Uses.
    pub taken: i64,
    /// What their discounts come to, in minor units.
    pub spent_minor: i64,
}

impl Campaign {
    /// Whether its uses or its discounts are limited.
    pub fn is_limited(&self) -> bool {
        self.total_limit.is_some() || self.budget_minor.is_some()
    }
}

/// Promotions that share a limit, a budget and a switch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Campaign {
    /// Its ID, above zero.
    pub id: i64,
    /// Whether its codes may be used.
    pub status: CampaignStatus,
    /// How many uses all its promotions have together; `None` has no limit.
    pub total_limit: Option<i64>,
    /// What all its discounts may come to, in minor units; `None` has no limit.
    pub budget_minor: Option<i64>,
    /// The currency of its budget.
    pub currency: Currency,
    /// Increases with every change by staff.
    pub version: i32,
}
