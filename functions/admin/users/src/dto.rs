//! Users in requests and answers.

use std::collections::HashMap;

use auth_store::{Profile, StoredAction};
use domain::{AccountAction, Email, Role, UserStatus};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use service_http::{LineError, PageSize, TimeCursor};
use utoipa::ToSchema;
use uuid::Uuid;

/// A user, with personal data.
#[derive(Serialize, ToSchema)]
pub(crate) struct UserBody {
    /// The ID of the user.
    user_id: Uuid,
    /// As entered at registration.
    #[schema(format = Email, example = "anna@example.com")]
    email: String,
    /// The user's name.
    #[schema(example = "Anna")]
    name: Option<String>,
    /// `user`, `support`, `marketer` or `admin`.
    #[schema(value_type = String, example = "user")]
    role: Role,
    /// `active` or `blocked`.
    #[schema(value_type = String, example = "active")]
    status: UserStatus,
    /// When the user registered, in UTC.
    created_at: Timestamp,
}

impl UserBody {
    pub(crate) fn of(profile: Profile) -> UserBody {
        UserBody {
            user_id: profile.id,
            email: profile.email,
            name: profile.name,
            role: profile.role,
            status: profile.status,
            created_at: profile.created_at,
        }
    }
}

/// A user and their role.
#[derive(Serialize, ToSchema)]
pub(crate) struct UserState {
    /// The ID of the user.
    pub(crate) user_id: Uuid,
    /// `user`, `support`, `marketer` or `admin`.
    #[schema(value_type = String, example = "support")]
    pub(crate) role: Role,
    /// `active` or `blocked`.
    #[schema(value_type = String, example = "active")]
    pub(crate) status: UserStatus,
}

/// The search.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SearchRequest {
    /// The complete address; case does not matter.
    #[schema(format = Email, example = "anna@example.com")]
    pub(crate) email: String,
}

/// The addresses of users whose IDs are wanted.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ResolveRequest {
    /// At most 1,000 complete addresses; case does not matter.
    #[schema(max_items = 1000, example = json!(["anna@example.com", "boris@example.com"]))]
    pub(crate) emails: Vec<String>,
}

/// The users behind the addresses of a request, or of a file.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum Resolved {
    /// Of a request.
    Users(ResolvedUsers),
    /// Of a file.
    File(ResolvedFile),
}

/// The users behind the addresses of a file.
#[derive(Serialize, ToSchema)]
pub(crate) struct ResolvedFile {
    /// Their IDs, in the order of the lines, each once.
    pub(crate) user_ids: Vec<Uuid>,
    /// What is wrong with the other lines: the first 100 of them.
    pub(crate) errors: Vec<LineError>,
    /// How many other lines there are.
    pub(crate) error_count: usize,
    /// How many lines are not empty.
    pub(crate) lines: usize,
}

/// The users behind the addresses, in the order of the request.
#[derive(Serialize, ToSchema)]
pub(crate) struct ResolvedUsers {
    /// Those who have an account.
    users: Vec<ResolvedUser>,
    /// The addresses without an account, as sent.
    #[schema(example = json!(["boris@example.com"]))]
    unknown: Vec<String>,
}

/// The user behind an address.
#[derive(Serialize, ToSchema)]
struct ResolvedUser {
    /// As sent.
    #[schema(format = Email, example = "anna@example.com")]
    email: String,
    /// The ID of the user.
    user_id: Uuid,
}

impl ResolvedUsers {
    /// `emails` as parsed, and the IDs that were found, by the unique forms of the addresses.
    pub(crate) fn of(emails: &[Email], found: &HashMap<String, Uuid>) -> ResolvedUsers {
        let mut resolved = ResolvedUsers {
            users: Vec::new(),
            unknown: Vec::new(),
        };
        for parsed in emails {
            let email = parsed.as_str().to_owned();
            match found.get(&parsed.key()) {
                Some(&user_id) => resolved.users.push(ResolvedUser { email, user_id }),
                None => resolved.unknown.push(email),
            }
        }
        resolved
    }
}

/// The new role.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RoleRequest {
    /// `user`, `support`, `marketer` or `admin`.
    #[schema(value_type = String, example = "support")]
    pub(crate) role: Role,
}

/// What staff did with accounts, newest first.
#[derive(Serialize, ToSchema)]
pub(crate) struct AccountAuditLog {
    /// The actions.
    items: Vec<AccountAuditItem>,
    /// The `cursor` of the next page; absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

/// What a member of staff did with an account.
#[derive(Serialize, ToSchema)]
pub(crate) struct AccountAuditItem {
    /// The ID of this item.
    #[schema(example = 271)]
    id: i64,
    /// When it was done, in UTC.
    at: Timestamp,
    /// The ID of the member of staff.
    actor_id: Uuid,
    /// The ID of the user whose account it is.
    user_id: Uuid,
    /// `look_up`, `set_status` or `set_role`.
    #[schema(value_type = String, example = "set_role")]
    action: AccountAction,
    /// The earlier status or role; absent when nothing was changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "user")]
    before: Option<String>,
    /// The new status or role; absent when nothing was changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "support")]
    after: Option<String>,
}

impl AccountAuditLog {
    pub(crate) fn page(mut actions: Vec<StoredAction>, size: PageSize) -> AccountAuditLog {
        AccountAuditLog {
            next_cursor: size.cut(&mut actions, |last| TimeCursor(last.place()).to_string()),
            items: actions.into_iter().map(AccountAuditItem::from).collect(),
        }
    }
}

impl From<StoredAction> for AccountAuditItem {
    fn from(action: StoredAction) -> AccountAuditItem {
        AccountAuditItem {
            id: action.id,
            at: action.at,
            actor_id: action.actor_id,
            user_id: action.user_id,
            action: action.action,
            before: action.before,
            after: action.after,
        }
    }
}
