//! Groups in requests and answers.

use jiff::Timestamp;
use loyalty_store::{Group, GroupVersion, Member, PastVersion};
use serde::{Deserialize, Serialize};
use service_http::{PageSize, Version, Versions};
use utoipa::ToSchema;
use uuid::Uuid;

/// The title of a group.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct GroupRequest {
    /// 1 to 100 characters in one line, unique among groups.
    #[schema(example = "Весенний опрос")]
    pub(crate) title: String,
}

/// A group of users.
#[derive(Serialize, ToSchema)]
pub(crate) struct GroupBody {
    /// Its ID.
    group_id: i64,
    /// Its title.
    #[schema(example = "Весенний опрос")]
    title: String,
    /// The number of its members.
    members: i64,
    /// Grows when the group is renamed; also its `ETag`.
    #[schema(example = 1)]
    version: i32,
}

/// All versions of a group, the newest first.
#[derive(Serialize, ToSchema)]
pub(crate) struct GroupVersions {
    /// The versions.
    items: Vec<GroupVersionBody>,
}

/// A version of a group.
#[derive(Serialize, ToSchema)]
struct GroupVersionBody {
    #[serde(flatten)]
    version: Version<GroupRequest>,
    /// How many members staff added while the group had this version.
    members_added: i64,
    /// How many they removed.
    members_removed: i64,
}

/// Members to add and to remove: at most 1,000 users in all.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MembersRequest {
    /// Users to add. Their accounts must exist. `POST /admin/users/resolve` finds the IDs of e-mail addresses.
    #[serde(default)]
    #[schema(example = json!(["6f1c8a52-3d0e-4b7a-9c15-8e2f4d6a7b90"]))]
    pub(crate) add: Vec<Uuid>,
    /// Users to remove.
    #[serde(default)]
    #[schema(example = json!(["d84b1e37-a0f6-4c29-b71d-52c9e3f80a46"]))]
    pub(crate) remove: Vec<Uuid>,
}

/// The effect of a change of members.
#[derive(Default, Serialize, Deserialize, ToSchema)]
pub(crate) struct MembersChanged {
    /// How many users were added.
    pub(crate) added: i64,
    /// How many users were removed.
    pub(crate) removed: i64,
}

/// The members of a group, ordered by user ID.
#[derive(Serialize, ToSchema)]
pub(crate) struct Members {
    /// The members.
    items: Vec<MemberBody>,
    /// The `cursor` of the next page; absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<Uuid>,
}

/// A member of a group.
#[derive(Serialize, ToSchema)]
struct MemberBody {
    /// The ID of the user.
    user_id: Uuid,
    /// When the user was added, in UTC.
    added_at: Timestamp,
}

impl From<Group> for GroupBody {
    fn from(group: Group) -> GroupBody {
        GroupBody {
            group_id: group.id,
            title: group.title,
            members: group.members,
            version: group.version,
        }
    }
}

impl From<Vec<PastVersion<GroupVersion>>> for GroupVersions {
    fn from(past: Vec<PastVersion<GroupVersion>>) -> GroupVersions {
        let counts = past
            .iter()
            .map(|past| (past.value.members_added, past.value.members_removed));
        let counts: Vec<(i64, i64)> = counts.collect();
        let version = |past: PastVersion<GroupVersion>| Version {
            version: past.version,
            at: past.at,
            by: past.actor_id,
            changed: None,
            value: GroupRequest {
                title: past.value.title,
            },
        };
        let versions = Versions::new(past.into_iter().map(version).collect());
        let body = |(version, (members_added, members_removed))| GroupVersionBody {
            version,
            members_added,
            members_removed,
        };
        GroupVersions {
            items: versions.items.into_iter().zip(counts).map(body).collect(),
        }
    }
}

impl Members {
    pub(crate) fn page(mut members: Vec<Member>, size: PageSize) -> Members {
        let body = |member: Member| MemberBody {
            user_id: member.user_id,
            added_at: member.added_at,
        };
        Members {
            next_cursor: size.cut(&mut members, |member| member.user_id),
            items: members.into_iter().map(body).collect(),
        }
    }
}

/// The effect of a file.
#[derive(Serialize, ToSchema)]
pub(crate) struct Imported {
    /// How many users were added.
    pub(crate) added: i64,
    /// How many users were removed.
    pub(crate) removed: i64,
    /// How many users of the file were what it makes them already.
    pub(crate) unchanged: i64,
    /// How many lines name a user.
    #[schema(example = 2)]
    pub(crate) lines: usize,
    /// How many lines have no `user_id` but an `error`, so that they were skipped.
    #[schema(example = 0)]
    pub(crate) skipped: usize,
}
