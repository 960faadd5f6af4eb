//! Asking for the approval of a change of what is offered. That of a refund is asked for where it is ordered.

use domain::{Promotion, PromotionId, Random, Reason};
use jiff::Timestamp;
use pg::{Record, Value};
use serde::Serialize;
use tokio_postgres::types::Json;
use uuid::Uuid;

use crate::definitions::PromotionRow;
use crate::promo_codes::EnteredCode;
use crate::rows::bug;
use crate::staff_change::staff_request;
use crate::{Change, CodeEntry, LoyaltyStore, PromoError};

pg::statements! {
    REQUEST_PROMOTION_APPROVAL(UUID, INT8, INT4, JSONB, JSONB, TEXT, TIMESTAMPTZ, JSONB) = concat!(
        "SELECT request_promotion_approval(p_approval_id => $1, p_promotion_id => $2, p_version => $3, p_proposal => $4,
            p_shown => $5, p_reason => $6, p_expires_at => $7, p_staff => ",
        staff_request!("$8"),
        ")"
    );
}

/// A promotion as it is to be.
#[derive(Debug)]
pub struct PromotionProposal<'a> {
    /// The promotion that is changed, and the version on which the change was made; `None` for a new one.
    pub base: Option<(PromotionId, i32)>,
    /// What it is to be.
    pub promotion: &'a Promotion,
    /// The first codes of a new one.
    pub codes: &'a [CodeEntry],
    /// The same as staff read it.
    pub shown: serde_json::Value,
    /// Why it is asked for.
    pub reason: Option<&'a Reason>,
    /// From when on it can't be approved, UTC.
    pub expires_at: Timestamp,
}

/// The outcome of asking for an approval.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ApprovalRequest {
    /// It is asked for, by this call or an earlier one with the same key.
    Requested(Uuid),
    /// An earlier call with the same key has made the change, without an approval.
    Done,
}

/// The arguments of the functions that create and replace a promotion.
#[derive(Debug, Serialize)]
struct ProposalRow<'a> {
    promotion: PromotionRow,
    codes: Vec<EnteredCode<'a>>,
}

impl LoyaltyStore {
    /// Asks for the approval of a promotion, new or changed.
    ///
    /// # Errors
    /// [`PromoError`]; nothing is asked for then.
    pub async fn request_promotion_approval(
        &self,
        proposal: PromotionProposal<'_>,
        change: Change,
        random: &dyn Random,
    ) -> Result<ApprovalRequest, PromoError> {
        let (promotion_id, version) = proposal.base.map(|(id, version)| (id.0, version)).unzip();
        let row = ProposalRow {
            promotion: proposal.promotion.into(),
            codes: proposal.codes.iter().map(EnteredCode::from).collect(),
        };
        let values: [Value<'_>; 8] = [
            &random.uuid(),
            &promotion_id,
            &version,
            &Json(row),
            &Json(proposal.shown),
            &proposal.reason.map(Reason::as_str),
            &proposal.expires_at,
            &change.as_json(),
        ];
        let row = self.pool.fetch_one(&REQUEST_PROMOTION_APPROVAL, &values);
        let row = row.await?;
        let mut record: Record<'_> = row.try_get(0)?;
        let outcome: &str = record.field()?;
        let id: Option<Uuid> = record.field()?;
        Err(match (outcome, id) {
            ("requested", Some(id)) => return Ok(ApprovalRequest::Requested(id)),
            ("done", _) => return Ok(ApprovalRequest::Done),
            ("pending", Some(id)) => PromoError::ApprovalPending(id),
            ("no_promotion", _) => PromoError::NoPromotion,
            ("changed", _) => PromoError::Changed(record.field()?),
            ("archived", _) => PromoError::Archived,
            ("key_reused", _) => PromoError::KeyReused,
            _ => PromoError::Pg(bug("an unknown answer")),
        })
    }
}
