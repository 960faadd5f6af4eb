//! Staff who type the text of an unlisted promo code know it: the customer has read it out.

use serde_json::json;
use testkit::{Answer, Promo, PromoSpec, PromotionStatus, Tariff, User, World, join_all, unique};

use super::{Learned, get, known, learned, listed};

/// The default limit on unknown codes per user.
const LIMIT: usize = 10;
const REASON: &str = "Asked by phone";

async fn why(staff: &User, user: &User, code: &str, tariff: &Tariff) -> Answer {
    let path = format!(
        "/admin/eligibility?user_id={}&promocode={code}&tariff={}",
        user.id, tariff.id
    );
    get(staff, &path).await
}

async fn apply(staff: &User, user: &User, code: &str, tariff: &Tariff) -> Answer {
    let body = json!({
        "user_id": user.id, "promocode": code, "tariff": tariff.id, "reason": REASON,
    });
    let call = staff.call("POST", "/admin/applications").json(&body);
    call.send().await
}

async fn decisions(staff: &User, code: &str) -> Answer {
    get(staff, &format!("/admin/decisions?promocode={code}")).await
}

fn by(call: &str, promo: &Promo, user: Option<&User>, reason: Option<&str>) -> Learned {
    Learned {
        action: "look_up".to_owned(),
        code: promo.id.to_string(),
        details: json!({ "by": call }),
        user_id: user.map(|user| user.id),
        reason: reason.map(str::to_owned),
    }
}

#[tokio::test]
async fn typed_text_is_shown_and_recorded_the_first_time() {
    let world = World::new().await;
    let (user, support) = (world.user().await, world.staff("support").await);
    let tariff = world.tariff(29_900).await;
    let promo = world.promo(PromoSpec::default()).await;
    let typed = promo.code.to_lowercase();
    for _ in 0..2 {
        let answer = why(&support, &user, &typed, &tariff).await;
        assert_eq!(answer.success(200)["promocode"], promo.code.as_str());
        assert_eq!(answer.json["promocode_masked"], false);
        assert!(answer.text("summary").contains(&promo.code), "{answer}");
    }
    let expected = [by("eligibility", &promo, Some(&user), None)];
    assert_eq!(learned(&world, &support).await, expected);
    assert_eq!(known(&world, &support).await, [promo.id]);
    // By whatever call: it is known already.
    let applied = apply(&support, &user, &typed, &tariff).await;
    assert_eq!(applied.success(201)["promocode"], promo.code.as_str());
    let listed = decisions(&support, &typed).await;
    let item = &listed.success(200)["items"][0];
    assert_eq!(item["promocode"], promo.code.as_str());
    assert_eq!(learned(&world, &support).await, expected);
    // Where it is not typed, it is masked as before.
    let path = format!("/admin/promocodes/{}", promo.id);
    let answer = get(&support, &path).await;
    assert_eq!(answer.success(200)["promocode_masked"], true);
    world.finish().await;
}

#[tokio::test]
async fn every_call_that_takes_a_text_records_it() {
    let world = World::new().await;
    let (user, support) = (world.user().await, world.staff("support").await);
    let tariff = world.tariff(29_900).await;
    let paused = PromoSpec {
        status: PromotionStatus::Paused,
        ..PromoSpec::default()
    };
    let (paused, decided, free) = (
        world.promo(paused).await,
        world.promo(PromoSpec::default()).await,
        world.promo(PromoSpec::default()).await,
    );
    user.apply(&decided, &tariff).await.success(201);
    user.cancel(&decided).await.success(200);

    // A refusal tells that there is such a code as well.
    let refused = apply(&support, &user, &paused.code, &tariff).await;
    refused.problem(422, "promo_not_active");
    let mut expected = vec![by("application", &paused, Some(&user), Some(REASON))];
    assert_eq!(learned(&world, &support).await, expected);
    decisions(&support, &decided.code).await.success(200);
    expected.push(by("decisions", &decided, None, None));
    assert_eq!(learned(&world, &support).await, expected);
    // As does the answer that there is something to pay.
    let body = json!({
        "user_id": user.id, "promocode": free.code, "tariff": tariff.id, "reason": REASON, "use": true,
    });
    let call = support.call("POST", "/admin/applications").json(&body);
    call.send().await.problem(409, "buyer_must_pay");
    expected.push(by("application", &free, Some(&user), Some(REASON)));
    assert_eq!(learned(&world, &support).await, expected);

    // No text is learned by an ID, from a listed code, or where there is no answer about the code.
    let another = world.promo(PromoSpec::default()).await;
    let path = format!(
        "/admin/eligibility?user_id={}&promocode_id={}&tariff={}",
        user.id, another.id, tariff.id
    );
    get(&support, &path).await.success(200);
    let public = listed(&world).await;
    why(&support, &user, &public.code, &tariff)
        .await
        .success(200);
    let nowhere = Tariff {
        id: i64::MAX,
        ..tariff
    };
    let answer = why(&support, &user, &another.code, &nowhere).await;
    answer.problem(404, "tariff_not_found");
    assert_eq!(learned(&world, &support).await, expected);
    world.finish().await;
}

#[tokio::test]
async fn marketer_who_types_a_text_has_looked_it_up() {
    let world = World::new().await;
    let (user, marketer) = (world.user().await, world.staff("marketer").await);
    let tariff = world.tariff(29_900).await;
    let promo = world.promo(PromoSpec::default()).await;
    let times = world.many(9);
    let asked = (0..times).map(|_| why(&marketer, &user, &promo.code, &tariff));
    for answer in join_all(asked).await {
        assert_eq!(answer.success(200)["promocode"], promo.code.as_str());
    }
    // One row, however many came at once, and none for the same text in the answers.
    let expected = [by("eligibility", &promo, Some(&user), None)];
    assert_eq!(learned(&world, &marketer).await, expected);
    world.finish().await;
}

/// A code that does not exist.
fn unknown() -> String {
    unique("GUESS")
}

#[tokio::test]
async fn staff_guess_no_more_than_buyers() {
    let world = World::new().await;
    let (user, tariff) = (world.user().await, world.tariff(29_900).await);
    for role in ["support", "marketer"] {
        let (staff, colleague) = (world.staff(role).await, world.staff(role).await);
        let (promo, seen) = (
            world.promo(PromoSpec::default()).await,
            world.promo(PromoSpec::default()).await,
        );
        why(&staff, &user, &seen.code, &tariff).await.success(200);
        for number in 0..LIMIT {
            match number % 3 {
                0 => {
                    let answer = why(&staff, &user, &unknown(), &tariff).await;
                    answer.problem(404, "promocode_not_found");
                }
                1 => {
                    let answer = apply(&staff, &user, &unknown(), &tariff).await;
                    answer.problem(404, "promocode_not_found");
                }
                _ => {
                    let answer = decisions(&staff, &unknown()).await;
                    assert_eq!(answer.success(200), &json!({ "items": [] }));
                }
            }
        }
        for code in [&unknown(), &promo.code] {
            for answer in [
                why(&staff, &user, code, &tariff).await,
                apply(&staff, &user, code, &tariff).await,
                decisions(&staff, code).await,
            ] {
                answer.problem(429, "too_many_attempts");
                let seconds: u32 = answer.header("retry-after").unwrap().parse().unwrap();
                assert!((1..=600).contains(&seconds), "{answer}");
            }
        }
        // The same counter as that of their own purchases.
        let path = format!(
            "/apply_promocode?promocode={}&tariff={}",
            unknown(),
            tariff.id
        );
        let own = staff.call("POST", &path).send().await;
        own.problem(429, "too_many_attempts");
        // What they know is no guess, nor is an ID; and others are not limited.
        why(&staff, &user, &seen.code, &tariff).await.success(200);
        let by_id = format!(
            "/admin/eligibility?user_id={}&promocode_id={}&tariff={}",
            user.id, promo.id, tariff.id
        );
        get(&staff, &by_id).await.success(200);
        why(&colleague, &user, &promo.code, &tariff)
            .await
            .success(200);
    }
    world.finish().await;
}

#[tokio::test]
async fn concurrent_guesses_of_staff_stay_within_the_limit() {
    let world = World::new().await;
    let (user, support) = (world.user().await, world.staff("support").await);
    let tariff = world.tariff(29_900).await;
    let codes: Vec<String> = (0..world.many(60)).map(|_| unknown()).collect();
    let guesses = codes.iter().map(|code| why(&support, &user, code, &tariff));
    let answers = join_all(guesses).await;
    let (wrong, refused): (Vec<_>, Vec<_>) = answers.iter().partition(|a| a.status == 404);
    assert_eq!(wrong.len(), LIMIT, "{answers:#?}");
    for answer in refused {
        answer.problem(429, "too_many_attempts");
    }
    world.finish().await;
}

#[tokio::test]
async fn repeated_application_is_no_guess() {
    let world = World::new().await;
    let (user, support) = (world.user().await, world.staff("support").await);
    let tariff = world.tariff(29_900).await;
    let promo = listed(&world).await;
    let body = json!({
        "user_id": user.id, "promocode": promo.code, "tariff": tariff.id, "reason": REASON,
    });
    let apply = async || {
        let call = support.call("POST", "/admin/applications").json(&body);
        call.header("idempotency-key", "once").send().await
    };
    let applied = apply().await;
    applied.success(201);
    for _ in 0..LIMIT {
        let answer = why(&support, &user, &unknown(), &tariff).await;
        answer.problem(404, "promocode_not_found");
    }
    assert_eq!(apply().await.success(200), applied.success(201));
    world.finish().await;
}
