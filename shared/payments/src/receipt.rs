//! Receipts under the law 54-FZ: what the shop's settings say of every one.
//!
//! The buyer's e-mail is known to the auth side alone and may not reach the loyalty database, and a call that is
//! repeated under its idempotence key, by the sweeper too, must carry the same body; so a receipt goes to an address of
//! the shop's, from the settings.

use runtime::ConfigError;

/// How far the registration of a receipt is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReceiptStatus {
    /// On its way to the tax office.
    Pending,
    /// Registered.
    Succeeded,
    /// Not registered: the shop has to make one by hand.
    Canceled,
}

/// Settings of the receipts of payments and refunds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipts {
    pub(crate) email: String,
    pub(crate) vat_code: u8,
    pub(crate) tax_system_code: Option<u8>,
    pub(crate) payment_subject: String,
    pub(crate) payment_mode: String,
}

const VAT_CODE: &str = "PAYMENT_RECEIPT_VAT_CODE";
const EMAIL: &str = "PAYMENT_RECEIPT_EMAIL";
const TAX_SYSTEM: &str = "PAYMENT_RECEIPT_TAX_SYSTEM_CODE";
const SUBJECT: &str = "PAYMENT_RECEIPT_SUBJECT";
const MODE: &str = "PAYMENT_RECEIPT_MODE";

impl Receipts {
    /// From the `PAYMENT_RECEIPT_*` variables; `None` when `PAYMENT_RECEIPT_VAT_CODE` is unset: then the shop makes its
    /// receipts elsewhere.
    ///
    /// # Errors
    /// [`ConfigError`] names the variable that is missing or unusable.
    pub fn from_env() -> Result<Option<Receipts>, ConfigError> {
        let Some(vat_code) = runtime::optional(VAT_CODE) else {
            return Ok(None);
        };
        Receipts::new(
            &vat_code,
            &runtime::required(
                EMAIL,
                "put an address of the shop's there, to which receipts go",
            )?,
            runtime::optional(TAX_SYSTEM).as_deref(),
            runtime::optional(SUBJECT).as_deref(),
            runtime::optional(MODE).as_deref(),
        )
        .map(Some)
    }

    /// From values: the VAT rate (1 to 12), the address that receipts go to, the tax system (1 to 6; only for a
    /// register that needs it), the subject (`service` if `None`) and the mode (`full_payment` if `None`).
    ///
    /// # Errors
    /// [`ConfigError::Invalid`] names the environment variable that the unusable value belongs to.
    pub fn new(
        vat_code: &str,
        email: &str,
        tax_system_code: Option<&str>,
        payment_subject: Option<&str>,
        payment_mode: Option<&str>,
    ) -> Result<Receipts, ConfigError> {
        // The provider checks the rest: an address here needs no more than to look like one.
        if !matches!(email.split_once('@'), Some((name, host)) if !name.is_empty() && host.contains('.'))
        {
            return Err(ConfigError::Invalid(
                EMAIL,
                "expected an e-mail address".to_owned(),
            ));
        }
        Ok(Receipts {
            email: email.to_owned(),
            vat_code: code(VAT_CODE, vat_code, 12)?,
            tax_system_code: tax_system_code
                .map(|text| code(TAX_SYSTEM, text, 6))
                .transpose()?,
            payment_subject: word(SUBJECT, payment_subject.unwrap_or("service"))?,
            payment_mode: word(MODE, payment_mode.unwrap_or("full_payment"))?,
        })
    }
}

fn code(name: &'static str, text: &str, most: u8) -> Result<u8, ConfigError> {
    text.parse()
        .ok()
        .filter(|code| (1..=most).contains(code))
        .ok_or_else(|| ConfigError::Invalid(name, format!("expected a number from 1 to {most}")))
}

/// The provider's lists grow with the law: only the form is checked here.
fn word(name: &'static str, text: &str) -> Result<String, ConfigError> {
    if !text.is_empty() && text.bytes().all(|b| b.is_ascii_lowercase() || b == b'_') {
        Ok(text.to_owned())
    } else {
        let expected = "expected a word of the provider's list, such as service or full_payment";
        Err(ConfigError::Invalid(name, expected.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invalid_setting_names_its_variable() {
        assert!(Receipts::new("1", "pay@shop.example", None, None, None).is_ok());
        assert!(Receipts::new("12", "pay@shop.example", Some("6"), Some("payment"), None).is_ok());
        for (receipts, name) in [
            (
                Receipts::new("0", "a@b.example", None, None, None),
                VAT_CODE,
            ),
            (
                Receipts::new("13", "a@b.example", None, None, None),
                VAT_CODE,
            ),
            (
                Receipts::new("20%", "a@b.example", None, None, None),
                VAT_CODE,
            ),
            (Receipts::new("1", "nobody", None, None, None), EMAIL),
            (
                Receipts::new("1", "a@b.example", Some("7"), None, None),
                TAX_SYSTEM,
            ),
            (
                Receipts::new("1", "a@b.example", None, Some("Service"), None),
                SUBJECT,
            ),
            (
                Receipts::new("1", "a@b.example", None, None, Some("")),
                MODE,
            ),
        ] {
            let text = receipts.unwrap_err().to_string();
            assert!(text.contains(name), "{name}: {text}");
        }
    }
}
