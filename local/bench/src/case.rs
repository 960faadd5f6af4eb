//! What is measured.

use crate::Result;
use crate::database::Database;
use crate::load::Request;
use crate::passwords::Work;
use crate::request;
use crate::world::{FREE_CODES, HOT_CODE, LIMITED_CODE, SPREAD, SPREAD_CODES, Subjects, World};

/// An endpoint, with a kind of load.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Case {
    /// The list of codes.
    List,
    /// Applying, spread over many codes.
    ApplySpread,
    /// Applying one code without a limit.
    ApplyHot,
    /// Applying one code with a limit.
    ApplyLimited,
    /// Cancelling what was applied.
    Cancel,
    /// Buying for nothing.
    Use,
    /// The public keys.
    Keys,
    /// Renewing a session.
    Refresh,
    /// Ending a session.
    Logout,
    /// Opening a session.
    Login,
    /// Making an account.
    Registration,
    /// Deleting an account.
    Deletion,
}

/// The least that a request can cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Floor {
    /// Its statements, without the service.
    Sql,
    /// The work on the password alone.
    Password(Work),
    /// Nothing to compare with.
    None,
}

/// For whom the requests are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Supply {
    /// For each of them once.
    Once,
    /// For the same ones again and again: so many.
    Again(u64),
}

/// All of them, in the order of the report.
pub const ALL: [Case; 12] = [
    Case::List,
    Case::ApplySpread,
    Case::ApplyHot,
    Case::ApplyLimited,
    Case::Cancel,
    Case::Use,
    Case::Keys,
    Case::Refresh,
    Case::Logout,
    Case::Login,
    Case::Registration,
    Case::Deletion,
];

impl Case {
    /// What it is called.
    pub fn name(self) -> &'static str {
        match self {
            Case::List => "get_active_promocodes",
            Case::ApplySpread => "apply_promocode, 1000 codes",
            Case::ApplyHot => "apply_promocode, one code",
            Case::ApplyLimited => "apply_promocode, one with a limit",
            Case::Cancel => "cancel_apply_promocode",
            Case::Use => "use_promocode, nothing to pay",
            Case::Keys => "jwks",
            Case::Refresh => "refresh_token",
            Case::Logout => "logout",
            Case::Login => "login",
            Case::Registration => "user_registration",
            Case::Deletion => "delete",
        }
    }

    /// The database that it works on.
    pub fn database(self, world: &World) -> &Database {
        match self {
            Case::Keys
            | Case::Refresh
            | Case::Logout
            | Case::Login
            | Case::Registration
            | Case::Deletion => &world.auth,
            _ => &world.loyalty,
        }
    }

    /// What it is compared with.
    pub fn floor(self) -> Floor {
        match self {
            Case::Keys => Floor::None,
            Case::Login | Case::Deletion => Floor::Password(Work::Verification),
            Case::Registration => Floor::Password(Work::Hash),
            _ => Floor::Sql,
        }
    }

    /// Whether a subject is good for more than one request.
    pub fn subjects(self) -> Supply {
        match self {
            Case::List | Case::Keys | Case::Login => Supply::Again(1000),
            _ => Supply::Once,
        }
    }

    /// More requests a second than a single connection will make, so that there are enough subjects.
    pub fn most_alone(self) -> f64 {
        match (self, self.floor()) {
            (_, Floor::Password(_)) => 200.0,
            // Each needs a hold, which takes longer to make than to cancel.
            (Case::Cancel, _) => 1000.0,
            _ => 2500.0,
        }
    }

    /// The number of the promo code of subject `n`, as a formula that pgbench understands, and its value.
    pub fn promo(self, n: u64) -> Option<(String, u64)> {
        let (first, count) = match self {
            Case::ApplySpread | Case::Cancel => (SPREAD_CODES, SPREAD),
            Case::Use => (FREE_CODES, SPREAD),
            Case::ApplyHot => (HOT_CODE, 1),
            Case::ApplyLimited => (LIMITED_CODE, 1),
            _ => return None,
        };
        Some((format!("{first} + :n % {count}"), first + n % count))
    }

    /// The request of subject `n`.
    ///
    /// # Errors
    /// When it can't be made.
    pub fn request(self, world: &World, n: u64) -> Result<Request> {
        let promo = self.promo(n).map_or(0, |(_, promo)| promo);
        match self {
            Case::List => request::list(world, n),
            Case::ApplySpread | Case::ApplyHot | Case::ApplyLimited => {
                request::with_promo(world, n, "/apply_promocode", promo)
            }
            Case::Use => request::with_promo(world, n, "/use_promocode", promo),
            Case::Cancel => request::cancel(world, n, promo),
            Case::Keys => request::keys(world),
            Case::Refresh => request::refresh(world, n),
            Case::Logout => request::logout(world, n),
            Case::Login => request::login(world, n),
            Case::Registration => request::registration(world, n),
            Case::Deletion => request::deletion(world, n),
        }
    }

    /// Makes what the requests of `subjects` need. Refresh tokens are those of `token_of(n)`. Cancelling needs a hold
    /// besides.
    ///
    /// # Errors
    /// When the service or a database fails.
    pub async fn prepare(
        self,
        world: &World,
        subjects: Subjects,
        token_of: impl Fn(u64) -> u64,
    ) -> Result<()> {
        match self {
            Case::Keys | Case::Registration => Ok(()),
            Case::Refresh | Case::Logout => world.add_sessions(subjects, token_of).await,
            Case::Login | Case::Deletion => world.add_accounts(subjects).await,
            _ => world.add_users(subjects).await,
        }
    }

    /// A query for how many of the subjects from $1 to $2 it was done for, where that leaves a trace.
    pub fn trace(self) -> Option<&'static str> {
        match self {
            Case::ApplySpread | Case::ApplyHot | Case::ApplyLimited => Some(
                "SELECT count(*) FROM applications WHERE user_id BETWEEN $1 AND $2 AND state = 'applied'",
            ),
            Case::Cancel => Some(
                "SELECT count(*) FROM applications WHERE user_id BETWEEN $1 AND $2 AND state = 'cancelled'",
            ),
            Case::Use => Some("SELECT count(*) FROM subscriptions WHERE user_id BETWEEN $1 AND $2"),
            Case::Refresh => {
                Some("SELECT count(*) FROM sessions WHERE id BETWEEN $1 AND $2 AND generation = 1")
            }
            Case::Logout => Some(
                "SELECT count(*) FROM sessions WHERE id BETWEEN $1 AND $2 AND revoked_at IS NOT NULL",
            ),
            Case::Deletion => {
                Some("SELECT count(*) FROM users WHERE id BETWEEN $1 AND $2 AND status = 'deleted'")
            }
            Case::List | Case::Keys | Case::Login | Case::Registration => None,
        }
    }
}
