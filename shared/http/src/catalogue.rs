//! Every error that the services can answer with: one list, from which docs/errors.md is generated.

use std::fmt::Write;

use axum::http::StatusCode;
use domain::RuleCode;

use crate::Language;

macro_rules! catalogue {
    ($($variant:ident $text:literal $status:ident: $en:literal $do_en:literal; $ru:literal $do_ru:literal.)+) => {
        /// The stable name of an error. Clients decide by it; the texts may change.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Code {
            $(#[doc = $en] $variant,)+
        }

        impl Code {
            const ALL: &[Code] = &[$(Code::$variant,)+];

            /// The name on the wire.
            pub fn as_str(self) -> &'static str {
                match self { $(Code::$variant => $text,)+ }
            }

            /// The HTTP status that goes with it.
            pub fn status(self) -> StatusCode {
                match self { $(Code::$variant => StatusCode::$status,)+ }
            }

            /// What happened, in one sentence.
            pub fn title(self, language: Language) -> &'static str {
                match (self, language) {
                    $((Code::$variant, Language::En) => $en, (Code::$variant, Language::Ru) => $ru,)+
                }
            }

            /// What to do about it.
            pub fn advice(self, language: Language) -> &'static str {
                match (self, language) {
                    $((Code::$variant, Language::En) => $do_en, (Code::$variant, Language::Ru) => $do_ru,)+
                }
            }
        }
    };
}

catalogue! {
    RouteNotFound "route_not_found" NOT_FOUND:
        "There is nothing at this address." "Check the path against the API description.";
        "По этому адресу ничего нет." "Сверьте путь с описанием API.".
    MethodNotAllowed "method_not_allowed" METHOD_NOT_ALLOWED:
        "This address does not take this method." "Use a method from the Allow header.";
        "Этот метод здесь не поддерживается." "Используйте метод из заголовка Allow.".
    QueryParameterMissing "query_parameter_missing" BAD_REQUEST:
        "A query parameter is missing." "Add the parameter named in `parameter`.";
        "Не хватает параметра запроса." "Добавьте параметр, указанный в `parameter`.".
    QueryParameterInvalid "query_parameter_invalid" BAD_REQUEST:
        "A query parameter is not valid." "Correct the parameter named in `parameter`: numbers are whole and above zero.";
        "Недопустимое значение параметра запроса." "Исправьте параметр, указанный в `parameter`: числа целые и больше нуля.".
    QueryParameterRepeated "query_parameter_repeated" BAD_REQUEST:
        "A query parameter is given more than once." "Give the parameter named in `parameter` once.";
        "Параметр запроса указан несколько раз." "Укажите параметр из `parameter` один раз.".
    UnsupportedMediaType "unsupported_media_type" UNSUPPORTED_MEDIA_TYPE:
        "The body is not declared as JSON." "Send the header Content-Type: application/json.";
        "Тело запроса не объявлено как JSON." "Отправьте заголовок Content-Type: application/json.".
    BodyNotJson "body_not_json" BAD_REQUEST:
        "The body is not valid JSON." "Send one JSON object.";
        "Тело запроса не является корректным JSON." "Отправьте один объект JSON.".
    BodyTooLarge "body_too_large" PAYLOAD_TOO_LARGE:
        "The body is larger than 64 KiB." "Send a smaller body.";
        "Тело запроса больше 64 КиБ." "Отправьте тело меньшего размера.".
    ValidationFailed "validation_failed" UNPROCESSABLE_ENTITY:
        "Some of the data is not acceptable." "Correct what `errors` names.";
        "Часть данных не подходит." "Исправьте то, что указано в `errors`.".
    IdempotencyKeyInvalid "idempotency_key_invalid" BAD_REQUEST:
        "The Idempotency-Key is not valid." "Send it once: 1 to 255 visible ASCII characters, such as a UUID.";
        "Недопустимый Idempotency-Key." "Отправьте его один раз: от 1 до 255 видимых символов ASCII, например UUID.".
    IdempotencyKeyReused "idempotency_key_reused" UNPROCESSABLE_ENTITY:
        "This Idempotency-Key was used for another request." "Use a new key for a new request.";
        "Этот Idempotency-Key уже использован для другого запроса." "Для нового запроса используйте новый ключ.".
    TokenMissing "token_missing" UNAUTHORIZED:
        "This call needs an access token." "Log in and send the header Authorization: Bearer TOKEN.";
        "Нужен токен доступа." "Войдите и отправьте заголовок Authorization: Bearer ТОКЕН.".
    TokenInvalid "token_invalid" UNAUTHORIZED:
        "The access token is not valid." "Log in again.";
        "Токен доступа недействителен." "Войдите заново.".
    TokenExpired "token_expired" UNAUTHORIZED:
        "The access token has expired." "Get a new one with the refresh token.";
        "Срок действия токена доступа истёк." "Получите новый по токену обновления.".
    TokenRevoked "token_revoked" UNAUTHORIZED:
        "The session of this access token has ended." "Log in again.";
        "Сеанс этого токена доступа завершён." "Войдите заново.".
    InvalidCredentials "invalid_credentials" UNAUTHORIZED:
        "The e-mail or the password is wrong." "Check both and try again.";
        "Неверная почта или пароль." "Проверьте их и попробуйте снова.".
    AccountBlocked "account_blocked" FORBIDDEN:
        "This account is blocked." "Ask support to lift the block.";
        "Учётная запись заблокирована." "Обратитесь в поддержку.".
    StaffOnly "staff_only" FORBIDDEN:
        "This call is for staff." "Ask an administrator for a role, then log in again.";
        "Этот запрос доступен только сотрудникам." "Попросите роль у администратора и войдите заново.".
    MarketerOnly "marketer_only" FORBIDDEN:
        "This call is for marketers and administrators." "Ask one of them to do it, or an administrator for the role.";
        "Этот запрос доступен только маркетологам и администраторам." "Попросите кого-нибудь из них или роль у администратора.".
    AdminOnly "admin_only" FORBIDDEN:
        "This call is for administrators." "Ask an administrator to do it.";
        "Этот запрос доступен только администраторам." "Попросите администратора.".
    NotTheProvider "not_the_provider" FORBIDDEN:
        "This call is for the payment provider." "If this is the provider, its network is missing in the settings.";
        "Этот запрос доступен только платёжному сервису." "Если это он, в настройках не указана его сеть.".
    OwnAccount "own_account" CONFLICT:
        "Nobody does this to their own account." "Ask another administrator to do it.";
        "Это нельзя сделать со своей учётной записью." "Попросите другого администратора.".
    AdminAccount "admin_account" CONFLICT:
        "An administrator's account can't be deleted." "Ask another administrator to take the role from you first.";
        "Учётную запись администратора нельзя удалить." "Сначала попросите другого администратора снять с вас роль.".
    UserNotFound "user_not_found" NOT_FOUND:
        "There is no such user." "Check the number or the e-mail. A deleted account can't be found.";
        "Такого пользователя нет." "Проверьте номер или почту. Удалённую учётную запись найти нельзя.".
    UsersUnknown "users_unknown" UNPROCESSABLE_ENTITY:
        "Some of the users are not known, or their accounts are deleted." "Leave out those in `users`. Nothing has changed.";
        "Некоторые пользователи неизвестны, или их учётные записи удалены." "Уберите тех, кто указан в `users`. Ничего не изменилось.".
    TooManyUsers "too_many_users" UNPROCESSABLE_ENTITY:
        "Too many users in one call." "Send at most as many as in `limit`, in several calls.";
        "Слишком много пользователей в одном запросе." "Отправьте не больше, чем указано в `limit`, несколькими запросами.".
    UserInBothLists "user_in_both_lists" UNPROCESSABLE_ENTITY:
        "A user is to be put in and taken out at once." "Name the user in `user_id` in one of the lists.";
        "Пользователя нужно одновременно добавить и убрать." "Укажите пользователя из `user_id` только в одном из списков.".
    GroupNotFound "group_not_found" NOT_FOUND:
        "There is no such group." "Check its number in the list of groups.";
        "Такой группы нет." "Проверьте номер по списку групп.".
    GroupTitleTaken "group_title_taken" CONFLICT:
        "Another group has this title." "Choose another title.";
        "Группа с таким названием уже есть." "Выберите другое название.".
    GroupInUse "group_in_use" CONFLICT:
        "A promo code is for this group." "Give the promo code another audience first.";
        "Для этой группы есть промокод." "Сначала измените, для кого этот промокод.".
    DecisionNotFound "decision_not_found" NOT_FOUND:
        "There is no such decision." "Check its number. Decisions are kept for 13 months.";
        "Такого решения нет." "Проверьте номер. Решения хранятся 13 месяцев.".
    SessionNotFound "session_not_found" NOT_FOUND:
        "You have no such session." "Look at the list of your sessions.";
        "У вас нет такого сеанса." "Посмотрите список своих сеансов.".
    EmailTaken "email_taken" CONFLICT:
        "There is an account with this e-mail already." "Log in, or use another e-mail.";
        "Учётная запись с этой почтой уже есть." "Войдите или укажите другую почту.".
    RefreshTokenInvalid "refresh_token_invalid" UNAUTHORIZED:
        "The refresh token is not valid." "Log in again.";
        "Токен обновления недействителен." "Войдите заново.".
    RefreshTokenReused "refresh_token_reused" UNAUTHORIZED:
        "The refresh token was used before, so the session was ended." "Log in again. If it was not you, change the password.";
        "Токен обновления уже использован, сеанс завершён." "Войдите заново. Если это были не вы, смените пароль.".
    TooManyAttempts "too_many_attempts" TOO_MANY_REQUESTS:
        "Too many attempts." "Wait for the seconds in the header Retry-After, then try again.";
        "Слишком много попыток." "Подождите столько секунд, сколько указано в заголовке Retry-After, и попробуйте снова.".
    PromoNotFound "promocode_not_found" NOT_FOUND:
        "There is no such promo code." "Check the code for typing errors.";
        "Такого промокода нет." "Проверьте, нет ли опечатки.".
    PromoTaken "promocode_taken" CONFLICT:
        "There is a promo code with this text already." "Choose another text: case, hyphens and look-alike letters make no difference.";
        "Промокод с таким текстом уже есть." "Выберите другой текст: регистр, дефисы и похожие буквы не различаются.".
    PromoArchived "promocode_archived" CONFLICT:
        "This promo code is archived." "Make another one: an archived promo code stays as it is.";
        "Этот промокод в архиве." "Создайте другой: промокод в архиве не меняют.".
    ChangedMeanwhile "changed_meanwhile" CONFLICT:
        "Somebody else has changed this in the meantime." "Read it again, then make your change with the `version` it has now.";
        "Кто-то успел это изменить." "Прочитайте ещё раз и повторите изменение с новой `version`.".
    TariffNotFound "tariff_not_found" NOT_FOUND:
        "There is no such tariff." "Choose a tariff from the list.";
        "Такого тарифа нет." "Выберите тариф из списка.".
    PurchaseNotFound "purchase_not_found" NOT_FOUND:
        "There is no such purchase." "Check its number: the answer to buying has it.";
        "Такой покупки нет." "Проверьте номер: он в ответе на покупку.".
    PurchaseNotPaid "purchase_not_paid" CONFLICT:
        "The purchase is not paid, so there is nothing to give back." "Look at its status.";
        "Покупка не оплачена, возвращать нечего." "Посмотрите её статус.".
    NothingToRefund "nothing_to_refund" CONFLICT:
        "All of the money went back already, or is on its way; or nothing was paid." "Look at the refunds of the purchase.";
        "Все деньги уже возвращены или возвращаются, либо покупка была бесплатной." "Посмотрите возвраты этой покупки.".
    RefundTooLarge "refund_too_large" UNPROCESSABLE_ENTITY:
        "That is more than is left of the purchase." "Give back at most `left`.";
        "Это больше, чем осталось от покупки." "Верните не больше, чем `left`.".
    ApplicationNotFound "application_not_found" NOT_FOUND:
        "You have not applied this promo code." "Nothing is left to cancel.";
        "Вы не применяли этот промокод." "Отменять нечего.".
    ApplicationAlreadyUsed "application_already_used" CONFLICT:
        "The promo code is spent: the purchase is complete." "A purchase is undone by a refund: ask support.";
        "Промокод использован: покупка завершена." "Покупку отменяют возвратом: обратитесь в поддержку.".
    PaymentInProgress "payment_in_progress" CONFLICT:
        "A payment with this promo code is under way." "Finish or decline the payment; the code is then free again.";
        "С этим промокодом идёт оплата." "Завершите или отклоните оплату — после этого промокод освободится.".
    PaymentRefused "payment_refused" BAD_GATEWAY:
        "The payment provider refused to start the payment." "Your promo code is free again. Try once more later, or ask support.";
        "Платёжный сервис отказался начать оплату." "Промокод снова свободен. Попробуйте позже или обратитесь в поддержку.".
    PaymentOutcomeUnknown "payment_outcome_unknown" SERVICE_UNAVAILABLE:
        "The payment provider did not answer." "Repeat the same call in a few seconds: it goes on where it stopped and never charges twice.";
        "Платёжный сервис не ответил." "Повторите тот же запрос через несколько секунд: он продолжит с того же места и не спишет деньги дважды.".
    ServiceUnavailable "service_unavailable" SERVICE_UNAVAILABLE:
        "The service is busy or a part of it is down." "Repeat the call in a few seconds.";
        "Сервис перегружен или частично недоступен." "Повторите запрос через несколько секунд.".
    Internal "internal_error" INTERNAL_SERVER_ERROR:
        "Something went wrong on our side." "We have been told. Quote the `request_id` to support.";
        "Ошибка на нашей стороне." "Мы уже знаем о ней. Назовите поддержке `request_id`.".
    UserNotRegistered "user_not_registered" UNPROCESSABLE_ENTITY:
        "Promo codes are for registered users." "If you have just registered, try again in a few seconds.";
        "Промокоды доступны зарегистрированным пользователям." "Если вы только что зарегистрировались, повторите через несколько секунд.".
    UserNotActive "user_not_active" UNPROCESSABLE_ENTITY:
        "Your account is blocked or deleted." "Ask support.";
        "Ваша учётная запись заблокирована или удалена." "Обратитесь в поддержку.".
    NotInAudience "not_in_audience" UNPROCESSABLE_ENTITY:
        "This promo code is for other users." "Use a code that was given to you.";
        "Этот промокод для других пользователей." "Используйте промокод, который выдали вам.".
    CodeForAnotherUser "code_for_another_user" UNPROCESSABLE_ENTITY:
        "This promo code is for another user." "Use a code that was given to you.";
        "Этот промокод выдан другому пользователю." "Используйте промокод, который выдали вам.".
    CodeTextRequired "code_text_required" UNPROCESSABLE_ENTITY:
        "This promo code works by its text only." "Give the text of the code, not its number.";
        "Этот промокод применяют только по тексту." "Укажите текст промокода, а не его номер.".
    PromoNotActive "promo_not_active" UNPROCESSABLE_ENTITY:
        "This promo code is not in use." "Choose another code.";
        "Этот промокод не действует." "Выберите другой промокод.".
    CodeDisabled "code_disabled" UNPROCESSABLE_ENTITY:
        "This promo code has been withdrawn." "Choose another code.";
        "Этот промокод отозван." "Выберите другой промокод.".
    CampaignNotActive "campaign_not_active" UNPROCESSABLE_ENTITY:
        "The campaign of this promo code is not running." "Choose another code.";
        "Акция этого промокода не проводится." "Выберите другой промокод.".
    PromoNotStarted "promo_not_started" UNPROCESSABLE_ENTITY:
        "This promo code does not work yet." "Come back at the time in `required`.";
        "Этот промокод ещё не действует." "Вернитесь ко времени из `required`.".
    PromoEnded "promo_ended" UNPROCESSABLE_ENTITY:
        "This promo code has ended." "Choose another code.";
        "Срок действия промокода истёк." "Выберите другой промокод.".
    CodeEnded "code_ended" UNPROCESSABLE_ENTITY:
        "The time of this promo code is over." "Choose another code.";
        "Время этого промокода истекло." "Выберите другой промокод.".
    NotFirstPurchase "not_first_purchase" UNPROCESSABLE_ENTITY:
        "This promo code is for a first purchase." "Choose another code.";
        "Промокод действует только на первую покупку." "Выберите другой промокод.".
    OutsideSchedule "outside_schedule" UNPROCESSABLE_ENTITY:
        "This promo code does not work at this time." "Come back on a day and at an hour in `required`.";
        "Сейчас этот промокод не действует." "Вернитесь в день и час из `required`.".
    PriceBelowMinimum "price_below_minimum" UNPROCESSABLE_ENTITY:
        "This promo code is for dearer tariffs." "Choose a tariff of at least the price in `required`.";
        "Промокод действует для более дорогих тарифов." "Выберите тариф не дешевле цены из `required`.".
    TariffNotOnSale "tariff_not_on_sale" UNPROCESSABLE_ENTITY:
        "This tariff is no longer sold." "Choose another tariff.";
        "Этот тариф больше не продаётся." "Выберите другой тариф.".
    TariffNotInScope "tariff_not_in_scope" UNPROCESSABLE_ENTITY:
        "This promo code does not work for this tariff." "Choose a tariff from `required`.";
        "Промокод не действует для этого тарифа." "Выберите тариф из `required`.".
    CurrencyMismatch "currency_mismatch" UNPROCESSABLE_ENTITY:
        "This promo code is for prices in another currency." "Choose a tariff with a price in the currency in `required`.";
        "Промокод действует для цен в другой валюте." "Выберите тариф с ценой в валюте из `required`.".
    PromoLimitReached "promo_limit_reached" UNPROCESSABLE_ENTITY:
        "All uses of this promo code are taken." "Try later: uses that are held and not paid become free again.";
        "Все использования промокода заняты." "Попробуйте позже: неоплаченные использования освобождаются.".
    CodeLimitReached "code_limit_reached" UNPROCESSABLE_ENTITY:
        "This promo code has been used up." "Try later if it may still become free: a use that is held and not paid is given back.";
        "Этот промокод уже использован." "Попробуйте позже: неоплаченное использование освобождается.".
    PromoBudgetReached "promo_budget_reached" UNPROCESSABLE_ENTITY:
        "What is left of this promo code's budget is less than the discount." "Choose a cheaper tariff, or try later: what is held and not paid becomes free again.";
        "Остаток бюджета промокода меньше скидки." "Выберите тариф дешевле или попробуйте позже: неоплаченные скидки освобождаются.".
    CampaignLimitReached "campaign_limit_reached" UNPROCESSABLE_ENTITY:
        "All uses of this campaign are taken." "Try later: uses that are held and not paid become free again.";
        "Все использования по этой акции заняты." "Попробуйте позже: неоплаченные использования освобождаются.".
    CampaignBudgetReached "campaign_budget_reached" UNPROCESSABLE_ENTITY:
        "What is left of the campaign's budget is less than the discount." "Choose a cheaper tariff, or try later: what is held and not paid becomes free again.";
        "Остаток бюджета акции меньше скидки." "Выберите тариф дешевле или попробуйте позже: неоплаченные скидки освобождаются.".
    UserLimitReached "user_limit_reached" UNPROCESSABLE_ENTITY:
        "You have taken all your uses of this promo code." "Choose another code.";
        "Вы исчерпали свои использования промокода." "Выберите другой промокод.".
    TrialTaken "trial_taken" UNPROCESSABLE_ENTITY:
        "You have had a trial already, or hold one." "Cancel it if you have not used it yet, or choose a code that takes something off the price.";
        "Пробный период у вас уже был или уже применён." "Отмените его, если ещё не воспользовались им, или выберите промокод со скидкой.".
    AnotherPromoApplied "another_promo_applied" UNPROCESSABLE_ENTITY:
        "You hold another promo code for this tariff." "Cancel the code in `observed` first: a purchase takes one.";
        "Для этого тарифа вы уже применили другой промокод." "Сначала отмените промокод из `observed`: на покупку действует один.".
    NoBenefit "no_benefit" UNPROCESSABLE_ENTITY:
        "This promo code does not lower the price of this tariff." "Buy without it, or choose another tariff.";
        "Промокод не снижает цену этого тарифа." "Купите без него или выберите другой тариф.".
}

impl Code {
    /// The error that a rule of this name refuses with; `None` for a rule that there is no more.
    pub fn of_rule(rule: &str) -> Option<Code> {
        rule.parse::<RuleCode>().ok().map(Code::from)
    }
}

impl From<RuleCode> for Code {
    fn from(reason: RuleCode) -> Code {
        match reason {
            RuleCode::UserNotRegistered => Code::UserNotRegistered,
            RuleCode::UserNotActive => Code::UserNotActive,
            RuleCode::NotInAudience => Code::NotInAudience,
            RuleCode::CodeForAnotherUser => Code::CodeForAnotherUser,
            RuleCode::CodeDisabled => Code::CodeDisabled,
            RuleCode::CodeEnded => Code::CodeEnded,
            RuleCode::CodeLimitReached => Code::CodeLimitReached,
            RuleCode::CodeTextRequired => Code::CodeTextRequired,
            RuleCode::CampaignNotActive => Code::CampaignNotActive,
            RuleCode::PromoBudgetReached => Code::PromoBudgetReached,
            RuleCode::CampaignLimitReached => Code::CampaignLimitReached,
            RuleCode::CampaignBudgetReached => Code::CampaignBudgetReached,
            RuleCode::NotFirstPurchase => Code::NotFirstPurchase,
            RuleCode::OutsideSchedule => Code::OutsideSchedule,
            RuleCode::CurrencyMismatch => Code::CurrencyMismatch,
            RuleCode::PriceBelowMinimum => Code::PriceBelowMinimum,
            RuleCode::PromoNotActive => Code::PromoNotActive,
            RuleCode::PromoNotStarted => Code::PromoNotStarted,
            RuleCode::PromoEnded => Code::PromoEnded,
            RuleCode::TariffNotOnSale => Code::TariffNotOnSale,
            RuleCode::TariffNotInScope => Code::TariffNotInScope,
            RuleCode::PromoLimitReached => Code::PromoLimitReached,
            RuleCode::UserLimitReached => Code::UserLimitReached,
            RuleCode::TrialTaken => Code::TrialTaken,
            RuleCode::AnotherPromoApplied => Code::AnotherPromoApplied,
            RuleCode::NoBenefit => Code::NoBenefit,
        }
    }
}

/// The catalogue as the page docs/errors.md.
pub fn catalogue_markdown() -> String {
    let mut page = "# Errors\n\nGenerated from `shared/http/src/catalogue.rs`; do not edit. Every error is \
        `application/problem+json` (RFC 9457) with a stable `code`; the texts follow Accept-Language (en, ru).\n\n\
        | code | status | what happened | what to do |\n|---|---|---|---|\n"
        .to_owned();
    for code in Code::ALL {
        // Writing to a String can't fail.
        let _ = writeln!(
            page,
            "| `{}` | {} | {}<br>{} | {}<br>{} |",
            code.as_str(),
            code.status().as_u16(),
            code.title(Language::En),
            code.title(Language::Ru),
            code.advice(Language::En),
            code.advice(Language::Ru),
        );
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn names_are_unique_and_rules_keep_theirs() {
        let names: HashSet<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(names.len(), Code::ALL.len());
        assert_eq!(
            Code::from(RuleCode::PromoEnded).as_str(),
            RuleCode::PromoEnded.as_str()
        );
    }
}
