use jiff::SignedDuration;
use jiff::civil::{Weekday, time};

use crate::approval::tests::promotion;
use crate::{
    Audience, BasisPoints, Effect, FirstPurchase, Promotion, PromotionStatus, TariffId, UserPeriod,
};

fn live() -> Promotion {
    let hour = SignedDuration::from_hours(1);
    let mut live = promotion(Effect::Free { days: 7 });
    live.ends_at = Some(live.starts_at + hour);
    live.listed = false;
    live.refund_returns_use = false;
    live.schedule.weekdays = Some(vec![Weekday::Monday]);
    live.schedule.hours = Some((time(9, 0, 0, 0), time(18, 0, 0, 0)));
    live.total_limit = Some(10);
    live.per_user_limit = Some(2);
    live.budget_minor = Some(1_000);
    live.min_price_minor = Some(500);
    live.first_purchase = Some(FirstPurchase::Paid);
    live.tariffs = Some(vec![TariffId(1), TariffId(2)]);
    live.audience = Audience::Groups(vec![1, 2]);
    live.campaign_id = Some(1);
    live
}

type Change = (&'static str, fn(&mut Promotion));

const TIGHTER: &[Change] = &[
    ("nothing", |_| ()),
    ("title", |p| p.title = "Another".to_owned()),
    ("starts_at", |p| p.starts_at += SignedDuration::from_mins(1)),
    ("ends_at", |p| {
        p.ends_at = p.ends_at.map(|end| end - SignedDuration::from_mins(1));
    }),
    ("total_limit", |p| p.total_limit = Some(9)),
    ("per_user_limit", |p| p.per_user_limit = Some(1)),
    ("budget", |p| p.budget_minor = Some(999)),
    ("min_price", |p| p.min_price_minor = Some(501)),
    ("tariffs", |p| p.tariffs = Some(vec![TariffId(2)])),
    ("audience", |p| p.audience = Audience::Groups(vec![2])),
];

const WIDER: &[Change] = &[
    ("effect", |p| p.effect = Effect::Free { days: 8 }),
    ("another effect", |p| {
        p.effect = Effect::PercentOff {
            share: BasisPoints::ALL,
            cap_minor: None,
        }
    }),
    ("currency", |p| p.currency = "USD".parse().unwrap()),
    ("listed", |p| p.listed = true),
    ("refund_returns_use", |p| p.refund_returns_use = true),
    ("starts_at", |p| p.starts_at -= SignedDuration::from_mins(1)),
    ("later end", |p| {
        p.ends_at = p.ends_at.map(|end| end + SignedDuration::from_mins(1));
    }),
    ("no end", |p| p.ends_at = None),
    ("other weekdays", |p| {
        p.schedule.weekdays = Some(vec![Weekday::Tuesday]);
    }),
    ("all weekdays", |p| p.schedule.weekdays = None),
    ("all hours", |p| p.schedule.hours = None),
    ("total_limit", |p| p.total_limit = Some(11)),
    ("no total_limit", |p| p.total_limit = None),
    ("per_user_limit", |p| p.per_user_limit = Some(3)),
    ("no per_user_limit", |p| p.per_user_limit = None),
    ("per_user_period", |p| p.per_user_period = UserPeriod::Day),
    ("budget", |p| p.budget_minor = Some(1_001)),
    ("no budget", |p| p.budget_minor = None),
    ("min_price", |p| p.min_price_minor = Some(499)),
    ("no min_price", |p| p.min_price_minor = None),
    ("other first_purchase", |p| {
        p.first_purchase = Some(FirstPurchase::Any);
    }),
    ("no first_purchase", |p| p.first_purchase = None),
    ("another tariff", |p| {
        p.tariffs = Some(vec![TariffId(1), TariffId(3)]);
    }),
    ("all tariffs", |p| p.tariffs = None),
    ("another group", |p| p.audience = Audience::Groups(vec![3])),
    ("everybody", |p| p.audience = Audience::All),
    ("another campaign", |p| p.campaign_id = Some(2)),
    ("no campaign", |p| p.campaign_id = None),
    ("longer hold", |p| p.hold = SignedDuration::from_mins(31)),
];

fn changed(change: fn(&mut Promotion)) -> Promotion {
    let mut promotion = live();
    change(&mut promotion);
    promotion
}

#[test]
fn tighter_promotion_gives_no_more() {
    for (what, change) in TIGHTER {
        assert!(changed(*change).gives_no_more_than(&live()), "{what}");
    }
}

#[test]
fn wider_promotion_gives_more() {
    for (what, change) in WIDER {
        assert!(!changed(*change).gives_no_more_than(&live()), "{what}");
    }
}

#[test]
fn limits_on_what_had_none_are_tighter() {
    let unlimited = promotion(Effect::Free { days: 7 });
    let mut limited = live();
    limited.hold = unlimited.hold;
    assert!(limited.gives_no_more_than(&unlimited));
}

#[test]
fn promotion_that_was_not_active_gave_nothing() {
    for status in [
        PromotionStatus::Draft,
        PromotionStatus::Paused,
        PromotionStatus::Archived,
    ] {
        let before = Promotion { status, ..live() };
        assert!(!live().gives_no_more_than(&before), "{status}");
    }
}
