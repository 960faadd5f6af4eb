//! The contract between the client and a provider, over TCP: each operation, each rule of idempotence, each class of
//! error, each way in which a webhook comes or does not.

mod faults;
mod holding;
mod payments;
mod receipts;
mod refunds;
mod webhooks;
