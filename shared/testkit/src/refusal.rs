//! Checks that every refusal has to pass.

use domain::RULES;
use serde_json::Value;

use crate::{Promo, Tariff, User, World};

fn dry_run(promo: &Promo, tariff: &Tariff) -> String {
    format!(
        "/apply_promocode?promocode={}&tariff={}&dry_run=true",
        promo.code, tariff.id
    )
}

impl World {
    /// Checks that, whatever the user tries, the code looks like one that does not exist; and that
    /// staff find the true reasons.
    pub async fn hides(&self, user: &User, promo: &Promo, tariff: &Tariff, reasons: &[&str]) {
        let unknown = user.call("POST", "/apply_promocode?promocode_id=9999999999&tariff=1");
        let unknown = unknown
            .send()
            .await
            .problem(404, "promocode_not_found")
            .clone();
        for answer in [
            user.buy(promo, tariff).await,
            user.apply(promo, tariff).await,
            user.call("POST", &dry_run(promo, tariff)).send().await,
        ] {
            let mut refused = answer.problem(404, "promocode_not_found").clone();
            refused["request_id"] = unknown["request_id"].clone();
            assert_eq!(refused, unknown, "{answer}");
        }
        assert_eq!(self.last_decision(user, promo).await.refusals(), reasons);
        assert_eq!(self.taken(promo).await, 0);
    }

    /// Checks that the user is refused for exactly these reasons, whether applying or buying; that the answer and the
    /// stored decision agree; and that nothing is held. Returns the reasons in the answer.
    pub async fn refuses(
        &self,
        user: &User,
        promo: &Promo,
        tariff: &Tariff,
        reasons: &[&str],
    ) -> Vec<Value> {
        let taken = self.taken(promo).await;
        let mut refused = vec![];
        for answer in [
            user.buy(promo, tariff).await,
            user.apply(promo, tariff).await,
        ] {
            let decision = self.decision(answer.refused(reasons)).await;
            assert!(!decision.accepted, "{answer}");
            assert_eq!(decision.user_id, user.id, "{answer}");
            assert_eq!(
                (decision.promo_id, decision.tariff_id),
                (promo.id, tariff.id),
                "{answer}"
            );
            assert_eq!(
                decision.outcomes.len(),
                RULES,
                "not every rule has an outcome: {answer}"
            );
            assert_eq!(decision.refusals(), reasons, "{answer}");
            refused = answer.json["reasons"]
                .as_array()
                .cloned()
                .unwrap_or_default();
            for reason in &refused {
                let kept = decision
                    .outcomes
                    .iter()
                    .find(|o| o["rule"] == reason["code"]);
                let kept = kept.unwrap_or(&Value::Null);
                assert_eq!(kept["observed"], reason["observed"], "{answer}");
                assert_eq!(kept["required"], reason["required"], "{answer}");
                assert_eq!(kept["change"], reason["change"], "{answer}");
            }
        }
        let dry = user.call("POST", &dry_run(promo, tariff)).send().await;
        let problem = dry.problem(422, reasons[0]);
        assert_eq!(
            problem["reasons"].as_array().map(Vec::len),
            Some(refused.len()),
            "{dry}"
        );
        assert!(
            problem.get("decision_id").is_none(),
            "a dry run stores no decision: {dry}"
        );
        assert_eq!(self.taken(promo).await, taken, "a refusal takes no use");
        refused
    }
}
