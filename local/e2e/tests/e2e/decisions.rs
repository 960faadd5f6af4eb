//! Staff find out why a code did not pass: by the decision's ID, or for a user, now or at a past time.

use jiff::Timestamp;
use pg::{AdHoc, Param, Type};
use serde_json::{Value, json};
use testkit::{
    Answer, Audience, Effect, FirstPurchase, NewCode, Promo, PromoSpec, PromotionStatus, RULES,
    Tariff, User, World, now,
};

/// The rules that did not pass.
fn refusals(answer: &Value) -> Vec<&str> {
    let outcomes = answer["outcomes"].as_array().unwrap();
    assert_eq!(outcomes.len(), RULES);
    let refused = outcomes.iter().filter(|outcome| outcome["passed"] == false);
    refused
        .map(|outcome| outcome["rule"].as_str().unwrap())
        .collect()
}

/// The outcome of a rule.
fn outcome<'a>(answer: &'a Value, rule: &str) -> &'a Value {
    let mut outcomes = answer["outcomes"].as_array().unwrap().iter();
    outcomes.find(|outcome| outcome["rule"] == rule).unwrap()
}

/// Makes the call of a link.
async fn follow(staff: &User, link: &Value) -> Answer {
    let text = |member: &str| link[member].as_str().unwrap();
    let call = staff.call(text("method"), text("path"));
    match link.get("body") {
        Some(body) => call.json(body).send().await,
        None => call.send().await,
    }
}

async fn list(staff: &User, query: &str) -> Answer {
    let path = format!("/admin/decisions?{query}");
    staff.call("GET", &path).send().await
}

/// The IDs of the decisions that a query lists, over all pages of `limit`.
async fn listed(staff: &User, query: &str, limit: usize) -> Vec<String> {
    let mut ids = vec![];
    let mut cursor = String::new();
    loop {
        let page = list(staff, &format!("{query}&limit={limit}{cursor}")).await;
        let items = page.success(200)["items"].as_array().unwrap();
        assert!(items.len() <= limit);
        ids.extend(
            items
                .iter()
                .map(|item| item["decision_id"].as_str().unwrap().to_owned()),
        );
        match page.json["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return ids,
        }
    }
}

async fn why(
    staff: &User,
    user: &User,
    promo: &Promo,
    tariff: &Tariff,
    at: Option<Timestamp>,
) -> Answer {
    let at = at.map(|at| format!("&at={at}")).unwrap_or_default();
    let path = format!(
        "/admin/eligibility?user_id={}&promocode_id={}&tariff={}{at}",
        user.id, promo.id, tariff.id
    );
    staff.call("GET", &path).send().await
}

#[tokio::test]
async fn decision_id_leads_to_every_outcome() {
    let world = World::new().await;
    let (user, staff) = (world.user().await, world.staff("marketer").await);
    let tariff = world.tariff(29_900).await;
    let spec = PromoSpec {
        status: PromotionStatus::Paused,
        min_price_minor: Some(30_000),
        ..PromoSpec::default()
    };
    let promo = world.promo(spec).await;
    let refused = user.apply(&promo, &tariff).await;
    let id = refused.problem(422, "promo_not_active")["decision_id"]
        .as_str()
        .unwrap();

    let path = format!("/admin/decisions/{id}");
    let decision = staff
        .call("GET", &path)
        .header("accept-language", "ru")
        .send()
        .await;
    let answer = decision.success(200);
    assert_eq!(
        refusals(answer),
        ["promo_not_active", "price_below_minimum"]
    );
    assert_eq!(
        (&answer["accepted"], &answer["user_id"]),
        (&false.into(), &user.id.to_string().into())
    );
    let cheap = outcome(answer, "price_below_minimum");
    assert_eq!(
        cheap["detail"],
        format!(
            "Промокод действует для тарифов от 300,00 ₽, а тариф «{}» стоит 299,00 ₽.",
            tariff.title
        )
    );
    assert_eq!(
        cheap["remedy"],
        "Снизьте минимальную цену с 300,00 ₽ до 299,00 ₽."
    );
    assert_eq!(cheap["change"]["amount"], "1.00");
    assert_eq!(
        cheap["actions"],
        json!([{
            "title": "Снизить минимальную цену до 299,00 ₽",
            "method": "PATCH",
            "path": format!("/admin/promotions/{}", promo.promotion),
            "body": { "min_price": "299.00" },
            "if_match": "\"1\"",
            "role": "marketer",
        }])
    );
    let summary = answer["summary"].as_str().unwrap();
    let told = format!(
        "промокод {} не прошёл по двум причинам: 1. Действие промокода было приостановлено. 2. Промокод действует",
        promo.code
    );
    assert!(summary.contains(&told), "{summary}");
    let passed = outcome(answer, "promo_ended");
    for member in ["detail", "remedy", "actions"] {
        assert!(passed.get(member).is_none(), "{passed}");
    }

    // In English, too.
    let english = staff.call("GET", &path).send().await;
    let paused = outcome(english.success(200), "promo_not_active");
    assert_eq!(paused["detail"], "The promo code was suspended.");
    assert_eq!(paused["remedy"], "Resume the promotion.");

    for bad in ["0", "00000000-0000-4000-8000-000000000000"] {
        let answer = staff
            .call("GET", &format!("/admin/decisions/{bad}"))
            .send()
            .await;
        answer.problem(404, "decision_not_found");
    }
    world.finish().await;
}

#[tokio::test]
async fn decisions_are_paged() {
    let world = World::new().await;
    let (user, staff) = (world.user().await, world.staff("marketer").await);
    let tariff = world.tariff(29_900).await;
    let (one, other) = (
        world.promo(PromoSpec::default()).await,
        world.promo(PromoSpec::default()).await,
    );
    for _ in 0..2 {
        user.apply(&one, &tariff).await.success(201);
        user.cancel(&one).await.success(200);
        user.apply(&other, &tariff).await.success(201);
        user.cancel(&other).await.success(200);
    }
    let list = async |query: String| {
        let path = format!("/admin/decisions?user_id={}{query}", user.id);
        let answer = staff.call("GET", &path).send().await;
        answer.success(200).clone()
    };
    let codes = |page: &Value| -> Vec<i64> {
        let decisions = page["items"].as_array().unwrap().iter();
        decisions
            .map(|decision| decision["promocode_id"].as_i64().unwrap())
            .collect()
    };
    let first = list("&limit=3".to_owned()).await;
    assert_eq!(
        codes(&first),
        [other.id, one.id, other.id],
        "the latest first"
    );
    let cursor = first["next_cursor"].as_str().unwrap();
    let second = list(format!("&limit=3&cursor={cursor}")).await;
    assert_eq!(codes(&second), [one.id]);
    assert!(second.get("next_cursor").is_none());
    assert_eq!(
        codes(&list(format!("&promocode={}", one.code)).await),
        [one.id, one.id]
    );
    world.finish().await;
}

#[tokio::test]
async fn eligibility_can_be_asked_for_a_past_time() {
    let world = World::new().await;
    let (user, other, staff) = (
        world.user().await,
        world.user().await,
        world.staff("admin").await,
    );
    let tariff = world.tariff(29_900).await;
    let group = world.group(&[&user]).await;
    let spec = PromoSpec {
        total_limit: Some(1),
        audience: Audience::Groups(vec![group]),
        ..PromoSpec::default()
    };
    let promo = world.promo(spec).await;
    let change = async |sql: &str| {
        let params: [Param; 3] = [
            (&promo.promotion, Type::INT8),
            (&group, Type::INT8),
            (&tariff.id, Type::INT8),
        ];
        let sql = format!("WITH unused AS (SELECT $1, $2, $3) {sql}");
        assert_eq!(world.loyalty.execute(&sql, &params).await.unwrap(), 1);
    };

    let fresh = now();
    user.apply(&promo, &tariff).await.success(201);
    let held = now();
    user.cancel(&promo).await.success(200);
    let released = now();
    change("UPDATE promotions SET min_price_minor = 29901 WHERE id = $1").await;
    let dearer = now();
    change("UPDATE tariffs SET price_minor = 39900 WHERE id = $3").await;
    change("DELETE FROM group_members WHERE group_id = $2").await;
    let left = now();
    world.set_loyalty_status(user.id, "blocked").await;

    let at = async |user: &User, at: Option<Timestamp>| {
        let answer = why(&staff, user, &promo, &tariff, at).await;
        refusals(answer.success(200))
            .iter()
            .map(|rule| (*rule).to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(at(&user, Some(fresh)).await, [""; 0]);
    assert_eq!(
        at(&user, Some(held)).await,
        ["promo_limit_reached", "user_limit_reached"]
    );
    assert_eq!(
        at(&other, Some(held)).await,
        ["not_in_audience", "promo_limit_reached"]
    );
    assert_eq!(at(&user, Some(released)).await, [""; 0]);
    assert_eq!(at(&user, Some(dearer)).await, ["price_below_minimum"]);
    assert_eq!(at(&user, Some(left)).await, ["not_in_audience"]);
    assert_eq!(
        at(&user, None).await,
        ["user_not_active", "not_in_audience"]
    );

    let then = why(&staff, &user, &promo, &tariff, Some(held)).await;
    assert_eq!(then.success(200)["held"], true);
    let summary = then.json["summary"].as_str().unwrap();
    assert!(
        summary.contains("had been applied") && summary.starts_with("On "),
        "{summary}"
    );
    let taken = why(&staff, &other, &promo, &tariff, Some(held)).await;
    let taken = outcome(taken.success(200), "promo_limit_reached");
    assert_eq!(
        taken["detail"],
        "The promo code has 1 use for all customers together, and it was taken."
    );
    let current = why(&staff, &user, &promo, &tariff, None).await;
    let summary = current.success(200)["summary"].as_str().unwrap();
    assert!(
        summary.contains("does not pass for two reasons: 1. Your account is blocked. 2. "),
        "{summary}"
    );
    assert_eq!(then.json["promocode_version"], 1);
    assert_eq!(then.json["price"]["amount"], "299.00");
    let before = "2001-01-01T00:00:00Z".parse().unwrap();
    let never = why(&staff, &user, &promo, &tariff, Some(before)).await;
    never.problem(404, "tariff_not_found");
    assert_eq!(
        world.count_applications(&promo).await,
        1,
        "checking eligibility holds nothing"
    );
    world.finish().await;
}

#[tokio::test]
async fn decisions_of_purchases_and_refusals_are_kept() {
    let world = World::new().await;
    let (user, staff) = (world.user().await, world.staff("support").await);
    let tariff = world.tariff(29_900).await;
    let trial = PromoSpec {
        effect: Effect::Free(7),
        ..PromoSpec::default()
    };
    let (trial, second) = (
        world.promo(trial).await,
        world
            .promo(PromoSpec {
                first_purchase: Some(FirstPurchase::Any),
                ..PromoSpec::default()
            })
            .await,
    );
    let applied = user.apply(&trial, &tariff).await.uuid("application_id");
    let open = why(&staff, &user, &second, &tariff, None).await;
    let other = outcome(open.success(200), "another_promo_applied");
    assert_eq!(
        other["actions"][0]["path"],
        format!("/admin/applications/{applied}/cancel")
    );
    let held = now();
    user.buy(&trial, &tariff).await.success(200);
    let bought = now();
    for (at, reason) in [
        (held, "another_promo_applied"),
        (bought, "not_first_purchase"),
    ] {
        let answer = why(&staff, &user, &second, &tariff, Some(at)).await;
        assert_eq!(refusals(answer.success(200)), [reason]);
    }
    world.finish().await;
}

#[tokio::test]
async fn filters_of_decisions_combine() {
    let world = World::new().await;
    let (anna, boris, staff) = (
        world.user().await,
        world.user().await,
        world.staff("support").await,
    );
    let tariff = world.tariff(29_900).await;
    let begin = now();
    let one = world
        .promo(PromoSpec {
            total_limit: Some(1),
            ..PromoSpec::default()
        })
        .await;
    let twin = world.another_code(&one, NewCode::default()).await;
    let other = world
        .promo(PromoSpec {
            status: PromotionStatus::Paused,
            min_price_minor: Some(30_000),
            ..PromoSpec::default()
        })
        .await;
    let applied = anna.apply(&one, &tariff).await.uuid("decision_id");
    let taken = boris.apply(&one, &tariff).await.uuid("decision_id");
    let middle = now();
    let twin_taken = boris.apply(&twin, &tariff).await.uuid("decision_id");
    let paused = boris.apply(&other, &tariff).await.uuid("decision_id");
    let end = now();

    let names = [
        (applied, "applied"),
        (taken, "taken"),
        (twin_taken, "twin_taken"),
        (paused, "paused"),
    ]
    .map(|(id, name)| (id.to_string(), name));
    // Of those of other tests, nothing is known.
    let found = async |query: String, limit| {
        let ids = listed(&staff, &query, limit).await;
        let name = |id: &String| names.iter().find(|(known, _)| known == id);
        ids.iter()
            .filter_map(|id| name(id).map(|(_, name)| *name))
            .collect::<Vec<_>>()
    };
    let (anna, boris) = (
        format!("user_id={}", anna.id),
        format!("user_id={}", boris.id),
    );
    let promotion = format!("promotion_id={}", one.promotion);
    let window = format!("from={begin}&to={end}");
    for (query, expected) in [
        (anna.clone(), vec!["applied"]),
        (boris.clone(), vec!["paused", "twin_taken", "taken"]),
        (promotion.clone(), vec!["twin_taken", "taken", "applied"]),
        (format!("promocode_id={}", one.id), vec!["taken", "applied"]),
        (format!("promocode={}", twin.code), vec!["twin_taken"]),
        (
            format!("{promotion}&promocode={}", one.code),
            vec!["taken", "applied"],
        ),
        (
            format!("promotion_id={}&promocode={}", other.promotion, one.code),
            vec![],
        ),
        (format!("{boris}&{promotion}"), vec!["twin_taken", "taken"]),
        (
            format!("{boris}&promocode={}&{window}", one.code),
            vec!["taken"],
        ),
        (format!("{promotion}&accepted=true"), vec!["applied"]),
        (
            format!("{promotion}&accepted=false"),
            vec!["twin_taken", "taken"],
        ),
        (format!("{boris}&accepted=true"), vec![]),
        (
            format!("{boris}&reason=price_below_minimum"),
            vec!["paused"],
        ),
        (
            format!("{promotion}&reason=promo_limit_reached&to={middle}"),
            vec!["taken"],
        ),
        (format!("{promotion}&reason=promo_ended"), vec![]),
        (
            format!("{promotion}&reason=promo_limit_reached&accepted=true"),
            vec![],
        ),
        (format!("{promotion}&from={middle}"), vec!["twin_taken"]),
        (
            window.clone(),
            vec!["paused", "twin_taken", "taken", "applied"],
        ),
        (
            format!("{window}&reason=promo_limit_reached"),
            vec!["twin_taken", "taken"],
        ),
        (format!("{window}&accepted=true"), vec!["applied"]),
    ] {
        assert_eq!(found(query.clone(), 100).await, expected, "{query}");
        // The same page by page.
        if query.contains("_id=") || query.contains("promocode") {
            assert_eq!(found(query.clone(), 1).await, expected, "{query}");
        }
    }
    world.finish().await;
}

#[tokio::test]
async fn link_adds_the_user_to_a_group_and_the_code_passes() {
    let world = World::new().await;
    let user = world.user().await;
    let (support, marketer) = (world.staff("support").await, world.staff("marketer").await);
    let tariff = world.tariff(29_900).await;
    let groups = vec![world.group(&[]).await, world.group(&[]).await];
    let spec = PromoSpec {
        audience: Audience::Groups(groups.clone()),
        ..PromoSpec::default()
    };
    let promo = world.promo(spec).await;
    // The user learns nothing, not even the ID of the decision.
    let hidden = user.apply(&promo, &tariff).await;
    hidden.problem(404, "promocode_not_found");

    let decisions = list(&support, &format!("user_id={}", user.id)).await;
    let decision = &decisions.success(200)["items"][0];
    let summary = decision["summary"].as_str().unwrap();
    assert!(
        summary.contains("The customer was told that there is no such code"),
        "{summary}"
    );
    let refusal = outcome(decision, "not_in_audience");
    assert_eq!(
        refusal["remedy"],
        format!(
            "Add the user to one of the groups {}, {}.",
            groups[0], groups[1]
        )
    );
    let links = refusal["actions"].as_array().unwrap();
    assert_eq!(links.len(), 2);
    let link = &links[1];
    assert_eq!(link["role"], "marketer");
    follow(&support, link).await.problem(403, "marketer_only");
    assert_eq!(follow(&marketer, link).await.success(200)["added"], 1);
    let passes = why(&marketer, &user, &promo, &tariff, None).await;
    let summary = passes.success(200)["summary"].as_str().unwrap();
    assert_eq!(
        summary,
        format!("The code {} passes: RUB 299.00 → RUB 199.00.", promo.code)
    );
    user.apply(&promo, &tariff).await.success(201);
    world.finish().await;
}

#[tokio::test]
async fn link_unblocks_the_user_and_the_code_passes() {
    let world = World::new().await;
    let (user, admin) = (world.user().await, world.staff("admin").await);
    let tariff = world.tariff(29_900).await;
    let promo = world.promo(PromoSpec::default()).await;
    let block = format!("/admin/users/{}/block", user.id);
    admin.call("POST", &block).send().await.success(200);
    world.until_status(user.id, "blocked").await;

    let refused = why(&admin, &user, &promo, &tariff, None).await;
    assert_eq!(refusals(refused.success(200)), ["user_not_active"]);
    let links = outcome(&refused.json, "user_not_active")["actions"].clone();
    assert_eq!(links.as_array().unwrap().len(), 1);
    assert_eq!(links[0]["role"], "admin");
    assert!(links[0].get("body").is_none());
    follow(&admin, &links[0]).await.success(200);
    world.until_status(user.id, "active").await;
    let passes = why(&admin, &user, &promo, &tariff, None).await;
    assert_eq!(passes.success(200)["passes"], true);
    world.finish().await;
}

#[tokio::test]
async fn decisions_require_staff_and_valid_queries() {
    let world = World::new().await;
    let (user, staff) = (world.user().await, world.staff("support").await);
    let paths = [
        "/admin/decisions",
        "/admin/decisions/1",
        "/admin/eligibility",
    ];
    for path in paths {
        user.call("GET", path)
            .send()
            .await
            .problem(403, "staff_only");
        world
            .client
            .call("GET", path)
            .send()
            .await
            .problem(401, "token_missing");
        staff
            .call("POST", path)
            .send()
            .await
            .problem(405, "method_not_allowed");
    }
    let id = user.id;
    for (query, code) in [
        ("decisions?".to_owned(), "filter_too_wide"),
        (
            "decisions?accepted=true&reason=promo_ended".to_owned(),
            "filter_too_wide",
        ),
        (
            "decisions?from=2026-03-01T00:00:00Z".to_owned(),
            "filter_too_wide",
        ),
        (
            "decisions?from=2026-03-01T00:00:00Z&to=2026-04-01T00:00:01Z".to_owned(),
            "filter_too_wide",
        ),
        (
            "decisions?from=2026-03-01T00:00:00Z&to=2026-03-01T00:00:00Z".to_owned(),
            "query_parameter_invalid",
        ),
        (
            format!("decisions?user_id={id}&from=yesterday"),
            "query_parameter_invalid",
        ),
        (
            format!("decisions?user_id={id}&to=1999-01-01T00:00:00Z"),
            "query_parameter_invalid",
        ),
        (
            format!("decisions?user_id={id}&accepted=yes"),
            "query_parameter_invalid",
        ),
        (
            format!("decisions?user_id={id}&reason=promo_ended&reason=promo_ended"),
            "query_parameter_repeated",
        ),
        (
            "decisions?promotion_id=0".to_owned(),
            "query_parameter_invalid",
        ),
        (
            "decisions?user_id=anna".to_owned(),
            "query_parameter_invalid",
        ),
        (
            format!("decisions?user_id={id}&user_id={id}"),
            "query_parameter_repeated",
        ),
        (
            format!("decisions?user_id={id}&cursor=x"),
            "query_parameter_invalid",
        ),
        (
            format!("decisions?user_id={id}&limit=101"),
            "query_parameter_invalid",
        ),
        (
            format!("eligibility?user_id={id}&tariff=1"),
            "query_parameter_missing",
        ),
        (
            format!("eligibility?user_id={id}&promocode_id=1"),
            "query_parameter_missing",
        ),
        (
            format!("eligibility?user_id={id}&promocode_id=1&tariff=1&at=yesterday"),
            "query_parameter_invalid",
        ),
    ] {
        let answer = staff.call("GET", &format!("/admin/{query}")).send().await;
        answer.problem(400, code);
    }
    let unknown = list(&staff, &format!("user_id={id}&reason=promo_end")).await;
    let problem = unknown.problem(400, "query_parameter_invalid");
    assert_eq!(problem["parameter"], "reason");
    let known = problem["known"].as_array().unwrap();
    assert!(known.contains(&json!("promo_ended")), "{unknown}");
    let month = list(&staff, "from=2026-03-01T00:00:00Z&to=2026-04-01T00:00:00Z").await;
    month.success(200);
    list(&staff, "promocode=%21")
        .await
        .problem(404, "promocode_not_found");
    world.finish().await;
}
