//! Loading the facts of a decision: one statement, one snapshot.

use domain::{Facts, PromoCode, PromoRef, TariffId};
use jiff::Timestamp;
use pg::{PgError, Type};
use uuid::Uuid;

use crate::LoyaltyStore;
use crate::rows::{self, bug};

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

/// The columns of [`rows::facts`] that staff have entered: `promo_codes p` and `campaigns m`.
pub(crate) const ENTERED: &str = "
    p.id AS promo_id, p.code, p.title, p.status, p.effect, p.effect_minor, p.effect_basis_points, p.effect_cap_minor,
    p.effect_days, p.starts_at, p.ends_at, p.total_limit, p.per_user_limit, p.tariff_ids, p.audience,
    p.audience_user_id, p.audience_group_ids, p.time_zone, p.weekdays, p.hours_from, p.hours_to, p.per_user_period,
    p.min_price_minor, p.first_purchase_only, p.listed, p.budget_minor, p.version,
    m.id AS campaign_id, m.status AS campaign_status, m.total_limit AS campaign_limit,
    m.budget_minor AS campaign_budget_minor, m.version AS campaign_version";

/// Those of `tariffs t`.
pub(crate) const TARIFF: &str = "
    t.id AS tariff_id, t.title AS tariff_title, t.price_minor, t.currency::text AS currency, t.period_months,
    t.status AS tariff_status";

/// Those of what users are and have done, up to now: with [`joins`], the user in $1 and the time in $2. All of the
/// user's live uses come along: the rules pick those that matter to them.
pub(crate) const HAPPENED: &str = "
    used.taken, used.spent_minor, used_of_campaign.taken AS campaign_taken,
    used_of_campaign.spent_minor AS campaign_spent_minor,
    (SELECT status FROM users WHERE id = $1) AS user_status,
    ARRAY(SELECT group_id FROM group_members WHERE user_id = $1) AS user_groups,
    EXISTS (SELECT FROM purchases WHERE user_id = $1 AND status = 'paid') AS has_purchased,
    coalesce(
        (SELECT json_agg(json_build_object(
            'application_id', a.id, 'promo_id', a.promo_id, 'tariff_id', a.tariff_id, 'state', a.state,
            'slot', a.slot, 'period', a.period, 'expires_at', a.expires_at))
        FROM applications a WHERE a.user_id = $1 AND a.state IN ('applied', 'paying', 'used')), '[]'
    ) AS own_uses";

/// The campaign of `promo_codes p`, and how much is taken of both: nothing, where `of_promo` and `of_campaign` are false.
pub(crate) fn joins(of_promo: &str, of_campaign: &str) -> String {
    let sum = "SELECT coalesce(sum(taken), 0)::bigint AS taken, coalesce(sum(spent_minor), 0)::bigint AS spent_minor
        FROM usage_counters";
    format!(
        "LEFT JOIN campaigns m ON m.id = p.campaign_id
        LEFT JOIN LATERAL ({sum} WHERE scope = 'promo' AND scope_id = p.id AND {of_promo}) AS used ON true
        LEFT JOIN LATERAL (
            {sum} WHERE scope = 'campaign' AND scope_id = m.id AND {of_campaign}
        ) AS used_of_campaign ON true"
    )
}

impl LoyaltyStore {
    pub(crate) async fn find_facts(&self, ask: &Ask, now: Timestamp) -> Result<Found, PgError> {
        let sql = format!(
            "SELECT {ENTERED}, {TARIFF}, {HAPPENED}, EXISTS (
                SELECT FROM applications a WHERE (a.promo_id = p.id OR a.campaign_id = p.campaign_id)
                    AND a.state = 'applied' AND a.expires_at <= $2
             ) AS lapsed
             FROM (VALUES (1)) AS one (row)
             LEFT JOIN LATERAL (
                SELECT * FROM promo_codes WHERE id = $3 OR code = ANY ($4)
                ORDER BY array_position($4, code) LIMIT 1
             ) AS p ON true
             LEFT JOIN tariffs t ON t.id = $5
             {joins}",
            joins = joins("true", "true"),
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
        let text_known = matches!(ask.promo, PromoRef::Text(_));
        let row = row.ok_or_else(|| bug("no facts"))?;
        rows::found(&row, ask.user_id, text_known, now)
    }
}

/// What a statement needs to find a promo code by its number, or by the texts that it may have.
pub(crate) fn id_and_codes(promo: &PromoRef) -> (Option<i64>, Option<Vec<&str>>) {
    match promo {
        PromoRef::Id(id) => (Some(id.0), None),
        PromoRef::Text(codes) => (None, Some(codes.iter().map(PromoCode::as_str).collect())),
    }
}
