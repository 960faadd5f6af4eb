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
    UriTooLong "uri_too_long" URI_TOO_LONG:
        "The address of the request is too long." "Send a path and a query of at most `limit` bytes.";
        "Слишком длинный адрес запроса." "Отправьте путь и параметры длиной не больше `limit` байт.".
    QueryParameterMissing "query_parameter_missing" BAD_REQUEST:
        "A query parameter is missing." "Add the parameter named in `parameter`.";
        "Не хватает параметра запроса." "Добавьте параметр, указанный в `parameter`.".
    QueryParameterInvalid "query_parameter_invalid" BAD_REQUEST:
        "A query parameter is invalid." "Correct the parameter named in `parameter`: numbers are positive integers, times are as in RFC 3339, IDs of users and purchases are UUIDs.";
        "Недопустимое значение параметра запроса." "Исправьте параметр, указанный в `parameter`: числа целые и больше нуля, время по RFC 3339, идентификаторы пользователей и покупок — UUID.".
    QueryParameterRepeated "query_parameter_repeated" BAD_REQUEST:
        "A query parameter is given more than once." "Send the parameter named in `parameter` only once.";
        "Параметр запроса указан несколько раз." "Укажите параметр из `parameter` один раз.".
    QueryParameterUnknown "query_parameter_unknown" BAD_REQUEST:
        "This call has no such query parameter." "Correct or remove the parameter named in `parameter`; `known` lists those that there are, and `nearest` may be the one you mean.";
        "У этого запроса нет такого параметра." "Исправьте или уберите параметр, указанный в `parameter`: в `known` — все существующие, в `nearest` — похожий.".
    FilterTooWide "filter_too_wide" BAD_REQUEST:
        "Too much would match." "Add one of the parameters in `any_of`, or `from` and `to`, at most `days` days apart.";
        "Под условие подходит слишком много." "Добавьте один из параметров из `any_of` либо `from` и `to`: между ними не больше `days` дней.".
    UnsupportedMediaType "unsupported_media_type" UNSUPPORTED_MEDIA_TYPE:
        "The body is not declared as something that this call takes." "Send the header Content-Type with a type from `accepted`, such as application/json.";
        "Тело запроса не объявлено как то, что принимает этот запрос." "Отправьте заголовок Content-Type с типом из `accepted`, например application/json.".
    BodyNotJson "body_not_json" BAD_REQUEST:
        "The body is not valid JSON." "Send one JSON object.";
        "Тело запроса не является корректным JSON." "Отправьте один объект JSON.".
    BodyTooLarge "body_too_large" PAYLOAD_TOO_LARGE:
        "The body is too large." "Send a body of at most `limit` bytes.";
        "Тело запроса слишком большое." "Отправьте не больше `limit` байт.".
    CsvNotUtf8 "csv_not_utf8" BAD_REQUEST:
        "The file is not in UTF-8, from the line in `line` on." "Save it as CSV UTF-8, and send it again.";
        "Файл не в кодировке UTF-8, начиная со строки `line`." "Сохраните его как CSV UTF-8 и отправьте ещё раз.".
    CsvInvalid "csv_invalid" UNPROCESSABLE_ENTITY:
        "Some lines of the file are invalid. Nothing has been changed." "Correct the lines in `errors`, the first ones of `error_count`, and send the file again.";
        "В файле есть неверные строки. Ничего не изменилось." "Исправьте строки из `errors` (первые из `error_count`) и отправьте файл ещё раз.".
    CsvEmpty "csv_empty" UNPROCESSABLE_ENTITY:
        "The file names nobody." "Send a file with at least one line.";
        "В файле никого нет." "Отправьте файл, в котором есть хотя бы одна строка.".
    CsvTooLong "csv_too_long" PAYLOAD_TOO_LARGE:
        "The file has too many lines." "Send several files with at most `limit` lines each.";
        "В файле слишком много строк." "Разбейте его на несколько файлов, не больше `limit` строк в каждом.".
    ValidationFailed "validation_failed" UNPROCESSABLE_ENTITY:
        "Some fields are invalid." "Correct the fields in `errors`.";
        "Некоторые поля заполнены неверно." "Исправьте поля, указанные в `errors`.".
    IdempotencyKeyInvalid "idempotency_key_invalid" BAD_REQUEST:
        "The Idempotency-Key is invalid." "Send it once: 1 to 255 visible ASCII characters, such as a UUID.";
        "Недопустимый Idempotency-Key." "Отправьте его один раз: от 1 до 255 видимых символов ASCII, например UUID.".
    IdempotencyKeyMissing "idempotency_key_missing" BAD_REQUEST:
        "This call needs an Idempotency-Key." "Send the header with a new UUID, and the same one when you repeat the call.";
        "Для этого запроса нужен Idempotency-Key." "Отправьте заголовок с новым UUID, а при повторе запроса — с тем же.".
    IdempotencyKeyReused "idempotency_key_reused" UNPROCESSABLE_ENTITY:
        "This Idempotency-Key was used for another request." "Use a new key for a new request.";
        "Этот Idempotency-Key уже использован для другого запроса." "Для нового запроса используйте новый ключ.".
    DeletedSince "deleted_since" GONE:
        "This request has been carried out before; what it made or changed has been deleted since." "Nothing needs to be repeated. To make it again, send the request with a new Idempotency-Key.";
        "Этот запрос уже выполнен, но то, что он создал или изменил, с тех пор удалено." "Повторять ничего не нужно. Чтобы создать заново, отправьте запрос с новым Idempotency-Key.".
    TokenMissing "token_missing" UNAUTHORIZED:
        "This call needs an access token." "Log in and send the header Authorization: Bearer TOKEN.";
        "Нужен токен доступа." "Войдите и отправьте заголовок Authorization: Bearer ТОКЕН.".
    TokenInvalid "token_invalid" UNAUTHORIZED:
        "The access token is invalid." "Log in again.";
        "Токен доступа недействителен." "Войдите заново.".
    TokenExpired "token_expired" UNAUTHORIZED:
        "The access token has expired." "Get a new one with the refresh token.";
        "Срок действия токена доступа истёк." "Получите новый по токену обновления.".
    TokenRevoked "token_revoked" UNAUTHORIZED:
        "The session of this access token has ended." "Log in again.";
        "Сеанс этого токена доступа завершён." "Войдите заново.".
    InvalidCredentials "invalid_credentials" UNAUTHORIZED:
        "The e-mail address or the password is wrong." "Check both and try again.";
        "Неверная почта или пароль." "Проверьте их и попробуйте снова.".
    AccountBlocked "account_blocked" FORBIDDEN:
        "This account is blocked." "Contact support.";
        "Учётная запись заблокирована." "Обратитесь в поддержку.".
    StaffOnly "staff_only" FORBIDDEN:
        "This call is for staff." "Ask an administrator for a staff role, then log in again.";
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
        "You can't do this to your own account." "Ask another administrator to do it.";
        "Это нельзя сделать со своей учётной записью." "Попросите другого администратора.".
    AdminAccount "admin_account" CONFLICT:
        "An administrator's account can't be deleted." "Ask another administrator to take the role from you first.";
        "Учётную запись администратора нельзя удалить." "Сначала попросите другого администратора снять с вас роль.".
    UserNotFound "user_not_found" NOT_FOUND:
        "There is no such user." "Check the ID or the e-mail address. Deleted accounts can't be found.";
        "Такого пользователя нет." "Проверьте идентификатор или почту. Удалённую учётную запись найти нельзя.".
    UserBlocked "user_blocked" CONFLICT:
        "The account of this user is blocked." "Unblock it first, or ask an administrator to.";
        "Учётная запись этого пользователя заблокирована." "Сначала разблокируйте её или попросите администратора.".
    UsersUnknown "users_unknown" UNPROCESSABLE_ENTITY:
        "Some of the users do not exist, or their accounts are deleted." "Leave out the users in `users`. Nothing has been changed.";
        "Некоторых пользователей нет, или их учётные записи удалены." "Уберите тех, кто указан в `users`. Ничего не изменилось.".
    TooManyUsers "too_many_users" UNPROCESSABLE_ENTITY:
        "Too many users in one call." "Send several calls with at most `limit` users each.";
        "Слишком много пользователей в одном запросе." "Разбейте на несколько запросов, не больше `limit` пользователей в каждом.".
    UserInBothLists "user_in_both_lists" UNPROCESSABLE_ENTITY:
        "A user is both added and removed." "Leave the user in `user_id` in only one of the lists.";
        "Пользователь указан и для добавления, и для удаления." "Оставьте пользователя из `user_id` только в одном списке.".
    CampaignNotFound "campaign_not_found" NOT_FOUND:
        "There is no such campaign." "Check its ID in the list of campaigns.";
        "Такой акции нет." "Проверьте идентификатор по списку акций.".
    CampaignTitleTaken "campaign_title_taken" CONFLICT:
        "Another campaign has this title." "Choose another title.";
        "Акция с таким названием уже есть." "Выберите другое название.".
    CampaignArchived "campaign_archived" CONFLICT:
        "This campaign is archived." "Create another one: an archived campaign can't be changed.";
        "Эта акция в архиве." "Создайте другую: акцию в архиве не меняют.".
    GroupNotFound "group_not_found" NOT_FOUND:
        "There is no such group." "Check its ID in the list of groups.";
        "Такой группы нет." "Проверьте идентификатор по списку групп.".
    GroupTitleTaken "group_title_taken" CONFLICT:
        "Another group has this title." "Choose another title.";
        "Группа с таким названием уже есть." "Выберите другое название.".
    GroupInUse "group_in_use" CONFLICT:
        "A promo code is restricted to this group." "Change the audience of the promo code first.";
        "На эту группу рассчитан промокод." "Сначала измените аудиторию промокода.".
    DecisionNotFound "decision_not_found" NOT_FOUND:
        "There is no such decision." "Check its ID. Decisions are kept for 13 months.";
        "Такого решения нет." "Проверьте идентификатор. Решения хранятся 13 месяцев.".
    SessionNotFound "session_not_found" NOT_FOUND:
        "There is no such session." "See the list of your sessions.";
        "У вас нет такого сеанса." "Посмотрите список своих сеансов.".
    EmailTaken "email_taken" CONFLICT:
        "There is already an account with this e-mail address." "Log in, or use another address.";
        "Учётная запись с этой почтой уже есть." "Войдите или укажите другую почту.".
    RefreshTokenInvalid "refresh_token_invalid" UNAUTHORIZED:
        "The refresh token is invalid." "Log in again.";
        "Токен обновления недействителен." "Войдите заново.".
    RefreshTokenReused "refresh_token_reused" UNAUTHORIZED:
        "The refresh token has been used before, so the session has ended." "Log in again. If it was not you, change your password.";
        "Токен обновления уже использован, сеанс завершён." "Войдите заново. Если это были не вы, смените пароль.".
    TooManyAttempts "too_many_attempts" TOO_MANY_REQUESTS:
        "Too many attempts." "Wait as many seconds as the Retry-After header says, then try again.";
        "Слишком много попыток." "Подождите столько секунд, сколько указано в заголовке Retry-After, и попробуйте снова.".
    PromoNotFound "promocode_not_found" NOT_FOUND:
        "There is no such promo code." "Check the code for typos.";
        "Такого промокода нет." "Проверьте, нет ли опечатки.".
    PromoTaken "promocode_taken" CONFLICT:
        "There is already a promo code with this text." "Choose another text in place of those in `promocodes`: case, hyphens and look-alike letters don't count as differences.";
        "Промокод с таким текстом уже есть." "Выберите другой текст вместо указанных в `promocodes`: регистр, дефисы и похожие буквы не различаются.".
    PromotionNotFound "promotion_not_found" NOT_FOUND:
        "There is no such promotion." "Check its ID in the list of promotions.";
        "Такого предложения нет." "Проверьте идентификатор по списку предложений.".
    PromotionArchived "promotion_archived" CONFLICT:
        "This promotion is archived." "Create another one, with the same promo codes if you like: an archived promotion can't be changed.";
        "Это предложение в архиве." "Создайте другое, можно с теми же промокодами: предложение в архиве не меняют.".
    PromotionNotDraft "promotion_not_draft" CONFLICT:
        "Only a draft that was never active, and its promo codes, can be deleted." "Archive the promotion: that frees the texts of its promo codes, too. A single promo code can be disabled.";
        "Удалить можно только черновик предложения, который ещё не публиковали, и его промокоды." "Отправьте предложение в архив: тексты его промокодов тоже освободятся. Отдельный промокод можно отключить.".
    IfMatchMissing "if_match_missing" PRECONDITION_REQUIRED:
        "This call needs to know which version it changes." "Read it, and send the header If-Match with its ETag; `*` stands for any version.";
        "Нужно указать, какую версию вы меняете." "Прочитайте данные и отправьте их ETag в заголовке If-Match; `*` — любая версия.".
    IfMatchInvalid "if_match_invalid" BAD_REQUEST:
        "The header If-Match is invalid." "Send it once, with the ETag as it was received, such as \"7\" with its quotes.";
        "Недопустимый заголовок If-Match." "Отправьте его один раз с полученным ETag, например \"7\" вместе с кавычками.".
    ChangedMeanwhile "changed_meanwhile" PRECONDITION_FAILED:
        "This has been changed in the meantime." "Read it again, and repeat your change: the current version is in `version`.";
        "За это время данные изменились." "Прочитайте ещё раз и повторите изменение: нынешняя версия — в `version`.".
    TariffNotFound "tariff_not_found" NOT_FOUND:
        "There is no such tariff." "Choose a tariff from the list.";
        "Такого тарифа нет." "Выберите тариф из списка.".
    PurchaseNotFound "purchase_not_found" NOT_FOUND:
        "There is no such purchase." "Check its ID: it is in the answer to the purchase.";
        "Такой покупки нет." "Проверьте идентификатор: он есть в ответе на покупку.".
    PurchaseNotPaid "purchase_not_paid" CONFLICT:
        "The purchase is not paid, so there is nothing to refund or revoke." "Check its status.";
        "Покупка не оплачена: возвращать и отзывать нечего." "Посмотрите её статус.".
    PurchaseRefunded "purchase_refunded" CONFLICT:
        "The purchase is refunded already, so its subscription has ended." "There is nothing to revoke.";
        "Деньги за покупку уже возвращены, и подписка закончилась." "Отзывать нечего.".
    NothingToRefund "nothing_to_refund" CONFLICT:
        "Everything is refunded or being refunded already, or the purchase was free." "Check the refunds of the purchase. A free purchase can be revoked.";
        "Все деньги уже возвращены или возвращаются, либо покупка была бесплатной." "Посмотрите возвраты этой покупки. Бесплатную покупку можно отозвать.".
    RefundTooLarge "refund_too_large" UNPROCESSABLE_ENTITY:
        "The amount is more than what is left to refund." "Refund at most `left`.";
        "Сумма больше, чем осталось вернуть." "Верните не больше `left`.".
    ApprovalNotFound "approval_not_found" NOT_FOUND:
        "There is no such approval." "Check its ID in the list of approvals.";
        "Такого согласования нет." "Проверьте идентификатор по списку согласований.".
    ApprovalPending "approval_pending" CONFLICT:
        "Another change of the same promotion, or another refund of the same purchase, is waiting for an approval." "Have the one in `approval_id` approved, rejected or withdrawn, then repeat the call.";
        "Другое изменение этой же акции или другой возврат по этой же покупке ждёт согласования." "Дождитесь решения по `approval_id` или отзовите его, затем повторите запрос.".
    ApprovalDecided "approval_decided" CONFLICT:
        "This has been decided already, or nobody decided in time." "Its `state` says how. If the change is still needed, request it again.";
        "Решение уже принято, или срок согласования истёк." "Итог указан в `state`. Если изменение ещё нужно, запросите его снова.".
    ApprovalOutdated "approval_outdated" CONFLICT:
        "What this is about has changed since it was requested, so it can't be approved." "Reject it or have it withdrawn, and request the change again. `cause` is the error that making the change would give.";
        "С момента запроса всё изменилось, и согласовать это уже нельзя." "Отклоните запрос или отзовите его и запросите изменение снова. В `cause` — ошибка, с которой не удалось бы само изменение.".
    OwnApproval "own_approval" CONFLICT:
        "You have requested this yourself, so somebody else has to decide." "Ask a colleague, or withdraw it. Your other accounts count as you.";
        "Это ваш собственный запрос, решать по нему должен кто-то другой." "Попросите коллегу или отзовите запрос. Другие ваши учётные записи — это тоже вы.".
    NotOwnApproval "not_own_approval" FORBIDDEN:
        "Somebody else has requested this." "You can reject it. Only administrators withdraw what others have requested.";
        "Это запросил другой сотрудник." "Вы можете отклонить запрос. Отзывать чужие запросы могут только администраторы.".
    PromotionUnlimited "promotion_unlimited" CONFLICT:
        "This promotion gives so large a discount that it was approved, and it has no limit: another promo code would extend it." "Set its `total_limit` or `budget` first, which needs no approval.";
        "Скидка этой акции так велика, что её согласовывали, а лимита у акции нет: новый промокод расширил бы её." "Сначала задайте `total_limit` или `budget`: согласование для этого не нужно.".
    GiftTooLong "gift_too_long" FORBIDDEN:
        "This is longer than you may give." "Give at most `limit_days` days, where a month counts as 31, or ask a marketer or an administrator.";
        "Это дольше, чем вы можете подарить." "Подарите не больше `limit_days` дней (месяц считается за 31) или попросите маркетолога или администратора.".
    SubscriptionNotFound "subscription_not_found" NOT_FOUND:
        "The user has no subscription to this tariff." "There is nothing to end: see the periods of the user.";
        "У пользователя нет подписки на этот тариф." "Завершать нечего: посмотрите периоды пользователя.".
    ApplicationNotFound "application_not_found" NOT_FOUND:
        "There is no such application of a promo code." "Check the promo code, or the ID of the application: there is nothing to cancel.";
        "Такого применения промокода нет." "Проверьте промокод или идентификатор применения: отменять нечего.".
    ApplicationAlreadyUsed "application_already_used" CONFLICT:
        "The promo code has been used: the purchase is complete." "Only a refund undoes a purchase: contact support.";
        "Промокод использован: покупка завершена." "Покупку отменяют возвратом: обратитесь в поддержку.".
    ApplicationExpired "application_expired" CONFLICT:
        "The application has expired." "Apply the code again.";
        "Срок применения промокода истёк." "Примените промокод ещё раз.".
    ApplicationCancelled "application_cancelled" CONFLICT:
        "The application is cancelled." "Its `cancel_reason` says why. Apply the code again if it is needed.";
        "Применение промокода отменено." "Причина указана в `cancel_reason`. Если нужно, примените промокод ещё раз.".
    ApplicationPaying "application_paying" CONFLICT:
        "A purchase with this application is waiting for its payment." "The buyer can pay for it or cancel it.";
        "Покупка с этим промокодом ждёт оплаты." "Покупатель может оплатить её или отменить.".
    BuyerMustPay "buyer_must_pay" CONFLICT:
        "Something is left to pay, so the buyer has to buy. Nothing has been done." "Apply the code without `use`: the user can then pay the amount in `total`.";
        "Остаётся сумма к оплате, и заплатить её должен покупатель. Ничего не сделано." "Примените промокод без `use`: пользователь сможет оплатить сумму из `total`.".
    PurchaseOpen "purchase_open" CONFLICT:
        "Another purchase of this tariff is waiting for its payment." "Pay for the purchase in `purchase_id`, or cancel it with POST /purchases/{purchase_id}/cancel, and repeat the call.";
        "Другая покупка этого тарифа ждёт оплаты." "Оплатите покупку из `purchase_id` или отмените её через POST /purchases/{purchase_id}/cancel и повторите запрос.".
    PurchasePaid "purchase_paid" CONFLICT:
        "The purchase is complete." "Only a refund undoes it: contact support.";
        "Покупка завершена." "Её отменяют только возвратом: обратитесь в поддержку.".
    PaymentRefused "payment_refused" BAD_GATEWAY:
        "The payment provider refused to start the payment." "Your promo code is available again. Try later, or contact support.";
        "Платёжный сервис отказался начать оплату." "Промокод снова свободен. Попробуйте позже или обратитесь в поддержку.".
    PaymentOutcomeUnknown "payment_outcome_unknown" SERVICE_UNAVAILABLE:
        "The payment provider did not answer." "Repeat the same call in a few seconds: it continues where it stopped and never charges twice.";
        "Платёжный сервис не ответил." "Повторите тот же запрос через несколько секунд: он продолжит с того же места и не спишет деньги дважды.".
    ServiceUnavailable "service_unavailable" SERVICE_UNAVAILABLE:
        "The service is overloaded or partly unavailable." "Repeat the call in a few seconds.";
        "Сервис перегружен или частично недоступен." "Повторите запрос через несколько секунд.".
    Internal "internal_error" INTERNAL_SERVER_ERROR:
        "Something went wrong on our side." "We have been notified. Give support the `request_id`.";
        "Ошибка на нашей стороне." "Мы уже знаем о ней. Сообщите поддержке `request_id`.".
    UserNotRegistered "user_not_registered" UNPROCESSABLE_ENTITY:
        "Promo codes are for registered users." "If you have just registered, try again in a few seconds.";
        "Промокоды доступны зарегистрированным пользователям." "Если вы только что зарегистрировались, повторите через несколько секунд.".
    UserNotActive "user_not_active" UNPROCESSABLE_ENTITY:
        "Your account is blocked or deleted." "Contact support.";
        "Ваша учётная запись заблокирована или удалена." "Обратитесь в поддержку.".
    NotInAudience "not_in_audience" UNPROCESSABLE_ENTITY:
        "This promo code is for other users." "Use a code that was given to you.";
        "Этот промокод для других пользователей." "Используйте промокод, который выдали вам.".
    CodeForAnotherUser "code_for_another_user" UNPROCESSABLE_ENTITY:
        "This promo code is for another user." "Use a code that was given to you.";
        "Этот промокод выдан другому пользователю." "Используйте промокод, который выдали вам.".
    ConflictOfInterest "conflict_of_interest" UNPROCESSABLE_ENTITY:
        "You made, changed or looked up this promo code as a member of staff, so you can't use it yourself." "Choose another code.";
        "Вы создали, изменили или посмотрели этот промокод как сотрудник, поэтому сами применить его не можете." "Выберите другой промокод.".
    CodeTextRequired "code_text_required" UNPROCESSABLE_ENTITY:
        "This promo code can only be applied by its text." "Send the text of the code, not its ID.";
        "Этот промокод применяют только по тексту." "Укажите текст промокода, а не идентификатор.".
    PromoNotActive "promo_not_active" UNPROCESSABLE_ENTITY:
        "This promo code is not active." "Choose another code.";
        "Этот промокод не активен." "Выберите другой промокод.".
    CodeDisabled "code_disabled" UNPROCESSABLE_ENTITY:
        "This promo code has been withdrawn." "Choose another code.";
        "Этот промокод отозван." "Выберите другой промокод.".
    CampaignNotActive "campaign_not_active" UNPROCESSABLE_ENTITY:
        "The campaign of this promo code is not running." "Choose another code.";
        "Акция этого промокода не проводится." "Выберите другой промокод.".
    PromoNotStarted "promo_not_started" UNPROCESSABLE_ENTITY:
        "This promo code is not valid yet." "Try again at the time in `required`.";
        "Этот промокод ещё не действует." "Попробуйте ко времени из `required`.".
    PromoEnded "promo_ended" UNPROCESSABLE_ENTITY:
        "This promo code has ended." "Choose another code.";
        "Срок действия промокода истёк." "Выберите другой промокод.".
    CodeEnded "code_ended" UNPROCESSABLE_ENTITY:
        "This promo code has expired." "Choose another code.";
        "Этот промокод просрочен." "Выберите другой промокод.".
    NotFirstPurchase "not_first_purchase" UNPROCESSABLE_ENTITY:
        "This promo code is for a first purchase." "Choose another code.";
        "Промокод действует только на первую покупку." "Выберите другой промокод.".
    OutsideSchedule "outside_schedule" UNPROCESSABLE_ENTITY:
        "This promo code is not valid at this time." "Try again on a day and at an hour in `required`.";
        "Сейчас этот промокод не действует." "Попробуйте в день и час из `required`.".
    PriceBelowMinimum "price_below_minimum" UNPROCESSABLE_ENTITY:
        "This promo code is for more expensive tariffs." "Choose a tariff of at least the price in `required`.";
        "Промокод действует для более дорогих тарифов." "Выберите тариф не дешевле цены из `required`.".
    TotalNotPayable "total_not_payable" UNPROCESSABLE_ENTITY:
        "With this promo code, too little would be left to pay." "Choose another tariff: payments begin at the amount in `required`.";
        "С этим промокодом к оплате осталось бы слишком мало." "Выберите другой тариф: оплата возможна от суммы в `required`.".
    TariffNotOnSale "tariff_not_on_sale" UNPROCESSABLE_ENTITY:
        "This tariff is no longer on sale." "Choose another tariff.";
        "Этот тариф больше не продаётся." "Выберите другой тариф.".
    TariffNotInScope "tariff_not_in_scope" UNPROCESSABLE_ENTITY:
        "This promo code is not valid for this tariff." "Choose a tariff from `required`.";
        "Промокод не действует для этого тарифа." "Выберите тариф из `required`.".
    CurrencyMismatch "currency_mismatch" UNPROCESSABLE_ENTITY:
        "This promo code is for prices in another currency." "Choose a tariff with a price in the currency in `required`.";
        "Промокод действует для цен в другой валюте." "Выберите тариф с ценой в валюте из `required`.".
    PromoLimitReached "promo_limit_reached" UNPROCESSABLE_ENTITY:
        "All uses of this promo code are taken." "Try later: uses that are reserved but not paid become available again.";
        "Все использования промокода заняты." "Попробуйте позже: неоплаченные использования освобождаются.".
    CodeLimitReached "code_limit_reached" UNPROCESSABLE_ENTITY:
        "This promo code has been used up." "Try later: a use that is reserved but not paid becomes available again.";
        "Этот промокод уже использован." "Попробуйте позже: неоплаченное использование освобождается.".
    PromoBudgetReached "promo_budget_reached" UNPROCESSABLE_ENTITY:
        "The remaining budget of this promo code is less than the discount." "Choose a cheaper tariff, or try later: discounts that are reserved but not paid become available again.";
        "Остаток бюджета промокода меньше скидки." "Выберите тариф дешевле или попробуйте позже: неоплаченные скидки освобождаются.".
    CampaignLimitReached "campaign_limit_reached" UNPROCESSABLE_ENTITY:
        "All uses of this campaign are taken." "Try later: uses that are reserved but not paid become available again.";
        "Все использования по этой акции заняты." "Попробуйте позже: неоплаченные использования освобождаются.".
    CampaignBudgetReached "campaign_budget_reached" UNPROCESSABLE_ENTITY:
        "The remaining budget of the campaign is less than the discount." "Choose a cheaper tariff, or try later: discounts that are reserved but not paid become available again.";
        "Остаток бюджета акции меньше скидки." "Выберите тариф дешевле или попробуйте позже: неоплаченные скидки освобождаются.".
    UserLimitReached "user_limit_reached" UNPROCESSABLE_ENTITY:
        "You have used this promo code as often as you may." "Choose another code.";
        "Вы уже использовали этот промокод максимальное число раз." "Выберите другой промокод.".
    HeldForAnotherTariff "held_for_another_tariff" UNPROCESSABLE_ENTITY:
        "You have applied this promo code to another tariff." "Repeat the call with `move=true` to use it for this tariff instead, or cancel it for the tariff in `observed`.";
        "Вы применили этот промокод к другому тарифу." "Повторите запрос с `move=true`, чтобы перенести его на этот тариф, или отмените его для тарифа из `observed`.".
    TooManyUnusedApplications "too_many_unused_applications" UNPROCESSABLE_ENTITY:
        "You have applied this promo code several times today without buying." "Try again in 24 hours: until then it is left to others.";
        "Сегодня вы несколько раз применяли этот промокод и не покупали." "Попробуйте через 24 часа: пока он остаётся другим.".
    TrialTaken "trial_taken" UNPROCESSABLE_ENTITY:
        "You have already had a trial, or have applied one." "Cancel it if you have not used it yet, or choose a code with a discount.";
        "Пробный период у вас уже был или уже применён." "Отмените его, если ещё не воспользовались им, или выберите промокод со скидкой.".
    AnotherPromoApplied "another_promo_applied" UNPROCESSABLE_ENTITY:
        "You have applied another promo code to this tariff." "Cancel the code in `observed` first: a purchase takes only one.";
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
            RuleCode::ConflictOfInterest => Code::ConflictOfInterest,
            RuleCode::CodeTextRequired => Code::CodeTextRequired,
            RuleCode::CampaignNotActive => Code::CampaignNotActive,
            RuleCode::PromoBudgetReached => Code::PromoBudgetReached,
            RuleCode::CampaignLimitReached => Code::CampaignLimitReached,
            RuleCode::CampaignBudgetReached => Code::CampaignBudgetReached,
            RuleCode::NotFirstPurchase => Code::NotFirstPurchase,
            RuleCode::OutsideSchedule => Code::OutsideSchedule,
            RuleCode::CurrencyMismatch => Code::CurrencyMismatch,
            RuleCode::PriceBelowMinimum => Code::PriceBelowMinimum,
            RuleCode::TotalNotPayable => Code::TotalNotPayable,
            RuleCode::PromoNotActive => Code::PromoNotActive,
            RuleCode::PromoNotStarted => Code::PromoNotStarted,
            RuleCode::PromoEnded => Code::PromoEnded,
            RuleCode::TariffNotOnSale => Code::TariffNotOnSale,
            RuleCode::TariffNotInScope => Code::TariffNotInScope,
            RuleCode::PromoLimitReached => Code::PromoLimitReached,
            RuleCode::UserLimitReached => Code::UserLimitReached,
            RuleCode::TrialTaken => Code::TrialTaken,
            RuleCode::HeldForAnotherTariff => Code::HeldForAnotherTariff,
            RuleCode::TooManyUnusedApplications => Code::TooManyUnusedApplications,
            RuleCode::AnotherPromoApplied => Code::AnotherPromoApplied,
            RuleCode::NoBenefit => Code::NoBenefit,
        }
    }
}

/// The catalogue as the page docs/errors.md.
pub fn catalogue_markdown() -> String {
    let mut page = "# Errors\n\nGenerated from `shared/service_http/src/catalogue.rs`; do not edit. Every error is \
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
    fn error_codes_are_unique_and_rules_keep_theirs() {
        let names: HashSet<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(names.len(), Code::ALL.len());
        assert_eq!(
            Code::from(RuleCode::PromoEnded).as_str(),
            RuleCode::PromoEnded.as_str()
        );
    }
}
