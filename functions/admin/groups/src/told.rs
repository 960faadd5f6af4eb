//! Groups as staff are told of them, and as they ask for them.

use jiff::Timestamp;
use loyalty_store::{Group, Member};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// What a group is to be called.
#[derive(Deserialize, ToSchema)]
pub(crate) struct GroupRequest {
    /// 1 to 100 characters in one line, which no other group has.
    #[schema(example = "Весенний опрос")]
    pub(crate) title: String,
}

/// A group of users.
#[derive(Serialize, ToSchema)]
pub(crate) struct GroupBody {
    /// Its number.
    group_id: i64,
    /// Its title.
    #[schema(example = "Весенний опрос")]
    title: String,
    /// How many users are in it.
    members: i64,
}

/// Groups, by their numbers.
#[derive(Serialize, ToSchema)]
pub(crate) struct Groups {
    groups: Vec<GroupBody>,
    /// Give it as `cursor` for the next page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<i64>,
}

/// Who goes in and who goes out: at most 1,000 users in all.
#[derive(Deserialize, ToSchema)]
pub(crate) struct MembersRequest {
    /// Users to be put in. Their accounts must exist.
    #[serde(default)]
    pub(crate) add: Vec<Uuid>,
    /// Users to be taken out.
    #[serde(default)]
    pub(crate) remove: Vec<Uuid>,
}

/// What a change of the members came to.
#[derive(Serialize, ToSchema)]
pub(crate) struct MembersChanged {
    /// Users who were not in the group before.
    pub(crate) added: i64,
    /// Users who are in it no longer.
    pub(crate) removed: i64,
}

/// The users in a group, by their ids.
#[derive(Serialize, ToSchema)]
pub(crate) struct Members {
    members: Vec<MemberBody>,
    /// Give it as `cursor` for the next page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<Uuid>,
}

/// A user in a group.
#[derive(Serialize, ToSchema)]
struct MemberBody {
    /// The user.
    user_id: Uuid,
    /// Since when, UTC.
    added_at: Timestamp,
}

impl From<Group> for GroupBody {
    fn from(group: Group) -> GroupBody {
        GroupBody {
            group_id: group.id,
            title: group.title,
            members: group.members,
        }
    }
}

impl Groups {
    /// The first `size` of `groups`, of which there is one more when there is another page.
    pub(crate) fn page(mut groups: Vec<Group>, size: usize) -> Groups {
        let more = groups.len() > size;
        groups.truncate(size);
        Groups {
            next_cursor: groups.last().filter(|_| more).map(|group| group.id),
            groups: groups.into_iter().map(GroupBody::from).collect(),
        }
    }
}

impl Members {
    /// The first `size` of `members`, of whom there is one more when there is another page.
    pub(crate) fn page(mut members: Vec<Member>, size: usize) -> Members {
        let more = members.len() > size;
        members.truncate(size);
        let told = |member: Member| MemberBody {
            user_id: member.user_id,
            added_at: member.added_at,
        };
        Members {
            next_cursor: members.last().filter(|_| more).map(|member| member.user_id),
            members: members.into_iter().map(told).collect(),
        }
    }
}
