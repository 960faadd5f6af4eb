//! Why a code passes or does not pass, as of now or of a past time.

use domain::{Decision, Facts};
use jiff::Timestamp;
use pg::{AdHoc, PgError, Type};

use crate::facts::{Found, id_and_codes};
use crate::rows::{self, bug};
use crate::{Ask, LoyaltyStore};

/// What the rules say of an ask, for staff: nothing is hidden, held or stored.
#[derive(Debug)]
pub enum Explained {
    /// The facts, and the outcome of every rule on them.
    Decided(Box<Facts>, Decision),
    /// There is, or was then, no such promo code.
    NoPromo,
    /// There is, or was then, no such tariff.
    NoTariff,
}

/// What staff had entered: the columns of the function `facts_of`.
const ENTERED: &str = "
    p.id AS promo_id, p.code, p.title, p.status, p.effect, p.effect_minor, p.effect_basis_points, p.effect_cap_minor,
    p.effect_days, p.starts_at, p.ends_at, p.total_limit, p.per_user_limit, p.tariff_ids, p.audience,
    p.audience_user_id, p.audience_group_ids, p.time_zone, p.weekdays, p.hours_from, p.hours_to, p.per_user_period,
    p.min_price_minor, p.first_purchase_only, p.listed, p.budget_minor, p.version,
    p.currency::text AS promo_currency, m.currency::text AS campaign_currency,
    m.id AS campaign_id, m.status AS campaign_status, m.total_limit AS campaign_limit,
    m.budget_minor AS campaign_budget_minor, m.version AS campaign_version,
    t.id AS tariff_id, t.title AS tariff_title, t.price_minor, t.currency::text AS currency, t.period_months,
    t.status AS tariff_status";

/// Who the user was and what everyone had done by the time $2. A hold that had run out counts no more, swept or not.
const HAD_HAPPENED: &str = "
    used.taken, used.spent_minor, used_of_campaign.taken AS campaign_taken,
    used_of_campaign.spent_minor AS campaign_spent_minor, false AS lapsed,
    (SELECT status FROM user_statuses WHERE user_id = $1 AND at <= $2 ORDER BY version DESC LIMIT 1) AS user_status,
    ARRAY(
        SELECT group_id FROM group_members WHERE user_id = $1 AND added_at <= $2
        UNION SELECT group_id FROM past_group_members WHERE user_id = $1 AND added_at <= $2 AND removed_at > $2
    ) AS user_groups,
    EXISTS (SELECT FROM purchases WHERE user_id = $1 AND status = 'paid' AND updated_at <= $2) AS has_purchased,
    coalesce(
        (SELECT json_agg(json_build_object(
            'application_id', a.id, 'promo_id', a.promo_id, 'tariff_id', a.tariff_id, 'slot', a.slot,
            'period', a.period, 'expires_at', a.expires_at,
            'state', a.state))
        FROM live a WHERE a.user_id = $1), '[]'
    ) AS own_uses,
    (SELECT a.state FROM live a WHERE a.trial_of = person_of($1) ORDER BY a.created_at LIMIT 1) AS trial";

impl LoyaltyStore {
    /// Decides by the rules that [`LoyaltyStore::apply`] decides by, on what was so at the time `at`: the versions of
    /// the promo code, its campaign and the tariff, the user's status and groups, and the uses taken by then. With the
    /// present time for `at` this is what applying would say now.
    ///
    /// # Errors
    /// Any [`PgError`].
    pub async fn explain(&self, ask: &Ask, at: Timestamp) -> Result<Explained, PgError> {
        let version = |scope: &str, table: &str, id: &str| {
            format!(
                "(SELECT was.* FROM (
                    SELECT snapshot FROM versions WHERE scope = '{scope}' AND scope_id = {id} AND at <= $2
                    ORDER BY at DESC LIMIT 1
                ) AS v CROSS JOIN LATERAL jsonb_populate_record(NULL::{table}, v.snapshot) AS was)"
            )
        };
        let promo_id = "(SELECT id FROM promo_codes WHERE id = $3 OR code = ANY ($4) ORDER BY array_position($4, code) LIMIT 1)";
        let sum = "SELECT count(*) AS taken, coalesce(sum(price_minor - total_minor), 0)::bigint AS spent_minor FROM live";
        let sql = format!(
            "WITH live AS NOT MATERIALIZED (
                SELECT a.id, a.user_id, a.promo_id, a.campaign_id, a.tariff_id, a.slot, a.period, a.price_minor,
                    a.total_minor, a.trial_of, a.created_at, a.expires_at,
                    CASE
                        WHEN a.state = 'used' AND a.updated_at <= $2 THEN 'used'
                        WHEN EXISTS (
                            SELECT FROM purchases b WHERE b.application_id = a.id AND b.created_at <= $2
                        ) THEN 'paying'
                        ELSE 'applied'
                    END AS state
                FROM applications a
                WHERE a.created_at <= $2 AND (
                    a.state IN ('paying', 'used')
                    OR (a.state IN ('applied', 'expired') AND a.expires_at > $2)
                    OR (a.state = 'cancelled' AND a.updated_at > $2)
                )
             )
             SELECT {ENTERED}, {HAD_HAPPENED}
             FROM (VALUES (1)) AS one (row)
             LEFT JOIN LATERAL {promo} AS p ON true
             LEFT JOIN LATERAL {tariff} AS t ON true
             LEFT JOIN LATERAL {campaign} AS m ON true
             LEFT JOIN LATERAL ({sum} WHERE promo_id = p.id) AS used ON true
             LEFT JOIN LATERAL ({sum} WHERE campaign_id = m.id) AS used_of_campaign ON true",
            promo = version("promo", "promo_codes", promo_id),
            tariff = version("tariff", "tariffs", "$5"),
            campaign = version("campaign", "campaigns", "p.campaign_id"),
        );
        let (id, codes) = id_and_codes(&ask.promo);
        let params: [pg::Param; 5] = [
            (&ask.user_id, Type::UUID),
            (&at, Type::TIMESTAMPTZ),
            (&id, Type::INT8),
            (&codes, Type::TEXT_ARRAY),
            (&ask.tariff.0, Type::INT8),
        ];
        let row = self.pool.row(&sql, &params).await?;
        let row = row.ok_or_else(|| bug("no facts"))?;
        // Staff name a code by its number and mean the user who has the text.
        Ok(match rows::found(&row, ask.user_id, true, at)? {
            Found::NoPromo => Explained::NoPromo,
            Found::NoTariff => Explained::NoTariff,
            Found::Facts { facts, .. } => {
                let decision = Decision::of(&facts);
                Explained::Decided(facts, decision)
            }
        })
    }
}
