//! The webhooks that are still to be sent.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::payment::Payment;
use crate::refund::Refund;
use crate::script::Webhooks;
use crate::settings::Settings;

/// What a webhook shows: as it was at the change.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) enum Subject {
    Payment(Box<Payment>),
    Refund(Box<Refund>),
}

/// A webhook.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Webhook {
    pub(crate) number: u64,
    pub(crate) event: String,
    /// The payment that it is about, also for a refund.
    pub(crate) payment: Uuid,
    pub(crate) subject: Subject,
    /// How often it is sent at once.
    pub(crate) copies: u64,
    due: Timestamp,
    /// It lets the payment's next one overtake it.
    yields: bool,
}

impl Webhook {
    /// The body that is sent.
    pub(crate) fn body(&self, settings: &Settings) -> Value {
        let object = match &self.subject {
            Subject::Payment(payment) => payment.to_json(settings),
            Subject::Refund(refund) => refund.to_json(),
        };
        json!({"type": "notification", "event": self.event, "object": object})
    }
}

#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Outgoing {
    next: u64,
    webhooks: Vec<Webhook>,
}

impl Outgoing {
    /// Adds one, unless the script loses it. `first`: the payment has not been announced before.
    pub(super) fn push(
        &mut self,
        (event, payment, subject): (&str, Uuid, Subject),
        script: &Webhooks,
        first: bool,
        now: Timestamp,
    ) {
        if script.lost {
            return;
        }
        let yields = first && script.swapped.is_some();
        let delay = if yields { script.swapped } else { None };
        let delay = i64::try_from(delay.unwrap_or(script.delay)).unwrap_or(i64::MAX);
        let due = now.checked_add(SignedDuration::from_secs(delay));
        self.next += 1;
        self.webhooks.push(Webhook {
            number: self.next,
            event: event.to_owned(),
            payment,
            subject,
            copies: script.copies.max(1),
            due: due.unwrap_or(Timestamp::MAX),
            yields,
        });
    }

    pub(super) fn due(&self, now: Timestamp) -> impl Iterator<Item = &Webhook> {
        self.webhooks
            .iter()
            .filter(move |webhook| webhook.due <= now)
    }

    /// Takes out one that has been confirmed; what yielded to it is due now.
    pub(super) fn confirmed(&mut self, number: u64) {
        let Some(at) = self.webhooks.iter().position(|w| w.number == number) else {
            return;
        };
        let payment = self.webhooks.remove(at).payment;
        for webhook in &mut self.webhooks {
            if webhook.payment == payment && webhook.yields && webhook.number < number {
                webhook.due = Timestamp::MIN;
            }
        }
    }
}
