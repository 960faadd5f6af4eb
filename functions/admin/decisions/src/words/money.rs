//! Prices and budgets.

use domain::{Effect, Money, Outcome, RuleValue};
use serde_json::json;

use super::plural::from_in_russian;
use super::{Meaning, Words, say};
use crate::action::Action;

pub(super) fn price_below_minimum(words: &Words) -> Option<Meaning> {
    let promotion = &words.facts.promotion;
    let tariff = &words.facts.tariff;
    let least = Money::from_minor(promotion.min_price_minor?, promotion.currency)?;
    let (least, price) = (words.money(least), words.money(tariff.price));
    let title = &tariff.title;
    let from = from_in_russian(&least);
    Some(Meaning::with_action(
        say!(
            words,
            "The promo code works for prices from {least}, and the tariff “{title}” costs {price}.",
            "Промокод действует для тарифов от {least}, а тариф «{title}» стоит {price}.",
        ),
        say!(
            words,
            "Lower the minimum price from {least} to {price}.",
            "Снизьте минимальную цену {from} {least} до {price}.",
        ),
        Action::promotion(
            say!(
                words,
                "Lower the minimum price to {price}",
                "Снизить минимальную цену до {price}"
            ),
            promotion,
            json!({ "min_price": tariff.price.to_decimal() }),
        ),
    ))
}

/// What a budget lacks.
struct Shortage {
    detail: String,
    remedy: String,
    title: String,
    /// The least budget that would do.
    enough: Money,
}

impl Shortage {
    fn of(words: &Words, outcome: &Outcome, whose: [&str; 2]) -> Option<Shortage> {
        let (RuleValue::Money(spent), RuleValue::Money(budget), RuleValue::Money(short)) =
            (&outcome.observed, &outcome.required, &outcome.change)
        else {
            return None;
        };
        let currency = budget.currency();
        let enough = budget.minor().checked_add(short.minor())?;
        let enough = Money::from_minor(enough, currency)?;
        let left = Money::from_minor((budget.minor() - spent.minor()).max(0), currency)?;
        let discount = Money::from_minor(words.facts.discount_minor(), currency)?;
        let (left, discount) = (words.money(left), words.money(discount));
        let (budget, sufficient) = (words.money(*budget), words.money(enough));
        let [whose, ru_whose] = whose;
        let was = words.tense(["was", "is", "will be"]);
        let ru_was = words.tense(["оставалось", "осталось", "будет"]);
        let from = from_in_russian(&budget);
        Some(Shortage {
            detail: say!(
                words,
                "The budget of the {whose} does not cover the discount of {discount}: {left} of it {was} left.",
                "Бюджета {ru_whose} не хватает на скидку {discount}: в нём {ru_was} {left}.",
            ),
            remedy: say!(
                words,
                "Raise the budget of the {whose} from {budget} to {sufficient}.",
                "Увеличьте бюджет {ru_whose} {from} {budget} до {sufficient}.",
            ),
            title: say!(
                words,
                "Raise the budget to {sufficient}",
                "Увеличить бюджет до {sufficient}"
            ),
            enough,
        })
    }

    fn meaning(self, action: impl FnOnce(String, serde_json::Value) -> Action) -> Meaning {
        let body = json!({ "budget": self.enough.to_decimal() });
        Meaning::with_action(self.detail, self.remedy, action(self.title, body))
    }
}

pub(super) fn promo_budget_reached(words: &Words, outcome: &Outcome) -> Option<Meaning> {
    let shortage = Shortage::of(words, outcome, ["promotion", "промокода"])?;
    let promotion = &words.facts.promotion;
    Some(shortage.meaning(|title, body| Action::promotion(title, promotion, body)))
}

pub(super) fn campaign_budget_reached(words: &Words, outcome: &Outcome) -> Option<Meaning> {
    let campaign = words.facts.campaign.as_ref()?;
    let shortage = Shortage::of(words, outcome, ["campaign", "акции"])?;
    Some(shortage.meaning(|title, body| Action::campaign(title, campaign, body)))
}

pub(super) fn total_not_payable(words: &Words, outcome: &Outcome) -> Option<Meaning> {
    let (RuleValue::Money(total), RuleValue::Money(least)) = (&outcome.observed, &outcome.required)
    else {
        return None;
    };
    let (total, least) = (words.money(*total), words.money(*least));
    Some(Meaning::final_word(say!(
        words,
        "With the promo code {total} would be left to pay, and payments begin at {least}. You can choose another tariff.",
        "С промокодом осталось бы заплатить {total}, а оплата возможна от {least}. Вы можете выбрать другой тариф.",
    )))
}

pub(super) fn no_benefit(words: &Words) -> Option<Meaning> {
    let tariff = &words.facts.tariff;
    let (title, price) = (&tariff.title, words.money(tariff.price));
    let fixed = match words.facts.promotion.effect {
        Effect::FixedPrice { minor } => Money::from_minor(minor, words.facts.promotion.currency),
        Effect::Free { .. } | Effect::PercentOff { .. } | Effect::AmountOff { .. } => None,
    };
    Some(Meaning::final_word(match fixed {
        Some(fixed) => {
            let fixed = words.money(fixed);
            say!(
                words,
                "With the promo code the tariff “{title}” would cost {fixed}, and without it {price}. You can buy it \
                 without the code, or choose another tariff.",
                "С промокодом тариф «{title}» стоил бы {fixed}, а без него — {price}. Вы можете купить его без промокода \
                 или выбрать другой тариф.",
            )
        }
        None => say!(
            words,
            "The promo code does not lower the price of the tariff “{title}”, {price}. You can buy it without the code, \
             or choose another tariff.",
            "Промокод не снижает цену тарифа «{title}», {price}. Вы можете купить его без промокода или выбрать другой \
             тариф.",
        ),
    }))
}
