//! The pages' HTML.

use axum::http::StatusCode;
use domain::Money;
use jiff::Timestamp;
use jiff::tz;
use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::payment::{Payment, Status};

const STYLE: &str = include_str!("style.css");

/// Moscow has kept UTC+3 since 2014; a whole time zone database is not worth one line of text.
const MOSCOW: i8 = 3;

/// The page of a payment.
pub(crate) fn payment(payment: &Payment, shop_id: &str) -> String {
    let order = &payment.order;
    let description = order.description.as_deref().unwrap_or("Оплата заказа");
    let refunded = Money::from_minor(payment.refunded, order.amount.currency());
    let refunded = refunded.filter(|money| !money.is_zero());
    let (title, badge) = match &payment.status {
        Status::Pending => ("Оплата", None),
        Status::WaitingForCapture => (
            "Деньги удержаны",
            Some(("good", "✓", "Магазин спишет их, когда подтвердит заказ.")),
        ),
        Status::Succeeded { .. } if refunded == Some(order.amount) => (
            "Деньги возвращены",
            Some(("good", "↩", "Магазин вернул всю сумму.")),
        ),
        Status::Succeeded { .. } => ("Оплачено", Some(("good", "✓", "Спасибо, оплата прошла."))),
        Status::Canceled { reason, .. } => ("Платёж отменён", Some(("bad", "✕", why(reason)))),
    };
    let body = html! {
        @match badge {
            Some((class, sign, text)) => {
                (self::badge(class, sign, title, text))
                // The outcome is the heading.
                p class="what" { (description) }
            }
            None => h1 class="what" { (description) },
        }
        p class="amount" { (rubles(order.amount)) }
        dl {
            (row("Магазин", &format!("№ {shop_id}")))
            @if let Some(purchase) = order.metadata.get("purchase_id") {
                dt { "Заказ" }
                dd class="number" { (purchase) }
            }
            @if payment.is_pending() {
                (row("Оплатить до", &moscow_time(payment.deadline())))
            }
            @if let Some(part) = refunded {
                (row("Возвращено", &rubles(part)))
            }
        }
        @if payment.is_pending() {
            (buttons(payment))
        } @else {
            div class="actions" {
                a class="primary" href=(order.return_url) { "Вернуться в магазин" }
            }
        }
    };
    layout(title, &body)
}

/// The page with the newest payments.
pub(crate) fn payments(payments: &[&Payment]) -> String {
    let body = html! {
        h1 { "Платежи" }
        @if payments.is_empty() {
            p class="what" { "Пока нет ни одного: платёж появится, когда кто-нибудь купит тариф." }
        } @else {
            ul class="list" {
                @for payment in payments {
                    li {
                        a href={ "/pay/" (payment.id) } {
                            span { (payment.order.description.as_deref().unwrap_or("Оплата заказа")) }
                            strong { (rubles(payment.order.amount)) }
                            small { (moscow_time(payment.created_at)) }
                            small { (state(&payment.status)) }
                        }
                    }
                }
            }
        }
    };
    layout("Платежи", &body)
}

fn state(status: &Status) -> &'static str {
    match status {
        Status::Pending => "ждёт оплаты",
        Status::WaitingForCapture => "деньги удержаны",
        Status::Succeeded { .. } => "оплачен",
        Status::Canceled { .. } => "отменён",
    }
}

/// The page for an address without a payment, or for a failure.
pub(crate) fn problem(status: StatusCode) -> String {
    let (title, text) = if status == StatusCode::NOT_FOUND {
        (
            "Платёж не найден",
            "Проверьте ссылку или вернитесь в магазин и начните оплату заново.",
        )
    } else {
        ("Что-то сломалось", "Обновите страницу через минуту.")
    };
    layout(title, &badge("bad", "✕", title, text))
}

fn layout(title: &str, body: &Markup) -> String {
    let page = html! {
        (DOCTYPE)
        html lang="ru" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) " — тестовая касса" }
                style { (PreEscaped(STYLE)) }
            }
            body {
                main {
                    header {
                        span class="mark" aria-hidden="true" { "₽" }
                        "Тестовая касса"
                        span class="tag" { "sandbox" }
                    }
                    section class="card" { (body) }
                    footer {
                        "Деньги не списываются: это песочница для разработки."
                        span lang="en" { "Payment sandbox. No real money moves." }
                    }
                }
            }
        }
    };
    page.into_string()
}

/// One form, so that the choice goes with either button. Its values are those of [`crate::script::announcing`].
fn buttons(payment: &Payment) -> Markup {
    let action = |name: &str| format!("/pay/{}/{name}", payment.id);
    let choices = [
        ("late", "Через полминуты"),
        ("twice", "Дважды"),
        ("lost", "Потеряется"),
    ];
    html! {
        form method="post" class="actions" {
            button class="primary" formaction=(action("approve")) {
                "Оплатить " (rubles(payment.order.amount))
            }
            button class="secondary" formaction=(action("decline")) { "Отклонить" }
            details {
                summary { "Уведомление магазину" }
                fieldset {
                    legend { "Как оно придёт" }
                    label { input type="radio" name="webhook" value="" checked; " Сразу" }
                    @for (value, text) in choices {
                        label { input type="radio" name="webhook" value=(value); " " (text) }
                    }
                }
            }
        }
    }
}

fn badge(class: &str, sign: &str, title: &str, text: &str) -> Markup {
    html! {
        div class={ "badge " (class) } {
            span class="sign" aria-hidden="true" { (sign) }
            div { h1 { (title) } p { (text) } }
        }
    }
}

fn row(name: &str, value: &str) -> Markup {
    html! { dt { (name) } dd { (value) } }
}

fn why(reason: &str) -> &'static str {
    match reason {
        "general_decline" => "Оплату отклонили. Деньги не списаны.",
        "expired_on_capture" => "Магазин не списал деньги вовремя. Деньги возвращены.",
        "expired_on_confirmation" => "Время на оплату вышло. Деньги не списаны.",
        "canceled_by_merchant" => "Магазин отменил заказ. Деньги возвращены.",
        _ => "Деньги не списаны.",
    }
}

/// `1 990,00 ₽`, with spaces that do not break.
fn rubles(amount: Money) -> String {
    let text = amount.to_decimal();
    let (whole, kopecks) = text.split_once('.').unwrap_or((&text, "00"));
    let mut grouped = String::new();
    for (i, digit) in whole.chars().enumerate() {
        if i > 0 && (whole.len() - i) % 3 == 0 {
            grouped.push('\u{a0}');
        }
        grouped.push(digit);
    }
    format!("{grouped},{kopecks}\u{a0}₽")
}

fn moscow_time(at: Timestamp) -> String {
    let at = at.to_zoned(tz::TimeZone::fixed(tz::offset(MOSCOW)));
    at.strftime("%d.%m.%Y %H:%M МСК").to_string()
}

#[cfg(test)]
mod tests {
    use domain::Currency;

    use super::*;

    #[test]
    fn money_is_formatted_in_russian() {
        let write = |minor| rubles(Money::from_minor(minor, Currency::RUB).unwrap());
        assert_eq!(write(5), "0,05\u{a0}₽");
        assert_eq!(write(19_900), "199,00\u{a0}₽");
        assert_eq!(write(123_456_789), "1\u{a0}234\u{a0}567,89\u{a0}₽");
    }

    #[test]
    fn markup_is_escaped() {
        let escaped = row("<b onclick='x'>\"&", "").into_string();
        assert_eq!(
            escaped,
            "<dt>&lt;b onclick='x'&gt;&quot;&amp;</dt><dd></dd>"
        );
    }
}
