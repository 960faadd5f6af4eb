//! Waiving a rule lets pass what it refused, and does nothing else.

use proptest::prelude::*;
use proptest::sample::subsequence;

use super::*;

/// Changes of the facts, each of which makes a rule refuse.
const BREAKS: [fn(&mut Parts); 20] = [
    |f| f.observed.user_status = None,
    |f| f.observed.user_status = Some(UserStatus::Blocked),
    |f| f.promotion.audience = Audience::Groups(vec![1]),
    |f| f.code.user_id = Some(Uuid::from_u128(2)),
    |f| f.observed.insider_since = Some(NOW - HOUR),
    |f| f.promotion.listed = false,
    |f| {
        f.promotion.first_purchase = Some(FirstPurchase::Any);
        f.observed.has_purchased = true;
    },
    |f| f.promotion.status = PromotionStatus::Paused,
    |f| f.promotion.starts_at = NOW + HOUR,
    |f| f.promotion.ends_at = Some(NOW - HOUR),
    |f| f.code.ends_at = Some(NOW - HOUR),
    |f| f.tariff.status = TariffStatus::Archived,
    |f| f.promotion.tariffs = Some(vec![TariffId(2)]),
    |f| f.promotion.min_price_minor = Some(30_000),
    |f| f.observed.taken = 10,
    |f| f.observed.uses = 1,
    |f| f.observed.unused = 3,
    |f| f.observed.other_code = Some(PromoCodeId(6)),
    |f| f.promotion.effect = Effect::FixedPrice { minor: 99_900 },
    |f| {
        f.promotion.effect = Effect::Free { days: 14 };
        f.observed.trial = Some(ApplicationState::Used);
    },
];

/// Every rule.
fn rule_codes() -> Vec<RuleCode> {
    let outcomes = parts().decide().outcomes;
    outcomes.iter().map(|outcome| outcome.rule).collect()
}

fn waivers(rules: &[RuleCode]) -> Waivers {
    let mut waivers = Waivers::default();
    for rule in rules {
        waivers.add(*rule).unwrap();
    }
    waivers
}

proptest! {
    #[test]
    fn waiving_turns_refusals_of_the_named_rules_into_passes_and_nothing_else(
        breaks in subsequence(BREAKS.to_vec(), 0..=BREAKS.len()),
        named in subsequence(rule_codes(), 0..=RULES),
    ) {
        let named: Vec<RuleCode> = named.into_iter().filter(|rule| rule.is_waivable()).collect();
        let mut parts = parts();
        for change in breaks {
            change(&mut parts);
        }
        let facts = parts.facts();
        let strict = Decision::of(&facts);
        let lenient = Decision::waiving(&facts, &waivers(&named));

        let refused = |decision: &Decision| -> Vec<RuleCode> {
            decision.refusals().map(|outcome| outcome.rule).collect()
        };
        let (waived, left): (Vec<RuleCode>, Vec<RuleCode>) =
            refused(&strict).into_iter().partition(|rule| named.contains(rule));
        prop_assert_eq!(refused(&lenient), left.clone());
        prop_assert_eq!(lenient.waived().collect::<Vec<_>>(), waived.clone());
        prop_assert_eq!(lenient.accepted().is_some(), left.is_empty());
        prop_assert_eq!((strict.quote, strict.hidden), (lenient.quote, lenient.hidden));
        for (strict, lenient) in strict.outcomes.iter().zip(&lenient.outcomes) {
            let unwaived = Outcome { waived: false, ..lenient.clone() };
            prop_assert_eq!(strict, &unwaived, "the values are those of the rule");
        }

        let names = |rules: &[RuleCode]| -> Vec<String> { rules.iter().map(RuleCode::to_string).collect() };
        let recalled = Decision::recall(&facts, RULE_SET, &names(&left), &names(&waived));
        prop_assert_eq!(recalled, lenient.outcomes);
    }
}

#[test]
fn rule_that_passes_is_not_waived() {
    let decision = Decision::waiving(&parts().facts(), &waivers(&[RuleCode::PromoEnded]));
    assert_eq!(decision.waived().next(), None);
    assert!(decision.outcomes.iter().all(|outcome| outcome.passed));
}

#[test]
fn counters_indexes_and_switches_are_never_waived() {
    let mut waivable: Vec<&str> = vec![];
    for rule in rule_codes() {
        let mut waivers = Waivers::default();
        match waivers.add(rule) {
            Ok(()) => waivable.push(rule.as_str()),
            Err(NotWaivable) => assert!(waivers.is_empty()),
        }
    }
    assert_eq!(
        waivable,
        [
            "not_in_audience",
            "not_first_purchase",
            "promo_not_started",
            "promo_ended",
            "code_ended",
            "outside_schedule",
            "tariff_not_in_scope",
            "price_below_minimum",
            "user_limit_reached",
            "too_many_unused_applications",
        ]
    );
}
