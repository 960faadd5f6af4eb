//! What is told of a user, and asked.

use auth_store::Profile;
use domain::{Role, UserStatus};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// A user, with personal data.
#[derive(Serialize, ToSchema)]
pub(crate) struct UserBody {
    /// The user.
    user_id: Uuid,
    /// As typed at the registration.
    #[schema(format = Email, example = "anna@example.com")]
    email: String,
    /// How to call the user.
    #[schema(example = "Anna")]
    name: Option<String>,
    /// `user`, `support`, `marketer` or `admin`.
    #[schema(value_type = String, example = "user")]
    role: Role,
    /// `active` or `blocked`.
    #[schema(value_type = String, example = "active")]
    status: UserStatus,
    /// When the user registered, UTC.
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

/// What a user may do.
#[derive(Serialize, ToSchema)]
pub(crate) struct UserStanding {
    /// The user.
    pub(crate) user_id: Uuid,
    /// `user`, `support`, `marketer` or `admin`.
    #[schema(value_type = String, example = "support")]
    pub(crate) role: Role,
    /// `active` or `blocked`.
    #[schema(value_type = String, example = "active")]
    pub(crate) status: UserStatus,
}

/// Who is looked for.
#[derive(Deserialize, ToSchema)]
pub(crate) struct SearchRequest {
    /// The whole address, in whatever case.
    #[schema(format = Email, example = "anna@example.com")]
    pub(crate) email: String,
}

/// A role to be given.
#[derive(Deserialize, ToSchema)]
pub(crate) struct RoleRequest {
    /// `user`, `support`, `marketer` or `admin`.
    #[schema(value_type = String, example = "support")]
    pub(crate) role: Role,
}
