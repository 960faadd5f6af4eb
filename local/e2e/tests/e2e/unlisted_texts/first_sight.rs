//! Marketers and administrators see texts, and the first time is recorded.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use testkit::{NewCode, Promo, PromoSpec, User, World, join_all};

use super::{Learned, get, known, learned, listed};

/// That these were read in one answer.
fn read(promos: &[&Promo]) -> Learned {
    let mut ids: Vec<i64> = promos.iter().map(|promo| promo.id).collect();
    ids.sort_unstable();
    Learned {
        action: "read".to_owned(),
        code: ids[0].to_string(),
        details: json!({ "promocode_ids": ids }),
        user_id: None,
        reason: None,
    }
}

fn codes_of(promo: &Promo) -> String {
    format!("/admin/promocodes?promotion_id={}", promo.promotion)
}

async fn see(staff: &User, path: &str) -> Value {
    let answer = get(staff, path).await;
    answer.success(200).clone()
}

#[tokio::test]
async fn first_sight_is_recorded_once_for_each_answer() {
    let world = World::new().await;
    let (user, tariff) = (world.user().await, world.tariff(29_900).await);
    for role in ["marketer", "admin"] {
        let staff = world.staff(role).await;
        let one = world.promo(PromoSpec::default()).await;
        let two = world.another_code(&one, NewCode::default()).await;
        let page = see(&staff, &codes_of(&one)).await;
        for (item, promo) in [(0, &two), (1, &one)] {
            assert_eq!(page["items"][item]["promocode"], promo.code.as_str());
            assert_eq!(page["items"][item]["promocode_masked"], false);
        }
        let mut expected = vec![read(&[&one, &two])];
        assert_eq!(learned(&world, &staff).await, expected);
        assert_eq!(known(&world, &staff).await, [one.id, two.id]);

        // What was seen is known, in whatever answer; of others, those that are new are named.
        see(&staff, &codes_of(&one)).await;
        see(&staff, &format!("/admin/promocodes/{}", one.id)).await;
        see(&staff, &format!("/admin/promocodes/{}/versions", one.id)).await;
        let three = world.another_code(&one, NewCode::default()).await;
        see(&staff, &format!("{}&limit=1", codes_of(&one))).await;
        expected.push(read(&[&three]));
        see(&staff, &codes_of(&one)).await;
        assert_eq!(learned(&world, &staff).await, expected);

        // Applications and decisions show them as well.
        let four = world.another_code(&one, NewCode::default()).await;
        let applied = user.apply(&four, &tariff).await;
        let id = applied.uuid("application_id");
        user.cancel(&four).await.success(200);
        for path in [
            format!("/admin/applications/{id}"),
            format!("/admin/applications?promotion_id={}", one.promotion),
            format!("/admin/decisions/{id}"),
            format!("/admin/decisions?promotion_id={}", one.promotion),
        ] {
            see(&staff, &path).await;
        }
        expected.push(read(&[&four]));
        assert_eq!(learned(&world, &staff).await, expected);
        let five = world.another_code(&one, NewCode::default()).await;
        let path = format!(
            "/admin/eligibility?user_id={}&promocode_id={}&tariff={}",
            user.id, five.id, tariff.id
        );
        see(&staff, &path).await;
        expected.push(read(&[&five]));
        assert_eq!(learned(&world, &staff).await, expected);
    }
    world.finish().await;
}

#[tokio::test]
async fn nothing_is_recorded_of_listed_codes_and_of_own_ones() {
    let world = World::new().await;
    let marketer = world.staff("marketer").await;
    let public = listed(&world).await;
    see(&marketer, &codes_of(&public)).await;
    assert_eq!(learned(&world, &marketer).await, []);
    assert_eq!(known(&world, &marketer).await, [0; 0]);

    // Who makes a promo code is kept as knowing it when it is made.
    let own = testkit::unique("OWN");
    let body = json!({ "promotion_id": public.promotion, "promocode": own, "max_uses": 1 });
    let sql = "UPDATE promotions SET listed = false WHERE id = $1";
    let params: [pg::Param; 1] = [(&public.promotion, pg::Type::INT8)];
    pg::AdHoc::execute(&world.loyalty, sql, &params)
        .await
        .unwrap();
    let call = marketer.call("POST", "/admin/promocodes").json(&body);
    let made = call.send().await;
    assert_eq!(made.success(201)["promocode"], own.as_str());
    let id = made.json["promocode_id"].as_i64().unwrap();
    see(&marketer, &format!("/admin/promocodes/{id}")).await;
    assert_eq!(learned(&world, &marketer).await, []);
    assert_eq!(known(&world, &marketer).await, [id]);
    world.finish().await;
}

#[tokio::test]
async fn each_person_is_recorded() {
    let world = World::new().await;
    let promo = world.promo(PromoSpec::default()).await;
    let staff = [
        world.staff("marketer").await,
        world.staff("marketer").await,
        world.staff("admin").await,
    ];
    let path = codes_of(&promo);
    join_all(staff.each_ref().map(|one| see(one, &path))).await;
    for one in &staff {
        assert_eq!(learned(&world, one).await, [read(&[&promo])]);
    }
    world.finish().await;
}

/// Of many pages that are read at once, each shows some codes for the first time, and none twice.
#[tokio::test]
async fn concurrent_first_sights_are_recorded_once() {
    let world = World::new().await;
    let marketer = world.staff("marketer").await;
    let first = world.promo(PromoSpec::default()).await;
    let mut ids = vec![first.id];
    for _ in 0..5 {
        ids.push(world.another_code(&first, NewCode::default()).await.id);
    }
    let pages = (0..world.many(24)).map(|n| {
        let path = format!("{}&limit={}", codes_of(&first), n % 6 + 1);
        let marketer = &marketer;
        async move { see(marketer, &path).await }
    });
    join_all(pages).await;
    assert_eq!(known(&world, &marketer).await, ids);
    let rows = learned(&world, &marketer).await;
    let recorded: Vec<i64> = rows
        .iter()
        .flat_map(|row| row.details["promocode_ids"].as_array().unwrap())
        .map(|id| id.as_i64().unwrap())
        .collect();
    let once: BTreeSet<i64> = recorded.iter().copied().collect();
    assert_eq!(recorded.len(), once.len(), "{rows:?}");
    assert_eq!(Vec::from_iter(once), ids);
    world.finish().await;
}
