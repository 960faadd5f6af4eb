//! Decisions in answers to staff.

use domain::{Decision, Facts, Outcome};
use jiff::Timestamp;
use loyalty_store::StoredDecision;
use serde::Serialize;
use serde_json::{Value, json};
use service_http::{Code, Language, MoneyBody, PageSize, TimeCursor};
use utoipa::ToSchema;
use uuid::Uuid;

/// Decisions about a user, newest first.
#[derive(Serialize, ToSchema)]
pub(crate) struct Decisions {
    decisions: Vec<DecisionBody>,
    /// The `cursor` of the next page; absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

/// A decision on an attempt to apply a promo code.
#[derive(Serialize, ToSchema)]
pub(crate) struct DecisionBody {
    /// The ID of the decision, which the user got, too.
    decision_id: Uuid,
    /// When it was made.
    at: Timestamp,
    /// The ID of the user.
    user_id: Uuid,
    /// The ID of the promo code.
    promocode_id: i64,
    /// The present text of the code.
    #[schema(example = "SPRING30")]
    promocode: String,
    /// The ID of its promotion.
    promotion_id: i64,
    /// The version of the promotion that was evaluated.
    promocode_version: i32,
    /// The ID of the tariff.
    tariff: i64,
    /// Whether the code passed.
    accepted: bool,
    /// The member of staff who applied the code for the user, or wanted to, and waived rules; absent if it was the user.
    #[serde(skip_serializing_if = "Option::is_none")]
    applied_by: Option<Uuid>,
    /// Why staff did.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// The outcome of every rule, in their order.
    outcomes: Vec<OutcomeBody>,
}

/// The outcome of the rules for a user, a promo code and a tariff.
#[derive(Serialize, ToSchema)]
pub(crate) struct Eligibility {
    /// The time of the evaluation.
    at: Timestamp,
    /// The ID of the user.
    user_id: Uuid,
    /// The ID of the promo code.
    promocode_id: i64,
    /// Its text at that time.
    #[schema(example = "SPRING30")]
    promocode: String,
    /// The ID of its promotion.
    promotion_id: i64,
    /// The version of the promotion at that time.
    promocode_version: i32,
    /// The tariff.
    tariff: i64,
    /// Whether every rule passes, or was waived when staff applied the code that the user holds.
    passes: bool,
    /// Whether the user would be answered that there is no such code.
    hidden: bool,
    /// Whether the user has already applied this code to this tariff: applying it again returns that application.
    held: bool,
    /// The member of staff who applied it for the user, and waived rules; absent if it was the user.
    #[serde(skip_serializing_if = "Option::is_none")]
    applied_by: Option<Uuid>,
    /// The price without the code.
    price: MoneyBody,
    /// The amount that there would be to pay; absent if the code does not lower the price.
    #[serde(skip_serializing_if = "Option::is_none")]
    total: Option<MoneyBody>,
    /// The outcome of every rule, in their order.
    outcomes: Vec<OutcomeBody>,
}

/// The outcome of a rule.
#[derive(Serialize, ToSchema)]
pub(crate) struct OutcomeBody {
    /// The rule, by the error code of its refusal.
    #[schema(example = "promo_ended")]
    rule: String,
    /// Whether the rule passes.
    passed: bool,
    /// Whether staff waived the rule, which does not pass.
    waived: bool,
    /// Why the rule refuses, in the language of Accept-Language.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<&'static str>,
    /// The observed value.
    #[schema(value_type = Value)]
    observed: Value,
    /// The required value.
    #[schema(value_type = Value)]
    required: Value,
    /// The smallest change of the observed value that would pass, where the rule compares numbers.
    #[serde(skip_serializing_if = "Value::is_null")]
    #[schema(value_type = Option<Value>)]
    change: Value,
}

impl Decisions {
    pub(crate) fn page(
        mut decisions: Vec<StoredDecision>,
        size: PageSize,
        language: Language,
    ) -> Self {
        Decisions {
            next_cursor: size.cut(&mut decisions, |last| TimeCursor(last.place()).to_string()),
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
        let by_staff = decision.by_staff.map(|by| (by.actor_id, by.reason));
        let (applied_by, reason) = by_staff.unzip();
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
            applied_by,
            reason,
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
        applied_by: Option<Uuid>,
        language: Language,
    ) -> Self {
        Eligibility {
            at: facts.now,
            user_id: facts.user_id,
            promocode_id: facts.code.id.0,
            promocode: facts.code.text().to_owned(),
            promotion_id: facts.promotion.id.0,
            promocode_version: facts.promotion.version,
            tariff: facts.tariff.id.0,
            passes: decision.accepted().is_some(),
            hidden: decision.hidden,
            held: applied,
            applied_by,
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
            waived: outcome.waived,
            detail: refusal.map(|code| code.title(language)),
            observed: json!(outcome.observed),
            required: json!(outcome.required),
            change: json!(outcome.change),
        }
    }
}
