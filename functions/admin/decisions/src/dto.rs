//! Decisions in answers to staff.

use domain::{Decision, Outcome, ShownText};
use jiff::Timestamp;
use loyalty_store::{CodeSight, StoredDecision};
use serde::Serialize;
use serde_json::{Value, json};
use service_http::{Language, MoneyBody, PageSize, PromocodeText, TimeCursor};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::action::Action;
use crate::words::{Meaning, Tense, Words};

/// Decisions, newest first.
#[derive(Serialize, ToSchema)]
pub(crate) struct Decisions {
    items: Vec<DecisionBody>,
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
    /// With its present text.
    #[serde(flatten)]
    text: PromocodeText,
    /// The ID of its promotion.
    promotion_id: i64,
    /// The version of the promotion that was evaluated.
    promocode_version: i32,
    /// The ID of the tariff.
    tariff: i64,
    /// Whether the code passed.
    accepted: bool,
    /// The decision in one paragraph, in the language of Accept-Language.
    #[schema(
        example = "On 2 April 2026, 12:30 (Europe/Moscow), the code SPRING30 did not pass. The promo code stopped working on 1 April 2026, 00:00 (Europe/Moscow)."
    )]
    summary: String,
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
    /// With its text at that time.
    #[serde(flatten)]
    text: PromocodeText,
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
    /// The outcome in one paragraph, in the language of Accept-Language.
    #[schema(
        example = "The code SPRING30 does not pass. The promo code stopped working on 1 April 2026, 00:00 (Europe/Moscow)."
    )]
    summary: String,
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
    /// Why the rule refuses, in a sentence for the customer, with the values, in the language of Accept-Language; absent
    /// when it passes. It says what the customer can do, where no change by staff would help.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(
        example = "The promo code has 100 uses for all customers together, and all of them are taken."
    )]
    detail: Option<String>,
    /// The smallest change by staff that would let the rule pass; absent where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "Raise the limit of uses from 100 to 101.")]
    remedy: Option<String>,
    /// The calls that make this change, of which one is enough; empty where there is none, and absent when the rule passes.
    #[serde(skip_serializing_if = "Option::is_none")]
    actions: Option<Vec<Action>>,
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
        now: Timestamp,
        sight: &mut CodeSight<'_>,
    ) -> Self {
        Decisions {
            next_cursor: size.cut(&mut decisions, |last| TimeCursor(last.place()).to_string()),
            items: decisions
                .into_iter()
                .map(|decision| DecisionBody::of(decision, language, now, sight))
                .collect(),
        }
    }
}

impl DecisionBody {
    pub(crate) fn of(
        decision: StoredDecision,
        language: Language,
        now: Timestamp,
        sight: &mut CodeSight<'_>,
    ) -> Self {
        let code = sight.show(&decision.text);
        let by_staff = decision.by_staff.map(|by| (by.actor_id, by.reason));
        let (applied_by, reason) = by_staff.unzip();
        let facts = &decision.facts;
        let words = Words {
            language,
            tense: Tense::Past,
            facts,
            now,
            // It was open when the decision was made; whether it still is, is not known.
            other_application: None,
        };
        let summary = match decision.accepted {
            true => words.accepted(&code.text, facts.quote().as_ref()),
            false => {
                let hidden = Decision::of(facts).hidden;
                let refusals = refusals(&decision.outcomes, &words);
                words.refused(&code.text, &refusals, hidden)
            }
        };
        DecisionBody {
            decision_id: decision.id,
            at: facts.now,
            user_id: facts.user_id,
            promocode_id: facts.code.id.0,
            text: code.into(),
            promotion_id: facts.promotion.id.0,
            promocode_version: facts.promotion.version,
            tariff: facts.tariff.id.0,
            accepted: decision.accepted,
            summary,
            applied_by,
            reason,
            outcomes: outcomes(&decision.outcomes, &words),
        }
    }
}

impl Eligibility {
    /// What the rules say of the facts that the words are about.
    pub(crate) fn of(
        decision: &Decision,
        applied: bool,
        applied_by: Option<Uuid>,
        words: &Words<'_>,
        code: ShownText,
    ) -> Self {
        let facts = words.facts;
        let text = &code.text;
        let summary = match decision.accepted() {
            _ if applied => words.applied_before(text),
            Some(quote) => words.accepted(text, Some(&quote)),
            None => words.refused(text, &refusals(&decision.outcomes, words), decision.hidden),
        };
        Eligibility {
            at: facts.now,
            user_id: facts.user_id,
            promocode_id: facts.code.id.0,
            text: code.into(),
            promotion_id: facts.promotion.id.0,
            promocode_version: facts.promotion.version,
            tariff: facts.tariff.id.0,
            passes: decision.accepted().is_some(),
            hidden: decision.hidden,
            held: applied,
            applied_by,
            price: facts.tariff.price.into(),
            total: decision.quote.map(|quote| quote.total.into()),
            summary,
            outcomes: outcomes(&decision.outcomes, words),
        }
    }
}

/// What the rules say that refuse, and are not waived, in their order.
fn refusals(outcomes: &[Outcome], words: &Words<'_>) -> Vec<Meaning> {
    let refusals = outcomes
        .iter()
        .filter(|outcome| !outcome.passed && !outcome.waived);
    refusals.map(|refusal| words.meaning(refusal)).collect()
}

fn outcomes(outcomes: &[Outcome], words: &Words<'_>) -> Vec<OutcomeBody> {
    let body = |outcome: &Outcome| {
        let meaning = (!outcome.passed).then(|| words.meaning(outcome));
        OutcomeBody::of(outcome, meaning)
    };
    outcomes.iter().map(body).collect()
}

impl OutcomeBody {
    fn of(outcome: &Outcome, meaning: Option<Meaning>) -> Self {
        let (detail, remedy, actions) = match meaning {
            None => (None, None, None),
            Some(meaning) => (Some(meaning.detail), meaning.remedy, Some(meaning.actions)),
        };
        OutcomeBody {
            rule: outcome.rule.to_string(),
            passed: outcome.passed,
            waived: outcome.waived,
            detail,
            remedy,
            actions,
            observed: json!(outcome.observed),
            required: json!(outcome.required),
            change: json!(outcome.change),
        }
    }
}
