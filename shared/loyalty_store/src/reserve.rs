//! Reserving a use. One statement does it: all limits hold, however many requests run at once.

use domain::{
    ApplicationState, Decision, Facts, MAX_UNUSED, Observed, Quote, RULE_SET, Random, RuleCode,
    Usage,
};
use jiff::Timestamp;
use pg::{PgError, Record, Row};
use tokio_postgres::types::Json;
use uuid::Uuid;

use crate::{Application, LoyaltyStore};

pg::statements! {
    /// Reserves a use, if all that was decided on still holds.
    RESERVE_USE(UUID, UUID, INT8, INT8, INT4_ARRAY, TIMESTAMPTZ, INT8, TIMESTAMPTZ, INT2, JSONB, INT4) =
        "SELECT reserve_use(p_application_id => $1, p_user_id => $2, p_code_id => $3, p_tariff_id => $4,
            p_versions => $5, p_now => $6, p_total_minor => $7, p_uses_since => $8, p_rule_set => $9, p_observed => $10,
            p_max_unused => $11)";
    /// The same with the use of another application.
    MOVE_APPLICATION(UUID, UUID, INT8, INT8, INT4_ARRAY, TIMESTAMPTZ, INT8, TIMESTAMPTZ, INT2, JSONB, INT4, UUID) =
        "SELECT move_application(p_application_id => $1, p_user_id => $2, p_code_id => $3, p_tariff_id => $4,
            p_versions => $5, p_now => $6, p_total_minor => $7, p_uses_since => $8, p_rule_set => $9, p_observed => $10,
            p_max_unused => $11, p_from_id => $12)";
}

/// What `reserve_use` says when a limit leaves no use after others were counted.
const NO_USE_LEFT: &str = "LS001";

/// A use to be reserved, as the functions take it.
pub(crate) struct Reservation<'a> {
    /// The ID of the application.
    pub id: Uuid,
    facts: &'a Facts,
    versions: Vec<Option<i32>>,
    uses_since: Timestamp,
    total_minor: i64,
    observed: Json<&'a Observed>,
}

impl<'a> Reservation<'a> {
    pub(crate) fn new(facts: &'a Facts, quote: Quote, random: &dyn Random) -> Reservation<'a> {
        let campaign = facts.campaign.as_ref();
        Reservation {
            id: random.uuid_at(facts.now),
            facts,
            versions: vec![
                Some(facts.code.version),
                Some(facts.promotion.version),
                Some(facts.tariff.version),
                campaign.map(|campaign| campaign.version),
            ],
            uses_since: facts.promotion.period_start(facts.now),
            total_minor: quote.total.minor(),
            observed: Json(&facts.observed),
        }
    }

    /// The first parameters of every statement that reserves a use.
    pub(crate) fn values(&self) -> Vec<pg::Value<'_>> {
        vec![
            &self.id,
            &self.facts.user_id,
            &self.facts.code.id.0,
            &self.facts.tariff.id.0,
            &self.versions,
            &self.facts.now,
            &self.total_minor,
            &self.uses_since,
            &RULE_SET,
            &self.observed,
            &MAX_UNUSED,
        ]
    }
}

impl LoyaltyStore {
    /// Reserves a use at `quote`, if the facts still hold and the limits leave one. `None`: decide again.
    ///
    /// # Errors
    /// Any [`PgError`]; no use is reserved then.
    pub async fn reserve(
        &self,
        facts: &Facts,
        quote: Quote,
        random: &dyn Random,
    ) -> Result<Option<Application>, PgError> {
        let reservation = Reservation::new(facts, quote, random);
        let values = reservation.values();
        let row = self.fetch_reservation(&RESERVE_USE, &values).await?;
        self.reserved(&reservation, quote, row)
    }

    /// Moves the use of the application `from`, which the facts show as held for another tariff, to a new application
    /// at `quote`: in one transaction, so that nobody else can take it. `None`: decide again.
    ///
    /// # Errors
    /// Any [`PgError`]; the use stays where it was then.
    pub async fn move_application(
        &self,
        from: Uuid,
        facts: &Facts,
        quote: Quote,
        random: &dyn Random,
    ) -> Result<Option<Application>, PgError> {
        let reservation = Reservation::new(facts, quote, random);
        let mut values = reservation.values();
        values.push(&from);
        let row = self.fetch_reservation(&MOVE_APPLICATION, &values).await?;
        self.reserved(&reservation, quote, row)
    }

    /// The answer of a statement that reserves a use; `None` when a limit or another request left it none.
    pub(crate) async fn fetch_reservation(
        &self,
        statement: &pg::Statement,
        values: &[pg::Value<'_>],
    ) -> Result<Option<Row>, PgError> {
        match self.pool.fetch_one(statement, values).await {
            Err(PgError::Raised(code)) if code == NO_USE_LEFT => Ok(None),
            // Another account of the same person was faster: the unique index on trials keeps to one.
            Err(error) if error.unique_violation().is_some() => Ok(None),
            other => other.map(Some),
        }
    }

    fn reserved(
        &self,
        reservation: &Reservation<'_>,
        quote: Quote,
        row: Option<Row>,
    ) -> Result<Option<Application>, PgError> {
        let Some(row) = row else {
            return Ok(None);
        };
        let mut record: Record<'_> = row.try_get(0)?;
        let Some(expires_at) = record.field::<Option<Timestamp>>()? else {
            return Ok(None);
        };
        let facts = reservation.facts;
        self.remember_usage(facts, quote, &mut record)?;
        Ok(Some(Application {
            id: reservation.id,
            code_id: facts.code.id,
            code: facts.code.text().to_owned(),
            tariff: facts.tariff.id,
            state: ApplicationState::Applied,
            quote,
            expires_at,
        }))
    }

    /// What was taken before this use, and so is taken with it.
    pub(crate) fn remember_usage(
        &self,
        facts: &Facts,
        quote: Quote,
        record: &mut Record<'_>,
    ) -> Result<(), PgError> {
        let discount = quote.discount().minor();
        let mut with_this = || -> Result<Usage, PgError> {
            let (taken, spent_minor): (Option<i64>, Option<i64>) =
                (record.field()?, record.field()?);
            Ok(Usage {
                taken: taken.unwrap_or_default() + 1,
                spent_minor: spent_minor.unwrap_or_default() + discount,
            })
        };
        let (of_promotion, of_campaign) = (with_this()?, with_this()?);
        self.memory.keep_usage(facts, of_promotion, of_campaign);
        Ok(())
    }
}

/// The rules that were waived, if any were.
pub(crate) fn waived(decision: &Decision) -> Option<Vec<&'static str>> {
    let waived: Vec<&str> = decision.waived().map(RuleCode::as_str).collect();
    Some(waived).filter(|waived| !waived.is_empty())
}
