//! Codes are for registered, active users.

use crate::UserStatus;
use crate::decision::{Observed, Outcome, Reason};
use crate::facts::Facts;

/// The status event of the user has arrived.
pub(super) fn registered(facts: &Facts) -> Outcome {
    Outcome {
        rule: Reason::UserNotRegistered,
        passed: facts.user_status.is_some(),
        observed: observed_status(facts),
        required: Observed::Text("registered".to_owned()),
        change: Observed::None,
    }
}

/// The user is neither blocked nor deleted. One that is not known fails the rule above alone.
pub(super) fn active(facts: &Facts) -> Outcome {
    Outcome {
        rule: Reason::UserNotActive,
        passed: facts
            .user_status
            .is_none_or(|status| status == UserStatus::Active),
        observed: observed_status(facts),
        required: Observed::Text(UserStatus::Active.as_str().to_owned()),
        change: Observed::None,
    }
}

fn observed_status(facts: &Facts) -> Observed {
    facts.user_status.map_or(Observed::None, |status| {
        Observed::Text(status.as_str().to_owned())
    })
}
