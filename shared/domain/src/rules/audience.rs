//! Promotions for groups and for new buyers, codes for one user, and codes that are secrets.

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

/// The user has bought nothing yet. An attempt that was never paid is no purchase.
pub(super) fn first_purchase(facts: &Facts) -> Outcome {
    let asked = facts.promotion.first_purchase_only;
    let has_purchased = facts.observed.has_purchased;
    let name = |has_purchased| match has_purchased {
        true => "has_purchased",
        false => "new",
    };
    Outcome {
        observed: match asked {
            true => name(has_purchased).into(),
            false => RuleValue::None,
        },
        required: match asked {
            true => name(false).into(),
            false => RuleValue::None,
        },
        ..Outcome::of(RuleCode::NotFirstPurchase, !asked || !has_purchased)
    }
}
