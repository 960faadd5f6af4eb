//! Lists of purchases and refunds for staff, and who did what to a purchase and why.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use testkit::{Answer, PromoSpec, Tariff, User, World, now, unique};
use uuid::Uuid;

async fn list(by: &User, path: &str) -> Answer {
    by.call("GET", path).send().await
}

/// The IDs of the items on all pages of two.
async fn ids(by: &User, path: &str, name: &str) -> Vec<Uuid> {
    let (mut seen, mut cursor) = (vec![], String::new());
    loop {
        let page = list(by, &format!("{path}&limit=2{cursor}")).await;
        let items = page.success(200)["items"].as_array().unwrap();
        assert!(items.len() <= 2);
        seen.extend(
            items
                .iter()
                .map(|item| item[name].as_str().unwrap().parse::<Uuid>().unwrap()),
        );
        match page.json["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return seen,
        }
    }
}

fn between(from: Timestamp, to: Timestamp) -> String {
    format!("from={from}&to={to}")
}

async fn pay(world: &World, user: &User, bought: &Answer) -> Uuid {
    world.sandbox.approve(bought.text("confirmation_url")).await;
    let id = bought.uuid("purchase_id");
    user.until_purchase(id, "paid").await;
    id
}

async fn buy(world: &World, user: &User, tariff: &Tariff) -> Uuid {
    pay(world, user, &user.buy_tariff(tariff).await).await
}

async fn refund(admin: &User, purchase: Uuid, body: &Value) -> Answer {
    let path = format!("/admin/purchases/{purchase}/refunds");
    let call = admin.call("POST", &path).json(body);
    call.header("idempotency-key", &unique("key")).send().await
}

#[tokio::test]
async fn purchases_are_filtered_in_any_combination() {
    let world = World::new().await;
    let support = world.staff("support").await;
    let (user, other) = (world.user().await, world.user().await);
    let (one, two) = (world.tariff(29_900).await, world.tariff(39_900).await);
    let promo = world
        .promo(PromoSpec {
            per_user_limit: None,
            ..PromoSpec::default()
        })
        .await;
    let start = now() - SignedDuration::from_secs(5);
    let paid = buy(&world, &user, &one).await;
    let with_code = pay(&world, &user, &user.buy(&promo, &two).await).await;
    let pending = user.buy_tariff(&one).await.uuid("purchase_id");
    let others = pay(&world, &other, &other.buy(&promo, &one).await).await;
    let end = now() + SignedDuration::from_secs(5);

    let (me, code, window) = (
        format!("user_id={}", user.id),
        format!("promocode_id={}", promo.id),
        between(start, end),
    );
    let before = between(start - SignedDuration::from_hours(1), start);
    for (query, expected) in [
        (me.clone(), vec![pending, with_code, paid]),
        (format!("{me}&status=paid"), vec![with_code, paid]),
        (format!("{me}&tariff={}", one.id), vec![pending, paid]),
        (format!("{me}&tariff={}&status=paid", one.id), vec![paid]),
        (format!("{me}&{code}"), vec![with_code]),
        (format!("{me}&{window}"), vec![pending, with_code, paid]),
        (format!("{me}&{before}"), vec![]),
        (format!("{me}&to={start}"), vec![]),
        (format!("{me}&from={start}"), vec![pending, with_code, paid]),
        (code.clone(), vec![others, with_code]),
        (format!("{code}&tariff={}", two.id), vec![with_code]),
        (format!("{code}&status=failed"), vec![]),
        (
            format!("{code}&{window}&status=paid"),
            vec![others, with_code],
        ),
        (
            format!("{window}&tariff={}", one.id),
            vec![others, pending, paid],
        ),
        (format!("from={start}&tariff={}", two.id), vec![with_code]),
    ] {
        let path = format!("/admin/purchases?{query}");
        assert_eq!(
            ids(&support, &path, "purchase_id").await,
            expected,
            "{query}"
        );
    }
    let path = format!("/admin/purchases?{me}&{code}");
    let found = list(&support, &path).await;
    let found = &found.success(200)["items"][0];
    assert_eq!(found["promocode_id"], promo.id);
    assert_eq!(found["user_id"], json!(user.id));
    assert!(found["payment_id"].is_string());
    user.give_up(pending).await.success(200);
    world.finish().await;
}

#[tokio::test]
async fn lists_without_a_narrow_filter_are_refused() {
    let world = World::new().await;
    let support = world.staff("support").await;
    let hours = SignedDuration::from_hours;
    let (end, month) = (now(), hours(24 * 31));
    for (path, any_of) in [
        ("/admin/purchases", json!(["user_id", "promocode_id"])),
        ("/admin/refunds", json!(["purchase_id", "user_id"])),
    ] {
        for query in [
            "status=pending".to_owned(),
            "limit=5".to_owned(),
            format!("to={end}"),
            format!("from={}", end - month - hours(1)),
            between(end - month - hours(1), end),
        ] {
            let answer = list(&support, &format!("{path}?{query}")).await;
            let problem = answer.problem(400, "filter_too_wide");
            assert_eq!(problem["any_of"], any_of, "{query}");
            assert_eq!(problem["days"], 31, "{query}");
        }
        list(&support, path).await.problem(400, "filter_too_wide");
        let widest = format!("{path}?{}", between(end - month, end));
        list(&support, &widest).await.success(200);
        for (query, parameter) in [
            ("from=yesterday", "from"),
            ("from=1999-12-31T00:00:00Z", "from"),
            ("from=-009999-01-01T00:00:00Z", "from"),
            ("to=2026-01-01", "to"),
            ("from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z", "to"),
            ("from=2026-01-02T00:00:00Z&to=2026-01-02T00:00:00Z", "to"),
            ("status=open", "status"),
            ("user_id=5", "user_id"),
            ("cursor=x", "cursor"),
            ("limit=101", "limit"),
        ] {
            let user = match parameter {
                "user_id" => String::new(),
                _ => format!("&user_id={}", support.id),
            };
            let answer = list(&support, &format!("{path}?{query}{user}")).await;
            let problem = answer.problem(400, "query_parameter_invalid");
            assert_eq!(problem["parameter"], parameter, "{query}");
        }
        let user = world.user().await;
        let own = list(&user, &format!("{path}?user_id={}", user.id)).await;
        own.problem(403, "staff_only");
    }
    for query in ["promocode_id=0", "promocode_id=x", "user_id=", "tariff=0"] {
        let answer = list(&support, &format!("/admin/purchases?{query}")).await;
        answer.problem(400, "query_parameter_invalid");
    }
    world.finish().await;
}

#[tokio::test]
async fn refund_keeps_who_ordered_it_and_why() {
    let world = World::new().await;
    let (admin, support) = (world.staff("admin").await, world.staff("support").await);
    let (user, tariff) = (world.user().await, world.tariff(29_900).await);
    let purchase = buy(&world, &user, &tariff).await;
    let start = now() - SignedDuration::from_secs(5);
    for body in [
        json!({ "amount": "10.00" }),
        json!({ "amount": "10.00", "reason": "" }),
        json!({ "amount": "10.00", "reason": "a\u{0}b" }),
        json!({ "amount": "10.00", "reason": "я".repeat(201) }),
        json!({ "reason": 5 }),
    ] {
        let refused = refund(&admin, purchase, &body).await;
        refused.invalid_field("reason");
    }
    let both = json!({ "amount": "1", "reason": " " });
    let both = refund(&admin, purchase, &both).await;
    for field in ["amount", "reason"] {
        both.invalid_field(field);
    }
    let reason = "я".repeat(200);
    let part = json!({ "amount": "10.00", "reason": reason });
    let first = refund(&admin, purchase, &part).await;
    let rest = json!({ "reason": "Не подошло" });
    let second = refund(&admin, purchase, &rest).await;
    let (first, second) = (first.uuid("refund_id"), second.uuid("refund_id"));

    let details = list(&support, &format!("/admin/purchases/{purchase}")).await;
    let refunds = &details.success(200)["refunds"];
    for (refund, reason) in [(&refunds[0], reason.as_str()), (&refunds[1], "Не подошло")] {
        assert_eq!(refund["ordered_by"], json!(admin.id));
        assert_eq!(refund["reason"], reason);
    }
    let own = user.purchase(purchase).await;
    assert!(!own.success(200).to_string().contains("Не подошло"));

    let (me, window) = (
        format!("user_id={}", user.id),
        between(start, now() + SignedDuration::from_secs(5)),
    );
    for (query, expected) in [
        (me.clone(), vec![second, first]),
        (format!("purchase_id={purchase}"), vec![second, first]),
        (
            format!("purchase_id={purchase}&{me}&{window}&status=succeeded"),
            vec![second, first],
        ),
        (format!("{me}&status=failed"), vec![]),
        (format!("{me}&to={start}"), vec![]),
        (format!("purchase_id={}", Uuid::from_u128(7)), vec![]),
    ] {
        let path = format!("/admin/refunds?{query}");
        assert_eq!(ids(&support, &path, "refund_id").await, expected, "{query}");
    }
    let of_all = ids(&support, &format!("/admin/refunds?{window}"), "refund_id").await;
    assert!(of_all.contains(&first) && of_all.contains(&second));
    let item = list(&support, &format!("/admin/refunds?{me}")).await;
    let item = &item.success(200)["items"][0];
    assert_eq!(item["purchase_id"], json!(purchase));
    assert_eq!(item["user_id"], json!(user.id));
    assert_eq!(item["reason"], "Не подошло");
    world.finish().await;
}

#[tokio::test]
async fn revocation_keeps_who_made_it_and_its_key() {
    let world = World::new().await;
    let (admin, other) = (world.staff("admin").await, world.staff("admin").await);
    let (user, tariff) = (world.user().await, world.tariff(29_900).await);
    let first = buy(&world, &user, &tariff).await;
    let second = buy(&world, &user, &tariff).await;
    let key = unique("key");
    let revoke = |by: &User, purchase: Uuid, reason: &str, key: &str| {
        let path = format!("/admin/purchases/{purchase}/revocation");
        let call = by.call("POST", &path).json(&json!({ "reason": reason }));
        call.header("idempotency-key", key).send()
    };
    let long = "я".repeat(200);
    let revoked = revoke(&admin, first, &long, &key).await;
    let purchase = revoked.success(200).clone();
    assert_eq!(purchase["revoked_by"], json!(admin.id));
    assert_eq!(purchase["revoke_reason"], json!(long));
    assert_eq!(revoke(&admin, first, &long, &key).await.json, purchase);
    revoke(&admin, second, &long, &key)
        .await
        .problem(422, "idempotency_key_reused");
    assert_eq!(user.purchase(second).await.json["status"], "paid");
    // Whoever revokes it again does not take the place of the first.
    let again = revoke(&other, first, "Other", &unique("key")).await;
    assert_eq!(again.success(200), &purchase);
    revoke(&admin, second, &"я".repeat(201), &unique("key"))
        .await
        .invalid_field("reason");
    world.finish().await;
}
