//! The page's HTML. Everything that comes from a payment passes through [`escape`].

use axum::http::StatusCode;
use domain::Money;
use jiff::Timestamp;
use jiff::tz;

use crate::payment::{Payment, Status};

const STYLE: &str = include_str!("style.css");

/// Moscow has kept UTC+3 since 2014; a whole time zone database is not worth one line of text.
const MOSCOW: i8 = 3;

/// The page of a payment.
pub(crate) fn payment(payment: &Payment, shop_id: &str) -> String {
    let amount = rubles(payment.order.amount);
    let description = payment
        .order
        .description
        .as_deref()
        .unwrap_or("Оплата заказа");
    let mut rows = row("Магазин", &format!("№ {shop_id}"));
    if let Some(purchase) = payment.order.metadata.get("purchase_id") {
        rows += &format!(
            "<dt>Заказ</dt><dd class=\"number\">{}</dd>",
            escape(purchase)
        );
    }
    if payment.is_pending() {
        rows += &row("Оплатить до", &moscow_time(payment.deadline()));
    }
    let whole = payment.order.amount;
    let refunded = Money::from_minor(payment.refunded, whole.currency());
    let refunded = refunded.filter(|money| !money.is_zero());
    if let Some(part) = refunded {
        rows += &row("Возвращено", &rubles(part));
    }
    let (title, badge, action) = match &payment.status {
        Status::Pending => ("Оплата", String::new(), buttons(payment)),
        Status::WaitingForCapture => (
            "Деньги удержаны",
            badge(
                "good",
                "✓",
                "Деньги удержаны",
                "Магазин спишет их, когда подтвердит заказ.",
            ),
            back(payment),
        ),
        Status::Succeeded { .. } if refunded == Some(whole) => (
            "Деньги возвращены",
            badge(
                "good",
                "↩",
                "Деньги возвращены",
                "Магазин вернул всю сумму.",
            ),
            back(payment),
        ),
        Status::Succeeded { .. } => (
            "Оплачено",
            badge("good", "✓", "Оплачено", "Спасибо, оплата прошла."),
            back(payment),
        ),
        Status::Canceled { reason, .. } => (
            "Платёж отменён",
            badge("bad", "✕", "Платёж отменён", why(reason)),
            back(payment),
        ),
    };
    let body = format!(
        "{badge}<{head} class=\"what\">{description}</{head}><p class=\"amount\">{amount}</p><dl>{rows}</dl>{action}",
        // The outcome is the heading, once there is one.
        head = if payment.is_pending() { "h1" } else { "p" },
        description = escape(description),
        amount = escape(&amount),
    );
    layout(title, &body)
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

fn layout(title: &str, body: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"ru\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <meta name=\"color-scheme\" content=\"light dark\">\
         <title>{title} — тестовая касса</title><style>{STYLE}</style></head>\
         <body><main><header><span class=\"mark\" aria-hidden=\"true\">₽</span>Тестовая касса\
         <span class=\"tag\">sandbox</span></header>\
         <section class=\"card\">{body}</section>\
         <footer>Деньги не списываются: это песочница для разработки.\
         <span lang=\"en\">Payment sandbox. No real money moves.</span></footer>\
         </main></body></html>\n",
        title = escape(title),
    )
}

/// One form, so that the choice goes with either button.
fn buttons(payment: &Payment) -> String {
    let button = |action: &str, class: &str, text: &str| {
        format!(
            "<button class=\"{class}\" formaction=\"/pay/{id}/{action}\">{text}</button>",
            id = payment.id,
            text = escape(text),
        )
    };
    let pay = format!("Оплатить {}", rubles(payment.order.amount));
    format!(
        "<form method=\"post\" class=\"actions\">{}{}<details><summary>Уведомление магазину</summary>\
         <fieldset><legend>Как оно придёт</legend>{CHOICES}</fieldset></details></form>",
        button("approve", "primary", &pay),
        button("decline", "secondary", "Отклонить"),
    )
}

/// The values are those of [`crate::script::announcing`].
const CHOICES: &str = "\
    <label><input type=\"radio\" name=\"webhook\" value=\"\" checked> Сразу</label>\
    <label><input type=\"radio\" name=\"webhook\" value=\"late\"> Через полминуты</label>\
    <label><input type=\"radio\" name=\"webhook\" value=\"twice\"> Дважды</label>\
    <label><input type=\"radio\" name=\"webhook\" value=\"lost\"> Потеряется</label>";

fn back(payment: &Payment) -> String {
    format!(
        "<div class=\"actions\"><a class=\"primary\" href=\"{}\">Вернуться в магазин</a></div>",
        escape(&payment.order.return_url),
    )
}

fn badge(class: &str, sign: &str, title: &str, text: &str) -> String {
    format!(
        "<div class=\"badge {class}\"><span class=\"sign\" aria-hidden=\"true\">{sign}</span>\
         <div><h1>{}</h1><p>{}</p></div></div>",
        escape(title),
        escape(text),
    )
}

fn row(name: &str, value: &str) -> String {
    format!("<dt>{}</dt><dd>{}</dd>", escape(name), escape(value))
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

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use domain::Currency;

    use super::*;

    #[test]
    fn money_is_written_the_russian_way() {
        let write = |minor| rubles(Money::from_minor(minor, Currency::RUB).unwrap());
        assert_eq!(write(5), "0,05\u{a0}₽");
        assert_eq!(write(19_900), "199,00\u{a0}₽");
        assert_eq!(write(123_456_789), "1\u{a0}234\u{a0}567,89\u{a0}₽");
    }

    #[test]
    fn markup_is_text() {
        assert_eq!(
            escape("<b onclick='x'>\"&"),
            "&lt;b onclick=&#39;x&#39;&gt;&quot;&amp;"
        );
    }
}
