//! How often a code works.

use domain::{Outcome, RuleValue, UserPeriod};
use jiff::{Span, Timestamp};
use serde_json::json;

use super::plural::{USE, from_in_russian, times};
use super::{Meaning, Words, say};
use crate::action::Action;

/// The count, the limit, and the least limit that would do.
fn numbers(outcome: &Outcome) -> Option<(i64, i64, i64)> {
    match (&outcome.observed, &outcome.required) {
        (RuleValue::Number(count), RuleValue::Number(limit)) => {
            Some((*count, *limit, count.checked_add(1)?))
        }
        _ => None,
    }
}

/// `and all of them are taken`, in the tense of the decision.
fn taken(words: &Words, limit: i64) -> String {
    let (are, ru_are) = match limit {
        1 => (
            words.tense(["it was", "it is", "it will be"]),
            words.tense(["оно было занято", "оно уже занято", "оно будет занято"]),
        ),
        _ => (
            words.tense(["all of them were", "all of them are", "all of them will be"]),
            words.tense([
                "все они были заняты",
                "все они уже заняты",
                "все они будут заняты",
            ]),
        ),
    };
    say!(words, "and {are} taken", "и {ru_are}")
}

/// The remedy and the title of a call that raises a limit.
fn raise(words: &Words, limit: i64, enough: i64) -> (String, String) {
    let from = from_in_russian(&limit.to_string());
    (
        say!(
            words,
            "Raise the limit of uses from {limit} to {enough}.",
            "Увеличьте лимит применений {from} {limit} до {enough}.",
        ),
        say!(
            words,
            "Raise the limit to {enough}",
            "Увеличить лимит до {enough}"
        ),
    )
}

pub(super) fn promo_limit_reached(words: &Words, outcome: &Outcome) -> Option<Meaning> {
    let (_, limit, enough) = numbers(outcome)?;
    let (uses, taken) = (USE.count(limit, words.language), taken(words, limit));
    let detail = match words.facts.code.in_batch {
        true => say!(
            words,
            "The promo codes of this promotion have {uses} together, {taken}.",
            "Все промокоды этой серии вместе рассчитаны на {uses}, {taken}.",
        ),
        false => say!(
            words,
            "The promo code has {uses} for all customers together, {taken}.",
            "Промокод рассчитан на {uses} на всех покупателей, {taken}.",
        ),
    };
    let (remedy, title) = raise(words, limit, enough);
    let body = json!({ "total_limit": enough });
    let action = Action::promotion(title, &words.facts.promotion, body);
    Some(Meaning::with_action(detail, remedy, action))
}

pub(super) fn code_limit_reached(words: &Words, outcome: &Outcome) -> Option<Meaning> {
    let (_, limit, enough) = numbers(outcome)?;
    let (uses, taken) = (USE.count(limit, words.language), taken(words, limit));
    let detail = say!(
        words,
        "Your promo code has {uses}, {taken}.",
        "Ваш промокод рассчитан на {uses}, {taken}.",
    );
    let (remedy, title) = raise(words, limit, enough);
    let body = json!({ "max_uses": enough });
    let action = Action::code(title, &words.facts.code, body);
    Some(Meaning::with_action(detail, remedy, action))
}

pub(super) fn campaign_limit_reached(words: &Words, outcome: &Outcome) -> Option<Meaning> {
    let campaign = words.facts.campaign.as_ref()?;
    let (_, limit, enough) = numbers(outcome)?;
    let (uses, taken) = (USE.count(limit, words.language), taken(words, limit));
    let detail = say!(
        words,
        "The campaign of this promo code has {uses}, {taken}.",
        "Акция этого промокода рассчитана на {uses}, {taken}.",
    );
    let (remedy, title) = raise(words, limit, enough);
    let action = Action::campaign(title, campaign, json!({ "total_limit": enough }));
    Some(Meaning::with_action(detail, remedy, action))
}

pub(super) fn user_limit_reached(words: &Words, outcome: &Outcome) -> Option<Meaning> {
    let promotion = &words.facts.promotion;
    let (count, limit, enough) = numbers(outcome)?;
    let (allowed, used) = (times(limit, words.language), times(count, words.language));
    let (period, ru_period) = match promotion.per_user_period {
        UserPeriod::Lifetime => ("", ""),
        UserPeriod::Day => (" a day", " в день"),
        UserPeriod::Week => (" a week", " в неделю"),
        UserPeriod::Month => (" a month", " в месяц"),
    };
    let have = words.tense(["had", "have", "will have"]);
    let ru_have = words.tense([
        "и к тому времени вы применили его",
        "и вы уже применили его",
        "и вы уже применили его",
    ]);
    let mut detail = say!(
        words,
        "Each customer can use the promo code {allowed}{period}, and you {have} used it {used}.",
        "Каждый покупатель может применить промокод {allowed}{ru_period}, {ru_have} {used}.",
    );
    if let Some(next) = next_period(words) {
        let next = words.time(next);
        detail += &say!(
            words,
            " You can use it again from {next}.",
            " Снова его можно применить с {next}."
        );
    }
    let from = from_in_russian(&limit.to_string());
    Some(Meaning::with_action(
        detail,
        say!(
            words,
            "Raise the limit for each user from {limit} to {enough}.",
            "Увеличьте лимит на покупателя {from} {limit} до {enough}.",
        ),
        Action::promotion(
            say!(
                words,
                "Raise the limit for each user to {enough}",
                "Увеличить лимит на покупателя до {enough}",
            ),
            promotion,
            json!({ "per_user_limit": enough }),
        ),
    ))
}

/// When the next period of the limit per user begins.
fn next_period(words: &Words) -> Option<Timestamp> {
    let promotion = &words.facts.promotion;
    let length = match promotion.per_user_period {
        UserPeriod::Lifetime => return None,
        UserPeriod::Day => Span::new().days(1),
        UserPeriod::Week => Span::new().weeks(1),
        UserPeriod::Month => Span::new().months(1),
    };
    let start = promotion.period_start(words.facts.now);
    let first = start.to_zoned(words.zone().clone()).date();
    let next = first.checked_add(length).ok()?;
    let next = next.to_zoned(words.zone().clone()).ok()?;
    Some(next.timestamp())
}

pub(super) fn too_many_unused(words: &Words) -> Option<Meaning> {
    let times = times(words.facts.observed.unused, words.language);
    let have = words.tense(["had", "have", "will have"]);
    let ru_when = words.tense([
        "За 24 часа до этого",
        "За последние 24 часа",
        "За 24 часа до этого",
    ]);
    Some(Meaning::final_word(say!(
        words,
        "Within 24 hours you {have} applied the promo code {times} without buying, so it is left to others for a day. \
         You can apply it again 24 hours later.",
        "{ru_when} вы применили промокод {times} и не купили, поэтому на сутки он остаётся другим. Применить его снова \
         можно через 24 часа.",
    )))
}
