//! Calls from web pages of other origins. `cargo local test` allows one.

use testkit::{Answer, World};

const SHOP: &str = "https://shop.example";

fn words<'a>(answer: &'a Answer, header: &str) -> Vec<&'a str> {
    let value = answer.header(header).unwrap_or_default();
    let mut words: Vec<&str> = value.split(',').map(str::trim).collect();
    words.sort_unstable();
    words
}

#[tokio::test]
async fn page_of_an_allowed_origin_can_call() {
    let world = World::new().await;
    let user = world.user().await;
    for (path, method) in [
        ("/apply_promocode", "POST"),
        ("/login", "POST"),
        ("/admin/groups/1/members", "PATCH"),
        ("/delete", "DELETE"),
    ] {
        let preflight = world.client.call("OPTIONS", path);
        let answer = preflight
            .header("origin", SHOP)
            .header("access-control-request-method", method)
            .header(
                "access-control-request-headers",
                "authorization,idempotency-key",
            )
            .send()
            .await;
        assert_eq!(answer.status, 200, "{answer}");
        assert_eq!(answer.header("access-control-allow-origin"), Some(SHOP));
        assert_eq!(
            words(&answer, "access-control-allow-methods"),
            ["DELETE", "GET", "PATCH", "POST", "PUT"]
        );
        assert_eq!(
            words(&answer, "access-control-allow-headers"),
            [
                "accept-language",
                "authorization",
                "content-type",
                "idempotency-key",
                "if-match"
            ]
        );
        // Cookies are not for this service.
        assert_eq!(answer.header("access-control-allow-credentials"), None);
        assert!(words(&answer, "vary").contains(&"origin"), "{answer}");
    }
    // Errors can be read as well.
    for (call, status) in [
        (user.call("GET", "/me"), 200),
        (world.client.call("GET", "/me"), 401),
        (world.client.call("POST", "/me"), 405),
    ] {
        let answer = call.header("origin", SHOP).send().await;
        assert_eq!(answer.status, status, "{answer}");
        assert_eq!(answer.header("access-control-allow-origin"), Some(SHOP));
        assert!(words(&answer, "access-control-expose-headers").contains(&"x-request-id"));
    }
    world.finish().await;
}

#[tokio::test]
async fn page_of_another_origin_cannot_call() {
    let world = World::new().await;
    for origin in [
        "https://evil.example",
        "https://shop.example.evil.example",
        "http://shop.example",
        "null",
    ] {
        let preflight = world.client.call("OPTIONS", "/login");
        let preflight = preflight
            .header("origin", origin)
            .header("access-control-request-method", "POST");
        for call in [
            preflight,
            world.client.call("GET", "/me").header("origin", origin),
        ] {
            let answer = call.send().await;
            assert_eq!(
                answer.header("access-control-allow-origin"),
                None,
                "{answer}"
            );
        }
    }
    world.finish().await;
}
