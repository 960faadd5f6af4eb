//! Promo codes, as staff create and change them.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use pg::AdHoc;
use serde_json::{Value, json};
use testkit::{Answer, Promo, User, World, join_all, now};

/// A code that no other test uses.
fn text() -> String {
    format!("ST{}", now().as_nanosecond())
}

fn fields(code: &str) -> Value {
    json!({
        "promocode": code, "title": "Скидка 30 %", "status": "active",
        "effect": { "kind": "percent_off", "basis_points": 3000 },
        "starts_at": "2026-03-01T00:00", "per_user_limit": 1,
    })
}

/// `fields` with `changes` applied; `null` removes a field.
fn with(mut fields: Value, changes: Value) -> Value {
    for (name, value) in changes.as_object().unwrap() {
        match value {
            Value::Null => fields.as_object_mut().unwrap().remove(name),
            value => fields
                .as_object_mut()
                .unwrap()
                .insert(name.clone(), value.clone()),
        };
    }
    fields
}

/// A promotion with one code: `promocode` and `user_id` are the code's.
async fn create(staff: &User, fields: &Value) -> Answer {
    let mut body = fields.clone();
    let members = body.as_object_mut().unwrap();
    let mut code = json!({});
    for name in ["promocode", "user_id"] {
        if let Some(value) = members.remove(name) {
            code[name] = value;
        }
    }
    body["promocodes"] = json!([code]);
    let call = staff.call("POST", "/admin/promotions");
    call.json(&body).send().await
}

/// The same, approved by a colleague if it needs that: the code, and the promotion with its codes.
async fn create_approved(world: &World, staff: &User, fields: &Value) -> (Promo, Value) {
    let answer = create(staff, fields).await;
    if answer.status != 202 {
        return (made(&answer), answer.success(201).clone());
    }
    let approved = world.approve(&answer).await;
    let id = approved.json["promotion_id"].as_i64().unwrap();
    let read = staff.call("GET", &format!("/admin/promotions/{id}"));
    let mut body = read.send().await.success(200).clone();
    let codes = get(staff, &format!("?promotion_id={id}")).await;
    body["promocodes"] = codes.success(200)["items"].clone();
    (promo(&body), body)
}

/// Replaces the promotion, by the version that `fields` names.
async fn replace(staff: &User, promo: &Promo, fields: &Value) -> Answer {
    let mut body = fields.clone();
    let members = body.as_object_mut().unwrap();
    members.remove("promocode");
    members.remove("user_id");
    let tag = members
        .remove("version")
        .map(|version| format!("\"{version}\""));
    let path = format!("/admin/promotions/{}", promo.promotion);
    let call = staff.call("PUT", &path).json(&body);
    match tag {
        Some(tag) => call.header("if-match", &tag).send().await,
        None => call.send().await,
    }
}

/// Changes the code.
async fn change_code(staff: &User, promo: &Promo, changes: Value) -> Answer {
    let path = format!("/admin/promocodes/{}", promo.id);
    let call = staff.call("PATCH", &path).json(&changes);
    call.header("if-match", "*").send().await
}

async fn delete(staff: &User, promo: &Promo) -> Answer {
    let path = format!("/admin/promotions/{}", promo.promotion);
    staff
        .call("DELETE", &path)
        .header("if-match", "*")
        .send()
        .await
}

async fn promotion(staff: &User, promo: &Promo) -> Answer {
    let path = format!("/admin/promotions/{}", promo.promotion);
    staff.call("GET", &path).send().await
}

async fn get(staff: &User, path: &str) -> Answer {
    let path = format!("/admin/promocodes{path}");
    staff.call("GET", &path).send().await
}

#[track_caller]
fn made(answer: &Answer) -> Promo {
    promo(answer.success(201))
}

/// The first code of a promotion.
fn promo(body: &Value) -> Promo {
    let code = &body["promocodes"][0];
    Promo {
        id: code["promocode_id"].as_i64().unwrap(),
        promotion: body["promotion_id"].as_i64().unwrap(),
        code: code["promocode"].as_str().unwrap().to_owned(),
    }
}

/// The names of the invalid fields.
#[track_caller]
fn wrong(answer: &Answer) -> Vec<&str> {
    let errors = answer.problem(422, "validation_failed")["errors"].as_array();
    let names = errors.unwrap().iter();
    names
        .map(|error| error["field"].as_str().unwrap())
        .collect()
}

async fn gone(world: &World, promo: &Promo) {
    let sql = "UPDATE promotions SET status = 'archived' WHERE id = $1";
    let params: [pg::Param; 1] = [(&promo.promotion, pg::Type::INT8)];
    world.loyalty.execute(sql, &params).await.unwrap();
}

#[tokio::test]
async fn promo_code_works_as_entered() {
    let world = World::new().await;
    let marketer = world.staff("marketer").await;
    let (user, tariff) = (world.user().await, world.tariff(29_900).await);
    let other = world.tariff(29_900).await;
    let typed = text().to_lowercase().replace("st", "st-");
    let entered = with(
        fields(&typed),
        json!({ "tariffs": [tariff.id], "total_limit": 2, "budget": "500.00", "title": " Весна " }),
    );
    let answer = create(&marketer, &entered).await;
    let promo = made(&answer);
    let created_at = answer.success(201)["created_at"].clone();
    let code = json!({
        "promocode_id": promo.id, "promocode": typed, "promocode_masked": false, "state": "issued", "version": 1, "created_at": created_at,
        "promotion": { "promotion_id": promo.promotion, "title": "Весна", "status": "active", "listed": false },
    });
    let expected = json!({
        "promotion_id": promo.promotion, "promocodes": [code], "created_at": created_at, "title": "Весна",
        "status": "active", "listed": false, "effect": { "kind": "percent_off", "basis_points": 3000 },
        "currency": "RUB", "time_zone": "Europe/Moscow", "starts_at": "2026-03-01T00:00:00+03:00", "total_limit": 2,
        "per_user_limit": 1, "per_user_period": "lifetime", "budget": "500.00",
        "tariffs": [tariff.id], "audience": { "kind": "all" }, "hold_minutes": 30, "refund_returns_use": true,
        "version": 1, "usage": { "taken": 0, "discounts": "0.00" },
    });
    assert_eq!(answer.success(201), &expected);

    world
        .refuses(&user, &promo, &other, &["tariff_not_in_scope"])
        .await;
    let hold = user.apply(&promo, &tariff).await;
    assert_eq!(hold.success(201)["total"]["amount"], "209.30");
    let answer = promotion(&marketer, &promo).await;
    assert_eq!(
        answer.success(200)["usage"],
        json!({ "taken": 1, "discounts": "89.70" })
    );
    user.cancel(&promo).await.success(200);
    gone(&world, &promo).await;
    world.finish().await;
}

#[tokio::test]
async fn period_is_entered_in_local_time() {
    let world = World::new().await;
    let marketer = world.staff("marketer").await;
    let (user, tariff) = (world.user().await, world.tariff(29_900).await);
    for zone in ["Europe/Moscow", "America/New_York", "Asia/Kolkata"] {
        let clock = |minutes: i64| -> DateTime {
            let at = now() + SignedDuration::from_mins(minutes);
            at.to_zoned(TimeZone::get(zone).unwrap()).datetime()
        };
        for (from, to, refusal) in [
            (-90, -30, Some("promo_ended")),
            (30, 90, Some("promo_not_started")),
            (-30, 30, None),
        ] {
            let (starts_at, ends_at) = (clock(from).to_string(), clock(to).to_string());
            let changes = json!({ "time_zone": zone, "starts_at": starts_at, "ends_at": ends_at });
            let promo = made(&create(&marketer, &with(fields(&text()), changes)).await);
            match refusal {
                Some(reason) => drop(world.refuses(&user, &promo, &tariff, &[reason]).await),
                None => {
                    user.apply(&promo, &tariff).await.success(201);
                    user.cancel(&promo).await.success(200);
                }
            }
            gone(&world, &promo).await;
        }
    }
    world.finish().await;
}

#[tokio::test]
async fn period_follows_clock_changes() {
    let world = World::new().await;
    let marketer = world.staff("marketer").await;
    let berlin = |starts_at: &str, ends_at: &str| {
        let changes =
            json!({ "time_zone": "Europe/Berlin", "starts_at": starts_at, "ends_at": ends_at });
        with(fields(&text()), changes)
    };
    // The last Sunday of October has 25 hours there.
    let answer = create(&marketer, &berlin("2026-10-25T00:00", "2026-10-26T00:00")).await;
    let body = answer.success(201);
    assert_eq!(body["starts_at"], "2026-10-25T00:00:00+02:00");
    assert_eq!(body["ends_at"], "2026-10-26T00:00:00+01:00");
    let instant = |name: &str| body[name].as_str().unwrap().parse::<Timestamp>().unwrap();
    let hours = instant("ends_at")
        .duration_since(instant("starts_at"))
        .as_hours();
    assert_eq!(hours, 25);
    gone(&world, &made(&answer)).await;
    // For a local time that occurs twice, a period starts at the first and ends at the second; one that never occurs is
    // refused.
    let answer = create(&marketer, &berlin("2026-10-25T02:30", "2026-10-25T02:30")).await;
    assert_eq!(
        answer.success(201)["starts_at"],
        "2026-10-25T02:30:00+02:00"
    );
    assert_eq!(answer.success(201)["ends_at"], "2026-10-25T02:30:00+01:00");
    gone(&world, &made(&answer)).await;
    let answer = create(&marketer, &berlin("2026-03-29T02:30", "2026-03-29T03:00")).await;
    assert_eq!(wrong(&answer), ["starts_at"]);
    world.finish().await;
}

#[tokio::test]
async fn change_requires_the_current_version() {
    let world = World::new().await;
    let marketer = world.staff("marketer").await;
    let (user, tariff) = (world.user().await, world.tariff(29_900).await);
    let first = fields(&text());
    let promo = made(&create(&marketer, &first).await);
    user.apply(&promo, &tariff).await.success(201);
    let effect = json!({ "kind": "fixed_price", "price": "1.00" });
    let second = with(
        first.clone(),
        json!({ "effect": effect, "status": "paused", "version": 1 }),
    );

    replace(&marketer, &promo, &first)
        .await
        .problem(428, "if_match_missing");
    // Of many concurrent changes to one version, one succeeds.
    let answers = join_all((0..8).map(|_| replace(&marketer, &promo, &second))).await;
    let (made_it, late): (Vec<_>, Vec<_>) = answers.iter().partition(|a| a.status == 200);
    assert_eq!(made_it.len(), 1);
    for answer in late {
        assert_eq!(answer.problem(412, "changed_meanwhile")["version"], 2);
    }
    let body = made_it[0].success(200);
    assert_eq!((&body["version"], &body["effect"]), (&json!(2), &effect));
    // An existing application keeps its price; new ones are decided by the new version.
    let other = world.user().await;
    world
        .refuses(&other, &promo, &tariff, &["promo_not_active"])
        .await;
    let sql = "SELECT total_minor FROM applications WHERE code_id = $1 AND state = 'applied'";
    let params: [pg::Param; 1] = [(&promo.id, pg::Type::INT8)];
    let held = world.loyalty.row(sql, &params).await.unwrap().unwrap();
    assert_eq!(held.get::<_, i64>(0), 20_930);
    user.cancel(&promo).await.success(200);

    let renamed = change_code(&marketer, &promo, json!({ "promocode": text() })).await;
    assert_eq!(wrong(&renamed), ["promocode"]);
    let archived = with(second, json!({ "status": "archived", "version": 2 }));
    replace(&marketer, &promo, &archived).await.success(200);
    let revived = with(archived, json!({ "status": "active", "version": 3 }));
    replace(&marketer, &promo, &revived)
        .await
        .problem(409, "promotion_archived");
    world.finish().await;
}

#[tokio::test]
async fn invalid_promo_fields_are_named() {
    let world = World::new().await;
    let marketer = world.staff("marketer").await;
    let good = fields(&text());
    for (changes, names) in [
        (
            json!({ "promocode": "AB" }),
            &["promocodes[0].promocode"] as &[&str],
        ),
        (json!({ "title": "" }), &["title"]),
        (
            json!({ "effect": { "kind": "percent_off", "basis_points": 0 } }),
            &["effect.basis_points"],
        ),
        (
            json!({ "effect": { "kind": "percent_off", "basis_points": 10_001, "cap": "0.00" } }),
            &["effect.basis_points", "effect.cap"],
        ),
        (
            json!({ "effect": { "kind": "percent_off", "basis_points": 1, "cap": "0.00" } }),
            &["effect.cap"],
        ),
        (
            json!({ "effect": { "kind": "free", "days": 0 } }),
            &["effect.days"],
        ),
        (
            json!({ "effect": { "kind": "free", "days": 3661 } }),
            &["effect.days"],
        ),
        (
            json!({ "effect": { "kind": "amount_off", "amount": "1" } }),
            &["effect.amount"],
        ),
        (
            json!({ "effect": { "kind": "amount_off", "amount": "-1.00" } }),
            &["effect.amount"],
        ),
        (
            json!({ "effect": { "kind": "fixed_price", "price": "99999999999999999999.00" } }),
            &["effect.price"],
        ),
        (json!({ "currency": "rub" }), &["currency"]),
        (json!({ "currency": "" }), &["currency"]),
        (json!({ "time_zone": "Mars/Olympus" }), &["time_zone"]),
        (json!({ "starts_at": "2026-03-01" }), &["starts_at"]),
        (json!({ "starts_at": "0001-01-01T00:00" }), &["starts_at"]),
        (json!({ "ends_at": "2026-03-01T00:00" }), &["ends_at"]),
        (json!({ "weekdays": [] }), &["weekdays"]),
        (json!({ "weekdays": ["mon", "mon"] }), &["weekdays"]),
        (
            json!({ "hours": { "from": "09:00", "to": "09:00" } }),
            &["hours"],
        ),
        (
            json!({ "hours": { "from": "09:00", "to": "24:00" } }),
            &["hours"],
        ),
        (
            json!({ "total_limit": 0, "per_user_limit": -1 }),
            &["total_limit", "per_user_limit"],
        ),
        (
            json!({ "budget": "0.00", "min_price": "x" }),
            &["budget", "min_price"],
        ),
        (json!({ "tariffs": [] }), &["tariffs"]),
        (
            json!({ "audience": { "kind": "groups", "group_ids": [] } }),
            &["audience"],
        ),
        // References to what does not exist.
        (
            json!({ "tariffs": [i64::MAX], "campaign_id": i64::MAX }),
            &["tariffs", "campaign_id"],
        ),
        (
            json!({ "audience": { "kind": "groups", "group_ids": [i64::MAX] } }),
            &["audience"],
        ),
        (
            json!({ "user_id": uuid::Uuid::nil() }),
            &["promocodes[0].user_id"],
        ),
        // The database keeps microseconds.
        (
            json!({ "starts_at": "2026-03-01T00:00:00.0000001", "ends_at": "2026-03-01T00:00:00.0000009" }),
            &["ends_at"],
        ),
        // With what else is wrong.
        (
            json!({ "title": "", "tariffs": [i64::MAX], "campaign_id": i64::MAX, "total_limit": 0 }),
            &["title", "total_limit", "tariffs", "campaign_id"],
        ),
        // Values that can't be deserialized.
        (json!({ "status": "on" }), &["status"]),
        (json!({ "total_limt": 5 }), &["total_limt"]),
        (json!({ "effect": { "kind": "gift" } }), &["effect.kind"]),
        (json!({ "weekdays": ["monday"] }), &["weekdays[0]"]),
        (
            json!({ "weekdays": ["monday", "tue", 3, "wed"], "tariffs": ["a", "b"] }),
            &["tariffs[0]", "tariffs[1]", "weekdays[0]", "weekdays[2]"],
        ),
        (json!({ "total_limit": 1.5 }), &["total_limit"]),
        (json!({ "starts_at": null }), &["starts_at"]),
        // A zone that would not be that of the promo code, and an offset that an hour does not have.
        (
            json!({ "starts_at": "2026-03-01T00:00[America/New_York]" }),
            &["starts_at"],
        ),
        (
            json!({ "ends_at": "2026-03-02T00:00+03:00[Europe/Moscow]" }),
            &["ends_at"],
        ),
        (
            json!({ "hours": { "from": "09:00-05:00", "to": "18:00" } }),
            &["hours"],
        ),
        // Everything at once.
        (
            json!({
                "status": "on", "total_limt": 5, "effect": { "kind": "free", "days": "7" }, "title": null,
                "time_zone": "Mars/Olympus", "budget": "0.00",
            }),
            &[
                "effect.days",
                "status",
                "total_limt",
                "title",
                "budget",
                "time_zone",
            ],
        ),
        // The amounts may be right in the currency that was meant.
        (
            json!({ "currency": "JPYY", "effect": { "kind": "fixed_price", "price": "500" }, "budget": "1" }),
            &["currency"],
        ),
        (
            json!({ "audience": { "kind": "all", "group_ids": [1] } }),
            &["audience.group_ids"],
        ),
        (json!({ "effect": ["free", 1] }), &["effect"]),
        (json!({ "audience": ["all"] }), &["audience"]),
        (json!({ "hours": ["09:00", "10:00"] }), &["hours"]),
        (json!({ "status": { "active": null } }), &["status"]),
        (json!({ "weekdays": [{ "mon": null }] }), &["weekdays[0]"]),
        (
            json!({ "hours": { "from": "9:00", "to": "10:00" } }),
            &["hours"],
        ),
        (
            json!({ "starts_at": 1, "ends_at": "2020-01-01T00:00", "tariffs": [] }),
            &["starts_at", "tariffs"],
        ),
    ] {
        let answer = create(&marketer, &with(good.clone(), changes.clone())).await;
        assert_eq!(wrong(&answer), names, "{changes}");
    }
    let made = made(&create(&marketer, &good).await);
    create(&marketer, &good)
        .await
        .problem(409, "promocode_taken");
    let spelt = with(
        good.clone(),
        json!({ "promocode": format!("{}-{}", &made.code[..3], &made.code[3..]) }),
    );
    create(&marketer, &spelt)
        .await
        .problem(409, "promocode_taken");
    gone(&world, &made).await;
    world.finish().await;
}

#[tokio::test]
async fn group_of_a_new_code_cannot_be_deleted_concurrently() {
    let world = World::new().await;
    let marketer = world.staff("marketer").await;
    for _ in 0..10 {
        let group = world.group(&[]).await;
        let audience = json!({ "kind": "groups", "group_ids": [group] });
        let entered = with(fields(&text()), json!({ "audience": audience }));
        let path = format!("/admin/groups/{group}");
        let (made_it, deleted) = tokio::join!(
            create(&marketer, &entered),
            marketer
                .call("DELETE", &path)
                .header("if-match", "*")
                .send()
        );
        match deleted.status {
            204 => assert_eq!(wrong(&made_it), ["audience"]),
            _ => {
                deleted.problem(409, "group_in_use");
                gone(&world, &made(&made_it)).await;
            }
        }
    }
    world.finish().await;
}

#[tokio::test]
async fn promo_codes_are_paged_for_staff_only() {
    let world = World::new().await;
    let marketer = world.staff("marketer").await;
    let (user, support) = (world.user().await, world.staff("support").await);
    let campaign = world.campaign(None, None).await;
    let mut ids = vec![];
    for _ in 0..3 {
        let entered = with(fields(&text()), json!({ "campaign_id": campaign }));
        ids.insert(0, made(&create(&marketer, &entered).await));
    }
    let mut listed = vec![];
    let mut cursor = String::new();
    loop {
        let page = get(
            &support,
            &format!("?limit=2&campaign_id={campaign}{cursor}"),
        )
        .await;
        let page = page.success(200);
        let codes = page["items"].as_array().unwrap().iter();
        listed.extend(codes.map(|code| code["promocode_id"].as_i64().unwrap()));
        match page["next_cursor"].as_i64() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    let expected: Vec<i64> = ids.iter().map(|promo| promo.id).collect();
    assert_eq!(listed, expected);
    let one = get(
        &marketer,
        &format!("?begins_with={}&status=active", ids[0].code),
    )
    .await;
    assert_eq!(one.success(200)["items"].as_array().unwrap().len(), 1);
    let none = get(
        &marketer,
        &format!("?begins_with={}&status=draft", ids[0].code),
    )
    .await;
    assert_eq!(none.success(200), &json!({ "items": [] }));

    get(&user, "").await.problem(403, "staff_only");
    for caller in [&user, &support] {
        let entered = fields(&text());
        create(caller, &entered).await.problem(403, "marketer_only");
        replace(caller, &ids[0], &entered)
            .await
            .problem(403, "marketer_only");
    }
    for query in [
        "?status=on",
        "?limit=101",
        "?cursor=0",
        "?begins_with=%20",
        "?campaign_id=x",
    ] {
        let answer = get(&support, query).await;
        answer.problem(400, "query_parameter_invalid");
    }
    for path in ["/0", "/x", "/06", "/+6", "/9223372036854775808"] {
        get(&support, path)
            .await
            .problem(404, "promocode_not_found");
    }
    let nobody = Promo {
        id: i64::MAX,
        promotion: i64::MAX,
        code: text(),
    };
    let entered = with(fields(&text()), json!({ "version": 1 }));
    replace(&marketer, &nobody, &entered)
        .await
        .problem(404, "promotion_not_found");
    change_code(&marketer, &nobody, json!({}))
        .await
        .problem(404, "promocode_not_found");
    for promo in &ids {
        gone(&world, promo).await;
    }
    world.finish().await;
}

#[tokio::test]
async fn effects_and_audiences_round_trip() {
    let world = World::new().await;
    let marketer = world.staff("marketer").await;
    let user = world.user().await;
    let group = world.group(&[&user]).await;
    let tariff = world.tariff(100_000).await;
    let moscow = now()
        .to_zoned(TimeZone::get("Europe/Moscow").unwrap())
        .hour();
    let hour = |after: i8| format!("{:02}:00", (moscow + after) % 24);
    let hours = json!({ "from": hour(22), "to": hour(2) });
    for (changes, total) in [
        (
            json!({ "effect": { "kind": "fixed_price", "price": "1.00" } }),
            "1.00",
        ),
        (
            json!({ "effect": { "kind": "amount_off", "amount": "100.50" } }),
            "899.50",
        ),
        (json!({ "effect": { "kind": "free", "days": 14 } }), "0.00"),
        (
            json!({ "effect": { "kind": "percent_off", "basis_points": 5000, "cap": "200.00" } }),
            "800.00",
        ),
        (json!({ "user_id": user.id }), "700.00"),
        (
            json!({ "audience": { "kind": "groups", "group_ids": [group] } }),
            "700.00",
        ),
        (
            json!({ "weekdays": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] }),
            "700.00",
        ),
        (
            json!({ "hours": hours, "per_user_period": "week" }),
            "700.00",
        ),
        (json!({ "currency": "USD", "hold_minutes": 5 }), "700.00"),
        (
            json!({ "min_price": "999.99", "first_purchase": "paid", "listed": true }),
            "700.00",
        ),
    ] {
        let wanted = with(fields(&text()), changes.clone());
        let (promo, body) = create_approved(&world, &marketer, &wanted).await;
        for (name, value) in changes.as_object().unwrap() {
            match name.as_str() {
                "user_id" => assert_eq!(&body["promocodes"][0][name], value),
                _ => assert_eq!(&body[name], value),
            }
        }
        let hold = user.apply(&promo, &tariff).await;
        assert_eq!(hold.success(201)["total"]["amount"], total, "{changes}");
        user.cancel(&promo).await.success(200);
        // What was read can be written back: nothing differs.
        let read = promotion(&marketer, &promo).await.success(200).clone();
        let same = with(
            read.clone(),
            json!({ "promotion_id": null, "usage": null, "created_at": null }),
        );
        let again = replace(&marketer, &promo, &same).await;
        assert_eq!(again.success(200), &read);
        gone(&world, &promo).await;
    }
    world.finish().await;
}

#[tokio::test]
async fn code_is_shown_as_it_was_typed() {
    let world = World::new().await;
    let marketer = world.staff("marketer").await;
    let (user, tariff) = (world.user().await, world.tariff(29_900).await);
    let number = now().as_nanosecond();
    let entered = with(
        fields(&format!("  Лето\u{200b}  {number} ")),
        json!({ "listed": true, "tariffs": [tariff.id] }),
    );
    let answer = create(&marketer, &entered).await;
    let promo = made(&answer);
    let shown = format!("Лето {number}");
    assert_eq!(promo.code, shown);

    let listed = user
        .call("GET", "/get_active_promocodes?limit=100")
        .send()
        .await;
    let codes = listed.success(200)["promocodes"].as_array().unwrap();
    let listed = codes.iter().find(|code| code["promocode_id"] == promo.id);
    assert_eq!(listed.unwrap()["promocode"], shown.as_str());
    // Any spelling of it is the same code.
    let path = format!(
        "/apply_promocode?promocode=ЛЕТО-{number}&tariff={}",
        tariff.id
    );
    let applied = user.call("POST", &path).send().await;
    assert_eq!(applied.success(201)["promocode"], shown.as_str());
    let path = format!(
        "/admin/decisions/{}",
        applied.success(201)["decision_id"].as_str().unwrap()
    );
    let decision = marketer.call("GET", &path).send().await;
    assert_eq!(decision.success(200)["promocode"], shown.as_str());
    user.cancel(&promo).await.success(200);

    // The spelling can change at any time, the text can't.
    let spelt = format!("ЛЕТО {number}");
    let answer = change_code(&marketer, &promo, json!({ "promocode": spelt })).await;
    assert_eq!(answer.success(200)["promocode"], spelt);
    gone(&world, &promo).await;
    world.finish().await;
}

#[tokio::test]
async fn draft_can_be_renamed_and_deleted() {
    let world = World::new().await;
    let marketer = world.staff("marketer").await;
    let (user, tariff) = (world.user().await, world.tariff(29_900).await);
    let (first, second) = (text(), format!("{}X", text()));
    let draft = with(fields(&first), json!({ "status": "draft" }));
    let promo = made(&create(&marketer, &draft).await);
    let taken = made(&create(&marketer, &fields(&second)).await);

    // A decision about it stays explained.
    let hidden = user.apply(&promo, &tariff).await;
    hidden.problem(404, "promocode_not_found");
    change_code(&marketer, &promo, json!({ "promocode": second }))
        .await
        .problem(409, "promocode_taken");
    let third = format!("{first}Y");
    let answer = change_code(&marketer, &promo, json!({ "promocode": third })).await;
    assert_eq!(answer.success(200)["promocode"], third.as_str());
    // The first text is free.
    let other = made(&create(&marketer, &fields(&first)).await);

    delete(&marketer, &other)
        .await
        .problem(409, "promotion_not_draft");
    assert_eq!(delete(&marketer, &promo).await.status, 204);
    delete(&marketer, &promo)
        .await
        .problem(404, "promotion_not_found");
    let decisions = format!("/admin/decisions?user_id={}", user.id);
    let decisions = marketer.call("GET", &decisions).send().await;
    let decision = &decisions.success(200)["items"][0];
    assert_eq!(decision["promocode_id"], promo.id);
    assert_eq!(decision["promocode"], first.as_str());
    for filter in [
        format!("promocode_id={}", promo.id),
        format!("promocode={third}"),
        format!("promocode={first}"),
    ] {
        let path = format!("/admin/decisions?user_id={}&{filter}", user.id);
        let filtered = marketer.call("GET", &path).send().await;
        let found = filtered.success(200)["items"].as_array().unwrap();
        assert!(
            found.iter().any(|found| found["id"] == decision["id"]),
            "{filter}: {filtered}"
        );
    }
    // Nobody else may.
    let support = world.staff("support").await;
    delete(&support, &other).await.problem(403, "marketer_only");
    for promo in [&other, &taken] {
        gone(&world, promo).await;
    }
    world.finish().await;
}

#[tokio::test]
async fn text_of_an_archived_code_can_be_given_again() {
    let world = World::new().await;
    let marketer = world.staff("marketer").await;
    let (user, tariff) = (world.user().await, world.tariff(29_900).await);
    let code = text();
    let old = made(&create(&marketer, &fields(&code)).await);
    user.apply(&old, &tariff).await.success(201);
    user.cancel(&old).await.success(200);
    let archived = with(fields(&code), json!({ "status": "archived", "version": 1 }));
    replace(&marketer, &old, &archived).await.success(200);

    // Of many at once, one gets it.
    let half = with(
        fields(&code),
        json!({ "effect": { "kind": "percent_off", "basis_points": 5000 } }),
    );
    let answers = join_all((0..8).map(|_| create(&marketer, &half))).await;
    let (made_it, late): (Vec<_>, Vec<_>) = answers.iter().partition(|a| a.status == 201);
    assert_eq!(made_it.len(), 1);
    for answer in late {
        answer.problem(409, "promocode_taken");
    }
    let new = made(made_it[0]);
    let path = format!("/apply_promocode?promocode={code}&tariff={}", tariff.id);
    let applied = user.call("POST", &path).send().await;
    assert_eq!(applied.success(201)["promocode_id"], new.id);
    assert_eq!(applied.success(201)["total"]["amount"], "149.50");
    user.cancel(&new).await.success(200);
    // What was decided about the old one is still there under its text.
    let path = format!("/admin/decisions?user_id={}&promocode={code}", user.id);
    let decisions = marketer.call("GET", &path).send().await;
    let of = |decision: &Value| decision["promocode_id"].as_i64().unwrap();
    let decisions = decisions.success(200)["items"].as_array().unwrap();
    assert_eq!(
        decisions.iter().map(of).collect::<Vec<_>>(),
        [new.id, old.id]
    );
    gone(&world, &new).await;
    world.finish().await;
}

#[tokio::test]
async fn what_is_gone_holds_no_change_back() {
    let world = World::new().await;
    let marketer = world.staff("marketer").await;
    let user = world.user().await;
    let group = world.group(&[]).await;
    let for_group = with(
        fields(&text()),
        json!({ "audience": { "kind": "groups", "group_ids": [group] } }),
    );
    let for_user = with(
        fields(&format!("{}U", text())),
        json!({ "user_id": user.id }),
    );
    let grouped = made(&create(&marketer, &for_group).await);
    let personal = made(&create(&marketer, &for_user).await);
    user.delete().await.success(204);
    world.until_status(user.id, "deleted").await;

    // A code for a user who is gone can still be paused, but not be given to another who is.
    let paused = with(
        for_user.clone(),
        json!({ "status": "paused", "version": 1 }),
    );
    replace(&marketer, &personal, &paused).await.success(200);
    let kept = json!({ "max_uses": null, "state": "disabled" });
    change_code(&marketer, &personal, kept).await.success(200);
    let other = json!({ "user_id": uuid::Uuid::nil(), "max_uses": 0 });
    assert_eq!(
        wrong(&change_code(&marketer, &personal, other).await),
        ["max_uses", "user_id"]
    );

    // A group that only an archived code names can be deleted.
    let path = format!("/admin/groups/{group}");
    let delete_group = async || {
        let call = marketer.call("DELETE", &path).header("if-match", "*");
        call.send().await
    };
    delete_group().await.problem(409, "group_in_use");
    let archived = with(for_group, json!({ "status": "archived", "version": 1 }));
    replace(&marketer, &grouped, &archived).await.success(200);
    assert_eq!(delete_group().await.status, 204);
    promotion(&marketer, &grouped).await.success(200);
    gone(&world, &personal).await;
    world.finish().await;
}

#[tokio::test]
async fn code_that_leaves_too_little_to_pay_is_refused() {
    let world = World::new().await;
    let marketer = world.staff("marketer").await;
    let (user, tariff) = (world.user().await, world.tariff(29_900).await);
    let leaves = |amount: &str| {
        with(
            fields(&text()),
            json!({ "effect": { "kind": "amount_off", "amount": amount }, "tariffs": [tariff.id] }),
        )
    };
    let answer = create(&marketer, &leaves("298.50")).await;
    assert_eq!(wrong(&answer), ["effect"]);
    let detail = answer.problem(422, "validation_failed")["errors"][0]["detail"].as_str();
    assert!(
        detail.unwrap().contains("1.00") && detail.unwrap().contains("0.50"),
        "{answer}"
    );
    // With what else is wrong.
    let untitled = with(leaves("298.50"), json!({ "title": "" }));
    let answer = create(&marketer, &untitled).await;
    assert_eq!(wrong(&answer), ["title", "effect"]);
    for payable in ["298.00", "299.00", "500.00"] {
        let (promo, _) = create_approved(&world, &marketer, &leaves(payable)).await;
        gone(&world, &promo).await;
    }

    // A price that was raised afterwards: a rule of its own refuses, until the code is changed.
    let promo = made(&create(&marketer, &leaves("298.00")).await);
    let price = async |minor: i64| {
        let sql = "UPDATE tariffs SET price_minor = $2 WHERE id = $1";
        let params: [pg::Param; 2] = [(&tariff.id, pg::Type::INT8), (&minor, pg::Type::INT8)];
        world.loyalty.execute(sql, &params).await.unwrap();
    };
    price(29_850).await;
    let reasons = world
        .refuses(&user, &promo, &tariff, &["total_not_payable"])
        .await;
    assert_eq!(
        reasons[0]["observed"],
        json!({ "amount": "0.50", "currency": "RUB" })
    );
    assert_eq!(
        reasons[0]["required"],
        json!({ "amount": "1.00", "currency": "RUB" })
    );
    let listed = user
        .call("GET", "/get_active_promocodes?limit=100")
        .send()
        .await;
    let codes = listed.success(200)["promocodes"].as_array().unwrap();
    assert!(codes.iter().all(|code| code["promocode_id"] != promo.id));
    // It can be paused all the same.
    let paused = with(
        leaves("298.00"),
        json!({ "promocode": promo.code, "status": "paused", "version": 1 }),
    );
    replace(&marketer, &promo, &paused).await.success(200);
    gone(&world, &promo).await;
    world.finish().await;
}

#[tokio::test]
async fn draft_that_was_active_keeps_its_text_and_stays() {
    let world = World::new().await;
    let marketer = world.staff("marketer").await;
    let code = text();
    let promo = made(&create(&marketer, &fields(&code)).await);
    let draft = with(fields(&code), json!({ "status": "draft", "version": 1 }));
    replace(&marketer, &promo, &draft).await.success(200);
    // Somebody may be applying it right now, or hold it.
    let renamed = json!({ "promocode": format!("{code}X") });
    assert_eq!(
        wrong(&change_code(&marketer, &promo, renamed).await),
        ["promocode"]
    );
    delete(&marketer, &promo)
        .await
        .problem(409, "promotion_not_draft");
    let path = format!("/admin/promocodes/{}", promo.id);
    let deleted = marketer.call("DELETE", &path).header("if-match", "*");
    deleted.send().await.problem(409, "promotion_not_draft");
    gone(&world, &promo).await;
    world.finish().await;
}

#[tokio::test]
async fn drafts_deleted_while_they_are_tried_are_not_found() {
    let world = World::new().await;
    let marketer = world.staff("marketer").await;
    let tariff = world.tariff(29_900).await;
    for _ in 0..20 {
        // Each has ten guesses.
        let user = world.user().await;
        let draft = with(fields(&text()), json!({ "status": "draft" }));
        let promo = made(&create(&marketer, &draft).await);
        let (tried, list, deleted) = tokio::join!(
            join_all((0..4).map(|_| user.apply(&promo, &tariff))),
            get(&marketer, "?limit=5"),
            delete(&marketer, &promo),
        );
        assert_eq!(deleted.status, 204, "{deleted}");
        list.success(200);
        for answer in tried {
            answer.problem(404, "promocode_not_found");
        }
    }
    world.finish().await;
}

#[tokio::test]
async fn repeated_purchase_with_a_typed_text_is_the_same() {
    let world = World::new().await;
    let marketer = world.staff("marketer").await;
    let (user, tariff) = (world.user().await, world.tariff(29_900).await);
    let typed = format!("Лето {}", now().as_nanosecond());
    let promo = made(&create(&marketer, &fields(&typed)).await);
    let path = format!("/use_promocode?promocode={typed}&tariff={}", tariff.id);
    let buy = || {
        user.call("POST", &path)
            .header("idempotency-key", &typed[9..])
            .send()
    };
    let first = buy().await;
    let id = first.success(201)["purchase_id"].clone();
    for answer in join_all((0..4).map(|_| buy())).await {
        assert_eq!(answer.success(201)["purchase_id"], id);
    }
    gone(&world, &promo).await;
    world.finish().await;
}

#[tokio::test]
async fn held_code_works_by_its_text_after_that_is_given_again() {
    let world = World::new().await;
    let marketer = world.staff("marketer").await;
    let (user, tariff) = (world.user().await, world.tariff(29_900).await);
    let code = text();
    let old = made(&create(&marketer, &fields(&code)).await);
    let path = |call: &str| format!("/{call}?promocode={code}&tariff={}", tariff.id);
    let held = user.call("POST", &path("apply_promocode")).send().await;
    let application = held.success(201)["application_id"].clone();
    let archived = with(fields(&code), json!({ "status": "archived", "version": 1 }));
    replace(&marketer, &old, &archived).await.success(200);

    for status in ["draft", "paused", "active"] {
        let new = made(&create(&marketer, &with(fields(&code), json!({ "status": status }))).await);
        let again = user.call("POST", &path("apply_promocode")).send().await;
        assert_eq!(
            again.success(200)["application_id"],
            application,
            "{status}"
        );
        // Others get the new one, if they may.
        let other = world
            .user()
            .await
            .call("POST", &path("apply_promocode"))
            .send()
            .await;
        match status {
            "draft" => drop(other.problem(404, "promocode_not_found")),
            "paused" => drop(other.refused(&["promo_not_active"])),
            _ => assert_eq!(other.success(201)["promocode_id"], new.id),
        }
        gone(&world, &new).await;
    }
    let bought = user.call("POST", &path("use_promocode")).send().await;
    assert_eq!(bought.success(201)["promocode_id"], old.id);
    world.finish().await;
}

#[tokio::test]
async fn eligibility_by_text_is_about_the_code_that_had_it_then() {
    let world = World::new().await;
    let marketer = world.staff("marketer").await;
    let (user, tariff) = (world.user().await, world.tariff(29_900).await);
    let (code, other) = (text(), format!("{}Z", text()));
    let first = made(&create(&marketer, &fields(&code)).await);
    let later = made(
        &create(
            &marketer,
            &with(fields(&other), json!({ "status": "draft" })),
        )
        .await,
    );
    let then = now();
    let archived = with(fields(&code), json!({ "status": "archived", "version": 1 }));
    replace(&marketer, &first, &archived).await.success(200);
    change_code(&marketer, &later, json!({ "promocode": code }))
        .await
        .success(200);
    let active = with(fields(&code), json!({ "version": 1 }));
    replace(&marketer, &later, &active).await.success(200);

    let ask = async |text: &str, at: Option<Timestamp>| {
        let at = at.map(|at| format!("&at={at}")).unwrap_or_default();
        let path = format!(
            "/admin/eligibility?user_id={}&promocode={text}&tariff={}{at}",
            user.id, tariff.id
        );
        let answer = marketer.call("GET", &path).send().await;
        (
            answer.json["promocode_id"].as_i64(),
            answer.json["passes"].as_bool(),
        )
    };
    assert_eq!(ask(&code, Some(then)).await, (Some(first.id), Some(true)));
    assert_eq!(ask(&code, None).await, (Some(later.id), Some(true)));
    assert_eq!(ask(&other, Some(then)).await, (Some(later.id), Some(false)));
    assert_eq!(ask(&other, None).await, (None, None));
    gone(&world, &later).await;
    world.finish().await;
}

#[tokio::test]
async fn cancelling_by_text_prefers_the_text_to_the_other_layout() {
    let world = World::new().await;
    let marketer = world.staff("marketer").await;
    let user = world.user().await;
    let (first, second) = (world.tariff(29_900).await, world.tariff(29_900).await);
    // The keys of one text are the letters of the other.
    let number = now().as_nanosecond();
    let (latin, russian) = (format!("dtcyf{number}"), format!("весна{number}"));
    let mut promos = vec![];
    for (code, tariff) in [(&latin, &first), (&russian, &second)] {
        let only = with(fields(code), json!({ "tariffs": [tariff.id] }));
        promos.push(made(&create(&marketer, &only).await));
        let path = format!("/apply_promocode?promocode={code}&tariff={}", tariff.id);
        user.call("POST", &path).send().await.success(201);
    }
    let path = format!("/cancel_apply_promocode?promocode={latin}");
    let cancelled = user.call("POST", &path).send().await;
    let cancelled = cancelled.success(200)["cancelled"].as_array().unwrap();
    assert_eq!(cancelled.len(), 1);
    assert_eq!(cancelled[0]["tariff"], first.id);
    // A repeat is about the same.
    let again = user.call("POST", &path).send().await;
    assert_eq!(again.success(200)["cancelled"], json!(cancelled));
    user.cancel(&promos[1]).await.success(200);
    for promo in &promos {
        gone(&world, promo).await;
    }
    world.finish().await;
}

#[tokio::test]
async fn promotion_has_several_codes_each_with_limits_of_its_own() {
    let world = World::new().await;
    let marketer = world.staff("marketer").await;
    let (first, second) = (world.user().await, world.user().await);
    let tariff = world.tariff(29_900).await;
    let mut body = fields("");
    let (shared, personal) = (text(), format!("{}P", text()));
    body.as_object_mut().unwrap().remove("promocode");
    body["promocodes"] = json!([
        { "promocode": shared, "max_uses": 1 },
        { "promocode": personal, "user_id": second.id },
    ]);
    let created = marketer.call("POST", "/admin/promotions").json(&body);
    let created = created.send().await;
    let promo = |n: usize| {
        let code = &created.success(201)["promocodes"][n];
        Promo {
            id: code["promocode_id"].as_i64().unwrap(),
            promotion: created.json["promotion_id"].as_i64().unwrap(),
            code: code["promocode"].as_str().unwrap().to_owned(),
        }
    };
    let (shared, personal) = (promo(0), promo(1));
    first.apply(&shared, &tariff).await.success(201);
    world
        .refuses(&second, &shared, &tariff, &["code_limit_reached"])
        .await;
    let hidden = first.apply(&personal, &tariff).await;
    hidden.problem(404, "promocode_not_found");
    second.apply(&personal, &tariff).await.success(201);

    // A third one, with an end of its own.
    let third = json!({
        "promotion_id": shared.promotion, "promocode": format!("{}T", text()), "ends_at": "2026-03-02T00:00",
    });
    let add = || marketer.call("POST", "/admin/promocodes").json(&third);
    let added = add().send().await;
    assert_eq!(added.success(201)["ends_at"], "2026-03-02T00:00:00+03:00");
    add().send().await.problem(409, "promocode_taken");
    let third = Promo {
        id: added.json["promocode_id"].as_i64().unwrap(),
        promotion: shared.promotion,
        code: added.text("promocode").to_owned(),
    };
    let user = world.user().await;
    world.refuses(&user, &third, &tariff, &["code_ended"]).await;
    let longer = change_code(&marketer, &third, json!({ "ends_at": null })).await;
    assert_eq!(longer.success(200)["version"], 2);
    user.apply(&third, &tariff).await.success(201);
    change_code(&marketer, &third, json!({ "state": "disabled" }))
        .await
        .success(200);
    let other = world.user().await;
    world
        .refuses(&other, &third, &tariff, &["code_disabled"])
        .await;
    // Uses of its own are counted from the beginning.
    let limited = change_code(&marketer, &third, json!({ "max_uses": 5 })).await;
    assert_eq!(wrong(&limited), ["max_uses"]);
    let raised = change_code(&marketer, &shared, json!({ "max_uses": 2 })).await;
    assert_eq!(raised.success(200)["uses"], 1);
    other.apply(&shared, &tariff).await.success(201);

    let list = get(&marketer, &format!("?promotion_id={}", shared.promotion)).await;
    let ids: Vec<i64> = list.success(200)["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|code| code["promocode_id"].as_i64().unwrap())
        .collect();
    assert_eq!(ids, [third.id, personal.id, shared.id]);
    let list = get(&marketer, &format!("?user_id={}", second.id)).await;
    assert_eq!(list.success(200)["items"][0]["promocode_id"], personal.id);
    let versions = get(&marketer, &format!("/{}/versions", third.id)).await;
    let changed: Vec<&Value> = versions.success(200)["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|version| &version["changed"])
        .collect();
    assert_eq!(
        changed,
        [&json!(["state"]), &json!(["ends_at"]), &Value::Null]
    );
    assert_eq!(
        promotion(&marketer, &shared).await.success(200)["usage"]["taken"],
        4
    );
    for (holder, promo) in [
        (&first, &shared),
        (&second, &personal),
        (&user, &third),
        (&other, &shared),
    ] {
        holder.cancel(promo).await.success(200);
    }
    gone(&world, &shared).await;
    world.finish().await;
}

#[tokio::test]
async fn codes_of_a_promotion_are_created_together_or_not_at_all() {
    let world = World::new().await;
    let marketer = world.staff("marketer").await;
    let taken = made(&create(&marketer, &fields(&text())).await);
    let free = format!("{}F", text());
    let post = async |codes: Value| {
        let mut body = fields("");
        body.as_object_mut().unwrap().remove("promocode");
        body["promocodes"] = codes;
        let call = marketer.call("POST", "/admin/promotions");
        call.json(&body).send().await
    };
    let answer = post(json!([{ "promocode": free }, { "promocode": taken.code }])).await;
    assert_eq!(
        answer.problem(409, "promocode_taken")["promocodes"],
        json!([taken.code])
    );
    let answer = post(json!([
        { "promocode": free }, { "promocode": "-" }, { "promocode": free.to_lowercase(), "max_uses": 0 },
        { "promocode": format!("{free}2"), "user_id": uuid::Uuid::nil() },
    ]))
    .await;
    assert_eq!(
        wrong(&answer),
        [
            "promocodes[1].promocode",
            "promocodes[2].max_uses",
            "promocodes[3].user_id"
        ]
    );
    let answer = post(json!([{ "promocode": free }, { "promocode": free.to_lowercase() }])).await;
    assert_eq!(wrong(&answer), ["promocodes[1].promocode"]);
    let many: Vec<Value> = (0..101)
        .map(|n| json!({ "promocode": format!("{free}{n}") }))
        .collect();
    assert_eq!(wrong(&post(json!(many)).await), ["promocodes"]);
    let found = get(&marketer, &format!("?begins_with={free}")).await;
    assert_eq!(found.success(200)["items"], json!([]));

    // Without any, it waits for its first.
    let created = post(json!([])).await;
    let id = &created.success(201)["promotion_id"];
    let path = format!("/admin/promotions/{id}");
    let put = marketer.call("PUT", &path).header("if-match", "*");
    let answer = put.json(&fields("")).send().await;
    assert_eq!(wrong(&answer), ["promocode"]);
    let patch = marketer.call("PATCH", &path).header("if-match", "*");
    let patch = patch.json(&json!({ "promocodes": [], "status": "archived" }));
    assert_eq!(wrong(&patch.send().await), ["promocodes"]);
    let patch = marketer.call("PATCH", &path).header("if-match", "*");
    let patch = patch.json(&json!({ "status": "archived" }));
    patch.send().await.success(200);
    let late = json!({ "promotion_id": id, "promocode": free });
    let late = marketer.call("POST", "/admin/promocodes").json(&late);
    late.send().await.problem(409, "promotion_archived");
    let nowhere = json!({ "promotion_id": i64::MAX, "promocode": free });
    let nowhere = marketer.call("POST", "/admin/promocodes").json(&nowhere);
    nowhere.send().await.problem(404, "promotion_not_found");
    gone(&world, &taken).await;
    world.finish().await;
}

#[tokio::test]
async fn effect_is_changed_as_a_whole_by_its_kind() {
    let world = World::new().await;
    let marketer = world.staff("marketer").await;
    let capped = json!({ "kind": "percent_off", "basis_points": 3000, "cap": "100.00" });
    let promo = made(
        &create(
            &marketer,
            &with(fields(&text()), json!({ "effect": capped })),
        )
        .await,
    );
    let path = format!("/admin/promotions/{}", promo.promotion);
    let patch = async |changes: Value| {
        let call = marketer.call("PATCH", &path).header("if-match", "*");
        let answer = call.json(&changes).send().await;
        answer.success(200)["effect"].clone()
    };
    assert_eq!(
        patch(json!({ "effect": { "basis_points": 1000 } })).await,
        json!({ "kind": "percent_off", "basis_points": 1000, "cap": "100.00" })
    );
    assert_eq!(
        patch(json!({ "effect": { "cap": null } })).await,
        json!({ "kind": "percent_off", "basis_points": 1000 })
    );
    let free = json!({ "kind": "free", "days": 7 });
    let call = marketer.call("PATCH", &path).header("if-match", "*");
    let waiting = call.json(&json!({ "effect": free })).send().await;
    world.approve(&waiting).await;
    let read = promotion(&marketer, &promo).await;
    assert_eq!(read.success(200)["effect"], free);
    gone(&world, &promo).await;
    world.finish().await;
}
