//! Codes for a user.

use crate::decision::{Observed, Outcome, Reason};
use crate::facts::{Audience, Facts};

/// The user is among those for whom the code is. Whom it is for is not told.
pub(super) fn in_audience(facts: &Facts) -> Outcome {
    let (passed, required) = match facts.promo.audience {
        Audience::All => (true, "all"),
        Audience::User(user_id) => (user_id == facts.user_id, "user"),
    };
    Outcome {
        rule: Reason::NotInAudience,
        passed,
        observed: Observed::None,
        required: Observed::Text(required.to_owned()),
    }
}
