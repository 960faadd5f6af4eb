//! Campaigns in requests and answers.

use domain::{CampaignStatus, Title};
use jiff::Timestamp;
use loyalty_store::{CampaignEntry, StoredCampaign, TitledCampaign};
use serde::{Deserialize, Serialize};
use service_http::{
    CheckedBody, FieldAdvice, FieldErrors, Problem, check_limit, decimal, default_currency,
    parse_currency, parse_optional_amount,
};
use utoipa::ToSchema;

/// A campaign as staff enter it. Limits that are left out do not apply.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "title": "Весна", "total_limit": 10000, "budget": "500000.00" }))]
pub(crate) struct CampaignFields {
    /// Its title: 1 to 100 characters in one line, unique among campaigns.
    #[schema(example = "Весна")]
    title: String,
    /// `active`, `paused`, or `archived`, which is final.
    #[serde(default = "active")]
    #[schema(value_type = String, default = "active", example = "active")]
    status: CampaignStatus,
    /// The total number of uses of all its promo codes.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, example = 10_000)]
    total_limit: Option<i64>,
    /// The budget for the sum of all their discounts.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "500000.00")]
    budget: Option<String>,
    /// The currency of the budget.
    #[serde(default = "default_currency")]
    #[schema(example = "RUB")]
    currency: String,
}

/// A campaign.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CampaignBody {
    /// Its ID.
    #[schema(example = 90001)]
    campaign_id: i64,
    #[serde(flatten)]
    fields: CampaignFields,
    /// The uses of its promo codes, reserved or spent.
    usage: CampaignUsage,
    /// Increases with every change; also the `ETag`.
    #[schema(example = 7)]
    version: i32,
    /// When it was created, in UTC.
    created_at: Timestamp,
}

/// The uses of the promo codes of a campaign, reserved or spent.
#[derive(Debug, Serialize, ToSchema)]
struct CampaignUsage {
    /// The number of uses.
    taken: i64,
    /// The sum of their discounts in the currency of the campaign; absent if it has no budget and tariffs are sold in
    /// several currencies.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "8970.00")]
    discounts: Option<String>,
}

fn active() -> CampaignStatus {
    CampaignStatus::Active
}

/// Uses in another currency than the budget's.
#[derive(Debug, thiserror::Error)]
#[error(
    "leave it out: promo codes of the campaign have been used in another currency, and a budget has only one"
)]
struct OtherCurrency;

impl FieldAdvice for OtherCurrency {
    fn russian(&self) -> &'static str {
        "не передавайте бюджет: промокоды акции уже применяли в другой валюте, а бюджет считается в одной"
    }
}

pub(crate) fn other_currency(mut errors: FieldErrors) -> Problem {
    errors.refuse("budget", &OtherCurrency);
    errors.into_problem()
}

/// Reads all fields.
///
/// # Errors
/// `validation_failed`, which names every field that is not acceptable.
pub(crate) fn parse(body: CheckedBody<CampaignFields>) -> Result<CampaignEntry, Problem> {
    let CheckedBody { fields, mut errors } = body;
    let title = errors.check("title", Title::parse(&fields.title));
    let currency = errors.check("currency", parse_currency(&fields.currency));
    // Without a currency there is no telling what its budget is.
    let budget = currency.and_then(|currency| {
        let budget = parse_optional_amount(fields.budget.as_deref(), currency);
        errors.check("budget", budget)
    });
    let total_limit = errors.check("total_limit", check_limit(fields.total_limit));
    match (title, currency, budget, total_limit) {
        (Some(title), Some(currency), Some(budget_minor), Some(total_limit))
            if errors.is_empty() =>
        {
            Ok(CampaignEntry {
                title: title.as_str().to_owned(),
                status: fields.status,
                total_limit,
                budget_minor,
                currency,
            })
        }
        _ => Err(errors.into_problem()),
    }
}

impl From<TitledCampaign> for CampaignFields {
    fn from(TitledCampaign { title, campaign }: TitledCampaign) -> CampaignFields {
        CampaignFields {
            title,
            status: campaign.status,
            total_limit: campaign.total_limit,
            budget: campaign
                .budget_minor
                .map(|minor| decimal(minor, campaign.currency)),
            currency: campaign.currency.to_string(),
        }
    }
}

impl From<StoredCampaign> for CampaignBody {
    fn from(stored: StoredCampaign) -> CampaignBody {
        let campaign = &stored.campaign.campaign;
        CampaignBody {
            campaign_id: campaign.id,
            usage: CampaignUsage {
                taken: stored.taken,
                discounts: stored
                    .spent_minor
                    .map(|minor| decimal(minor, campaign.currency)),
            },
            version: campaign.version,
            fields: stored.campaign.into(),
            created_at: stored.created_at,
        }
    }
}
