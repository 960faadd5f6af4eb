//! What is said about each rule, word for word.

mod table;

use std::sync::Arc;

use domain::*;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use service_http::Language;
use uuid::Uuid;

use super::{Meaning, Tense, Words};
use crate::action::Action;

/// 2 April 2026, 12:30 in Moscow, a Thursday.
const NOW: Timestamp = Timestamp::constant(1_775_122_200, 0);
const HOUR: SignedDuration = SignedDuration::from_hours(1);
const DAY: SignedDuration = SignedDuration::from_hours(24);
/// 1 April 2026, 00:00 in Moscow.
const APRIL: Timestamp = Timestamp::constant(1_774_990_800, 0);

/// Facts whose parts can be changed.
struct Parts {
    code: IssuedCode,
    promotion: Promotion,
    campaign: Campaign,
    tariff: Tariff,
    observed: Observed,
}

fn parts() -> Parts {
    Parts {
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
            version: 3,
        },
        promotion: Promotion {
            id: PromotionId(50),
            title: "Spring".to_owned(),
            status: PromotionStatus::Active,
            listed: true,
            effect: Effect::AmountOff { minor: 15_000 },
            currency: Currency::RUB,
            starts_at: NOW - 100 * DAY,
            ends_at: None,
            schedule: Schedule::always(TimeZone::get("Europe/Moscow").unwrap()),
            total_limit: None,
            per_user_limit: None,
            per_user_period: UserPeriod::Lifetime,
            budget_minor: None,
            min_price_minor: None,
            first_purchase: None,
            tariffs: None,
            audience: Audience::All,
            campaign_id: Some(8),
            hold: SignedDuration::from_mins(30),
            refund_returns_use: true,
            version: 7,
        },
        campaign: Campaign {
            id: 8,
            status: CampaignStatus::Active,
            total_limit: None,
            budget_minor: None,
            currency: Currency::RUB,
            version: 2,
        },
        tariff: Tariff {
            id: TariffId(1),
            title: "Базовый".to_owned(),
            price: Money::from_minor(29_900, Currency::RUB).unwrap(),
            period_months: 1,
            status: TariffStatus::Active,
            version: 4,
        },
        observed: Observed::newcomer(),
    }
}

fn facts(at: Timestamp, change: impl FnOnce(&mut Parts)) -> Facts {
    let mut parts = parts();
    change(&mut parts);
    Facts {
        now: at,
        user_id: Uuid::from_u128(0x77),
        code: Arc::new(parts.code),
        promotion: Arc::new(parts.promotion),
        campaign: Some(Arc::new(parts.campaign)),
        tariff: Arc::new(parts.tariff),
        observed: parts.observed,
    }
}

fn words(facts: &Facts, language: Language) -> Words<'_> {
    Words {
        language,
        tense: Tense::of(facts.now, NOW),
        facts,
        now: NOW,
        other_application: None,
    }
}

/// What is said about the only rule that refuses.
fn said(facts: &Facts, rule: RuleCode, language: Language) -> Meaning {
    let decision = Decision::of(facts);
    let refusals: Vec<&Outcome> = decision.refusals().collect();
    let rules: Vec<RuleCode> = refusals.iter().map(|outcome| outcome.rule).collect();
    assert_eq!(rules, [rule]);
    words(facts, language).meaning(refusals[0])
}

/// What makes a rule refuse, and what is said about it.
struct Case {
    rule: RuleCode,
    change: fn(&mut Parts),
    /// The sentence for the customer, the remedy, and the titles of the calls.
    en: &'static [&'static str],
    ru: &'static [&'static str],
    /// Who may call, the call, and the version that it is for.
    calls: &'static [&'static str],
    /// The sentences about the same an hour ago.
    past: [&'static str; 2],
}

fn held(until: Option<Timestamp>) -> Held {
    Held {
        tariff: TariffId(2),
        until,
        discount_minor: 15_000,
        counts_for_code: false,
        counts_in_period: false,
        counts_in_campaign: false,
        is_trial: false,
        is_first_purchase: false,
    }
}

fn call(action: &Action) -> String {
    let body = action.body.as_ref();
    let body = body.map(|body| format!(" {body}")).unwrap_or_default();
    let version = action.if_match.as_ref();
    let version = version.map(|version| format!(" if {version}"));
    format!(
        "{}: {} {}{body}{}",
        action.role,
        action.method,
        action.path,
        version.unwrap_or_default()
    )
}

#[test]
fn every_refusal_is_explained_with_its_values() {
    for case in table::cases() {
        let facts = facts(NOW, case.change);
        for (language, expected) in [(Language::En, case.en), (Language::Ru, case.ru)] {
            let meaning = said(&facts, case.rule, language);
            let titles = meaning.actions.iter().map(|action| action.title.clone());
            let texts: Vec<String> = [meaning.detail.clone()]
                .into_iter()
                .chain(meaning.remedy)
                .chain(titles)
                .collect();
            assert_eq!(texts, expected);
            let calls: Vec<String> = meaning.actions.iter().map(call).collect();
            assert_eq!(calls, case.calls, "{}", case.rule);
            // Only the summary has the text of the promo code, as the reader may see it.
            let said = format!("{texts:?}{calls:?}");
            assert!(!said.contains(&facts.code.code), "{said}");
        }
    }
}

#[test]
fn past_refusal_is_told_in_the_past_tense() {
    for case in table::cases() {
        let facts = facts(NOW - HOUR, case.change);
        let detail = |language| said(&facts, case.rule, language).detail;
        assert_eq!([detail(Language::En), detail(Language::Ru)], case.past);
    }
}

#[test]
fn no_rule_is_left_out() {
    for rule in RuleCode::ALL {
        let cases = table::cases();
        assert!(cases.iter().any(|case| case.rule == *rule), "{rule}");
    }
}

/// Each rule's refusal, of facts at `at`.
fn texts(at: Timestamp, change: fn(&mut Parts), rule: RuleCode) -> [String; 2] {
    let facts = facts(at, change);
    [Language::En, Language::Ru].map(|language| {
        let meaning = said(&facts, rule, language);
        format!("{} {}", meaning.detail, meaning.remedy.unwrap_or_default())
            .trim_end()
            .to_owned()
    })
}

#[test]
fn rule_of_time_that_would_pass_by_now_needs_no_change() {
    let begun = |p: &mut Parts| p.promotion.starts_at = APRIL;
    assert_eq!(
        texts(APRIL - HOUR, begun, RuleCode::PromoNotStarted),
        [
            "The promo code began to work on 1 April 2026, 00:00 (Europe/Moscow), and this was earlier: 31 March 2026, \
             23:00 (Europe/Moscow). You can try it again now.",
            "Промокод начал действовать 1 апреля 2026, 00:00 (Москва), а попытка была раньше: 31 марта 2026, 23:00 \
             (Москва). Сейчас его можно применить снова.",
        ]
    );
    let at_noon = |p: &mut Parts| {
        let noon = (
            jiff::civil::time(12, 0, 0, 0),
            jiff::civil::time(13, 0, 0, 0),
        );
        p.promotion.schedule.hours = Some(noon);
    };
    assert_eq!(
        texts(NOW - HOUR, at_noon, RuleCode::OutsideSchedule),
        [
            "The promo code works from 12:00 to 13:00 (Europe/Moscow), and this was another time: Thursday, 2 April 2026, \
             11:30 (Europe/Moscow). You can try it again now.",
            "Промокод действует с 12:00 до 13:00 (Москва), а попытка была в другое время: четверг, 2 апреля 2026, 11:30 \
             (Москва). Сейчас его можно применить снова.",
        ]
    );
}

#[test]
fn open_application_of_another_code_can_be_cancelled() {
    let other = |p: &mut Parts| p.observed.other_code = Some(PromoCodeId(6));
    let facts = facts(NOW, other);
    let decision = Decision::of(&facts);
    let refusal = decision.refusals().next().unwrap();
    let words = Words {
        other_application: Some(Uuid::from_u128(9)),
        ..words(&facts, Language::Ru)
    };
    let meaning = words.meaning(refusal);
    assert_eq!(
        meaning.remedy.as_deref(),
        Some("Отмените применение другого промокода за покупателя.")
    );
    assert_eq!(
        meaning.actions.iter().map(call).collect::<Vec<_>>(),
        [
            "support: POST /admin/applications/00000000-0000-0000-0000-000000000009/cancel \
             {\"reason\":\"Покупатель хочет применить промокод номер 5\"}"
        ]
    );
}

#[test]
fn time_to_come_is_told_in_the_future_tense() {
    let ends = |p: &mut Parts| p.promotion.ends_at = Some(NOW + DAY);
    assert_eq!(
        texts(NOW + 2 * DAY, ends, RuleCode::PromoEnded),
        [
            "The promo code will stop working on 3 April 2026, 12:30 (Europe/Moscow). Extend it at least until 5 April \
             2026, 00:00 (Europe/Moscow).",
            "Промокод перестанет действовать 3 апреля 2026, 12:30 (Москва). Продлите срок действия хотя бы до 5 апреля \
             2026, 00:00 (Москва).",
        ]
    );
}

#[test]
fn summary_tells_price_or_all_reasons() {
    let summary = |at: Timestamp, change: fn(&mut Parts), language| {
        let facts = facts(at, change);
        let decision = Decision::of(&facts);
        let words = words(&facts, language);
        match decision.accepted() {
            Some(quote) => words.accepted("SPRING30", Some(&quote)),
            None => {
                let meanings: Vec<Meaning> = decision
                    .refusals()
                    .map(|outcome| words.meaning(outcome))
                    .collect();
                words.refused("SPRING30", &meanings, decision.hidden)
            }
        }
    };
    let (en, ru) = (Language::En, Language::Ru);
    let passes: fn(&mut Parts) = |_| ();
    let trial: fn(&mut Parts) = |p| p.promotion.effect = Effect::Free { days: 14 };
    let two: fn(&mut Parts) = |p| {
        p.promotion.ends_at = Some(APRIL);
        p.promotion.total_limit = Some(100);
        p.observed.taken = 100;
    };
    let hidden: fn(&mut Parts) = |p| p.promotion.status = PromotionStatus::Draft;
    for (at, change, language, expected) in [
        (
            NOW,
            passes,
            en,
            "The code SPRING30 passes: RUB 299.00 → RUB 149.00.",
        ),
        (
            NOW,
            passes,
            ru,
            "Промокод SPRING30 проходит: 299,00 ₽ → 149,00 ₽.",
        ),
        (
            NOW - HOUR,
            passes,
            en,
            "On 2 April 2026, 11:30 (Europe/Moscow), the code SPRING30 passed: RUB 299.00 → RUB 149.00.",
        ),
        (
            NOW - HOUR,
            trial,
            ru,
            "2 апреля 2026, 11:30 (Москва): промокод SPRING30 прошёл: 299,00 ₽ → 0,00 ₽ на 14 дней.",
        ),
        (
            NOW + HOUR,
            trial,
            en,
            "On 2 April 2026, 13:30 (Europe/Moscow), the code SPRING30 will pass: RUB 299.00 → RUB 0.00 for 14 days.",
        ),
        (
            NOW,
            two,
            en,
            "The code SPRING30 does not pass for two reasons: 1. The promo code stopped working on 1 April 2026, 00:00 \
             (Europe/Moscow). 2. The promo code has 100 uses for all customers together, and all of them are taken.",
        ),
        (
            NOW - HOUR,
            two,
            ru,
            "2 апреля 2026, 11:30 (Москва): промокод SPRING30 не прошёл по двум причинам: 1. Промокод перестал \
             действовать 1 апреля 2026, 00:00 (Москва). 2. Промокод рассчитан на 100 применений на всех покупателей, и \
             все они были заняты.",
        ),
        (
            NOW,
            hidden,
            en,
            "The code SPRING30 does not pass. The promo code is not published yet. The customer is told that there is no \
             such code: it is not published, or is for others.",
        ),
        (
            NOW - HOUR,
            hidden,
            ru,
            "2 апреля 2026, 11:30 (Москва): промокод SPRING30 не прошёл. Промокод тогда ещё не был опубликован. Покупателю \
             система ответила, что такого промокода нет: он не опубликован или предназначен другим.",
        ),
    ] {
        assert_eq!(summary(at, change, language), expected);
    }
}

#[test]
fn refusal_that_the_rule_no_longer_finds_has_the_sentence_of_its_error() {
    let facts = facts(NOW, |_| ());
    let decision = Decision::of(&facts);
    for outcome in &decision.outcomes {
        let meaning = words(&facts, Language::En).meaning(outcome);
        assert!(!meaning.detail.is_empty(), "{}", outcome.rule);
    }
    let ended = |outcome: &&Outcome| outcome.rule == RuleCode::PromoEnded;
    let ended = decision.outcomes.iter().find(ended).unwrap();
    let meaning = words(&facts, Language::Ru).meaning(ended);
    assert_eq!(meaning.detail, "Срок действия промокода истёк.");
    assert!(meaning.actions.is_empty());
}

#[test]
fn currency_without_decimals_has_none() {
    let facts = facts(NOW, |_| ());
    let money = |minor, code: &str| Money::from_minor(minor, code.parse().unwrap()).unwrap();
    for (money, en, ru) in [
        (money(5, "RUB"), "RUB 0.05", "0,05 ₽"),
        (money(100_000, "RUB"), "RUB 1,000.00", "1\u{a0}000,00 ₽"),
        (
            money(1_234_567, "JPY"),
            "JPY 1,234,567",
            "1\u{a0}234\u{a0}567 JPY",
        ),
    ] {
        assert_eq!(words(&facts, Language::En).money(money), en);
        assert_eq!(words(&facts, Language::Ru).money(money), ru);
    }
}
