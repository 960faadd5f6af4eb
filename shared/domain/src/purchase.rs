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
        /// Staff took it back: the subscription has ended.
        Revoked = "revoked",
        /// The payment failed, or the buyer gave it up; the use of the code was released.
        Failed = "failed",
    }
}

text_enum! {
    /// Why money goes back.
    RefundCause {
        /// Staff ordered it.
        Staff = "staff",
        /// It came when the purchase could no longer be completed.
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
        /// The buyer gave the purchase up.
        Cancelled = "cancelled_by_buyer",
        /// The money came when the buyer was blocked or deleted; it is refunded.
        UserNotActive = "user_not_active",
        /// The money came when the promo code was no longer for a first purchase; it is refunded.
        NotFirstPurchase = "not_first_purchase",
    }
}
