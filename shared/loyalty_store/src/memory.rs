//! What a process remembers of the catalogue: what staff enter changes rarely and is asked for all the time. Nothing is
//! believed for its age alone: statements say which versions hold, or refuse to write on others.

use std::sync::{Arc, PoisonError, RwLock};

use domain::{Audience, Facts, IssuedCode, Observed, PromoRef, Tariff, Usage};
use jiff::Timestamp;
use quick_cache::sync::Cache;

use crate::PromoRequest;
use crate::catalogue::Catalogue;
use crate::definitions::Offer;
use crate::versions::{Definition, VersionKey};

/// Promotions and codes that are remembered at most, each some hundreds of bytes.
const MAX_PROMOTIONS: usize = 10_000;
const MAX_TARIFFS: usize = 1000;

pub(crate) struct Memory {
    offers: Cache<i64, Offer>,
    tariffs: Cache<i64, Arc<Tariff>>,
    /// Codes that count no uses of their own and are for nobody in particular.
    codes: Cache<i64, Arc<IssuedCode>>,
    texts: Cache<String, i64>,
    versions: Cache<VersionKey, Definition>,
    /// The usage as last seen.
    usages: Cache<i64, Usage>,
    campaign_usages: Cache<i64, Usage>,
    catalogue: RwLock<Option<Arc<Catalogue>>>,
}

impl Memory {
    pub fn new() -> Memory {
        Memory {
            offers: Cache::new(MAX_PROMOTIONS),
            tariffs: Cache::new(MAX_TARIFFS),
            codes: Cache::new(MAX_PROMOTIONS),
            texts: Cache::new(MAX_PROMOTIONS),
            versions: Cache::new(MAX_PROMOTIONS),
            usages: Cache::new(MAX_PROMOTIONS),
            campaign_usages: Cache::new(MAX_PROMOTIONS),
            catalogue: RwLock::new(None),
        }
    }

    pub fn offer(&self, promotion_id: i64) -> Option<Offer> {
        self.offers.get(&promotion_id)
    }

    pub fn keep_offer(&self, offer: Offer) {
        self.offers.insert(offer.promotion.id.0, offer);
    }

    pub fn tariff(&self, id: i64) -> Option<Arc<Tariff>> {
        self.tariffs.get(&id)
    }

    pub fn keep_tariff(&self, tariff: Arc<Tariff>) {
        self.tariffs.insert(tariff.id.0, tariff);
    }

    pub fn version(&self, key: VersionKey) -> Option<Definition> {
        self.versions.get(&key)
    }

    pub fn keep_version(&self, key: VersionKey, definition: Definition) {
        self.versions.insert(key, definition);
    }

    pub fn catalogue(&self) -> Option<Arc<Catalogue>> {
        let catalogue = self.catalogue.read();
        catalogue.unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub fn keep_catalogue(&self, catalogue: Arc<Catalogue>) {
        let mut kept = self
            .catalogue
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        *kept = Some(catalogue);
    }

    /// Remembers what facts that were loaded have shown.
    pub fn keep_seen(&self, facts: &Facts) {
        let code = &facts.code;
        if code.user_id.is_none() && code.max_uses.is_none() {
            self.texts.insert(code.code.clone(), code.id.0);
            self.codes.insert(code.id.0, code.clone());
        } else {
            self.codes.remove(&code.id.0);
        }
        let observed = &facts.observed;
        self.keep_usage(facts, observed.usage(), observed.campaign_usage());
    }

    /// Remembers the usage of the promotion and of its campaign, where that is limited.
    pub fn keep_usage(&self, facts: &Facts, of_promotion: Usage, of_campaign: Usage) {
        if facts.promotion.is_limited() {
            self.usages.insert(facts.promotion.id.0, of_promotion);
        }
        let campaign = facts.campaign.as_ref();
        if let Some(campaign) = campaign.filter(|campaign| campaign.is_limited()) {
            self.campaign_usages.insert(campaign.id, of_campaign);
        }
    }

    /// The facts of a request without asking the database: those of an active user without applications, with
    /// the usage that was last seen. `None` when something is not remembered, or the promotion requires more.
    /// Reserving the use checks all of it again.
    pub fn assume(&self, request: &PromoRequest, now: Timestamp) -> Option<Facts> {
        let code = match &request.promo {
            PromoRef::Id(id) => self.codes.get(&id.0)?,
            PromoRef::Text(codes) => {
                let text = codes.first()?.as_str();
                let id = self.texts.get(text)?;
                self.codes.get(&id).filter(|code| code.code == text)?
            }
        };
        let Offer {
            promotion,
            campaign,
        } = self.offer(code.promotion_id.0)?;
        if promotion.audience != Audience::All || promotion.first_purchase.is_some() {
            return None;
        }
        let mut observed = Observed {
            named_by_text: matches!(request.promo, PromoRef::Text(_)),
            ..Observed::newcomer()
        };
        if promotion.is_limited() {
            observed.set_usage(self.usages.get(&promotion.id.0)?);
        }
        if let Some(campaign) = campaign.as_ref().filter(|campaign| campaign.is_limited()) {
            observed.set_campaign_usage(self.campaign_usages.get(&campaign.id)?);
        }
        Some(Facts {
            now,
            user_id: request.user_id,
            code,
            promotion,
            campaign,
            tariff: self.tariff(request.tariff.0)?,
            observed,
        })
    }
}
