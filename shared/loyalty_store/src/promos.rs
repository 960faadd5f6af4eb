//! Promo codes, as staff enter them. Versions are kept by the database, so that decisions stay explained.

use domain::{
    Audience, Currency, Effect, Promo, PromoCode, PromoStatus, Schedule, TariffId, Title, Usage,
    UserPeriod,
};
use jiff::Timestamp;
use jiff::civil::Weekday;
use pg::{AdHoc, PgError, Row, Type};
use serde_json::{Value, json};
use tokio_postgres::types::Json;

use crate::rows::{self, get};
use crate::{Change, LoyaltyStore};

/// A promo code as staff enter it: see [`Promo`], which it becomes.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "the fields of `Promo`")]
pub struct PromoEntry {
    pub code: PromoCode,
    pub title: Title,
    pub status: PromoStatus,
    pub listed: bool,
    pub effect: Effect,
    pub currency: Currency,
    pub starts_at: Timestamp,
    pub ends_at: Option<Timestamp>,
    pub schedule: Schedule,
    pub total_limit: Option<i64>,
    pub per_user_limit: Option<i32>,
    pub per_user_period: UserPeriod,
    pub budget_minor: Option<i64>,
    pub min_price_minor: Option<i64>,
    pub first_purchase_only: bool,
    pub tariffs: Option<Vec<TariffId>>,
    pub audience: Audience,
    pub campaign_id: Option<i64>,
    /// Whether a use can be used again when the whole purchase is refunded.
    pub refund_returns_use: bool,
}

/// A promo code, and how much of it is taken.
#[derive(Debug, Clone, PartialEq)]
pub struct EnteredPromo {
    /// The promo code.
    pub promo: Promo,
    /// The campaign that it belongs to.
    pub campaign_id: Option<i64>,
    /// Whether a use can be used again when the whole purchase is refunded.
    pub refund_returns_use: bool,
    /// What is held or spent of it; of money, what is in its currency.
    pub usage: Usage,
}

/// Which promo codes are asked for.
#[derive(Debug, Clone, Default)]
pub struct PromoFilter {
    /// Only those of this status.
    pub status: Option<PromoStatus>,
    /// Only those of this campaign.
    pub campaign_id: Option<i64>,
    /// Only those whose text begins so.
    pub begins_with: Option<PromoCode>,
}

/// Why a promo code was not written. Nothing has changed then.
#[derive(Debug, thiserror::Error)]
pub enum PromoError {
    /// There is no such promo code.
    #[error("there is no such promo code")]
    NotFound,
    /// Another promo code has this text.
    #[error("another promo code has this text")]
    CodeTaken,
    /// Somebody changed it in the meantime: its version is this by now.
    #[error("the promo code has another version by now")]
    Changed(i64),
    /// The text of a promo code stays what it was.
    #[error("the text of a promo code can't be changed")]
    CodeFixed,
    /// It is archived, so it stays as it is.
    #[error("the promo code is archived")]
    Archived,
    /// These fields name what does not exist: `tariffs`, `audience` or `campaign_id`.
    #[error("it refers to what does not exist")]
    Dangling(Vec<String>),
    /// Its budget is in one currency, and it has been used in another.
    #[error("a code with a budget has been used in another currency")]
    UsedElsewhere,
    /// The database failed.
    #[error(transparent)]
    Pg(PgError),
}

impl From<PgError> for PromoError {
    fn from(error: PgError) -> PromoError {
        match error.taken() {
            Some("promo_codes_code_key") => PromoError::CodeTaken,
            _ => PromoError::Pg(error),
        }
    }
}

/// The columns that staff enter.
const ENTERED: [&str; 28] = [
    "code",
    "title",
    "status",
    "listed",
    "effect",
    "effect_minor",
    "effect_basis_points",
    "effect_cap_minor",
    "effect_days",
    "currency",
    "starts_at",
    "ends_at",
    "time_zone",
    "weekdays",
    "hours_from",
    "hours_to",
    "total_limit",
    "per_user_limit",
    "per_user_period",
    "budget_minor",
    "min_price_minor",
    "first_purchase_only",
    "tariff_ids",
    "audience",
    "audience_user_id",
    "audience_group_ids",
    "campaign_id",
    "refund_returns_use",
];

/// What is to be written, as a row, and the fields of it that name what does not exist. The locks on the groups keep
/// them from being deleted meanwhile: see the function `delete_group`.
const WANTED: &str = "WITH wanted AS MATERIALIZED (SELECT * FROM jsonb_populate_record(NULL::promo_codes, $1)),
    named_group AS MATERIALIZED (
        SELECT id FROM user_groups WHERE id = ANY ((SELECT audience_group_ids FROM wanted)::bigint[]) FOR KEY SHARE
    ),
    dangling AS MATERIALIZED (
        SELECT 'tariffs' AS field FROM wanted
        WHERE EXISTS (SELECT FROM unnest(tariff_ids) AS t (id) WHERE t.id NOT IN (SELECT id FROM tariffs))
        UNION ALL SELECT 'audience' FROM wanted
        WHERE EXISTS (SELECT FROM unnest(audience_group_ids) AS g (id) WHERE g.id NOT IN (SELECT id FROM named_group))
            OR (audience_user_id IS NOT NULL
                AND NOT EXISTS (SELECT FROM users WHERE id = audience_user_id AND status <> 'deleted'))
        UNION ALL SELECT 'campaign_id' FROM wanted
        WHERE campaign_id IS NOT NULL AND NOT EXISTS (SELECT FROM campaigns WHERE id = campaign_id)
    )";

impl LoyaltyStore {
    /// A new promo code; its number.
    ///
    /// # Errors
    /// [`PromoError::CodeTaken`], [`PromoError::Dangling`], or that of the database.
    pub async fn create_promo(
        &self,
        entry: &PromoEntry,
        change: Change,
    ) -> Result<i64, PromoError> {
        let columns = ENTERED.join(", ");
        let sql = format!(
            "{WANTED}, made AS (
                INSERT INTO promo_codes ({columns}) SELECT {columns} FROM wanted
                WHERE NOT EXISTS (SELECT FROM dangling)
                RETURNING id
            ), noted AS (
                INSERT INTO staff_changes (at, actor_id, resource, resource_id, action, details)
                SELECT $2, $3, 'promo', id, 'create', jsonb_build_object('version', 1) FROM made
            )
            SELECT (SELECT id FROM made), ARRAY(SELECT field FROM dangling)"
        );
        let params: [pg::Param; 3] = [
            (&Json(row_of(entry)), Type::JSONB),
            (&change.at, Type::TIMESTAMPTZ),
            (&change.actor_id, Type::UUID),
        ];
        let row = self.pool.row(&sql, &params).await?;
        let row = row.ok_or(PromoError::NotFound)?;
        let made: Option<i64> = row.try_get(0).map_err(PgError::from)?;
        match made {
            Some(id) => Ok(id),
            None => Err(PromoError::Dangling(row.try_get(1).map_err(PgError::from)?)),
        }
    }

    /// Puts `entry` in the place of the promo code `id`, if that still has the version `version`. Holds that there are
    /// keep the price that they were given.
    ///
    /// # Errors
    /// [`PromoError`].
    pub async fn replace_promo(
        &self,
        id: i64,
        version: i64,
        entry: &PromoEntry,
        change: Change,
    ) -> Result<(), PromoError> {
        let changed: Vec<String> = ENTERED
            .iter()
            .map(|c| format!("{c} = wanted.{c}"))
            .collect();
        let sql = format!(
            "{WANTED}, before AS (SELECT id, version, code, status FROM promo_codes WHERE id = $4 FOR UPDATE),
            used_elsewhere AS MATERIALIZED (
                SELECT FROM wanted JOIN applications a ON a.promo_id = $4 AND a.currency <> wanted.currency
                WHERE wanted.budget_minor IS NOT NULL LIMIT 1
            ), changed AS (
                UPDATE promo_codes p SET {changed} FROM before, wanted
                WHERE p.id = before.id AND before.version = $5 AND before.code = wanted.code
                    AND before.status <> 'archived' AND NOT EXISTS (SELECT FROM dangling)
                    AND NOT EXISTS (SELECT FROM used_elsewhere)
                RETURNING p.id, p.version
            ), noted AS (
                INSERT INTO staff_changes (at, actor_id, resource, resource_id, action, details)
                SELECT $2, $3, 'promo', id, 'change', jsonb_build_object('version', version) FROM changed
            )
            SELECT EXISTS (SELECT FROM changed), before.version, before.status = 'archived', before.code = wanted.code,
                EXISTS (SELECT FROM used_elsewhere), ARRAY(SELECT field FROM dangling)
            FROM before, wanted",
            changed = changed.join(", "),
        );
        let params: [pg::Param; 5] = [
            (&Json(row_of(entry)), Type::JSONB),
            (&change.at, Type::TIMESTAMPTZ),
            (&change.actor_id, Type::UUID),
            (&id, Type::INT8),
            (&version, Type::INT8),
        ];
        let row = self.pool.row(&sql, &params).await?;
        let row = row.ok_or(PromoError::NotFound)?;
        let flag = |column| row.try_get::<_, bool>(column).map_err(PgError::from);
        if flag(0)? {
            return Ok(());
        }
        let now_at: i64 = row.try_get(1).map_err(PgError::from)?;
        if now_at != version {
            Err(PromoError::Changed(now_at))
        } else if flag(2)? {
            Err(PromoError::Archived)
        } else if !flag(3)? {
            Err(PromoError::CodeFixed)
        } else if flag(4)? {
            Err(PromoError::UsedElsewhere)
        } else {
            Err(PromoError::Dangling(row.try_get(5).map_err(PgError::from)?))
        }
    }

    /// A promo code.
    ///
    /// # Errors
    /// Any [`PgError`].
    pub async fn find_promo(&self, id: i64) -> Result<Option<EnteredPromo>, PgError> {
        let sql = format!("{SELECT} WHERE e.promo_id = $1");
        let row = self.pool.row(&sql, &[(&id, Type::INT8)]).await?;
        row.as_ref().map(entered).transpose()
    }

    /// Up to `limit` promo codes, the newest first, before the number `before`.
    ///
    /// # Errors
    /// Any [`PgError`].
    pub async fn find_promos(
        &self,
        filter: &PromoFilter,
        before: i64,
        limit: i64,
    ) -> Result<Vec<EnteredPromo>, PgError> {
        let sql = format!(
            "{SELECT} WHERE e.promo_id < $1 AND ($2 IS NULL OR e.status = $2) AND ($3 IS NULL OR e.campaign_id = $3)
                AND ($4 IS NULL OR starts_with(e.code, $4))
             ORDER BY e.promo_id DESC LIMIT $5"
        );
        let status = filter.status.map(PromoStatus::as_str);
        let begins_with = filter.begins_with.as_ref().map(PromoCode::as_str);
        let params: [pg::Param; 5] = [
            (&before, Type::INT8),
            (&status, Type::TEXT),
            (&filter.campaign_id, Type::INT8),
            (&begins_with, Type::TEXT),
            (&limit, Type::INT8),
        ];
        let rows = self.pool.rows(&sql, &params).await?;
        rows.iter().map(entered).collect()
    }
}

/// A code without a budget may have been used in several currencies, and its counters add up all of them. Where all is
/// sold in one, the applications are not looked at.
const SELECT: &str =
    "SELECT e.*, p.refund_returns_use, p.currency::text AS promo_currency, coalesce(used.taken, 0) AS taken,
        coalesce(used.spent_minor, 0) - coalesce(elsewhere.spent_minor, 0) AS spent_minor
    FROM entered e JOIN promo_codes p ON p.id = e.promo_id LEFT JOIN LATERAL (
        SELECT sum(c.taken)::bigint AS taken, sum(c.spent_minor)::bigint AS spent_minor
        FROM usage_counters c WHERE c.scope = 'promo' AND c.scope_id = e.promo_id
    ) AS used ON true LEFT JOIN LATERAL (
        SELECT sum(a.price_minor - a.total_minor)::bigint AS spent_minor FROM applications a
        WHERE a.promo_id = p.id AND a.currency <> p.currency AND a.state IN ('applied', 'paying', 'used')
            AND EXISTS (SELECT FROM tariffs t WHERE t.currency <> p.currency)
    ) AS elsewhere ON p.budget_minor IS NULL";

fn entered(row: &Row) -> Result<EnteredPromo, PgError> {
    Ok(EnteredPromo {
        promo: rows::promo(row)?,
        campaign_id: get(row, "campaign_id")?,
        refund_returns_use: get(row, "refund_returns_use")?,
        usage: rows::usage(row, "taken", "spent_minor")?,
    })
}

/// The entry as a row of `promo_codes`.
fn row_of(entry: &PromoEntry) -> Value {
    let (minor, basis_points, cap_minor, days) = match entry.effect {
        Effect::FixedPrice { minor } | Effect::AmountOff { minor } => {
            (Some(minor), None, None, None)
        }
        Effect::PercentOff { share, cap_minor } => (None, Some(share.points()), cap_minor, None),
        Effect::Free { days } => (None, None, None, Some(days)),
    };
    let effect = match entry.effect {
        Effect::FixedPrice { .. } => "fixed_price",
        Effect::AmountOff { .. } => "amount_off",
        Effect::PercentOff { .. } => "percent_off",
        Effect::Free { .. } => "free",
    };
    let (audience, user_id, group_ids) = match &entry.audience {
        Audience::All => ("all", None, None),
        Audience::User(user_id) => ("user", Some(user_id), None),
        Audience::Groups(group_ids) => ("group", None, Some(group_ids)),
    };
    let schedule = &entry.schedule;
    let weekday = |day: &Weekday| day.to_monday_one_offset();
    let weekdays = schedule.weekdays.as_ref();
    json!({
        "code": entry.code.as_str(), "title": entry.title.as_str(), "status": entry.status, "listed": entry.listed,
        "effect": effect, "effect_minor": minor, "effect_basis_points": basis_points, "effect_cap_minor": cap_minor,
        "effect_days": days, "currency": entry.currency, "starts_at": entry.starts_at, "ends_at": entry.ends_at,
        "time_zone": schedule.zone.iana_name(),
        "weekdays": weekdays.map(|days| days.iter().map(weekday).collect::<Vec<_>>()),
        "hours_from": schedule.hours.map(|(from, _)| from), "hours_to": schedule.hours.map(|(_, to)| to),
        "total_limit": entry.total_limit, "per_user_limit": entry.per_user_limit,
        "per_user_period": entry.per_user_period, "budget_minor": entry.budget_minor,
        "min_price_minor": entry.min_price_minor, "first_purchase_only": entry.first_purchase_only,
        "tariff_ids": entry.tariffs, "audience": audience, "audience_user_id": user_id,
        "audience_group_ids": group_ids, "campaign_id": entry.campaign_id,
        "refund_returns_use": entry.refund_returns_use,
    })
}
