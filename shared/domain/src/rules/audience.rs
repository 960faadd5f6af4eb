//! Codes for a user, for groups, and for new buyers.

use crate::decision::{Observed, Outcome, Reason};
use crate::facts::{Audience, Facts};

/// The user is among those for whom the code is. Whom it is for is not told.
pub(super) fn in_audience(facts: &Facts) -> Outcome {
    let (passed, required) = match &facts.promo.audience {
        Audience::All => (true, "all"),
        Audience::User(user_id) => (*user_id == facts.user_id, "user"),
        Audience::Groups(groups) => (
            groups.iter().any(|group| facts.user_groups.contains(group)),
            "group",
        ),
    };
    Outcome {
        rule: Reason::NotInAudience,
        passed,
        observed: Observed::None,
        required: Observed::Text(required.to_owned()),
        change: Observed::None,
    }
}

/// A code that is shown to nobody works for who knows its text: numbers are easily counted through. One that was made
/// for the user, or that the user has used, is no secret.
pub(super) fn text_known(facts: &Facts) -> Outcome {
    let secret = !facts.promo.listed
        && facts.promo.audience == Audience::All
        && facts.own_uses_of_promo().next().is_none();
    let name = |known| match known {
        true => "text",
        false => "number",
    };
    Outcome {
        rule: Reason::CodeTextRequired,
        passed: !secret || facts.text_known,
        observed: Observed::Text(name(facts.text_known).to_owned()),
        required: match secret {
            true => Observed::Text(name(true).to_owned()),
            false => Observed::None,
        },
        change: Observed::None,
    }
}

/// The user has bought nothing yet. An attempt that was never paid is no purchase.
pub(super) fn first_purchase(facts: &Facts) -> Outcome {
    Outcome {
        rule: Reason::NotFirstPurchase,
        passed: !facts.promo.first_purchase_only || !facts.has_purchased,
        observed: Observed::Text(
            if facts.has_purchased {
                "has_purchased"
            } else {
                "new"
            }
            .to_owned(),
        ),
        required: match facts.promo.first_purchase_only {
            true => Observed::Text("new".to_owned()),
            false => Observed::None,
        },
        change: Observed::None,
    }
}
