//! Promotions for groups and for new buyers, codes for one user, and codes that are secrets.

use super::limits::uses;
use crate::application::ApplicationState;
use crate::facts::Facts;
use crate::outcome::{Outcome, RuleCode, RuleValue};
use crate::promotion::Audience;

/// The user is in a group that the promotion is for. The answer does not name the groups.
pub(super) fn in_audience(facts: &Facts) -> Outcome {
    let (passed, required) = match &facts.promotion.audience {
        Audience::All => (true, "all"),
        Audience::Groups(groups) => {
            let is_member = |group| facts.observed.group_ids.contains(group);
            (groups.iter().any(is_member), "group")
        }
    };
    Outcome {
        required: required.into(),
        ..Outcome::of(RuleCode::NotInAudience, passed)
    }
}

/// The code is for this user, or for nobody in particular. The answer does not name the user.
pub(super) fn for_user(facts: &Facts) -> Outcome {
    let owner = facts.code.user_id;
    Outcome {
        required: owner.map_or(RuleValue::None, |_| "owner".into()),
        ..Outcome::of(
            RuleCode::CodeForAnotherUser,
            owner.is_none_or(|owner| owner == facts.user_id),
        )
    }
}

/// A code that is shown to nobody works for who knows its text: numbers are easily counted through. One that was made
/// for the user is no secret; nor, if it is of no batch, one whose promotion the user has used.
pub(super) fn named_by_text(facts: &Facts) -> Outcome {
    let unlisted = !facts.promotion.listed
        && facts.promotion.audience == Audience::All
        && !facts.observed.has_used;
    let secret = facts.code.user_id.is_none() && (facts.code.in_batch || unlisted);
    let named_by_text = facts.observed.named_by_text;
    Outcome {
        observed: if named_by_text { "text" } else { "number" }.into(),
        required: match secret {
            true => "text".into(),
            false => RuleValue::None,
        },
        ..Outcome::of(RuleCode::CodeTextRequired, !secret || named_by_text)
    }
}

/// The person has made no purchase of the kind that the promotion asks for, and has no application of another one for
/// first purchases. An attempt that was never paid is no purchase.
pub(super) fn first_purchase(facts: &Facts) -> Outcome {
    if facts.promotion.first_purchase.is_none() {
        return Outcome::of(RuleCode::NotFirstPurchase, true);
    }
    let applied = uses(facts).first_purchase.map(ApplicationState::as_str);
    let observed = match facts.observed.has_purchased {
        true => Some("has_purchased"),
        false => applied,
    };
    Outcome {
        observed: observed.unwrap_or("new").into(),
        required: "new".into(),
        ..Outcome::of(RuleCode::NotFirstPurchase, observed.is_none())
    }
}
