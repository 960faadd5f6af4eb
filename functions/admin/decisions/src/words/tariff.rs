//! The tariff, and other applications for it.

use domain::{Outcome, RuleValue, TariffStatus};
use serde_json::json;

use super::{Meaning, Tense, Words, say};
use crate::action::Action;

pub(super) fn not_on_sale(words: &Words) -> Option<Meaning> {
    let tariff = &words.facts.tariff;
    let title = &tariff.title;
    let was = words.tense(["was", "is", "is"]);
    let ru_was = words.tense([
        "уже не продавался",
        "больше не продаётся",
        "больше не продаётся",
    ]);
    Some(Meaning::with_action(
        say!(
            words,
            "The tariff “{title}” {was} no longer on sale.",
            "Тариф «{title}» {ru_was}."
        ),
        say!(
            words,
            "Put the tariff on sale again.",
            "Верните тариф в продажу."
        ),
        Action::tariff(
            say!(
                words,
                "Put the tariff on sale again",
                "Вернуть тариф в продажу"
            ),
            tariff,
            json!({ "status": TariffStatus::Active }),
        ),
    ))
}

pub(super) fn not_in_scope(words: &Words) -> Option<Meaning> {
    let promotion = &words.facts.promotion;
    let tariff = &words.facts.tariff;
    let mut ids: Vec<i64> = promotion.tariffs.as_ref()?.iter().map(|id| id.0).collect();
    let (title, id) = (&tariff.title, tariff.id.0);
    let known: Vec<String> = ids.iter().map(i64::to_string).collect();
    let known = words.list(&known);
    ids.push(id);
    ids.sort_unstable();
    ids.dedup();
    Some(Meaning::with_action(
        say!(
            words,
            "The promo code is for other tariffs than “{title}”.",
            "Промокод действует для других тарифов, не для тарифа «{title}».",
        ),
        say!(
            words,
            "Add tariff {id} to those that the promotion is for: {known}.",
            "Добавьте тариф {id} к тарифам, для которых действует промокод: {known}.",
        ),
        Action::promotion(
            say!(words, "Add tariff {id}", "Добавить тариф {id}"),
            promotion,
            json!({ "tariffs": ids }),
        ),
    ))
}

/// Staff can't help: in another currency, the same amounts would mean something else.
pub(super) fn currency_mismatch(words: &Words, outcome: &Outcome) -> Option<Meaning> {
    let RuleValue::Text(required) = &outcome.required else {
        return None;
    };
    let tariff = &words.facts.tariff;
    let (title, currency) = (&tariff.title, tariff.price.currency());
    Some(Meaning::final_word(say!(
        words,
        "The promo code is for prices in {required}, and the tariff “{title}” is sold in {currency}. You can choose a \
         tariff with a price in {required}.",
        "Промокод действует для цен в валюте {required}, а тариф «{title}» продаётся в валюте {currency}. Вы можете \
         выбрать тариф с ценой в валюте {required}.",
    )))
}

pub(super) fn held_for_another(words: &Words) -> Option<Meaning> {
    let held = words.facts.observed.held.as_ref()?;
    let (tariff, title) = (held.tariff.0, &words.facts.tariff.title);
    let had = words.tense(["had", "have", "will have"]);
    let (is, ru_left) = (
        words.tense(["was", "is", "will be"]),
        words.tense(["не оставалось", "не осталось", "не останется"]),
    );
    let Some(until) = held.until else {
        return Some(Meaning::final_word(say!(
            words,
            "You {had} already begun to pay for tariff {tariff} with the promo code, and no other use {is} left. Finish \
             that payment, or cancel the purchase.",
            "Вы уже начали оплачивать с этим промокодом тариф {tariff}, и свободных применений {ru_left}. Завершите \
             оплату или отмените покупку.",
        )));
    };
    let detail = {
        let until = words.minute(until);
        say!(
            words,
            "You {had} already applied the promo code to tariff {tariff}, until {until}, and no other use {is} left.",
            "Вы уже применили промокод к тарифу {tariff}, до {until}, и свободных применений {ru_left}.",
        )
    };
    let advice = match until > words.now {
        true => say!(
            words,
            "You can move it to the tariff “{title}”, or cancel it there.",
            "Вы можете перенести его на тариф «{title}» или отменить там.",
        ),
        false => say!(
            words,
            "That time is over, and you can try again.",
            "Этот срок прошёл, и можно попробовать снова."
        ),
    };
    Some(Meaning::final_word(format!("{detail} {advice}")))
}

pub(super) fn another_promo_applied(words: &Words) -> Option<Meaning> {
    let other = words.facts.observed.other_code?.0;
    let title = &words.facts.tariff.title;
    let had = words.tense(["had", "have", "will have"]);
    let ru_was = words.tense(["был применён", "уже применён", "будет применён"]);
    let detail = say!(
        words,
        "You {had} applied another promo code, number {other}, to the tariff “{title}”, and a purchase takes one. \
         Cancel that one and try again.",
        "К тарифу «{title}» {ru_was} другой промокод, номер {other}, а на покупку действует один. Отмените его и \
         попробуйте снова.",
    );
    // One that was open at another time may be used by now.
    let open = words
        .other_application
        .filter(|_| words.tense == Tense::Present);
    let Some(application_id) = open else {
        return Some(Meaning::final_word(detail));
    };
    // Not its text: the reason is there for all staff to read.
    let code = words.facts.code.id.0;
    let reason = say!(
        words,
        "The customer wants to use promo code number {code} instead",
        "Покупатель хочет применить промокод номер {code}"
    );
    Some(Meaning::with_action(
        detail,
        say!(
            words,
            "Cancel the application of the other code for the customer.",
            "Отмените применение другого промокода за покупателя."
        ),
        Action::cancellation(
            say!(
                words,
                "Cancel the application of the other code",
                "Отменить применение другого промокода"
            ),
            application_id,
            &reason,
        ),
    ))
}
