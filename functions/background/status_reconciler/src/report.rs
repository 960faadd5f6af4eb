//! What a run found and did.

use std::fmt;

use runtime::Metric;
use uuid::Uuid;

use crate::Drift;

/// Ids that are kept of each kind.
const MAX_EXAMPLES: usize = 100;

/// Users of one kind: how many, and the first hundred of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Users {
    /// How many.
    pub count: u64,
    /// The ids of the first hundred.
    pub first: Vec<Uuid>,
}

impl Users {
    pub(crate) fn add(&mut self, user: Uuid) {
        self.count += 1;
        if self.first.len() < MAX_EXAMPLES {
            self.first.push(user);
        }
    }
}

/// What a run found and did. Users are ids alone.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Users that auth has, deleted ones included. All were compared.
    pub users: u64,
    /// Repaired: the loyalty side did not know them.
    pub missing: Users,
    /// Repaired: the loyalty side knew an older version.
    pub outdated: Users,
    /// Repaired: the loyalty side knew the same version with another status.
    pub contradicting: Users,
    /// Left alone: changed just now, so their events are under way.
    pub under_way: u64,
    /// Left alone: the loyalty side knows a newer version than auth has. Auth's database is an older one.
    pub ahead: Users,
    /// Left alone: auth does not know them. Auth's database is an older one, or another.
    pub unknown: Users,
}

impl Report {
    pub(crate) fn add(&mut self, user: Uuid, drift: Drift) {
        match drift {
            Drift::Missing => self.missing.add(user),
            Drift::Outdated => self.outdated.add(user),
            Drift::Contradicting => self.contradicting.add(user),
        }
    }

    /// How many users were repaired.
    pub fn repaired(&self) -> u64 {
        self.missing.count + self.outdated.count + self.contradicting.count
    }

    /// How many users are wrong and can't be repaired from the auth side.
    pub fn unresolved(&self) -> u64 {
        self.ahead.count + self.unknown.count
    }

    /// `user_status_repaired` and `user_status_unresolved`.
    pub fn metrics(&self) -> [Metric; 2] {
        [
            Metric::count(
                "user_status_repaired",
                "Users whose status had drifted and was repaired.",
                self.repaired(),
            ),
            Metric::count(
                "user_status_unresolved",
                "Users whom the loyalty side knows better than auth, or alone.",
                self.unresolved(),
            ),
        ]
    }

    /// Writes it to the log, as a warning if somebody should look into it.
    pub fn log(&self) {
        let (repaired, unresolved) = (self.repaired(), self.unresolved());
        if repaired + unresolved == 0 {
            tracing::info!(
                users = self.users,
                under_way = self.under_way,
                "both sides know the same status"
            );
        } else {
            let report = self.to_string();
            tracing::warn!(
                users = self.users,
                repaired,
                unresolved,
                report,
                "status had drifted"
            );
        }
    }
}

/// Lines for people.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} users compared, {} repaired, {} with a change under way",
            self.users,
            self.repaired(),
            self.under_way
        )?;
        for (what, users) in [
            ("were missing", &self.missing),
            ("were outdated", &self.outdated),
            ("had another status", &self.contradicting),
            ("NOT repaired: newer than auth", &self.ahead),
            ("NOT repaired: unknown to auth", &self.unknown),
        ] {
            if users.count == 0 {
                continue;
            }
            write!(f, "\n{} {what}", users.count)?;
            for user in &users.first {
                write!(f, "\n  {user}")?;
            }
            let more = users.count - users.first.len() as u64;
            if more > 0 {
                write!(f, "\n  and {more} more")?;
            }
        }
        Ok(())
    }
}
