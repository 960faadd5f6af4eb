//! The status of a purchase.

use crate::text_enum::text_enum;

text_enum! {
    /// The status of a purchase.
    PurchaseStatus {
        /// A payment is awaited.
        Pending = "pending",
        /// Paid, or free: the subscription runs.
        Paid = "paid",
        /// It was paid, and all of the money went back.
        Refunded = "refunded",
        /// The payment failed; the use of the code was released.
        Failed = "failed",
    }
}

text_enum! {
    /// Why money goes back.
    RefundCause {
        /// Staff ordered it.
        Staff = "staff",
        /// It had come after the purchase had failed, and the limits of its code were used up.
        LatePayment = "late_payment",
        /// Somebody made the refund at the provider.
        Provider = "provider",
    }
}

text_enum! {
    /// The status of a refund.
    RefundStatus {
        /// Ordered; whether the money has gone back is not known yet.
        Pending = "pending",
        /// The money has gone back.
        Succeeded = "succeeded",
        /// The provider refused the refund.
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
