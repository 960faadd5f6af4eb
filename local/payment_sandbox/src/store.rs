//! The payments and the idempotence keys, and the rules of how they change. No I/O.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::error::ApiError;
use crate::expiry::LIFETIME;
use crate::payment::{Cancellation, Order, Payment, Status};

/// How long the API remembers an idempotence key.
const KEY_LIFETIME: SignedDuration = SignedDuration::from_hours(24);

/// A use of an idempotence key.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct KeyUse {
    /// The request, so that another one under the same key is noticed.
    request: String,
    payment: Uuid,
    at: Timestamp,
}

#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Store {
    /// Oldest first.
    payments: Vec<Payment>,
    keys: HashMap<String, KeyUse>,
    /// Grows with every change; tells what has been saved.
    pub(crate) version: u64,
    #[serde(skip)]
    index: HashMap<Uuid, usize>,
}

impl Store {
    pub(crate) fn from_json(bytes: &[u8]) -> serde_json::Result<Store> {
        let mut store: Store = serde_json::from_slice(bytes)?;
        let places = store.payments.iter().enumerate();
        store.index = places.map(|(i, payment)| (payment.id, i)).collect();
        Ok(store)
    }

    /// The payment, with what time has done to it.
    pub(crate) fn get(&mut self, id: Uuid, now: Timestamp) -> Option<&Payment> {
        let at = *self.index.get(&id)?;
        self.expire_at(at, now);
        self.payments.get(at)
    }

    /// Newest first.
    pub(crate) fn newest(&self) -> impl Iterator<Item = &Payment> {
        self.payments.iter().rev()
    }

    /// Those whose status waits to be announced.
    pub(crate) fn unannounced(&self) -> impl Iterator<Item = &Payment> {
        self.payments
            .iter()
            .filter(|payment| !payment.announced && payment.event().is_some())
    }

    /// Makes a payment, unless `key` has made it already.
    pub(crate) fn create(
        &mut self,
        key: &str,
        request: &str,
        id: Uuid,
        order: Order,
        now: Timestamp,
    ) -> Result<Uuid, ApiError> {
        if let Some(earlier) = self.earlier(key, request, now)? {
            return Ok(earlier);
        }
        self.index.insert(id, self.payments.len());
        self.payments.push(Payment {
            id,
            order,
            created_at: now,
            status: Status::Pending,
            announced: true,
        });
        self.remember(key, request, id, now);
        Ok(id)
    }

    /// The buyer pays.
    pub(crate) fn approve(&mut self, id: Uuid, now: Timestamp) -> Result<(), ApiError> {
        let payment = self.pending(id, now)?;
        let status = if payment.order.capture {
            Status::Succeeded { at: now }
        } else {
            Status::WaitingForCapture
        };
        self.set(id, status);
        Ok(())
    }

    /// The buyer does not pay.
    pub(crate) fn decline(&mut self, id: Uuid, now: Timestamp) -> Result<(), ApiError> {
        self.pending(id, now)?;
        self.set(id, Cancellation::Declined.status());
        Ok(())
    }

    /// The shop gives held money back.
    pub(crate) fn cancel(
        &mut self,
        key: &str,
        request: &str,
        id: Uuid,
        now: Timestamp,
    ) -> Result<(), ApiError> {
        if self.earlier(key, request, now)?.is_some() {
            return Ok(());
        }
        let payment = self.get(id, now).ok_or(ApiError::NO_PAYMENT)?;
        if payment.status != Status::WaitingForCapture {
            return Err(ApiError::NOT_CANCELLABLE);
        }
        self.set(id, Cancellation::ByMerchant.status());
        self.remember(key, request, id, now);
        Ok(())
    }

    /// Notes that the current status has been announced, unless it changed meanwhile.
    pub(crate) fn announced(&mut self, id: Uuid, event: &str) {
        if let Some(payment) = self
            .index
            .get(&id)
            .and_then(|at| self.payments.get_mut(*at))
            && payment.event() == Some(event)
        {
            payment.announced = true;
            self.version += 1;
        }
    }

    /// Ends every pending payment that is too old.
    pub(crate) fn expire(&mut self, now: Timestamp) {
        for at in 0..self.payments.len() {
            self.expire_at(at, now);
        }
    }

    fn expire_at(&mut self, at: usize, now: Timestamp) {
        if let Some(payment) = self.payments.get_mut(at)
            && payment.is_pending()
            && now.duration_since(payment.created_at) >= LIFETIME
        {
            payment.status = Cancellation::Expired.status();
            payment.announced = false;
            self.version += 1;
        }
    }

    fn pending(&mut self, id: Uuid, now: Timestamp) -> Result<&Payment, ApiError> {
        let payment = self.get(id, now).ok_or(ApiError::NO_PAYMENT)?;
        if payment.is_pending() {
            Ok(payment)
        } else {
            Err(ApiError::DECIDED)
        }
    }

    fn set(&mut self, id: Uuid, status: Status) {
        if let Some(payment) = self
            .index
            .get(&id)
            .and_then(|at| self.payments.get_mut(*at))
        {
            payment.status = status;
            payment.announced = false;
            self.version += 1;
        }
    }

    fn earlier(&self, key: &str, request: &str, now: Timestamp) -> Result<Option<Uuid>, ApiError> {
        match self.keys.get(key) {
            Some(used) if now.duration_since(used.at) >= KEY_LIFETIME => Ok(None),
            Some(used) if used.request != request => Err(ApiError::KEY_REUSED),
            Some(used) => Ok(Some(used.payment)),
            None => Ok(None),
        }
    }

    fn remember(&mut self, key: &str, request: &str, payment: Uuid, at: Timestamp) {
        let request = request.to_owned();
        let used = KeyUse {
            request,
            payment,
            at,
        };
        self.keys.insert(key.to_owned(), used);
        self.version += 1;
    }
}
