//! Loading the facts of a decision: one statement, one snapshot.

use std::sync::Arc;

use domain::{
    ApplicationState, Facts, Held, IssuedCode, Observed, PromoCode, PromoCodeId, PromoRef, Quote,
    Tariff, TariffId, TariffStatus, UserStatus,
};
use jiff::Timestamp;
use pg::{PgError, Record};
use tokio_postgres::types::Json;
use uuid::Uuid;

use crate::definitions::{CodeRow, Offer, TariffRow};
use crate::rows::{bug, get, money, name, optional_name};
use crate::{Application, LoyaltyStore};

/// How often facts are loaded again because staff changed the promotion in between.
const ATTEMPTS: usize = 4;

pg::statements! {
    /// The facts of a decision about a user, a code and a tariff.
    LOAD_FACTS(UUID, TIMESTAMPTZ, INT8, TEXT_ARRAY, INT8) =
        "SELECT load_facts(p_user_id => $1, p_now => $2, p_code_id => $3, p_codes => $4, p_tariff_id => $5)";
    LOAD_TARIFF(INT8) = "SELECT to_jsonb(t) AS tariff FROM tariffs t WHERE t.id = $1";
}

/// A request to apply a promo code to a tariff.
#[derive(Debug, Clone)]
pub struct PromoRequest {
    /// The user.
    pub user_id: Uuid,
    /// The promo code, by ID or text.
    pub promo: PromoRef,
    /// The tariff to be bought.
    pub tariff: TariffId,
    /// Whether a use of the promotion that the user holds for another tariff is to be moved to this one.
    pub move_held: bool,
}

/// The facts for a request, as far as its parts exist.
#[derive(Debug)]
pub enum LoadedFacts {
    /// All parts exist.
    Facts(Box<Loaded>),
    /// There is no such promo code.
    NoCode,
    /// There is no such tariff.
    NoTariff,
}

/// The facts of a decision, and the applications that have to be dealt with before it counts.
#[derive(Debug)]
pub struct Loaded {
    /// What the rules are evaluated on.
    pub facts: Facts,
    /// The user's open application of this code for this tariff.
    pub own: Option<Application>,
    /// The application that the facts show as held for another tariff.
    pub held_id: Option<Uuid>,
    /// Whether the person has expired applications that are not released yet.
    pub own_lapsed: bool,
    /// The same for anybody's that count towards a limit of this decision.
    pub lapsed: bool,
}

impl Loaded {
    /// The user's own application, if it ends early: the tariff was taken off sale, and no purchase has begun.
    pub fn withdrawn(&self) -> Option<&Application> {
        let off_sale = self.facts.tariff.status != TariffStatus::Active;
        let own = self.own.as_ref();
        own.filter(|own| off_sale && own.state == ApplicationState::Applied)
    }
}

impl LoyaltyStore {
    /// The facts of a request without asking the database: those of an active user without applications, with the usage
    /// that was seen last. `None` when a part is not remembered, or the promotion depends on more. They are good for
    /// [`LoyaltyStore::reserve`] alone, whose statement checks all of them.
    pub fn assume_facts(&self, request: &PromoRequest, now: Timestamp) -> Option<Facts> {
        let mut facts = self.memory.assume(request, now)?;
        self.least_payments.observe(&mut facts);
        Some(facts)
    }

    /// The facts of a request, from one snapshot of the database.
    ///
    /// # Errors
    /// Any [`PgError`].
    pub async fn load_facts(
        &self,
        request: &PromoRequest,
        now: Timestamp,
    ) -> Result<LoadedFacts, PgError> {
        for _ in 0..ATTEMPTS {
            let (id, codes) = id_and_codes(&request.promo);
            let row = self
                .pool
                .fetch_one(
                    &LOAD_FACTS,
                    &[&request.user_id, &now, &id, &codes, &request.tariff.0],
                )
                .await?;
            let seen = Seen::read(row.try_get(0)?)?;
            // The tariff comes first: whether a hidden code exists can't be inferred from the answer
            // about an unknown tariff then.
            let Some(tariff_version) = seen.tariff_version else {
                return Ok(LoadedFacts::NoTariff);
            };
            let Some(code) = seen.code else {
                return Ok(LoadedFacts::NoCode);
            };
            let offer = self.offer(code.promotion_id, seen.offer_versions).await?;
            let tariff = self.tariff(request.tariff, tariff_version).await?;
            // Otherwise staff were at it between the statements.
            if let Some((offer, tariff)) = offer.zip(tariff) {
                let mut loaded = seen.facts.loaded(code, offer, tariff, request, now);
                self.least_payments.observe(&mut loaded.facts);
                self.memory.keep_seen(&loaded.facts);
                return Ok(LoadedFacts::Facts(Box::new(loaded)));
            }
        }
        Err(PgError::Unavailable(
            "the promotion kept changing".to_owned(),
        ))
    }

    async fn tariff(&self, id: TariffId, version: i32) -> Result<Option<Arc<Tariff>>, PgError> {
        let fits = |tariff: &Arc<Tariff>| tariff.version == version;
        if let Some(tariff) = self.memory.tariff(id.0).filter(fits) {
            return Ok(Some(tariff));
        }
        let Some(row) = self.pool.fetch_optional(&LOAD_TARIFF, &[&id.0]).await? else {
            return Ok(None);
        };
        let Json(tariff): Json<TariffRow> = get(&row, "tariff")?;
        let tariff: Arc<Tariff> = Arc::new(tariff.try_into()?);
        self.memory.keep_tariff(tariff.clone());
        Ok(Some(tariff).filter(fits))
    }
}

/// What the function `load_facts` has seen.
struct Seen {
    code: Option<IssuedCode>,
    offer_versions: (i32, Option<i32>),
    tariff_version: Option<i32>,
    facts: SeenFacts,
}

struct SeenFacts {
    observed: Observed,
    used_at: Vec<Timestamp>,
    open: Option<Open>,
    held: Option<SeenHeld>,
    own_lapsed: bool,
    lapsed: bool,
}

/// The user's open application for the tariff.
struct Open {
    id: Uuid,
    code_id: PromoCodeId,
    state: ApplicationState,
    quote: Quote,
    expires_at: Timestamp,
}

/// The user's open application of the promotion for another tariff.
struct SeenHeld {
    id: Uuid,
    created_at: Timestamp,
    held: Held,
}

impl Seen {
    fn read(mut record: Record<'_>) -> Result<Seen, PgError> {
        let r = &mut record;
        let (id, text): (Option<i64>, Option<String>) = (r.field()?, r.field()?);
        let typed: Option<String> = r.field()?;
        let state: Option<String> = r.field()?;
        let (user_id, max_uses): (Option<Uuid>, Option<i64>) = (r.field()?, r.field()?);
        let (code_uses, ends_at): (Option<i64>, Option<Timestamp>) = (r.field()?, r.field()?);
        let (version, batch_id): (Option<i32>, Option<i64>) = (r.field()?, r.field()?);
        let (promotion_id, promotion_version): (Option<i64>, Option<i32>) =
            (r.field()?, r.field()?);
        let (campaign_version, tariff_version): (Option<i32>, Option<i32>) =
            (r.field()?, r.field()?);
        let user_status: Option<&str> = r.field()?;
        let (taken, spent_minor): (Option<i64>, Option<i64>) = (r.field()?, r.field()?);
        let (campaign_taken, campaign_spent_minor): (Option<i64>, Option<i64>) =
            (r.field()?, r.field()?);
        let group_ids: Option<Vec<i64>> = r.field()?;
        let has_purchased: Option<bool> = r.field()?;
        let first_purchase: Option<&str> = r.field()?;
        let trial: Option<&str> = r.field()?;
        let unused: Option<i64> = r.field()?;
        let insider_since: Option<Timestamp> = r.field()?;
        let used_at: Option<Vec<Timestamp>> = r.field()?;
        let open = Open::read(r)?;
        let held = SeenHeld::read(r)?;
        let (own_lapsed, lapsed): (Option<bool>, Option<bool>) = (r.field()?, r.field()?);
        let code = match (id, promotion_id, text, state, version) {
            (Some(id), Some(promotion_id), Some(code), Some(state), Some(version)) => {
                let row = CodeRow {
                    id,
                    promotion_id,
                    code,
                    typed,
                    state,
                    user_id,
                    batch_id,
                    max_uses,
                    ends_at,
                    version,
                };
                Some(IssuedCode::try_from(row)?)
            }
            _ => None,
        };
        let observed = Observed {
            user_status: optional_name::<UserStatus>(user_status)?,
            group_ids: group_ids.unwrap_or_default(),
            has_purchased: has_purchased.unwrap_or_default(),
            first_purchase: optional_name(first_purchase)?,
            trial: optional_name(trial)?,
            unused: unused.unwrap_or_default(),
            insider_since,
            taken: taken.unwrap_or_default(),
            spent_minor: spent_minor.unwrap_or_default(),
            campaign_taken: campaign_taken.unwrap_or_default(),
            campaign_spent_minor: campaign_spent_minor.unwrap_or_default(),
            code_uses: code_uses.filter(|_| max_uses.is_some()).unwrap_or_default(),
            ..Observed::default()
        };
        Ok(Seen {
            code,
            offer_versions: (promotion_version.unwrap_or_default(), campaign_version),
            tariff_version,
            facts: SeenFacts {
                observed,
                used_at: used_at.unwrap_or_default(),
                open,
                held,
                own_lapsed: own_lapsed.unwrap_or_default(),
                lapsed: lapsed.unwrap_or_default(),
            },
        })
    }
}

impl Open {
    fn read(r: &mut Record<'_>) -> Result<Option<Open>, PgError> {
        let (id, code_id): (Option<Uuid>, Option<i64>) = (r.field()?, r.field()?);
        let state: Option<&str> = r.field()?;
        let (price, total): (Option<i64>, Option<i64>) = (r.field()?, r.field()?);
        let trial_days: Option<i32> = r.field()?;
        let (expires_at, currency): (Option<Timestamp>, Option<&str>) = (r.field()?, r.field()?);
        let (Some(id), Some(code_id)) = (id, code_id) else {
            return Ok(None);
        };
        let absent = || bug("an application without its columns");
        let currency = currency.ok_or_else(absent)?;
        Ok(Some(Open {
            id,
            code_id: PromoCodeId(code_id),
            state: name(state.ok_or_else(absent)?)?,
            quote: Quote {
                price: money(price.ok_or_else(absent)?, currency)?,
                total: money(total.ok_or_else(absent)?, currency)?,
                trial_days,
            },
            expires_at: expires_at.ok_or_else(absent)?,
        }))
    }
}

impl SeenHeld {
    fn read(r: &mut Record<'_>) -> Result<Option<SeenHeld>, PgError> {
        let (id, tariff): (Option<Uuid>, Option<i64>) = (r.field()?, r.field()?);
        let (until, created_at): (Option<Timestamp>, Option<Timestamp>) = (r.field()?, r.field()?);
        let discount_minor: Option<i64> = r.field()?;
        let mut flag = || Ok::<bool, PgError>(r.field::<Option<bool>>()?.unwrap_or_default());
        let (counts_for_code, counts_in_campaign) = (flag()?, flag()?);
        let (is_trial, is_first_purchase) = (flag()?, flag()?);
        let (Some(id), Some(tariff), Some(created_at)) = (id, tariff, created_at) else {
            return Ok(None);
        };
        Ok(Some(SeenHeld {
            id,
            created_at,
            held: Held {
                tariff: TariffId(tariff),
                until,
                discount_minor: discount_minor.unwrap_or_default(),
                counts_for_code,
                counts_in_campaign,
                is_trial,
                is_first_purchase,
                // Known with the promotion.
                counts_in_period: false,
            },
        }))
    }
}

impl SeenFacts {
    fn loaded(
        self,
        code: IssuedCode,
        offer: Offer,
        tariff: Arc<Tariff>,
        request: &PromoRequest,
        now: Timestamp,
    ) -> Loaded {
        let mut observed = self.observed;
        observed.named_by_text = matches!(request.promo, PromoRef::Text(_));
        let period_start = offer.promotion.period_start(now);
        observed.set_uses(&self.used_at, period_start);
        let held_id = self.held.as_ref().map(|seen| seen.id);
        observed.held = self.held.map(|seen| Held {
            counts_in_period: seen.created_at >= period_start,
            ..seen.held
        });
        let mut own = None;
        match self.open {
            Some(open) if open.code_id == code.id => {
                own = Some(Application {
                    id: open.id,
                    code_id: code.id,
                    code: code.text().to_owned(),
                    tariff: request.tariff,
                    state: open.state,
                    quote: open.quote,
                    expires_at: open.expires_at,
                });
            }
            Some(open) => observed.other_code = Some(open.code_id),
            None => {}
        }
        Loaded {
            facts: Facts {
                now,
                user_id: request.user_id,
                code: Arc::new(code),
                promotion: offer.promotion,
                campaign: offer.campaign,
                tariff,
                observed,
            },
            own,
            held_id,
            own_lapsed: self.own_lapsed,
            lapsed: self.lapsed,
        }
    }
}

/// What a statement needs to find a promo code by its ID, or by the texts that it may have.
pub(crate) fn id_and_codes(promo: &PromoRef) -> (Option<i64>, Option<Vec<&str>>) {
    match promo {
        PromoRef::Id(id) => (Some(id.0), None),
        PromoRef::Text(codes) => (None, Some(codes.iter().map(PromoCode::as_str).collect())),
    }
}
