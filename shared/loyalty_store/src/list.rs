//! The promo codes that a user can use now: a page costs what is on the page.

use std::collections::HashMap;
use std::sync::Arc;

use domain::{
    ApplicationState, Audience, Effect, Facts, FirstPurchase, IssuedCode, LeastPayments, Observed,
    PromoCodeId, Promotion, Quote, Tariff, TariffId, Usage, UserStatus,
};
use jiff::Timestamp;
use pg::{PgError, Record};
use serde::Deserialize;
use tokio_postgres::types::Json;
use uuid::Uuid;

use crate::LoyaltyStore;
use crate::catalogue::{Catalogue, Entry, ListPlace};
use crate::definitions::CodeRow;
use crate::rows::{bug, optional_name};

/// Codes of the catalogue that are checked at once, after those of a first page.
const CHUNK: usize = 100;

pg::statements! {
    LOAD_LIST_FACTS(UUID, TIMESTAMPTZ, INT8_ARRAY, TIMESTAMPTZ_ARRAY, INT8_ARRAY, INT8_ARRAY, INT8_ARRAY,
        INT8_ARRAY, INT8_ARRAY) =
        "SELECT load_list_facts(p_user_id => $1, p_now => $2, p_promotion_ids => $3, p_uses_since => $4,
            p_limited_ids => $5, p_campaign_ids => $6, p_code_ids => $7,
            p_scarce_ids => $8, p_asked_ids => $9)";
}

/// A promo code that passes for at least one tariff, or is held.
#[derive(Debug, Clone)]
pub struct ListedCode {
    /// The code.
    pub code: Arc<IssuedCode>,
    /// Its promotion.
    pub promotion: Arc<Promotion>,
    /// The tariffs that it can be applied to, by their IDs, with the price of each.
    pub offers: Vec<(Arc<Tariff>, Quote)>,
    /// The user's own application.
    pub applied: Option<ListedApplication>,
    /// Its place in the list.
    pub place: ListPlace,
}

/// An application of the user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListedApplication {
    /// The application's ID.
    pub id: Uuid,
    /// The tariff it is for.
    pub tariff: TariffId,
    /// When it expires if nothing is bought.
    pub expires_at: Timestamp,
    /// Whether staff applied the code for the user.
    pub by_staff: bool,
}

impl LoyaltyStore {
    /// Up to `limit` of the codes that the user can use now, after the place `after`. By the rules of
    /// `redemption::apply`: a code is listed if it would pass for a tariff. One round trip when the catalogue has not
    /// changed; another one for codes that are for the user alone.
    ///
    /// # Errors
    /// Any [`PgError`].
    pub async fn list_codes(
        &self,
        user_id: Uuid,
        after: Option<ListPlace>,
        limit: usize,
        now: Timestamp,
    ) -> Result<Vec<ListedCode>, PgError> {
        if let Some(catalogue) = self.memory.catalogue() {
            let page = self
                .page(&catalogue, false, user_id, after, limit, now)
                .await?;
            if let Some(page) = page {
                return Ok(page);
            }
        }
        let catalogue = self.load_catalogue(now).await?;
        let page = self
            .page(&catalogue, true, user_id, after, limit, now)
            .await?;
        page.ok_or_else(|| bug("a fresh catalogue that is outdated"))
    }

    /// A page of `catalogue`. One that is `fresh`, loaded for this request, serves even if staff have changed it since:
    /// the list is as of then. `None` when a remembered one is outdated.
    async fn page(
        &self,
        catalogue: &Catalogue,
        fresh: bool,
        user_id: Uuid,
        after: Option<ListPlace>,
        limit: usize,
        now: Timestamp,
    ) -> Result<Option<Vec<ListedCode>>, PgError> {
        let is_after = |place: ListPlace| after.is_none_or(|after| place > after);
        let entries = &catalogue.entries;
        let start = entries.partition_point(|entry| !is_after(entry.place(false)));
        let mut rest = entries[start..].iter().filter(|entry| may_pass(entry, now));
        let mut chunk: Vec<Entry> = rest.by_ref().take(limit).cloned().collect();
        let mut page = Vec::new();
        let mut first = true;
        while !chunk.is_empty() || first {
            let facts = self.load_list_facts(user_id, now, chunk).await?;
            if !fresh && facts.catalogue_version != catalogue.version {
                return Ok(None);
            }
            if std::mem::take(&mut first) {
                let entries = self.own_entries(&facts, catalogue).await?;
                if !entries.is_empty() {
                    let own = self.load_list_facts(user_id, now, entries).await?;
                    let listed = own.listed(&catalogue.tariffs, &self.least_payments);
                    page.extend(listed.filter(|code| is_after(code.place)));
                }
            }
            // Those of the catalogue that are held were among the user's own.
            let listed = facts.listed(&catalogue.tariffs, &self.least_payments);
            page.extend(listed.filter(|code| code.applied.is_none()));
            // Codes of the user's own may lie behind what has not been asked for yet.
            let reached = facts.entries.last().map(|entry| entry.place(false));
            let ready = page.iter().filter(|code| Some(code.place) <= reached);
            if ready.count() >= limit || facts.user_status != Some(UserStatus::Active) {
                break;
            }
            let concerning = rest.by_ref().filter(|entry| facts.concerns(entry));
            chunk = concerning.take(limit.max(CHUNK)).cloned().collect();
        }
        page.sort_by_key(|code| code.place);
        page.truncate(limit);
        Ok(Some(page))
    }

    /// The codes that the user has applied, and those for this user alone.
    async fn own_entries(
        &self,
        facts: &ListFacts,
        catalogue: &Catalogue,
    ) -> Result<Vec<Entry>, PgError> {
        let mut entries: HashMap<i64, Entry> = HashMap::new();
        for own in &facts.own {
            if entries.contains_key(&own.code.id.0) {
                continue;
            }
            let offer = self.present_offer(own.code.promotion_id, own.versions);
            let Some(offer) = offer.await? else {
                continue;
            };
            let entry = Entry::new(
                own.code.clone(),
                offer,
                &catalogue.tariffs,
                &self.least_payments,
            );
            entries.insert(own.code.id.0, entry);
        }
        Ok(entries.into_values().collect())
    }

    async fn load_list_facts(
        &self,
        user_id: Uuid,
        now: Timestamp,
        entries: Vec<Entry>,
    ) -> Result<ListFacts, PgError> {
        let mut asked = Asked::default();
        for entry in &entries {
            asked.add(entry, now);
        }
        let asked_ids: Vec<i64> = entries.iter().map(|entry| entry.code.id.0).collect();
        let values: [pg::Value<'_>; 9] = [
            &user_id,
            &now,
            &asked.promotion_ids,
            &asked.uses_since,
            &asked.limited_ids,
            &asked.campaign_ids,
            &asked.code_ids,
            &asked.scarce_ids,
            &asked_ids,
        ];
        let row = self.pool.fetch_one(&LOAD_LIST_FACTS, &values).await?;
        let record: Record<'_> = row.try_get(0)?;
        ListFacts::read(record, asked, entries, user_id, now)
    }
}

/// Whether it may pass for anybody at this time: what is over or not begun is not asked for.
fn may_pass(entry: &Entry, now: Timestamp) -> bool {
    let promotion = &entry.offer.promotion;
    promotion.starts_at <= now
        && promotion.ends_at.is_none_or(|end| now < end)
        && entry.code.ends_at.is_none_or(|end| now < end)
        && promotion.schedule.includes(now)
}

/// What is counted, each once.
#[derive(Default)]
struct Asked {
    promotion_ids: Vec<i64>,
    uses_since: Vec<Timestamp>,
    limited_ids: Vec<i64>,
    campaign_ids: Vec<i64>,
    code_ids: Vec<i64>,
    scarce_ids: Vec<i64>,
}

impl Asked {
    fn add(&mut self, entry: &Entry, now: Timestamp) {
        let promotion = &entry.offer.promotion;
        let id = promotion.id.0;
        if promotion.per_user_limit.is_some() && !self.promotion_ids.contains(&id) {
            self.promotion_ids.push(id);
            self.uses_since.push(promotion.period_start(now));
        }
        if promotion.is_limited() && !self.limited_ids.contains(&id) {
            self.limited_ids.push(id);
        }
        let campaign = entry.offer.campaign.as_ref();
        if let Some(campaign) = campaign.filter(|campaign| campaign.is_limited())
            && !self.campaign_ids.contains(&campaign.id)
        {
            self.campaign_ids.push(campaign.id);
        }
        if entry.code.max_uses.is_some() {
            self.code_ids.push(entry.code.id.0);
        }
        if entry.is_scarce() && !self.scarce_ids.contains(&id) {
            self.scarce_ids.push(id);
        }
    }
}

/// What the function `load_list_facts` has seen.
struct ListFacts {
    catalogue_version: i64,
    user_id: Uuid,
    now: Timestamp,
    entries: Vec<Entry>,
    user_status: Option<UserStatus>,
    group_ids: Vec<i64>,
    /// Whether the person has made a purchase that was paid for; and any.
    has_paid: bool,
    has_purchased: bool,
    first_purchase: Option<ApplicationState>,
    trial: Option<ApplicationState>,
    uses: HashMap<i64, i64>,
    usage: HashMap<i64, Usage>,
    campaign_usage: HashMap<i64, Usage>,
    code_uses: HashMap<i64, i64>,
    unused: HashMap<i64, i64>,
    /// Since when the person has known codes from work as staff.
    insider_since: HashMap<i64, Timestamp>,
    /// The user's applications, and the codes for this user alone.
    own: Vec<OwnCode>,
}

/// A code that the user has applied, or that is for this user alone.
struct OwnCode {
    code: Arc<IssuedCode>,
    /// Of its promotion and the campaign.
    versions: (i32, Option<i32>),
    applied: Option<ListedApplication>,
}

#[derive(Deserialize)]
struct OwnRow {
    application_id: Option<Uuid>,
    tariff_id: Option<i64>,
    expires_at: Option<Timestamp>,
    #[serde(default)]
    by_staff: bool,
    code: CodeRow,
    promotion_version: i32,
    campaign_version: Option<i32>,
}

impl TryFrom<OwnRow> for OwnCode {
    type Error = PgError;

    fn try_from(row: OwnRow) -> Result<OwnCode, PgError> {
        let applied = match (row.application_id, row.tariff_id, row.expires_at) {
            (Some(id), Some(tariff), Some(expires_at)) => Some(ListedApplication {
                id,
                tariff: TariffId(tariff),
                expires_at,
                by_staff: row.by_staff,
            }),
            _ => None,
        };
        Ok(OwnCode {
            code: Arc::new(row.code.try_into()?),
            versions: (row.promotion_version, row.campaign_version),
            applied,
        })
    }
}

impl ListFacts {
    fn read(
        mut record: Record<'_>,
        asked: Asked,
        entries: Vec<Entry>,
        user_id: Uuid,
        now: Timestamp,
    ) -> Result<ListFacts, PgError> {
        let r = &mut record;
        let catalogue_version = r.field()?;
        let user_status = optional_name(r.field()?)?;
        let group_ids = r.field()?;
        let (has_paid, has_purchased) = (r.field()?, r.field()?);
        let first_purchase = optional_name(r.field()?)?;
        let trial = optional_name(r.field()?)?;
        let mut counts = || Ok::<Vec<i64>, PgError>(r.field::<Option<_>>()?.unwrap_or_default());
        let uses = asked.promotion_ids.into_iter().zip(counts()?).collect();
        let mut usages = |ids: Vec<i64>| {
            let usages = counts()?.into_iter().zip(counts()?);
            let usages = usages.map(|(taken, spent_minor)| Usage { taken, spent_minor });
            Ok::<HashMap<i64, Usage>, PgError>(ids.into_iter().zip(usages).collect())
        };
        let usage = usages(asked.limited_ids)?;
        let campaign_usage = usages(asked.campaign_ids)?;
        let code_uses = asked.code_ids.into_iter().zip(counts()?).collect();
        let unused = asked.scarce_ids.into_iter().zip(counts()?).collect();
        let since: Option<Vec<Option<Timestamp>>> = r.field()?;
        let known = entries.iter().zip(since.unwrap_or_default());
        let known = known.filter_map(|(entry, since)| Some((entry.code.id.0, since?)));
        let insider_since = known.collect();
        let mut own = Vec::new();
        for _ in 0..2 {
            let rows: Option<Json<Vec<OwnRow>>> = r.field()?;
            for row in rows.map(|Json(rows)| rows).unwrap_or_default() {
                own.push(row.try_into()?);
            }
        }
        Ok(ListFacts {
            catalogue_version,
            user_id,
            now,
            entries,
            user_status,
            group_ids,
            has_paid,
            has_purchased,
            first_purchase,
            trial,
            uses,
            usage,
            campaign_usage,
            code_uses,
            unused,
            insider_since,
            own,
        })
    }

    /// Whether the entry may pass for this user, as far as that is no matter of counting.
    fn concerns(&self, entry: &Entry) -> bool {
        let promotion = &entry.offer.promotion;
        let is_member = |group| self.group_ids.contains(group);
        let for_user = match &promotion.audience {
            Audience::All => true,
            Audience::Groups(groups) => groups.iter().any(is_member),
        };
        let is_trial = matches!(promotion.effect, Effect::Free { .. });
        let taken = (is_trial && self.trial.is_some())
            || (promotion.first_purchase.is_some() && self.first_purchase.is_some())
            || self.has_purchased(promotion);
        for_user && !taken
    }

    /// Whether the person has made a purchase of the kind that is to be the first one.
    fn has_purchased(&self, promotion: &Promotion) -> bool {
        match promotion.first_purchase {
            None => false,
            Some(FirstPurchase::Paid) => self.has_paid,
            Some(FirstPurchase::Any) => self.has_purchased,
        }
    }

    /// Those of the entries that can be used or are held.
    fn listed<'a>(
        &'a self,
        tariffs: &'a [Arc<Tariff>],
        least_payments: &'a LeastPayments,
    ) -> impl Iterator<Item = ListedCode> + 'a {
        self.entries
            .iter()
            .filter_map(|entry| self.listed_code(entry, tariffs, least_payments))
    }

    fn listed_code(
        &self,
        entry: &Entry,
        tariffs: &[Arc<Tariff>],
        least_payments: &LeastPayments,
    ) -> Option<ListedCode> {
        let first = tariffs.first()?;
        let mut facts = Facts {
            now: self.now,
            user_id: self.user_id,
            code: entry.code.clone(),
            promotion: entry.offer.promotion.clone(),
            campaign: entry.offer.campaign.clone(),
            tariff: first.clone(),
            observed: self.observed(entry),
        };
        let mut offers = Vec::new();
        for tariff in tariffs {
            facts.tariff = tariff.clone();
            facts.observed.other_code = self.other_code(tariff.id, entry.code.id);
            least_payments.observe(&mut facts);
            if let Some(quote) = facts.accepted() {
                offers.push((tariff.clone(), quote));
            }
        }
        offers.sort_by_key(|(tariff, _)| tariff.id);
        let mut own = self.own.iter().filter(|own| own.code.id == entry.code.id);
        let applied = own.find_map(|own| own.applied);
        if applied.is_none() && offers.is_empty() {
            return None;
        }
        Some(ListedCode {
            place: entry.place(applied.is_some()),
            code: facts.code,
            promotion: facts.promotion,
            offers,
            applied,
        })
    }

    fn observed(&self, entry: &Entry) -> Observed {
        let promotion = &entry.offer.promotion;
        let mut observed = Observed {
            user_status: self.user_status,
            // It is shown to the user.
            named_by_text: true,
            insider_since: self.insider_since.get(&entry.code.id.0).copied(),
            group_ids: self.group_ids.clone(),
            has_purchased: self.has_purchased(promotion),
            first_purchase: self.first_purchase,
            trial: self.trial,
            unused: self
                .unused
                .get(&promotion.id.0)
                .copied()
                .unwrap_or_default(),
            code_uses: self
                .code_uses
                .get(&entry.code.id.0)
                .copied()
                .unwrap_or_default(),
            uses: self.uses.get(&promotion.id.0).copied().unwrap_or_default(),
            ..Observed::default()
        };
        if let Some(usage) = self.usage.get(&promotion.id.0) {
            observed.set_usage(*usage);
        }
        let campaign = entry.offer.campaign.as_ref();
        if let Some(usage) = campaign.and_then(|campaign| self.campaign_usage.get(&campaign.id)) {
            observed.set_campaign_usage(*usage);
        }
        observed
    }

    /// The other code that the user has applied to this tariff.
    fn other_code(&self, tariff: TariffId, code: PromoCodeId) -> Option<PromoCodeId> {
        let on_tariff =
            |own: &&OwnCode| own.applied.is_some_and(|applied| applied.tariff == tariff);
        let mut open = self.own.iter().filter(on_tariff);
        open.find(|own| own.code.id != code).map(|own| own.code.id)
    }
}
