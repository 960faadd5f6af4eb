//! Puts users, accounts and sessions into the databases.

use std::ops::Range;

use tokio_postgres::types::Type;

use crate::Result;
use crate::load;
use crate::request;
use crate::subjects::{ADMINS, Subjects};
use crate::world::World;

impl World {
    /// Creates users that the loyalty side knows.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn add_users(&self, subjects: Subjects) -> Result<()> {
        let sql = format!(
            "INSERT INTO users (id, status, version, updated_at)
             SELECT lpad(n::text, 32, '0')::uuid, 'active', 1, now() FROM {}",
            series(subjects)
        );
        self.loyalty.run(&sql).await
    }

    /// Creates accounts, all with the password hash of one that registered.
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
            series(subjects)
        );
        self.auth.run(&sql).await
    }

    /// Creates an administrator for each of these accounts, with the password hash of the account.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn add_admins(&self, subjects: Subjects) -> Result<()> {
        let sql = format!(
            "INSERT INTO users (id, email, email_key, password_hash, role, created_at, updated_at)
             SELECT lpad(({ADMINS} + n)::text, 32, '0')::uuid, 'a' || email, 'a' || email_key, password_hash, 'admin',
                 now(), now()
             FROM {} JOIN users ON id = lpad(n::text, 32, '0')::uuid",
            series(subjects)
        );
        self.auth.run(&sql).await
    }

    /// Creates accounts with a session each. The refresh token of the session is that of `token_of(n)`.
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
            hashes.push(self.refresh_token_of(token_of(n))?.hash().to_vec());
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
}

fn series(subjects: Subjects) -> String {
    let Range { start, end } = subjects.numbers();
    format!("generate_series({start}, {end} - 1) AS n")
}
