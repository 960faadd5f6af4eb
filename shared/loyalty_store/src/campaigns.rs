//! Campaigns, as staff enter them.

use domain::{Campaign, CampaignStatus, Currency};
use jiff::Timestamp;
use pg::{KeyedRows, Keyset, PgError, Record, Row, Value, keyset_page};
use serde::{Deserialize, Serialize};
use tokio_postgres::types::Json;

use crate::definitions::CampaignRow;
use crate::rows::{bug, get, keyed_page};
use crate::staff_change::staff_request;
use crate::version_history::version_history;
use crate::{Change, ChangeError, LoyaltyStore, PastVersion};

/// What is read of campaigns, `m`. The counter of a campaign without a budget adds up all currencies.
macro_rules! columns {
    () => {
        "to_jsonb(m) AS campaign, m.created_at, coalesce(used.taken, 0) AS taken,
            CASE WHEN m.budget_minor IS NOT NULL OR NOT EXISTS (SELECT FROM tariffs t WHERE t.currency <> m.currency)
                THEN coalesce(used.spent_minor, 0) END AS spent_minor"
    };
}

/// The usage of campaigns, `m`.
macro_rules! usage {
    () => {
        "LEFT JOIN LATERAL (
            SELECT sum(s.taken)::bigint AS taken, sum(s.spent_minor)::bigint AS spent_minor
            FROM campaign_usage s WHERE s.campaign_id = m.id
        ) AS used ON true"
    };
}

macro_rules! page {
    ($order:literal, $compare:literal) => {
        keyset_page!(
            $order,
            $compare,
            rows = "SELECT c.* FROM campaigns c
                WHERE ($5 IS NULL OR c.status = $5) AND ($6 IS NULL OR strpos(lower(c.title), lower($6)) > 0)",
            key = "WHEN 'title' THEN r.title",
            columns = columns!(),
            join = usage!()
        )
    };
}

pg::statements! {
    FIND_CAMPAIGN(INT8) =
        concat!("SELECT ", columns!(), " FROM campaigns m ", usage!(), " WHERE m.id = $1");
    FIND_CAMPAIGNS(TEXT, TEXT, INT8, INT8, TEXT, TEXT) = page!("ASC", ">");
    FIND_CAMPAIGNS_DESCENDING(TEXT, TEXT, INT8, INT8, TEXT, TEXT) = page!("DESC", "<");
    CAMPAIGN_VERSIONS(INT8) = version_history!("campaign", "campaigns");
    CREATE_CAMPAIGN(JSONB, JSONB) =
        concat!("SELECT create_campaign(p_campaign => $1, p_staff => ", staff_request!("$2"), ")");
    REPLACE_CAMPAIGN(INT8, INT4, JSONB, JSONB) = concat!(
        "SELECT replace_campaign(p_campaign_id => $1, p_version => $2, p_campaign => $3, p_staff => ",
        staff_request!("$4"),
        ")"
    );
}

/// A campaign as staff enter it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CampaignEntry {
    /// What staff call it; no other campaign has this title.
    pub title: String,
    /// Whether its codes may be used.
    pub status: CampaignStatus,
    /// How many uses all its promotions have together; `None` has no limit.
    pub total_limit: Option<i64>,
    /// What all its discounts may come to, in minor units; `None` has no limit.
    pub budget_minor: Option<i64>,
    /// The currency of its budget.
    pub currency: Currency,
}

/// A campaign with its title.
#[derive(Debug, Clone)]
pub struct TitledCampaign {
    /// What staff call it.
    pub title: String,
    /// The campaign.
    pub campaign: Campaign,
}

/// A campaign with its usage.
#[derive(Debug, Clone)]
pub struct StoredCampaign {
    /// The campaign.
    pub campaign: TitledCampaign,
    /// How many uses are reserved or spent.
    pub taken: i64,
    /// The sum of their discounts in minor units of its currency; `None` if there may have been several.
    pub spent_minor: Option<i64>,
    /// When it was created, UTC.
    pub created_at: Timestamp,
}

/// The filter of a list of campaigns.
#[derive(Debug, Clone, Default)]
pub struct CampaignFilter {
    /// Only those with this status.
    pub status: Option<CampaignStatus>,
    /// Only those whose title contains this, in any case.
    pub title: Option<String>,
}

/// The columns of `campaigns` that staff enter.
#[derive(Debug, Serialize)]
struct EnteredRow<'a> {
    title: &'a str,
    status: &'a str,
    total_limit: Option<i64>,
    budget_minor: Option<i64>,
    currency: String,
}

impl<'a> From<&'a CampaignEntry> for Json<EnteredRow<'a>> {
    fn from(entry: &'a CampaignEntry) -> Self {
        Json(EnteredRow {
            title: &entry.title,
            status: entry.status.as_str(),
            total_limit: entry.total_limit,
            budget_minor: entry.budget_minor,
            currency: entry.currency.to_string(),
        })
    }
}

#[derive(Deserialize)]
struct TitledRow {
    title: String,
    #[serde(flatten)]
    row: CampaignRow,
}

impl TryFrom<TitledRow> for TitledCampaign {
    type Error = PgError;

    fn try_from(TitledRow { title, row }: TitledRow) -> Result<TitledCampaign, PgError> {
        let campaign = row.try_into()?;
        Ok(TitledCampaign { title, campaign })
    }
}

impl LoyaltyStore {
    /// A campaign.
    ///
    /// # Errors
    /// Any [`PgError`].
    pub async fn find_campaign(&self, id: i64) -> Result<Option<StoredCampaign>, PgError> {
        let row = self.pool.fetch_optional(&FIND_CAMPAIGN, &[&id]).await?;
        row.as_ref().map(stored).transpose()
    }

    /// A page of campaigns. They can be sorted by `id` and `title`.
    ///
    /// # Errors
    /// Any [`PgError`].
    pub async fn find_campaigns(
        &self,
        filter: &CampaignFilter,
        page: &Keyset,
    ) -> Result<KeyedRows<StoredCampaign>, PgError> {
        let statement = page.statement(&FIND_CAMPAIGNS, &FIND_CAMPAIGNS_DESCENDING);
        let status = filter.status.map(CampaignStatus::as_str);
        let values: [Value<'_>; 6] = [
            &page.sort,
            &page.after_key(),
            &page.after_id(),
            &page.limit,
            &status,
            &filter.title,
        ];
        let rows = self.pool.fetch(statement, &values).await?;
        keyed_page(&rows, page, stored)
    }

    /// All versions of a campaign, the newest first.
    ///
    /// # Errors
    /// Any [`PgError`].
    pub async fn campaign_versions(
        &self,
        id: i64,
    ) -> Result<Vec<PastVersion<TitledCampaign>>, PgError> {
        let rows = self.pool.fetch(&CAMPAIGN_VERSIONS, &[&id]).await?;
        rows.iter().map(PastVersion::read::<TitledRow>).collect()
    }

    /// A new campaign; its ID.
    ///
    /// # Errors
    /// [`ChangeError::TitleTaken`], [`ChangeError::KeyReused`], or that of the database.
    pub async fn create_campaign(
        &self,
        entry: &CampaignEntry,
        change: Change,
    ) -> Result<i64, ChangeError> {
        let values: [Value<'_>; 2] = [&Json::from(entry), &change.as_json()];
        let row = self.pool.fetch_one(&CREATE_CAMPAIGN, &values).await?;
        let mut record: Record<'_> = row.try_get(0).map_err(PgError::from)?;
        match record.field()? {
            "created" => Ok(record.field()?),
            "key_reused" => Err(ChangeError::KeyReused),
            _ => Err(bug("an unknown answer").into()),
        }
    }

    /// Replaces a campaign, if it has the version `version`, or whatever version.
    ///
    /// # Errors
    /// [`ChangeError`].
    pub async fn replace_campaign(
        &self,
        id: i64,
        version: Option<i32>,
        entry: &CampaignEntry,
        change: Change,
    ) -> Result<(), ChangeError> {
        let values: [Value<'_>; 4] = [&id, &version, &Json::from(entry), &change.as_json()];
        let row = self.pool.fetch_one(&REPLACE_CAMPAIGN, &values).await?;
        let mut record: Record<'_> = row.try_get(0).map_err(PgError::from)?;
        match record.field()? {
            "replaced" => Ok(()),
            "no_campaign" => Err(ChangeError::NotFound),
            "changed" => Err(ChangeError::Changed(record.field()?)),
            "archived" => Err(ChangeError::Archived),
            "other_currency" => Err(ChangeError::OtherCurrency),
            "key_reused" => Err(ChangeError::KeyReused),
            _ => Err(bug("an unknown answer").into()),
        }
    }
}

fn stored(row: &Row) -> Result<StoredCampaign, PgError> {
    let Json(campaign): Json<TitledRow> = get(row, "campaign")?;
    Ok(StoredCampaign {
        campaign: campaign.try_into()?,
        taken: get(row, "taken")?,
        spent_minor: get(row, "spent_minor")?,
        created_at: get(row, "created_at")?,
    })
}
