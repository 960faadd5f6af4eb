//! What a decision saw beside the versions of the promotion, the code, the campaign and the tariff.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{ApplicationState, PromoCodeId, TariffId, Usage, UserStatus};

/// What a decision saw of the user and of the counters: as much as its promotion asks for. Together with the versions this
/// is all that the rules look at, so a decision is kept as this and can be explained again.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Observed {
    /// What the loyalty side knows of the user; `None` when it has never heard of one.
    #[serde(rename = "status", skip_serializing_if = "Option::is_none")]
    pub user_status: Option<UserStatus>,
    /// Whether the code was named by its text, or shown to the user; a number alone can be guessed.
    #[serde(rename = "text", skip_serializing_if = "is_default")]
    pub named_by_text: bool,
    /// Since when the person has known the code, or its promotion, from work as a member of staff.
    #[serde(rename = "insider", skip_serializing_if = "Option::is_none")]
    pub insider_since: Option<Timestamp>,
    /// Of the groups that the promotion is for, those that the user is a member of.
    #[serde(rename = "groups", skip_serializing_if = "Vec::is_empty")]
    pub group_ids: Vec<i64>,
    /// Whether the person has made a purchase of the kind that the promotion asks for. Looked at for first purchases alone.
    #[serde(rename = "purchased", skip_serializing_if = "is_default")]
    pub has_purchased: bool,
    /// The state of the person's application of a promotion for first purchases, this one or another. Looked at for first
    /// purchases alone.
    #[serde(rename = "first", skip_serializing_if = "Option::is_none")]
    pub first_purchase: Option<ApplicationState>,
    /// The state of the trial that this person has, in this account or one deleted before. Looked at for trials alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trial: Option<ApplicationState>,
    /// How much of the promotion is taken. Looked at where that is limited.
    #[serde(skip_serializing_if = "is_default")]
    pub taken: i64,
    /// What the discounts of these uses come to, in minor units.
    #[serde(skip_serializing_if = "is_default")]
    pub spent_minor: i64,
    /// The same of the campaign.
    #[serde(skip_serializing_if = "is_default")]
    pub campaign_taken: i64,
    /// The same of the campaign.
    #[serde(skip_serializing_if = "is_default")]
    pub campaign_spent_minor: i64,
    /// How many of the code's own uses are reserved or spent. Looked at where it has some.
    #[serde(skip_serializing_if = "is_default")]
    pub code_uses: i64,
    /// The person's live uses of the promotion in the present period, as far as the limit goes.
    #[serde(skip_serializing_if = "is_default")]
    pub uses: i64,
    /// Whether the person has any live use of the promotion.
    #[serde(rename = "used", skip_serializing_if = "is_default")]
    pub has_used: bool,
    /// How many applications of the promotion the person has left unused within a day. Looked at where uses are limited
    /// for everybody together.
    #[serde(skip_serializing_if = "is_default")]
    pub unused: i64,
    /// The user's open application of the promotion for another tariff.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub held: Option<Held>,
    /// The least amount that can be paid, in minor units of the tariff's currency. Kept where less would be left to pay.
    #[serde(rename = "least", skip_serializing_if = "Option::is_none")]
    pub least_payable_minor: Option<i64>,
    /// The other code that the user has applied to this tariff.
    #[serde(rename = "other", skip_serializing_if = "Option::is_none")]
    pub other_code: Option<PromoCodeId>,
}

/// A use of a promotion that the user holds for another tariff.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// The tariff.
    pub tariff: TariffId,
    /// When the application expires; `None` when a payment is pending with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// Its discount, in minor units.
    #[serde(rename = "discount")]
    pub discount_minor: i64,
    /// Whether it counts among the own uses of the code that the decision is about.
    #[serde(rename = "of_code", default, skip_serializing_if = "is_default")]
    pub counts_for_code: bool,
    /// Whether it counts in the present period of the limit per user.
    #[serde(rename = "in_period", default, skip_serializing_if = "is_default")]
    pub counts_in_period: bool,
    /// Whether it counts in the campaign.
    #[serde(rename = "in_campaign", default, skip_serializing_if = "is_default")]
    pub counts_in_campaign: bool,
    /// Whether it is the person's trial.
    #[serde(rename = "trial", default, skip_serializing_if = "is_default")]
    pub is_trial: bool,
    /// Whether it is the person's application of a promotion for first purchases.
    #[serde(rename = "first", default, skip_serializing_if = "is_default")]
    pub is_first_purchase: bool,
}

impl Observed {
    /// What there is of an active user without applications and past uses.
    pub fn newcomer() -> Observed {
        Observed {
            user_status: Some(UserStatus::Active),
            ..Observed::default()
        }
    }

    /// The usage of the promotion.
    pub fn usage(&self) -> Usage {
        Usage {
            taken: self.taken,
            spent_minor: self.spent_minor,
        }
    }

    /// The usage of the campaign.
    pub fn campaign_usage(&self) -> Usage {
        Usage {
            taken: self.campaign_taken,
            spent_minor: self.campaign_spent_minor,
        }
    }

    /// The same without the use that the user holds for another tariff, as far as it counts in it.
    #[must_use]
    pub fn without_held(&self) -> Observed {
        let mut without = self.clone();
        let Some(held) = without.held.take() else {
            return without;
        };
        without.taken -= 1;
        without.spent_minor -= held.discount_minor;
        if held.counts_in_campaign {
            without.campaign_taken -= 1;
            without.campaign_spent_minor -= held.discount_minor;
        }
        without.code_uses -= i64::from(held.counts_for_code);
        without.uses -= i64::from(held.counts_in_period);
        // A person has one of these at a time.
        without.trial = without.trial.filter(|_| !held.is_trial);
        without.first_purchase = without.first_purchase.filter(|_| !held.is_first_purchase);
        without
    }

    /// Sets the usage of the promotion.
    pub fn set_usage(&mut self, usage: Usage) {
        (self.taken, self.spent_minor) = (usage.taken, usage.spent_minor);
    }

    /// Sets the usage of the campaign.
    pub fn set_campaign_usage(&mut self, usage: Usage) {
        (self.campaign_taken, self.campaign_spent_minor) = (usage.taken, usage.spent_minor);
    }

    /// Sets what the person has used of the promotion, from when the latest live uses were taken: those since
    /// `period_start` count against the limit.
    pub fn set_uses(&mut self, used_at: &[Timestamp], period_start: Timestamp) {
        let in_period = used_at.iter().filter(|at| **at >= period_start).count();
        self.uses = i64::try_from(in_period).unwrap_or(i64::MAX);
        self.has_used = !used_at.is_empty();
    }
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
