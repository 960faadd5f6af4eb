//! Rules that staff waive when they apply a promo code for a user.

use crate::RuleCode;

/// A rule that can't be waived.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this rule can't be waived")]
pub struct NotWaivable;

/// The rules that are waived for one application.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Waivers(Vec<RuleCode>);

impl Waivers {
    /// Waives one more rule.
    ///
    /// # Errors
    /// [`NotWaivable`].
    pub fn add(&mut self, rule: RuleCode) -> Result<(), NotWaivable> {
        if !rule.is_waivable() {
            return Err(NotWaivable);
        }
        if !self.include(rule) {
            self.0.push(rule);
        }
        Ok(())
    }

    /// What was waived for an application that is kept. Rules that are no more are left out.
    pub fn recall(names: &[String]) -> Waivers {
        Waivers(names.iter().filter_map(|name| name.parse().ok()).collect())
    }

    /// Whether the rule is waived.
    pub fn include(&self, rule: RuleCode) -> bool {
        self.0.contains(&rule)
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl RuleCode {
    /// Whether staff may let a user pass who does not: rules about the time, the audience, the tariff and what this person
    /// has used. ADR 27 has the reasons for each of the others.
    pub fn is_waivable(self) -> bool {
        use RuleCode::*;
        match self {
            NotInAudience
            | NotFirstPurchase
            | PromoNotStarted
            | PromoEnded
            | CodeEnded
            | OutsideSchedule
            | TariffNotInScope
            | PriceBelowMinimum
            | UserLimitReached
            | TooManyUnusedApplications => true,
            UserNotRegistered
            | UserNotActive
            | CodeForAnotherUser
            | ConflictOfInterest
            | CodeTextRequired
            | PromoNotActive
            | CodeDisabled
            | CampaignNotActive
            | TariffNotOnSale
            | CurrencyMismatch
            | HeldForAnotherTariff
            | PromoLimitReached
            | CodeLimitReached
            | PromoBudgetReached
            | CampaignLimitReached
            | CampaignBudgetReached
            | TrialTaken
            | AnotherPromoApplied
            | TotalNotPayable
            | NoBenefit => false,
        }
    }
}
