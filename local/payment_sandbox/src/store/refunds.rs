//! Refunds, and the rules of how they change.

use jiff::Timestamp;
use uuid::Uuid;

use super::outgoing::Subject;
use super::{Made, Request, Store};
use crate::error::ApiError;
use crate::payment::Status;
use crate::refund::{Refund, RefundOrder, RefundStatus};
use crate::script::{Refunding, Script, Webhooks};

impl Store {
    /// Gives money back, unless the key has done so already.
    pub(crate) fn refund(
        &mut self,
        request: Request,
        id: Uuid,
        order: RefundOrder,
    ) -> Result<Made, ApiError> {
        if let Some(earlier) = self.keys.earlier(request)? {
            return Ok(Made::before(earlier));
        }
        let own = Script::of(order.description.as_deref().unwrap_or_default());
        self.version += 1;
        self.keys.fail(request.key, &own)?;
        let payment = self.get(order.payment, request.now);
        let payment = payment.ok_or(ApiError::NO_PAYMENT)?;
        if !matches!(payment.status, Status::Succeeded { .. }) {
            return Err(ApiError::NOT_REFUNDABLE);
        }
        let has = payment.order.amount.minor();
        let refunding = match own.refund {
            Refunding::AtOnce => payment.script().refund,
            other => other,
        };
        let taken = self
            .refunds
            .iter()
            .filter(|r| r.order.payment == order.payment);
        let taken: i64 = taken.map(Refund::takes).sum();
        if order.amount.minor() > has - taken {
            return Err(ApiError::TOO_MUCH);
        }
        let refund = Refund::new(id, order, refunding, request.now);
        let done = refund.status == RefundStatus::Succeeded;
        self.refunds.push(refund);
        if done {
            self.refunded(id, request.now);
        }
        self.keys.remember(request, id);
        Ok(Made::now(id))
    }

    /// The refund, with what time has done to it.
    pub(crate) fn get_refund(&mut self, id: Uuid, now: Timestamp) -> Option<&mut Refund> {
        self.finish_refunds(now);
        self.refunds.iter_mut().find(|refund| refund.id == id)
    }

    /// Ends the pending refunds whose time has come.
    pub(super) fn finish_refunds(&mut self, now: Timestamp) {
        let due = |refund: &&mut Refund| matches!(refund.status, RefundStatus::Pending { until } if until <= now);
        let mut done = Vec::new();
        for refund in self.refunds.iter_mut().filter(due) {
            refund.status = RefundStatus::Succeeded;
            done.push(refund.id);
        }
        for id in done {
            self.refunded(id, now);
        }
    }

    /// Writes a refund that has succeeded to its payment, and announces it.
    fn refunded(&mut self, id: Uuid, now: Timestamp) {
        let Some(refund) = self.refunds.iter().find(|refund| refund.id == id) else {
            return;
        };
        let (own, refund) = (refund.script().webhooks, Box::new(refund.clone()));
        let payment_id = refund.order.payment;
        let Some(payment) = self.find(payment_id) else {
            return;
        };
        payment.refunded += refund.order.amount.minor();
        // Its own words, or else those of the payment.
        let script = match own == Webhooks::default() {
            true => payment.script().webhooks,
            false => own,
        };
        let first = payment.announcements == 0;
        payment.announcements += 1;
        let webhook = ("refund.succeeded", payment_id, Subject::Refund(refund));
        self.outgoing.push(webhook, &script, first, now);
        self.version += 1;
    }
}
