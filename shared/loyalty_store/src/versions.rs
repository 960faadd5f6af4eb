//! Versions of tariffs, campaigns, promotions and promo codes. A version never changes, so those that were loaded are
//! remembered.

use std::collections::HashMap;
use std::sync::Arc;

use domain::{Campaign, IssuedCode, Promotion, Tariff};
use pg::{PgError, Row};
use serde_json::Value;
use tokio_postgres::types::Json;

use crate::LoyaltyStore;
use crate::definitions::{CampaignRow, CodeRow, PromotionRow, TariffRow};
use crate::rows::{bug, get};

pg::statements! {
    LOAD_VERSIONS(TEXT_ARRAY, INT8_ARRAY, INT4_ARRAY) =
        "SELECT w.kind, w.id, w.version,
            version_numbered(p_kind => w.kind, p_id => w.id, p_version => w.version) AS definition
        FROM unnest($1, $2, $3) AS w (kind, id, version)";
}

/// Which version of what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct VersionKey {
    pub kind: Kind,
    pub id: i64,
    pub version: i32,
}

/// Of what there are versions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    Code,
    Promotion,
    Campaign,
    Tariff,
}

/// A version of something.
#[derive(Debug, Clone)]
pub(crate) enum Definition {
    Code(Arc<IssuedCode>),
    Promotion(Arc<Promotion>),
    Campaign(Arc<Campaign>),
    Tariff(Arc<Tariff>),
}

/// Versions by their keys.
#[derive(Debug, Default)]
pub(crate) struct Versions(HashMap<VersionKey, Definition>);

impl Kind {
    /// Its name in the table `past_versions`.
    fn as_str(self) -> &'static str {
        match self {
            Kind::Code => "promo_code",
            Kind::Promotion => "promotion",
            Kind::Campaign => "campaign",
            Kind::Tariff => "tariff",
        }
    }

    fn of(name: &str) -> Result<Kind, PgError> {
        [Kind::Code, Kind::Promotion, Kind::Campaign, Kind::Tariff]
            .into_iter()
            .find(|kind| kind.as_str() == name)
            .ok_or_else(|| bug("an unknown kind of version"))
    }

    fn decode(self, json: Value) -> Result<Definition, PgError> {
        fn row<T: serde::de::DeserializeOwned>(json: Value) -> Result<T, PgError> {
            serde_json::from_value(json).map_err(|_| bug("a version that can't be read"))
        }
        Ok(match self {
            Kind::Code => Definition::Code(Arc::new(row::<CodeRow>(json)?.try_into()?)),
            Kind::Promotion => {
                Definition::Promotion(Arc::new(row::<PromotionRow>(json)?.try_into()?))
            }
            Kind::Campaign => Definition::Campaign(Arc::new(row::<CampaignRow>(json)?.try_into()?)),
            Kind::Tariff => Definition::Tariff(Arc::new(row::<TariffRow>(json)?.try_into()?)),
        })
    }
}

impl VersionKey {
    /// Out of a row that was loaded.
    fn read(row: &Row) -> Result<VersionKey, PgError> {
        Ok(VersionKey {
            kind: Kind::of(get(row, "kind")?)?,
            id: get(row, "id")?,
            version: get(row, "version")?,
        })
    }
}

impl Versions {
    pub fn code(&self, id: i64, version: i32) -> Result<Arc<IssuedCode>, PgError> {
        match self.get(Kind::Code, id, version) {
            Some(Definition::Code(code)) => Ok(code.clone()),
            _ => Err(absent()),
        }
    }

    pub fn promotion(&self, id: i64, version: i32) -> Result<Arc<Promotion>, PgError> {
        match self.get(Kind::Promotion, id, version) {
            Some(Definition::Promotion(promotion)) => Ok(promotion.clone()),
            _ => Err(absent()),
        }
    }

    pub fn campaign(&self, id: i64, version: i32) -> Result<Arc<Campaign>, PgError> {
        match self.get(Kind::Campaign, id, version) {
            Some(Definition::Campaign(campaign)) => Ok(campaign.clone()),
            _ => Err(absent()),
        }
    }

    pub fn tariff(&self, id: i64, version: i32) -> Result<Arc<Tariff>, PgError> {
        match self.get(Kind::Tariff, id, version) {
            Some(Definition::Tariff(tariff)) => Ok(tariff.clone()),
            _ => Err(absent()),
        }
    }

    fn get(&self, kind: Kind, id: i64, version: i32) -> Option<&Definition> {
        self.0.get(&VersionKey { kind, id, version })
    }
}

impl LoyaltyStore {
    /// These versions: one statement loads those that are not remembered, if there are such.
    pub(crate) async fn versions(
        &self,
        keys: impl IntoIterator<Item = VersionKey>,
    ) -> Result<Versions, PgError> {
        let mut versions = HashMap::new();
        let (mut kinds, mut ids, mut numbers) = (Vec::new(), Vec::new(), Vec::new());
        for key in keys {
            match self.memory.version(key) {
                Some(definition) => {
                    versions.insert(key, definition);
                }
                None => {
                    kinds.push(key.kind.as_str());
                    ids.push(key.id);
                    numbers.push(key.version);
                }
            }
        }
        if !ids.is_empty() {
            let rows = self
                .pool
                .fetch(&LOAD_VERSIONS, &[&kinds, &ids, &numbers])
                .await?;
            for row in rows {
                let key = VersionKey::read(&row)?;
                let Json(json): Json<Value> = get(&row, "definition")?;
                let definition = key.kind.decode(json)?;
                self.memory.keep_version(key, definition.clone());
                versions.insert(key, definition);
            }
        }
        Ok(Versions(versions))
    }
}

fn absent() -> PgError {
    bug("a decision on a version that there is not")
}
