//! What the audit logs say that staff did, and to what.

use crate::text_enum::text_enum;

text_enum! {
    /// What a change by staff was made to, on the loyalty side.
    StaffResource {
        /// A tariff.
        Tariff = "tariff",
        /// A campaign.
        Campaign = "campaign",
        /// A promotion.
        Promotion = "promotion",
        /// A promo code.
        PromoCode = "promo_code",
        /// A group of users.
        Group = "group",
        /// A user.
        User = "user",
        /// An application.
        Application = "application",
        /// A purchase.
        Purchase = "purchase",
        /// A refund.
        Refund = "refund",
        /// A subscription, by the ID of its purchase.
        Subscription = "subscription",
        /// An approval.
        Approval = "approval",
    }
}

text_enum! {
    /// What staff did with an account.
    AccountAction {
        /// They found it by its e-mail address.
        LookUp = "look_up",
        /// They blocked or unblocked it.
        SetStatus = "set_status",
        /// They gave it another role.
        SetRole = "set_role",
    }
}
