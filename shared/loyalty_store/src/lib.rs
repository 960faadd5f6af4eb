//! What the loyalty side keeps: promotions and their codes, applications, purchases, and a copy of each user's status. No
//! personal data.

mod application;
mod applications;
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
mod groups;
mod inbox;
mod list;
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
mod store;
mod subscriptions;
mod tariffs;
mod users;
mod version_history;
mod versions;

pub use application::Application;
pub use applications::{ApplicationFilter, StoredApplication};
pub use audit::Audited;
pub use audit_log::{AuditFilter, StaffChange};
pub use campaigns::{CampaignEntry, CampaignFilter, StoredCampaign, TitledCampaign};
pub use cancel::{Cancelled, CancelledApplication};
pub use catalogue::ListPlace;
pub use code_sight::{CodeSight, CodeText, StaffReader, TypedIn};
pub use decisions::{DecisionFilter, StoredDecision};
pub use explanation::Explanation;
pub use facts::{Loaded, LoadedFacts, PromoRequest};
pub use for_user::{ApplicationChangeError, ByStaff, EarlierRequest, ForUser, ReservedForUser};
pub use gifts::{EndOutcome, Gift, GiftOutcome};
pub use group_import::{ImportMode, ImportOutcome};
pub use group_list::GroupFilter;
pub use groups::{Group, GroupError, Member, MembershipOutcome};
pub use inbox::lag_metric;
pub use list::{ListedApplication, ListedCode};
pub use open_purchase::OpenPurchaseOutcome;
pub use periods::Period;
pub use promo_codes::{CodeEntry, CodeFilter, StoredCode};
pub use promotions::{PromoError, PromotionFilter, StoredPromotion};
pub use purchases::{Place, Purchase, PurchaseCancellation, PurchaseFilter, Revocation};
pub use refunds::{Refund, RefundFilter, RefundOrder, RefundOutcome};
pub use settlement::Settled;
pub use staff_change::{Change, ChangeError, StaffAct};
pub use store::LoyaltyStore;
pub use subscriptions::{SubscribedTariff, Subscription};
pub use tariffs::{StoredTariff, TariffEntry, TariffFilter};
pub use users::StatusChange;
pub use version_history::PastVersion;

/// All statements of this store.
pub fn statements() -> impl Iterator<Item = &'static pg::Statement> {
    [
        applications::STATEMENTS,
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
        inbox::STATEMENTS,
        list::STATEMENTS,
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
