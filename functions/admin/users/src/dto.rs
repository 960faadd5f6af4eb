//! Users in requests and answers.

use auth_store::Profile;
use domain::{Role, UserStatus};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
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
pub(crate) struct SearchRequest {
    /// The complete address; case does not matter.
    #[schema(format = Email, example = "anna@example.com")]
    pub(crate) email: String,
}

/// The new role.
#[derive(Deserialize, ToSchema)]
pub(crate) struct RoleRequest {
    /// `user`, `support`, `marketer` or `admin`.
    #[schema(value_type = String, example = "support")]
    pub(crate) role: Role,
}
