//! What a group was called before.

use axum::Json;
use axum::extract::{self, Path};
use service_http::{Code, Problem, ProblemBody, Staff};

use crate::dto::GroupVersions;
use crate::{State, number};

/// List the versions of a group
///
/// The newest first, each with who made it, when, and how many members staff added and removed while it had that title; who
/// they are is not kept with the versions. Also of a deleted group.
#[utoipa::path(
    get,
    path = "/admin/groups/{group_id}/versions",
    tag = "admin",
    security(("access_token" = [])),
    params(("group_id" = i64, Path, description = "The ID of the group", example = 90001)),
    responses(
        (status = 200, description = "The versions", body = GroupVersions),
        (status = 401, description = "No valid access token", body = ProblemBody),
        (status = 403, description = "`staff_only`", body = ProblemBody),
        (status = 404, description = "`group_not_found`", body = ProblemBody),
    )
)]
pub(crate) async fn list_group_versions(
    extract::State(state): extract::State<State>,
    _: Staff,
    Path(group_id): Path<String>,
) -> Result<Json<GroupVersions>, Problem> {
    let versions = state.store.group_versions(number(&group_id)?).await?;
    if versions.is_empty() {
        return Err(Problem::new(Code::GroupNotFound));
    }
    Ok(Json(GroupVersions::from(versions)))
}
