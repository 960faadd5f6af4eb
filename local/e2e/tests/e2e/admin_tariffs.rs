//! Tariffs, as staff fill them in.

use serde_json::{Value, json};
use testkit::{Answer, Call, User, World, join_all, unique};

fn fields(title: &str) -> Value {
    json!({ "title": title, "price": "299.00", "period_months": 1 })
}

fn one(id: &Value) -> String {
    format!("/admin/tariffs/{id}")
}

async fn create(staff: &User, body: &Value) -> Answer {
    staff.call("POST", "/admin/tariffs").json(body).send().await
}

async fn read(staff: &User, id: &Value) -> Answer {
    staff.call("GET", &one(id)).send().await
}

fn patch(staff: &User, id: &Value, tag: &str, body: &Value) -> Call {
    let call = staff.call("PATCH", &one(id)).json(body);
    call.header("if-match", tag)
}

#[tokio::test]
async fn tariff_is_created_sold_repriced_and_archived() {
    let world = World::new().await;
    let marketer = world.staff("marketer").await;
    let title = unique("Year");
    let created = create(&marketer, &fields(&title)).await;
    let tariff = created.success(201).clone();
    let id = tariff["tariff_id"].clone();
    let expected = json!({
        "tariff_id": id, "title": title, "price": "299.00", "currency": "RUB", "period_months": 1,
        "status": "active", "version": 1, "created_at": tariff["created_at"],
    });
    assert_eq!(tariff, expected);
    assert_eq!(created.header("etag"), Some("\"1\""));

    let buyer = world.user().await;
    let path = format!("/buy_tariff?tariff={id}");
    let bought = buyer.call("POST", &path).send().await;
    assert_eq!(bought.success(201)["total"]["amount"], "299.00");

    let price = json!({ "price": "349.50" });
    let changed = patch(&marketer, &id, "\"1\"", &price).send().await;
    assert_eq!(changed.success(200)["price"], "349.50");
    assert_eq!(changed.header("etag"), Some("\"2\""));
    // What was started keeps its price.
    let purchase = buyer.purchase(bought.uuid("purchase_id")).await;
    assert_eq!(purchase.success(200)["total"]["amount"], "299.00");
    let listed = world.client.call("GET", "/tariffs").send().await;
    let listed = listed.success(200)["tariffs"].as_array().unwrap().clone();
    let listed = listed.iter().find(|tariff| tariff["tariff"] == id).unwrap();
    assert_eq!(listed["price"]["amount"], "349.50");

    let archived =
        json!({ "title": title, "price": "349.50", "period_months": 1, "status": "archived" });
    let put = marketer.call("PUT", &one(&id)).json(&archived);
    put.header("if-match", "*").send().await.success(200);
    let stranger = world.user().await;
    let refused = stranger.call("POST", &path).send().await;
    refused.problem(422, "tariff_not_on_sale");

    let versions = marketer.call("GET", &format!("{}/versions", one(&id)));
    let versions = versions.send().await.success(200)["items"].clone();
    let of = |n: usize| (&versions[n]["version"], &versions[n]["changed"]);
    assert_eq!(of(0), (&json!(3), &json!(["status"])));
    assert_eq!(of(1), (&json!(2), &json!(["price"])));
    assert_eq!(of(2), (&json!(1), &Value::Null));
    assert_eq!(versions[2]["value"]["price"], "299.00");
    for version in versions.as_array().unwrap() {
        assert_eq!(version["by"], json!(marketer.id), "{version}");
        assert!(version["at"].is_string(), "{version}");
    }
    buyer.give_up(bought.uuid("purchase_id")).await.success(200);
    world.finish().await;
}

#[tokio::test]
async fn two_who_change_the_same_version_do_not_overwrite_each_other() {
    let world = World::new().await;
    let marketer = world.staff("marketer").await;
    let created = create(&marketer, &fields(&unique("Month"))).await;
    let id = created.success(201)["tariff_id"].clone();
    let bodies: Vec<Value> = (0..8)
        .map(|n| json!({ "price": format!("30{n}.00"), "status": "archived" }))
        .collect();
    let calls = bodies
        .iter()
        .map(|body| patch(&marketer, &id, "\"1\"", body).send());
    let answers = join_all(calls).await;
    let (won, lost): (Vec<&Answer>, Vec<&Answer>) =
        answers.iter().partition(|answer| answer.status == 200);
    assert_eq!((won.len(), lost.len()), (1, 7));
    for answer in lost {
        assert_eq!(answer.problem(412, "changed_meanwhile")["version"], 2);
    }
    assert_eq!(read(&marketer, &id).await.success(200), won[0].success(200));

    let unchanged = json!({ "status": "archived" });
    let again = patch(&marketer, &id, "\"2\"", &unchanged).send().await;
    assert_eq!(again.header("etag"), Some("\"2\""), "nothing differs");
    let call = marketer.call("PATCH", &one(&id)).json(&unchanged);
    call.send().await.problem(428, "if_match_missing");
    for tag in ["2", "\"two\"", "W/\"2\"", "\"1\", \"2\"", ""] {
        let answer = patch(&marketer, &id, tag, &unchanged).send().await;
        answer.problem(400, "if_match_invalid");
    }
    world.finish().await;
}

#[tokio::test]
async fn repeated_request_changes_nothing_more() {
    let world = World::new().await;
    let marketer = world.staff("marketer").await;
    let title = unique("Key");
    let mut body = fields(&title);
    body["status"] = json!("archived");
    let key = unique("key");
    let post = |body: &Value| {
        let call = marketer.call("POST", "/admin/tariffs").json(body);
        call.header("idempotency-key", &key)
    };
    let answers = join_all((0..6).map(|_| post(&body).send())).await;
    let first = answers[0].success(201);
    for answer in &answers {
        assert_eq!(answer.success(201), first);
    }
    let path = format!("/admin/tariffs?title={title}");
    let found = marketer.call("GET", &path).send().await;
    assert_eq!(found.success(200)["total"], 1);

    let id = first["tariff_id"].clone();
    let change = || {
        let call = patch(&marketer, &id, "\"1\"", &json!({ "price": "1.00" }));
        call.header("idempotency-key", &unique(&key)).send()
    };
    let key_of_change = unique("change");
    let again = || {
        let call = patch(&marketer, &id, "\"1\"", &json!({ "price": "2.00" }));
        call.header("idempotency-key", &key_of_change).send()
    };
    assert_eq!(again().await.success(200)["version"], 2);
    // The first answer may have been lost: the version that it names is no longer the current one.
    assert_eq!(again().await.success(200)["version"], 2);
    change().await.problem(412, "changed_meanwhile");

    // What changed nothing is not done later either.
    let key_of_nothing = unique("nothing");
    let nothing = || {
        let call = patch(&marketer, &id, "*", &json!({ "price": "2.00" }));
        call.header("idempotency-key", &key_of_nothing).send()
    };
    assert_eq!(nothing().await.success(200)["version"], 2);
    let raised = patch(&marketer, &id, "*", &json!({ "price": "3.00" })).send();
    assert_eq!(raised.await.success(200)["version"], 3);
    assert_eq!(nothing().await.success(200)["price"], "3.00");

    post(&fields(&unique("Other")))
        .send()
        .await
        .problem(422, "idempotency_key_reused");
    // Somebody else's key is another one.
    let other = world.staff("marketer").await;
    let call = other.call("POST", "/admin/tariffs").json(&body);
    let answer = call.header("idempotency-key", &key).send().await;
    assert_ne!(answer.success(201)["tariff_id"], id);
    world.finish().await;
}

#[tokio::test]
async fn tariffs_are_filtered_sorted_and_paged() {
    let world = World::new().await;
    let (marketer, support) = (world.staff("marketer").await, world.staff("support").await);
    let mark = unique("Список");
    for (title, price) in [
        ("б", "300.00"),
        ("А", "100.00"),
        ("я", "200.00"),
        ("в", "1000.00"),
    ] {
        let mut body = fields(&format!("{title} {mark}"));
        (body["price"], body["status"]) = (json!(price), json!("archived"));
        create(&marketer, &body).await.success(201);
    }
    let list = async |query: &str| {
        let path = format!("/admin/tariffs?title={}{query}", mark.to_uppercase());
        support.call("GET", &path).send().await
    };
    let letters = |answer: &Answer| -> String {
        let items = answer.success(200)["items"].as_array().unwrap();
        let first = |item: &Value| item["title"].as_str().unwrap().chars().next().unwrap();
        items.iter().map(first).collect()
    };
    for (query, order) in [
        ("", "бАяв"),
        ("&sort=-id", "вяАб"),
        ("&sort=title", "Абвя"),
        ("&sort=-title", "явбА"),
        ("&sort=price", "Аябв"),
        ("&sort=-price&status=archived&currency=RUB", "вбяА"),
        ("&status=active", ""),
        ("&currency=EUR", ""),
    ] {
        let answer = list(query).await;
        assert_eq!(letters(&answer), order, "{query}");
        assert_eq!(answer.success(200)["total"], order.chars().count());
        assert_eq!(answer.success(200)["next_cursor"], Value::Null);
    }
    let (mut seen, mut cursor) = (String::new(), String::new());
    loop {
        let answer = list(&format!("&sort=-title&limit=3{cursor}")).await;
        seen += &letters(&answer);
        assert_eq!(answer.success(200)["total"], 4);
        let Some(next) = answer.success(200)["next_cursor"].as_str() else {
            break;
        };
        let other = list(&format!("&sort=title&cursor={next}")).await;
        assert_eq!(
            other.problem(400, "query_parameter_invalid")["parameter"],
            "cursor"
        );
        cursor = format!("&cursor={next}");
    }
    assert_eq!(seen, "явбА");
    for (query, parameter) in [
        ("&sort=secret", "sort"),
        ("&sort=", "sort"),
        ("&status=sold", "status"),
        ("%00", "title"),
        ("&currency=%00", "currency"),
        ("&cursor=x", "cursor"),
        ("&limit=0", "limit"),
        ("&limit=501", "limit"),
    ] {
        let answer = list(query).await;
        let problem = answer.problem(400, "query_parameter_invalid");
        assert_eq!(problem["parameter"], parameter, "{query}");
    }
    world.finish().await;
}

#[tokio::test]
async fn unacceptable_tariff_is_refused_with_every_field() {
    let world = World::new().await;
    let marketer = world.staff("marketer").await;
    let created = create(&marketer, &{
        let mut body = fields(&unique("Good"));
        body["status"] = json!("archived");
        body
    })
    .await;
    let id = created.success(201)["tariff_id"].clone();
    for (changes, names) in [
        (
            json!({ "title": " ", "price": "0.50", "period_months": 0 }),
            &["title", "price", "period_months"] as &[&str],
        ),
        (json!({ "price": "0.00" }), &["price"]),
        (json!({ "price": "-5.00" }), &["price"]),
        (json!({ "price": "299" }), &["price"]),
        (json!({ "price": 299 }), &["price"]),
        (json!({ "price": null }), &["price"]),
        (
            json!({ "period_months": 121, "currency": "RUR" }),
            &["currency", "period_months"],
        ),
        (
            json!({ "status": "on sale", "prise": "1.00" }),
            &["status", "prise"],
        ),
        (json!({ "currency": "EUR" }), &["currency"]),
        (json!({ "version": 2 }), &["version"]),
    ] {
        let answer = patch(&marketer, &id, "*", &changes).send().await;
        let errors = answer.problem(422, "validation_failed")["errors"].clone();
        let errors = errors.as_array().unwrap().iter();
        let mut named: Vec<&str> = errors
            .map(|error| error["field"].as_str().unwrap())
            .collect();
        named.sort_unstable();
        let mut expected = names.to_vec();
        expected.sort_unstable();
        assert_eq!(named, expected, "{changes}");
    }
    let cheap = json!({ "price": "0.50" });
    for language in ["en", "ru"] {
        let call = patch(&marketer, &id, "*", &cheap).header("accept-language", language);
        let answer = call.send().await;
        let detail = &answer.problem(422, "validation_failed")["errors"][0]["detail"];
        assert!(detail.as_str().unwrap().contains("1.00"), "{detail}");
    }
    let twice = marketer
        .call("PATCH", &one(&id))
        .header("content-type", "application/json");
    let twice = twice
        .header("if-match", "*")
        .bytes(r#"{"price":"1.00","price":"2.00"}"#);
    twice.send().await.invalid_field("price");
    assert_eq!(read(&marketer, &id).await.success(200)["version"], 1);
    for id in ["0", "007", "+1", "1e3", "9223372036854775807", "x"] {
        let path = format!("/admin/tariffs/{id}");
        let answer = marketer.call("GET", &path).send().await;
        answer.problem(404, "tariff_not_found");
    }
    world.finish().await;
}
