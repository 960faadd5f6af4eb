//! Loading the facts of a decision: one statement, one snapshot.

use domain::{
    Audience, BasisPoints, Currency, Effect, Facts, Money, OwnUse, Promo, PromoCode, PromoId,
    PromoRef, Schedule, Tariff, TariffId, UserStatus,
};
use jiff::Timestamp;
use jiff::civil::Weekday;
use jiff::tz::TimeZone;
use pg::{PgError, Row, Type};
use tokio_postgres::types::{FromSql, Json};
use uuid::Uuid;

use crate::LoyaltyStore;

/// A user's wish to use a promo code for a tariff.
#[derive(Debug, Clone)]
pub struct Ask {
    /// Who asks.
    pub user_id: Uuid,
    /// The promo code, by number or text.
    pub promo: PromoRef,
    /// The tariff to be bought.
    pub tariff: TariffId,
}

/// The facts for an ask, as far as its parts exist.
pub(crate) enum Found {
    /// Both exist. `lapsed` is true when holds of this promo have run out and were not given back yet.
    Facts {
        facts: Box<Facts>,
        lapsed: bool,
    },
    NoPromo,
    NoTariff,
}

/// The columns that [`decode`] reads, from `promo_codes p` and `tariffs t`, with the user in $1 and
/// the time in $2. All of the user's live uses come along: the rules pick those that matter to them.
pub(crate) const COLUMNS: &str = "
    p.id AS promo_id, p.code, p.title, p.status, p.effect, p.effect_minor, p.effect_basis_points, p.effect_cap_minor,
    p.effect_days, p.starts_at, p.ends_at, p.total_limit, p.per_user_limit, p.tariff_ids, p.audience,
    p.audience_user_id, p.audience_group_ids, p.time_zone, p.weekdays, p.hours_from, p.hours_to, p.per_user_period,
    p.min_price_minor, p.first_purchase_only, p.version,
    (SELECT sum(g.taken)::bigint FROM promo_usage g WHERE g.promo_id = p.id) AS taken,
    t.id AS tariff_id, t.title AS tariff_title, t.price_minor, t.currency::text AS currency, t.period_months,
    t.status AS tariff_status,
    (SELECT status FROM users WHERE id = $1) AS user_status,
    ARRAY(SELECT group_id FROM group_members WHERE user_id = $1) AS user_groups,
    EXISTS (SELECT FROM purchases WHERE user_id = $1 AND status = 'paid') AS has_purchased,
    EXISTS (
        SELECT FROM applications a WHERE a.promo_id = p.id AND a.state = 'applied' AND a.expires_at <= $2
    ) AS lapsed,
    coalesce(
        (SELECT json_agg(json_build_object(
            'application_id', a.id, 'promo_id', a.promo_id, 'tariff_id', a.tariff_id, 'state', a.state,
            'slot', a.slot, 'period', a.period, 'expires_at', a.expires_at))
        FROM applications a WHERE a.user_id = $1 AND a.state IN ('applied', 'paying', 'used')), '[]'
    ) AS own_uses";

impl LoyaltyStore {
    pub(crate) async fn find_facts(&self, ask: &Ask, now: Timestamp) -> Result<Found, PgError> {
        let sql = format!(
            "SELECT {COLUMNS}
             FROM (VALUES (1)) AS one (row)
             LEFT JOIN LATERAL (
                SELECT * FROM promo_codes WHERE id = $3 OR code = ANY ($4)
                ORDER BY array_position($4, code) LIMIT 1
             ) AS p ON true
             LEFT JOIN tariffs t ON t.id = $5"
        );
        let (id, codes) = id_and_codes(&ask.promo);
        let params: [pg::Param; 5] = [
            (&ask.user_id, Type::UUID),
            (&now, Type::TIMESTAMPTZ),
            (&id, Type::INT8),
            (&codes, Type::TEXT_ARRAY),
            (&ask.tariff.0, Type::INT8),
        ];
        let row = self.pool.row(&sql, &params).await?;
        let row = row.ok_or_else(|| bug("no facts"))?;
        if get::<Option<i64>>(&row, "promo_id")?.is_none() {
            return Ok(Found::NoPromo);
        }
        if get::<Option<i64>>(&row, "tariff_id")?.is_none() {
            return Ok(Found::NoTariff);
        }
        Ok(Found::Facts {
            facts: Box::new(decode(&row, ask.user_id, now)?),
            lapsed: get(&row, "lapsed")?,
        })
    }
}

/// What a statement needs to find a promo code by its number, or by the texts that it may have.
pub(crate) fn id_and_codes(promo: &PromoRef) -> (Option<i64>, Option<Vec<&str>>) {
    match promo {
        PromoRef::Id(id) => (Some(id.0), None),
        PromoRef::Text(codes) => (None, Some(codes.iter().map(PromoCode::as_str).collect())),
    }
}

/// The facts in a row of [`COLUMNS`].
pub(crate) fn decode(row: &Row, user_id: Uuid, now: Timestamp) -> Result<Facts, PgError> {
    let user_status: Option<&str> = get(row, "user_status")?;
    let Json(own_uses): Json<Vec<OwnUse>> = get(row, "own_uses")?;
    Ok(Facts {
        now,
        user_id,
        user_status: user_status.map(name::<UserStatus>).transpose()?,
        user_groups: get(row, "user_groups")?,
        has_purchased: get(row, "has_purchased")?,
        promo: promo(row)?,
        tariff: tariff(row)?,
        taken: get(row, "taken")?,
        own_uses,
    })
}

fn promo(row: &Row) -> Result<Promo, PgError> {
    let tariffs: Option<Vec<i64>> = get(row, "tariff_ids")?;
    Ok(Promo {
        id: PromoId(get(row, "promo_id")?),
        code: get(row, "code")?,
        title: get(row, "title")?,
        status: name(get(row, "status")?)?,
        effect: effect(row)?,
        starts_at: get(row, "starts_at")?,
        ends_at: get(row, "ends_at")?,
        total_limit: get(row, "total_limit")?,
        per_user_limit: get(row, "per_user_limit")?,
        tariffs: tariffs.map(|ids| ids.into_iter().map(TariffId).collect()),
        per_user_period: name(get(row, "per_user_period")?)?,
        schedule: schedule(row)?,
        min_price_minor: get(row, "min_price_minor")?,
        first_purchase_only: get(row, "first_purchase_only")?,
        audience: match (
            get(row, "audience_user_id")?,
            get(row, "audience_group_ids")?,
        ) {
            (Some(user_id), _) => Audience::User(user_id),
            (None, Some(groups)) => Audience::Groups(groups),
            (None, None) => Audience::All,
        },
        version: get(row, "version")?,
    })
}

fn schedule(row: &Row) -> Result<Schedule, PgError> {
    let zone = TimeZone::get(get(row, "time_zone")?).map_err(|_| bug("an unknown time zone"))?;
    let weekday = |day: i16| {
        let day = i8::try_from(day).ok();
        day.and_then(|day| Weekday::from_monday_one_offset(day).ok())
            .ok_or_else(|| bug("a weekday"))
    };
    let weekdays: Option<Vec<i16>> = get(row, "weekdays")?;
    Ok(Schedule {
        zone,
        weekdays: weekdays
            .map(|days| days.into_iter().map(weekday).collect())
            .transpose()?,
        hours: Option::zip(get(row, "hours_from")?, get(row, "hours_to")?),
    })
}

fn effect(row: &Row) -> Result<Effect, PgError> {
    let cap_minor = get(row, "effect_cap_minor")?;
    match get(row, "effect")? {
        "fixed_price" => Ok(Effect::FixedPrice {
            minor: get(row, "effect_minor")?,
        }),
        "amount_off" => Ok(Effect::AmountOff {
            minor: get(row, "effect_minor")?,
        }),
        "free" => Ok(Effect::Free {
            days: get(row, "effect_days")?,
        }),
        "percent_off" => BasisPoints::new(get(row, "effect_basis_points")?)
            .map(|share| Effect::PercentOff { share, cap_minor })
            .ok_or_else(|| bug("effect_basis_points")),
        _ => Err(bug("effect")),
    }
}

fn tariff(row: &Row) -> Result<Tariff, PgError> {
    Ok(Tariff {
        id: TariffId(get(row, "tariff_id")?),
        title: get(row, "tariff_title")?,
        price: money(get(row, "price_minor")?, get(row, "currency")?)?,
        period_months: get(row, "period_months")?,
        status: name(get(row, "tariff_status")?)?,
    })
}

/// The value in `column`.
pub(crate) fn get<'r, T: FromSql<'r>>(row: &'r Row, column: &str) -> Result<T, PgError> {
    Ok(row.try_get(column)?)
}

/// The value of an enum that is kept as text.
pub(crate) fn name<T: std::str::FromStr>(text: &str) -> Result<T, PgError> {
    text.parse().map_err(|_| bug("an unknown name"))
}

pub(crate) fn money(minor: i64, currency: &str) -> Result<Money, PgError> {
    let currency: Currency = name(currency)?;
    Money::from_minor(minor, currency).ok_or_else(|| bug("an amount below zero"))
}

/// What the schema forbids is there all the same.
pub(crate) fn bug(what: &str) -> PgError {
    PgError::Bug(format!("not what the schema promises: {what}"))
}
