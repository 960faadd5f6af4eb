//! The metrics page that Prometheus scrapes.

use testkit::{Host, Settings, TIMEOUT, World, until};

/// The value in the line that begins with `name`.
fn value(page: &str, name: &str) -> Option<f64> {
    let line = page
        .lines()
        .find(|line| line.starts_with(&format!("{name} ")))?;
    line.rsplit(' ').next()?.parse().ok()
}

#[tokio::test]
async fn metrics_show_the_flow_of_events() {
    let settings = Settings::from_env();
    // There is no such page on AWS, where the functions write to CloudWatch.
    assert_eq!(settings.host, Host::Gateway);
    let world = World::new().await;
    // Known to the loyalty side when this returns.
    world.user().await;
    let url = format!("{}/metrics", settings.base_url);
    // Other tests emit events, too, so the outboxes are empty only now and then.
    let what = "empty outboxes and a lag";
    let (page, _) = until(what, TIMEOUT, async || {
        let answer = reqwest::get(&url).await.unwrap();
        assert_eq!(answer.status(), 200);
        assert_eq!(
            answer.headers()["content-type"],
            "text/plain; version=0.0.4"
        );
        let page = answer.text().await.unwrap();
        let empty = |name: &str| value(&page, name) == Some(0.0);
        let names = ["outbox_depth", "outbox_age_seconds"];
        let own = names.into_iter().all(empty);
        let of_purchases = names.map(|name| format!("purchase_{name}"));
        (own && of_purchases.iter().all(|name| empty(name))).then_some(page)
    })
    .await;
    let lag = |quantile| {
        let name = format!("user_status_lag_seconds{{quantile=\"{quantile}\"}}");
        value(&page, &name).unwrap_or_else(|| panic!("no {name} in {page}"))
    };
    assert!(lag("0.5") > 0.0 && lag("0.5") <= lag("0.99") && lag("0.99") <= lag("1"));
    assert!(value(&page, "user_status_dead_letters").is_some(), "{page}");
    world.finish().await;
}
