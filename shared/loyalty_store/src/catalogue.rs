//! What everybody may see: the shared codes of listed promotions, with what they save, the most first.

use std::cmp::Reverse;
use std::sync::Arc;

use domain::{Facts, IssuedCode, LeastPayments, Observed, Tariff};
use jiff::Timestamp;
use pg::{PgError, Record};
use serde::Deserialize;
use tokio_postgres::types::Json;
use uuid::Uuid;

use crate::LoyaltyStore;
use crate::definitions::{CodeRow, Offer, OfferRow, TariffRow};

pg::statements! {
    LOAD_CATALOGUE(TIMESTAMPTZ) = "SELECT load_catalogue(p_now => $1)";
}

/// The place of a promo code in the list: what is held first, then what saves most, then the lower ID.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ListPlace {
    // In the order in which they are compared.
    held: Reverse<bool>,
    saving_minor: Reverse<i64>,
    code_id: i64,
}

impl ListPlace {
    /// Of the code `code_id`, which takes off at most `saving_minor` of any tariff, and is held by the user or not.
    pub fn new(held: bool, saving_minor: i64, code_id: i64) -> ListPlace {
        ListPlace {
            held: Reverse(held),
            saving_minor: Reverse(saving_minor),
            code_id,
        }
    }

    /// What it was made of.
    pub fn parts(self) -> (bool, i64, i64) {
        (self.held.0, self.saving_minor.0, self.code_id)
    }
}

/// The tariffs on sale and the codes that everybody may see, as of one version of the catalogue.
#[derive(Debug)]
pub(crate) struct Catalogue {
    pub version: i64,
    /// The dearest first.
    pub tariffs: Vec<Arc<Tariff>>,
    /// In the order of their places.
    pub entries: Vec<Entry>,
}

/// A code with its promotion.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub code: Arc<IssuedCode>,
    pub offer: Offer,
    /// What it takes off at most, of any tariff; `None` when it lowers no price.
    pub saving_minor: Option<i64>,
}

impl Entry {
    /// `tariffs` are the dearest first: none saves more on a tariff than on a dearer one, so the first that it is for is
    /// enough.
    pub fn new(
        code: Arc<IssuedCode>,
        offer: Offer,
        tariffs: &[Arc<Tariff>],
        least_payments: &LeastPayments,
    ) -> Entry {
        let mut saving_minor = None;
        if let Some(first) = tariffs.first() {
            let mut facts = Facts {
                now: Timestamp::UNIX_EPOCH,
                user_id: Uuid::nil(),
                code: code.clone(),
                promotion: offer.promotion.clone(),
                campaign: offer.campaign.clone(),
                tariff: first.clone(),
                observed: Observed::newcomer(),
            };
            for tariff in tariffs {
                facts.tariff = tariff.clone();
                least_payments.observe(&mut facts);
                saving_minor = facts.saving_minor();
                if saving_minor.is_some() {
                    break;
                }
            }
        }
        Entry {
            code,
            offer,
            saving_minor,
        }
    }

    /// Whether its uses are limited for everybody together.
    pub fn is_scarce(&self) -> bool {
        let Offer {
            promotion,
            campaign,
        } = &self.offer;
        self.code.is_scarce(promotion, campaign.as_deref())
    }

    pub fn place(&self, held: bool) -> ListPlace {
        let saving_minor = self.saving_minor.unwrap_or_default();
        ListPlace::new(held, saving_minor, self.code.id.0)
    }
}

#[derive(Deserialize)]
struct ListedRow {
    code: CodeRow,
    #[serde(flatten)]
    offer: OfferRow,
}

impl LoyaltyStore {
    /// Loads the catalogue and remembers it.
    pub(crate) async fn load_catalogue(&self, now: Timestamp) -> Result<Arc<Catalogue>, PgError> {
        let row = self.pool.fetch_one(&LOAD_CATALOGUE, &[&now]).await?;
        let mut record: Record<'_> = row.try_get(0)?;
        let version = record.field()?;
        let tariffs: Option<Json<Vec<TariffRow>>> = record.field()?;
        let codes: Option<Json<Vec<ListedRow>>> = record.field()?;
        let tariffs = tariffs.map(|Json(rows)| rows).unwrap_or_default();
        let tariffs = tariffs.into_iter().map(|row| Ok(Arc::new(row.try_into()?)));
        let mut tariffs: Vec<Arc<Tariff>> = tariffs.collect::<Result<_, PgError>>()?;
        tariffs.sort_by_key(|tariff| (Reverse(tariff.price.minor()), tariff.id));
        let codes = codes.map(|Json(rows)| rows).unwrap_or_default();
        let entry = |row: ListedRow| {
            let code = Arc::new(row.code.try_into()?);
            Ok(Entry::new(
                code,
                row.offer.try_into()?,
                &tariffs,
                &self.least_payments,
            ))
        };
        let entries = codes.into_iter().map(entry);
        let mut entries: Vec<Entry> = entries.collect::<Result<_, PgError>>()?;
        entries.retain(|entry| entry.saving_minor.is_some());
        entries.sort_by_key(|entry| entry.place(false));
        let catalogue = Arc::new(Catalogue {
            version,
            tariffs,
            entries,
        });
        self.memory.keep_catalogue(catalogue.clone());
        Ok(catalogue)
    }
}
