//! Where a purchase stands.

use crate::text_enum::text_enum;

text_enum! {
    /// Where a purchase stands.
    PurchaseStatus {
        /// A payment is awaited.
        Pending = "pending",
        /// Paid, or free: the subscription runs.
        Paid = "paid",
        /// The money did not come; the use of the code was given back.
        Failed = "failed",
    }
}

text_enum! {
    /// Why a purchase was not paid.
    PaymentFailure {
        /// The provider or the buyer declined.
        Declined = "payment_failed",
        /// The buyer did not pay in time.
        Expired = "payment_expired",
        /// The provider would not even start the payment.
        Rejected = "payment_rejected",
    }
}
