//! The sentences about every rule.

use domain::RuleCode::*;
use domain::*;
use jiff::civil::{Weekday, time};
use uuid::Uuid;

use super::{APRIL, Case, DAY, HOUR, NOW, held};

/// Each rule with what can make it refuse, on 2 April 2026, 12:30 in Moscow, a Thursday.
pub(super) fn cases() -> Vec<Case> {
    vec![
        Case {
            rule: UserNotRegistered,
            change: |p| p.observed.user_status = None,
            en: &[
                "Your account is not yet known to the promo code service. That takes a few seconds after the registration: please try again.",
            ],
            ru: &[
                "Вашей учётной записи ещё нет в системе промокодов: после регистрации на это нужно несколько секунд. Попробуйте ещё раз.",
            ],
            calls: &[],
            past: [
                "Your account was not yet known to the promo code service. That takes a few seconds after the registration: please try again.",
                "Вашей учётной записи тогда ещё не было в системе промокодов: после регистрации на это нужно несколько секунд. Попробуйте ещё раз.",
            ],
        },
        Case {
            rule: UserNotActive,
            change: |p| p.observed.user_status = Some(UserStatus::Blocked),
            en: &[
                "Your account is blocked.",
                "Unblock the user.",
                "Unblock the user",
            ],
            ru: &[
                "Ваша учётная запись заблокирована.",
                "Разблокируйте пользователя.",
                "Разблокировать пользователя",
            ],
            calls: &["admin: POST /admin/users/00000000-0000-0000-0000-000000000077/unblock"],
            past: [
                "Your account was blocked.",
                "Ваша учётная запись была заблокирована.",
            ],
        },
        Case {
            rule: UserNotActive,
            change: |p| p.observed.user_status = Some(UserStatus::Deleted),
            en: &[
                "This account is deleted. You can register again and use promo codes with the new account.",
            ],
            ru: &[
                "Эта учётная запись удалена. Вы можете зарегистрироваться заново и применять промокоды там.",
            ],
            calls: &[],
            past: [
                "This account was deleted. You can register again and use promo codes with the new account.",
                "Эта учётная запись была удалена. Вы можете зарегистрироваться заново и применять промокоды там.",
            ],
        },
        Case {
            rule: NotInAudience,
            change: |p| p.promotion.audience = Audience::Groups(vec![7]),
            en: &[
                "The promo code is for a group of customers that you are not in.",
                "Add the user to group 7.",
                "Add the user to group 7",
            ],
            ru: &[
                "Промокод предназначен для группы покупателей, в которую вы не входите.",
                "Добавьте пользователя в группу 7.",
                "Добавить пользователя в группу 7",
            ],
            calls: &[
                r#"marketer: PATCH /admin/groups/7/members {"add":["00000000-0000-0000-0000-000000000077"]}"#,
            ],
            past: [
                "The promo code was for a group of customers that you were not in.",
                "Промокод был предназначен для группы покупателей, в которую вы не входили.",
            ],
        },
        Case {
            rule: NotInAudience,
            change: |p| p.promotion.audience = Audience::Groups(vec![7, 9]),
            en: &[
                "The promo code is for a group of customers that you are not in.",
                "Add the user to one of the groups 7, 9.",
                "Add the user to group 7",
                "Add the user to group 9",
            ],
            ru: &[
                "Промокод предназначен для группы покупателей, в которую вы не входите.",
                "Добавьте пользователя в одну из групп: 7, 9.",
                "Добавить пользователя в группу 7",
                "Добавить пользователя в группу 9",
            ],
            calls: &[
                r#"marketer: PATCH /admin/groups/7/members {"add":["00000000-0000-0000-0000-000000000077"]}"#,
                r#"marketer: PATCH /admin/groups/9/members {"add":["00000000-0000-0000-0000-000000000077"]}"#,
            ],
            past: [
                "The promo code was for a group of customers that you were not in.",
                "Промокод был предназначен для группы покупателей, в которую вы не входили.",
            ],
        },
        Case {
            rule: CodeForAnotherUser,
            change: |p| p.code.user_id = Some(Uuid::from_u128(2)),
            en: &[
                "This promo code is issued to another customer.",
                "If it was issued to the wrong account, give the code to this user.",
                "Give the code to this user",
            ],
            ru: &[
                "Этот промокод выдан другому покупателю.",
                "Если промокод выдали не на ту учётную запись, передайте его этому пользователю.",
                "Передать промокод этому пользователю",
            ],
            calls: &[
                r#"marketer: PATCH /admin/promocodes/5 {"user_id":"00000000-0000-0000-0000-000000000077"} if "3""#,
            ],
            past: [
                "This promo code was issued to another customer.",
                "Этот промокод был выдан другому покупателю.",
            ],
        },
        Case {
            rule: ConflictOfInterest,
            change: |p| p.observed.insider_since = Some(APRIL),
            en: &[
                "On 1 April 2026, 00:00 (Europe/Moscow), you made, changed or looked up this promo code as a member of staff, so you can't use it yourself. Please choose another code.",
            ],
            ru: &[
                "1 апреля 2026, 00:00 (Москва) вы создали, изменили или посмотрели этот промокод как сотрудник, поэтому сами применить его не можете. Выберите другой промокод.",
            ],
            calls: &[],
            past: [
                "On 1 April 2026, 00:00 (Europe/Moscow), you made, changed or looked up this promo code as a member of staff, so you could not use it yourself. Please choose another code.",
                "1 апреля 2026, 00:00 (Москва) вы создали, изменили или посмотрели этот промокод как сотрудник, поэтому сами применить его не могли. Выберите другой промокод.",
            ],
        },
        Case {
            rule: CodeTextRequired,
            change: |p| p.code.in_batch = true,
            en: &[
                "This promo code can only be applied by its text, not by its number. Please enter the text of the code.",
            ],
            ru: &[
                "Этот промокод применяют только по тексту, а не по номеру. Введите текст промокода.",
            ],
            calls: &[],
            past: [
                "This promo code can only be applied by its text, not by its number. Please enter the text of the code.",
                "Этот промокод применяют только по тексту, а не по номеру. Введите текст промокода.",
            ],
        },
        Case {
            rule: NotFirstPurchase,
            change: |p| {
                p.promotion.first_purchase = Some(FirstPurchase::Paid);
                p.observed.has_purchased = true;
            },
            en: &[
                "The promo code is only for a first paid purchase, and you have paid for one before.",
                "Open the promotion to customers who have bought before.",
                "Remove the condition of a first purchase",
            ],
            ru: &[
                "Промокод действует только на первую оплаченную покупку, а вы уже оплачивали покупки.",
                "Разрешите промокод и тем, кто уже покупал.",
                "Снять условие первой покупки",
            ],
            calls: &[r#"marketer: PATCH /admin/promotions/50 {"first_purchase":null} if "7""#],
            past: [
                "The promo code is only for a first paid purchase, and you have paid for one before.",
                "Промокод действует только на первую оплаченную покупку, а вы уже оплачивали покупки.",
            ],
        },
        Case {
            rule: NotFirstPurchase,
            change: |p| {
                p.promotion.first_purchase = Some(FirstPurchase::Any);
                p.observed.has_purchased = true;
            },
            en: &[
                "The promo code is only for a first purchase, and you have made one before.",
                "Open the promotion to customers who have bought before.",
                "Remove the condition of a first purchase",
            ],
            ru: &[
                "Промокод действует только на первую покупку, а вы уже покупали.",
                "Разрешите промокод и тем, кто уже покупал.",
                "Снять условие первой покупки",
            ],
            calls: &[r#"marketer: PATCH /admin/promotions/50 {"first_purchase":null} if "7""#],
            past: [
                "The promo code is only for a first purchase, and you have made one before.",
                "Промокод действует только на первую покупку, а вы уже покупали.",
            ],
        },
        Case {
            rule: NotFirstPurchase,
            change: |p| {
                p.promotion.first_purchase = Some(FirstPurchase::Paid);
                p.observed.first_purchase = Some(ApplicationState::Applied);
            },
            en: &[
                "The promo code is for a first purchase, and you have applied another code for first purchases. Cancel that one, or use it instead.",
            ],
            ru: &[
                "Промокод действует на первую покупку, а вы уже применили другой промокод на первую покупку. Отмените его или воспользуйтесь им.",
            ],
            calls: &[],
            past: [
                "The promo code is for a first purchase, and you have applied another code for first purchases. Cancel that one, or use it instead.",
                "Промокод действует на первую покупку, а вы уже применили другой промокод на первую покупку. Отмените его или воспользуйтесь им.",
            ],
        },
        Case {
            rule: NotFirstPurchase,
            change: |p| {
                p.promotion.first_purchase = Some(FirstPurchase::Paid);
                p.observed.first_purchase = Some(ApplicationState::Used);
            },
            en: &[
                "The promo code is only for a first purchase, and you have used another code for first purchases before.",
                "Open the promotion to customers who have bought before.",
                "Remove the condition of a first purchase",
            ],
            ru: &[
                "Промокод действует только на первую покупку, а вы уже использовали другой промокод на первую покупку.",
                "Разрешите промокод и тем, кто уже покупал.",
                "Снять условие первой покупки",
            ],
            calls: &[r#"marketer: PATCH /admin/promotions/50 {"first_purchase":null} if "7""#],
            past: [
                "The promo code is only for a first purchase, and you have used another code for first purchases before.",
                "Промокод действует только на первую покупку, а вы уже использовали другой промокод на первую покупку.",
            ],
        },
        Case {
            rule: PromoNotActive,
            change: |p| p.promotion.status = PromotionStatus::Draft,
            en: &[
                "The promo code is not published yet.",
                "Publish the promotion.",
                "Publish the promotion",
            ],
            ru: &[
                "Промокод ещё не опубликован.",
                "Опубликуйте промокод.",
                "Опубликовать промокод",
            ],
            calls: &[r#"marketer: PATCH /admin/promotions/50 {"status":"active"} if "7""#],
            past: [
                "The promo code was not published yet.",
                "Промокод тогда ещё не был опубликован.",
            ],
        },
        Case {
            rule: PromoNotActive,
            change: |p| p.promotion.status = PromotionStatus::Paused,
            en: &[
                "The promo code is suspended.",
                "Resume the promotion.",
                "Resume the promotion",
            ],
            ru: &[
                "Действие промокода приостановлено.",
                "Возобновите действие промокода.",
                "Возобновить действие промокода",
            ],
            calls: &[r#"marketer: PATCH /admin/promotions/50 {"status":"active"} if "7""#],
            past: [
                "The promo code was suspended.",
                "Действие промокода было приостановлено.",
            ],
        },
        Case {
            rule: PromoNotActive,
            change: |p| p.promotion.status = PromotionStatus::Archived,
            en: &["The promo code is withdrawn for good. You can use another one."],
            ru: &["Промокод окончательно снят с публикации. Вы можете применить другой."],
            calls: &[],
            past: [
                "The promo code was withdrawn for good. You can use another one.",
                "Промокод был окончательно снят с публикации. Вы можете применить другой.",
            ],
        },
        Case {
            rule: CodeDisabled,
            change: |p| p.code.state = CodeState::Disabled,
            en: &[
                "This promo code is withdrawn.",
                "Enable the code again.",
                "Enable the code",
            ],
            ru: &[
                "Этот промокод отозван.",
                "Снова включите промокод.",
                "Включить промокод",
            ],
            calls: &[r#"marketer: PATCH /admin/promocodes/5 {"state":"issued"} if "3""#],
            past: [
                "This promo code was withdrawn.",
                "Этот промокод был отозван.",
            ],
        },
        Case {
            rule: CampaignNotActive,
            change: |p| p.campaign.status = CampaignStatus::Paused,
            en: &[
                "The campaign of this promo code is suspended.",
                "Resume the campaign.",
                "Resume the campaign",
            ],
            ru: &[
                "Акция этого промокода приостановлена.",
                "Возобновите акцию.",
                "Возобновить акцию",
            ],
            calls: &[r#"marketer: PATCH /admin/campaigns/8 {"status":"active"} if "2""#],
            past: [
                "The campaign of this promo code was suspended.",
                "Акция этого промокода была приостановлена.",
            ],
        },
        Case {
            rule: CampaignNotActive,
            change: |p| p.campaign.status = CampaignStatus::Archived,
            en: &["The campaign of this promo code is over. You can use another promo code."],
            ru: &["Акция этого промокода завершена. Вы можете применить другой промокод."],
            calls: &[],
            past: [
                "The campaign of this promo code was over. You can use another promo code.",
                "Акция этого промокода была завершена. Вы можете применить другой промокод.",
            ],
        },
        Case {
            rule: PromoNotStarted,
            change: |p| p.promotion.starts_at = NOW + 30 * DAY,
            en: &[
                "The promo code will begin to work on 2 May 2026, 12:30 (Europe/Moscow).",
                "Move the start to 2 April 2026, 12:30 (Europe/Moscow) or earlier.",
                "Move the start to 2 April 2026, 12:30 (Europe/Moscow)",
            ],
            ru: &[
                "Промокод начнёт действовать 2 мая 2026, 12:30 (Москва).",
                "Перенесите начало на 2 апреля 2026, 12:30 (Москва) или раньше.",
                "Перенести начало на 2 апреля 2026, 12:30 (Москва)",
            ],
            calls: &[
                r#"marketer: PATCH /admin/promotions/50 {"starts_at":"2026-04-02T12:30:00+03:00"} if "7""#,
            ],
            past: [
                "The promo code will begin to work on 2 May 2026, 12:30 (Europe/Moscow).",
                "Промокод начнёт действовать 2 мая 2026, 12:30 (Москва).",
            ],
        },
        Case {
            rule: PromoEnded,
            change: |p| p.promotion.ends_at = Some(APRIL),
            en: &[
                "The promo code stopped working on 1 April 2026, 00:00 (Europe/Moscow).",
                "Extend it at least until 3 April 2026, 00:00 (Europe/Moscow).",
                "Extend it until 3 April 2026, 00:00 (Europe/Moscow)",
            ],
            ru: &[
                "Промокод перестал действовать 1 апреля 2026, 00:00 (Москва).",
                "Продлите срок действия хотя бы до 3 апреля 2026, 00:00 (Москва).",
                "Продлить до 3 апреля 2026, 00:00 (Москва)",
            ],
            calls: &[
                r#"marketer: PATCH /admin/promotions/50 {"ends_at":"2026-04-03T00:00:00+03:00"} if "7""#,
            ],
            past: [
                "The promo code stopped working on 1 April 2026, 00:00 (Europe/Moscow).",
                "Промокод перестал действовать 1 апреля 2026, 00:00 (Москва).",
            ],
        },
        Case {
            rule: CodeEnded,
            change: |p| p.code.ends_at = Some(APRIL),
            en: &[
                "Your promo code expired on 1 April 2026, 00:00 (Europe/Moscow).",
                "Extend it at least until 3 April 2026, 00:00 (Europe/Moscow).",
                "Extend it until 3 April 2026, 00:00 (Europe/Moscow)",
            ],
            ru: &[
                "Срок вашего промокода истёк 1 апреля 2026, 00:00 (Москва).",
                "Продлите срок действия хотя бы до 3 апреля 2026, 00:00 (Москва).",
                "Продлить до 3 апреля 2026, 00:00 (Москва)",
            ],
            calls: &[
                r#"marketer: PATCH /admin/promocodes/5 {"ends_at":"2026-04-03T00:00:00+03:00"} if "3""#,
            ],
            past: [
                "Your promo code expired on 1 April 2026, 00:00 (Europe/Moscow).",
                "Срок вашего промокода истёк 1 апреля 2026, 00:00 (Москва).",
            ],
        },
        Case {
            rule: OutsideSchedule,
            change: |p| {
                p.promotion.schedule.weekdays = Some(vec![Weekday::Saturday, Weekday::Sunday]);
                p.promotion.schedule.hours = Some((time(9, 0, 0, 0), time(12, 0, 0, 0)));
            },
            en: &[
                "The promo code works on Saturdays and Sundays from 09:00 to 12:00 (Europe/Moscow), and now it is Thursday, 12:30.",
                "Extend the schedule: on Thursdays, Saturdays and Sundays from 09:00 to 13:00.",
                "Extend the schedule: on Thursdays, Saturdays and Sundays from 09:00 to 13:00",
            ],
            ru: &[
                "Промокод действует по субботам и воскресеньям с 09:00 до 12:00 (Москва), а сейчас четверг, 12:30.",
                "Расширьте расписание: по четвергам, субботам и воскресеньям с 09:00 до 13:00.",
                "Расширить расписание: по четвергам, субботам и воскресеньям с 09:00 до 13:00",
            ],
            calls: &[
                r#"marketer: PATCH /admin/promotions/50 {"hours":{"from":"09:00","to":"13:00"},"weekdays":["thu","sat","sun"]} if "7""#,
            ],
            past: [
                "The promo code works on Saturdays and Sundays from 09:00 to 12:00 (Europe/Moscow), and this was another time: Thursday, 2 April 2026, 11:30 (Europe/Moscow).",
                "Промокод действует по субботам и воскресеньям с 09:00 до 12:00 (Москва), а попытка была в другое время: четверг, 2 апреля 2026, 11:30 (Москва).",
            ],
        },
        Case {
            rule: OutsideSchedule,
            change: |p| {
                p.promotion.schedule.hours = Some((time(22, 0, 0, 0), time(2, 0, 0, 0)));
            },
            en: &[
                "The promo code works from 22:00 to 02:00 (Europe/Moscow), and now it is Thursday, 12:30.",
                "Extend the schedule: from 12:00 to 02:00.",
                "Extend the schedule: from 12:00 to 02:00",
            ],
            ru: &[
                "Промокод действует с 22:00 до 02:00 (Москва), а сейчас четверг, 12:30.",
                "Расширьте расписание: с 12:00 до 02:00.",
                "Расширить расписание: с 12:00 до 02:00",
            ],
            calls: &[
                r#"marketer: PATCH /admin/promotions/50 {"hours":{"from":"12:00","to":"02:00"}} if "7""#,
            ],
            past: [
                "The promo code works from 22:00 to 02:00 (Europe/Moscow), and this was another time: Thursday, 2 April 2026, 11:30 (Europe/Moscow).",
                "Промокод действует с 22:00 до 02:00 (Москва), а попытка была в другое время: четверг, 2 апреля 2026, 11:30 (Москва).",
            ],
        },
        Case {
            rule: TariffNotOnSale,
            change: |p| p.tariff.status = TariffStatus::Archived,
            en: &[
                "The tariff “Базовый” is no longer on sale.",
                "Put the tariff on sale again.",
                "Put the tariff on sale again",
            ],
            ru: &[
                "Тариф «Базовый» больше не продаётся.",
                "Верните тариф в продажу.",
                "Вернуть тариф в продажу",
            ],
            calls: &[r#"marketer: PATCH /admin/tariffs/1 {"status":"active"} if "4""#],
            past: [
                "The tariff “Базовый” was no longer on sale.",
                "Тариф «Базовый» уже не продавался.",
            ],
        },
        Case {
            rule: TariffNotInScope,
            change: |p| {
                p.promotion.tariffs = Some(vec![TariffId(2), TariffId(3)]);
            },
            en: &[
                "The promo code is for other tariffs than “Базовый”.",
                "Add tariff 1 to those that the promotion is for: 2 and 3.",
                "Add tariff 1",
            ],
            ru: &[
                "Промокод действует для других тарифов, не для тарифа «Базовый».",
                "Добавьте тариф 1 к тарифам, для которых действует промокод: 2 и 3.",
                "Добавить тариф 1",
            ],
            calls: &[r#"marketer: PATCH /admin/promotions/50 {"tariffs":[1,2,3]} if "7""#],
            past: [
                "The promo code is for other tariffs than “Базовый”.",
                "Промокод действует для других тарифов, не для тарифа «Базовый».",
            ],
        },
        Case {
            rule: CurrencyMismatch,
            change: |p| p.promotion.currency = "USD".parse().unwrap(),
            en: &[
                "The promo code is for prices in USD, and the tariff “Базовый” is sold in RUB. You can choose a tariff with a price in USD.",
            ],
            ru: &[
                "Промокод действует для цен в валюте USD, а тариф «Базовый» продаётся в валюте RUB. Вы можете выбрать тариф с ценой в валюте USD.",
            ],
            calls: &[],
            past: [
                "The promo code is for prices in USD, and the tariff “Базовый” is sold in RUB. You can choose a tariff with a price in USD.",
                "Промокод действует для цен в валюте USD, а тариф «Базовый» продаётся в валюте RUB. Вы можете выбрать тариф с ценой в валюте USD.",
            ],
        },
        Case {
            rule: PriceBelowMinimum,
            change: |p| p.promotion.min_price_minor = Some(30_000),
            en: &[
                "The promo code works for prices from RUB 300.00, and the tariff “Базовый” costs RUB 299.00.",
                "Lower the minimum price from RUB 300.00 to RUB 299.00.",
                "Lower the minimum price to RUB 299.00",
            ],
            ru: &[
                "Промокод действует для тарифов от 300,00 ₽, а тариф «Базовый» стоит 299,00 ₽.",
                "Снизьте минимальную цену с 300,00 ₽ до 299,00 ₽.",
                "Снизить минимальную цену до 299,00 ₽",
            ],
            calls: &[r#"marketer: PATCH /admin/promotions/50 {"min_price":"299.00"} if "7""#],
            past: [
                "The promo code works for prices from RUB 300.00, and the tariff “Базовый” costs RUB 299.00.",
                "Промокод действует для тарифов от 300,00 ₽, а тариф «Базовый» стоит 299,00 ₽.",
            ],
        },
        Case {
            rule: HeldForAnotherTariff,
            change: |p| {
                p.promotion.total_limit = Some(1);
                p.observed.taken = 1;
                p.observed.held = Some(held(Some(NOW + HOUR / 2)));
            },
            en: &[
                "You have already applied the promo code to tariff 2, until 2 April 2026, 13:00 (Europe/Moscow), and no other use is left. You can move it to the tariff “Базовый”, or cancel it there.",
            ],
            ru: &[
                "Вы уже применили промокод к тарифу 2, до 2 апреля 2026, 13:00 (Москва), и свободных применений не осталось. Вы можете перенести его на тариф «Базовый» или отменить там.",
            ],
            calls: &[],
            past: [
                "You had already applied the promo code to tariff 2, until 2 April 2026, 13:00 (Europe/Moscow), and no other use was left. You can move it to the tariff “Базовый”, or cancel it there.",
                "Вы уже применили промокод к тарифу 2, до 2 апреля 2026, 13:00 (Москва), и свободных применений не оставалось. Вы можете перенести его на тариф «Базовый» или отменить там.",
            ],
        },
        Case {
            rule: HeldForAnotherTariff,
            change: |p| {
                p.promotion.total_limit = Some(1);
                p.observed.taken = 1;
                p.observed.held = Some(held(None));
            },
            en: &[
                "You have already begun to pay for tariff 2 with the promo code, and no other use is left. Finish that payment, or cancel the purchase.",
            ],
            ru: &[
                "Вы уже начали оплачивать с этим промокодом тариф 2, и свободных применений не осталось. Завершите оплату или отмените покупку.",
            ],
            calls: &[],
            past: [
                "You had already begun to pay for tariff 2 with the promo code, and no other use was left. Finish that payment, or cancel the purchase.",
                "Вы уже начали оплачивать с этим промокодом тариф 2, и свободных применений не оставалось. Завершите оплату или отмените покупку.",
            ],
        },
        Case {
            rule: PromoLimitReached,
            change: |p| {
                p.promotion.total_limit = Some(100);
                p.observed.taken = 100;
            },
            en: &[
                "The promo code has 100 uses for all customers together, and all of them are taken.",
                "Raise the limit of uses from 100 to 101.",
                "Raise the limit to 101",
            ],
            ru: &[
                "Промокод рассчитан на 100 применений на всех покупателей, и все они уже заняты.",
                "Увеличьте лимит применений со 100 до 101.",
                "Увеличить лимит до 101",
            ],
            calls: &[r#"marketer: PATCH /admin/promotions/50 {"total_limit":101} if "7""#],
            past: [
                "The promo code has 100 uses for all customers together, and all of them were taken.",
                "Промокод рассчитан на 100 применений на всех покупателей, и все они были заняты.",
            ],
        },
        Case {
            rule: PromoLimitReached,
            change: |p| {
                p.promotion.total_limit = Some(1);
                p.observed.taken = 1;
            },
            en: &[
                "The promo code has 1 use for all customers together, and it is taken.",
                "Raise the limit of uses from 1 to 2.",
                "Raise the limit to 2",
            ],
            ru: &[
                "Промокод рассчитан на 1 применение на всех покупателей, и оно уже занято.",
                "Увеличьте лимит применений с 1 до 2.",
                "Увеличить лимит до 2",
            ],
            calls: &[r#"marketer: PATCH /admin/promotions/50 {"total_limit":2} if "7""#],
            past: [
                "The promo code has 1 use for all customers together, and it was taken.",
                "Промокод рассчитан на 1 применение на всех покупателей, и оно было занято.",
            ],
        },
        Case {
            rule: PromoLimitReached,
            change: |p| {
                p.code.in_batch = true;
                p.observed.named_by_text = true;
                p.promotion.total_limit = Some(22);
                p.observed.taken = 25;
            },
            en: &[
                "The promo codes of this promotion have 22 uses together, and all of them are taken.",
                "Raise the limit of uses from 22 to 26.",
                "Raise the limit to 26",
            ],
            ru: &[
                "Все промокоды этой серии вместе рассчитаны на 22 применения, и все они уже заняты.",
                "Увеличьте лимит применений с 22 до 26.",
                "Увеличить лимит до 26",
            ],
            calls: &[r#"marketer: PATCH /admin/promotions/50 {"total_limit":26} if "7""#],
            past: [
                "The promo codes of this promotion have 22 uses together, and all of them were taken.",
                "Все промокоды этой серии вместе рассчитаны на 22 применения, и все они были заняты.",
            ],
        },
        Case {
            rule: CodeLimitReached,
            change: |p| {
                p.code.max_uses = Some(1);
                p.observed.code_uses = 1;
            },
            en: &[
                "Your promo code has 1 use, and it is taken.",
                "Raise the limit of uses from 1 to 2.",
                "Raise the limit to 2",
            ],
            ru: &[
                "Ваш промокод рассчитан на 1 применение, и оно уже занято.",
                "Увеличьте лимит применений с 1 до 2.",
                "Увеличить лимит до 2",
            ],
            calls: &[r#"marketer: PATCH /admin/promocodes/5 {"max_uses":2} if "3""#],
            past: [
                "Your promo code has 1 use, and it was taken.",
                "Ваш промокод рассчитан на 1 применение, и оно было занято.",
            ],
        },
        Case {
            rule: PromoBudgetReached,
            change: |p| {
                p.promotion.budget_minor = Some(150_000_000);
                p.observed.spent_minor = 149_990_000;
            },
            en: &[
                "The budget of the promotion does not cover the discount of RUB 150.00: RUB 100.00 of it is left.",
                "Raise the budget of the promotion from RUB 1,500,000.00 to RUB 1,500,050.00.",
                "Raise the budget to RUB 1,500,050.00",
            ],
            ru: &[
                "Бюджета промокода не хватает на скидку 150,00 ₽: в нём осталось 100,00 ₽.",
                "Увеличьте бюджет промокода с 1\u{a0}500\u{a0}000,00 ₽ до 1\u{a0}500\u{a0}050,00 ₽.",
                "Увеличить бюджет до 1\u{a0}500\u{a0}050,00 ₽",
            ],
            calls: &[r#"marketer: PATCH /admin/promotions/50 {"budget":"1500050.00"} if "7""#],
            past: [
                "The budget of the promotion does not cover the discount of RUB 150.00: RUB 100.00 of it was left.",
                "Бюджета промокода не хватает на скидку 150,00 ₽: в нём оставалось 100,00 ₽.",
            ],
        },
        Case {
            rule: CampaignLimitReached,
            change: |p| {
                p.campaign.total_limit = Some(21);
                p.observed.campaign_taken = 21;
            },
            en: &[
                "The campaign of this promo code has 21 uses, and all of them are taken.",
                "Raise the limit of uses from 21 to 22.",
                "Raise the limit to 22",
            ],
            ru: &[
                "Акция этого промокода рассчитана на 21 применение, и все они уже заняты.",
                "Увеличьте лимит применений с 21 до 22.",
                "Увеличить лимит до 22",
            ],
            calls: &[r#"marketer: PATCH /admin/campaigns/8 {"total_limit":22} if "2""#],
            past: [
                "The campaign of this promo code has 21 uses, and all of them were taken.",
                "Акция этого промокода рассчитана на 21 применение, и все они были заняты.",
            ],
        },
        Case {
            rule: CampaignBudgetReached,
            change: |p| {
                p.campaign.budget_minor = Some(50_000);
                p.observed.campaign_spent_minor = 50_000;
            },
            en: &[
                "The budget of the campaign does not cover the discount of RUB 150.00: RUB 0.00 of it is left.",
                "Raise the budget of the campaign from RUB 500.00 to RUB 650.00.",
                "Raise the budget to RUB 650.00",
            ],
            ru: &[
                "Бюджета акции не хватает на скидку 150,00 ₽: в нём осталось 0,00 ₽.",
                "Увеличьте бюджет акции с 500,00 ₽ до 650,00 ₽.",
                "Увеличить бюджет до 650,00 ₽",
            ],
            calls: &[r#"marketer: PATCH /admin/campaigns/8 {"budget":"650.00"} if "2""#],
            past: [
                "The budget of the campaign does not cover the discount of RUB 150.00: RUB 0.00 of it was left.",
                "Бюджета акции не хватает на скидку 150,00 ₽: в нём оставалось 0,00 ₽.",
            ],
        },
        Case {
            rule: UserLimitReached,
            change: |p| {
                p.promotion.per_user_limit = Some(1);
                p.observed.uses = 1;
            },
            en: &[
                "Each customer can use the promo code once, and you have used it once.",
                "Raise the limit for each user from 1 to 2.",
                "Raise the limit for each user to 2",
            ],
            ru: &[
                "Каждый покупатель может применить промокод 1 раз, и вы уже применили его 1 раз.",
                "Увеличьте лимит на покупателя с 1 до 2.",
                "Увеличить лимит на покупателя до 2",
            ],
            calls: &[r#"marketer: PATCH /admin/promotions/50 {"per_user_limit":2} if "7""#],
            past: [
                "Each customer can use the promo code once, and you had used it once.",
                "Каждый покупатель может применить промокод 1 раз, и к тому времени вы применили его 1 раз.",
            ],
        },
        Case {
            rule: UserLimitReached,
            change: |p| {
                p.promotion.per_user_limit = Some(2);
                p.promotion.per_user_period = UserPeriod::Month;
                p.observed.uses = 2;
            },
            en: &[
                "Each customer can use the promo code twice a month, and you have used it twice. You can use it again from 1 May 2026, 00:00 (Europe/Moscow).",
                "Raise the limit for each user from 2 to 3.",
                "Raise the limit for each user to 3",
            ],
            ru: &[
                "Каждый покупатель может применить промокод 2 раза в месяц, и вы уже применили его 2 раза. Снова его можно применить с 1 мая 2026, 00:00 (Москва).",
                "Увеличьте лимит на покупателя с 2 до 3.",
                "Увеличить лимит на покупателя до 3",
            ],
            calls: &[r#"marketer: PATCH /admin/promotions/50 {"per_user_limit":3} if "7""#],
            past: [
                "Each customer can use the promo code twice a month, and you had used it twice. You can use it again from 1 May 2026, 00:00 (Europe/Moscow).",
                "Каждый покупатель может применить промокод 2 раза в месяц, и к тому времени вы применили его 2 раза. Снова его можно применить с 1 мая 2026, 00:00 (Москва).",
            ],
        },
        Case {
            rule: TooManyUnusedApplications,
            change: |p| {
                p.promotion.total_limit = Some(100);
                p.observed.unused = 3;
            },
            en: &[
                "Within 24 hours you have applied the promo code 3 times without buying, so it is left to others for a day. You can apply it again 24 hours later.",
            ],
            ru: &[
                "За последние 24 часа вы применили промокод 3 раза и не купили, поэтому на сутки он остаётся другим. Применить его снова можно через 24 часа.",
            ],
            calls: &[],
            past: [
                "Within 24 hours you had applied the promo code 3 times without buying, so it is left to others for a day. You can apply it again 24 hours later.",
                "За 24 часа до этого вы применили промокод 3 раза и не купили, поэтому на сутки он остаётся другим. Применить его снова можно через 24 часа.",
            ],
        },
        Case {
            rule: TrialTaken,
            change: |p| {
                p.promotion.effect = Effect::Free { days: 7 };
                p.observed.trial = Some(ApplicationState::Used);
            },
            en: &[
                "You have had a trial before, and there is one trial for each customer. You can use a promo code with a discount instead.",
            ],
            ru: &[
                "Пробный период у вас уже был, а он один на покупателя. Вы можете применить промокод со скидкой.",
            ],
            calls: &[],
            past: [
                "You have had a trial before, and there is one trial for each customer. You can use a promo code with a discount instead.",
                "Пробный период у вас уже был, а он один на покупателя. Вы можете применить промокод со скидкой.",
            ],
        },
        Case {
            rule: TrialTaken,
            change: |p| {
                p.promotion.effect = Effect::Free { days: 7 };
                p.observed.trial = Some(ApplicationState::Applied);
            },
            en: &[
                "You have already applied a promo code for a trial, and there is one trial for each customer. Use that one, or cancel it.",
            ],
            ru: &[
                "Вы уже применили промокод на пробный период, а пробный период один на покупателя. Воспользуйтесь тем промокодом или отмените его.",
            ],
            calls: &[],
            past: [
                "You have already applied a promo code for a trial, and there is one trial for each customer. Use that one, or cancel it.",
                "Вы уже применили промокод на пробный период, а пробный период один на покупателя. Воспользуйтесь тем промокодом или отмените его.",
            ],
        },
        Case {
            rule: AnotherPromoApplied,
            change: |p| p.observed.other_code = Some(PromoCodeId(6)),
            en: &[
                "You have applied another promo code, number 6, to the tariff “Базовый”, and a purchase takes one. Cancel that one and try again.",
            ],
            ru: &[
                "К тарифу «Базовый» уже применён другой промокод, номер 6, а на покупку действует один. Отмените его и попробуйте снова.",
            ],
            calls: &[],
            past: [
                "You had applied another promo code, number 6, to the tariff “Базовый”, and a purchase takes one. Cancel that one and try again.",
                "К тарифу «Базовый» был применён другой промокод, номер 6, а на покупку действует один. Отмените его и попробуйте снова.",
            ],
        },
        Case {
            rule: TotalNotPayable,
            change: |p| {
                p.promotion.effect = Effect::FixedPrice { minor: 40 };
                p.observed.least_payable_minor = Some(100);
            },
            en: &[
                "With the promo code RUB 0.40 would be left to pay, and payments begin at RUB 1.00. You can choose another tariff.",
            ],
            ru: &[
                "С промокодом осталось бы заплатить 0,40 ₽, а оплата возможна от 1,00 ₽. Вы можете выбрать другой тариф.",
            ],
            calls: &[],
            past: [
                "With the promo code RUB 0.40 would be left to pay, and payments begin at RUB 1.00. You can choose another tariff.",
                "С промокодом осталось бы заплатить 0,40 ₽, а оплата возможна от 1,00 ₽. Вы можете выбрать другой тариф.",
            ],
        },
        Case {
            rule: NoBenefit,
            change: |p| p.promotion.effect = Effect::FixedPrice { minor: 39_900 },
            en: &[
                "With the promo code the tariff “Базовый” would cost RUB 399.00, and without it RUB 299.00. You can buy it without the code, or choose another tariff.",
            ],
            ru: &[
                "С промокодом тариф «Базовый» стоил бы 399,00 ₽, а без него — 299,00 ₽. Вы можете купить его без промокода или выбрать другой тариф.",
            ],
            calls: &[],
            past: [
                "With the promo code the tariff “Базовый” would cost RUB 399.00, and without it RUB 299.00. You can buy it without the code, or choose another tariff.",
                "С промокодом тариф «Базовый» стоил бы 399,00 ₽, а без него — 299,00 ₽. Вы можете купить его без промокода или выбрать другой тариф.",
            ],
        },
    ]
}
