//! When a code works: its status, and its period, which is half-open: the end itself is outside.

use jiff::Timestamp;

use crate::campaign::CampaignStatus;
use crate::facts::Facts;
use crate::outcome::{Outcome, RuleCode, RuleValue};
use crate::promotion::{CodeState, PromotionStatus};

/// The promotion is active.
pub(super) fn promotion_active(facts: &Facts) -> Outcome {
    let status = facts.promotion.status;
    Outcome {
        observed: status.as_str().into(),
        required: PromotionStatus::Active.as_str().into(),
        ..Outcome::of(RuleCode::PromoNotActive, status == PromotionStatus::Active)
    }
}

/// The code itself was not withdrawn.
pub(super) fn code_issued(facts: &Facts) -> Outcome {
    let state = facts.code.state;
    Outcome {
        observed: state.as_str().into(),
        required: CodeState::Issued.as_str().into(),
        ..Outcome::of(RuleCode::CodeDisabled, state == CodeState::Issued)
    }
}

/// The campaign of the promotion is active, if there is one.
pub(super) fn campaign_active(facts: &Facts) -> Outcome {
    let Some(campaign) = &facts.campaign else {
        return Outcome::of(RuleCode::CampaignNotActive, true);
    };
    let passed = campaign.status == CampaignStatus::Active;
    Outcome {
        observed: campaign.status.as_str().into(),
        required: CampaignStatus::Active.as_str().into(),
        ..Outcome::of(RuleCode::CampaignNotActive, passed)
    }
}

/// The period has begun.
pub(super) fn started(facts: &Facts) -> Outcome {
    let starts_at = facts.promotion.starts_at;
    let passed = starts_at <= facts.now;
    timed(RuleCode::PromoNotStarted, facts, passed, Some(starts_at))
}

/// The period is not over.
pub(super) fn not_ended(facts: &Facts) -> Outcome {
    before_end(RuleCode::PromoEnded, facts, facts.promotion.ends_at)
}

/// The code's own time is not over.
pub(super) fn code_not_ended(facts: &Facts) -> Outcome {
    before_end(RuleCode::CodeEnded, facts, facts.code.ends_at)
}

fn before_end(rule: RuleCode, facts: &Facts, ends_at: Option<Timestamp>) -> Outcome {
    let passed = ends_at.is_none_or(|end| facts.now < end);
    timed(rule, facts, passed, ends_at)
}

fn timed(rule: RuleCode, facts: &Facts, passed: bool, required: Option<Timestamp>) -> Outcome {
    Outcome {
        observed: RuleValue::Time(facts.now),
        required: required.map_or(RuleValue::None, RuleValue::Time),
        change: required
            .map(|time| time.duration_since(facts.now).as_secs())
            .filter(|wait| !passed && *wait > 0)
            .into(),
        ..Outcome::of(rule, passed)
    }
}

/// It is the weekday and the hour, where the promotion keeps hours.
pub(super) fn in_schedule(facts: &Facts) -> Outcome {
    let schedule = &facts.promotion.schedule;
    let Some(required) = schedule.describe() else {
        return Outcome::of(RuleCode::OutsideSchedule, true);
    };
    let local = facts.now.to_zoned(schedule.zone.clone());
    Outcome {
        observed: RuleValue::Text(local.to_string().into()),
        required: RuleValue::Text(required.into()),
        ..Outcome::of(RuleCode::OutsideSchedule, schedule.includes(facts.now))
    }
}
