//! What the calls of staff that change the loyalty side have in common, beside what [`service_http`] has for all calls: the
//! request with its Idempotency-Key, and the versions of what is changed.

mod history;
mod request;

pub use history::versions;
pub use request::{StaffRequest, written};
