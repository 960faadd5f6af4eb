//! Unknown query parameters are refused, not ignored: a misspelt one would silently have no effect.

use serde_json::json;
use testkit::{PromoSpec, World};

#[tokio::test]
async fn unknown_parameter_is_refused_and_nothing_happens() {
    let world = World::new().await;
    let (user, admin) = (world.user().await, world.staff("admin").await);
    let tariff = world.tariff(29_900).await;
    let promo = world.promo(PromoSpec::default()).await;
    let apply = format!(
        "/apply_promocode?promocode={}&tariff={}",
        promo.code, tariff.id
    );
    for (by, more, nearest) in [
        (&user, "dryrun=true".to_owned(), json!("dry_run")),
        (&user, "Move=true".to_owned(), json!("move")),
        (&admin, format!("user_id={}", user.id), json!(null)),
    ] {
        let answer = by.call("POST", &format!("{apply}&{more}")).send().await;
        let problem = answer.problem(400, "query_parameter_unknown");
        let name = more.split('=').next().unwrap();
        assert_eq!(problem["parameter"], name);
        assert_eq!(problem["nearest"], nearest, "{answer}");
        assert_eq!(
            problem["known"],
            json!(["dry_run", "move", "promocode", "promocode_id", "tariff"])
        );
    }
    assert_eq!(world.count_applications(&promo).await, 0);
    world.finish().await;
}

#[tokio::test]
async fn every_operation_knows_its_parameters() {
    let world = World::new().await;
    let admin = world.staff("admin").await;
    let api = world.client.call("GET", "/openapi.json").send().await;
    // No function on Lambda serves this page.
    if api.status == 404 {
        world.finish().await;
        return;
    }
    for (path, item) in api.json["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            if operation["tags"][0] == "payments" {
                continue;
            }
            let path = path.replace(['{', '}'], "");
            let call = admin.call(&method.to_uppercase(), &format!("{path}?no_such=1"));
            let answer = call.send().await;
            answer.problem(400, "query_parameter_unknown");
        }
    }
    world.finish().await;
}
