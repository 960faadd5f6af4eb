//! What needs the approval of a second person: docs/adr/0031-approvals.md.

use approval_requests::{ApprovalBody, Written};
use domain::{CodeState, IssuedCode, Promotion, PromotionId, PromotionStatus, Reason};
use jiff::Timestamp;
use loyalty_store::{ApprovalRequest, CarriedOut, Change, CodeEntry, PromotionProposal};
use serde_json::{Value, json};
use service_http::{Code, Language, Problem};
use uuid::Uuid;

use crate::promotion_body::on_clock;
use crate::promotion_fields::PromotionFields;
use crate::{State, refused};

/// A promotion as it is to be.
pub(crate) struct Wanted<'a> {
    /// What it is now, if it is not new.
    pub(crate) before: Option<&'a Promotion>,
    /// The version that it must have to be changed.
    pub(crate) version: i32,
    pub(crate) promotion: &'a Promotion,
    /// The first codes of a new one.
    pub(crate) codes: &'a [CodeEntry],
    pub(crate) reason: Option<&'a Reason>,
}

impl State {
    /// What an earlier request with the same key has made or changed, or the approval that it has asked for.
    pub(crate) async fn made_before(
        &self,
        request: &CarriedOut,
    ) -> Result<Written<PromotionId>, Problem> {
        // The IDs of promotions are numbers.
        match request.resource_id::<Uuid>() {
            Ok(id) => {
                let approval = self.approval(id, self.clock.now()).await?;
                Ok(Written::Waits(approval))
            }
            Err(_) => Ok(Written::Done(PromotionId(request.resource_id()?))),
        }
    }

    /// Asks for the approval of what is wanted. `None` if it needs none, or an earlier call with the same key made it without.
    pub(crate) async fn ask_for_approval(
        &self,
        wanted: Wanted<'_>,
        change: Change,
        language: Language,
    ) -> Result<Option<Box<ApprovalBody>>, Problem> {
        let Wanted {
            before, promotion, ..
        } = wanted;
        if !self.approvals.may_concern(promotion, before) || !self.is_large(promotion).await? {
            return Ok(None);
        }
        let proposal = PromotionProposal {
            base: before.map(|before| (before.id, wanted.version)),
            promotion,
            codes: wanted.codes,
            shown: shown(&wanted),
            reason: wanted.reason,
            expires_at: self.approvals.expires_at(change.at),
        };
        let random = self.random.as_ref();
        let asked = self
            .store
            .request_promotion_approval(proposal, change, random);
        match asked.await.map_err(|error| refused(error, language))? {
            ApprovalRequest::Requested(id) => self.approval(id, change.at).await.map(Some),
            ApprovalRequest::Done => Ok(None),
        }
    }

    /// Whether other codes of a promotion that buyers can use give somebody what nobody has approved: its discount is large,
    /// and neither its uses nor its budget are limited.
    pub(crate) async fn is_extended_by_codes(
        &self,
        promotion: &Promotion,
    ) -> Result<bool, Problem> {
        let is_open = promotion.status == PromotionStatus::Active && !promotion.is_limited();
        Ok(is_open && self.is_large(promotion).await?)
    }

    async fn is_large(&self, promotion: &Promotion) -> Result<bool, Problem> {
        let tariffs = self.store.tariffs_in_scope(promotion.tariffs.as_deref());
        Ok(self.approvals.is_large(promotion, &tariffs.await?))
    }

    async fn approval(&self, id: Uuid, now: Timestamp) -> Result<Box<ApprovalBody>, Problem> {
        let found = self.store.find_approval(id, now).await?;
        let found = found.ok_or_else(|| Problem::new(Code::ApprovalNotFound))?;
        Ok(Box::new(found.into()))
    }
}

/// Whether a code lets nobody do more than it did before.
pub(crate) fn gives_no_more(code: &CodeEntry, before: &IssuedCode) -> bool {
    let is_for_same = before.user_id.is_none() || before.user_id == code.user_id;
    code.state == CodeState::Disabled
        || before.state == CodeState::Issued
            && is_for_same
            && is_lower(code.max_uses, before.max_uses)
            && is_lower(code.ends_at, before.ends_at)
}

fn is_lower<T: Ord>(limit: Option<T>, before: Option<T>) -> bool {
    before.is_none_or(|before| limit.is_some_and(|limit| limit <= before))
}

/// As whoever decides on it reads it. The texts of codes are left out: who knows one could use it.
fn shown(wanted: &Wanted<'_>) -> Value {
    let fields = |promotion: &Promotion| PromotionFields::from(promotion.clone());
    let zone = &wanted.promotion.schedule.zone;
    let code = |code: &CodeEntry| {
        json!({
            "user_id": code.user_id,
            "max_uses": code.max_uses,
            "ends_at": code.ends_at.map(|end| on_clock(end, zone)),
            "state": code.state,
        })
    };
    json!({
        "before": wanted.before.map(fields),
        "after": fields(wanted.promotion),
        "promocodes": wanted.before.is_none().then(|| wanted.codes.iter().map(code).collect::<Vec<_>>()),
    })
}
