//! Support sees no text of an unlisted promo code, whatever is asked.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use testkit::{Answer, Audience, NewCode, Promo, PromoSpec, PromotionStatus, World};

use super::{get, known, learned, listed, put_in_batch};
use crate::api::{Operation, operations, resolved};

fn name(operation: &Operation) -> String {
    format!("{} {}", operation.method, operation.template)
}

/// Nothing in the answer has the text, in whatever case.
#[track_caller]
fn hides(answer: &Answer, code: &str) {
    assert!(answer.status < 500, "{answer}");
    let whole = format!("{answer}{}", answer.body());
    assert!(
        !whole.to_uppercase().contains(&code.to_uppercase()),
        "{answer}"
    );
}

fn shows_masked(answer: &Answer) -> bool {
    answer.body().contains(r#""promocode_masked":true"#)
}

/// The names of the members that are objects of a schema, with those of other schemas that it refers to: whether each has a
/// text, and says whether it is masked.
fn texts(schema: &'static Value, seen: &mut BTreeSet<String>, unclear: &mut BTreeSet<String>) {
    match schema {
        Value::Object(object) => {
            if let Some(reference) = schema["$ref"].as_str()
                && seen.insert(reference.to_owned())
            {
                let target = resolved(schema);
                let has = |member| target["properties"].get(member).is_some();
                if has("promocode") && !has("promocode_masked") {
                    unclear.insert(reference.to_owned());
                }
                texts(target, seen, unclear);
            }
            object.values().for_each(|part| texts(part, seen, unclear));
        }
        Value::Array(parts) => parts.iter().for_each(|part| texts(part, seen, unclear)),
        _ => (),
    }
}

/// Whatever shows staff a text is made by the one type that masks it.
#[test]
fn every_answer_with_a_text_says_whether_it_is_masked() {
    let (mut seen, mut unclear) = (BTreeSet::new(), BTreeSet::new());
    for operation in operations().iter().filter(|o| o.is_for_staff()) {
        for status in [200, 201, 202] {
            if let Some(answer) = operation.answer(status) {
                texts(answer, &mut seen, &mut unclear);
            }
        }
    }
    assert!(
        seen.contains("#/components/schemas/PromocodeText"),
        "{seen:?}"
    );
    // What a promotion is created with is never in an answer: there is a schema of its own for that.
    let expected = ["#/components/schemas/CodeFields".to_owned()];
    assert_eq!(Vec::from_iter(unclear), expected);
}

#[tokio::test]
async fn no_answer_shows_support_the_text() {
    let world = World::new().await;
    let (user, refused, support) = (
        world.user().await,
        world.user().await,
        world.staff("support").await,
    );
    let (promo, tariff) = (
        world.promo(PromoSpec::default()).await,
        world.tariff(29_900).await,
    );
    let applied = user.apply(&promo, &tariff).await;
    let application = applied.text("application_id").to_owned();
    let bought = user.buy(&promo, &tariff).await;
    let purchase = bought.text("purchase_id").to_owned();
    world.sandbox.approve(bought.text("confirmation_url")).await;
    user.until_purchase(bought.uuid("purchase_id"), "paid")
        .await;
    let another = world.promo(PromoSpec::default()).await;
    refused.apply(&another, &tariff).await.success(201);
    // Refused for several reasons, one of which comes with a link.
    world
        .refuses(&refused, &promo, &tariff, &["another_promo_applied"])
        .await;

    let ids = BTreeMap::from([
        ("promocode_id", promo.id.to_string()),
        ("promotion_id", promo.promotion.to_string()),
        ("application_id", application.clone()),
        ("decision_id", application),
        ("purchase_id", purchase),
        ("user_id", user.id.to_string()),
        ("tariff_id", tariff.id.to_string()),
        ("tariff", tariff.id.to_string()),
        ("resource", "promo_code".to_owned()),
        ("resource_id", promo.id.to_string()),
    ]);
    let mut masked = BTreeSet::new();
    for operation in operations() {
        if !operation.is_for_staff() || operation.method != "GET" {
            continue;
        }
        let path = operation.path_with(|name| ids.get(name).cloned().unwrap_or("1".to_owned()));
        let parameters = operation.parameters("query").into_iter();
        let known: Vec<(&str, &String)> = parameters
            .filter_map(|parameter| parameter["name"].as_str())
            .filter_map(|name| Some((name, ids.get(name)?)))
            .collect();
        // Each filter alone, and what is required together.
        let all = known.iter().map(|(name, id)| format!("{name}={id}"));
        let all: Vec<String> = all.collect();
        let mut queries = vec![String::new(), all.join("&")];
        queries.extend(all);
        for query in queries {
            for language in ["en", "ru"] {
                let call = support.call("GET", &format!("{path}?{query}"));
                let answer = call.header("accept-language", language).send().await;
                hides(&answer, &promo.code);
                hides(&answer, &another.code);
                if shows_masked(&answer) {
                    masked.insert(name(&operation));
                }
            }
        }
    }
    let expected = [
        "GET /admin/applications",
        "GET /admin/applications/{application_id}",
        "GET /admin/decisions",
        "GET /admin/decisions/{decision_id}",
        "GET /admin/eligibility",
        "GET /admin/promocodes",
        "GET /admin/promocodes/{promocode_id}",
        "GET /admin/promocodes/{promocode_id}/versions",
    ];
    assert_eq!(Vec::from_iter(masked), expected);
    // The user whose application of another promo code is in the way.
    let path = format!(
        "/admin/eligibility?user_id={}&promocode_id={}&tariff={}",
        refused.id, promo.id, tariff.id
    );
    let why = get(&support, &path).await;
    hides(&why, &promo.code);
    hides(&why, &another.code);
    let masked = format!("{}…", &promo.code[..2]);
    assert_eq!(why.success(200)["promocode"], masked);
    let summary = why.text("summary");
    assert!(
        summary.starts_with(&format!("The code {masked} does not pass")),
        "{summary}"
    );
    // Nothing was shown, so nothing is recorded.
    assert_eq!(learned(&world, &support).await, []);
    assert_eq!(known(&world, &support).await, [0; 0]);
    world.finish().await;
}

#[tokio::test]
async fn answers_to_what_support_does_are_masked() {
    let world = World::new().await;
    let (user, support) = (world.user().await, world.staff("support").await);
    let (promo, tariff) = (
        world.promo(PromoSpec::default()).await,
        world.tariff(29_900).await,
    );
    let post = async |path: &str, body: Value| {
        let answer = support.call("POST", path).json(&body).send().await;
        hides(&answer, &promo.code);
        answer
    };
    let ask = json!({
        "user_id": user.id, "promocode_id": promo.id, "tariff": tariff.id, "reason": "Asked by phone",
    });
    let applied = post("/admin/applications", ask.clone()).await;
    assert_eq!(applied.success(201)["promocode_masked"], true);
    let again = post("/admin/applications", ask.clone()).await;
    assert_eq!(again.success(200), applied.success(201));
    let path = format!("/admin/applications/{}", applied.text("application_id"));
    let extend = json!({ "hold_minutes": 60, "reason": "Asked by phone" });
    let extended = post(&format!("{path}/extend"), extend).await;
    assert_eq!(extended.success(200)["promocode_masked"], true);
    let cancelled = post(
        &format!("{path}/cancel"),
        json!({ "reason": "Asked by phone" }),
    )
    .await;
    assert_eq!(cancelled.success(200)["promocode_masked"], true);
    let paused = PromoSpec {
        status: PromotionStatus::Paused,
        ..PromoSpec::default()
    };
    let paused = world.promo(paused).await;
    let mut ask = ask;
    ask["promocode_id"] = json!(paused.id);
    let refused = post("/admin/applications", ask).await;
    refused.problem(422, "promo_not_active");
    hides(&refused, &paused.code);
    assert_eq!(learned(&world, &support).await, []);
    world.finish().await;
}

#[tokio::test]
async fn codes_of_a_batch_or_for_one_user_are_masked_in_a_listed_promotion() {
    let world = World::new().await;
    let (user, support) = (world.user().await, world.staff("support").await);
    let shared = listed(&world).await;
    let batched = world.another_code(&shared, NewCode::default()).await;
    put_in_batch(&world, &batched).await;
    let for_user = NewCode {
        user_id: Some(user.id),
        ..NewCode::default()
    };
    let personal = world.another_code(&shared, for_user).await;
    let path = format!("/admin/promocodes?promotion_id={}", shared.promotion);
    let answer = get(&support, &path).await;
    let items = answer.success(200)["items"].as_array().unwrap();
    let shown = |promo: &Promo| {
        let item = items.iter().find(|item| item["promocode_id"] == promo.id);
        let item = item.unwrap();
        (item["promocode"].clone(), item["promocode_masked"].clone())
    };
    assert_eq!(shown(&shared), (json!(shared.code), json!(false)));
    for promo in [&batched, &personal] {
        assert_eq!(shown(promo), (json!("E2…"), json!(true)));
        hides(&answer, &promo.code);
    }
    // Whoever may use it is still shown its text, with a tariff to use it for.
    world.tariff(29_900).await;
    let own = user.promocodes().await.success(200).to_string();
    assert!(own.contains(&personal.code), "{own}");
    world.finish().await;
}

/// What is listed now can be read by all, and what is not, by none, whatever was so when it was decided.
#[tokio::test]
async fn text_is_masked_as_the_promotion_is_now() {
    let world = World::new().await;
    let (user, support) = (world.user().await, world.staff("support").await);
    let marketer = world.staff("marketer").await;
    let tariff = world.tariff(29_900).await;
    let promo = world
        .promo(PromoSpec {
            audience: Audience::All,
            ..PromoSpec::default()
        })
        .await;
    let decision = user.apply(&promo, &tariff).await.uuid("decision_id");
    let then = testkit::now();
    let paths = [
        format!("/admin/decisions/{decision}"),
        format!("/admin/applications/{decision}"),
        format!(
            "/admin/eligibility?user_id={}&promocode_id={}&tariff={}&at={then}",
            user.id, promo.id, tariff.id
        ),
    ];
    for masked in [true, false, true] {
        let change = json!({ "listed": !masked });
        let call = marketer.call("PATCH", &format!("/admin/promotions/{}", promo.promotion));
        let call = call.header("if-match", "*").json(&change);
        call.send().await.success(200);
        for path in &paths {
            let answer = get(&support, path).await;
            assert_eq!(answer.success(200)["promocode_masked"], masked, "{path}");
            assert_eq!(answer.json["promocode"] == promo.code.as_str(), !masked);
        }
    }
    world.finish().await;
}
