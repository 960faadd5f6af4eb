//! Accounts: addresses, signing keys, blocking, sessions and passwords.

use serde_json::json;
use testkit::{PASSWORD, World};

#[tokio::test]
async fn taken_address_is_refused_in_any_case() {
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
async fn address_in_ascii_form_is_the_same_account() {
    let world = World::new().await;
    let (admin, name) = (world.staff("admin").await, testkit::unique("idna"));
    let typed = format!("{name}@Пример.РФ");
    let body = |email: &str| json!({ "email": email, "password": PASSWORD });
    let post = async |path: &str, email: &str| {
        let call = world.client.call("POST", path).json(&body(email));
        call.send().await
    };
    let made = post("/user_registration", &typed).await;
    made.success(201);
    for email in [
        format!("{name}@пример.рф"),
        format!("{name}@xn--e1afmkfd.xn--p1ai"),
        format!("\"{name}\"@XN--E1AFMKFD.РФ"),
    ] {
        let again = post("/user_registration", &email).await;
        again.problem(409, "email_taken");
        post("/login", &email).await.success(200);
        let search = admin.call("POST", "/admin/users/search");
        let found = search.json(&json!({ "email": email })).send().await;
        assert_eq!(found.success(200)["email"], typed);
        assert_eq!(found.uuid("user_id"), made.uuid("user_id"));
    }
    let tagged = format!("{name}+1@пример.рф");
    post("/user_registration", &tagged).await.success(201);
    let no_domain = post("/user_registration", "anna@xn--a.com").await;
    no_domain.invalid_field("email");
    world.finish().await;
}

#[tokio::test]
async fn keys_are_public() {
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
async fn blocked_account_is_locked_out() {
    let world = World::new().await;
    let user = world.user().await;
    world.block(user.id).await;
    user.log_in().await.problem(403, "account_blocked");
    user.delete().await.problem(403, "account_blocked");
    let call = world.client.call("POST", "/refresh_token");
    let refresh = call.json(&json!({ "refresh_token": user.refresh_token }));
    refresh.send().await.problem(403, "account_blocked");
    // Only someone who knows the password learns that the account is blocked.
    let call = world.client.call("POST", "/login");
    let guess = call.json(&json!({ "email": user.email, "password": "not the password" }));
    guess.send().await.problem(401, "invalid_credentials");
    world.finish().await;
}

#[tokio::test]
async fn sessions_are_listed_and_ended() {
    let world = World::new().await;
    let user = world.user().await;
    let mut phone = user.clone();
    phone.access_token = user.log_in().await.text("access_token").to_owned();
    let listed = user.call("GET", "/sessions").send().await;
    let sessions = listed.success(200)["sessions"].as_array().unwrap();
    assert_eq!(sessions.len(), 2, "{listed}");
    let other = sessions.iter().find(|s| s["current"] == false).unwrap();
    let path = format!("/sessions/{}", other["session_id"].as_str().unwrap());

    let stranger = world.user().await;
    let answer = stranger.call("DELETE", &path).send().await;
    answer.problem(404, "session_not_found");
    for _ in 0..2 {
        user.call("DELETE", &path).send().await.success(204);
    }
    phone.promocodes().await.problem(401, "token_revoked");
    user.promocodes().await.success(200);

    let mut tablet = user.clone();
    tablet.access_token = user.log_in().await.text("access_token").to_owned();
    for _ in 0..2 {
        let answer = user.call("POST", "/logout?scope=all").send().await;
        answer.success(204);
    }
    for device in [&user, &tablet] {
        device.promocodes().await.problem(401, "token_revoked");
    }
    stranger.promocodes().await.success(200);
    world.finish().await;
}

#[tokio::test]
async fn new_password_ends_other_sessions() {
    let world = World::new().await;
    let user = world.user().await;
    let mut other = user.clone();
    other.access_token = user.log_in().await.text("access_token").to_owned();
    let new = "a quieter battery";
    let body = json!({ "old_password": PASSWORD, "new_password": new });
    let call = user.call("POST", "/change_password").json(&body);
    call.send().await.success(204);
    other.promocodes().await.problem(401, "token_revoked");
    user.promocodes().await.success(200);
    let call = world.client.call("POST", "/refresh_token");
    let refresh = call.json(&json!({ "refresh_token": user.refresh_token }));
    refresh.send().await.success(200);
    user.log_in().await.problem(401, "invalid_credentials");
    let body = json!({ "email": user.email, "password": new });
    let call = world.client.call("POST", "/login").json(&body);
    call.send().await.success(200);
    world.finish().await;
}

#[tokio::test]
async fn account_is_shown_to_its_owner() {
    let world = World::new().await;
    let user = world.user().await;
    let answer = user.call("GET", "/me").send().await;
    let me = answer.success(200);
    assert_eq!(answer.uuid("user_id"), user.id);
    assert_eq!(me["email"], user.email);
    assert_eq!(me["role"], "user");
    user.delete().await.success(204);
    let answer = user.call("GET", "/me").send().await;
    answer.problem(401, "token_revoked");
    for path in ["/logout", "/logout?scope=all"] {
        user.call("POST", path).send().await.success(204);
    }
    world.finish().await;
}
