//! The decision whether a user may use a promo code for a tariff.

use crate::{Facts, Held, Outcome, Quote, RuleCode, Waivers, rules};

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

    /// The same with rules that staff waive: those of them that would refuse do not. One that passes anyway is not waived.
    pub fn waiving(facts: &Facts, waivers: &Waivers) -> Decision {
        let mut decision = Decision::of(facts);
        for outcome in &mut decision.outcomes {
            outcome.waived = !outcome.passed && waivers.include(outcome.rule);
        }
        decision
    }

    /// The outcomes of a decision that was made by the rule set `rule_set`, from the facts that were kept of it. Which rules
    /// refused, and which of them were waived, is what was found then, whatever they would say today; a rule that is no
    /// more is left out.
    pub fn recall(
        facts: &Facts,
        rule_set: i16,
        refused: &[String],
        waived: &[String],
    ) -> Vec<Outcome> {
        let then = |outcome: &Outcome| outcome.rule.since() <= rule_set;
        let mut outcomes = Decision::of(facts).outcomes;
        outcomes.retain(then);
        for outcome in &mut outcomes {
            let named = |rules: &[String]| rules.iter().any(|rule| rule == outcome.rule.as_str());
            outcome.waived = named(waived);
            outcome.passed = !named(refused) && !outcome.waived;
        }
        outcomes
    }

    /// The price when every rule passes.
    pub fn accepted(&self) -> Option<Quote> {
        self.quote.filter(|_| self.refusals().next().is_none())
    }

    /// The rules that refuse.
    pub fn refusals(&self) -> impl Iterator<Item = &Outcome> {
        self.outcomes.iter().filter(|outcome| outcome.refuses())
    }

    /// The rules that would have refused, and were waived.
    pub fn waived(&self) -> impl Iterator<Item = RuleCode> {
        let waived = self.outcomes.iter().filter(|outcome| outcome.waived);
        waived.map(|outcome| outcome.rule)
    }
}

impl Facts {
    /// Whether uses of the code are limited for everybody together, so that one that is held is kept from others.
    pub fn is_scarce(&self) -> bool {
        self.code
            .is_scarce(&self.promotion, self.campaign.as_deref())
    }

    /// The use that the user holds for another tariff, when moving it is all that stands between the code and this
    /// tariff.
    pub fn movable(&self) -> Option<&Held> {
        let held = self.observed.held.as_ref()?;
        held.until?;
        let refuses = |rule: &rules::Rule| {
            let outcome = rule(self);
            !outcome.passed && outcome.rule != RuleCode::HeldForAnotherTariff
        };
        (!rules::ALL.iter().any(refuses)).then_some(held)
    }

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
