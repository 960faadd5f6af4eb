//! What a refusal means, in sentences for people: what a clerk reads out to the customer, and what staff can change.
//!
//! One file for each subject, as in the rules of the domain; English and Russian stand side by side. The values are those
//! of the decision. A sentence about another time than now has another tense: see [`Tense`]. None has the text of the promo
//! code but the summaries, which are given it as the reader may see it.

mod format;
mod limits;
mod money;
mod people;
mod period;
mod plural;
mod schedule;
mod summary;
mod tariff;

use domain::{Facts, Outcome, RuleCode};
use jiff::Timestamp;
use service_http::{Code, Language};
use uuid::Uuid;

use crate::action::Action;

/// A text in the language of the answer.
macro_rules! say {
    ($words:expr, $en:literal, $ru:literal $(,)?) => {
        match $words.language {
            ::service_http::Language::En => ::std::format!($en),
            ::service_http::Language::Ru => ::std::format!($ru),
        }
    };
}
use say;

/// When the time of a decision is, as seen from now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tense {
    /// It was made, or is asked about a past time.
    Past,
    /// It is about now.
    Present,
    /// It is asked about a time to come.
    Future,
}

impl Tense {
    /// That of an event at `at`, seen from `now`.
    pub(crate) fn of(at: Timestamp, now: Timestamp) -> Tense {
        match at.cmp(&now) {
            std::cmp::Ordering::Less => Tense::Past,
            std::cmp::Ordering::Equal => Tense::Present,
            std::cmp::Ordering::Greater => Tense::Future,
        }
    }
}

/// What a sentence depends on.
pub(crate) struct Words<'a> {
    pub(crate) language: Language,
    pub(crate) tense: Tense,
    /// The facts of the decision.
    pub(crate) facts: &'a Facts,
    /// The present time, whatever the time of the decision: a change by staff works from now on.
    pub(crate) now: Timestamp,
    /// The user's open application of another code for this tariff, where it is known.
    pub(crate) other_application: Option<Uuid>,
}

/// What a refusal means.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Meaning {
    /// Why the rule refuses, for the customer; and what the customer can do, where staff can do nothing.
    pub(crate) detail: String,
    /// The smallest change by staff that would let the rule pass.
    pub(crate) remedy: Option<String>,
    /// How to make it.
    pub(crate) actions: Vec<Action>,
}

impl Meaning {
    /// Nothing that staff could change.
    fn final_word(detail: String) -> Meaning {
        Meaning {
            detail,
            remedy: None,
            actions: vec![],
        }
    }

    /// A change that one call makes.
    fn with_action(detail: String, remedy: String, action: Action) -> Meaning {
        Meaning {
            detail,
            remedy: Some(remedy),
            actions: vec![action],
        }
    }
}

impl Words<'_> {
    /// What the refusal of a rule means.
    pub(crate) fn meaning(&self, outcome: &Outcome) -> Meaning {
        let meaning = match outcome.rule {
            RuleCode::UserNotRegistered => people::not_registered(self),
            RuleCode::UserNotActive => people::not_active(self),
            RuleCode::NotInAudience => people::not_in_audience(self),
            RuleCode::CodeForAnotherUser => people::code_for_another_user(self),
            RuleCode::ConflictOfInterest => people::conflict_of_interest(self),
            RuleCode::CodeTextRequired => people::code_text_required(self),
            RuleCode::NotFirstPurchase => people::not_first_purchase(self),
            RuleCode::PromoNotActive => period::promo_not_active(self),
            RuleCode::CodeDisabled => period::code_disabled(self),
            RuleCode::CampaignNotActive => period::campaign_not_active(self),
            RuleCode::PromoNotStarted => period::promo_not_started(self),
            RuleCode::PromoEnded => period::promo_ended(self),
            RuleCode::CodeEnded => period::code_ended(self),
            RuleCode::OutsideSchedule => schedule::outside_schedule(self),
            RuleCode::TariffNotOnSale => tariff::not_on_sale(self),
            RuleCode::TariffNotInScope => tariff::not_in_scope(self),
            RuleCode::CurrencyMismatch => tariff::currency_mismatch(self, outcome),
            RuleCode::PriceBelowMinimum => money::price_below_minimum(self),
            RuleCode::HeldForAnotherTariff => tariff::held_for_another(self),
            RuleCode::PromoLimitReached => limits::promo_limit_reached(self, outcome),
            RuleCode::CodeLimitReached => limits::code_limit_reached(self, outcome),
            RuleCode::PromoBudgetReached => money::promo_budget_reached(self, outcome),
            RuleCode::CampaignLimitReached => limits::campaign_limit_reached(self, outcome),
            RuleCode::CampaignBudgetReached => money::campaign_budget_reached(self, outcome),
            RuleCode::UserLimitReached => limits::user_limit_reached(self, outcome),
            RuleCode::TooManyUnusedApplications => limits::too_many_unused(self),
            RuleCode::TrialTaken => people::trial_taken(self),
            RuleCode::AnotherPromoApplied => tariff::another_promo_applied(self),
            RuleCode::TotalNotPayable => money::total_not_payable(self, outcome),
            RuleCode::NoBenefit => money::no_benefit(self),
        };
        // A rule that was corrected after the decision may no longer find what it refused for.
        meaning.unwrap_or_else(|| {
            Meaning::final_word(Code::from(outcome.rule).title(self.language).to_owned())
        })
    }

    /// The form of a word in the tense of the decision: past, present, future.
    fn tense<'t>(&self, forms: [&'t str; 3]) -> &'t str {
        let [past, present, future] = forms;
        match self.tense {
            Tense::Past => past,
            Tense::Present => present,
            Tense::Future => future,
        }
    }

    /// The earliest time from which a change by staff can help: now, or the time to come that was asked about.
    fn usable_from(&self) -> Timestamp {
        self.now.max(self.facts.now)
    }
}

#[cfg(test)]
mod tests;
