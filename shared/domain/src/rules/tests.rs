//! Each rule refuses for its own reason and for no other.

mod waivers;

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use crate::*;

const NOW: Timestamp = Timestamp::constant(1_800_000_000, 0);
const HOUR: SignedDuration = SignedDuration::from_hours(1);

/// Facts whose parts can be changed.
#[derive(Clone)]
struct Parts {
    now: Timestamp,
    user_id: Uuid,
    code: IssuedCode,
    promotion: Promotion,
    campaign: Option<Campaign>,
    tariff: Tariff,
    observed: Observed,
}

impl Parts {
    fn facts(self) -> Facts {
        Facts {
            now: self.now,
            user_id: self.user_id,
            code: Arc::new(self.code),
            promotion: Arc::new(self.promotion),
            campaign: self.campaign.map(Arc::new),
            tariff: Arc::new(self.tariff),
            observed: self.observed,
        }
    }

    fn decide(self) -> Decision {
        Decision::of(&self.facts())
    }
}

fn parts() -> Parts {
    Parts {
        now: NOW,
        user_id: Uuid::from_u128(1),
        code: IssuedCode {
            id: PromoCodeId(5),
            promotion_id: PromotionId(50),
            code: "SPRING30".to_owned(),
            typed: None,
            state: CodeState::Issued,
            user_id: None,
            in_batch: false,
            max_uses: None,
            ends_at: None,
            version: 1,
        },
        promotion: Promotion {
            id: PromotionId(50),
            title: "Spring".to_owned(),
            status: PromotionStatus::Active,
            effect: Effect::AmountOff { minor: 100 },
            currency: Currency::RUB,
            starts_at: NOW - HOUR,
            ends_at: Some(NOW + HOUR),
            total_limit: Some(10),
            per_user_limit: Some(1),
            per_user_period: UserPeriod::Lifetime,
            schedule: Schedule::always(jiff::tz::TimeZone::UTC),
            min_price_minor: None,
            first_purchase: None,
            tariffs: Some(vec![TariffId(1), TariffId(2)]),
            audience: Audience::All,
            listed: true,
            budget_minor: None,
            campaign_id: None,
            hold: SignedDuration::from_mins(30),
            refund_returns_use: true,
            version: 1,
        },
        campaign: None,
        tariff: Tariff {
            id: TariffId(1),
            title: "Month".to_owned(),
            price: Money::from_minor(29_900, Currency::RUB).unwrap(),
            period_months: 1,
            status: TariffStatus::Active,
            version: 1,
        },
        observed: Observed {
            taken: 9,
            spent_minor: 900,
            ..Observed::newcomer()
        },
    }
}

/// The reasons for which the changed facts are refused.
fn reasons(change: impl FnOnce(&mut Parts)) -> Vec<RuleCode> {
    let mut parts = parts();
    change(&mut parts);
    let decision = parts.clone().decide();
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
fn least_payment_is_observed_where_it_stands_in_the_way() {
    let least: LeastPayments = "RUB 1.00".parse().unwrap();
    for (minor, stands) in [
        (29_900, false),
        (29_801, true),
        (29_899, true),
        (29_800, false),
    ] {
        let mut parts = parts();
        parts.promotion.effect = Effect::AmountOff { minor };
        let mut facts = parts.facts();
        // What was observed of another tariff does not stay.
        facts.observed.least_payable_minor = Some(1);
        least.observe(&mut facts);
        assert_eq!(facts.observed.least_payable_minor, stands.then_some(100));
        let decision = Decision::of(&facts);
        assert_eq!(decision.accepted().is_none(), stands, "{minor}");
        if stands {
            let outcome = decision.refusals().next().unwrap();
            let rub = |minor| RuleValue::Money(Money::from_minor(minor, Currency::RUB).unwrap());
            assert_eq!(outcome.observed, rub(29_900 - minor));
            assert_eq!(outcome.required, rub(100));
            assert_eq!(outcome.change, rub(100 - (29_900 - minor)));
        }
    }
}

#[test]
fn fitting_code_passes_with_its_price() {
    let quote = parts().decide().accepted().unwrap();
    assert_eq!(quote.total.to_decimal(), "298.00");
}

#[test]
fn each_rule_refuses_for_its_own_reason() {
    use RuleCode::*;
    assert_eq!(
        reasons(|f| f.observed.user_status = None),
        [UserNotRegistered]
    );
    for status in [UserStatus::Blocked, UserStatus::Deleted] {
        assert_eq!(
            reasons(|f| f.observed.user_status = Some(status)),
            [UserNotActive]
        );
    }
    assert_eq!(
        reasons(|f| f.code.user_id = Some(Uuid::from_u128(2))),
        [CodeForAnotherUser]
    );
    assert_eq!(
        reasons(|f| f.observed.insider_since = Some(NOW)),
        [ConflictOfInterest]
    );
    for status in [
        PromotionStatus::Draft,
        PromotionStatus::Paused,
        PromotionStatus::Archived,
    ] {
        assert_eq!(reasons(|f| f.promotion.status = status), [PromoNotActive]);
    }
    assert_eq!(
        reasons(|f| f.promotion.starts_at = NOW + HOUR),
        [PromoNotStarted]
    );
    assert_eq!(
        reasons(|f| f.promotion.ends_at = Some(NOW - HOUR)),
        [PromoEnded]
    );
    assert_eq!(
        reasons(|f| f.tariff.status = TariffStatus::Archived),
        [TariffNotOnSale]
    );
    assert_eq!(
        reasons(|f| f.promotion.tariffs = Some(vec![TariffId(2)])),
        [TariffNotInScope]
    );
    assert_eq!(reasons(|f| f.observed.taken = 10), [PromoLimitReached]);
    assert_eq!(reasons(|f| f.observed.uses = 1), [UserLimitReached]);
    assert_eq!(reasons(|f| f.observed.unused = 2), []);
    assert_eq!(
        reasons(|f| f.observed.unused = 3),
        [TooManyUnusedApplications]
    );
    assert_eq!(
        reasons(|f| f.observed.other_code = Some(PromoCodeId(6))),
        [AnotherPromoApplied]
    );
    assert_eq!(
        reasons(|f| f.promotion.audience = Audience::Groups(vec![7])),
        [NotInAudience]
    );
    assert_eq!(
        reasons(|f| {
            f.promotion.first_purchase = Some(FirstPurchase::Paid);
            f.observed.has_purchased = true;
        }),
        [NotFirstPurchase]
    );
    assert_eq!(
        reasons(|f| f.promotion.schedule.hours =
            Some((jiff::civil::time(0, 0, 0, 0), jiff::civil::time(0, 0, 1, 0)))),
        [OutsideSchedule]
    );
    assert_eq!(
        reasons(|f| f.promotion.min_price_minor = Some(29_901)),
        [PriceBelowMinimum]
    );
    assert_eq!(
        reasons(|f| f.promotion.effect = Effect::FixedPrice { minor: 29_900 }),
        [NoBenefit]
    );
    assert_eq!(
        reasons(|f| {
            f.promotion.effect = Effect::FixedPrice { minor: 40 };
            f.observed.least_payable_minor = Some(100);
        }),
        [TotalNotPayable]
    );
}

fn held() -> Held {
    Held {
        tariff: TariffId(2),
        until: Some(NOW + HOUR),
        discount_minor: 100,
        counts_for_code: true,
        counts_in_period: true,
        counts_in_campaign: false,
        is_trial: false,
        is_first_purchase: false,
    }
}

#[test]
fn use_held_for_another_tariff_is_the_reason_where_it_is_the_last() {
    use RuleCode::*;
    // There is another use left: nothing has to be moved.
    let spare = |f: &mut Parts| {
        f.observed.held = Some(held());
        f.promotion.per_user_limit = None;
    };
    assert_eq!(reasons(spare), []);
    let last: [fn(&mut Parts); 6] = [
        |f| f.observed.taken = 10,
        |f| {
            f.code.max_uses = Some(1);
            f.observed.code_uses = 1;
        },
        |f| {
            f.promotion.per_user_limit = Some(1);
            f.observed.uses = 1;
        },
        |f| f.promotion.budget_minor = Some(950),
        |f| {
            f.promotion.effect = Effect::Free { days: 7 };
            f.observed.trial = Some(ApplicationState::Applied);
            f.observed.held = Some(Held {
                is_trial: true,
                ..held()
            });
        },
        |f| {
            f.promotion.first_purchase = Some(FirstPurchase::Paid);
            f.observed.first_purchase = Some(ApplicationState::Applied);
            f.observed.held = Some(Held {
                is_first_purchase: true,
                ..held()
            });
        },
    ];
    for change in last {
        assert_eq!(
            reasons(|f| {
                spare(f);
                change(f);
            }),
            [HeldForAnotherTariff]
        );
    }
    // Without a use of one's own to move, others are the reason; and moving alone does not help against others.
    assert_eq!(
        reasons(|f| {
            spare(f);
            f.observed.taken = 11;
        }),
        [PromoLimitReached]
    );
    assert_eq!(
        reasons(|f| {
            spare(f);
            f.observed.taken = 10;
            f.observed.other_code = Some(PromoCodeId(6));
        }),
        [HeldForAnotherTariff, AnotherPromoApplied]
    );
}

#[test]
fn use_is_movable_when_nothing_else_refuses() {
    let movable = |change: fn(&mut Parts)| {
        let mut parts = parts();
        parts.observed.held = Some(held());
        parts.observed.taken = 10;
        change(&mut parts);
        parts.facts().movable().is_some()
    };
    assert!(movable(|_| ()));
    assert!(movable(|f| f.observed.taken = 3));
    assert!(!movable(|f| f.observed.held = None));
    assert!(!movable(|f| f.observed.taken = 11));
    assert!(!movable(|f| f.promotion.status = PromotionStatus::Paused));
    assert!(!movable(|f| f.observed.insider_since = Some(NOW)));
    // Its payment is pending.
    assert!(!movable(|f| f.observed.held = Some(Held {
        until: None,
        ..held()
    })));
}

#[test]
fn person_has_one_application_for_a_first_purchase() {
    for state in [ApplicationState::Applied, ApplicationState::Used] {
        assert_eq!(reasons(|f| f.observed.first_purchase = Some(state)), []);
        assert_eq!(
            reasons(|f| {
                f.observed.first_purchase = Some(state);
                f.promotion.first_purchase = Some(FirstPurchase::Any);
            }),
            [RuleCode::NotFirstPurchase]
        );
    }
}

#[test]
fn person_gets_one_trial() {
    for state in [
        ApplicationState::Applied,
        ApplicationState::Paying,
        ApplicationState::Used,
    ] {
        assert_eq!(reasons(|f| f.observed.trial = Some(state)), []);
        assert_eq!(
            reasons(|f| {
                f.observed.trial = Some(state);
                f.promotion.effect = Effect::Free { days: 14 };
            }),
            [RuleCode::TrialTaken]
        );
    }
    assert_eq!(
        reasons(|f| f.promotion.effect = Effect::Free { days: 14 }),
        []
    );
}

#[test]
fn period_includes_start_and_excludes_end() {
    assert_eq!(reasons(|f| f.promotion.starts_at = NOW), []);
    assert_eq!(
        reasons(|f| f.promotion.ends_at = Some(NOW)),
        [RuleCode::PromoEnded]
    );
    assert_eq!(reasons(|f| f.promotion.ends_at = None), []);
}

#[test]
fn unlimited_code_never_refuses() {
    assert_eq!(
        reasons(|f| {
            f.promotion.total_limit = None;
            f.promotion.per_user_limit = None;
            f.promotion.tariffs = None;
            f.observed.taken = i64::MAX;
            f.observed.uses = i64::MAX;
            f.observed.code_uses = i64::MAX;
            f.observed.unused = i64::MAX;
        }),
        []
    );
    assert_eq!(reasons(|f| f.code.user_id = Some(f.user_id)), []);
}

#[test]
fn all_reasons_are_reported_in_fixed_order() {
    use RuleCode::*;
    let refusals = reasons(|f| {
        f.observed.user_status = Some(UserStatus::Blocked);
        f.promotion.ends_at = Some(NOW);
        f.observed.taken = 10;
        f.promotion.effect = Effect::FixedPrice { minor: 99_900 };
    });
    assert_eq!(
        refusals,
        [UserNotActive, PromoEnded, PromoLimitReached, NoBenefit]
    );
}

#[test]
fn meeting_the_required_value_passes() {
    assert_eq!(reasons(|f| f.promotion.min_price_minor = Some(29_900)), []);
    assert_eq!(
        reasons(|f| f.promotion.first_purchase = Some(FirstPurchase::Any)),
        []
    );
    assert_eq!(reasons(|f| f.observed.has_purchased = true), []);
    assert_eq!(
        reasons(|f| {
            f.promotion.audience = Audience::Groups(vec![7, 8]);
            f.observed.group_ids = vec![1, 8];
        }),
        []
    );
}

#[test]
fn smallest_passing_change_is_reported() {
    let change = |change: &dyn Fn(&mut Parts)| {
        let mut parts = parts();
        change(&mut parts);
        let decision = parts.clone().decide();
        decision
            .refusals()
            .map(|outcome| outcome.change.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        change(&|f| f.promotion.starts_at = NOW + HOUR),
        [RuleValue::Number(3600)]
    );
    assert_eq!(
        change(&|f| f.promotion.ends_at = Some(NOW - HOUR)),
        [RuleValue::None],
        "it never comes back"
    );
    assert_eq!(change(&|f| f.observed.taken = 12), [RuleValue::Number(3)]);
    let short = Money::from_minor(100, Currency::RUB).unwrap();
    assert_eq!(
        change(&|f| f.promotion.min_price_minor = Some(30_000)),
        [RuleValue::Money(short)]
    );
}

#[test]
fn daily_limit_ignores_yesterday() {
    let midnight = NOW - SignedDuration::from_hours(8);
    let uses = |used_at: &[Timestamp]| {
        let mut parts = parts();
        parts.promotion.per_user_period = UserPeriod::Day;
        let start = parts.promotion.period_start(NOW);
        assert_eq!(start, midnight, "of the day of NOW in UTC");
        parts.observed.set_uses(used_at, start);
        parts
            .decide()
            .refusals()
            .map(|o| o.rule)
            .collect::<Vec<_>>()
    };
    assert_eq!(uses(&[]), []);
    assert_eq!(uses(&[midnight - HOUR]), []);
    assert_eq!(uses(&[midnight]), [RuleCode::UserLimitReached]);
    assert_eq!(
        uses(&[NOW - HOUR, midnight - HOUR]),
        [RuleCode::UserLimitReached]
    );
}

#[test]
fn code_has_its_own_state_end_and_uses() {
    use RuleCode::*;
    assert_eq!(
        reasons(|f| f.code.state = CodeState::Disabled),
        [CodeDisabled]
    );
    assert_eq!(reasons(|f| f.code.ends_at = Some(NOW)), [CodeEnded]);
    assert_eq!(reasons(|f| f.code.ends_at = Some(NOW + HOUR)), []);
    let used = |uses| {
        reasons(|f| {
            f.code.max_uses = Some(2);
            f.observed.code_uses = uses;
        })
    };
    assert_eq!(used(1), []);
    assert_eq!(used(2), [CodeLimitReached]);
}

#[test]
fn recalled_decision_has_the_outcomes_of_the_first() {
    let changes: [fn(&mut Parts); 5] = [
        |_| (),
        |f| f.observed.insider_since = Some(NOW),
        |f| f.observed.uses = 1,
        |f| f.promotion.ends_at = Some(NOW - HOUR),
        |f| {
            f.campaign = Some(campaign());
            f.observed.campaign_spent_minor = 9_950;
            f.observed.other_code = Some(PromoCodeId(6));
        },
    ];
    for change in changes {
        let mut parts = parts();
        change(&mut parts);
        let first = parts.clone().decide();
        let refused: Vec<String> = first.refusals().map(|o| o.rule.to_string()).collect();
        let kept = serde_json::to_string(&parts.observed).unwrap();
        assert!(kept.len() < 120, "{kept}");
        parts.observed = serde_json::from_str(&kept).unwrap();
        assert_eq!(
            Decision::recall(&parts.facts(), RULE_SET, &refused, &[]),
            first.outcomes
        );
    }
}

#[test]
fn recalled_decision_keeps_its_verdict_and_its_rules() {
    let refused = ["promo_ended".to_owned(), "a_rule_of_old".to_owned()];
    let outcomes = Decision::recall(&parts().facts(), RULE_SET, &refused, &[]);
    let refusals: Vec<RuleCode> = outcomes
        .iter()
        .filter(|o| !o.passed)
        .map(|o| o.rule)
        .collect();
    assert_eq!(refusals, [RuleCode::PromoEnded]);
    let none = Decision::recall(&parts().facts(), 0, &refused, &[]);
    assert_eq!(none, [], "rules that came later were not asked");
    let rules = |rule_set| {
        let mut insider = parts();
        insider.observed.insider_since = Some(NOW);
        let outcomes = Decision::recall(&insider.facts(), rule_set, &[], &[]);
        outcomes.into_iter().map(|o| o.rule).collect::<Vec<_>>()
    };
    let conflict = RuleCode::ConflictOfInterest;
    assert!(!rules(1).contains(&conflict) && rules(2).contains(&conflict));
}

#[test]
fn drafts_and_foreign_codes_stay_hidden() {
    let hidden = |change: &dyn Fn(&mut Parts)| {
        let mut parts = parts();
        change(&mut parts);
        parts.clone().decide().hidden
    };
    assert!(hidden(&|f| f.promotion.status = PromotionStatus::Draft));
    assert!(hidden(&|f| f.promotion.status = PromotionStatus::Archived));
    assert!(hidden(&|f| f.code.user_id = Some(Uuid::from_u128(2))));
    assert!(hidden(&|f| f.promotion.audience = Audience::Groups(vec![1])));
    assert!(!hidden(&|f| f.promotion.status = PromotionStatus::Paused));
    assert!(!hidden(&|f| f.promotion.ends_at = Some(NOW)));
}

fn campaign() -> Campaign {
    Campaign {
        id: 3,
        status: CampaignStatus::Active,
        total_limit: Some(100),
        budget_minor: Some(10_000),
        currency: Currency::RUB,
        version: 1,
    }
}

#[test]
fn campaign_has_its_own_status_limit_and_budget() {
    use RuleCode::*;
    let with = |change: fn(&mut Campaign, &mut Observed)| {
        let mut campaign = campaign();
        reasons(|f| {
            f.observed.campaign_taken = 99;
            f.observed.campaign_spent_minor = 9_900;
            change(&mut campaign, &mut f.observed);
            f.campaign = Some(campaign);
        })
    };
    assert_eq!(with(|_, _| ()), []);
    assert_eq!(
        with(|c, _| c.status = CampaignStatus::Paused),
        [CampaignNotActive]
    );
    assert_eq!(with(|_, o| o.campaign_taken = 100), [CampaignLimitReached]);
    assert_eq!(
        with(|_, o| o.campaign_spent_minor = 9_901),
        [CampaignBudgetReached]
    );
    assert_eq!(
        with(|c, o| {
            c.total_limit = None;
            c.budget_minor = None;
            o.campaign_taken = i64::MAX;
            o.campaign_spent_minor = i64::MAX;
        }),
        []
    );
}

#[test]
fn budget_is_used_to_the_last_kopeck() {
    // The discount is 100 kopecks.
    let spent = |minor| {
        reasons(|f| {
            f.promotion.budget_minor = Some(1_000);
            f.observed.spent_minor = minor;
        })
    };
    assert_eq!(spent(900), []);
    assert_eq!(spent(901), [RuleCode::PromoBudgetReached]);
    let mut parts = parts();
    parts.promotion.budget_minor = Some(1_000);
    parts.observed.spent_minor = 950;
    let decision = parts.clone().decide();
    let refusal = decision.refusals().next().unwrap();
    let money = |minor| RuleValue::Money(Money::from_minor(minor, Currency::RUB).unwrap());
    assert_eq!(
        (&refusal.observed, &refusal.required, &refusal.change),
        (&money(950), &money(1_000), &money(50))
    );
}

#[test]
fn amounts_are_not_compared_across_currencies() {
    let dollars: Currency = "USD".parse().unwrap();
    let on_dollars = |change: &dyn Fn(&mut Parts)| {
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
        let refusals = on_dollars(&|f| f.promotion.effect = effect);
        assert_eq!(refusals, [RuleCode::CurrencyMismatch], "{effect:?}");
        let refusals =
            on_dollars(&|f| (f.promotion.effect, f.promotion.currency) = (effect, dollars));
        assert!(
            !refusals.contains(&RuleCode::CurrencyMismatch),
            "{effect:?}"
        );
    }
    for effect in [percent(None), free] {
        assert_eq!(on_dollars(&|f| f.promotion.effect = effect), []);
        // A price that is too low and a budget that is spent, if they were dollars.
        let changes: [&dyn Fn(&mut Parts); 3] = [
            &|f| f.promotion.min_price_minor = Some(50_000),
            &|f| f.promotion.budget_minor = Some(900),
            &|f| f.campaign = Some(campaign()),
        ];
        for change in changes {
            let refusals = on_dollars(&|f| {
                f.promotion.effect = effect;
                change(f);
            });
            assert_eq!(refusals, [RuleCode::CurrencyMismatch], "{effect:?}");
        }
        let unlimited = on_dollars(&|f| {
            f.promotion.effect = effect;
            f.campaign = Some(Campaign {
                budget_minor: None,
                ..campaign()
            });
        });
        assert_eq!(unlimited, [], "a campaign without a budget has no amount");
    }
    let mut parts = parts();
    parts.tariff.price = Money::from_minor(29_900, dollars).unwrap();
    let decision = parts.clone().decide();
    let refusal = decision.refusals().next().unwrap();
    let text = |currency: &str| RuleValue::Text(currency.to_owned().into());
    assert_eq!(
        (&refusal.observed, &refusal.required),
        (&text("USD"), &text("RUB"))
    );
    assert_eq!((decision.quote, parts.facts().discount_minor()), (None, 0));
}

#[test]
fn unlisted_code_works_by_its_text() {
    let by_number = |change: fn(&mut Parts)| {
        reasons(|f| {
            f.promotion.listed = false;
            change(f);
        })
    };
    assert_eq!(by_number(|_| ()), [RuleCode::CodeTextRequired]);
    assert_eq!(by_number(|f| f.observed.named_by_text = true), []);
    assert_eq!(
        by_number(|f| f.code.user_id = Some(f.user_id)),
        [],
        "it was made for this user"
    );
    assert_eq!(
        by_number(|f| {
            f.promotion.per_user_limit = None;
            f.observed.has_used = true;
        }),
        [],
        "this user has used it before"
    );
    let mut parts = parts();
    parts.promotion.listed = false;
    assert!(parts.clone().decide().hidden);
}

#[test]
fn insider_is_refused_whatever_the_code_is() {
    let known = NOW - HOUR;
    let changes: [fn(&mut Parts); 5] = [
        |_| (),
        |f| {
            f.promotion.listed = false;
            f.observed.named_by_text = true;
        },
        |f| f.code.user_id = Some(f.user_id),
        |f| f.promotion.effect = Effect::Free { days: 7 },
        |f| {
            f.promotion.audience = Audience::Groups(vec![7]);
            f.observed.group_ids = vec![7];
        },
    ];
    for change in changes {
        assert_eq!(reasons(change), []);
        let mut parts = parts();
        change(&mut parts);
        parts.observed.insider_since = Some(known);
        let decision = parts.clone().decide();
        let refusals: Vec<&Outcome> = decision.refusals().collect();
        assert_eq!(refusals.len(), 1);
        assert_eq!(refusals[0].rule, RuleCode::ConflictOfInterest);
        assert_eq!(refusals[0].observed, RuleValue::Time(known));
        assert!(!decision.hidden, "it is known to exist");
        assert_eq!(parts.facts().accepted(), None, "nor is it listed");
    }
}

#[test]
fn batch_code_works_by_its_text_only() {
    let by_number = |change: fn(&mut Parts)| {
        reasons(|f| {
            f.code.in_batch = true;
            change(f);
        })
    };
    assert_eq!(by_number(|_| ()), [RuleCode::CodeTextRequired]);
    assert_eq!(by_number(|f| f.observed.named_by_text = true), []);
    assert_eq!(by_number(|f| f.code.user_id = Some(f.user_id)), []);
    assert_eq!(
        by_number(|f| f.observed.has_used = true),
        [RuleCode::CodeTextRequired],
        "another code of the batch tells nothing of this one"
    );
    assert_eq!(
        by_number(|f| {
            f.promotion.audience = Audience::Groups(vec![7]);
            f.observed.group_ids = vec![7];
        }),
        [RuleCode::CodeTextRequired]
    );
}
