//! Subscriptions of users in the hands of staff.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use testkit::{Answer, Effect, PromoSpec, Tariff, User, World, join_all, now, unique};
use uuid::Uuid;

const PATH: &str = "/admin/subscriptions";
const REASON: &str = "Сбой 1 мая";

fn gift(user: &User, tariff: &Tariff, length: &Value) -> Value {
    let mut body = json!({ "user_id": user.id, "tariff": tariff.id, "reason": REASON });
    let body_members = body.as_object_mut().unwrap();
    body_members.extend(length.as_object().unwrap().clone());
    body
}

async fn give(by: &User, user: &User, tariff: &Tariff, length: Value) -> Answer {
    let body = gift(user, tariff, &length);
    by.call("POST", PATH).json(&body).send().await
}

async fn end(by: &User, user: &User, tariff: &Tariff) -> Answer {
    let body = json!({ "user_id": user.id, "tariff": tariff.id, "reason": "Подарено по ошибке" });
    let path = format!("{PATH}/end");
    by.call("POST", &path).json(&body).send().await
}

async fn periods(by: &User, user: &User) -> Vec<Value> {
    let path = format!("{PATH}?user_id={}", user.id);
    let answer = by.call("GET", &path).send().await;
    answer.success(200)["items"].as_array().unwrap().clone()
}

async fn buy(world: &World, user: &User, tariff: &Tariff) -> Uuid {
    let bought = user.buy_tariff(tariff).await;
    world.sandbox.approve(bought.text("confirmation_url")).await;
    let id = bought.uuid("purchase_id");
    user.until_purchase(id, "paid").await;
    id
}

fn time(value: &Value) -> Timestamp {
    value.as_str().unwrap().parse().unwrap()
}

fn is_now(value: &Value) -> bool {
    now().duration_since(time(value)).abs() < SignedDuration::from_mins(1)
}

#[tokio::test]
async fn given_subscription_is_seen_bought_after_and_extended() {
    let world = World::new().await;
    let (support, admin) = (world.staff("support").await, world.staff("admin").await);
    let (user, tariff) = (world.user().await, world.tariff(29_900).await);
    let given = give(&support, &user, &tariff, json!({ "days": 7 })).await;
    let period = given.success(201);
    let id = given.uuid("purchase_id");
    let expected = json!({
        "purchase_id": id, "user_id": user.id, "tariff": tariff.id, "title": period["title"],
        "starts_at": period["starts_at"], "ends_at": period["ends_at"], "status": "current",
        "origin": "given", "purchase_status": "paid", "given_by": support.id,
        "give_reason": REASON, "created_at": period["created_at"],
    });
    assert_eq!(period, &expected);
    assert!(is_now(&period["starts_at"]));

    // The user sees a purchase for nothing, and not who gave it or why.
    let own = user.purchase(id).await;
    let own = own.success(200);
    assert_eq!(
        (&own["status"], &own["given"]),
        (&json!("paid"), &json!(true))
    );
    assert_eq!(own["total"]["amount"], "0.00");
    assert_eq!(own["price"]["amount"], "299.00");
    assert_eq!(own["subscription"]["ends_at"], period["ends_at"]);
    for member in ["given_by", "give_reason", "promocode_id", "user_id"] {
        assert_eq!(own.get(member), None, "{member}");
    }
    let listed = user.call("GET", "/purchases").send().await;
    assert_eq!(&listed.success(200)["purchases"][0], own);
    let subscriptions = user.subscriptions().await;
    assert_eq!(subscriptions.len(), 1);
    assert_eq!(subscriptions[0]["ends_at"], period["ends_at"]);

    let bought = buy(&world, &user, &tariff).await;
    let own = user.purchase(bought).await.json;
    assert_eq!(own["given"], false);
    assert_eq!(own["subscription"]["starts_at"], period["ends_at"]);
    let more = give(&admin, &user, &tariff, json!({ "months": 12 })).await;
    let more = more.success(201);
    assert_eq!(more["starts_at"], own["subscription"]["ends_at"]);
    assert_eq!(more["status"], "future");
    assert_eq!(user.subscriptions().await[0]["ends_at"], more["ends_at"]);

    let all = periods(&support, &user).await;
    let told = |n: usize| (&all[n]["origin"], &all[n]["status"], &all[n]["purchase_id"]);
    assert_eq!(all.len(), 3);
    assert_eq!(
        told(0),
        (&json!("given"), &json!("future"), &more["purchase_id"])
    );
    assert_eq!(
        told(1),
        (&json!("bought"), &json!("future"), &json!(bought))
    );
    assert_eq!(told(2), (&json!("given"), &json!("current"), &json!(id)));

    let details = support.call("GET", &format!("/admin/purchases/{id}"));
    let details = details.send().await.success(200).clone();
    assert_eq!(details["given_by"], json!(support.id));
    assert_eq!(details["give_reason"], REASON);
    let events = world.purchase_events(&user, 3).await;
    assert_eq!(events[0]["schema"], "purchase_paid.v1");
    assert_eq!(events[0]["total"]["amount"], "0.00");
    assert_eq!(events[2]["paid_until"], more["ends_at"]);
    world.finish().await;
}

#[tokio::test]
async fn gift_leaves_the_first_purchase_and_the_trial() {
    let world = World::new().await;
    let (support, user) = (world.staff("support").await, world.user().await);
    let tariff = world.tariff(29_900).await;
    give(&support, &user, &tariff, json!({ "days": 7 }))
        .await
        .success(201);
    let trial = world
        .promo(PromoSpec {
            effect: Effect::Free(14),
            ..PromoSpec::default()
        })
        .await;
    let trial = user.buy(&trial, &tariff).await;
    trial.success(200);
    let all = periods(&support, &user).await;
    assert_eq!(all[0]["origin"], "promo_code");
    assert_eq!(all[0]["purchase_id"], json!(trial.uuid("purchase_id")));
    assert_eq!(all[0]["starts_at"], all[1]["ends_at"]);
    world.finish().await;
}

#[tokio::test]
async fn ended_subscription_is_over_at_once_and_can_be_bought_again() {
    let world = World::new().await;
    let admin = world.staff("admin").await;
    let (user, tariff) = (world.user().await, world.tariff(29_900).await);
    let bought = buy(&world, &user, &tariff).await;
    let given = give(&admin, &user, &tariff, json!({ "months": 1 })).await;
    let given = given.uuid("purchase_id");

    let ended = end(&admin, &user, &tariff).await;
    let items = ended.success(200)["items"].as_array().unwrap().clone();
    let ids: Vec<&Value> = items.iter().map(|item| &item["purchase_id"]).collect();
    assert_eq!(ids, [&json!(bought), &json!(given)]);
    for item in &items {
        assert_eq!(item["status"], "past");
        assert_eq!(item["purchase_status"], "revoked");
        assert_eq!(item["revoked_by"], json!(admin.id));
        assert_eq!(item["revoke_reason"], "Подарено по ошибке");
    }
    assert_eq!(user.subscriptions().await, [json!(null); 0]);
    assert_eq!(world.ledger(bought).await.len(), 1, "no money moves");
    end(&admin, &user, &tariff)
        .await
        .problem(404, "subscription_not_found");

    let next = buy(&world, &user, &tariff).await;
    let own = user.purchase(next).await.json;
    assert!(is_now(&own["subscription"]["starts_at"]));
    world.finish().await;
}

#[tokio::test]
async fn repeated_request_gives_and_ends_once() {
    let world = World::new().await;
    let admin = world.staff("admin").await;
    let (user, tariff) = (world.user().await, world.tariff(29_900).await);
    let (key, body) = (unique("key"), gift(&user, &tariff, &json!({ "days": 30 })));
    let post = |path: &str, key: &str, body: &Value| {
        let call = admin.call("POST", path).json(body);
        call.header("idempotency-key", key).send()
    };
    let answers = join_all((0..6).map(|_| post(PATH, &key, &body))).await;
    for answer in &answers {
        assert_eq!(answer.success(201), answers[0].success(201));
    }
    assert_eq!(periods(&admin, &user).await.len(), 1);
    let longer = gift(&user, &tariff, &json!({ "days": 31 }));
    post(PATH, &key, &longer)
        .await
        .problem(422, "idempotency_key_reused");
    // Also where the resources have IDs of another kind.
    let other = json!({ "title": unique("Month"), "price": "299.00", "period_months": 1 });
    post("/admin/tariffs", &key, &other)
        .await
        .problem(422, "idempotency_key_reused");

    let (path, key) = (format!("{PATH}/end"), unique("key"));
    let body = json!({ "user_id": user.id, "tariff": tariff.id, "reason": "Ошибка" });
    let first = post(&path, &key, &body).await;
    // What is given afterwards is left alone by the repetition.
    let given = give(&admin, &user, &tariff, json!({ "days": 1 })).await;
    let again = post(&path, &key, &body).await;
    assert_eq!(again.success(200), first.success(200));
    assert_eq!(
        user.subscriptions().await[0]["ends_at"],
        given.json["ends_at"]
    );
    world.finish().await;
}

#[tokio::test]
async fn gifts_and_a_payment_at_once_follow_on_each_other() {
    let world = World::new().await;
    let admin = world.staff("admin").await;
    let (user, tariff) = (world.user().await, world.tariff(29_900).await);
    let bought = user.buy_tariff(&tariff).await;
    let pay = world.sandbox.approve(bought.text("confirmation_url"));
    let gifts = (1..=4).map(|days| give(&admin, &user, &tariff, json!({ "days": days })));
    let (given, ()) = tokio::join!(join_all(gifts), pay);
    for answer in given {
        answer.success(201);
    }
    user.until_purchase(bought.uuid("purchase_id"), "paid")
        .await;
    let mut all = periods(&admin, &user).await;
    assert_eq!(all.len(), 5);
    all.sort_by_key(|period| time(&period["starts_at"]));
    for pair in all.windows(2) {
        assert_eq!(pair[0]["ends_at"], pair[1]["starts_at"]);
    }
    world.finish().await;
}

#[tokio::test]
async fn each_role_gives_so_much_and_administrators_end() {
    let world = World::new().await;
    let (user, tariff) = (world.user().await, world.tariff(29_900).await);
    let staff = join_all(["support", "marketer", "admin"].map(|role| world.staff(role))).await;
    let [support, marketer, admin] = &staff[..] else {
        unreachable!("three were made");
    };
    for too_long in [json!({ "days": 32 }), json!({ "months": 2 })] {
        let answer = give(support, &user, &tariff, too_long).await;
        assert_eq!(answer.problem(403, "gift_too_long")["limit_days"], 31);
    }
    for (by, length) in [
        (support, json!({ "days": 31 })),
        (support, json!({ "months": 1 })),
        (marketer, json!({ "months": 12 })),
        (admin, json!({ "days": 366 })),
    ] {
        give(by, &user, &tariff, length).await.success(201);
    }
    for by in &staff {
        let own = give(by, by, &tariff, json!({ "days": 1 })).await;
        own.problem(409, "own_account");
        assert_eq!(periods(by, &user).await.len(), 4);
    }
    let week = json!({ "days": 7 });
    give(&user, &user, &tariff, week)
        .await
        .problem(403, "staff_only");
    let path = format!("{PATH}?user_id={}", user.id);
    let list = user.call("GET", &path).send().await;
    list.problem(403, "staff_only");
    for by in [support, marketer, &user] {
        end(by, &user, &tariff).await.problem(403, "admin_only");
    }
    let ended = end(admin, &user, &tariff).await;
    assert_eq!(ended.success(200)["items"].as_array().unwrap().len(), 4);
    world.finish().await;
}

#[tokio::test]
async fn unacceptable_gifts_and_endings_are_refused() {
    let world = World::new().await;
    let (admin, user) = (world.staff("admin").await, world.user().await);
    let tariff = world.tariff(29_900).await;
    for (length, field) in [
        (json!({}), "days"),
        (json!({ "days": 1, "months": 1 }), "days"),
        (json!({ "days": 0 }), "days"),
        (json!({ "days": -1 }), "days"),
        (json!({ "days": 367 }), "days"),
        (json!({ "days": 1_i64 << 40 }), "days"),
        (json!({ "days": "7" }), "days"),
        (json!({ "months": 13 }), "months"),
        (json!({ "months": 0.5 }), "months"),
        (json!({ "days": 7, "user_id": "x" }), "user_id"),
        (json!({ "days": 7, "tariff": "1" }), "tariff"),
        (json!({ "days": 7, "until": "2027-01-01" }), "until"),
        (json!({ "days": 7, "reason": " " }), "reason"),
        (json!({ "days": 7, "reason": "a\nb" }), "reason"),
        (json!({ "days": 7, "reason": "я".repeat(201) }), "reason"),
    ] {
        let answer = give(&admin, &user, &tariff, length).await;
        answer.invalid_field(field);
    }
    let both = json!({ "days": 400, "reason": "" });
    let both = give(&admin, &user, &tariff, both).await;
    for field in ["days", "reason"] {
        both.invalid_field(field);
    }
    let week = json!({ "days": 7 });
    for id in [0, -1, i64::MAX] {
        let mut body = gift(&user, &tariff, &week);
        body["tariff"] = json!(id);
        let answer = admin.call("POST", PATH).json(&body).send().await;
        answer.problem(404, "tariff_not_found");
    }
    let nobody = json!({ "days": 7, "user_id": Uuid::from_u128(7) });
    let answer = give(&admin, &user, &tariff, nobody).await;
    answer.problem(404, "user_not_found");
    for query in ["", "?user_id=x", "?user_id=", "?limit=1"] {
        let answer = admin.call("GET", &format!("{PATH}{query}")).send().await;
        assert_eq!(answer.status, 400, "{answer}");
    }
    let path = format!("{PATH}/end");
    for (body, field) in [
        (json!({ "user_id": user.id, "tariff": tariff.id }), "reason"),
        (
            json!({ "user_id": user.id, "tariff": tariff.id, "reason": "" }),
            "reason",
        ),
        (json!({ "tariff": tariff.id, "reason": "x" }), "user_id"),
    ] {
        let answer = admin.call("POST", &path).json(&body).send().await;
        answer.invalid_field(field);
    }
    let body = json!({ "user_id": Uuid::from_u128(7), "tariff": tariff.id, "reason": "x" });
    let answer = admin.call("POST", &path).json(&body).send().await;
    answer.problem(404, "user_not_found");
    assert_eq!(periods(&admin, &user).await, [json!(null); 0]);

    give(&admin, &user, &tariff, week.clone())
        .await
        .success(201);
    world.set_loyalty_status(user.id, "blocked").await;
    let answer = give(&admin, &user, &tariff, week).await;
    answer.problem(409, "user_blocked");
    // A blocked user's subscription can be ended.
    end(&admin, &user, &tariff).await.success(200);
    world.finish().await;
}

#[tokio::test]
async fn archived_tariff_is_extended_for_those_who_have_it() {
    let world = World::new().await;
    let (admin, tariff) = (world.staff("admin").await, world.tariff(29_900).await);
    let (owner, stranger) = (world.user().await, world.user().await);
    let first = give(&admin, &owner, &tariff, json!({ "days": 7 })).await;
    let path = format!("/admin/tariffs/{}", tariff.id);
    let archive = admin
        .call("PATCH", &path)
        .json(&json!({ "status": "archived" }));
    let archive = archive.header("if-match", "*").send().await;
    archive.success(200);
    let more = give(&admin, &owner, &tariff, json!({ "days": 7 })).await;
    assert_eq!(
        more.success(201)["starts_at"],
        first.success(201)["ends_at"]
    );
    let refused = give(&admin, &stranger, &tariff, json!({ "days": 7 })).await;
    refused.problem(422, "tariff_not_on_sale");
    world.finish().await;
}

#[tokio::test]
async fn periods_are_listed_in_pages() {
    let world = World::new().await;
    let (admin, user) = (world.staff("admin").await, world.user().await);
    let tariff = world.tariff(29_900).await;
    let mut given = vec![];
    for _ in 0..5 {
        let answer = give(&admin, &user, &tariff, json!({ "days": 1 })).await;
        given.insert(0, json!(answer.uuid("purchase_id")));
    }
    let (mut seen, mut cursor) = (vec![], String::new());
    loop {
        let path = format!("{PATH}?user_id={}&limit=2{cursor}", user.id);
        let page = admin.call("GET", &path).send().await;
        let items = page.success(200)["items"].as_array().unwrap();
        assert!(items.len() <= 2);
        seen.extend(items.iter().map(|item| item["purchase_id"].clone()));
        match page.json["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(seen, given);
    world.finish().await;
}
