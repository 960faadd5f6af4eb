//! What has to be there before the requests, and what is to be found after them.

use crate::Result;
use crate::case::Case;
use crate::subjects::Subjects;
use crate::world::World;

impl Case {
    /// Makes what the requests of `subjects` need. Refresh tokens are those of `token_of(n)`. Some need a hold besides: see
    /// [`Case::holds`].
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
            Case::Keys | Case::Registration | Case::Groups | Case::Promocodes => Ok(()),
            Case::Refresh | Case::Logout | Case::Sessions => {
                world.add_sessions(subjects, token_of).await
            }
            Case::Me | Case::Login | Case::ChangePassword | Case::Deletion | Case::UserSearch => {
                world.add_accounts(subjects).await
            }
            Case::Block => {
                world.add_accounts(subjects).await?;
                world.add_admins(subjects).await
            }
            _ => world.add_users(subjects).await,
        }
    }

    /// A query for how many of the subjects from $1 to $2 it was done for, where that leaves a trace.
    pub fn trace(self) -> Option<&'static str> {
        match self {
            Case::ApplySpread
            | Case::ApplyHot
            | Case::ApplyLimited
            | Case::ApplyPopular
            | Case::ApplyNew => Some(
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
            Case::ChangePassword => Some(
                "SELECT count(*) FROM users WHERE id BETWEEN $1 AND $2 AND password_version = 2",
            ),
            Case::Block => {
                Some("SELECT count(*) FROM users WHERE id BETWEEN $1 AND $2 AND status = 'blocked'")
            }
            _ => None,
        }
    }
}
