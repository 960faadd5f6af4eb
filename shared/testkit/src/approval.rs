//! The second person, for tests of something else.

use serde_json::json;

use crate::{Answer, User, World};

impl World {
    /// What was asked for, approved by a colleague: the approval.
    pub async fn approve(&self, waiting: &Answer) -> Answer {
        let colleague = self.stranger("admin").await;
        let id = waiting.success(202)["approval_id"].as_str().unwrap();
        let approved = colleague.decide(id, "approve", json!({})).await;
        approved.success(200);
        approved
    }
}

impl User {
    /// Decides on an approval: `approve`, `reject` or `withdraw`.
    pub async fn decide(&self, id: &str, verdict: &str, body: serde_json::Value) -> Answer {
        let path = format!("/admin/approvals/{id}/{verdict}");
        self.call("POST", &path).json(&body).send().await
    }
}
