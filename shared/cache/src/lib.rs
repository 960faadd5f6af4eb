//! Redis, as everything here uses it: a help, not a dependency. It may be away at any time, and a request then goes on
//! without it; an answer that takes long counts as none.

mod cache;
mod outage;

pub use cache::Cache;
pub use outage::Outage;
