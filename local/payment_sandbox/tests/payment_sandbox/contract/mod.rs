//! The contract between the client and a provider, over TCP: every operation, every rule of idempotence, every class of
//! error, and every way in which a webhook is delivered or not.

mod faults;
mod holding;
mod payments;
mod receipts;
mod refunds;
mod sdk;
mod webhooks;
