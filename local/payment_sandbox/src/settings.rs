//! Settings of the sandbox.

use std::fmt;
use std::path::PathBuf;

use runtime::ConfigError;

/// The sandbox's settings. `Debug` leaves the secret key out.
#[derive(Clone)]
pub struct Settings {
    /// The one shop it knows.
    pub shop_id: String,
    /// That shop's key.
    pub secret_key: String,
    /// The base of confirmation addresses, such as `http://127.0.0.1:8001`.
    pub public_url: String,
    /// Where changes of status are announced; nowhere when `None`.
    pub webhook_url: Option<String>,
    /// Where payments survive a restart; in memory alone when `None`.
    pub state_file: Option<PathBuf>,
}

impl Settings {
    /// Settings from the environment: `PAYMENT_SHOP_ID`, `PAYMENT_SECRET_KEY`, `SANDBOX_PUBLIC_URL` and, if set,
    /// `SANDBOX_WEBHOOK_URL` and `SANDBOX_STATE_FILE`.
    ///
    /// # Errors
    /// [`ConfigError`] names the variable that is missing.
    pub fn from_env() -> Result<Settings, ConfigError> {
        Ok(Settings {
            shop_id: runtime::required("PAYMENT_SHOP_ID", "put the shop's number there, any")?,
            secret_key: runtime::required(
                "PAYMENT_SECRET_KEY",
                "put the key there that the functions are given, any",
            )?,
            public_url: runtime::required(
                "SANDBOX_PUBLIC_URL",
                "put the address there at which a browser reaches the sandbox",
            )?,
            webhook_url: runtime::optional("SANDBOX_WEBHOOK_URL"),
            state_file: runtime::optional("SANDBOX_STATE_FILE").map(PathBuf::from),
        })
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("shop_id", &self.shop_id)
            .field("public_url", &self.public_url)
            .field("webhook_url", &self.webhook_url)
            .field("state_file", &self.state_file)
            .finish_non_exhaustive()
    }
}
