//! Users in answers to staff.

use domain::UserStatus;
use jiff::Timestamp;
use loyalty_store::LoyaltyUser;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// A user as the loyalty side knows them.
#[derive(Serialize, ToSchema)]
pub(crate) struct LoyaltyUserBody {
    /// The ID of the user.
    user_id: Uuid,
    /// `active`, `blocked` or `deleted`: only active users apply promo codes and buy.
    #[schema(value_type = String, example = "active")]
    status: UserStatus,
    /// Since when this side knows the status, in UTC.
    since: Timestamp,
    /// The version of the status; a higher one replaces it.
    #[schema(example = 1)]
    version: i64,
    /// Other accounts of the same person, by ID: earlier ones that were deleted, or a later one. Limits per user count all of
    /// them together.
    other_accounts: Vec<Uuid>,
    /// The groups that the user is in, by ID.
    groups: Vec<GroupOfUser>,
    /// Where to read on.
    links: Links,
}

/// A group that a user is in.
#[derive(Serialize, ToSchema)]
struct GroupOfUser {
    /// Its ID.
    #[schema(example = 90001)]
    group_id: i64,
    /// Its title.
    #[schema(example = "Весенний опрос")]
    title: String,
}

/// The lists of what is the user's: paths with their queries.
#[derive(Serialize, ToSchema)]
struct Links {
    /// Applications of promo codes.
    applications: String,
    /// Promo codes for this user alone.
    promocodes: String,
    /// Purchases.
    purchases: String,
    /// Refunds.
    refunds: String,
    /// Periods of subscriptions.
    subscriptions: String,
    /// Decisions about promo codes.
    decisions: String,
    /// What staff did for the user.
    audit: String,
}

impl Links {
    fn of(user_id: Uuid) -> Links {
        let list = |name: &str| format!("/admin/{name}?user_id={user_id}");
        Links {
            applications: list("applications"),
            promocodes: list("promocodes"),
            purchases: list("purchases"),
            refunds: list("refunds"),
            subscriptions: list("subscriptions"),
            decisions: list("decisions"),
            audit: list("audit"),
        }
    }
}

impl From<LoyaltyUser> for LoyaltyUserBody {
    fn from(user: LoyaltyUser) -> LoyaltyUserBody {
        let group = |(group_id, title)| GroupOfUser { group_id, title };
        LoyaltyUserBody {
            user_id: user.id,
            status: user.status,
            since: user.since,
            version: user.version,
            other_accounts: user.other_accounts,
            groups: user.groups.into_iter().map(group).collect(),
            links: Links::of(user.id),
        }
    }
}
