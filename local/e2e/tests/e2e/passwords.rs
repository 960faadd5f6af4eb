//! Passwords can't be found by guessing.

use serde_json::{Value, json};
use testkit::{Answer, World, join_all};

/// The default limit on wrong passwords per account.
const LIMIT: usize = 5;

#[tokio::test]
async fn concurrent_right_passwords_all_log_in() {
    let world = World::new().await;
    let user = world.user().await;
    for answer in join_all((0..20).map(|_| user.log_in())).await {
        answer.success(200);
    }
    world.finish().await;
}

async fn guess(world: &World, email: &str, number: usize) -> Answer {
    let body = json!({ "email": email, "password": format!("not the password {number}") });
    world.client.call("POST", "/login").json(&body).send().await
}

#[tokio::test]
async fn concurrent_guesses_are_limited_and_reveal_no_account() {
    let world = World::new().await;
    let (user, other) = (world.user().await, world.user().await);
    let mut problems = vec![];
    for email in [user.email.clone(), format!("x{}", user.email)] {
        let times = world.many(99);
        let answers = join_all((0..times).map(|number| guess(&world, &email, number))).await;
        let (wrong, refused): (Vec<_>, Vec<_>) = answers.iter().partition(|a| a.status == 401);
        assert_eq!(wrong.len(), LIMIT, "{answers:#?}");
        let plain = |problem: &Value| {
            let mut problem = problem.clone();
            problem["request_id"] = Value::Null;
            problem
        };
        for answer in wrong {
            problems.push(plain(answer.problem(401, "invalid_credentials")));
        }
        for answer in refused {
            answer.problem(429, "too_many_attempts");
        }
        let later = guess(&world, &email, times).await;
        problems.push(plain(later.problem(429, "too_many_attempts")));
        let seconds: u32 = later.header("retry-after").unwrap().parse().unwrap();
        assert!((1..=600).contains(&seconds), "{later}");
    }
    let (known, unknown) = problems.split_at(LIMIT + 1);
    assert_eq!(known, unknown);

    // The right password is refused, too, or guessing on would pay off. The session that is open goes on, and other
    // users are not limited.
    user.log_in().await.problem(429, "too_many_attempts");
    user.promocodes().await.success(200);
    let body = json!({ "refresh_token": user.refresh_token });
    let call = world.client.call("POST", "/refresh_token").json(&body);
    call.send().await.success(200);
    other.log_in().await.success(200);
    world.finish().await;
}
