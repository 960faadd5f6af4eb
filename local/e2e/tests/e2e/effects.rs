//! What codes do to prices, to the kopeck.

use serde_json::json;
use testkit::{Audience, Effect, PromoSpec, World};

/// Price, effect and total; `None` if the code would not lower the price.
const CASES: [(i64, Effect, Option<&str>); 18] = [
    (29_900, Effect::FixedPrice(10_000), Some("100.00")),
    (29_900, Effect::FixedPrice(29_899), Some("298.99")),
    (29_900, Effect::FixedPrice(29_900), None),
    (29_900, Effect::FixedPrice(30_000), None),
    (29_900, Effect::AmountOff(10_000), Some("199.00")),
    (29_900, Effect::AmountOff(29_800), Some("1.00")),
    (29_900, Effect::AmountOff(29_900), Some("0.00")),
    (29_900, Effect::AmountOff(99_900), Some("0.00")),
    (29_900, Effect::PercentOff(3_000, None), Some("209.30")),
    (29_900, Effect::PercentOff(10_000, None), Some("0.00")),
    (
        29_900,
        Effect::PercentOff(5_000, Some(10_000)),
        Some("199.00"),
    ),
    (29_900, Effect::PercentOff(1, None), Some("298.97")),
    // 33.33 % of 9.99 is 3.329667, rounded half up to 3.33.
    (999, Effect::PercentOff(3_333, None), Some("6.66")),
    // 50 % of 2.05 is 1.025, rounded half up to 1.03.
    (205, Effect::PercentOff(5_000, None), Some("1.02")),
    // 0.01 % of 49.99 rounds to nothing.
    (4_999, Effect::PercentOff(1, None), None),
    (1, Effect::PercentOff(4_999, None), None),
    (29_900, Effect::Free(14), Some("0.00")),
    // The largest price that the database can hold.
    (
        i64::MAX,
        Effect::PercentOff(5_000, None),
        Some("46116860184273879.03"),
    ),
];

#[tokio::test]
async fn effects_give_exact_prices() {
    let world = World::new().await;
    let user = world.user().await;
    for (price, effect, total) in CASES {
        let tariff = world.tariff(price).await;
        let promo = world
            .promo(PromoSpec {
                effect,
                ..PromoSpec::default()
            })
            .await;
        let answer = user.apply(&promo, &tariff).await;
        let Some(total) = total else {
            answer.refused(&["no_benefit"]);
            continue;
        };
        let case = format!("{effect:?} on {price}: {answer}");
        let hold = answer.success(201);
        assert_eq!(
            hold["total"],
            json!({ "amount": total, "currency": "RUB" }),
            "{case}"
        );
        let kopecks = |member: &str| {
            let amount = hold[member]["amount"].as_str().unwrap_or_default();
            amount.replace('.', "").parse::<i64>().unwrap()
        };
        assert_eq!(kopecks("price"), price, "{case}");
        assert_eq!(kopecks("discount") + kopecks("total"), price, "{case}");
        let days = match effect {
            Effect::Free(days) => json!(days),
            _ => json!(null),
        };
        assert_eq!(hold["trial_days"], days, "{case}");
    }
    world.finish().await;
}

#[tokio::test]
async fn list_quotes_the_price_of_applying() {
    let world = World::new().await;
    let user = world.user().await;
    let (cheap, dear) = (world.tariff(9_900).await, world.tariff(99_900).await);
    let effects = [
        // Lowers the price of the expensive tariff only, so only that one is offered.
        (Effect::FixedPrice(9_900), vec![(&dear, "99.00")]),
        (
            Effect::AmountOff(10_000),
            vec![(&cheap, "0.00"), (&dear, "899.00")],
        ),
        (
            Effect::PercentOff(1_500, None),
            vec![(&cheap, "84.15"), (&dear, "849.15")],
        ),
        (Effect::Free(7), vec![(&cheap, "0.00"), (&dear, "0.00")]),
    ];
    for (effect, offers) in effects {
        let promo = world
            .promo(PromoSpec {
                effect,
                tariffs: Some(vec![cheap.id, dear.id]),
                audience: Audience::User(user.id),
                listed: true,
                ..PromoSpec::default()
            })
            .await;
        let list = user.promocodes().await;
        let list = list.success(200)["promocodes"].as_array().unwrap();
        let shown = list.iter().find(|p| p["promocode_id"] == promo.id);
        let shown = shown.unwrap_or_else(|| panic!("{effect:?} is not listed"));
        let totals: Vec<_> = shown["offers"]
            .as_array()
            .unwrap()
            .iter()
            .map(|offer| (&offer["tariff"], &offer["total"]["amount"]))
            .map(|(tariff, total)| (tariff.as_i64().unwrap(), total.as_str().unwrap()))
            .collect();
        let expected: Vec<_> = offers.iter().map(|(t, total)| (t.id, *total)).collect();
        assert_eq!(totals, expected, "{effect:?}");
        for (tariff, total) in offers {
            let applied = user.apply(&promo, tariff).await;
            assert_eq!(applied.success(201)["total"]["amount"], total, "{effect:?}");
            user.cancel(&promo).await.success(200);
        }
    }
    world.finish().await;
}

#[tokio::test]
async fn trial_lasts_its_days_and_free_month_a_month() {
    let world = World::new().await;
    let user = world.user().await;
    for (effect, days) in [
        (Effect::Free(14), 14..=14),
        (Effect::PercentOff(10_000, None), 28..=31),
        (Effect::AmountOff(99_900), 28..=31),
    ] {
        let tariff = world.tariff(29_900).await;
        let promo = world
            .promo(PromoSpec {
                effect,
                ..PromoSpec::default()
            })
            .await;
        let bought = user.buy(&promo, &tariff).await;
        let purchase = bought.success(200);
        assert_eq!(purchase["status"], "paid");
        assert_eq!(purchase["total"]["amount"], "0.00");
        assert!(purchase.get("confirmation_url").is_none(), "{bought}");
        let stored = world.purchase(bought.uuid("purchase_id")).await;
        assert_eq!(stored.payment_id, None, "nothing to pay, so no payment");
        let (from, to) = stored.subscription.expect("a subscription");
        let subscription = &purchase["subscription"];
        assert_eq!(subscription["tariff"], tariff.id);
        assert_eq!(subscription["starts_at"], from.to_string());
        assert_eq!(subscription["ends_at"], to.to_string());
        let lasts = to.duration_since(from).as_hours() / 24;
        assert!(days.contains(&lasts), "{effect:?}: {lasts} days");
    }
    world.finish().await;
}
