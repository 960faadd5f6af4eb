//! Decisions as staff are told them.

use domain::{Decision, Facts};
use jiff::Timestamp;
use loyalty_store::StoredDecision;
use serde::Serialize;
use serde_json::{Value, json};
use service_http::{Code, Language, MoneyBody};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::cursor::Cursor;

/// What was decided about a user, the latest first.
#[derive(Serialize, ToSchema)]
pub(crate) struct Decisions {
    decisions: Vec<DecisionBody>,
    /// Give it as `cursor` for the next page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

/// A decision that was made.
#[derive(Serialize, ToSchema)]
pub(crate) struct DecisionBody {
    /// Its number, which the user was told.
    decision_id: Uuid,
    /// When it was made.
    at: Timestamp,
    /// Who asked.
    user_id: Uuid,
    /// For which promo code.
    promocode_id: i64,
    /// The text of the code, as it is now.
    #[schema(example = "SPRING30")]
    promocode: String,
    /// The version of the code that was looked at.
    promocode_version: i64,
    /// For which tariff.
    tariff: i64,
    /// Whether the code passed.
    accepted: bool,
    /// What every rule found, in their order.
    outcomes: Vec<OutcomeBody>,
}

/// What the rules say of a user, a promo code and a tariff.
#[derive(Serialize, ToSchema)]
pub(crate) struct Eligibility {
    /// As of when.
    at: Timestamp,
    /// The user.
    user_id: Uuid,
    /// The promo code's number.
    promocode_id: i64,
    /// Its text at that time.
    #[schema(example = "SPRING30")]
    promocode: String,
    /// Its version at that time.
    promocode_version: i64,
    /// The tariff.
    tariff: i64,
    /// Whether every rule passes.
    passes: bool,
    /// Whether the user is told that there is no such code.
    hidden: bool,
    /// Whether the user already holds this code for this tariff: applying again is then answered with the hold.
    held: bool,
    /// The price without the code.
    price: MoneyBody,
    /// What would be to pay; absent when the code does not lower the price.
    #[serde(skip_serializing_if = "Option::is_none")]
    total: Option<MoneyBody>,
    /// What every rule finds, in their order.
    outcomes: Vec<OutcomeBody>,
}

/// What one rule found.
#[derive(Serialize, ToSchema)]
pub(crate) struct OutcomeBody {
    /// The rule, named by the code of its refusal.
    #[schema(example = "promo_ended")]
    rule: String,
    /// Whether it lets the code pass.
    passed: bool,
    /// Why it refuses, in the language of Accept-Language.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<&'static str>,
    /// What is.
    #[schema(value_type = Value)]
    observed: Value,
    /// What must be.
    #[schema(value_type = Value)]
    required: Value,
    /// The smallest change of what is that would pass, where a number decides.
    #[serde(skip_serializing_if = "Value::is_null")]
    #[schema(value_type = Option<Value>)]
    change: Value,
}

impl Decisions {
    /// The first `size` of `decisions`, of which there is one more when there is another page.
    pub(crate) fn page(
        mut decisions: Vec<StoredDecision>,
        size: usize,
        language: Language,
    ) -> Self {
        let more = decisions.len() > size;
        decisions.truncate(size);
        let last = decisions.last().filter(|_| more);
        Decisions {
            next_cursor: last.map(|last| Cursor((last.at, last.id)).to_string()),
            decisions: decisions
                .into_iter()
                .map(|decision| DecisionBody::of(decision, language))
                .collect(),
        }
    }
}

impl DecisionBody {
    pub(crate) fn of(decision: StoredDecision, language: Language) -> Self {
        let outcomes = decision.outcomes.into_iter();
        DecisionBody {
            decision_id: decision.id,
            at: decision.at,
            user_id: decision.user_id,
            promocode_id: decision.promo_id.0,
            promocode: decision.promo_code,
            promocode_version: decision.promo_version,
            tariff: decision.tariff.0,
            accepted: decision.accepted,
            outcomes: outcomes
                .map(|outcome| OutcomeBody::of(outcome, language))
                .collect(),
        }
    }
}

impl Eligibility {
    pub(crate) fn of(facts: &Facts, decision: &Decision, language: Language) -> Self {
        let outcomes = decision.outcomes.iter();
        Eligibility {
            at: facts.now,
            user_id: facts.user_id,
            promocode_id: facts.promo.id.0,
            promocode: facts.promo.code.clone(),
            promocode_version: facts.promo.version,
            tariff: facts.tariff.id.0,
            passes: decision.accepted().is_some(),
            hidden: decision.hidden,
            held: facts.own_hold().is_some(),
            price: facts.tariff.price.into(),
            total: decision.quote.map(|quote| quote.total.into()),
            outcomes: outcomes
                .map(|outcome| OutcomeBody::of(json!(outcome), language))
                .collect(),
        }
    }
}

impl OutcomeBody {
    /// From an outcome as it is stored: rules may have come and gone since.
    fn of(mut outcome: Value, language: Language) -> Self {
        let rule = outcome["rule"].as_str().unwrap_or_default().to_owned();
        let passed = outcome["passed"].as_bool().unwrap_or_default();
        let refusal = Code::of_rule(&rule).filter(|_| !passed);
        OutcomeBody {
            detail: refusal.map(|code| code.title(language)),
            rule,
            passed,
            observed: outcome["observed"].take(),
            required: outcome["required"].take(),
            change: outcome["change"].take(),
        }
    }
}
