//! Who may use a code.

use domain::{ApplicationState, Audience, FirstPurchase, UserStatus};
use serde_json::json;

use super::{Meaning, Words, say};
use crate::action::Action;

/// Links to at most so many groups: one is enough, but which is for staff to say.
const MAX_GROUPS: usize = 10;

pub(super) fn not_registered(words: &Words) -> Option<Meaning> {
    let was = words.tense(["was", "is", "will be"]);
    let not_there = words.tense(["тогда ещё не было", "ещё нет", "ещё не будет"]);
    Some(Meaning::final_word(say!(
        words,
        "Your account {was} not yet known to the promo code service. That takes a few seconds after the registration: \
         please try again.",
        "Вашей учётной записи {not_there} в системе промокодов: после регистрации на это нужно несколько секунд. \
         Попробуйте ещё раз.",
    )))
}

pub(super) fn not_active(words: &Words) -> Option<Meaning> {
    let was = words.tense(["was", "is", "will be"]);
    let ru_was = words.tense(["была ", "", "будет "]);
    let user = words.facts.user_id;
    match words.facts.observed.user_status? {
        UserStatus::Active => None,
        UserStatus::Blocked => Some(Meaning::with_action(
            say!(
                words,
                "Your account {was} blocked.",
                "Ваша учётная запись {ru_was}заблокирована."
            ),
            say!(words, "Unblock the user.", "Разблокируйте пользователя."),
            Action::unblock(
                say!(words, "Unblock the user", "Разблокировать пользователя"),
                user,
            ),
        )),
        UserStatus::Deleted => Some(Meaning::final_word(say!(
            words,
            "This account {was} deleted. You can register again and use promo codes with the new account.",
            "Эта учётная запись {ru_was}удалена. Вы можете зарегистрироваться заново и применять промокоды там.",
        ))),
    }
}

pub(super) fn not_in_audience(words: &Words) -> Option<Meaning> {
    let Audience::Groups(groups) = &words.facts.promotion.audience else {
        return None;
    };
    let was = words.tense(["was", "is", "is"]);
    let ru_was = words.tense(["был предназначен", "предназначен", "предназначен"]);
    let were = words.tense(["were", "are", "are"]);
    let ru_were = words.tense(["входили", "входите", "входите"]);
    let ids: Vec<String> = groups.iter().map(i64::to_string).collect();
    let ids = ids.join(", ");
    let remedy = match groups.len() {
        1 => say!(
            words,
            "Add the user to group {ids}.",
            "Добавьте пользователя в группу {ids}."
        ),
        _ => say!(
            words,
            "Add the user to one of the groups {ids}.",
            "Добавьте пользователя в одну из групп: {ids}.",
        ),
    };
    let link = |group: &i64| {
        let title = say!(
            words,
            "Add the user to group {group}",
            "Добавить пользователя в группу {group}"
        );
        Action::membership(title, *group, words.facts.user_id)
    };
    Some(Meaning {
        detail: say!(
            words,
            "The promo code {was} for a group of customers that you {were} not in.",
            "Промокод {ru_was} для группы покупателей, в которую вы не {ru_were}.",
        ),
        remedy: Some(remedy),
        actions: groups.iter().take(MAX_GROUPS).map(link).collect(),
    })
}

pub(super) fn code_for_another_user(words: &Words) -> Option<Meaning> {
    let code = &words.facts.code;
    code.user_id?;
    let was = words.tense(["was", "is", "is"]);
    let ru_was = words.tense(["был выдан", "выдан", "выдан"]);
    let body = json!({ "user_id": words.facts.user_id });
    Some(Meaning::with_action(
        say!(
            words,
            "This promo code {was} issued to another customer.",
            "Этот промокод {ru_was} другому покупателю."
        ),
        say!(
            words,
            "If it was issued to the wrong account, give the code to this user.",
            "Если промокод выдали не на ту учётную запись, передайте его этому пользователю.",
        ),
        Action::code(
            say!(
                words,
                "Give the code to this user",
                "Передать промокод этому пользователю"
            ),
            code,
            body,
        ),
    ))
}

pub(super) fn conflict_of_interest(words: &Words) -> Option<Meaning> {
    let since = words.minute(words.facts.observed.insider_since?);
    let can_not = words.tense(["could not", "can't", "won't be able to"]);
    let ru_can_not = words.tense(["не могли", "не можете", "не сможете"]);
    Some(Meaning::final_word(say!(
        words,
        "On {since}, you made, changed or looked up this promo code as a member of staff, so you {can_not} use it \
         yourself. Please choose another code.",
        "{since} вы создали, изменили или посмотрели этот промокод как сотрудник, поэтому сами применить его \
         {ru_can_not}. Выберите другой промокод.",
    )))
}

pub(super) fn code_text_required(words: &Words) -> Option<Meaning> {
    Some(Meaning::final_word(say!(
        words,
        "This promo code can only be applied by its text, not by its number. Please enter the text of the code.",
        "Этот промокод применяют только по тексту, а не по номеру. Введите текст промокода.",
    )))
}

pub(super) fn not_first_purchase(words: &Words) -> Option<Meaning> {
    let promotion = &words.facts.promotion;
    let observed = &words.facts.observed;
    let open = observed.first_purchase.filter(|state| state.is_open());
    let (bought, ru_bought) = match (promotion.first_purchase?, observed.has_purchased) {
        (FirstPurchase::Paid, true) => (
            "first paid purchase, and you have paid for one before",
            "первую оплаченную покупку, а вы уже оплачивали покупки",
        ),
        (FirstPurchase::Any, true) => (
            "first purchase, and you have made one before",
            "первую покупку, а вы уже покупали",
        ),
        (_, false) if open.is_some() => {
            return Some(Meaning::final_word(say!(
                words,
                "The promo code is for a first purchase, and you have applied another code for first purchases. Cancel \
                 that one, or use it instead.",
                "Промокод действует на первую покупку, а вы уже применили другой промокод на первую покупку. Отмените \
                 его или воспользуйтесь им.",
            )));
        }
        (_, false) => (
            "first purchase, and you have used another code for first purchases before",
            "первую покупку, а вы уже использовали другой промокод на первую покупку",
        ),
    };
    Some(Meaning::with_action(
        say!(
            words,
            "The promo code is only for a {bought}.",
            "Промокод действует только на {ru_bought}."
        ),
        say!(
            words,
            "Open the promotion to customers who have bought before.",
            "Разрешите промокод и тем, кто уже покупал."
        ),
        Action::promotion(
            say!(
                words,
                "Remove the condition of a first purchase",
                "Снять условие первой покупки"
            ),
            promotion,
            json!({ "first_purchase": null }),
        ),
    ))
}

pub(super) fn trial_taken(words: &Words) -> Option<Meaning> {
    Some(Meaning::final_word(match words.facts.observed.trial? {
        ApplicationState::Applied => say!(
            words,
            "You have already applied a promo code for a trial, and there is one trial for each customer. Use that one, \
             or cancel it.",
            "Вы уже применили промокод на пробный период, а пробный период один на покупателя. Воспользуйтесь тем \
             промокодом или отмените его.",
        ),
        ApplicationState::Paying => say!(
            words,
            "A purchase with a trial is under way already, and there is one trial for each customer. Finish that \
             purchase, or cancel it.",
            "Покупка с пробным периодом уже оформляется, а пробный период один на покупателя. Завершите её или отмените.",
        ),
        ApplicationState::Used | ApplicationState::Cancelled | ApplicationState::Expired => say!(
            words,
            "You have had a trial before, and there is one trial for each customer. You can use a promo code with a \
             discount instead.",
            "Пробный период у вас уже был, а он один на покупателя. Вы можете применить промокод со скидкой.",
        ),
    }))
}
