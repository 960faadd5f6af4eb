//! What is on sale, for everybody.

use pg::AdHoc;
use serde_json::{Value, json};
use testkit::{Answer, World};

fn of(answer: &Answer, id: i64) -> Option<Value> {
    let tariffs = answer.success(200)["tariffs"].as_array().unwrap();
    tariffs
        .iter()
        .find(|tariff| tariff["tariff"] == id)
        .cloned()
}

#[tokio::test]
async fn tariffs_on_sale_are_listed_for_everybody() {
    let world = World::new().await;
    let (first, second) = (world.tariff(29_900).await, world.tariff(299_000).await);
    let list = async || world.client.call("GET", "/tariffs").send().await;

    let answer = list().await;
    let expected = json!({
        "tariff": first.id, "title": first.title, "price": { "amount": "299.00", "currency": "RUB" },
        "period_months": 1,
    });
    assert_eq!(of(&answer, first.id), Some(expected));
    let tariffs = answer.success(200)["tariffs"].as_array().unwrap();
    let ids: Vec<i64> = tariffs
        .iter()
        .map(|tariff| tariff["tariff"].as_i64().unwrap())
        .collect();
    assert!(ids.is_sorted(), "{ids:?}");
    assert_eq!(answer.header("cache-control"), Some("public, max-age=60"));

    let sql = "UPDATE tariffs SET status = 'archived' WHERE id = $1";
    let params: [pg::Param; 1] = [(&second.id, pg::Type::INT8)];
    world.loyalty.execute(sql, &params).await.unwrap();
    assert_eq!(of(&list().await, second.id), None);
    world.finish().await;
}
