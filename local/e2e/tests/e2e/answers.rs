//! Answers about unknown resources, and the language of errors.

use testkit::{Promo, PromoSpec, PromotionStatus, Tariff, World};

#[tokio::test]
async fn unknown_resources_are_not_found() {
    let world = World::new().await;
    let user = world.user().await;
    let tariff = world.tariff(29_900).await;
    let promo = world.promo(PromoSpec::default()).await;
    let (no_promo, no_tariff) = (
        Promo {
            id: i64::MAX,
            promotion: i64::MAX,
            code: "NOSUCHPROMO".to_owned(),
        },
        Tariff {
            id: i64::MAX,
            ..tariff.clone()
        },
    );
    for (promo, tariff, code) in [
        (&no_promo, &tariff, "promocode_not_found"),
        (&promo, &no_tariff, "tariff_not_found"),
        (&no_promo, &no_tariff, "tariff_not_found"),
    ] {
        user.apply(promo, tariff).await.problem(404, code);
        user.buy(promo, tariff).await.problem(404, code);
    }
    user.cancel(&no_promo)
        .await
        .problem(404, "application_not_found");
    user.cancel(&promo)
        .await
        .problem(404, "application_not_found");
    for typed in [
        "NOSUCHCODE",
        "no",
        "%00",
        "%F0%9F%98%80%F0%9F%98%80%F0%9F%98%80",
        "A'--",
    ] {
        let path = format!("/apply_promocode?promocode={typed}&tariff={}", tariff.id);
        let answer = user.call("POST", &path).send().await;
        answer.problem(404, "promocode_not_found");
    }
    world.finish().await;
}

#[tokio::test]
async fn errors_follow_accept_language() {
    let world = World::new().await;
    let user = world.user().await;
    let tariff = world.tariff(29_900).await;
    let promo = world
        .promo(PromoSpec {
            status: PromotionStatus::Paused,
            ..PromoSpec::default()
        })
        .await;
    let path = format!(
        "/apply_promocode?promocode={}&tariff={}",
        promo.code, tariff.id
    );
    for (accepts, language) in [
        (None, "en"),
        (Some("ru"), "ru"),
        (Some("ru-RU,ru;q=0.9,en-US;q=0.8,en;q=0.7"), "ru"),
        (Some("en-GB, ru;q=0.5"), "en"),
        (Some("de"), "en"),
    ] {
        let call = user.call("POST", &path);
        let answer = match accepts {
            Some(accepts) => call.header("accept-language", accepts).send().await,
            None => call.send().await,
        };
        answer.refused(&["promo_not_active"]);
        assert_eq!(
            answer.header("content-language"),
            Some(language),
            "{accepts:?}"
        );
        for text in [&answer.json, &answer.json["reasons"][0]] {
            for member in ["title", "detail"] {
                let Some(text) = text[member].as_str() else {
                    continue;
                };
                let russian = text.chars().any(|c| ('а'..='я').contains(&c));
                assert_eq!(russian, language == "ru", "{accepts:?}: {text}");
            }
        }
    }
    world.finish().await;
}
