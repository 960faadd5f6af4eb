//! Promo codes can't be found by guessing.

use testkit::{Answer, PromoSpec, PromotionStatus, User, World, join_all};

/// The default limit on unknown codes per user.
const LIMIT: usize = 10;

/// A code that does not exist and that no other test uses.
fn unknown(user: &User, number: usize) -> String {
    let own = user.id.simple().to_string();
    format!("GUESS{number}X{}", &own[..20])
}

async fn guess(user: &User, call: &str, number: usize) -> Answer {
    let path = format!("/{call}&promocode={}", unknown(user, number));
    user.call("POST", &path).send().await
}

#[tokio::test]
async fn ten_unknown_codes_exhaust_the_user_limit() {
    let world = World::new().await;
    let (guesser, other) = (world.user().await, world.user().await);
    let tariff = world.tariff(29_900).await;
    let promo = world.promo(PromoSpec::default()).await;
    let spec = PromoSpec {
        status: PromotionStatus::Draft,
        ..PromoSpec::default()
    };
    let hidden = world.promo(spec).await;

    let calls = [
        format!("apply_promocode?tariff={}", tariff.id),
        format!("use_promocode?tariff={}", tariff.id),
        format!("apply_promocode?dry_run=true&tariff={}", tariff.id),
    ];
    for (number, call) in calls.iter().cycle().take(LIMIT - 2).enumerate() {
        let answer = guess(&guesser, call, number).await;
        answer.problem(404, "promocode_not_found");
    }
    let answer = guesser.apply(&hidden, &tariff).await;
    answer.problem(404, "promocode_not_found");
    // One miss is left, and valid codes cost none.
    guesser.apply(&promo, &tariff).await.success(201);
    guesser.apply(&promo, &tariff).await.success(200);
    let path = format!(
        "/use_promocode?promocode_id=9999999999&tariff={}",
        tariff.id
    );
    let answer = guesser.call("POST", &path).send().await;
    answer.problem(404, "promocode_not_found");

    for call in &calls {
        let answer = guess(&guesser, call, LIMIT).await;
        answer.problem(429, "too_many_attempts");
        let seconds: u32 = answer.header("retry-after").unwrap().parse().unwrap();
        assert!((1..=600).contains(&seconds), "{answer}");
    }
    let unseen = world.promo(PromoSpec::default()).await;
    for promo in [&hidden, &unseen] {
        let answer = guesser.apply(promo, &tariff).await;
        answer.problem(429, "too_many_attempts");
    }
    // Naming a code that the user has applied is not a guess, and other users are not limited.
    guesser.apply(&promo, &tariff).await.success(200);
    let path = format!(
        "/use_promocode?promocode={}&tariff={}",
        promo.code, tariff.id
    );
    let buy = async || {
        let call = guesser.call("POST", &path);
        call.header("idempotency-key", "known").send().await
    };
    let bought = buy().await;
    bought.success(201);
    assert_eq!(buy().await.json, bought.json);
    guesser.promocodes().await.success(200);
    guesser.cancel(&promo).await.success(200);
    other.apply(&promo, &tariff).await.success(201);
    guess(&other, &calls[0], 0)
        .await
        .problem(404, "promocode_not_found");
    world.finish().await;
}

#[tokio::test]
async fn concurrent_guesses_stay_within_the_limit() {
    let world = World::new().await;
    let user = world.user().await;
    let tariff = world.tariff(29_900).await;
    let calls =
        ["apply_promocode", "use_promocode"].map(|name| format!("{name}?tariff={}", tariff.id));
    let times = world.many(99);
    let guesses = (0..times).map(|number| guess(&user, &calls[number % 2], number));
    let answers = join_all(guesses).await;
    let (wrong, refused): (Vec<_>, Vec<_>) = answers.iter().partition(|a| a.status == 404);
    assert_eq!(wrong.len(), LIMIT, "{answers:#?}");
    for answer in wrong {
        answer.problem(404, "promocode_not_found");
    }
    for answer in refused {
        answer.problem(429, "too_many_attempts");
    }
    world.finish().await;
}
