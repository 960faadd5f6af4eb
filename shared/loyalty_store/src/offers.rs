//! Promotions with their campaigns, remembered by version.

use domain::PromotionId;
use pg::PgError;
use tokio_postgres::types::Json;

use crate::LoyaltyStore;
use crate::definitions::{Offer, OfferRow};
use crate::rows::get;

pg::statements! {
    LOAD_OFFERS(INT8_ARRAY) =
        "SELECT to_jsonb(p) AS promotion, to_jsonb(m) AS campaign
        FROM promotions p LEFT JOIN campaigns m ON m.id = p.campaign_id WHERE p.id = ANY ($1)";
}

impl LoyaltyStore {
    /// The promotion of these versions (its own and its campaign's), remembered or loaded; `None` if they are others by now.
    pub(crate) async fn offer(
        &self,
        id: PromotionId,
        versions: (i32, Option<i32>),
    ) -> Result<Option<Offer>, PgError> {
        let offer = self.present_offer(id, versions).await?;
        Ok(offer.filter(|offer| offer.versions() == versions))
    }

    /// The promotion as it is now: remembered if its versions are these, otherwise loaded. `None` if it was deleted after
    /// its code was seen.
    pub(crate) async fn present_offer(
        &self,
        id: PromotionId,
        versions: (i32, Option<i32>),
    ) -> Result<Option<Offer>, PgError> {
        let remembered = self.memory.offer(id.0);
        if let Some(offer) = remembered.filter(|offer| offer.versions() == versions) {
            return Ok(Some(offer));
        }
        Ok(self.load_offers(&[id.0]).await?.pop())
    }

    /// The promotions as they are now, in no order.
    pub(crate) async fn load_offers(&self, ids: &[i64]) -> Result<Vec<Offer>, PgError> {
        let rows = self.pool.fetch(&LOAD_OFFERS, &[&ids]).await?;
        let offers = rows.iter().map(|row| {
            let Json(promotion) = get(row, "promotion")?;
            let campaign: Option<Json<_>> = get(row, "campaign")?;
            let campaign = campaign.map(|Json(row)| row);
            let offer: Offer = OfferRow {
                promotion,
                campaign,
            }
            .try_into()?;
            self.memory.keep_offer(offer.clone());
            Ok(offer)
        });
        offers.collect()
    }
}
