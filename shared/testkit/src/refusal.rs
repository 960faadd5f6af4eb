//! What must hold of every refusal.

use serde_json::Value;

use crate::{Promo, Tariff, User, World};

/// The rules that every decision has looked at.
const RULES: usize = 12;

impl World {
    /// Checks that the user is refused for exactly these reasons, whether applying or buying; that the answer and the
    /// stored decision agree; and that nothing is held. Returns the reasons as they were told.
    pub async fn refuses(
        &self,
        user: &User,
        promo: &Promo,
        tariff: &Tariff,
        reasons: &[&str],
    ) -> Vec<Value> {
        let taken = self.taken(promo).await;
        let mut told = vec![];
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
                "not every rule is kept: {answer}"
            );
            assert_eq!(decision.refusals(), reasons, "{answer}");
            told = answer.json["reasons"]
                .as_array()
                .cloned()
                .unwrap_or_default();
            for reason in &told {
                let kept = decision
                    .outcomes
                    .iter()
                    .find(|o| o["rule"] == reason["code"]);
                let kept = kept.unwrap_or(&Value::Null);
                assert_eq!(kept["observed"], reason["observed"], "{answer}");
                assert_eq!(kept["required"], reason["required"], "{answer}");
            }
        }
        assert_eq!(self.taken(promo).await, taken, "a refusal takes no use");
        told
    }
}
