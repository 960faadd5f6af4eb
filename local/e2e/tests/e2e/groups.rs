//! User groups, as staff create and fill them.

use pg::AdHoc;
use serde_json::{Value, json};
use testkit::{Answer, Audience, PromoSpec, User, World, join_all, now};
use uuid::Uuid;

async fn make(staff: &User, title: &str) -> Answer {
    let body = json!({ "title": title });
    staff.call("POST", "/admin/groups").json(&body).send().await
}

async fn send(staff: &User, method: &'static str, path: &str) -> Answer {
    let call = staff.call(method, &format!("/admin/groups{path}"));
    match method {
        "DELETE" => call.header("if-match", "*").send().await,
        _ => call.send().await,
    }
}

async fn rename(staff: &User, id: i64, title: &str) -> Answer {
    let path = format!("/admin/groups/{id}");
    let body = json!({ "title": title });
    let call = staff.call("PUT", &path).header("if-match", "*");
    call.json(&body).send().await
}

async fn regroup(staff: &User, id: i64, add: &[Uuid], remove: &[Uuid]) -> Answer {
    let path = format!("/admin/groups/{id}/members");
    let body = json!({ "add": add, "remove": remove });
    staff.call("PATCH", &path).json(&body).send().await
}

/// A title that no other test uses.
fn title() -> String {
    format!("Group {}", now().as_nanosecond())
}

async fn group(staff: &User) -> i64 {
    number(&make(staff, &title()).await)
}

#[track_caller]
fn number(made: &Answer) -> i64 {
    let id = &made.success(201)["group_id"];
    id.as_i64().unwrap()
}

#[tokio::test]
async fn group_is_created_renamed_and_deleted() {
    let world = World::new().await;
    let marketer = world.staff("marketer").await;
    let (first, second) = (title(), title());
    let made = make(&marketer, &format!(" {first} ")).await;
    let id = number(&made);
    let body_of = |title: &str, version: i32| json!({ "group_id": id, "title": title, "members": 0, "version": version });
    assert_eq!(made.success(201), &body_of(&first, 1));
    assert_eq!(made.header("etag"), Some("\"1\""));

    make(&marketer, &first)
        .await
        .problem(409, "group_title_taken");
    let other = number(&make(&marketer, &second).await);
    rename(&marketer, other, &first)
        .await
        .problem(409, "group_title_taken");
    let third = title();
    for _ in 0..2 {
        let renamed = rename(&marketer, id, &third).await;
        assert_eq!(renamed.success(200), &body_of(&third, 2));
        assert_eq!(renamed.header("etag"), Some("\"2\""));
    }
    for id in [id, other] {
        send(&marketer, "DELETE", &format!("/{id}"))
            .await
            .success(204);
        send(&marketer, "DELETE", &format!("/{id}"))
            .await
            .problem(404, "group_not_found");
        send(&marketer, "GET", &format!("/{id}"))
            .await
            .problem(404, "group_not_found");
        rename(&marketer, id, &title())
            .await
            .problem(404, "group_not_found");
    }
    let sql = "SELECT action FROM staff_changes
        WHERE resource = 'group' AND resource_id = $1::text AND actor_id = $2 ORDER BY id";
    let params: [pg::Param; 2] = [(&other, pg::Type::INT8), (&marketer.id, pg::Type::UUID)];
    let rows = world.loyalty.rows(sql, &params).await.unwrap();
    let actions: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    assert_eq!(actions, ["create", "delete"]);
    world.finish().await;
}

#[tokio::test]
async fn member_uses_group_codes_until_removed() {
    let world = World::new().await;
    let (marketer, support) = (world.staff("marketer").await, world.staff("support").await);
    let (user, tariff) = (world.user().await, world.tariff(29_900).await);
    let id = group(&marketer).await;
    let promo = world
        .promo(PromoSpec {
            audience: Audience::Groups(vec![id]),
            ..PromoSpec::default()
        })
        .await;
    world
        .hides(&user, &promo, &tariff, &["not_in_audience"])
        .await;

    for added in [1, 0] {
        let answer = regroup(&marketer, id, &[user.id], &[]).await;
        assert_eq!(
            answer.success(200),
            &json!({ "added": added, "removed": 0 })
        );
    }
    user.apply(&promo, &tariff).await.success(201);
    user.cancel(&promo).await.success(200);
    let member = now();
    for removed in [1, 0] {
        let answer = regroup(&marketer, id, &[], &[user.id]).await;
        assert_eq!(
            answer.success(200),
            &json!({ "added": 0, "removed": removed })
        );
    }
    world
        .hides(&user, &promo, &tariff, &["not_in_audience"])
        .await;

    // Past eligibility is still explained after the group is deleted.
    send(&marketer, "DELETE", &format!("/{id}"))
        .await
        .problem(409, "group_in_use");
    let sql = "UPDATE promotions SET audience_group_ids = NULL WHERE id = $1";
    world
        .loyalty
        .execute(sql, &[(&promo.promotion, pg::Type::INT8)])
        .await
        .unwrap();
    send(&marketer, "DELETE", &format!("/{id}"))
        .await
        .success(204);
    let path = format!(
        "/admin/eligibility?user_id={}&promocode_id={}&tariff={}&at={member}",
        user.id, promo.id, tariff.id
    );
    let then = support.call("GET", &path).send().await;
    assert_eq!(then.success(200)["passes"], true, "{then}");
    world.finish().await;
}

#[tokio::test]
async fn membership_changes_are_atomic() {
    let world = World::new().await;
    let marketer = world.staff("marketer").await;
    let (user, gone) = (world.user().await, world.user().await);
    gone.delete().await.success(204);
    world.until_status(gone.id, "deleted").await;
    let id = group(&marketer).await;
    let nobody = Uuid::from_u128(7);
    let answer = regroup(&marketer, id, &[user.id, gone.id, nobody], &[]).await;
    let mut unknown = answer.problem(422, "users_unknown")["users"].clone();
    let expected = json!([nobody, gone.id]);
    unknown
        .as_array_mut()
        .unwrap()
        .sort_by_key(Value::to_string);
    assert_eq!(unknown, expected);
    let both = regroup(&marketer, id, &[user.id], &[user.id]).await;
    assert_eq!(
        both.problem(422, "user_in_both_lists")["user_id"],
        json!(user.id)
    );
    let crowd: Vec<Uuid> = (0..1_001).map(Uuid::from_u128).collect();
    let answer = regroup(&marketer, id, &crowd, &[]).await;
    assert_eq!(answer.problem(422, "too_many_users")["limit"], 1_000);
    let answer = regroup(&marketer, id, &[], &crowd[..1_000]).await;
    answer.success(200);
    let answer = send(&marketer, "GET", &format!("/{id}")).await;
    assert_eq!(answer.success(200)["members"], 0);
    regroup(&marketer, i64::MAX, &[user.id], &[])
        .await
        .problem(404, "group_not_found");
    send(&marketer, "DELETE", &format!("/{id}"))
        .await
        .success(204);
    world.finish().await;
}

#[tokio::test]
async fn concurrent_membership_changes_add_up() {
    let world = World::new().await;
    let marketer = world.staff("marketer").await;
    let mut users = join_all((0..6).map(|_| world.user())).await;
    users.sort_by_key(|user| user.id);
    let ids: Vec<Uuid> = users.iter().map(|user| user.id).collect();
    let backwards: Vec<Uuid> = ids.iter().rev().copied().collect();
    let id = group(&marketer).await;
    let (stays, goes) = (&ids[..3], &backwards[..3]);
    let calls = (0..20).map(|n| match n % 4 {
        0 => regroup(&marketer, id, &ids, &[]),
        1 => regroup(&marketer, id, &backwards, &[]),
        2 => regroup(&marketer, id, stays, goes),
        _ => regroup(&marketer, id, &[], goes),
    });
    for answer in join_all(calls).await {
        answer.success(200);
    }
    regroup(&marketer, id, &[], goes).await.success(200);
    let mut listed = vec![];
    let mut query = "?limit=2".to_owned();
    loop {
        let page = send(&marketer, "GET", &format!("/{id}/members{query}")).await;
        let page = page.success(200);
        let members = page["items"].as_array().unwrap();
        listed.extend(members.iter().map(|member| member["user_id"].clone()));
        match page["next_cursor"].as_str() {
            Some(cursor) => query = format!("?limit=2&cursor={cursor}"),
            None => break,
        }
    }
    assert_eq!(json!(listed), json!(stays));
    let of_user = format!("?user_id={}", ids[0]);
    let groups = send(&marketer, "GET", &of_user).await;
    assert_eq!(groups.success(200)["items"][0]["group_id"], id);
    let of_other = send(&marketer, "GET", &format!("?user_id={}", ids[5])).await;
    assert_eq!(of_other.success(200), &json!({ "items": [], "total": 0 }));
    send(&marketer, "DELETE", &format!("/{id}"))
        .await
        .success(204);
    world.finish().await;
}

#[tokio::test]
async fn group_is_changed_only_in_the_version_that_was_read() {
    let world = World::new().await;
    let marketer = world.staff("marketer").await;
    let id = group(&marketer).await;
    let path = format!("/admin/groups/{id}");
    let rename = async |version: &str| {
        let call = marketer.call("PUT", &path).header("if-match", version);
        call.json(&json!({ "title": title() })).send().await
    };
    rename("\"1\"").await.success(200);
    let late = rename("\"1\"").await;
    assert_eq!(late.problem(412, "changed_meanwhile")["version"], 2);
    rename("1").await.problem(400, "if_match_invalid");
    // Members have no versions.
    regroup(&marketer, id, &[world.user().await.id], &[])
        .await
        .success(200);
    let delete = || marketer.call("DELETE", &path);
    for call in [
        delete(),
        marketer.call("PUT", &path).json(&json!({ "title": "x" })),
    ] {
        call.send().await.problem(428, "if_match_missing");
    }
    let late = delete().header("if-match", "\"1\"").send().await;
    assert_eq!(late.problem(412, "changed_meanwhile")["version"], 2);
    let read = marketer.call("GET", &path).send().await;
    let etag = read.header("etag").unwrap();
    delete().header("if-match", etag).send().await.success(204);
    let gone = delete().header("if-match", etag).send().await;
    gone.problem(404, "group_not_found");
    world.finish().await;
}

#[tokio::test]
async fn repeated_group_request_changes_nothing() {
    let world = World::new().await;
    let (marketer, user) = (world.staff("marketer").await, world.user().await);
    let keyed = |method: &str, path: &str, key: &str| {
        let call = marketer.call(method, path).header("if-match", "*");
        call.header("idempotency-key", key)
    };
    let body = json!({ "title": title() });
    let create = async |body: &Value| keyed("POST", "/admin/groups", "a").json(body).send().await;
    let calls = (0..4).map(|_| create(&body));
    let ids: Vec<i64> = join_all(calls).await.iter().map(number).collect();
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    let other = create(&json!({ "title": title() })).await;
    other.problem(422, "idempotency_key_reused");

    let path = format!("/admin/groups/{}", ids[0]);
    let (first, second) = (json!({ "title": title() }), json!({ "title": title() }));
    // The third call is the first one again: it does not undo the second.
    for (key, body, is) in [
        ("b", &first, &first),
        ("c", &second, &second),
        ("b", &first, &second),
    ] {
        let renamed = keyed("PUT", &path, key).json(body).send().await;
        assert_eq!(renamed.success(200)["title"], is["title"]);
    }

    let members = format!("{path}/members");
    let patch = async |body: &Value| keyed("PATCH", &members, "d").json(body).send().await;
    let import = async |mode: &str, key: &str, id: Uuid| {
        let path = format!("{members}/import?mode={mode}");
        keyed("POST", &path, key).csv(id.to_string()).send().await
    };
    let add = json!({ "add": [user.id] });
    assert_eq!(patch(&add).await.success(200)["added"], 1);
    assert_eq!(
        import("remove", "e", user.id).await.success(200)["removed"],
        1
    );
    assert_eq!(import("add", "f", user.id).await.success(200)["added"], 1);
    assert_eq!(
        import("remove", "g", user.id).await.success(200)["removed"],
        1
    );
    // Repeated after the user was removed, each says what it did, and does not add the user again.
    assert_eq!(patch(&add).await.success(200)["added"], 1);
    let again = import("add", "f", user.id).await;
    assert_eq!(again.success(200)["added"], 1);
    assert_eq!(again.json["unchanged"], 0);
    let read = marketer.call("GET", &path).send().await;
    assert_eq!(read.success(200)["members"], 0);
    for other in [
        patch(&json!({ "remove": [user.id] })).await,
        import("add", "f", marketer.id).await,
        import("replace", "f", user.id).await,
    ] {
        other.problem(422, "idempotency_key_reused");
    }

    for _ in 0..2 {
        keyed("DELETE", &path, "h").send().await.success(204);
    }
    create(&body).await.problem(410, "deleted_since");
    let renamed = keyed("PUT", &path, "b").json(&first).send().await;
    renamed.problem(410, "deleted_since");
    // The members are not there any more, but what was done is known.
    assert_eq!(patch(&add).await.success(200)["added"], 1);
    world.finish().await;
}

#[tokio::test]
async fn versions_of_a_group_say_who_renamed_it_and_count_its_members() {
    let world = World::new().await;
    let (marketer, other) = (world.staff("marketer").await, world.staff("marketer").await);
    let users = world.users(3).await;
    let titles = [title(), title()];
    let id = number(&make(&marketer, &titles[0]).await);
    regroup(&marketer, id, &[users[0].id, users[1].id], &[])
        .await
        .success(200);
    rename(&other, id, &titles[1]).await.success(200);
    // Renamed to what it is called already: no version.
    rename(&marketer, id, &titles[1]).await.success(200);
    let path = format!("/admin/groups/{id}/members/import?mode=replace");
    let file = marketer.call("POST", &path).csv(users[2].id.to_string());
    file.send().await.success(200);
    regroup(&marketer, id, &[], &[users[2].id])
        .await
        .success(200);

    let versions = async || send(&marketer, "GET", &format!("/{id}/versions")).await;
    let listed = versions().await;
    let items = listed.success(200)["items"].as_array().unwrap();
    let told = items.iter().zip([
        (2, &other, &titles[1], json!(["title"]), 1, 3),
        (1, &marketer, &titles[0], Value::Null, 2, 0),
    ]);
    assert_eq!(items.len(), 2);
    for (item, (version, by, title, changed, added, removed)) in told {
        assert!(item["at"].is_string());
        assert_eq!(item["version"], version);
        assert_eq!(item["by"], by.id.to_string());
        assert_eq!(item["value"], json!({ "title": title }));
        assert_eq!(item["changed"], changed);
        assert_eq!(item["members_added"], added);
        assert_eq!(item["members_removed"], removed);
    }
    send(&marketer, "DELETE", &format!("/{id}"))
        .await
        .success(204);
    assert_eq!(versions().await.success(200), &listed.json, "they stay");
    let unknown = send(&marketer, "GET", "/9223372036854775807/versions").await;
    unknown.problem(404, "group_not_found");
    world.finish().await;
}

/// The titles on all pages, two on a page, and the total on each.
async fn listed(staff: &User, query: &str, total: usize) -> Vec<String> {
    let (mut titles, mut cursor) = (vec![], String::new());
    loop {
        let page = send(staff, "GET", &format!("?limit=2&{query}{cursor}")).await;
        let page = page.success(200);
        assert_eq!(page["total"], total, "{page}");
        let items = page["items"].as_array().unwrap().iter();
        titles.extend(items.map(|group| group["title"].as_str().unwrap().to_owned()));
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return titles,
        }
    }
}

#[tokio::test]
async fn groups_are_sorted_and_filtered() {
    let world = World::new().await;
    let (marketer, user) = (world.staff("marketer").await, world.user().await);
    let mark = format!("ЁЛКА-{}", now().as_nanosecond());
    let titles = ["яблоко", "Ёж", "Абрикос", "apple", "жук"].map(|title| format!("{title} {mark}"));
    let mut ids = vec![];
    for title in &titles {
        ids.push(number(&make(&marketer, title).await));
    }
    regroup(&marketer, ids[1], &[user.id], &[])
        .await
        .success(200);
    // In whatever case, and percent signs stand for themselves.
    let filter = format!("title={}", mark.to_lowercase());
    let sorted = [3, 2, 1, 4, 0].map(|nth| titles[nth].clone());
    let reversed = |titles: &[String]| Vec::from_iter(titles.iter().rev().cloned());
    for (sort, expected) in [
        ("", titles.to_vec()),
        ("&sort=id", titles.to_vec()),
        ("&sort=-id", reversed(&titles)),
        ("&sort=title", sorted.to_vec()),
        ("&sort=-title", reversed(&sorted)),
    ] {
        let query = format!("{filter}{sort}");
        assert_eq!(listed(&marketer, &query, 5).await, expected, "{sort}");
    }
    let of_user = format!("{filter}&sort=title&user_id={}", user.id);
    assert_eq!(listed(&marketer, &of_user, 1).await, [titles[1].clone()]);
    let nothing = format!("title={mark}%25");
    assert_eq!(listed(&marketer, &nothing, 0).await, [] as [String; 0]);
    // A cursor belongs to its order.
    let page = send(&marketer, "GET", &format!("?{filter}&limit=1&sort=title")).await;
    let cursor = page.success(200)["next_cursor"].as_str().unwrap();
    for query in [
        format!("{filter}&cursor={cursor}"),
        format!("{filter}&sort=-id&cursor={cursor}"),
        format!("{filter}&sort=title&cursor={cursor}!"),
        format!("{filter}&cursor=i"),
        format!("{filter}&cursor=iLTE%00"),
        "sort=members".to_owned(),
        "sort=".to_owned(),
        "sort=--id".to_owned(),
    ] {
        let answer = send(&marketer, "GET", &format!("?{query}")).await;
        answer.problem(400, "query_parameter_invalid");
    }
    for id in ids {
        send(&marketer, "DELETE", &format!("/{id}"))
            .await
            .success(204);
    }
    world.finish().await;
}

#[tokio::test]
async fn group_calls_check_roles_and_input() {
    let world = World::new().await;
    let marketer = world.staff("marketer").await;
    let (user, support) = (world.user().await, world.staff("support").await);
    let id = group(&marketer).await;
    let one = format!("/{id}");
    for path in ["", &one, &format!("/{id}/members")] {
        send(&user, "GET", path).await.problem(403, "staff_only");
        send(&support, "GET", path).await.success(200);
    }
    for caller in [&user, &support] {
        make(caller, "x").await.problem(403, "marketer_only");
        rename(caller, id, "x").await.problem(403, "marketer_only");
        regroup(caller, id, &[], &[])
            .await
            .problem(403, "marketer_only");
        send(caller, "DELETE", &one)
            .await
            .problem(403, "marketer_only");
    }
    for bad in ["", " ", "a\nb", &"я".repeat(101)] {
        make(&marketer, bad).await.invalid_field("title");
        rename(&marketer, id, bad).await.invalid_field("title");
    }
    for path in ["/0", "/-1", "/x", "/9223372036854775808", "/0/members"] {
        send(&marketer, "GET", path)
            .await
            .problem(404, "group_not_found");
    }
    for query in [
        "?limit=0",
        "?limit=501",
        "?cursor=x",
        "?user_id=x",
        "?limit=1&limit=1",
    ] {
        let answer = send(&marketer, "GET", query).await;
        assert_eq!(answer.status, 400, "{answer}");
    }
    let path = format!("/admin/groups/{id}/members");
    for (body, field) in [
        (json!({ "add": ["x"] }), "add[0]"),
        (json!({ "add": "x" }), "add"),
        (json!({ "remove": [1] }), "remove[0]"),
    ] {
        let answer = marketer.call("PATCH", &path).json(&body).send().await;
        answer.invalid_field(field);
    }
    send(&marketer, "DELETE", &one).await.success(204);
    world.finish().await;
}

#[tokio::test]
async fn marketer_gets_from_an_address_to_group_audience_and_eligibility() {
    let world = World::new().await;
    let (marketer, support) = (world.staff("marketer").await, world.staff("support").await);
    let (user, tariff) = (world.user().await, world.tariff(29_900).await);
    let resolve = async |staff: &User, email: &str| {
        let call = staff.call("POST", "/admin/users/resolve");
        call.json(&json!({ "emails": [email] })).send().await
    };
    let found = resolve(&marketer, &user.email).await;
    let user_id = &found.success(200)["users"][0]["user_id"];
    let user_id: Uuid = user_id.as_str().unwrap().parse().unwrap();

    let group_id = group(&marketer).await;
    let added = regroup(&marketer, group_id, &[user_id], &[]).await;
    assert_eq!(added.success(200)["added"], 1);
    let for_group = PromoSpec {
        audience: Audience::Groups(vec![group_id]),
        ..PromoSpec::default()
    };
    let for_user = PromoSpec {
        audience: Audience::User(user_id),
        ..PromoSpec::default()
    };
    for spec in [for_group, for_user] {
        let promo = world.promo(spec).await;
        let found = resolve(&support, &user.email.to_uppercase()).await;
        let user_id = found.success(200)["users"][0]["user_id"].as_str().unwrap();
        let why = format!(
            "/admin/eligibility?user_id={user_id}&promocode_id={}&tariff={}",
            promo.id, tariff.id
        );
        let answer = support.call("GET", &why).send().await;
        let outcomes = answer.success(200)["outcomes"].as_array().unwrap();
        assert!(
            outcomes.iter().all(|outcome| outcome["passed"] == true),
            "{answer}"
        );
        user.apply(&promo, &tariff).await.success(201);
        user.cancel(&promo).await.success(200);
    }
    world.finish().await;
}
