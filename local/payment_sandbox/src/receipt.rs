//! The checks that the API makes on receipts (54-FZ).

use domain::Money;
use serde_json::Value;

use crate::checks;
use crate::error::ApiError;

const ITEMS: std::ops::RangeInclusive<usize> = 1..=80;
const DESCRIPTION: std::ops::RangeInclusive<usize> = 1..=128;
/// In thousandths: the API takes three decimals.
const QUANTITY: std::ops::RangeInclusive<i128> = 1..=99_999_999;
const VAT_CODES: std::ops::RangeInclusive<u64> = 1..=12;
const TAX_SYSTEMS: std::ops::RangeInclusive<u64> = 1..=6;

const SUBJECTS: [&str; 33] = [
    "commodity",
    "excise",
    "job",
    "service",
    "payment",
    "casino",
    "gambling_bet",
    "gambling_prize",
    "lottery",
    "lottery_prize",
    "intellectual_activity",
    "agent_commission",
    "agent_withdrawals",
    "property_right",
    "non_operating_gain",
    "insurance_premium",
    "sales_tax",
    "resort_fee",
    "composite",
    "another",
    "fine",
    "tax",
    "lien",
    "cost",
    "pension_insurance_without_payouts",
    "pension_insurance_with_payouts",
    "health_insurance_without_payouts",
    "health_insurance_with_payouts",
    "health_insurance",
    "marked",
    "non_marked",
    "marked_excise",
    "non_marked_excise",
];
const MODES: [&str; 7] = [
    "full_prepayment",
    "partial_prepayment",
    "advance",
    "full_payment",
    "partial_payment",
    "credit",
    "credit_payment",
];

/// Checks the receipt for `total`, if there is one; says whether there is.
pub(crate) fn check(json: &Value, total: Money) -> Result<bool, ApiError> {
    if json.is_null() {
        return Ok(false);
    }
    let contact = |name: &str| json["customer"][name].as_str().unwrap_or_default();
    if !contact("email").contains('@') && contact("phone").is_empty() {
        let description = "Expected the customer's email or phone";
        return Err(ApiError::invalid("receipt.customer", description));
    }
    let tax_system = &json["tax_system_code"];
    if !tax_system.is_null() && !is_in(tax_system, &TAX_SYSTEMS) {
        let description = "Expected a number from 1 to 6";
        return Err(ApiError::invalid("receipt.tax_system_code", description));
    }
    let items = json["items"].as_array().map_or(&[][..], Vec::as_slice);
    if !ITEMS.contains(&items.len()) {
        return Err(ApiError::invalid("receipt.items", "Expected 1 to 80 items"));
    }
    let mut sum = 0;
    for item in items {
        sum += item_total(item)?;
    }
    if sum == i128::from(total.minor()) {
        Ok(true)
    } else {
        let description = "The items do not add up to the amount";
        Err(ApiError::invalid("receipt.items", description))
    }
}

/// Kopecks.
fn item_total(item: &Value) -> Result<i128, ApiError> {
    let name = item["description"].as_str().unwrap_or_default();
    let quantity = thousandths(&item["quantity"]);
    // Of the members below, the API does not require these two.
    let fits = |list: &[&str], value: &Value| {
        value.is_null() || value.as_str().is_some_and(|v| list.contains(&v))
    };
    for (holds, parameter) in [
        (
            DESCRIPTION.contains(&name.chars().count()),
            "receipt.items.description",
        ),
        (
            quantity.is_some_and(|thousandths| QUANTITY.contains(&thousandths)),
            "receipt.items.quantity",
        ),
        (
            is_in(&item["vat_code"], &VAT_CODES),
            "receipt.items.vat_code",
        ),
        (
            fits(&SUBJECTS, &item["payment_subject"]),
            "receipt.items.payment_subject",
        ),
        (
            fits(&MODES, &item["payment_mode"]),
            "receipt.items.payment_mode",
        ),
    ] {
        if !holds {
            return Err(ApiError::invalid(parameter, "Missing, or not of the list"));
        }
    }
    let each = checks::amount(&item["amount"]).map_err(|error| ApiError {
        parameter: Some("receipt.items.amount"),
        ..error
    })?;
    // Half a kopeck is rounded up.
    Ok((i128::from(each.minor()) * quantity.unwrap_or_default() + 500) / 1_000)
}

/// A quantity, as a number or as a text, such as 2, 1.5 or "2.000".
fn thousandths(json: &Value) -> Option<i128> {
    let text = match json {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    let (whole, decimals) = text.split_once('.').unwrap_or((&text, "0"));
    let digits = |part: &str, most| {
        (1..=most).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit())
    };
    if !digits(whole, 5) || !digits(decimals, 3) {
        return None;
    }
    format!("{whole}{decimals:0<3}").parse().ok()
}

fn is_in(json: &Value, range: &std::ops::RangeInclusive<u64>) -> bool {
    json.as_u64().is_some_and(|number| range.contains(&number))
}

#[cfg(test)]
mod tests {
    use domain::Currency;
    use serde_json::json;

    use super::*;

    #[test]
    fn quantity_is_a_number_or_a_text_of_three_decimals() {
        for (quantity, thousandths) in [
            (json!(2), Some(2_000)),
            (json!(1.5), Some(1_500)),
            (json!("2.0"), Some(2_000)),
            (json!("0.125"), Some(125)),
            (json!("0.1255"), None),
            (json!("1e3"), None),
            (json!("-1"), None),
            (json!(""), None),
            (json!("."), None),
            (Value::Null, None),
        ] {
            assert_eq!(super::thousandths(&quantity), thousandths, "{quantity}");
        }
    }

    fn total() -> Money {
        Money::from_minor(19_900, Currency::RUB).unwrap()
    }

    fn valid() -> Value {
        json!({
            "customer": {"email": "a@b.example"},
            "items": [{
                "description": "Подписка", "quantity": 2,
                "amount": {"value": "99.50", "currency": "RUB"},
                "vat_code": 1, "payment_subject": "service", "payment_mode": "full_payment",
            }],
            "tax_system_code": 1,
        })
    }

    #[test]
    fn subject_and_mode_can_be_left_out() {
        let mut json = valid();
        for name in ["payment_subject", "payment_mode"] {
            let item = json["items"][0].as_object_mut().unwrap();
            item.remove(name).unwrap();
            assert_eq!(check(&json, total()), Ok(true), "without {name}");
        }
        json["items"][0]["payment_subject"] = json!("non_marked");
        assert_eq!(
            check(&json, total()),
            Ok(true),
            "a subject of the format 1.2"
        );
    }

    #[test]
    fn invalid_receipt_names_its_parameter() {
        let (valid, total) = (valid(), total());
        assert_eq!(check(&valid, total), Ok(true));
        assert_eq!(check(&Value::Null, total), Ok(false));
        for (pointer, value, parameter) in [
            ("/customer", Value::Null, "receipt.customer"),
            ("/customer/email", json!("nobody"), "receipt.customer"),
            ("/tax_system_code", json!(7), "receipt.tax_system_code"),
            ("/items", json!([]), "receipt.items"),
            (
                "/items/0/description",
                json!(""),
                "receipt.items.description",
            ),
            ("/items/0/quantity", json!(0), "receipt.items.quantity"),
            (
                "/items/0/quantity",
                json!("0.000"),
                "receipt.items.quantity",
            ),
            ("/items/0/quantity", json!("1.5"), "receipt.items"),
            ("/items/0/quantity", json!(1), "receipt.items"),
            ("/items/0/amount/value", json!("99.51"), "receipt.items"),
            ("/items/0/amount/value", json!(99), "receipt.items.amount"),
            ("/items/0/vat_code", json!(13), "receipt.items.vat_code"),
            (
                "/items/0/payment_subject",
                json!("gift"),
                "receipt.items.payment_subject",
            ),
            (
                "/items/0/payment_mode",
                json!("gift"),
                "receipt.items.payment_mode",
            ),
        ] {
            let mut json = valid.clone();
            *json.pointer_mut(pointer).unwrap() = value.clone();
            let error = check(&json, total).unwrap_err();
            assert_eq!(error.parameter, Some(parameter), "{pointer} = {value}");
        }
    }
}
