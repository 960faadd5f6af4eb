//! Staff don't use what they know from their work, and don't deal with accounts of their own.

use pg::{AdHoc, Type};
use serde_json::{Value, json};
use testkit::{Answer, Effect, Promo, PromoSpec, Tariff, User, World, now, unique};

const CONFLICT: &str = "conflict_of_interest";

/// A promotion with a listed code for nothing, made by a member of staff and approved by a colleague.
async fn made_by(world: &World, staff: &User, tariff: &Tariff) -> Promo {
    let code = unique("INS");
    let body = json!({
        "title": "Just for me", "status": "active", "listed": true, "tariffs": [tariff.id],
        "effect": { "kind": "percent_off", "basis_points": 10_000 },
        "starts_at": "2026-03-01T00:00", "promocodes": [{ "promocode": code }],
    });
    let waiting = staff.call("POST", "/admin/promotions").json(&body);
    let approved = world.approve(&waiting.send().await).await;
    let promotion = approved.success(200)["promotion_id"].as_i64().unwrap();
    let path = format!("/admin/promocodes?promotion_id={promotion}");
    let listed = staff.call("GET", &path).send().await;
    Promo {
        id: listed.success(200)["items"][0]["promocode_id"]
            .as_i64()
            .unwrap(),
        promotion,
        code,
    }
}

/// Records that a member of staff has looked up the text of a code.
async fn look_up(world: &World, staff: &User, promo: &Promo) {
    let sql = "SELECT record_staff_change(
            p_staff => ROW($1, $2, NULL, NULL)::staff_request, p_resource => 'promo_code', p_resource_id => $3,
            p_action => 'look_up', p_details => '{}'
        )::text";
    let params: [pg::Param; 3] = [
        (&staff.id, Type::UUID),
        (&now(), Type::TIMESTAMPTZ),
        (&promo.id.to_string(), Type::TEXT),
    ];
    world.loyalty.rows(sql, &params).await.unwrap();
}

async fn set_role(world: &World, user: &User, role: &str) -> User {
    let sql = "UPDATE users SET role = $2 WHERE id = $1";
    let params: [pg::Param; 2] = [(&user.id, Type::UUID), (&role, Type::TEXT)];
    assert_eq!(world.auth.execute(sql, &params).await.unwrap(), 1);
    let tokens = user.log_in().await;
    world.signed_in(user.id, &user.email, &tokens)
}

async fn is_listed(user: &User, promo: &Promo) -> bool {
    let answer = user.promocodes().await;
    let mut listed = answer.success(200)["promocodes"].as_array().unwrap().iter();
    listed.any(|listed| listed["promocode_id"] == promo.id)
}

/// Withdraws a promotion from everyone's list.
async fn archive(world: &World, promo: &Promo) {
    let sql = "UPDATE promotions SET status = 'archived' WHERE id = $1";
    let params: [pg::Param; 1] = [(&promo.promotion, Type::INT8)];
    world.loyalty.execute(sql, &params).await.unwrap();
}

#[tokio::test]
async fn marketer_does_not_use_what_they_made() {
    let world = World::new().await;
    let (marketer, colleague) = (world.staff("marketer").await, world.staff("marketer").await);
    for staff in [&marketer, &colleague] {
        world.until_status(staff.id, "active").await;
    }
    let (customer, tariff) = (world.user().await, world.tariff(29_900).await);
    let promo = made_by(&world, &marketer, &tariff).await;

    let reasons = world.refuses(&marketer, &promo, &tariff, &[CONFLICT]).await;
    assert!(reasons[0]["observed"].is_string(), "{reasons:?}");
    let refused = marketer.call(
        "POST",
        &format!(
            "/apply_promocode?promocode={}&tariff={}",
            promo.code, tariff.id
        ),
    );
    let refused = refused.header("accept-language", "ru").send().await;
    assert_eq!(
        refused.problem(422, CONFLICT)["title"],
        "Вы создали, изменили или посмотрели этот промокод как сотрудник, поэтому сами применить его не можете."
    );
    assert!(!is_listed(&marketer, &promo).await);

    // Staff see why, as of now and of then.
    let path = format!(
        "/admin/eligibility?user_id={}&promocode_id={}&tariff={}",
        marketer.id, promo.id, tariff.id
    );
    for path in [path.clone(), format!("{path}&at={}", now())] {
        let answer = colleague.call("GET", &path).send().await;
        let outcomes = answer.success(200)["outcomes"].as_array().unwrap();
        let refusing: Vec<&Value> = outcomes.iter().filter(|o| o["passed"] == false).collect();
        assert_eq!(refusing.len(), 1, "{answer}");
        assert_eq!(refusing[0]["rule"], CONFLICT, "{answer}");
    }
    // Nor does a colleague get it for them, whatever is waived.
    let mut body = json!({
        "user_id": marketer.id, "promocode_id": promo.id, "tariff": tariff.id, "reason": "A favour",
    });
    let apply = async |body: &Value| -> Answer {
        let call = colleague.call("POST", "/admin/applications").json(body);
        call.send().await
    };
    apply(&body).await.problem(422, CONFLICT);
    body["waive"] = json!([CONFLICT]);
    apply(&body).await.problem(422, "validation_failed");

    for other in [&colleague, &customer] {
        assert!(is_listed(other, &promo).await);
        other.buy(&promo, &tariff).await.success(200);
    }
    archive(&world, &promo).await;
    world.finish().await;
}

#[tokio::test]
async fn conflict_outlasts_the_role_and_the_account() {
    let world = World::new().await;
    let (marketer, tariff) = (world.staff("marketer").await, world.tariff(29_900).await);
    world.until_status(marketer.id, "active").await;
    let promo = made_by(&world, &marketer, &tariff).await;
    let customer = set_role(&world, &marketer, "user").await;
    world.refuses(&customer, &promo, &tariff, &[CONFLICT]).await;
    customer.delete().await.success(204);
    world.until_status(customer.id, "deleted").await;
    let again = world.register_again(&customer.email).await;
    assert_ne!(again.id, customer.id);
    world.refuses(&again, &promo, &tariff, &[CONFLICT]).await;
    assert!(!is_listed(&again, &promo).await);
    archive(&world, &promo).await;
    world.finish().await;
}

#[tokio::test]
async fn support_does_not_use_a_code_that_they_looked_up() {
    let world = World::new().await;
    let (support, tariff) = (world.staff("support").await, world.tariff(29_900).await);
    world.until_status(support.id, "active").await;
    let spec = || PromoSpec {
        effect: Effect::AmountOff(29_900),
        ..PromoSpec::default()
    };
    let (seen, unseen) = (world.promo(spec()).await, world.promo(spec()).await);
    look_up(&world, &support, &seen).await;
    world.refuses(&support, &seen, &tariff, &[CONFLICT]).await;
    support.buy(&unseen, &tariff).await.success(200);
    world.finish().await;
}

#[tokio::test]
async fn change_makes_an_insider_and_keeps_what_is_held() {
    let world = World::new().await;
    let (marketer, tariff) = (world.staff("marketer").await, world.tariff(29_900).await);
    world.until_status(marketer.id, "active").await;
    let (held, other) = (
        world.promo(PromoSpec::default()).await,
        world.promo(PromoSpec::default()).await,
    );
    let applied = marketer.apply(&held, &tariff).await;
    applied.success(201);
    for promo in [&held, &other] {
        let path = format!("/admin/promotions/{}", promo.promotion);
        let effect = json!({ "kind": "percent_off", "basis_points": 9_000 });
        let call = marketer
            .call("PATCH", &path)
            .json(&json!({ "effect": effect }));
        call.header("if-match", "*").send().await.success(200);
    }
    let elsewhere = world.tariff(29_900).await;
    world
        .refuses(&marketer, &other, &elsewhere, &[CONFLICT])
        .await;
    // At the price from before the change.
    let again = marketer.apply(&held, &tariff).await;
    assert_eq!(
        again.success(200)["application_id"],
        applied.json["application_id"]
    );
    let bought = marketer.buy(&held, &tariff).await;
    assert_eq!(bought.success(201)["total"]["amount"], "199.00");
    marketer
        .give_up(bought.uuid("purchase_id"))
        .await
        .success(200);
    marketer.apply(&held, &tariff).await.refused(&[CONFLICT]);
    world.finish().await;
}

/// Two accounts of one person: both were registered after one with the same mailbox was deleted.
async fn accounts(world: &World) -> [User; 2] {
    let first = world.user().await;
    first.delete().await.success(204);
    world.until_status(first.id, "deleted").await;
    let tagged = first.email.replace('@', "+2@");
    [
        world.register_again(&first.email).await,
        world.register_again(&tagged).await,
    ]
}

#[tokio::test]
async fn nobody_deals_with_another_account_of_their_own() {
    let world = World::new().await;
    let [admin, own] = accounts(&world).await;
    let admin = set_role(&world, &admin, "admin").await;
    let stranger = world.staff("admin").await;
    let tariff = world.tariff(29_900).await;
    let (promo, spare) = (
        world.promo(PromoSpec::default()).await,
        world.promo(PromoSpec::default()).await,
    );
    let bought = own.buy(&promo, &tariff).await;
    world.sandbox.approve(bought.text("confirmation_url")).await;
    let purchase = bought.uuid("purchase_id");
    own.until_purchase(purchase, "paid").await;
    let applied = own.apply(&spare, &tariff).await.uuid("application_id");

    let reason = "Mine";
    let calls = [
        (
            "/admin/applications".to_owned(),
            json!({ "user_id": own.id, "promocode_id": promo.id, "tariff": tariff.id, "reason": reason }),
        ),
        (
            format!("/admin/applications/{applied}/extend"),
            json!({ "hold_minutes": 600, "reason": reason }),
        ),
        (
            format!("/admin/applications/{applied}/cancel"),
            json!({ "reason": reason }),
        ),
        (
            "/admin/subscriptions".to_owned(),
            json!({ "user_id": own.id, "tariff": tariff.id, "days": 7, "reason": reason }),
        ),
        (
            "/admin/subscriptions/end".to_owned(),
            json!({ "user_id": own.id, "tariff": tariff.id, "reason": reason }),
        ),
        (
            format!("/admin/purchases/{purchase}/refunds"),
            json!({ "reason": reason }),
        ),
        (
            format!("/admin/purchases/{purchase}/revocation"),
            json!({ "reason": reason }),
        ),
    ];
    let key = || unique("refund-");
    for (path, body) in &calls {
        let call = admin.call("POST", path).json(body);
        let answer = call.header("idempotency-key", &key()).send().await;
        answer.problem(409, "own_account");
    }
    own.until_purchase(purchase, "paid").await;
    assert_eq!(world.count_refunds(purchase).await, 0);
    let sql = "SELECT count(*) FROM staff_changes WHERE actor_id = $1";
    let logged = world.loyalty.row(sql, &[(&admin.id, Type::UUID)]).await;
    assert_eq!(logged.unwrap().unwrap().get::<_, i64>(0), 0);

    // A colleague may do each of it.
    let [_, _, cancel, _, _, _, revoke] = &calls;
    for (path, body) in [cancel, revoke] {
        let call = stranger.call("POST", path).json(body);
        call.send().await.success(200);
    }
    world.finish().await;
}
