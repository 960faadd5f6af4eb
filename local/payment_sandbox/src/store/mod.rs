//! The payments, the refunds, the idempotence keys and the webhooks to be sent, and the rules of how they change. No
//! I/O.

mod keys;
mod outgoing;
mod refunds;

use std::collections::HashMap;

use domain::Money;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub(crate) use keys::Request;
pub(crate) use outgoing::Webhook;

use crate::error::ApiError;
use crate::payment::{Cancellation, HOLDING, Order, Payment, Status};
use crate::refund::Refund;
use crate::script::{Buyer, Script};
use keys::Keys;
use outgoing::{Outgoing, Subject};

#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Store {
    /// Oldest first.
    payments: Vec<Payment>,
    /// Oldest first.
    #[serde(default)]
    refunds: Vec<Refund>,
    #[serde(default)]
    keys: Keys,
    #[serde(default)]
    outgoing: Outgoing,
    /// Grows with every change; tells what has been saved.
    pub(crate) version: u64,
    #[serde(skip)]
    index: HashMap<Uuid, usize>,
}

/// What a changing request has led to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Made {
    pub(crate) id: Uuid,
    /// False when an earlier request under the same key did it.
    pub(crate) fresh: bool,
}

impl Made {
    fn now(id: Uuid) -> Made {
        Made { id, fresh: true }
    }

    fn before(id: Uuid) -> Made {
        Made { id, fresh: false }
    }
}

impl Store {
    pub(crate) fn from_json(bytes: &[u8]) -> serde_json::Result<Store> {
        let mut store: Store = serde_json::from_slice(bytes)?;
        let places = store.payments.iter().enumerate();
        store.index = places.map(|(i, payment)| (payment.id, i)).collect();
        Ok(store)
    }

    /// The payment, with what time and the script have done to it.
    pub(crate) fn get(&mut self, id: Uuid, now: Timestamp) -> Option<&mut Payment> {
        self.advance_one(id, now);
        self.find(id)
    }

    /// Newest first.
    pub(crate) fn newest(&self) -> impl Iterator<Item = &Payment> {
        self.payments.iter().rev()
    }

    /// Newest first.
    pub(crate) fn newest_refunds(&self) -> impl Iterator<Item = &Refund> {
        self.refunds.iter().rev()
    }

    /// The webhooks whose time has come.
    pub(crate) fn due(&self, now: Timestamp) -> impl Iterator<Item = &Webhook> {
        self.outgoing.due(now)
    }

    /// Notes that a webhook has been confirmed.
    pub(crate) fn confirmed(&mut self, number: u64) {
        self.outgoing.confirmed(number);
        self.version += 1;
    }

    /// Makes a payment, unless the key has made it already.
    pub(crate) fn create(
        &mut self,
        request: Request,
        id: Uuid,
        order: Order,
    ) -> Result<Made, ApiError> {
        if let Some(earlier) = self.keys.earlier(request)? {
            return Ok(Made::before(earlier));
        }
        let script = Script::of(order.description.as_deref().unwrap_or_default());
        self.version += 1;
        self.keys.fail(request.key, &script)?;
        self.index.insert(id, self.payments.len());
        self.payments.push(Payment::new(id, order, request.now));
        self.keys.remember(request, id);
        Ok(Made::now(id))
    }

    /// The buyer decides; `choice` is what the page was asked for, in the words of a script.
    pub(crate) fn decide(
        &mut self,
        id: Uuid,
        buyer: Buyer,
        choice: &str,
        now: Timestamp,
    ) -> Result<(), ApiError> {
        let payment = self.get(id, now).ok_or(ApiError::NO_PAYMENT)?;
        if !payment.is_pending() {
            return Err(ApiError::DECIDED);
        }
        payment.choice = choice.to_owned();
        self.buyer_did(id, buyer, now);
        Ok(())
    }

    fn buyer_did(&mut self, id: Uuid, buyer: Buyer, now: Timestamp) {
        let Some(payment) = self.find(id) else { return };
        let status = match buyer {
            Buyer::Pays if payment.order.capture => Status::Succeeded { at: now },
            Buyer::Pays => {
                payment.held_until = now.checked_add(HOLDING).ok();
                Status::WaitingForCapture
            }
            Buyer::Declines(reason) => Cancellation::Declined(reason).status(),
        };
        self.set(id, status, now);
    }

    /// The shop takes money that is held; all of it when `part` is `None`.
    pub(crate) fn capture(
        &mut self,
        request: Request,
        id: Uuid,
        part: Option<(Money, bool)>,
    ) -> Result<(), ApiError> {
        if self.keys.earlier(request)?.is_some() {
            return Ok(());
        }
        let payment = self.get(id, request.now).ok_or(ApiError::NO_PAYMENT)?;
        if payment.status != Status::WaitingForCapture {
            return Err(ApiError::NOT_CAPTURABLE);
        }
        if let Some((amount, receipt)) = part {
            let held = payment.order.amount.minor();
            if amount.minor() > held {
                return Err(ApiError::TOO_MUCH);
            }
            if amount.minor() < held && payment.order.receipt && !receipt {
                let description = "A capture in part needs a receipt of its own";
                return Err(ApiError::invalid("receipt", description));
            }
            payment.order.amount = amount;
        }
        self.set(id, Status::Succeeded { at: request.now }, request.now);
        self.keys.remember(request, id);
        Ok(())
    }

    /// The shop gives held money back.
    pub(crate) fn cancel(&mut self, request: Request, id: Uuid) -> Result<(), ApiError> {
        if self.keys.earlier(request)?.is_some() {
            return Ok(());
        }
        let payment = self.get(id, request.now).ok_or(ApiError::NO_PAYMENT)?;
        if payment.status != Status::WaitingForCapture {
            return Err(ApiError::NOT_CANCELLABLE);
        }
        self.set(id, Cancellation::ByMerchant.status(), request.now);
        self.keys.remember(request, id);
        Ok(())
    }

    /// Does what time and the scripts do to all of them.
    pub(crate) fn advance(&mut self, now: Timestamp) {
        let open = |payment: &&Payment| {
            payment.is_pending() || payment.status == Status::WaitingForCapture
        };
        let open: Vec<Uuid> = self.payments.iter().filter(open).map(|p| p.id).collect();
        for id in open {
            self.advance_one(id, now);
        }
        self.finish_refunds(now);
    }

    fn advance_one(&mut self, id: Uuid, now: Timestamp) {
        let Some(payment) = self.find(id) else { return };
        match payment.status {
            // A scripted buyer decides after the answer that the payment was made with.
            Status::Pending if now > payment.created_at => match payment.script().buyer {
                Some(buyer) => self.buyer_did(id, buyer, now),
                None if payment.deadline() <= now => {
                    self.set(id, Cancellation::ExpiredUnpaid.status(), now);
                }
                None => {}
            },
            Status::WaitingForCapture if payment.held_until.is_some_and(|end| end <= now) => {
                self.set(id, Cancellation::ExpiredHeld.status(), now);
            }
            _ => {}
        }
    }

    fn find(&mut self, id: Uuid) -> Option<&mut Payment> {
        let at = *self.index.get(&id)?;
        self.payments.get_mut(at)
    }

    fn set(&mut self, id: Uuid, status: Status, now: Timestamp) {
        let Some(payment) = self.find(id) else { return };
        payment.status = status;
        if let Some(event) = payment.event() {
            let first = payment.announcements == 0;
            payment.announcements += 1;
            let (script, subject) = (payment.script().webhooks, Box::new(payment.clone()));
            let webhook = (event, id, Subject::Payment(subject));
            self.outgoing.push(webhook, &script, first, now);
        }
        self.version += 1;
    }
}
