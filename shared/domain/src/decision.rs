//! The decision whether a user may use a promo code for a tariff.

use std::borrow::Cow;

use jiff::Timestamp;
use serde::Serialize;

use crate::text_enum::text_enum;
use crate::{Facts, Money, Quote, rules};

text_enum! {
    /// A rule, named by the reason for which it refuses. In the order in which reasons are told: what the user can do
    /// something about by being someone else comes first, the price last.
    RuleCode {
        /// The loyalty side does not know the user.
        UserNotRegistered = "user_not_registered",
        /// The user is blocked or deleted.
        UserNotActive = "user_not_active",
        /// The promotion is for others.
        NotInAudience = "not_in_audience",
        /// The code is for another user.
        CodeForAnotherUser = "code_for_another_user",
        /// The code is a secret, and was named by its number only.
        CodeTextRequired = "code_text_required",
        /// The user has bought something before.
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
        /// All uses of the promotion are taken.
        PromoLimitReached = "promo_limit_reached",
        /// All of the code's own uses are taken.
        CodeLimitReached = "code_limit_reached",
        /// The discounts of the code have used up its budget.
        PromoBudgetReached = "promo_budget_reached",
        /// All uses of the campaign are taken.
        CampaignLimitReached = "campaign_limit_reached",
        /// The discounts of the campaign have used up its budget.
        CampaignBudgetReached = "campaign_budget_reached",
        /// All of this user's uses of the code are taken.
        UserLimitReached = "user_limit_reached",
        /// The user has had a trial, or holds one.
        TrialTaken = "trial_taken",
        /// The user holds another code for this tariff.
        AnotherPromoApplied = "another_promo_applied",
        /// The price would not go down.
        NoBenefit = "no_benefit",
    }
}

/// Which rules there are. Grows by one when a rule is added: see [`RuleCode::since`].
pub const RULE_SET: i16 = 1;

impl RuleCode {
    /// The first rule set that has this rule. A rule that is added later gets the [`RULE_SET`] of that change, so that
    /// decisions made before it are not told to have asked it.
    pub fn since(self) -> i16 {
        1
    }

    /// Whether the rule counts what everyone has taken, so that a use given back by anyone may let the code pass.
    pub fn is_limit(self) -> bool {
        use RuleCode::*;
        matches!(
            self,
            PromoLimitReached
                | PromoBudgetReached
                | CodeLimitReached
                | CampaignLimitReached
                | CampaignBudgetReached
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
    /// Several numbers, such as those of tariffs.
    Numbers(Vec<i64>),
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
    /// What is.
    pub observed: RuleValue,
    /// What must be.
    pub required: RuleValue,
    /// The smallest change of what is that would pass, where a number decides: seconds to wait, uses to be given back,
    /// money by which the price is too low.
    #[serde(skip_serializing_if = "RuleValue::is_none")]
    pub change: RuleValue,
}

impl Outcome {
    /// With nothing to tell but this.
    pub(crate) fn of(rule: RuleCode, passed: bool) -> Outcome {
        Outcome {
            rule,
            passed,
            observed: RuleValue::None,
            required: RuleValue::None,
            change: RuleValue::None,
        }
    }
}

/// The outcome of every rule: none is left out because another failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// One for each rule, in the order of [`RuleCode`].
    pub outcomes: Vec<Outcome>,
    /// The price with the code; `None` when it does not lower the price, or is in another currency.
    pub quote: Option<Quote>,
    /// Whether the user must not even learn that the code exists: it is not published (any more), or for others. Staff
    /// still see the reasons.
    pub hidden: bool,
}

impl Decision {
    /// Looks at all the rules.
    pub fn of(facts: &Facts) -> Decision {
        Decision {
            outcomes: rules::ALL.iter().map(|rule| rule(facts)).collect(),
            quote: facts.quote(),
            hidden: rules::is_hidden(facts),
        }
    }

    /// The outcomes of a decision that was made by the rule set `rule_set`, from the facts that were kept of it. Which rules
    /// refused is what was found then, whatever they would say today; a rule that is no more is left out.
    pub fn recall(facts: &Facts, rule_set: i16, refused: &[String]) -> Vec<Outcome> {
        let then = |outcome: &Outcome| outcome.rule.since() <= rule_set;
        let mut outcomes = Decision::of(facts).outcomes;
        outcomes.retain(then);
        for outcome in &mut outcomes {
            outcome.passed = !refused.iter().any(|rule| rule == outcome.rule.as_str());
        }
        outcomes
    }

    /// The price when every rule passes.
    pub fn accepted(&self) -> Option<Quote> {
        self.quote.filter(|_| self.refusals().next().is_none())
    }

    /// The rules that refuse.
    pub fn refusals(&self) -> impl Iterator<Item = &Outcome> {
        self.outcomes.iter().filter(|outcome| !outcome.passed)
    }
}

impl Facts {
    /// What [`Decision::accepted`] is, at the first rule that refuses: for lists.
    pub fn accepted(&self) -> Option<Quote> {
        let passes = rules::ALL.iter().all(|rule| rule(self).passed);
        self.quote().filter(|_| passes)
    }

    /// What the code takes off this tariff for whoever may use it, in minor units; `None` when the tariff is none for it.
    pub fn saving_minor(&self) -> Option<i64> {
        let passes = rules::OF_TARIFF.iter().all(|rule| rule(self).passed);
        self.quote()
            .filter(|_| passes)
            .map(|quote| quote.discount().minor())
    }
}
