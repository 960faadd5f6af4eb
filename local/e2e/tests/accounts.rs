//! Accounts: their addresses, their keys, their end by others.

use serde_json::json;
use testkit::{PASSWORD, World};

#[tokio::test]
async fn an_address_is_taken_in_whatever_case() {
    let world = World::new().await;
    let user = world.user().await;
    let email = user.email.to_uppercase();
    let body = json!({ "email": email, "password": PASSWORD });
    let call = world.client.call("POST", "/user_registration").json(&body);
    call.send().await.problem(409, "email_taken");
    let call = world.client.call("POST", "/login").json(&body);
    call.send().await.success(200);
    world.finish().await;
}

#[tokio::test]
async fn the_keys_are_public() {
    let world = World::new().await;
    let answer = world
        .client
        .call("GET", "/.well-known/jwks.json")
        .send()
        .await;
    let keys = answer.success(200)["keys"].as_array().unwrap();
    assert!(
        keys.iter()
            .any(|key| key["kid"] == world.settings.jwt_key_id)
    );
    assert!(keys.iter().all(|key| key.get("d").is_none()), "{answer}");
    world.finish().await;
}

#[tokio::test]
async fn a_blocked_account_gets_in_nowhere() {
    let world = World::new().await;
    let user = world.user().await;
    world.block(user.id).await;
    user.log_in().await.problem(403, "account_blocked");
    user.delete().await.problem(403, "account_blocked");
    let call = world.client.call("POST", "/refresh_token");
    let refresh = call.json(&json!({ "refresh_token": user.refresh_token }));
    refresh.send().await.problem(403, "account_blocked");
    // Whether it is blocked is told to those who know the password.
    let call = world.client.call("POST", "/login");
    let guess = call.json(&json!({ "email": user.email, "password": "not the password" }));
    guess.send().await.problem(401, "invalid_credentials");
    world.finish().await;
}
