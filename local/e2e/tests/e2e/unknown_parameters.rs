//! Unknown query parameters are refused, not ignored: a misspelt one would silently have no effect.

use serde_json::json;
use testkit::{PromoSpec, World};

use crate::api::operations;

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
    for operation in operations() {
        if operation.template == "/payment_webhook" {
            continue;
        }
        let path = format!("{}?no_such=1", operation.path());
        let answer = admin.call(&operation.method, &path).send().await;
        answer.problem(400, "query_parameter_unknown");
    }
    world.finish().await;
}
