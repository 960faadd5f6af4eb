//! What administrators do to other people's accounts.

use pg::AdHoc;
use serde_json::json;
use testkit::{Answer, User, World, join_all};

async fn set_role(admin: &User, user: &User, role: &str) -> Answer {
    let path = format!("/admin/users/{}/role", user.id);
    let body = json!({ "role": role });
    admin.call("PUT", &path).json(&body).send().await
}

async fn post(admin: &User, user: &User, what: &str) -> Answer {
    let path = format!("/admin/users/{}/{what}", user.id);
    admin.call("POST", &path).send().await
}

async fn search(admin: &User, email: &str) -> Answer {
    let call = admin.call("POST", "/admin/users/search");
    call.json(&json!({ "email": email })).send().await
}

async fn refreshed(world: &World, user: &User) -> Answer {
    let call = world.client.call("POST", "/refresh_token");
    let body = json!({ "refresh_token": user.refresh_token });
    call.json(&body).send().await
}

#[tokio::test]
async fn blocked_user_is_locked_out_until_unblocked() {
    let world = World::new().await;
    let admin = world.staff("admin").await;
    let user = world.user().await;
    for _ in 0..2 {
        let answer = post(&admin, &user, "block").await;
        let expected = json!({ "user_id": user.id, "role": "user", "status": "blocked" });
        assert_eq!(answer.success(200), &expected);
    }
    user.promocodes().await.problem(401, "token_revoked");
    let refresh = refreshed(&world, &user).await;
    refresh.problem(403, "account_blocked");
    user.log_in().await.problem(403, "account_blocked");
    world.until_status(user.id, "blocked").await;

    for _ in 0..2 {
        let answer = post(&admin, &user, "unblock").await;
        assert_eq!(answer.success(200)["status"], "active");
    }
    // Unblocking does not restore the old sessions.
    let refresh = refreshed(&world, &user).await;
    refresh.problem(401, "refresh_token_invalid");
    user.log_in().await.success(200);
    world.until_status(user.id, "active").await;
    world.finish().await;
}

#[tokio::test]
async fn new_role_takes_effect_within_the_session() {
    let world = World::new().await;
    let admin = world.staff("admin").await;
    let mut user = world.user().await;
    for (role, allowed) in [("support", true), ("user", false), ("marketer", true)] {
        let answer = set_role(&admin, &user, role).await;
        assert_eq!(answer.success(200)["role"], role);
        user.promocodes().await.problem(401, "token_expired");
        let tokens = refreshed(&world, &user).await;
        tokens.success(200);
        user.access_token = tokens.text("access_token").to_owned();
        user.refresh_token = tokens.text("refresh_token").to_owned();
        let path = format!("/admin/decisions?user_id={}", user.id);
        let answer = user.call("GET", &path).send().await;
        match allowed {
            true => answer.success(200),
            false => answer.problem(403, "staff_only"),
        };
    }
    let answer = set_role(&admin, &user, "king").await;
    answer.invalid_field("role");
    world.finish().await;
}

#[tokio::test]
async fn user_search_is_recorded() {
    let world = World::new().await;
    let admin = world.staff("admin").await;
    let user = world.user().await;
    let email = user.email.to_uppercase();
    let answer = search(&admin, &email).await;
    let found = answer.success(200);
    assert_eq!(answer.uuid("user_id"), user.id);
    assert_eq!(found["email"], user.email);
    let sql = "SELECT action FROM staff_actions WHERE actor_id = $1 AND user_id = $2";
    let params: [pg::Param; 2] = [(&admin.id, pg::Type::UUID), (&user.id, pg::Type::UUID)];
    let rows = world.auth.rows(sql, &params).await.unwrap();
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].get::<_, &str>(0), "look_up");
    user.delete().await.success(204);
    search(&admin, &email).await.problem(404, "user_not_found");
    search(&admin, "x").await.invalid_field("email");
    for what in ["block", "unblock"] {
        let answer = post(&admin, &user, what).await;
        answer.problem(404, "user_not_found");
    }
    world.finish().await;
}

#[tokio::test]
async fn only_administrators_change_others() {
    let world = World::new().await;
    let admin = world.staff("admin").await;
    let user = world.user().await;
    for caller in [
        &user,
        &world.staff("support").await,
        &world.staff("marketer").await,
    ] {
        post(caller, &user, "block")
            .await
            .problem(403, "admin_only");
        set_role(caller, &user, "admin")
            .await
            .problem(403, "admin_only");
        let answer = search(caller, &user.email).await;
        answer.problem(403, "admin_only");
    }
    post(&admin, &admin, "block")
        .await
        .problem(409, "own_account");
    set_role(&admin, &admin, "user")
        .await
        .problem(409, "own_account");
    admin.delete().await.problem(409, "admin_account");
    world.finish().await;
}

#[tokio::test]
async fn concurrent_demotions_leave_one_administrator() {
    let world = World::new().await;
    for _ in 0..5 {
        let three = join_all((0..3).map(|_| world.staff("admin"))).await;
        let calls = (0..3).map(|i| set_role(&three[i], &three[(i + 1) % 3], "user"));
        let answers = join_all(calls).await;
        let statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
        let ids: Vec<uuid::Uuid> = three.iter().map(|admin| admin.id).collect();
        let sql = "SELECT 1 FROM users WHERE id = ANY ($1) AND role = 'admin'";
        let params: [pg::Param; 1] = [(&ids, pg::Type::UUID_ARRAY)];
        let left = world.auth.rows(sql, &params).await.unwrap().len();
        let done = statuses.iter().filter(|status| **status == 200).count();
        assert!(left >= 1, "{statuses:?}");
        assert_eq!(left, 3 - done, "{statuses:?}");
    }
    world.finish().await;
}
