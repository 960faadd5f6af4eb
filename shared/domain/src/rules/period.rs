//! When a code works: its status, and its period, which is half-open: the end itself is outside.

use jiff::Timestamp;

use crate::campaign::CampaignStatus;
use crate::decision::{Observed, Outcome, Reason};
use crate::facts::{Facts, PromoStatus};

/// The code is active.
pub(super) fn promo_active(facts: &Facts) -> Outcome {
    Outcome {
        rule: Reason::PromoNotActive,
        passed: facts.promo.status == PromoStatus::Active,
        observed: Observed::Text(facts.promo.status.to_string()),
        required: Observed::Text(PromoStatus::Active.to_string()),
        change: Observed::None,
    }
}

/// The campaign of the code is active, if there is one.
pub(super) fn campaign_active(facts: &Facts) -> Outcome {
    let status = facts.campaign.as_ref().map(|campaign| campaign.status);
    let name = |status: CampaignStatus| Observed::Text(status.to_string());
    Outcome {
        rule: Reason::CampaignNotActive,
        passed: status.is_none_or(|status| status == CampaignStatus::Active),
        observed: status.map_or(Observed::None, name),
        required: status.map_or(Observed::None, |_| name(CampaignStatus::Active)),
        change: Observed::None,
    }
}

/// The period has begun.
pub(super) fn started(facts: &Facts) -> Outcome {
    let starts_at = facts.promo.starts_at;
    timed(
        Reason::PromoNotStarted,
        facts,
        starts_at <= facts.now,
        Some(starts_at),
    )
}

/// The period is not over.
pub(super) fn not_ended(facts: &Facts) -> Outcome {
    let ends_at = facts.promo.ends_at;
    timed(
        Reason::PromoEnded,
        facts,
        ends_at.is_none_or(|end| facts.now < end),
        ends_at,
    )
}

fn timed(rule: Reason, facts: &Facts, passed: bool, required: Option<Timestamp>) -> Outcome {
    Outcome {
        rule,
        passed,
        observed: Observed::Time(facts.now),
        required: required.map_or(Observed::None, Observed::Time),
        change: required
            .map(|time| time.duration_since(facts.now).as_secs())
            .filter(|wait| !passed && *wait > 0)
            .into(),
    }
}

/// It is the weekday and the hour, where the code keeps hours.
pub(super) fn in_schedule(facts: &Facts) -> Outcome {
    let schedule = &facts.promo.schedule;
    Outcome {
        rule: Reason::OutsideSchedule,
        passed: schedule.includes(facts.now),
        observed: Observed::Text(facts.now.to_zoned(schedule.zone.clone()).to_string()),
        required: schedule.describe().map_or(Observed::None, Observed::Text),
        change: Observed::None,
    }
}
