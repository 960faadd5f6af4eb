//! The rows that the tables fill with. Users are numbers as everywhere; other numbers are far from those of the load.

use std::ops::Range;

use tokio_postgres::types::Type;

use crate::Result;
use crate::promo_codes::{NEW_CODE, POPULAR_CODE, SPREAD, SPREAD_CODES, TARIFF, promotions};
use crate::subjects::{Subjects, id};
use crate::world::World;

/// Codes for everybody, one of each promotion: all are on the list.
pub const SHARED: u64 = SPREAD;
const TARIFFS: u64 = 100;
const PERSONAL_CODES: u64 = 1_000_000_000;
const ONE_TIME_CODES: u64 = 2_000_000_000;
/// Promotions that are over.
const PAST: u64 = 7_400_000;
/// A row is written in a transaction with so many others.
const AT_ONCE: u64 = 250_000;
/// Purchases of one user in one transaction.
const EVENTS: u64 = 50;

/// Codes of batches.
#[derive(Debug, Clone, Copy)]
pub struct Codes {
    one_time: u64,
    personal: u64,
    /// Users whom the personal ones are for.
    owners: u64,
}

impl Codes {
    /// Ten million in all at the scale 1.
    pub fn scaled(scale: f64) -> Codes {
        Codes {
            one_time: scaled(99_000, scale),
            personal: scaled(9_900_000, scale),
            owners: scaled(990_000, scale),
        }
    }

    /// With those that are shared.
    pub fn total(self) -> u64 {
        SHARED + self.one_time + self.personal
    }
}

/// Uses of one code.
#[derive(Debug, Clone, Copy)]
pub struct Uses {
    /// Those that are spent.
    pub past: u64,
    /// Those that are held.
    pub open: u64,
}

impl Uses {
    /// So many at the scale 1.
    pub fn scaled(scale: f64) -> Uses {
        Uses {
            past: scaled(1_000_000, scale),
            open: scaled(100_000, scale),
        }
    }
}

/// Purchases with promo codes, all paid.
#[derive(Debug, Clone, Copy)]
pub struct Purchases {
    /// Who bought.
    pub users: u64,
    /// How much each of them did.
    pub each: u64,
}

impl Purchases {
    /// So many at the scale 1.
    pub fn scaled(scale: f64) -> Purchases {
        Purchases {
            users: 100,
            each: scaled(10_000, scale),
        }
    }
}

fn scaled(count: u64, scale: f64) -> u64 {
    ((count as f64 * scale) as u64).max(1)
}

/// SQL for what there is in the beginning.
pub fn few_codes() -> String {
    let tariffs = format!(
        "INSERT INTO tariffs (id, title, price_minor, currency, period_months)
         SELECT n, 'Tariff ' || n, 29900 + n - {TARIFF}, 'RUB', 1
         FROM generate_series({TARIFF}, {TARIFF} + {TARIFFS} - 1) AS n;\n"
    );
    let listed = "true, 'amount_off', 10000, NULL, NULL, NULL, NULL";
    tariffs + &promotions(SPREAD_CODES, SHARED, listed)
}

/// Adds the codes: each promotion has a batch, and an equal part of them.
///
/// # Errors
/// When the database fails.
pub async fn add_codes(world: &World, codes: Codes) -> Result<()> {
    let owners = world.take(codes.owners);
    world.add_users(owners).await?;
    let batches = "INSERT INTO code_batches (promotion_id, title, created_at) SELECT id, 'Bench', now() FROM promotions";
    world.loyalty.run(batches).await?;
    let one_time = |range: Range<u64>| {
        of_batches(codes.one_time, range, ONE_TIME_CODES, "NULL", "'ONCE' || n")
    };
    let user = format!(
        "lpad(({} + n % {})::text, 32, '0')::uuid",
        owners.first, owners.count
    );
    let personal = |range: Range<u64>| {
        of_batches(
            codes.personal,
            range,
            PERSONAL_CODES,
            &user,
            "'PERSONAL' || n",
        )
    };
    world
        .loyalty
        .run_at_once(parts(codes.one_time, one_time))
        .await?;
    world
        .loyalty
        .run_at_once(parts(codes.personal, personal))
        .await?;
    let found: i64 = world
        .loyalty
        .value("SELECT count(*) FROM promo_codes", &[])
        .await?;
    match u64::try_from(found)? == codes.total() {
        true => Ok(()),
        false => Err(format!("there are {found} promo codes").into()),
    }
}

/// SQL for the codes `range` of `total`.
fn of_batches(total: u64, range: Range<u64>, first: u64, user: &str, code: &str) -> String {
    let Range { start, end } = range;
    format!(
        "INSERT INTO promo_codes (id, promotion_id, batch_id, user_id, max_uses, code)
         SELECT {first} + n, b.promotion_id, b.id, {user}, 1, {code}
         FROM generate_series({start}::bigint, {end} - 1) AS n
         JOIN code_batches b ON b.promotion_id = {SPREAD_CODES} + n * {SHARED} / {total}"
    )
}

/// The same work in two parts, for two connections, each in steps.
fn parts(total: u64, sql: impl Fn(Range<u64>) -> String) -> [Vec<String>; 2] {
    [0..total / 2, total / 2..total].map(|part| {
        let starts = part.clone().step_by(AT_ONCE as usize);
        let steps = starts.map(|start| start..part.end.min(start + AT_ONCE));
        steps.map(&sql).collect()
    })
}

/// Adds two codes with a limit and a budget, and uses of one of them, each by another user.
///
/// # Errors
/// When the database fails.
pub async fn add_uses(world: &World, uses: Uses) -> Result<()> {
    let limits = "true, 'amount_off', 10000, NULL, NULL, 1000000000, 100000000000000";
    debug_assert_eq!(NEW_CODE, POPULAR_CODE + 1);
    world
        .loyalty
        .run(&promotions(POPULAR_CODE, 2, limits))
        .await?;
    let users = world.take(uses.past + uses.open);
    world.add_users(users).await?;
    let (first, past) = (users.first, uses.past);
    let used = |range: Range<u64>| {
        // The latest are held.
        let state = format!("CASE WHEN n < {past} THEN 'used' ELSE 'applied' END");
        let user = format!("{first} + n");
        applications(range, &user, &POPULAR_CODE.to_string(), users.count, &state)
    };
    world.loyalty.run_at_once(parts(users.count, used)).await?;
    count(world, POPULAR_CODE..POPULAR_CODE + 1).await
}

/// Adds purchases of these users, with codes of promotions that are over.
///
/// # Errors
/// When the database fails.
pub async fn add_purchases(world: &World, purchases: Purchases, users: Subjects) -> Result<()> {
    world.add_users(users).await?;
    let past = "true, 'amount_off', 10000, NULL, NULL, NULL, NULL";
    world.loyalty.run(&promotions(PAST, SPREAD, past)).await?;
    let over = format!(
        "UPDATE promotions SET status = 'archived' WHERE id BETWEEN {PAST} AND {PAST} + {SPREAD} - 1"
    );
    world.loyalty.run(&over).await?;
    // Two connections, for other users each: the events of a user have to wait for each other. Few of them in one
    // transaction, for each event counts one up.
    let halves = [0, users.count / 2].map(|skipped| Subjects {
        first: users.first + skipped,
        count: users.count / 2,
    });
    let lists = halves.map(|Subjects { first, count }| {
        let total = count * purchases.each;
        let steps = (0..total).step_by((count * EVENTS) as usize);
        let bought = steps.map(|start| {
            let range = start..total.min(start + count * EVENTS);
            let user = format!("{first} + n % {count}");
            let code = format!("{PAST} + n / {count} % {SPREAD}");
            bought(&applications(range, &user, &code, total, "'used'"))
        });
        bought.collect()
    });
    world.loyalty.run_at_once(lists).await?;
    count(world, PAST..PAST + SPREAD).await
}

/// SQL for these applications, and what was bought with them.
fn bought(applications: &str) -> String {
    format!(
        "WITH used AS ({applications} RETURNING *),
         bought AS (
             INSERT INTO purchases (id, application_id, code_id, user_id, tariff_id, status, price_minor, total_minor,
                 currency, period_months, created_at, updated_at, check_at)
             SELECT id, id, code_id, user_id, tariff_id, 'paid', price_minor, total_minor, currency, 1, created_at, created_at,
                 NULL
             FROM used RETURNING *
         )
         INSERT INTO subscriptions (purchase_id, user_id, tariff_id, starts_at, ends_at, time_zone, anchor, months)
         SELECT id, user_id, tariff_id, created_at, created_at, 'UTC', created_at, 1 FROM bought"
    )
}

/// SQL for the applications `range` of `total`, the last of which was made just now: `user` and `code` are their numbers,
/// made of `n`.
fn applications(range: Range<u64>, user: &str, code: &str, total: u64, state: &str) -> String {
    let Range { start, end } = range;
    format!(
        "INSERT INTO applications (id, user_id, person_id, code_id, promotion_id, tariff_id, price_minor, total_minor,
             created_at, expires_at, updated_at, code_version, promotion_version, tariff_version, rule_set, stripe,
             code_counted, first_purchase, currency, state, observed)
         SELECT gen_random_uuid(), user_id, user_id, code, code, {TARIFF}, 29900, 19900, at, at + interval '7 days', at,
             1, 1, 1, 1, n % 32, false, false, 'RUB', {state}, '{{\"status\": \"active\"}}'
         FROM (
             SELECT n, lpad(({user})::text, 32, '0')::uuid AS user_id, {code} AS code,
                 now() - interval '100 milliseconds' * ({total} - n) AS at
             FROM generate_series({start}::bigint, {end} - 1) AS n
         ) AS made"
    )
}

/// Makes the counters of these promotions what their applications come to.
async fn count(world: &World, promotions: Range<u64>) -> Result<()> {
    let Range { start, end } = promotions;
    let sql = format!(
        "INSERT INTO promotion_usage AS u (promotion_id, stripe, taken, spent_minor)
         SELECT promotion_id, stripe, count(*), sum(price_minor - total_minor) FROM applications
         WHERE promotion_id BETWEEN {start} AND {end} - 1 GROUP BY promotion_id, stripe
         ON CONFLICT (promotion_id, stripe) DO UPDATE SET taken = excluded.taken, spent_minor = excluded.spent_minor"
    );
    world.loyalty.run(&sql).await
}

/// Takes back what these users hold, behind the back of the counters, which have no limit.
///
/// # Errors
/// When the database fails.
pub async fn take_back(world: &World, users: Subjects) -> Result<()> {
    let sql = "UPDATE applications SET state = 'cancelled', cancel_reason = 'user'
        WHERE user_id BETWEEN $1 AND $2 AND state = 'applied'";
    let last = id(users.first + users.count - 1)?;
    let params = [
        (&id(users.first)? as _, Type::UUID),
        (&last as _, Type::UUID),
    ];
    world.loyalty.execute(sql, &params).await?;
    Ok(())
}
