//! A user, and what users do.

use serde_json::json;
use uuid::Uuid;

use crate::{Answer, Call, Client, Promo, Tariff};

/// Everyone's password.
pub const PASSWORD: &str = "correct horse battery";

/// A user of the test's own, logged in.
#[derive(Clone)]
pub struct User {
    /// The number.
    pub id: Uuid,
    /// The address, which no other user has.
    pub email: String,
    /// The token of the session.
    pub access_token: String,
    /// What renews it.
    pub refresh_token: String,
    pub(crate) client: Client,
}

impl User {
    /// A request with the access token.
    pub fn call(&self, method: &str, path: &str) -> Call {
        self.client.call(method, path).bearer(&self.access_token)
    }

    /// Applies a promo code.
    pub async fn apply(&self, promo: &Promo, tariff: &Tariff) -> Answer {
        let path = format!(
            "/apply_promocode?promocode={}&tariff={}",
            promo.code, tariff.id
        );
        self.call("POST", &path).send().await
    }

    /// Buys with a promo code.
    pub async fn buy(&self, promo: &Promo, tariff: &Tariff) -> Answer {
        let path = format!(
            "/use_promocode?promocode={}&tariff={}",
            promo.code, tariff.id
        );
        self.call("POST", &path).send().await
    }

    /// Cancels an application.
    pub async fn cancel(&self, promo: &Promo) -> Answer {
        let path = format!("/cancel_apply_promocode?promocode_id={}", promo.id);
        self.call("POST", &path).send().await
    }

    /// Lists promo codes.
    pub async fn promocodes(&self) -> Answer {
        self.call("GET", "/get_active_promocodes").send().await
    }

    /// Logs in once more.
    pub async fn log_in(&self) -> Answer {
        log_in(&self.client, &self.email).await
    }

    /// Ends the session.
    pub async fn log_out(&self) -> Answer {
        self.call("POST", "/logout").send().await
    }

    /// Deletes the account.
    pub async fn delete(&self) -> Answer {
        let body = json!({ "password": PASSWORD });
        self.call("DELETE", "/delete").json(&body).send().await
    }
}

pub(crate) async fn log_in(client: &Client, email: &str) -> Answer {
    let body = json!({ "email": email, "password": PASSWORD });
    client.call("POST", "/login").json(&body).send().await
}
