//! A user as the loyalty side knows them.

use serde_json::json;
use testkit::{Answer, User, World, unique};
use uuid::Uuid;

async fn look_up(staff: &User, id: Uuid) -> Answer {
    let path = format!("/admin/loyalty_users/{id}");
    staff.call("GET", &path).send().await
}

#[tokio::test]
async fn support_sees_status_groups_and_other_accounts_of_a_user() {
    let world = World::new().await;
    let (support, user) = (world.staff("support").await, world.user().await);
    let marketer = world.staff("marketer").await;
    let title = unique("Группа ");
    let made = marketer.call("POST", "/admin/groups");
    let made = made.json(&json!({ "title": title })).send().await;
    let group = made.success(201)["group_id"].clone();
    let members = format!("/admin/groups/{group}/members");
    let add = marketer.call("PATCH", &members);
    let add = add.json(&json!({ "add": [user.id] })).send().await;
    add.success(200);

    let found = look_up(&support, user.id).await;
    let body = found.success(200);
    assert_eq!(body["user_id"], user.id.to_string());
    assert_eq!(body["status"], "active");
    assert_eq!(body["other_accounts"], json!([]));
    assert_eq!(
        body["groups"],
        json!([{ "group_id": group, "title": title }])
    );
    assert!(body["since"].is_string());
    // Nothing that tells who it is, and each link leads to a list.
    assert!(!found.body().contains(&user.email), "{found}");
    for path in body["links"].as_object().unwrap().values() {
        let listed = support.call("GET", path.as_str().unwrap()).send().await;
        assert!(listed.success(200)["items"].is_array(), "{path}");
    }

    user.delete().await.success(204);
    world.until_status(user.id, "deleted").await;
    let later = world.register_again(&user.email).await;
    world.until_status(later.id, "active").await;
    let gone = look_up(&support, user.id).await;
    assert_eq!(gone.success(200)["status"], "deleted");
    assert_eq!(gone.json["groups"], json!([]));
    assert_eq!(gone.json["other_accounts"], json!([later.id]));
    assert!(gone.json["version"].as_i64() > body["version"].as_i64());
    let found = look_up(&support, later.id).await;
    assert_eq!(found.success(200)["other_accounts"], json!([user.id]));

    look_up(&support, Uuid::max())
        .await
        .problem(404, "user_not_found");
    look_up(&later, user.id).await.problem(403, "staff_only");
    world.finish().await;
}
