//! Whether a change of a promotion lets anybody get more than before.

use crate::{Audience, Promotion, PromotionStatus};

impl Promotion {
    /// Whether whatever this gives to anybody, `before` has given too: a change that only tightens, or gives another title.
    /// What is not plainly tighter is not.
    pub fn gives_no_more_than(&self, before: &Promotion) -> bool {
        let same_terms = (self.effect, self.currency, &self.schedule.zone, self.hold)
            == (
                before.effect,
                before.currency,
                &before.schedule.zone,
                before.hold,
            );
        before.status == PromotionStatus::Active
            && same_terms
            && (self.listed <= before.listed)
            && (self.refund_returns_use <= before.refund_returns_use)
            && self.starts_at >= before.starts_at
            && is_lower(self.ends_at, before.ends_at)
            && is_same_or_new(&self.schedule.weekdays, &before.schedule.weekdays)
            && is_same_or_new(&self.schedule.hours, &before.schedule.hours)
            && is_same_or_new(&self.first_purchase, &before.first_purchase)
            && is_same_or_new(&self.campaign_id, &before.campaign_id)
            && is_lower(self.total_limit, before.total_limit)
            && is_lower(self.budget_minor, before.budget_minor)
            && self.is_for_no_more_uses_of_one(before)
            && self.min_price_minor >= before.min_price_minor
            && is_subset(self.tariffs.as_deref(), before.tariffs.as_deref())
            && is_subset(groups(&self.audience), groups(&before.audience))
    }

    fn is_for_no_more_uses_of_one(&self, before: &Promotion) -> bool {
        let is_same_period = self.per_user_period == before.per_user_period;
        is_lower(self.per_user_limit, before.per_user_limit)
            && (before.per_user_limit.is_none() || is_same_period)
    }
}

/// The groups that it is for; `None` is everybody.
fn groups(audience: &Audience) -> Option<&[i64]> {
    match audience {
        Audience::All => None,
        Audience::Groups(groups) => Some(groups),
    }
}

/// A limit, where `None` is none.
fn is_lower<T: Ord>(limit: Option<T>, before: Option<T>) -> bool {
    match (limit, before) {
        (_, None) => true,
        (None, Some(_)) => false,
        (Some(limit), Some(before)) => limit <= before,
    }
}

/// A condition, where `None` is none.
fn is_same_or_new<T: PartialEq>(condition: &Option<T>, before: &Option<T>) -> bool {
    before.is_none() || condition == before
}

/// A choice, where `None` is all.
fn is_subset<T: PartialEq>(chosen: Option<&[T]>, before: Option<&[T]>) -> bool {
    match (chosen, before) {
        (_, None) => true,
        (None, Some(_)) => false,
        (Some(chosen), Some(before)) => chosen.iter().all(|one| before.contains(one)),
    }
}

#[cfg(test)]
mod tests;
