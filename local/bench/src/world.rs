//! What the measurements work on: tariffs, promo codes, and as many users as they need.

use std::cell::Cell;
use std::net::SocketAddr;

use domain::{Clock, Role};
use runtime::SystemClock;
use tokens::{Issuer, RefreshKey, RefreshToken};

use crate::Result;
use crate::database::Database;
use crate::least;
use crate::options::Options;
use crate::pgbench::Pgbench;
use crate::subjects::{Subjects, id};

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
        Ok(self.refresh_token_of(n)?.as_str().to_owned())
    }

    pub(crate) fn refresh_token_of(&self, n: u64) -> Result<RefreshToken> {
        Ok(self.refresh_key.issue(id(n)?, 0))
    }
}
