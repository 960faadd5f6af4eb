//! What is measured.

use crate::Result;
use crate::database::Database;
use crate::least::Least;
use crate::load::Request;
use crate::passwords::Work;
use crate::promo_codes::{
    FREE_CODES, HOT_CODE, LIMITED_CODE, NEW_CODE, POPULAR_CODE, SPREAD, SPREAD_CODES,
};
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
    /// Applying what one holds already.
    Repeat,
    /// Applying a code that was used very often.
    ApplyPopular,
    /// Applying the same kind of code, which nobody has used.
    ApplyNew,
    /// Applying the popular code when one holds it already.
    RepeatPopular,
    /// The same of the new one.
    RepeatNew,
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

/// All that a whole run measures, in the order of the report. The others are for [growth](crate::growth).
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
            Case::Repeat => "apply_promocode again",
            Case::ApplyPopular => "apply_promocode, popular code",
            Case::ApplyNew => "apply_promocode, new code",
            Case::RepeatPopular => "apply_promocode again, popular code",
            Case::RepeatNew => "apply_promocode again, new code",
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

    /// What is measured in turns with it, to tell how heavy its statements are.
    pub fn least(self) -> Option<Least> {
        match self {
            Case::List => Some(Least::Read),
            Case::ApplySpread
            | Case::ApplyHot
            | Case::ApplyLimited
            | Case::ApplyPopular
            | Case::ApplyNew
            // They lock the user, so that each ends with a write to the disk.
            | Case::Repeat
            | Case::RepeatPopular
            | Case::RepeatNew => Some(Least::Write),
            _ => None,
        }
    }

    /// What makes the hold that each subject needs, and with it a decision.
    pub fn holds(self) -> Option<Case> {
        match self {
            Case::Cancel | Case::Decisions | Case::Repeat => Some(Case::ApplySpread),
            Case::RepeatPopular => Some(Case::ApplyPopular),
            Case::RepeatNew => Some(Case::ApplyNew),
            _ => None,
        }
    }

    /// Requests after which a process remembers all promo codes of the load.
    pub fn warm_up(self) -> u64 {
        match self {
            Case::ApplySpread | Case::Use => SPREAD,
            _ => 0,
        }
    }

    /// Whether a subject is good for more than one request.
    pub fn subjects(self) -> Supply {
        match self {
            Case::ApplySpread
            | Case::ApplyHot
            | Case::ApplyLimited
            | Case::ApplyPopular
            | Case::ApplyNew
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
            Case::ApplySpread | Case::Cancel | Case::Eligibility | Case::Repeat => {
                (SPREAD_CODES, SPREAD)
            }
            Case::Use => (FREE_CODES, SPREAD),
            Case::ApplyHot => (HOT_CODE, 1),
            Case::ApplyLimited => (LIMITED_CODE, 1),
            Case::ApplyPopular | Case::RepeatPopular => (POPULAR_CODE, 1),
            Case::ApplyNew | Case::RepeatNew => (NEW_CODE, 1),
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
            Case::ApplySpread
            | Case::ApplyHot
            | Case::ApplyLimited
            | Case::Repeat
            | Case::ApplyPopular
            | Case::ApplyNew
            | Case::RepeatPopular
            | Case::RepeatNew => request::with_promo(world, n, "/apply_promocode", promo),
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
