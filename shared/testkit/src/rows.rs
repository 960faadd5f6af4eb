//! Rows of the loyalty database, as tests need them. They do not replace tests of the calls by which the service makes
//! such rows.

use domain::Random;
use pg::{AdHoc, Param, Pool, Type};
use runtime::OsRandom;
use uuid::Uuid;

use crate::promo::{Audience, NewCode, PromoSpec};
use crate::{now, unique};

async fn insert(pool: &Pool, sql: &str, params: &[Param<'_>]) -> i64 {
    pool.row(sql, params).await.unwrap().unwrap().get(0)
}

/// Inserts active users with these IDs.
pub async fn insert_users(pool: &Pool, ids: &[Uuid]) {
    let sql = "INSERT INTO users (id, status, version, updated_at) SELECT id, 'active', 1, $2 FROM unnest($1) AS id";
    let params: [Param; 2] = [(&ids, Type::UUID_ARRAY), (&now(), Type::TIMESTAMPTZ)];
    let inserted = pool.execute(sql, &params).await.unwrap();
    assert_eq!(inserted, ids.len() as u64);
}

/// Inserts `count` new active users. Returns their IDs.
pub async fn insert_new_users(pool: &Pool, count: usize) -> Vec<Uuid> {
    let ids: Vec<Uuid> = (0..count).map(|_| OsRandom.uuid()).collect();
    insert_users(pool, &ids).await;
    ids
}

/// Inserts a tariff for a month at this price, in minor units. Returns its ID.
pub async fn insert_tariff(pool: &Pool, title: &str, price_minor: i64, currency: &str) -> i64 {
    let sql = "INSERT INTO tariffs (title, price_minor, currency, period_months) VALUES ($1, $2, $3, 1) RETURNING id";
    let params: [Param; 3] = [
        (&title, Type::TEXT),
        (&price_minor, Type::INT8),
        (&currency, Type::TEXT),
    ];
    insert(pool, sql, &params).await
}

/// Inserts a campaign with these limits on uses and on kopecks. Returns its ID.
pub async fn insert_campaign(
    pool: &Pool,
    total_limit: Option<i64>,
    budget_minor: Option<i64>,
) -> i64 {
    let sql =
        "INSERT INTO campaigns (title, total_limit, budget_minor) VALUES ($1, $2, $3) RETURNING id";
    let params: [Param; 3] = [
        (&unique("Campaign "), Type::TEXT),
        (&total_limit, Type::INT8),
        (&budget_minor, Type::INT8),
    ];
    insert(pool, sql, &params).await
}

/// Inserts a group of users. Returns its ID.
pub async fn insert_group(pool: &Pool, members: &[Uuid]) -> i64 {
    let sql = "WITH made AS (INSERT INTO user_groups (title) VALUES ($1) RETURNING id),
        added AS (
            INSERT INTO group_members (group_id, user_id, added_at) SELECT id, unnest($2), $3 FROM made
        )
        SELECT id FROM made";
    let params: [Param; 3] = [
        (&unique("Group "), Type::TEXT),
        (&members, Type::UUID_ARRAY),
        (&now(), Type::TIMESTAMPTZ),
    ];
    insert(pool, sql, &params).await
}

/// Inserts a promotion without codes. Returns its ID.
pub async fn insert_promotion(pool: &Pool, spec: &PromoSpec) -> i64 {
    let (effect, minor, points, cap, days) = spec.effect.columns();
    let groups = match &spec.audience {
        Audience::All | Audience::User(_) => None,
        Audience::Groups(groups) => Some(groups),
    };
    let sql = "INSERT INTO promotions (title, status, effect, effect_minor, effect_basis_points, effect_cap_minor,
            effect_days, starts_at, ends_at, total_limit, per_user_limit, tariff_ids, listed, audience_group_ids,
            per_user_period, hours_from, hours_to, min_price_minor, first_purchase, budget_minor, campaign_id,
            currency)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22)
        RETURNING id";
    let title = unique("E2E");
    let (from, to) = spec.hours.unzip();
    let params: [Param; 22] = [
        (&title, Type::TEXT),
        (&spec.status.as_str(), Type::TEXT),
        (&effect, Type::TEXT),
        (&minor, Type::INT8),
        (&points, Type::INT4),
        (&cap, Type::INT8),
        (&days, Type::INT4),
        (&spec.starts_at, Type::TIMESTAMPTZ),
        (&spec.ends_at, Type::TIMESTAMPTZ),
        (&spec.total_limit, Type::INT8),
        (&spec.per_user_limit, Type::INT4),
        (&spec.tariffs, Type::INT8_ARRAY),
        (&spec.listed, Type::BOOL),
        (&groups, Type::INT8_ARRAY),
        (&spec.per_user_period.as_str(), Type::TEXT),
        (&from, Type::TIME),
        (&to, Type::TIME),
        (&spec.min_price_minor, Type::INT8),
        (
            &spec.first_purchase.map(|kind| kind.to_string()),
            Type::TEXT,
        ),
        (&spec.budget_minor, Type::INT8),
        (&spec.campaign, Type::INT8),
        (&spec.currency, Type::TEXT),
    ];
    insert(pool, sql, &params).await
}

/// Inserts a code of a promotion, whose text is `prefix` followed by its ID. Returns the ID and the text.
pub async fn insert_code(pool: &Pool, promotion: i64, prefix: &str, new: NewCode) -> (i64, String) {
    let sql = "INSERT INTO promo_codes (id, promotion_id, code, user_id, max_uses, ends_at)
        SELECT n, $1, $2 || n, $3, $4, $5
        FROM nextval(pg_get_serial_sequence('promo_codes', 'id')) AS n RETURNING id, code";
    let params: [Param; 5] = [
        (&promotion, Type::INT8),
        (&prefix, Type::TEXT),
        (&new.user_id, Type::UUID),
        (&new.max_uses, Type::INT8),
        (&new.ends_at, Type::TIMESTAMPTZ),
    ];
    let row = pool.row(sql, &params).await.unwrap().unwrap();
    (row.get(0), row.get(1))
}

/// Moves the end of an application into the past.
pub async fn expire_application(pool: &Pool, id: Uuid) {
    let sql = "UPDATE applications SET expires_at = now() - interval '1 second' WHERE id = $1";
    let expired = pool.execute(sql, &[(&id, Type::UUID)]).await.unwrap();
    assert_eq!(expired, 1);
}
