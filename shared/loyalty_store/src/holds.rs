//! Holding a use of a promo code.

use domain::{Decision, Facts, HoldState, PromoId, Quote, Random, TariffId};
use jiff::Timestamp;
use pg::{AdHoc, PgError, Row, Type};
use tokio_postgres::types::Json;
use uuid::Uuid;

use crate::facts::Found;
use crate::rows::{get, money, name};
use crate::taking::Busy;
use crate::{Ask, LoyaltyStore};

/// How often a decision is made anew because somebody else was faster.
const ATTEMPTS: usize = 8;

/// A use of a promo code that is held for a user.
#[derive(Debug, Clone)]
pub struct Hold {
    /// The application.
    pub application_id: Uuid,
    /// The decision that let it pass.
    pub decision_id: Uuid,
    /// The promo code's number.
    pub promo_id: PromoId,
    /// The promo code's text.
    pub promo_code: String,
    /// The tariff.
    pub tariff: TariffId,
    /// `applied` or `paying`.
    pub state: HoldState,
    /// The price that holds as long as the hold.
    pub quote: Quote,
    /// When an `applied` hold is given back by itself.
    pub expires_at: Timestamp,
}

/// What became of an ask.
#[derive(Debug)]
pub enum Applied {
    /// A use is held from now on.
    Held(Hold),
    /// The user held this use already.
    HeldBefore(Hold),
    /// Some rules refused.
    Refused {
        /// Where staff find it.
        decision_id: Uuid,
        /// Why.
        decision: Decision,
    },
    /// There is no such promo code.
    NoPromo,
    /// There is no such tariff.
    NoTariff,
}

impl LoyaltyStore {
    /// Decides, and holds a use when all rules pass. The decision is stored either way, an acceptance in the
    /// statement that holds the use. Two round trips when nobody is faster.
    ///
    /// # Errors
    /// Any [`PgError`]; nothing is held then.
    pub async fn apply(
        &self,
        ask: &Ask,
        now: Timestamp,
        random: &dyn Random,
    ) -> Result<Applied, PgError> {
        for attempt in 0..ATTEMPTS {
            let (facts, lapsed) = match self.find_facts(ask, now).await? {
                Found::NoPromo => return Ok(Applied::NoPromo),
                Found::NoTariff => return Ok(Applied::NoTariff),
                Found::Facts { facts, lapsed } => (facts, lapsed),
            };
            // A hold that ran out must not stand in the way until the sweeper comes by.
            if facts.own_uses.iter().any(|own| own.has_lapsed(now)) {
                self.expire_holds_of(ask.user_id, now).await?;
                continue;
            }
            if let Some(own) = facts.own_hold() {
                // Given back, so that the decision says why it is worth nothing now.
                if facts.is_withdrawn(own) {
                    self.withdraw(own.application_id, now).await?;
                    continue;
                }
                match self.find_hold(own.application_id).await? {
                    Some(hold) => return Ok(Applied::HeldBefore(hold)),
                    None => continue,
                }
            }
            let decision = Decision::of(&facts);
            let Some(quote) = decision.accepted() else {
                if lapsed
                    && decision.refusals().any(|outcome| outcome.rule.is_limit())
                    && self.expire_holds(now).await? > 0
                {
                    continue;
                }
                let decision_id = self.record_refusal(&facts, &decision, random).await?;
                return Ok(Applied::Refused {
                    decision_id,
                    decision,
                });
            };
            let busy = match attempt {
                0 => Busy::Skip,
                _ => Busy::Wait,
            };
            if attempt > 1 {
                self.gather(&facts).await?;
            }
            let taken = self.take(&facts, &decision, quote, busy, random).await?;
            if let Some(hold) = taken {
                return Ok(Applied::Held(hold));
            }
        }
        Err(PgError::Unavailable(
            "too many others were faster".to_owned(),
        ))
    }

    async fn record_refusal(
        &self,
        facts: &Facts,
        decision: &Decision,
        random: &dyn Random,
    ) -> Result<Uuid, PgError> {
        let id = random.uuid();
        let params: [pg::Param; 7] = [
            (&id, Type::UUID),
            (&facts.now, Type::TIMESTAMPTZ),
            (&facts.user_id, Type::UUID),
            (&facts.promo.id.0, Type::INT8),
            (&facts.promo.version, Type::INT8),
            (&facts.tariff.id.0, Type::INT8),
            (&Json(&decision.outcomes), Type::JSONB),
        ];
        let sql = "INSERT INTO decisions (id, at, user_id, promo_id, promo_version, tariff_id, accepted, outcomes)
            VALUES ($1, $2, $3, $4, $5, $6, false, $7)";
        self.pool.execute(sql, &params).await?;
        Ok(id)
    }

    /// The open hold `application_id`; `None` when it is open no more.
    pub(crate) async fn find_hold(&self, application_id: Uuid) -> Result<Option<Hold>, PgError> {
        let sql = "SELECT a.id, a.decision_id, a.promo_id, p.code, a.tariff_id, a.state, a.price_minor, a.total_minor,
                a.currency::text AS currency, a.trial_days, a.expires_at
            FROM applications a JOIN promo_codes p ON p.id = a.promo_id
            WHERE a.id = $1 AND a.state IN ('applied', 'paying')";
        let row = self.pool.row(sql, &[(&application_id, Type::UUID)]).await?;
        row.as_ref().map(decode).transpose()
    }
}

fn decode(row: &Row) -> Result<Hold, PgError> {
    let currency = get(row, "currency")?;
    Ok(Hold {
        application_id: get(row, "id")?,
        decision_id: get(row, "decision_id")?,
        promo_id: PromoId(get(row, "promo_id")?),
        promo_code: get(row, "code")?,
        tariff: TariffId(get(row, "tariff_id")?),
        state: name(get(row, "state")?)?,
        quote: Quote {
            price: money(get(row, "price_minor")?, currency)?,
            total: money(get(row, "total_minor")?, currency)?,
            trial_days: get(row, "trial_days")?,
        },
        expires_at: get(row, "expires_at")?,
    })
}
