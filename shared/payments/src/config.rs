//! The address of the provider and our credentials.

use std::fmt;

use reqwest::Url;
use runtime::ConfigError;

use crate::Receipts;

/// Settings of the provider. `Debug` leaves the secret key out.
#[derive(Clone)]
pub struct Config {
    pub(crate) api_url: Url,
    pub(crate) shop_id: String,
    pub(crate) secret_key: String,
    pub(crate) return_url: Url,
    pub(crate) receipts: Option<Receipts>,
}

impl Config {
    /// Settings from the environment: `PAYMENT_API_URL`, `PAYMENT_SHOP_ID`, `PAYMENT_SECRET_KEY`,
    /// `PAYMENT_RETURN_URL`, and those of [`Receipts::from_env`].
    ///
    /// # Errors
    /// [`ConfigError`] names the variable that is missing or unusable and never shows a value.
    pub fn from_env() -> Result<Config, ConfigError> {
        let config = Config::new(
            &runtime::required(
                "PAYMENT_API_URL",
                "put the root of the API there, https://api.yookassa.ru/v3 or the sandbox's",
            )?,
            &runtime::required(
                "PAYMENT_SHOP_ID",
                "put the shop's number there, from the provider's dashboard",
            )?,
            &runtime::required(
                "PAYMENT_SECRET_KEY",
                "put the shop's secret API key there, from the provider's dashboard",
            )?,
            &runtime::required(
                "PAYMENT_RETURN_URL",
                "put the page there to which the buyer returns after paying",
            )?,
        )?;
        Ok(match Receipts::from_env()? {
            Some(receipts) => config.with_receipts(receipts),
            None => config,
        })
    }

    /// Settings from values: the API's root (`…/v3`), the shop's ID, its secret key, and the page to which the
    /// buyer returns.
    ///
    /// # Errors
    /// [`ConfigError::Invalid`] names the environment variable that the unusable value belongs to.
    pub fn new(
        api_url: &str,
        shop_id: &str,
        secret_key: &str,
        return_url: &str,
    ) -> Result<Config, ConfigError> {
        // A colon in the user name would shift what Basic authentication reads as the password.
        if shop_id.is_empty() || shop_id.contains(':') {
            return Err(invalid("PAYMENT_SHOP_ID", "expected the shop's number"));
        }
        if secret_key.is_empty() {
            return Err(invalid("PAYMENT_SECRET_KEY", "expected a secret key"));
        }
        Ok(Config {
            api_url: web_address("PAYMENT_API_URL", api_url)?,
            shop_id: shop_id.to_owned(),
            secret_key: secret_key.to_owned(),
            return_url: web_address("PAYMENT_RETURN_URL", return_url)?,
            receipts: None,
        })
    }

    /// The same, with receipts for every payment and refund.
    #[must_use]
    pub fn with_receipts(mut self, receipts: Receipts) -> Config {
        self.receipts = Some(receipts);
        self
    }
}

fn web_address(name: &'static str, text: &str) -> Result<Url, ConfigError> {
    let url = Url::parse(text).map_err(|error| ConfigError::Invalid(name, error.to_string()))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(invalid(name, "expected an http or https address"));
    }
    // Addresses reach logs; credentials in them would too.
    if !url.username().is_empty() || url.password().is_some() {
        return Err(invalid(name, "expected an address without credentials"));
    }
    Ok(url)
}

fn invalid(name: &'static str, expected: &str) -> ConfigError {
    ConfigError::Invalid(name, expected.to_owned())
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("api_url", &self.api_url.as_str())
            .field("shop_id", &self.shop_id)
            .field("return_url", &self.return_url.as_str())
            .field("receipts", &self.receipts)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const API: &str = "http://127.0.0.1:8001/v3";
    const RETURN: &str = "https://shop.example/thanks";

    #[test]
    fn secret_is_not_printed() {
        let config = Config::new(API, "100500", "test_s3cret", RETURN).unwrap();
        assert!(!format!("{config:?}").contains("s3cret"));
    }

    #[test]
    fn invalid_value_names_its_variable_only() {
        for (config, name) in [
            (
                Config::new("127.0.0.1", "1", "k", RETURN),
                "PAYMENT_API_URL",
            ),
            (
                Config::new("ftp://host/v3", "1", "k", RETURN),
                "PAYMENT_API_URL",
            ),
            (
                Config::new("http://me:hunter2@host/v3", "1", "k", RETURN),
                "PAYMENT_API_URL",
            ),
            (Config::new(API, "1:2", "k", RETURN), "PAYMENT_SHOP_ID"),
            (Config::new(API, "1", "", RETURN), "PAYMENT_SECRET_KEY"),
            (
                Config::new(API, "1", "k", "javascript:alert(1)"),
                "PAYMENT_RETURN_URL",
            ),
        ] {
            let text = config.unwrap_err().to_string();
            assert!(text.contains(name), "{text}");
            assert!(!text.contains("hunter2"), "{text}");
        }
    }
}
