//! A user, and what users do.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::{Answer, Call, Client, Promo, TIMEOUT, Tariff, until};

/// Everyone's password.
pub const PASSWORD: &str = "correct horse battery";

/// A user of the test's own, logged in.
#[derive(Clone)]
pub struct User {
    /// The user's ID.
    pub id: Uuid,
    /// The e-mail address, which is unique.
    pub email: String,
    /// The access token.
    pub access_token: String,
    /// The refresh token.
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

    /// Applies a promo code, moving the application for another tariff.
    pub async fn apply_moving(&self, promo: &Promo, tariff: &Tariff) -> Answer {
        let path = format!(
            "/apply_promocode?promocode={}&tariff={}&move=true",
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

    /// Buys at the full price.
    pub async fn buy_tariff(&self, tariff: &Tariff) -> Answer {
        let path = format!("/buy_tariff?tariff={}", tariff.id);
        self.call("POST", &path).send().await
    }

    /// Reads a purchase.
    pub async fn purchase(&self, id: Uuid) -> Answer {
        self.call("GET", &format!("/purchases/{id}")).send().await
    }

    /// Cancels a purchase that is not paid yet.
    pub async fn give_up(&self, id: Uuid) -> Answer {
        let path = format!("/purchases/{id}/cancel");
        self.call("POST", &path).send().await
    }

    /// Reads a purchase until it has this status.
    pub async fn until_purchase(&self, id: Uuid, status: &str) -> Answer {
        let what = format!("purchase {status}");
        let (answer, _) = until(&what, TIMEOUT, async || {
            Some(self.purchase(id).await).filter(|answer| answer.json["status"] == status)
        })
        .await;
        answer
    }

    /// The user's current subscriptions.
    pub async fn subscriptions(&self) -> Vec<Value> {
        let answer = self.call("GET", "/subscription").send().await;
        let list = answer.success(200)["subscriptions"].as_array();
        list.unwrap().clone()
    }

    /// Cancels the applications of a promo code.
    pub async fn cancel(&self, promo: &Promo) -> Answer {
        let path = format!("/cancel_apply_promocode?promocode_id={}", promo.id);
        self.call("POST", &path).send().await
    }

    /// Lists promo codes.
    pub async fn promocodes(&self) -> Answer {
        self.call("GET", "/get_active_promocodes").send().await
    }

    /// Logs in again.
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
