//! Each rule refuses for its own reason and for no other.

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use crate::*;

const NOW: Timestamp = Timestamp::constant(1_800_000_000, 0);
const HOUR: SignedDuration = SignedDuration::from_hours(1);

fn facts() -> Facts {
    Facts {
        now: NOW,
        user_id: Uuid::from_u128(1),
        user_status: Some(UserStatus::Active),
        user_groups: vec![],
        has_purchased: false,
        trial: None,
        promo: Promo {
            id: PromoId(5),
            code: "SPRING30".to_owned(),
            title: "Spring".to_owned(),
            status: PromoStatus::Active,
            effect: Effect::AmountOff { minor: 100 },
            currency: Currency::RUB,
            starts_at: NOW - HOUR,
            ends_at: Some(NOW + HOUR),
            total_limit: Some(10),
            per_user_limit: Some(1),
            per_user_period: UserPeriod::Lifetime,
            schedule: Schedule::always(jiff::tz::TimeZone::UTC),
            min_price_minor: None,
            first_purchase_only: false,
            tariffs: Some(vec![TariffId(1), TariffId(2)]),
            audience: Audience::All,
            listed: true,
            budget_minor: None,
            version: 1,
        },
        tariff: Tariff {
            id: TariffId(1),
            title: "Month".to_owned(),
            price: Money::from_minor(29_900, Currency::RUB).unwrap(),
            period_months: 1,
            status: TariffStatus::Active,
        },
        text_known: false,
        usage: Usage {
            taken: 9,
            spent_minor: 900,
        },
        campaign: None,
        own_uses: vec![],
    }
}

fn own_use(promo: i64, tariff: i64, state: HoldState) -> OwnUse {
    OwnUse {
        application_id: Uuid::from_u128(9),
        promo_id: PromoId(promo),
        tariff_id: TariffId(tariff),
        state,
        slot: 1,
        period: String::new(),
        expires_at: NOW + HOUR,
    }
}

/// The reasons for which the changed facts are refused.
fn reasons(change: impl FnOnce(&mut Facts)) -> Vec<Reason> {
    let mut facts = facts();
    change(&mut facts);
    let decision = Decision::of(&facts);
    assert_eq!(
        decision.outcomes.len(),
        rules::ALL.len(),
        "every rule is told"
    );
    assert_eq!(
        decision.accepted().is_some(),
        decision.refusals().next().is_none()
    );
    decision.refusals().map(|outcome| outcome.rule).collect()
}

#[test]
fn a_code_that_fits_passes_with_its_price() {
    let quote = Decision::of(&facts()).accepted().unwrap();
    assert_eq!(quote.total.to_decimal(), "298.00");
}

#[test]
fn each_rule_refuses_for_its_own_reason() {
    use Reason::*;
    assert_eq!(reasons(|f| f.user_status = None), [UserNotRegistered]);
    for status in [UserStatus::Blocked, UserStatus::Deleted] {
        assert_eq!(reasons(|f| f.user_status = Some(status)), [UserNotActive]);
    }
    assert_eq!(
        reasons(|f| f.promo.audience = Audience::User(Uuid::from_u128(2))),
        [NotInAudience]
    );
    for status in [
        PromoStatus::Draft,
        PromoStatus::Paused,
        PromoStatus::Archived,
    ] {
        assert_eq!(reasons(|f| f.promo.status = status), [PromoNotActive]);
    }
    assert_eq!(
        reasons(|f| f.promo.starts_at = NOW + HOUR),
        [PromoNotStarted]
    );
    assert_eq!(
        reasons(|f| f.promo.ends_at = Some(NOW - HOUR)),
        [PromoEnded]
    );
    assert_eq!(
        reasons(|f| f.tariff.status = TariffStatus::Archived),
        [TariffNotOnSale]
    );
    assert_eq!(
        reasons(|f| f.promo.tariffs = Some(vec![TariffId(2)])),
        [TariffNotInScope]
    );
    assert_eq!(reasons(|f| f.usage.taken = 10), [PromoLimitReached]);
    assert_eq!(
        reasons(|f| f.own_uses = vec![own_use(5, 2, HoldState::Used)]),
        [UserLimitReached]
    );
    assert_eq!(
        reasons(|f| f.own_uses = vec![own_use(6, 1, HoldState::Applied)]),
        [AnotherPromoApplied]
    );
    assert_eq!(
        reasons(|f| f.promo.audience = Audience::Groups(vec![7])),
        [NotInAudience]
    );
    assert_eq!(
        reasons(|f| {
            f.promo.first_purchase_only = true;
            f.has_purchased = true;
        }),
        [NotFirstPurchase]
    );
    assert_eq!(
        reasons(|f| f.promo.schedule.hours =
            Some((jiff::civil::time(0, 0, 0, 0), jiff::civil::time(0, 0, 1, 0)))),
        [OutsideSchedule]
    );
    assert_eq!(
        reasons(|f| f.promo.min_price_minor = Some(29_901)),
        [PriceBelowMinimum]
    );
    assert_eq!(
        reasons(|f| f.promo.effect = Effect::FixedPrice { minor: 29_900 }),
        [NoBenefit]
    );
}

#[test]
fn a_person_takes_one_trial() {
    for state in [HoldState::Applied, HoldState::Paying, HoldState::Used] {
        assert_eq!(reasons(|f| f.trial = Some(state)), []);
        assert_eq!(
            reasons(|f| {
                f.trial = Some(state);
                f.promo.effect = Effect::Free { days: 14 };
            }),
            [Reason::TrialTaken]
        );
    }
    assert_eq!(reasons(|f| f.promo.effect = Effect::Free { days: 14 }), []);
}

#[test]
fn the_period_holds_its_start_and_not_its_end() {
    assert_eq!(reasons(|f| f.promo.starts_at = NOW), []);
    assert_eq!(
        reasons(|f| f.promo.ends_at = Some(NOW)),
        [Reason::PromoEnded]
    );
    assert_eq!(reasons(|f| f.promo.ends_at = None), []);
}

#[test]
fn what_is_not_limited_never_refuses() {
    assert_eq!(
        reasons(|f| {
            f.promo.total_limit = None;
            f.promo.per_user_limit = None;
            f.promo.tariffs = None;
            f.usage.taken = i64::MAX;
            f.own_uses = vec![own_use(5, 2, HoldState::Used); 1000];
        }),
        []
    );
    assert_eq!(
        reasons(|f| f.promo.audience = Audience::User(f.user_id)),
        []
    );
    assert_eq!(
        reasons(|f| f.own_uses = vec![own_use(6, 1, HoldState::Used)]),
        [],
        "a spent code is in nobody's way"
    );
}

#[test]
fn all_reasons_are_told_at_once_in_a_fixed_order() {
    use Reason::*;
    let told = reasons(|f| {
        f.user_status = Some(UserStatus::Blocked);
        f.promo.ends_at = Some(NOW);
        f.usage.taken = 10;
        f.promo.effect = Effect::FixedPrice { minor: 99_900 };
    });
    assert_eq!(
        told,
        [UserNotActive, PromoEnded, PromoLimitReached, NoBenefit]
    );
}

#[test]
fn a_released_use_leaves_its_number_to_the_next() {
    let mut facts = facts();
    assert_eq!(facts.free_slot(), 1);
    facts.own_uses = vec![
        own_use(5, 2, HoldState::Used),
        OwnUse {
            slot: 3,
            ..own_use(5, 3, HoldState::Used)
        },
    ];
    assert_eq!(facts.free_slot(), 2);
}

#[test]
fn what_a_rule_asks_for_is_enough() {
    assert_eq!(reasons(|f| f.promo.min_price_minor = Some(29_900)), []);
    assert_eq!(reasons(|f| f.promo.first_purchase_only = true), []);
    assert_eq!(reasons(|f| f.has_purchased = true), []);
    assert_eq!(
        reasons(|f| {
            f.promo.audience = Audience::Groups(vec![7, 8]);
            f.user_groups = vec![1, 8];
        }),
        []
    );
}

#[test]
fn the_smallest_change_that_would_pass_is_told() {
    let change = |change: &dyn Fn(&mut Facts)| {
        let mut facts = facts();
        change(&mut facts);
        let decision = Decision::of(&facts);
        decision
            .refusals()
            .map(|outcome| outcome.change.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        change(&|f| f.promo.starts_at = NOW + HOUR),
        [Observed::Number(3600)]
    );
    assert_eq!(
        change(&|f| f.promo.ends_at = Some(NOW - HOUR)),
        [Observed::None],
        "it never comes back"
    );
    assert_eq!(change(&|f| f.usage.taken = 12), [Observed::Number(3)]);
    let short = Money::from_minor(100, Currency::RUB).unwrap();
    assert_eq!(
        change(&|f| f.promo.min_price_minor = Some(30_000)),
        [Observed::Money(short)]
    );
}

#[test]
fn a_limit_per_day_forgets_yesterday() {
    let yesterday = OwnUse {
        period: "2027-01-14".to_owned(),
        ..own_use(5, 2, HoldState::Used)
    };
    let day = |f: &mut Facts| f.promo.per_user_period = UserPeriod::Day;
    assert_eq!(
        reasons(|f| {
            day(f);
            f.own_uses = vec![yesterday.clone()];
        }),
        []
    );
    assert_eq!(
        reasons(|f| {
            day(f);
            let today = f.user_period();
            f.own_uses = vec![
                yesterday.clone(),
                OwnUse {
                    period: today,
                    ..yesterday.clone()
                },
            ];
        }),
        [Reason::UserLimitReached]
    );
}

#[test]
fn what_is_not_published_or_for_others_stays_hidden() {
    let hidden = |change: &dyn Fn(&mut Facts)| {
        let mut facts = facts();
        change(&mut facts);
        Decision::of(&facts).hidden
    };
    assert!(hidden(&|f| f.promo.status = PromoStatus::Draft));
    assert!(hidden(&|f| f.promo.status = PromoStatus::Archived));
    assert!(hidden(
        &|f| f.promo.audience = Audience::User(Uuid::from_u128(2))
    ));
    assert!(hidden(&|f| f.promo.audience = Audience::Groups(vec![1])));
    assert!(!hidden(&|f| f.promo.status = PromoStatus::Paused));
    assert!(!hidden(&|f| f.promo.ends_at = Some(NOW)));
}

fn campaign() -> Campaign {
    Campaign {
        id: 3,
        status: CampaignStatus::Active,
        total_limit: Some(100),
        budget_minor: Some(10_000),
        currency: Currency::RUB,
        version: 1,
        usage: Usage {
            taken: 99,
            spent_minor: 9_900,
        },
    }
}

#[test]
fn a_campaign_has_its_own_switch_limit_and_budget() {
    use Reason::*;
    let with = |change: fn(&mut Campaign)| {
        let mut campaign = campaign();
        change(&mut campaign);
        reasons(|f| f.campaign = Some(campaign))
    };
    assert_eq!(with(|_| ()), []);
    assert_eq!(
        with(|c| c.status = CampaignStatus::Paused),
        [CampaignNotActive]
    );
    assert_eq!(with(|c| c.usage.taken = 100), [CampaignLimitReached]);
    assert_eq!(
        with(|c| c.usage.spent_minor = 9_901),
        [CampaignBudgetReached]
    );
    assert_eq!(
        with(|c| {
            c.total_limit = None;
            c.budget_minor = None;
            c.usage = Usage {
                taken: i64::MAX,
                spent_minor: i64::MAX,
            };
        }),
        []
    );
}

#[test]
fn a_budget_is_used_up_to_the_last_kopeck() {
    // The discount is 100 kopecks.
    let spent = |minor| {
        reasons(|f| {
            f.promo.budget_minor = Some(1_000);
            f.usage.spent_minor = minor;
        })
    };
    assert_eq!(spent(900), []);
    assert_eq!(spent(901), [Reason::PromoBudgetReached]);
    let mut facts = facts();
    facts.promo.budget_minor = Some(1_000);
    facts.usage.spent_minor = 950;
    let decision = Decision::of(&facts);
    let refusal = decision.refusals().next().unwrap();
    let money = |minor| Observed::Money(Money::from_minor(minor, Currency::RUB).unwrap());
    assert_eq!(
        (&refusal.observed, &refusal.required, &refusal.change),
        (&money(950), &money(1_000), &money(50))
    );
}

#[test]
fn amounts_are_not_compared_with_a_price_in_another_currency() {
    let dollars: Currency = "USD".parse().unwrap();
    let on_dollars = |change: &dyn Fn(&mut Facts)| {
        reasons(|f| {
            f.tariff.price = Money::from_minor(29_900, dollars).unwrap();
            change(f);
        })
    };
    let share = BasisPoints::new(5_000).unwrap();
    let percent = |cap_minor| Effect::PercentOff { share, cap_minor };
    let free = Effect::Free { days: 7 };
    for effect in [
        Effect::AmountOff { minor: 100 },
        Effect::FixedPrice { minor: 100 },
        // No gain either, if they were roubles.
        Effect::FixedPrice { minor: 50_000 },
        percent(Some(100)),
    ] {
        let refusals = on_dollars(&|f| f.promo.effect = effect);
        assert_eq!(refusals, [Reason::CurrencyMismatch], "{effect:?}");
        let refusals = on_dollars(&|f| (f.promo.effect, f.promo.currency) = (effect, dollars));
        assert!(!refusals.contains(&Reason::CurrencyMismatch), "{effect:?}");
    }
    for effect in [percent(None), free] {
        assert_eq!(on_dollars(&|f| f.promo.effect = effect), []);
        // A price that is too low and a budget that is spent, if they were dollars.
        let changes: [&dyn Fn(&mut Facts); 3] = [
            &|f| f.promo.min_price_minor = Some(50_000),
            &|f| f.promo.budget_minor = Some(900),
            &|f| f.campaign = Some(campaign()),
        ];
        for change in changes {
            let refusals = on_dollars(&|f| {
                f.promo.effect = effect;
                change(f);
            });
            assert_eq!(refusals, [Reason::CurrencyMismatch], "{effect:?}");
        }
        let unlimited = on_dollars(&|f| {
            f.promo.effect = effect;
            f.campaign = Some(Campaign {
                budget_minor: None,
                ..campaign()
            });
        });
        assert_eq!(unlimited, [], "a campaign without a budget has no amount");
    }
    let mut facts = facts();
    facts.tariff.price = Money::from_minor(29_900, dollars).unwrap();
    let decision = Decision::of(&facts);
    let refusal = decision.refusals().next().unwrap();
    let text = |currency: &str| Observed::Text(currency.to_owned());
    assert_eq!(
        (&refusal.observed, &refusal.required),
        (&text("USD"), &text("RUB"))
    );
    assert_eq!((decision.quote, facts.discount_minor()), (None, 0));
}

#[test]
fn a_secret_code_works_by_its_text() {
    let by_number = |change: fn(&mut Facts)| {
        reasons(|f| {
            f.promo.listed = false;
            change(f);
        })
    };
    assert_eq!(by_number(|_| ()), [Reason::CodeTextRequired]);
    assert_eq!(by_number(|f| f.text_known = true), []);
    assert_eq!(
        by_number(|f| f.promo.audience = Audience::User(f.user_id)),
        [],
        "it was made for this user"
    );
    assert_eq!(
        by_number(|f| {
            f.promo.per_user_limit = None;
            f.own_uses = vec![own_use(5, 2, HoldState::Used)];
        }),
        [],
        "this user has used it before"
    );
    let mut facts = facts();
    facts.promo.listed = false;
    assert!(Decision::of(&facts).hidden);
}
