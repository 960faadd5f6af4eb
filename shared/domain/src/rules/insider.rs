//! Staff don't use what they know from their work: ADR 29.

use crate::facts::Facts;
use crate::outcome::{Outcome, RuleCode, RuleValue};

/// The person has neither made nor changed nor looked up the code or its promotion as a member of staff, in any account
/// and whatever the role is now.
pub(super) fn is_outsider(facts: &Facts) -> Outcome {
    let since = facts.observed.insider_since;
    Outcome {
        observed: since.map_or(RuleValue::None, RuleValue::Time),
        ..Outcome::of(RuleCode::ConflictOfInterest, since.is_none())
    }
}
