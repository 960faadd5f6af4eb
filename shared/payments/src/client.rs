//! YooKassa as a provider.

use std::fmt;

use domain::Money;
use uuid::Uuid;

use crate::exchange;
use crate::wire::{CaptureRequest, CreateRequest, PaymentAnswer, RefundAnswer, RefundRequest};
use crate::{
    Capture, CaptureAmount, Config, NewPayment, NewRefund, Payment, PaymentError, PaymentId,
    Provider, Refund, RefundId, Reply,
};

/// A client of the YooKassa API. Cheap to clone; the clones share connections.
#[derive(Clone)]
pub struct YooKassa {
    http: reqwest::Client,
    config: Config,
}

impl YooKassa {
    /// A client with these settings; connects to nothing yet.
    ///
    /// # Errors
    /// [`PaymentError::Misconfigured`] when the machine's TLS cannot be set up.
    pub fn new(config: Config) -> Result<YooKassa, PaymentError> {
        let http = exchange::http(&config)?;
        Ok(YooKassa { http, config })
    }

    async fn change_payment(
        &self,
        path: &[&str],
        key: Uuid,
        body: &impl serde::Serialize,
    ) -> Result<Payment, PaymentError> {
        exchange::change::<PaymentAnswer>(&self.http, &self.config, path, key, body)
            .await?
            .into_payment()
    }
}

impl Provider for YooKassa {
    fn create<'a>(&'a self, new: &'a NewPayment) -> Reply<'a, Payment> {
        Box::pin(async {
            let body = CreateRequest::new(new, &self.config);
            let payment = self.change_payment(&["payments"], new.idempotence_key, &body);
            let payment = payment.await?;
            // A retry may find a payment that was captured in part meanwhile.
            let ours = match payment.captured_at {
                None => payment.amount == new.amount,
                Some(_) => at_most(payment.amount, new.amount),
            };
            expect(ours, "amount is not ours")?;
            Ok(payment)
        })
    }

    fn get<'a>(&'a self, id: &'a PaymentId) -> Reply<'a, Payment> {
        Box::pin(async {
            let path = ["payments", id.as_str()];
            let answer: PaymentAnswer = exchange::read(&self.http, &self.config, &path).await?;
            let payment = answer.into_payment()?;
            expect(payment.id == *id, "another payment's id")?;
            Ok(payment)
        })
    }

    fn capture<'a>(&'a self, capture: &'a Capture) -> Reply<'a, Payment> {
        Box::pin(async {
            let body = CaptureRequest::new(&capture.amount, &self.config);
            let path = ["payments", capture.payment_id.as_str(), "capture"];
            let payment = self.change_payment(&path, capture.idempotence_key, &body);
            let payment = payment.await?;
            expect(payment.id == capture.payment_id, "another payment's id")?;
            if let CaptureAmount::Part { amount, .. } = capture.amount {
                expect(payment.amount == amount, "amount is not ours")?;
            }
            Ok(payment)
        })
    }

    fn cancel<'a>(&'a self, id: &'a PaymentId, idempotence_key: Uuid) -> Reply<'a, Payment> {
        Box::pin(async move {
            let path = ["payments", id.as_str(), "cancel"];
            let empty = serde_json::Map::new();
            let payment = self.change_payment(&path, idempotence_key, &empty).await?;
            expect(payment.id == *id, "another payment's id")?;
            Ok(payment)
        })
    }

    fn refund<'a>(&'a self, new: &'a NewRefund) -> Reply<'a, Refund> {
        Box::pin(async {
            let body = RefundRequest::new(new, &self.config);
            let (key, path) = (new.idempotence_key, ["refunds"]);
            let answer = exchange::change(&self.http, &self.config, &path, key, &body);
            let answer: RefundAnswer = answer.await?;
            let refund = answer.into_refund()?;
            expect(refund.payment_id == new.payment_id, "another payment's id")?;
            expect(refund.amount == new.amount, "amount is not ours")?;
            Ok(refund)
        })
    }

    fn get_refund<'a>(&'a self, id: &'a RefundId) -> Reply<'a, Refund> {
        Box::pin(async {
            let path = ["refunds", id.as_str()];
            let answer: RefundAnswer = exchange::read(&self.http, &self.config, &path).await?;
            let refund = answer.into_refund()?;
            expect(refund.id == *id, "another refund's id")?;
            Ok(refund)
        })
    }
}

fn at_most(part: Money, whole: Money) -> bool {
    part.currency() == whole.currency() && part.minor() <= whole.minor()
}

fn expect(holds: bool, otherwise: &str) -> Result<(), PaymentError> {
    if holds {
        Ok(())
    } else {
        Err(PaymentError::Malformed(otherwise.to_owned()))
    }
}

impl fmt::Debug for YooKassa {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("YooKassa")
            .field("config", &self.config)
            .finish_non_exhaustive()
    }
}
