//! The payment sandbox: acting as the buyer, and reading the shop's payments.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::{Answer, Client, Settings};

/// The payment sandbox.
pub struct Sandbox {
    client: Client,
    settings: Settings,
}

impl Sandbox {
    pub(crate) fn new(client: Client, settings: Settings) -> Sandbox {
        Sandbox { client, settings }
    }

    /// The buyer pays at `confirmation_url`.
    pub async fn approve(&self, confirmation_url: &str) {
        self.decide(confirmation_url, "approve").await;
    }

    /// The buyer's bank declines.
    pub async fn decline(&self, confirmation_url: &str) {
        self.decide(confirmation_url, "decline").await;
    }

    async fn decide(&self, confirmation_url: &str, decision: &str) {
        // A service in a container may know the sandbox by another name.
        let (_, page) = confirmation_url.rsplit_once("/pay/").unwrap();
        let url = format!("{}/pay/{page}/{decision}", self.settings.sandbox_url);
        let call = self.client.call_url("POST", &url);
        let answer = call.header("accept", "application/json").send().await;
        assert_eq!(answer.status, 200, "{answer}");
    }

    /// The payment, as the provider has it.
    pub async fn payment(&self, id: &str) -> Value {
        self.read(&format!("payments/{id}")).await.json
    }

    /// The payments made for a tariff with this name.
    pub async fn payments_for(&self, tariff_title: &str) -> Vec<Value> {
        let mut found = vec![];
        let mut cursor = String::new();
        loop {
            let page = self.read(&format!("payments?limit=100{cursor}")).await.json;
            let items = page["items"].as_array().cloned().unwrap_or_default();
            found.extend(
                items
                    .into_iter()
                    .filter(|p| p["description"] == tariff_title),
            );
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return found,
            }
        }
    }

    /// Somebody makes a refund in the provider's dashboard.
    pub async fn refund(&self, payment_id: &str, amount: &str) {
        let url = format!("{}/v3/refunds", self.settings.sandbox_url);
        let body = json!({
            "payment_id": payment_id, "amount": { "value": amount, "currency": "RUB" }, "description": "by hand"
        });
        let call = self.client.call_url("POST", &url).json(&body);
        let call = call.basic(&self.settings.shop_id, &self.settings.shop_key);
        let answer = call
            .header("idempotence-key", &crate::unique(""))
            .send()
            .await;
        assert_eq!(answer.status, 200, "{answer}");
    }

    async fn read(&self, path: &str) -> Answer {
        let url = format!("{}/v3/{path}", self.settings.sandbox_url);
        let call = self.client.call_url("GET", &url);
        let answer = call.basic(&self.settings.shop_id, &self.settings.shop_key);
        let answer = answer.send().await;
        assert_eq!(answer.status, 200, "{answer}");
        answer
    }

    /// Sends a webhook to the service, as anyone could.
    pub async fn webhook(&self, client: &Client, event: &str, object: Value) -> Answer {
        let body = json!({ "type": "notification", "event": event, "object": object });
        client
            .call("POST", "/payment_webhook")
            .json(&body)
            .send()
            .await
    }

    /// The object of a webhook that says that this purchase is paid.
    pub fn paid(&self, payment_id: &str, purchase_id: Uuid, amount: &str) -> Value {
        json!({
            "id": payment_id, "status": "succeeded", "paid": true, "test": true,
            "amount": { "value": amount, "currency": "RUB" },
            "metadata": { "purchase_id": purchase_id },
        })
    }
}
