//! What the measurements work on: tariffs, promo codes, and as many users as they need.

use std::cell::Cell;
use std::net::SocketAddr;
use std::ops::Range;

use domain::{Clock, Role};
use runtime::SystemClock;
use tokens::{Issuer, RefreshKey};
use tokio_postgres::types::Type;
use uuid::Uuid;

use crate::Result;
use crate::database::Database;
use crate::load;
use crate::options::Options;
use crate::pgbench::Pgbench;
use crate::request;

/// Everyone's password.
pub const PASSWORD: &str = "correct horse battery";
/// How many codes the spread load is spread over.
pub const SPREAD: u64 = 1000;
/// The first numbers of the kinds of promo codes. Large, so that no other parameter of a statement is the same number.
pub const SPREAD_CODES: u64 = 7_000_000;
/// Codes after which nothing is to pay.
pub const FREE_CODES: u64 = 7_100_000;
/// The code that everyone wants.
pub const HOT_CODE: u64 = 7_200_000;
/// The code that everyone wants and that has a limit, which is never reached.
pub const LIMITED_CODE: u64 = 7_200_001;
const LISTED_CODES: u64 = 7_300_000;
/// The tariff that everything is bought for.
pub const TARIFF: u64 = 7_900_000;

/// Numbers of users, one after another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Subjects {
    /// The first.
    pub first: u64,
    /// How many.
    pub count: u64,
}

impl Subjects {
    /// The numbers.
    pub fn numbers(self) -> Range<u64> {
        self.first..self.first + self.count
    }
}

/// The stack under test and what is in it.
pub struct World {
    /// The database of the auth side.
    pub auth: Database,
    /// The database of the loyalty side.
    pub loyalty: Database,
    /// Where requests go.
    pub address: SocketAddr,
    /// For what is measured without the service.
    pub pgbench: Pgbench,
    issuer: Issuer,
    refresh_key: RefreshKey,
    next: Cell<u64>,
}

impl World {
    /// The stack that the environment describes, with tariffs and promo codes.
    ///
    /// # Errors
    /// When something is missing in the environment, or a server does not answer.
    pub async fn new(options: &Options) -> Result<World> {
        let base = crate::variable("E2E_BASE_URL")?;
        let log = |name: &str| options.logs.join(name);
        let world = World {
            auth: Database::connect("AUTH", log("postgres_auth.log")).await?,
            loyalty: Database::connect("LOYALTY", log("postgres_loyalty.log")).await?,
            address: base.trim_start_matches("http://").parse()?,
            pgbench: Pgbench {
                program: options.pgbench.clone(),
                script: log("bench.sql"),
            },
            issuer: Issuer::from_env()?,
            refresh_key: RefreshKey::from_env()?,
            next: Cell::new(1),
        };
        world.loyalty.run(&promo_codes()).await?;
        Ok(world)
    }

    /// New numbers. Nobody has them yet.
    pub fn take(&self, count: u64) -> Subjects {
        let first = self.next.replace(self.next.get() + count);
        Subjects { first, count }
    }

    /// Makes users that the loyalty side knows.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn add_users(&self, subjects: Subjects) -> Result<()> {
        let sql = format!(
            "INSERT INTO users (id, status, version, updated_at)
             SELECT lpad(n::text, 32, '0')::uuid, 'active', 1, now() {}",
            series(subjects)
        );
        self.loyalty.run(&sql).await
    }

    /// Puts all codes on the list, once that is measured: one that is not there works by its text only, and pgbench has
    /// formulas for numbers.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn list_all_codes(&self) -> Result<()> {
        self.loyalty
            .run("UPDATE promo_codes SET listed = true WHERE NOT listed")
            .await
    }

    /// Makes accounts, all with the password hash of one that registered.
    ///
    /// # Errors
    /// When the service or the database fails.
    pub async fn add_accounts(&self, subjects: Subjects) -> Result<()> {
        let model = self.take(1).first;
        load::once(self.address, request::registration(self, model)?).await?;
        let sql = format!(
            "INSERT INTO users (id, email, email_key, password_hash, created_at, updated_at)
             SELECT lpad(n::text, 32, '0')::uuid, 'b' || n || '@bench.example', 'b' || n || '@bench.example',
                 model.password_hash, now(), now()
             FROM (SELECT password_hash FROM users WHERE email_key = 'b{model}@bench.example') AS model, {}",
            series(subjects).trim_start_matches("FROM ")
        );
        self.auth.run(&sql).await
    }

    /// Makes accounts with a session each. The refresh token of the session is that of `token_of(n)`.
    ///
    /// # Errors
    /// When the service or the database fails.
    pub async fn add_sessions(
        &self,
        subjects: Subjects,
        token_of: impl Fn(u64) -> u64,
    ) -> Result<()> {
        self.add_accounts(subjects).await?;
        let mut hashes = Vec::new();
        for n in subjects.numbers() {
            let token = self.refresh_key.issue(id(token_of(n))?, 0);
            hashes.push(token.hash().to_vec());
        }
        let sql =
            "INSERT INTO sessions (id, user_id, refresh_hash, rotated_at, created_at, expires_at)
            SELECT id, id, hash, now(), now(), now() + interval '1 day'
            FROM unnest($2) WITH ORDINALITY AS each (hash, place),
                LATERAL (SELECT lpad(($1 + place - 1)::text, 32, '0')::uuid AS id) AS made";
        let first = i64::try_from(subjects.first)?;
        self.auth
            .execute(sql, &[(&first, Type::INT8), (&hashes, Type::BYTEA_ARRAY)])
            .await?;
        Ok(())
    }

    /// An access token of user `n`, in the session of the same number.
    ///
    /// # Errors
    /// When it can't be signed.
    pub fn access_token(&self, n: u64) -> Result<String> {
        let id = id(n)?;
        Ok(self.issuer.issue(id, id, Role::User, SystemClock.now())?)
    }

    /// The first refresh token of session `n`.
    ///
    /// # Errors
    /// When `n` has more than 32 digits, which it has not.
    pub fn refresh_token(&self, n: u64) -> Result<String> {
        Ok(self.refresh_key.issue(id(n)?, 0).as_str().to_owned())
    }
}

/// The identifier of subject `n`: a UUID of its decimal digits.
///
/// # Errors
/// When `n` has more than 32 digits, which it has not.
pub fn id(n: u64) -> Result<Uuid> {
    Ok(Uuid::from_u128(u128::from_str_radix(&n.to_string(), 16)?))
}

fn series(subjects: Subjects) -> String {
    let Range { start, end } = subjects.numbers();
    format!("FROM generate_series({start}, {end} - 1) AS n")
}

/// Columns that are not named keep their defaults: no limits, everyone, every tariff.
fn promo_codes() -> String {
    let codes = |first: u64, count: u64, values: &str| {
        format!(
            "INSERT INTO promo_codes (id, code, title, status, starts_at, listed, effect, effect_minor,
                 effect_basis_points, effect_days, total_limit)
             SELECT n, 'BENCH' || n, 'Bench', 'active', now() - interval '1 day', {values}
             FROM generate_series({first}, {first} + {count} - 1) AS n;\n"
        )
    };
    let tariffs = format!(
        "INSERT INTO tariffs (id, title, price_minor, currency, period_months) VALUES
             ({TARIFF}, 'Month', 29900, 'RUB', 1),
             ({TARIFF} + 1, 'Year', 299000, 'RUB', 12),
             ({TARIFF} + 2, 'Premium', 59900, 'RUB', 1);\n"
    );
    [
        tariffs,
        codes(
            SPREAD_CODES,
            SPREAD,
            "false, 'amount_off', 10000, NULL, NULL, NULL",
        ),
        codes(FREE_CODES, SPREAD, "false, 'free', NULL, NULL, 14, NULL"),
        codes(HOT_CODE, 1, "false, 'amount_off', 10000, NULL, NULL, NULL"),
        codes(
            LIMITED_CODE,
            1,
            "false, 'amount_off', 10000, NULL, NULL, 100000000",
        ),
        codes(
            LISTED_CODES,
            20,
            "true, 'percent_off', NULL, 1500, NULL, NULL",
        ),
        "ANALYZE;".to_owned(),
    ]
    .concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identifier_has_the_digits_of_its_number() {
        let text = id(42).unwrap().to_string();
        assert_eq!(text, "00000000-0000-0000-0000-000000000042");
    }
}
