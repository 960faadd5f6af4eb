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
use crate::least;
use crate::load;
use crate::options::Options;
use crate::pgbench::Pgbench;
use crate::request;

/// Everyone's password.
pub const PASSWORD: &str = "correct horse battery";
/// The first administrator: the one who acts on subject `n` is so much further on.
pub const ADMINS: u64 = 1_000_000_000;

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
    /// The stack that the environment describes. There are no promo codes yet.
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
        world.loyalty.run(&least::sql()).await?;
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
            .run("UPDATE promotions SET listed = true WHERE NOT listed")
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

    /// Makes an administrator for each of these accounts, with the password hash of the account.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn add_admins(&self, subjects: Subjects) -> Result<()> {
        let sql = format!(
            "INSERT INTO users (id, email, email_key, password_hash, role, created_at, updated_at)
             SELECT lpad(({ADMINS} + n)::text, 32, '0')::uuid, 'a' || email, 'a' || email_key, password_hash, 'admin',
                 now(), now()
             {} JOIN users ON id = lpad(n::text, 32, '0')::uuid",
            series(subjects)
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

    /// An access token of user `n` with this role, in the session of the same number.
    ///
    /// # Errors
    /// When it can't be signed.
    pub fn access_token(&self, n: u64, role: Role) -> Result<String> {
        let id = id(n)?;
        Ok(self.issuer.issue(id, id, role, SystemClock.now())?)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn id_contains_its_number() {
        let text = id(42).unwrap().to_string();
        assert_eq!(text, "00000000-0000-0000-0000-000000000042");
    }
}
