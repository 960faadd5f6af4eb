//! Rules and their outcomes.

use std::borrow::Cow;

use jiff::Timestamp;
use serde::Serialize;

use crate::Money;
use crate::text_enum::text_enum;

text_enum! {
    /// A rule, named by the reason for which it refuses. In the order in which reasons are reported: what the user can
    /// do something about by being someone else comes first, the price last.
    RuleCode {
        /// The loyalty side does not know the user.
        UserNotRegistered = "user_not_registered",
        /// The user is blocked or deleted.
        UserNotActive = "user_not_active",
        /// The promotion is for others.
        NotInAudience = "not_in_audience",
        /// The code is for another user.
        CodeForAnotherUser = "code_for_another_user",
        /// The person has made, changed or looked up the code as a member of staff.
        ConflictOfInterest = "conflict_of_interest",
        /// The code is a secret, and was named by its ID only.
        CodeTextRequired = "code_text_required",
        /// The person has bought something before, or has applied another code for first purchases.
        NotFirstPurchase = "not_first_purchase",
        /// The promotion is a draft, paused or archived.
        PromoNotActive = "promo_not_active",
        /// The code itself was withdrawn.
        CodeDisabled = "code_disabled",
        /// The campaign of the promotion is paused or archived.
        CampaignNotActive = "campaign_not_active",
        /// The promotion's period has not begun.
        PromoNotStarted = "promo_not_started",
        /// The promotion's period is over.
        PromoEnded = "promo_ended",
        /// The code's own time is over.
        CodeEnded = "code_ended",
        /// The code does not work on this weekday or at this hour.
        OutsideSchedule = "outside_schedule",
        /// The tariff is no longer sold.
        TariffNotOnSale = "tariff_not_on_sale",
        /// The code is for other tariffs.
        TariffNotInScope = "tariff_not_in_scope",
        /// The code, or the budget of its campaign, is in another currency than the tariff.
        CurrencyMismatch = "currency_mismatch",
        /// The tariff is too cheap for the code.
        PriceBelowMinimum = "price_below_minimum",
        /// The user holds a use for another tariff, and no other is left.
        HeldForAnotherTariff = "held_for_another_tariff",
        /// All uses of the promotion are reserved or spent.
        PromoLimitReached = "promo_limit_reached",
        /// All of the code's own uses are reserved or spent.
        CodeLimitReached = "code_limit_reached",
        /// The discounts of the code have used up its budget.
        PromoBudgetReached = "promo_budget_reached",
        /// All uses of the campaign are reserved or spent.
        CampaignLimitReached = "campaign_limit_reached",
        /// The discounts of the campaign have used up its budget.
        CampaignBudgetReached = "campaign_budget_reached",
        /// This user has no use of the code left.
        UserLimitReached = "user_limit_reached",
        /// The person has kept uses from others again and again without buying.
        TooManyUnusedApplications = "too_many_unused_applications",
        /// The user has had a trial, or has applied for one.
        TrialTaken = "trial_taken",
        /// The user has applied another code to this tariff.
        AnotherPromoApplied = "another_promo_applied",
        /// More than nothing would be left to pay, but less than can be paid.
        TotalNotPayable = "total_not_payable",
        /// The price would not go down.
        NoBenefit = "no_benefit",
    }
}

/// Which rules there are. Grows by one when a rule is added: see [`RuleCode::since`].
pub const RULE_SET: i16 = 2;

impl RuleCode {
    /// The first rule set that has this rule. A rule that is added later gets the [`RULE_SET`] of that change, so that
    /// decisions made before it do not claim to have evaluated it.
    pub fn since(self) -> i16 {
        match self {
            RuleCode::ConflictOfInterest => 2,
            _ => 1,
        }
    }

    /// Whether the rule counts everyone's uses, so that the release of anyone's use may let the code pass.
    pub fn is_limit(self) -> bool {
        use RuleCode::*;
        matches!(
            self,
            PromoLimitReached
                | PromoBudgetReached
                | CodeLimitReached
                | CampaignLimitReached
                | CampaignBudgetReached
                | HeldForAnotherTariff
        )
    }
}

/// A value that a rule looked at or asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum RuleValue {
    /// Nothing there, or nothing asked for.
    None,
    /// A count.
    Number(i64),
    /// An instant.
    Time(Timestamp),
    /// A name.
    Text(Cow<'static, str>),
    /// An amount.
    Money(Money),
    /// Several numbers, such as the IDs of tariffs.
    Numbers(Vec<i64>),
    /// A use that is held for another tariff.
    Held {
        /// The ID of the tariff.
        tariff: i64,
        /// When it expires; `None` while its payment is pending.
        #[serde(skip_serializing_if = "Option::is_none")]
        until: Option<Timestamp>,
    },
}

impl RuleValue {
    /// True for nothing.
    pub fn is_none(&self) -> bool {
        *self == RuleValue::None
    }
}

impl From<Option<i64>> for RuleValue {
    fn from(number: Option<i64>) -> Self {
        number.map_or(RuleValue::None, RuleValue::Number)
    }
}

impl From<&'static str> for RuleValue {
    fn from(name: &'static str) -> Self {
        RuleValue::Text(Cow::Borrowed(name))
    }
}

/// What one rule found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Outcome {
    /// The rule.
    pub rule: RuleCode,
    /// Whether it lets the code pass.
    pub passed: bool,
    /// Whether it would not, and staff have waived it.
    pub waived: bool,
    /// What is.
    pub observed: RuleValue,
    /// What must be.
    pub required: RuleValue,
    /// The smallest change of the observed value that would pass, where numbers are compared: seconds to wait, uses to
    /// release, money by which the price is too low.
    #[serde(skip_serializing_if = "RuleValue::is_none")]
    pub change: RuleValue,
}

impl Outcome {
    /// Whether it refuses the code: it does not pass and is not waived.
    pub fn refuses(&self) -> bool {
        !self.passed && !self.waived
    }

    /// Without values.
    pub(crate) fn of(rule: RuleCode, passed: bool) -> Outcome {
        Outcome {
            rule,
            passed,
            waived: false,
            observed: RuleValue::None,
            required: RuleValue::None,
            change: RuleValue::None,
        }
    }
}
