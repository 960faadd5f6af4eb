//! Decisions as staff are told them.

use domain::{Decision, Facts, Outcome};
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
    /// Its promotion.
    promotion_id: i64,
    /// The version of the promotion that was looked at.
    promocode_version: i32,
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
    /// Its promotion.
    promotion_id: i64,
    /// The version of the promotion at that time.
    promocode_version: i32,
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
            next_cursor: last.map(|last| Cursor(last.place()).to_string()),
            decisions: decisions
                .into_iter()
                .map(|decision| DecisionBody::of(decision, language))
                .collect(),
        }
    }
}

impl DecisionBody {
    pub(crate) fn of(decision: StoredDecision, language: Language) -> Self {
        let facts = decision.facts;
        DecisionBody {
            decision_id: decision.id,
            at: facts.now,
            user_id: facts.user_id,
            promocode_id: facts.code.id.0,
            promocode: decision.code_now,
            promotion_id: facts.promotion.id.0,
            promocode_version: facts.promotion.version,
            tariff: facts.tariff.id.0,
            accepted: decision.accepted,
            outcomes: outcomes(&decision.outcomes, language),
        }
    }
}

fn outcomes(outcomes: &[Outcome], language: Language) -> Vec<OutcomeBody> {
    let body = |outcome| OutcomeBody::of(outcome, language);
    outcomes.iter().map(body).collect()
}

impl Eligibility {
    pub(crate) fn of(
        facts: &Facts,
        decision: &Decision,
        applied: bool,
        language: Language,
    ) -> Self {
        Eligibility {
            at: facts.now,
            user_id: facts.user_id,
            promocode_id: facts.code.id.0,
            promocode: facts.code.code.clone(),
            promotion_id: facts.promotion.id.0,
            promocode_version: facts.promotion.version,
            tariff: facts.tariff.id.0,
            passes: decision.accepted().is_some(),
            hidden: decision.hidden,
            held: applied,
            price: facts.tariff.price.into(),
            total: decision.quote.map(|quote| quote.total.into()),
            outcomes: outcomes(&decision.outcomes, language),
        }
    }
}

impl OutcomeBody {
    fn of(outcome: &Outcome, language: Language) -> Self {
        let refusal = Some(Code::from(outcome.rule)).filter(|_| !outcome.passed);
        OutcomeBody {
            rule: outcome.rule.to_string(),
            passed: outcome.passed,
            detail: refusal.map(|code| code.title(language)),
            observed: json!(outcome.observed),
            required: json!(outcome.required),
            change: json!(outcome.change),
        }
    }
}
