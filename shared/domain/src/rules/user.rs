//! Codes are for registered, active users.

use crate::UserStatus;
use crate::facts::Facts;
use crate::outcome::{Outcome, RuleCode, RuleValue};

/// The status event of the user has arrived.
pub(super) fn registered(facts: &Facts) -> Outcome {
    Outcome {
        observed: observed_status(facts),
        required: "registered".into(),
        ..Outcome::of(
            RuleCode::UserNotRegistered,
            facts.observed.user_status.is_some(),
        )
    }
}

/// The user is neither blocked nor deleted. One that is not known fails the rule above alone.
pub(super) fn active(facts: &Facts) -> Outcome {
    let status = facts.observed.user_status;
    Outcome {
        observed: observed_status(facts),
        required: UserStatus::Active.as_str().into(),
        ..Outcome::of(
            RuleCode::UserNotActive,
            status.is_none_or(|status| status == UserStatus::Active),
        )
    }
}

fn observed_status(facts: &Facts) -> RuleValue {
    let status = facts.observed.user_status;
    status.map_or(RuleValue::None, |status| status.as_str().into())
}
