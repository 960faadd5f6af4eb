//! Applying a promo code: which statements of the store run, in what order, and how often they are repeated when another
//! request was faster.

mod apply;
mod apply_for_user;
mod evaluate;

pub use apply::{ApplyOutcome, apply};
pub use apply_for_user::{ApplyForUserOutcome, apply_for_user};
pub use evaluate::{Evaluation, evaluate};
