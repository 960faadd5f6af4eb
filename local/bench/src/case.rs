//! What is measured.

use crate::Result;
use crate::database::Database;
use crate::load::Request;
use crate::passwords::Work;
use crate::promo_codes::{FREE_CODES, HOT_CODE, LIMITED_CODE, SPREAD, SPREAD_CODES};
use crate::request;
use crate::world::World;

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
    /// Looking at one's account.
    Me,
    /// Looking at one's sessions.
    Sessions,
    /// Opening a session.
    Login,
    /// Making an account.
    Registration,
    /// Changing the password.
    ChangePassword,
    /// Deleting an account.
    Deletion,
    /// Looking for an account by its address.
    UserSearch,
    /// Blocking an account.
    Block,
    /// The attempts of a user.
    Decisions,
    /// Why a code would pass.
    Eligibility,
    /// The groups of users.
    Groups,
    /// The promo codes as staff see them.
    Promocodes,
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
pub const ALL: [Case; 21] = [
    Case::List,
    Case::ApplySpread,
    Case::ApplyHot,
    Case::ApplyLimited,
    Case::Cancel,
    Case::Use,
    Case::Keys,
    Case::Refresh,
    Case::Logout,
    Case::Me,
    Case::Sessions,
    Case::Login,
    Case::Registration,
    Case::ChangePassword,
    Case::Deletion,
    Case::UserSearch,
    Case::Block,
    Case::Decisions,
    Case::Eligibility,
    Case::Groups,
    Case::Promocodes,
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
            Case::Me => "me",
            Case::Sessions => "sessions",
            Case::ChangePassword => "change_password",
            Case::Deletion => "delete",
            Case::UserSearch => "admin/users/search",
            Case::Block => "admin/users/{user_id}/block",
            Case::Decisions => "admin/decisions",
            Case::Eligibility => "admin/eligibility",
            Case::Groups => "admin/groups",
            Case::Promocodes => "admin/promocodes",
        }
    }

    /// The database that it works on.
    pub fn database(self, world: &World) -> &Database {
        match self {
            Case::Keys
            | Case::Refresh
            | Case::Logout
            | Case::Me
            | Case::Sessions
            | Case::Login
            | Case::Registration
            | Case::ChangePassword
            | Case::Deletion
            | Case::UserSearch
            | Case::Block => &world.auth,
            _ => &world.loyalty,
        }
    }

    /// What it is compared with.
    pub fn floor(self) -> Floor {
        match self {
            Case::Keys => Floor::None,
            Case::Login | Case::Deletion => Floor::Password(Work::Verification),
            Case::Registration => Floor::Password(Work::Hash),
            Case::ChangePassword => Floor::Password(Work::Both),
            _ => Floor::Sql,
        }
    }

    /// Whether a subject is good for more than one request.
    pub fn subjects(self) -> Supply {
        match self {
            Case::ApplySpread
            | Case::ApplyHot
            | Case::ApplyLimited
            | Case::Cancel
            | Case::Use
            | Case::Refresh
            | Case::Logout
            | Case::Registration
            | Case::ChangePassword
            | Case::Deletion
            | Case::Block => Supply::Once,
            _ => Supply::Again(1000),
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
            Case::ApplySpread | Case::Cancel | Case::Eligibility => (SPREAD_CODES, SPREAD),
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
            Case::Me => request::me(world, n),
            Case::Sessions => request::sessions(world, n),
            Case::ChangePassword => request::change_password(world, n),
            Case::Deletion => request::deletion(world, n),
            Case::UserSearch => request::user_search(world, n),
            Case::Block => request::block(world, n),
            Case::Decisions => request::decisions(world, n),
            Case::Eligibility => request::eligibility(world, n, promo),
            Case::Groups => request::groups(world, n),
            Case::Promocodes => request::promocodes(world, n),
        }
    }
}
