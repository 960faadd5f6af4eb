//! Filters tell support nothing about texts that it does not know.

use testkit::{NewCode, PromoSpec, World};

use super::{get, known, learned, listed, put_in_batch};

#[tokio::test]
async fn begins_with_finds_listed_codes_alone_for_support() {
    let world = World::new().await;
    let (user, support, marketer) = (
        world.user().await,
        world.staff("support").await,
        world.staff("marketer").await,
    );
    let (public, unlisted) = (
        listed(&world).await,
        world.promo(PromoSpec::default()).await,
    );
    let batched = world.another_code(&public, NewCode::default()).await;
    put_in_batch(&world, &batched).await;
    let for_user = NewCode {
        user_id: Some(user.id),
        ..NewCode::default()
    };
    let personal = world.another_code(&public, for_user).await;
    for promo in [&unlisted, &batched, &personal] {
        for text in [&promo.code[..], &promo.code[..6]] {
            for filter in [
                String::new(),
                format!("&promotion_id={}", promo.promotion),
                format!("&user_id={}", user.id),
            ] {
                let path = format!("/admin/promocodes?begins_with={text}{filter}");
                let found = get(&support, &path).await;
                let items = found.success(200)["items"].as_array().unwrap();
                let is_it = |item: &&serde_json::Value| item["promocode_id"] == promo.id;
                assert_eq!(items.iter().find(is_it), None, "{path}");
                assert!(items.iter().all(|item| item["promocode_masked"] == false));
            }
        }
        let path = format!(
            "/admin/promocodes?promotion_id={}&begins_with={}",
            promo.promotion, promo.code
        );
        let found = get(&marketer, &path).await;
        assert_eq!(found.success(200)["items"][0]["promocode_id"], promo.id);
    }
    let path = format!("/admin/promocodes?begins_with={}", public.code);
    let found = get(&support, &path).await;
    assert_eq!(found.success(200)["items"][0]["promocode_id"], public.id);
    assert_eq!(learned(&world, &support).await, []);
    assert_eq!(known(&world, &support).await, [0; 0]);
    world.finish().await;
}

/// Of a code that nobody has tried there is no decision, so its text can't be confirmed.
#[tokio::test]
async fn text_without_decisions_is_answered_like_an_unknown_one() {
    let world = World::new().await;
    let support = world.staff("support").await;
    let promo = world.promo(PromoSpec::default()).await;
    let list = async |code: &str| {
        let answer = get(&support, &format!("/admin/decisions?promocode={code}")).await;
        answer.success(200).clone()
    };
    assert_eq!(list(&promo.code).await, list("NOSUCHCODE").await);
    assert_eq!(learned(&world, &support).await, []);
    world.finish().await;
}
