//! What the auth side keeps: accounts, sessions, and status changes on their way out. The only store with personal data.

mod outbox;
mod store;

pub use store::AuthStore;
