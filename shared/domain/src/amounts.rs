//! What a promotion says in money, and the price with it.

use crate::{Currency, Facts, Money, Promotion, Quote, Tariff};

impl Promotion {
    /// Whether it says anything in money. A code that does not works in any currency.
    fn has_amounts(&self) -> bool {
        self.effect.has_amount() || self.min_price_minor.is_some() || self.budget_minor.is_some()
    }

    /// What is left to pay for a tariff that the promotion is for; `None` for another one, or when the price does not go
    /// down.
    pub fn total_of(&self, tariff: &Tariff) -> Option<Money> {
        let price = tariff.price;
        let in_currency = !self.has_amounts() || self.currency == price.currency();
        let is_dear_enough = self
            .min_price_minor
            .is_none_or(|least| price.minor() >= least);
        let quote = self.effect.quote(price);
        quote
            .filter(|_| self.includes(tariff.id) && in_currency && is_dear_enough)
            .map(|quote| quote.total)
    }
}

impl Facts {
    /// The currencies of the promotion's amounts and of its campaign's budget.
    pub(crate) fn currencies(&self) -> impl Iterator<Item = Currency> {
        let promotion = &self.promotion;
        let own = promotion.has_amounts().then_some(promotion.currency);
        let campaign = self.campaign.as_ref();
        let shared = campaign.filter(|campaign| campaign.budget_minor.is_some());
        own.into_iter()
            .chain(shared.map(|campaign| campaign.currency))
    }

    /// One of them that the tariff is not in.
    pub(crate) fn other_currency(&self) -> Option<Currency> {
        let price = self.tariff.price.currency();
        self.currencies().find(|currency| *currency != price)
    }

    /// The price with the code; `None` when the code does not lower it, or speaks of another currency.
    pub fn quote(&self) -> Option<Quote> {
        match self.other_currency() {
            Some(_) => None,
            None => self.promotion.effect.quote(self.tariff.price),
        }
    }

    /// What the code takes off, in minor units; 0 when there is no price with it.
    pub fn discount_minor(&self) -> i64 {
        self.quote().map_or(0, |quote| quote.discount().minor())
    }
}
