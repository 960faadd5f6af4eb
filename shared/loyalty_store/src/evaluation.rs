//! Deciding without doing.

use domain::{Decision, Facts, Quote};
use jiff::Timestamp;
use pg::PgError;

use crate::facts::LoadedFacts;
use crate::{Application, LoyaltyStore, PromoRequest};

/// What would become of a request.
#[derive(Debug)]
pub enum Evaluation {
    /// All rules pass.
    Passes {
        /// What they looked at.
        facts: Box<Facts>,
        /// The price with the code.
        quote: Quote,
    },
    /// The user holds this use already.
    Applied(Application),
    /// Some rules refuse.
    Refused(Decision),
    /// There is no such promo code.
    NoCode,
    /// There is no such tariff.
    NoTariff,
}

impl LoyaltyStore {
    /// Decides by the rules that [`LoyaltyStore::apply`] decides by, and changes nothing. Holds that have run out a
    /// moment ago, or are for a tariff that is sold no more, may still count.
    ///
    /// # Errors
    /// Any [`PgError`].
    pub async fn evaluate(
        &self,
        request: &PromoRequest,
        now: Timestamp,
    ) -> Result<Evaluation, PgError> {
        let loaded = match self.load_facts(request, now).await? {
            LoadedFacts::NoCode => return Ok(Evaluation::NoCode),
            LoadedFacts::NoTariff => return Ok(Evaluation::NoTariff),
            LoadedFacts::Facts(loaded) => loaded,
        };
        if loaded.withdrawn().is_none()
            && !loaded.own_lapsed
            && let Some(own) = loaded.own
        {
            return Ok(Evaluation::Applied(own));
        }
        let decision = Decision::of(&loaded.facts);
        Ok(match decision.accepted() {
            Some(quote) => Evaluation::Passes {
                facts: Box::new(loaded.facts),
                quote,
            },
            None => Evaluation::Refused(decision),
        })
    }
}
