//! What an authentic refresh token is worth.

use auth_store::Session;
use domain::UserStatus;
use jiff::{SignedDuration, Timestamp};
use tokens::SESSION_LIFETIME;

/// How long the parent of the current token gets the same successor again.
const REPEATABLE: SignedDuration = SignedDuration::from_secs(10);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// It is current: make the next one.
    Rotate,
    /// It was current a moment ago: answer with the current one again.
    Repeat,
    /// It was used up long ago.
    Reused,
    /// The session is over, or never came this far.
    Refuse,
}

/// Judges the token of `generation`. A blocked user is not its business.
pub(crate) fn step(session: &Session, generation: u32, now: Timestamp) -> Step {
    if session.user_status == UserStatus::Deleted
        || session.revoked_at.is_some()
        || session.expires_at <= now
        || session.created_at + SESSION_LIFETIME <= now
    {
        return Step::Refuse;
    }
    match session.generation.checked_sub(generation) {
        Some(0) => Step::Rotate,
        // Another machine's clock may be ahead: that much less than nothing counts as a moment, too.
        Some(1) if now.duration_since(session.rotated_at) <= REPEATABLE => Step::Repeat,
        Some(_) => Step::Reused,
        None => Step::Refuse,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::Role;
    use uuid::Uuid;

    fn session() -> Session {
        Session {
            id: Uuid::nil(),
            user_id: Uuid::nil(),
            role: Role::User,
            user_status: UserStatus::Active,
            generation: 5,
            refresh_hash: vec![],
            created_at: at(0),
            rotated_at: at(100),
            expires_at: at(1000),
            revoked_at: None,
        }
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn current_token_rotates_and_parent_repeats_for_ten_seconds() {
        assert_eq!(step(&session(), 5, at(999)), Step::Rotate);
        assert_eq!(step(&session(), 4, at(110)), Step::Repeat);
        assert_eq!(step(&session(), 4, at(98)), Step::Repeat, "clocks differ");
        assert_eq!(step(&session(), 4, at(111)), Step::Reused);
        assert_eq!(step(&session(), 3, at(100)), Step::Reused);
        assert_eq!(step(&session(), 0, at(100)), Step::Reused);
        assert_eq!(step(&session(), 6, at(100)), Step::Refuse);
    }

    #[test]
    fn ended_session_refuses_every_token() {
        let mut revoked = session();
        revoked.revoked_at = Some(at(100));
        let mut deleted = session();
        deleted.user_status = UserStatus::Deleted;
        let mut old = session();
        old.created_at = at(100) - SESSION_LIFETIME;
        for generation in 0..7 {
            assert_eq!(step(&old, generation, at(100)), Step::Refuse);
            assert_eq!(step(&session(), generation, at(1000)), Step::Refuse);
            assert_eq!(step(&revoked, generation, at(100)), Step::Refuse);
            assert_eq!(step(&deleted, generation, at(100)), Step::Refuse);
        }
    }
}
