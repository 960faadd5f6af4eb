//! Lists of applications.

use std::collections::HashSet;

use jiff::SignedDuration;
use serde_json::Value;
use testkit::{PromoSpec, User, World, now};

use super::{act, apply, body, get};

/// The IDs in the list that a query finds, in all pages.
async fn list(by: &User, query: &str) -> Vec<String> {
    let (mut ids, mut cursor) = (vec![], String::new());
    loop {
        let path = format!("/admin/applications?limit=2&{query}{cursor}");
        let page = by.call("GET", &path).send().await;
        let items = page.success(200)["items"].as_array().unwrap();
        assert!(items.len() <= 2);
        ids.extend(
            items
                .iter()
                .map(|item| item["application_id"].as_str().unwrap().to_owned()),
        );
        match page.json["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return ids,
        }
    }
}

#[tokio::test]
async fn every_filter_finds_its_applications_newest_first() {
    let world = World::new().await;
    let (user, other, support) = (
        world.user().await,
        world.user().await,
        world.staff("support").await,
    );
    let start = now();
    let campaign = world.campaign(Some(100), None).await;
    let spec = PromoSpec {
        campaign: Some(campaign),
        per_user_limit: None,
        ..PromoSpec::default()
    };
    let promo = world.promo(spec).await;
    let sibling = world
        .another_code(&promo, testkit::NewCode::default())
        .await;
    let tariffs = [
        world.tariff(29_900).await,
        world.tariff(59_900).await,
        world.tariff(99_900).await,
    ];
    let mut own = vec![];
    for tariff in &tariffs {
        own.push(
            user.apply(&promo, tariff)
                .await
                .text("application_id")
                .to_owned(),
        );
    }
    let by_staff = apply(&support, body(&other, &sibling, &tariffs[0])).await;
    let by_staff = by_staff.text("application_id").to_owned();
    act(
        &support,
        own[1].parse().unwrap(),
        "cancel",
        serde_json::json!({ "reason": "x" }),
    )
    .await
    .success(200);
    own.reverse();
    let mut all = vec![by_staff.clone()];
    all.extend(own.clone());

    let (from, to) = (start - SignedDuration::from_secs(1), now());
    for (query, expected) in [
        (format!("user_id={}", user.id), &own[..]),
        (format!("promocode_id={}", promo.id), &own[..]),
        (format!("promotion_id={}", promo.promotion), &all[..]),
        (format!("campaign_id={campaign}"), &all[..]),
        (
            format!("promotion_id={}&tariff={}", promo.promotion, tariffs[2].id),
            &own[..1],
        ),
        (
            format!("campaign_id={campaign}&applied_by_staff=true"),
            &all[..1],
        ),
        (format!("user_id={}&state=cancelled", user.id), &own[1..2]),
        (
            format!("promotion_id={}&from={from}&to={to}", promo.promotion),
            &all[..],
        ),
        (
            format!("promotion_id={}&to={from}", promo.promotion),
            &[][..],
        ),
        ("promocode_id=999999999999".to_owned(), &[][..]),
    ] {
        assert_eq!(list(&support, &query).await, expected, "{query}");
    }
    // Those of other tests as well.
    let found: HashSet<String> = list(&support, &format!("from={from}&to={to}"))
        .await
        .into_iter()
        .collect();
    assert!(all.iter().all(|id| found.contains(id)));
    let found = list(&support, &format!("from={from}&applied_by_staff=true")).await;
    assert!(found.contains(&by_staff) && !found.contains(&own[0]));

    let item = get(&support, own[0].parse().unwrap()).await;
    let item: &Value = item.success(200);
    assert_eq!(item["user_id"], user.id.to_string());
    assert_eq!(item["promocode_id"], promo.id);
    assert_eq!(item["promotion_id"], promo.promotion);
    assert_eq!(item["campaign_id"], campaign);
    assert_eq!(item["tariff_title"], tariffs[2].title);
    world.finish().await;
}

#[tokio::test]
async fn window_without_an_end_is_up_to_now() {
    let world = World::new().await;
    let (user, support) = (world.user().await, world.staff("support").await);
    let start = now();
    let promo = world.promo(PromoSpec::default()).await;
    let tariff = world.tariff(29_900).await;
    let id = user.apply(&promo, &tariff).await;
    let id = id.text("application_id").to_owned();
    for (query, is_there) in [
        (String::new(), true),
        ("&applied_by_staff=false".to_owned(), true),
        ("&applied_by_staff=true".to_owned(), false),
        (format!("&tariff={}&state=applied", tariff.id), true),
    ] {
        let found = list(&support, &format!("from={start}{query}")).await;
        assert_eq!(found.contains(&id), is_there, "{query}");
        let found = list(&support, &format!("user_id={}{query}", user.id)).await;
        assert_eq!(found.contains(&id), is_there, "{query}");
    }
    world.finish().await;
}

#[tokio::test]
async fn nobody_applies_for_themselves() {
    let world = World::new().await;
    let marketer = world.staff("marketer").await;
    let promo = world.promo(PromoSpec::default()).await;
    let tariff = world.tariff(29_900).await;
    let own = serde_json::json!({
        "user_id": marketer.id, "promocode_id": promo.id, "tariff": tariff.id, "reason": "Mine", "waive": ["promo_ended"],
    });
    let call = marketer.call("POST", "/admin/applications").json(&own);
    call.send().await.problem(409, "own_account");
    let application = marketer.apply(&promo, &tariff).await;
    let path = format!(
        "/admin/applications/{}/extend",
        application.text("application_id")
    );
    let longer = serde_json::json!({ "hold_minutes": 600, "reason": "Mine" });
    let call = marketer.call("POST", &path).json(&longer);
    call.send().await.problem(409, "own_account");
    marketer.cancel(&promo).await.success(200);
    world.finish().await;
}

#[tokio::test]
async fn list_needs_a_filter_that_an_index_serves() {
    let world = World::new().await;
    let (user, support) = (world.user().await, world.staff("support").await);
    let long_ago = now() - SignedDuration::from_hours(24 * 32);
    let path = "/admin/applications";
    for query in [
        String::new(),
        "?state=used".to_owned(),
        "?applied_by_staff=true".to_owned(),
        format!("?from={long_ago}"),
        format!("?to={}", now()),
    ] {
        let call = support.call("GET", &format!("{path}{query}"));
        call.send().await.problem(400, "filter_too_wide");
    }
    for query in [
        "?user_id=1",
        "?user_id=00000000-0000-0000-0000-000000000000&state=lost",
        "?from=yesterday",
        "?from=1999-01-01T00:00:00Z",
        "?promotion_id=0",
    ] {
        let call = support.call("GET", &format!("{path}{query}"));
        call.send().await.problem(400, "query_parameter_invalid");
    }
    let call = user.call("GET", &format!("{path}?user_id={}", user.id));
    call.send().await.problem(403, "staff_only");
    support
        .call("GET", "/admin/applications/1")
        .send()
        .await
        .problem(404, "application_not_found");
    world.finish().await;
}
