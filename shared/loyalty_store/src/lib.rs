//! What the loyalty side keeps: promotions and their codes, applications, purchases, and a copy of each user's status. No
//! personal data.

mod application;
mod applications;
mod approval_requests;
mod approvals;
mod audit;
mod audit_log;
mod campaigns;
mod cancel;
mod catalogue;
mod code_sight;
mod decisions;
mod definitions;
mod explanation;
mod facts;
mod for_user;
mod gifts;
mod group_import;
mod group_list;
mod group_versions;
mod groups;
mod inbox;
mod list;
mod loyalty_users;
mod memory;
mod offers;
mod open_purchase;
mod periods;
mod promo_codes;
mod promotions;
mod provider_polling;
mod purchase_events;
mod purchases;
mod refunds;
mod refusals;
mod reserve;
mod retention;
mod rows;
mod settlement;
mod staff_change;
mod staff_requests;
mod store;
mod subscriptions;
mod tariffs;
mod users;
mod version_history;
mod versions;

pub use application::Application;
pub use applications::{ApplicationFilter, StoredApplication};
pub use approval_requests::{ApprovalRequest, PromotionProposal};
pub use approvals::{Approval, ApprovalFilter, Verdict, VerdictOutcome};
pub use audit::Audited;
pub use audit_log::{AuditFilter, StaffChange};
pub use campaigns::{CampaignEntry, CampaignFilter, StoredCampaign, TitledCampaign};
pub use cancel::{Cancelled, CancelledApplication};
pub use catalogue::ListPlace;
pub use code_sight::{CodeSight, CodeText, StaffReader, TypedIn};
pub use decisions::{DecisionFilter, StoredDecision};
pub use explanation::Explanation;
pub use facts::{Loaded, LoadedFacts, PromoRequest};
pub use for_user::{ApplicationChangeError, ByStaff, ForUser, ReservedForUser};
pub use gifts::{EndOutcome, Gift, GiftOutcome};
pub use group_import::{ImportMode, ImportOutcome};
pub use group_list::GroupFilter;
pub use group_versions::GroupVersion;
pub use groups::{Group, GroupError, Member, MembershipOutcome};
pub use inbox::lag_metric;
pub use list::{ListedApplication, ListedCode};
pub use loyalty_users::LoyaltyUser;
pub use open_purchase::OpenPurchaseOutcome;
pub use periods::Period;
pub use promo_codes::{CodeEntry, CodeFilter, StoredCode};
pub use promotions::{PromoError, PromotionFilter, StoredPromotion};
pub use purchases::{Place, Purchase, PurchaseCancellation, PurchaseFilter, Revocation};
pub use refunds::{Refund, RefundFilter, RefundOrder, RefundOutcome};
pub use settlement::Settled;
pub use staff_change::{Change, ChangeError, StaffAct};
pub use staff_requests::{CarriedOut, EarlierRequest};
pub use store::LoyaltyStore;
pub use subscriptions::{SubscribedTariff, Subscription};
pub use tariffs::{StoredTariff, TariffEntry, TariffFilter};
pub use users::StatusChange;
pub use version_history::PastVersion;

/// All statements of this store.
pub fn statements() -> impl Iterator<Item = &'static pg::Statement> {
    [
        applications::STATEMENTS,
        approval_requests::STATEMENTS,
        approvals::STATEMENTS,
        audit::STATEMENTS,
        audit_log::STATEMENTS,
        campaigns::STATEMENTS,
        cancel::STATEMENTS,
        catalogue::STATEMENTS,
        code_sight::STATEMENTS,
        decisions::STATEMENTS,
        explanation::STATEMENTS,
        facts::STATEMENTS,
        for_user::STATEMENTS,
        group_import::STATEMENTS,
        group_list::STATEMENTS,
        gifts::STATEMENTS,
        groups::STATEMENTS,
        group_versions::STATEMENTS,
        inbox::STATEMENTS,
        list::STATEMENTS,
        loyalty_users::STATEMENTS,
        offers::STATEMENTS,
        open_purchase::STATEMENTS,
        promo_codes::STATEMENTS,
        periods::STATEMENTS,
        promotions::STATEMENTS,
        purchases::STATEMENTS,
        purchase_events::STATEMENTS,
        refunds::STATEMENTS,
        refusals::STATEMENTS,
        reserve::STATEMENTS,
        retention::STATEMENTS,
        settlement::STATEMENTS,
        staff_requests::STATEMENTS,
        subscriptions::STATEMENTS,
        tariffs::STATEMENTS,
        users::STATEMENTS,
        versions::STATEMENTS,
    ]
    .into_iter()
    .flatten()
    .copied()
    .chain(::outbox::statements())
}
