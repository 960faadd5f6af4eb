//! Support looks a promo code up, and says why.

use serde_json::{Value, json};
use testkit::{Answer, NewCode, Promo, PromoSpec, User, World, join_all};

use super::{Learned, get, known, learned};

/// The default limit of a member of staff within an hour.
const LIMIT: usize = 30;
const REASON: &str = "The customer can't read the printed code";

fn path(promo: &Promo) -> String {
    format!("/admin/promocodes/{}/look_up", promo.id)
}

async fn look_up(staff: &User, promo: &Promo, key: Option<&str>) -> Answer {
    let call = staff.call("POST", &path(promo));
    let call = call.json(&json!({ "reason": REASON }));
    match key {
        Some(key) => call.header("idempotency-key", key).send().await,
        None => call.send().await,
    }
}

fn row(promo: &Promo) -> Learned {
    Learned {
        action: "look_up".to_owned(),
        code: promo.id.to_string(),
        details: json!({}),
        user_id: None,
        reason: Some(REASON.to_owned()),
    }
}

#[tokio::test]
async fn look_up_shows_the_text_and_is_recorded() {
    let world = World::new().await;
    let (support, admin) = (world.staff("support").await, world.staff("admin").await);
    let promo = world.promo(PromoSpec::default()).await;
    let path = format!("/admin/promocodes/{}", promo.id);
    let masked = get(&support, &path).await;
    assert_eq!(masked.success(200)["promocode_masked"], true);

    let found = look_up(&support, &promo, None).await;
    let body = found.success(200);
    assert_eq!(body["promocode"], promo.code.as_str());
    assert_eq!(body["promocode_masked"], false);
    assert_eq!(found.header("etag"), Some("\"1\""));
    // Otherwise it is what the promo code's own path answers.
    let mut expected = masked.success(200).clone();
    expected["promocode"] = json!(promo.code);
    expected["promocode_masked"] = json!(false);
    assert_eq!(body, &expected);
    assert_eq!(learned(&world, &support).await, [row(&promo)]);
    assert_eq!(known(&world, &support).await, [promo.id]);

    // Each look-up is recorded, and other answers stay masked.
    look_up(&support, &promo, None).await.success(200);
    assert_eq!(learned(&world, &support).await.len(), 2);
    let masked = get(&support, &path).await;
    assert_eq!(masked.success(200)["promocode_masked"], true);

    let log = format!(
        "/admin/audit?resource=promo_code&resource_id={}&action=look_up",
        promo.id
    );
    let log = get(&admin, &log).await;
    let items = log.success(200)["items"].as_array().unwrap();
    assert_eq!(items.len(), 2);
    for item in items {
        assert_eq!(item["actor_id"], json!(support.id));
        assert_eq!(item["reason"], REASON);
        assert_eq!(item["path"], path);
    }
    assert!(!log.body().contains(&promo.code));
    world.finish().await;
}

#[tokio::test]
async fn look_up_of_a_personal_code_names_its_user() {
    let world = World::new().await;
    let (user, support) = (world.user().await, world.staff("support").await);
    let promo = world.promo(PromoSpec::default()).await;
    let for_user = NewCode {
        user_id: Some(user.id),
        ..NewCode::default()
    };
    let personal = world.another_code(&promo, for_user).await;
    look_up(&support, &personal, None).await.success(200);
    let expected = Learned {
        user_id: Some(user.id),
        ..row(&personal)
    };
    assert_eq!(learned(&world, &support).await, [expected]);
    // So support finds it in the part of the log that it sees.
    let log = format!("/admin/audit?user_id={}&action=look_up", user.id);
    let log = get(&support, &log).await;
    assert_eq!(log.success(200)["items"].as_array().unwrap().len(), 1);
    world.finish().await;
}

#[tokio::test]
async fn repeated_look_up_is_recorded_once() {
    let world = World::new().await;
    let support = world.staff("support").await;
    let (promo, other) = (
        world.promo(PromoSpec::default()).await,
        world.promo(PromoSpec::default()).await,
    );
    let times = world.many(6);
    let repeated = (0..times).map(|_| look_up(&support, &promo, Some("one")));
    let answers = join_all(repeated).await;
    for answer in &answers {
        assert_eq!(answer.success(200), answers[0].success(200));
        assert_eq!(answer.json["promocode"], promo.code.as_str());
    }
    assert_eq!(learned(&world, &support).await, [row(&promo)]);
    let answer = look_up(&support, &other, Some("one")).await;
    answer.problem(422, "idempotency_key_reused");
    assert_eq!(known(&world, &support).await, [promo.id]);
    world.finish().await;
}

#[tokio::test]
async fn look_up_needs_a_reason_and_a_promo_code() {
    let world = World::new().await;
    let support = world.staff("support").await;
    let promo = world.promo(PromoSpec::default()).await;
    let send = async |path: &str, body: Value| {
        let call = support.call("POST", path).json(&body);
        call.send().await
    };
    let own = path(&promo);
    for reason in ["", "  ", "two\nlines", &"x".repeat(201)] {
        let answer = send(&own, json!({ "reason": reason })).await;
        answer.invalid_field("reason");
        assert!(!answer.body().contains(&promo.code));
    }
    send(&own, json!({})).await.invalid_field("reason");
    for id in ["0", "x", "9223372036854775807"] {
        let answer = send(
            &format!("/admin/promocodes/{id}/look_up"),
            json!({ "reason": REASON }),
        )
        .await;
        answer.problem(404, "promocode_not_found");
    }
    assert_eq!(learned(&world, &support).await, []);
    world.finish().await;
}

#[tokio::test]
async fn look_ups_of_a_member_of_staff_are_limited() {
    let world = World::new().await;
    let (support, other) = (world.staff("support").await, world.staff("support").await);
    let promo = world.promo(PromoSpec::default()).await;
    look_up(&support, &promo, Some("first")).await.success(200);
    let times = LIMIT + 4;
    let answers = join_all((0..times).map(|_| look_up(&support, &promo, None))).await;
    let (found, refused): (Vec<_>, Vec<_>) = answers.iter().partition(|a| a.status == 200);
    assert_eq!(found.len(), LIMIT - 1, "{refused:?}");
    for answer in refused {
        answer.problem(429, "too_many_attempts");
        let seconds: u32 = answer.header("retry-after").unwrap().parse().unwrap();
        assert!((1..=3600).contains(&seconds), "{answer}");
    }
    assert_eq!(learned(&world, &support).await.len(), LIMIT);
    // A repetition shows nothing more, and others are not limited.
    let again = look_up(&support, &promo, Some("first")).await;
    assert_eq!(again.success(200)["promocode"], promo.code.as_str());
    look_up(&other, &promo, None).await.success(200);
    world.finish().await;
}
