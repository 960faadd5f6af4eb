//! One trial per person, whatever the code, even after the account is deleted.

use testkit::{Effect, Promo, PromoSpec, Tariff, User, World, join_all, now};

async fn trial(world: &World) -> Promo {
    let spec = PromoSpec {
        effect: Effect::Free(14),
        ..PromoSpec::default()
    };
    world.promo(spec).await
}

/// The IDs of the codes that the user is offered for the tariff.
async fn shown(user: &User, tariff: &Tariff) -> Vec<i64> {
    let answer = user.promocodes().await;
    let shown = answer.success(200)["promocodes"].as_array().unwrap();
    let for_tariff = shown.iter().filter(|promo| {
        let mut offers = promo["offers"].as_array().unwrap().iter();
        offers.any(|offer| offer["tariff"] == tariff.id)
    });
    for_tariff
        .map(|promo| promo["promocode_id"].as_i64().unwrap())
        .collect()
}

#[tokio::test]
async fn applied_or_used_trial_excludes_another() {
    let world = World::new().await;
    let (user, other) = (world.user().await, world.user().await);
    let (month, year) = (world.tariff(29_900).await, world.tariff(299_000).await);
    let (first, second) = (trial(&world).await, trial(&world).await);
    let discount = world.promo(PromoSpec::default()).await;

    user.apply(&first, &month).await.success(201);
    let refused = user.apply(&second, &year).await;
    refused.refused(&["trial_taken"]);
    assert_eq!(
        refused.json["reasons"][0]["observed"], "applied",
        "{refused}"
    );
    // A cancelled trial does not count.
    user.cancel(&first).await.success(200);
    user.apply(&second, &year).await.success(201);
    user.buy(&second, &year).await.success(200);
    let refused = user.apply(&first, &month).await;
    refused.refused(&["trial_taken"]);
    assert_eq!(refused.json["reasons"][0]["observed"], "used", "{refused}");

    // Discounts still work, and so do trials of other users.
    user.apply(&discount, &month).await.success(201);
    other.buy(&first, &month).await.success(200);
    world.finish().await;
}

#[tokio::test]
async fn one_of_concurrent_trials_is_granted() {
    let world = World::new().await;
    let user = world.user().await;
    let many = world.many(9);
    let trials = join_all((0..many).map(|_| trial(&world))).await;
    let tariffs = join_all((0..many).map(|_| world.tariff(29_900))).await;
    let all = trials.iter().zip(&tariffs);
    let answers = join_all(all.map(|(promo, tariff)| user.buy(promo, tariff))).await;
    let (taken, refused): (Vec<_>, Vec<_>) = answers.iter().partition(|a| a.status == 200);
    assert_eq!(taken.len(), 1, "{answers:#?}");
    for answer in refused {
        answer.refused(&["trial_taken"]);
    }
    world.finish().await;
}

#[tokio::test]
async fn deleting_the_account_gives_no_second_trial() {
    let world = World::new().await;
    let (tariff, support) = (world.tariff(29_900).await, world.staff("support").await);
    let (first, second) = (trial(&world).await, trial(&world).await);
    let open = PromoSpec {
        effect: Effect::Free(7),
        tariffs: Some(vec![tariff.id]),
        listed: true,
        ..PromoSpec::default()
    };
    let open = world.promo(open).await;
    let discount = world.promo(PromoSpec::default()).await;

    let user = world.user().await;
    assert!(shown(&user, &tariff).await.contains(&open.id));
    user.buy(&first, &tariff).await.success(200);
    user.delete().await.success(204);
    world.until_status(user.id, "deleted").await;

    // For the second account with the address, and for the third.
    let mut email = user.email.clone();
    for _ in 0..2 {
        let again = world.register_again(&email).await;
        assert_ne!(again.id, user.id);
        let refused = again.apply(&second, &tariff).await;
        refused.refused(&["trial_taken"]);
        assert!(!shown(&again, &tariff).await.contains(&open.id));
        let why = format!(
            "/admin/eligibility?user_id={}&promocode_id={}&tariff={}",
            again.id, second.id, tariff.id
        );
        for at in [String::new(), format!("&at={}", now())] {
            let answer = support.call("GET", &format!("{why}{at}")).send().await;
            let outcomes = answer.success(200)["outcomes"].as_array().unwrap();
            let refusing = outcomes.iter().find(|outcome| outcome["passed"] == false);
            assert_eq!(refusing.unwrap()["rule"], "trial_taken", "{answer}");
        }
        again.apply(&discount, &tariff).await.success(201);
        again.delete().await.success(204);
        world.until_status(again.id, "deleted").await;
        email = again.email.clone();
    }

    // A trial that was applied but never used does not count.
    let hesitant = world.user().await;
    hesitant.apply(&first, &tariff).await.success(201);
    hesitant.delete().await.success(204);
    world.until_status(hesitant.id, "deleted").await;
    let again = world.register_again(&hesitant.email).await;
    again.buy(&second, &tariff).await.success(200);
    world.finish().await;
}

#[tokio::test]
async fn another_spelling_of_a_deleted_mailbox_gives_no_second_trial() {
    let world = World::new().await;
    let tariff = world.tariff(29_900).await;
    let (first, second) = (trial(&world).await, trial(&world).await);
    let name = testkit::unique("mailbox");
    for (deleted, others) in [
        (
            format!("a.{name}+one@gmail.com"),
            vec![
                format!("a{name}@googlemail.com"),
                format!("a{name}+two@gmail.com"),
            ],
        ),
        (
            format!("b.{name}@ya.ru"),
            vec![format!("b-{name}+1@yandex.ru")],
        ),
        (
            format!("c{name}@пример.рф"),
            vec![format!("c{name}+1@xn--e1afmkfd.xn--p1ai")],
        ),
    ] {
        let user = world.register_again(&deleted).await;
        user.buy(&first, &tariff).await.success(200);
        user.delete().await.success(204);
        for other in others {
            let again = world.register_again(&other).await;
            let refused = again.apply(&second, &tariff).await;
            refused.refused(&["trial_taken"]);
        }
    }
    // Another mailbox is another person.
    let stranger = world.register_again(&format!("b{name}@ya.ru")).await;
    stranger.apply(&second, &tariff).await.success(201);
    world.finish().await;
}
