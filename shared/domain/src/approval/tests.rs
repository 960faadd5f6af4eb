use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

use super::*;
use crate::{
    Audience, Money, PromotionId, PromotionStatus, Schedule, TariffId, TariffStatus, UserPeriod,
};

pub(crate) fn promotion(effect: Effect) -> Promotion {
    Promotion {
        id: PromotionId(5),
        title: "Spring".to_owned(),
        status: PromotionStatus::Active,
        listed: true,
        effect,
        currency: Currency::RUB,
        starts_at: Timestamp::constant(1_800_000_000, 0),
        ends_at: None,
        schedule: Schedule::always(TimeZone::UTC),
        total_limit: None,
        per_user_limit: None,
        per_user_period: UserPeriod::Lifetime,
        budget_minor: None,
        min_price_minor: None,
        first_purchase: None,
        tariffs: None,
        audience: Audience::All,
        campaign_id: None,
        hold: SignedDuration::from_mins(30),
        refund_returns_use: true,
        version: 1,
    }
}

fn tariff(id: i64, minor: i64, currency: Currency) -> Tariff {
    Tariff {
        id: TariffId(id),
        title: "Pro".to_owned(),
        price: Money::from_minor(minor, currency).unwrap(),
        period_months: 1,
        status: TariffStatus::Active,
        version: 1,
    }
}

fn percent(points: i32) -> Effect {
    Effect::PercentOff {
        share: BasisPoints::new(points).unwrap(),
        cap_minor: None,
    }
}

#[test]
fn share_is_parsed_from_whole_percent() {
    assert_eq!("100".parse(), Ok(ApprovalShare::default()));
    assert_eq!(
        "1".parse(),
        Ok(ApprovalShare(BasisPoints::new(100).unwrap()))
    );
    for text in ["0", "101", "-1", "50.5", "50 %", "", "2147483647"] {
        assert_eq!(text.parse::<ApprovalShare>(), Err(BadShare), "{text}");
    }
}

#[test]
fn share_is_the_largest_over_the_tariffs() {
    let tariffs = [
        tariff(1, 29_900, Currency::RUB),
        tariff(2, 10_000, Currency::RUB),
        tariff(3, 50_000, "USD".parse().unwrap()),
    ];
    let reaches = |percent: &str, effect| {
        let share: ApprovalShare = percent.parse().unwrap();
        share.is_reached(&promotion(effect), &tariffs)
    };
    assert!(reaches("100", Effect::Free { days: 7 }));
    assert!(reaches("100", percent(10_000)));
    assert!(!reaches("100", percent(9_999)));
    assert!(reaches("50", percent(5_000)));
    assert!(!reaches("50", percent(4_990)));
    assert!(reaches("100", Effect::AmountOff { minor: 10_000 }));
    assert!(
        !reaches("100", Effect::AmountOff { minor: 9_999 }),
        "of dollars it takes nothing"
    );
    assert!(reaches("99", Effect::FixedPrice { minor: 100 }));
    assert!(!reaches("100", Effect::FixedPrice { minor: 1 }));
    let small = [tariff(1, 5_000, Currency::RUB)];
    let reached = ApprovalShare::default().is_reached(&promotion(percent(9_999)), &small);
    assert!(reached, "49.995 is rounded to 50.00");
    let capped = Effect::PercentOff {
        share: BasisPoints::ALL,
        cap_minor: Some(100),
    };
    assert!(reaches("100", capped), "whatever the cap");
}

#[test]
fn only_tariffs_in_scope_count() {
    let tariffs = [
        tariff(1, 29_900, Currency::RUB),
        tariff(2, 10_000, Currency::RUB),
    ];
    let off = promotion(Effect::AmountOff { minor: 10_000 });
    let reaches = |promotion: &Promotion| ApprovalShare::default().is_reached(promotion, &tariffs);
    assert!(reaches(&off));
    let scoped = |id| Promotion {
        tariffs: Some(vec![TariffId(id)]),
        ..off.clone()
    };
    assert!(reaches(&scoped(2)));
    assert!(!reaches(&scoped(1)));
    let dear = Promotion {
        min_price_minor: Some(10_001),
        ..off.clone()
    };
    assert!(!reaches(&dear));
}

#[test]
fn thresholds_are_by_currency() {
    let thresholds: RefundThresholds = "RUB 500.00, JPY 9000".parse().unwrap();
    assert_eq!(thresholds.of(Currency::RUB), 50_000);
    assert_eq!(thresholds.of("JPY".parse().unwrap()), 9_000);
    assert_eq!(
        thresholds.of("USD".parse().unwrap()),
        0,
        "unknown is not allowed"
    );
    assert_eq!(RefundThresholds::default().of(Currency::RUB), 1_000_000);
    assert_eq!("RUB 1".parse::<RefundThresholds>(), Err(MoneyError::Amount));
}

fn effect() -> impl Strategy<Value = Effect> {
    let minor = prop_oneof![1..=50_000i64, 1..=i64::MAX];
    prop_oneof![
        minor.clone().prop_map(|minor| Effect::FixedPrice { minor }),
        (1..=3660).prop_map(|days| Effect::Free { days }),
        (1..=10_000, proptest::option::of(minor.clone())).prop_map(|(points, cap_minor)| {
            Effect::PercentOff {
                share: BasisPoints::new(points).unwrap(),
                cap_minor,
            }
        }),
        minor.prop_map(|minor| Effect::AmountOff { minor }),
    ]
}

/// Prices from some kopecks, where rounding counts, to the largest.
fn tariffs() -> impl Strategy<Value = Vec<Tariff>> {
    let price = prop_oneof![1..=20i64, 1..=50_000i64, 1..=i64::MAX];
    let currency = prop_oneof![Just(Currency::RUB), Just("USD".parse().unwrap())];
    let prices = proptest::collection::vec((price, currency), 0..6);
    prices.prop_map(|prices| {
        let numbered = (1..).zip(prices);
        numbered
            .map(|(id, (price, currency))| tariff(id, price, currency))
            .collect()
    })
}

proptest! {
    /// What a buyer would save on any tariff is never more than the share that was found not to be reached.
    #[test]
    fn no_tariff_is_at_or_above_a_share_that_is_not_reached(
        effect in effect(),
        tariffs in tariffs(),
        scope in proptest::option::of(proptest::collection::vec(1..=6i64, 1..4)),
        min_price_minor in proptest::option::of(1..=50_000i64),
        percent in 1..=100i32,
    ) {
        let promotion = Promotion {
            tariffs: scope.map(|ids| ids.into_iter().map(TariffId).collect()),
            min_price_minor,
            ..promotion(effect)
        };
        let share = ApprovalShare(BasisPoints::new(percent * 100).unwrap());
        prop_assume!(!share.is_reached(&promotion, &tariffs));
        for tariff in &tariffs {
            let quote = promotion.total_of(tariff).and_then(|_| effect.quote(tariff.price));
            let Some(quote) = quote else { continue };
            let saved = i128::from(quote.discount().minor()) * 100;
            prop_assert!(saved < i128::from(tariff.price.minor()) * i128::from(percent), "{tariff:?}");
        }
    }
}
