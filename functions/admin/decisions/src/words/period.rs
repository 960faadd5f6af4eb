//! When a code works: statuses and dates.

use domain::{CampaignStatus, CodeState, PromotionStatus};
use jiff::civil::Time;
use jiff::{Timestamp, ToSpan};
use serde_json::json;

use super::format::to_the_minute;
use super::{Meaning, Tense, Words, say};
use crate::action::Action;

pub(super) fn promo_not_active(words: &Words) -> Option<Meaning> {
    let promotion = &words.facts.promotion;
    let was = words.tense(["was", "is", "is"]);
    let ru_was = words.tense(["был ", "", ""]);
    let published = words.tense([
        "тогда ещё не был опубликован",
        "ещё не опубликован",
        "ещё не опубликован",
    ]);
    let suspended = words.tense(["было приостановлено", "приостановлено", "приостановлено"]);
    let (detail, remedy, title) = match promotion.status {
        PromotionStatus::Active => return None,
        PromotionStatus::Draft => (
            say!(
                words,
                "The promo code {was} not published yet.",
                "Промокод {published}."
            ),
            say!(words, "Publish the promotion.", "Опубликуйте промокод."),
            say!(words, "Publish the promotion", "Опубликовать промокод"),
        ),
        PromotionStatus::Paused => (
            say!(
                words,
                "The promo code {was} suspended.",
                "Действие промокода {suspended}."
            ),
            say!(
                words,
                "Resume the promotion.",
                "Возобновите действие промокода."
            ),
            say!(
                words,
                "Resume the promotion",
                "Возобновить действие промокода"
            ),
        ),
        PromotionStatus::Archived => {
            return Some(Meaning::final_word(say!(
                words,
                "The promo code {was} withdrawn for good. You can use another one.",
                "Промокод {ru_was}окончательно снят с публикации. Вы можете применить другой.",
            )));
        }
    };
    let body = json!({ "status": PromotionStatus::Active });
    let action = Action::promotion(title, promotion, body);
    Some(Meaning::with_action(detail, remedy, action))
}

pub(super) fn code_disabled(words: &Words) -> Option<Meaning> {
    let was = words.tense(["was", "is", "is"]);
    let ru_was = words.tense(["был ", "", ""]);
    Some(Meaning::with_action(
        say!(
            words,
            "This promo code {was} withdrawn.",
            "Этот промокод {ru_was}отозван."
        ),
        say!(words, "Enable the code again.", "Снова включите промокод."),
        Action::code(
            say!(words, "Enable the code", "Включить промокод"),
            &words.facts.code,
            json!({ "state": CodeState::Issued }),
        ),
    ))
}

pub(super) fn campaign_not_active(words: &Words) -> Option<Meaning> {
    let campaign = words.facts.campaign.as_ref()?;
    let was = words.tense(["was", "is", "is"]);
    let ru_was = words.tense(["была ", "", ""]);
    match campaign.status {
        CampaignStatus::Active => None,
        CampaignStatus::Paused => Some(Meaning::with_action(
            say!(
                words,
                "The campaign of this promo code {was} suspended.",
                "Акция этого промокода {ru_was}приостановлена."
            ),
            say!(words, "Resume the campaign.", "Возобновите акцию."),
            Action::campaign(
                say!(words, "Resume the campaign", "Возобновить акцию"),
                campaign,
                json!({ "status": CampaignStatus::Active }),
            ),
        )),
        CampaignStatus::Archived => Some(Meaning::final_word(say!(
            words,
            "The campaign of this promo code {was} over. You can use another promo code.",
            "Акция этого промокода {ru_was}завершена. Вы можете применить другой промокод.",
        ))),
    }
}

pub(super) fn promo_not_started(words: &Words) -> Option<Meaning> {
    let promotion = &words.facts.promotion;
    let start = words.time(promotion.starts_at);
    if Tense::of(promotion.starts_at, words.now) != Tense::Future {
        let at = words.minute(words.facts.now);
        return Some(Meaning::final_word(say!(
            words,
            "The promo code began to work on {start}, and this was earlier: {at}. You can try it again now.",
            "Промокод начал действовать {start}, а попытка была раньше: {at}. Сейчас его можно применить снова.",
        )));
    }
    // The rule is in the way only before that time.
    let earlier = to_the_minute(words.usable_from());
    let until = words.time(earlier);
    let body = json!({ "starts_at": words.in_body(earlier) });
    Some(Meaning::with_action(
        say!(
            words,
            "The promo code will begin to work on {start}.",
            "Промокод начнёт действовать {start}."
        ),
        say!(
            words,
            "Move the start to {until} or earlier.",
            "Перенесите начало на {until} или раньше."
        ),
        Action::promotion(
            say!(
                words,
                "Move the start to {until}",
                "Перенести начало на {until}"
            ),
            promotion,
            body,
        ),
    ))
}

pub(super) fn promo_ended(words: &Words) -> Option<Meaning> {
    let promotion = &words.facts.promotion;
    let ended = promotion.ends_at?;
    let end = words.time(ended);
    let stopped = past_or_future(words, ended, ["stopped working", "will stop working"]);
    let ru_stopped = past_or_future(words, ended, ["перестал", "перестанет"]);
    let detail = say!(
        words,
        "The promo code {stopped} on {end}.",
        "Промокод {ru_stopped} действовать {end}."
    );
    let (remedy, title, body) = extension(words)?;
    let action = Action::promotion(title, promotion, body);
    Some(Meaning::with_action(detail, remedy, action))
}

pub(super) fn code_ended(words: &Words) -> Option<Meaning> {
    let code = &words.facts.code;
    let ended = code.ends_at?;
    let end = words.time(ended);
    let expired = past_or_future(words, ended, ["expired", "will expire"]);
    let ru_expired = past_or_future(words, ended, ["истёк", "истечёт"]);
    let detail = say!(
        words,
        "Your promo code {expired} on {end}.",
        "Срок вашего промокода {ru_expired} {end}."
    );
    let (remedy, title, body) = extension(words)?;
    Some(Meaning::with_action(
        detail,
        remedy,
        Action::code(title, code, body),
    ))
}

fn past_or_future<'t>(words: &Words, event: Timestamp, [past, future]: [&'t str; 2]) -> &'t str {
    match Tense::of(event, words.now) {
        Tense::Past | Tense::Present => past,
        Tense::Future => future,
    }
}

/// The remedy, the title and the body of a call that moves an end: to the end of the day, which leaves the customer the
/// time to apply the code.
fn extension(words: &Words) -> Option<(String, String, serde_json::Value)> {
    let end_of_day = next_midnight(words)?;
    let end = words.time(end_of_day);
    Some((
        say!(
            words,
            "Extend it at least until {end}.",
            "Продлите срок действия хотя бы до {end}."
        ),
        say!(words, "Extend it until {end}", "Продлить до {end}"),
        json!({ "ends_at": words.in_body(end_of_day) }),
    ))
}

fn next_midnight(words: &Words) -> Option<Timestamp> {
    let local = words.usable_from().to_zoned(words.zone().clone());
    let tomorrow = local.date().checked_add(1.day()).ok()?;
    let midnight = tomorrow.to_datetime(Time::midnight());
    // Where midnight is skipped by a change of the clocks, the day begins after it.
    let midnight = midnight.to_zoned(words.zone().clone()).ok()?;
    Some(midnight.timestamp())
}
