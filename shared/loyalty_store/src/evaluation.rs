//! Deciding without doing.

use domain::{Decision, Promo, Quote};
use jiff::Timestamp;
use pg::PgError;

use crate::facts::Found;
use crate::{Ask, Hold, LoyaltyStore};

/// What would become of an ask.
#[derive(Debug)]
pub enum Evaluated {
    /// All rules pass.
    Passes {
        /// The promo code.
        promo: Box<Promo>,
        /// The price with it.
        quote: Quote,
    },
    /// The user holds this use already.
    Held(Hold),
    /// Some rules refuse.
    Refused(Decision),
    /// There is no such promo code.
    NoPromo,
    /// There is no such tariff.
    NoTariff,
}

impl LoyaltyStore {
    /// Decides by the rules that [`LoyaltyStore::apply`] decides by, and changes nothing. Holds that have run out a
    /// moment ago, or are for a tariff that is sold no more, may still count.
    ///
    /// # Errors
    /// Any [`PgError`].
    pub async fn evaluate(&self, ask: &Ask, now: Timestamp) -> Result<Evaluated, PgError> {
        let facts = match self.find_facts(ask, now).await? {
            Found::NoPromo => return Ok(Evaluated::NoPromo),
            Found::NoTariff => return Ok(Evaluated::NoTariff),
            Found::Facts { facts, .. } => facts,
        };
        let own_hold = facts.own_hold();
        if let Some(own) = own_hold.filter(|own| !own.has_lapsed(now) && !facts.is_withdrawn(own))
            && let Some(hold) = self.find_hold(own.application_id).await?
        {
            return Ok(Evaluated::Held(hold));
        }
        let decision = Decision::of(&facts);
        Ok(match decision.accepted() {
            Some(quote) => Evaluated::Passes {
                promo: Box::new(facts.promo),
                quote,
            },
            None => Evaluated::Refused(decision),
        })
    }
}
