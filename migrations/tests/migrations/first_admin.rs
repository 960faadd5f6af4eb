//! `migrate make-admin`.

use migrations::{Made, MakeAdminError, make_admin};
use tokio_postgres::Client;
use tokio_postgres::types::Type;
use uuid::Uuid;

use crate::common::{Database, connect};

async fn register(client: &Client, email: &str) -> Uuid {
    let sql = "INSERT INTO users (id, email, email_key, name, password_hash, created_at, updated_at)
               VALUES (gen_random_uuid(), $1, lower($1), 'N', 'no hash', now(), now()) RETURNING id";
    client.query_one(sql, &[&email]).await.unwrap().get(0)
}

async fn role(client: &Client, id: Uuid) -> String {
    let sql = "SELECT role FROM users WHERE id = $1";
    client.query_one(sql, &[&id]).await.unwrap().get(0)
}

async fn actions(client: &Client) -> Vec<(Uuid, Uuid, String, String)> {
    let sql = "SELECT actor_id, user_id, before, after FROM staff_actions WHERE action = 'set_role' ORDER BY id";
    let rows = client.query_typed(sql, &[]).await.unwrap();
    let row = |row: &tokio_postgres::Row| (row.get(0), row.get(1), row.get(2), row.get(3));
    rows.iter().map(row).collect()
}

#[tokio::test]
async fn first_administrator_is_made_once() {
    let database = Database::new("auth").await;
    let url = database.owner.as_str();
    let client = connect(url).await;
    let (first, second) = (
        register(&client, "First@Example.com").await,
        register(&client, "second@example.com").await,
    );

    assert!(matches!(
        make_admin(url, "nobody@example.com", true).await,
        Err(MakeAdminError::NoAccount)
    ));
    assert!(matches!(
        make_admin(url, "no address", true).await,
        Err(MakeAdminError::Email(_))
    ));
    // In another spelling than it was registered with.
    assert_eq!(
        make_admin(url, " first@EXAMPLE.com", false).await.unwrap(),
        Made::Admin
    );
    assert_eq!(role(&client, first).await, "admin");
    assert_eq!(
        make_admin(url, "first@example.com", false).await.unwrap(),
        Made::AlreadyAdmin
    );

    let refused = make_admin(url, "second@example.com", false)
        .await
        .unwrap_err();
    assert!(refused.to_string().contains("--force"), "{refused}");
    assert_eq!(role(&client, second).await, "user");
    assert_eq!(
        make_admin(url, "second@example.com", true).await.unwrap(),
        Made::Admin
    );

    let change = |id| (id, id, "user".to_owned(), "admin".to_owned());
    assert_eq!(actions(&client).await, [change(first), change(second)]);
    database.remove().await;
}

#[tokio::test]
async fn blocked_administrator_is_replaced_and_stays_blocked() {
    let database = Database::new("auth").await;
    let url = database.owner.as_str();
    let client = connect(url).await;
    let blocked = register(&client, "blocked@example.com").await;
    let other = register(&client, "other@example.com").await;
    make_admin(url, "blocked@example.com", false).await.unwrap();
    let block = "UPDATE users SET status = 'blocked' WHERE id = $1";
    client
        .execute_typed(block, &[(&blocked, Type::UUID)])
        .await
        .unwrap();

    assert!(matches!(
        make_admin(url, "blocked@example.com", true).await,
        Err(MakeAdminError::NoAccount)
    ));
    assert_eq!(
        make_admin(url, "other@example.com", false).await.unwrap(),
        Made::Admin
    );
    assert_eq!(role(&client, other).await, "admin");
    database.remove().await;
}

#[tokio::test]
async fn one_of_concurrent_calls_makes_an_administrator() {
    let database = Database::new("auth").await;
    let url = database.owner.as_str();
    let client = connect(url).await;
    let addresses: Vec<String> = (0..8).map(|i| format!("user{i}@example.com")).collect();
    for address in &addresses {
        register(&client, address).await;
    }
    let mut calls = tokio::task::JoinSet::new();
    for address in addresses {
        let url = url.to_owned();
        calls.spawn(async move { make_admin(&url, &address, false).await });
    }
    let outcomes = calls.join_all().await;
    let made = outcomes
        .iter()
        .filter(|outcome| matches!(outcome, Ok(Made::Admin)));
    assert_eq!(made.count(), 1);
    assert!(
        outcomes
            .iter()
            .all(|outcome| matches!(outcome, Ok(Made::Admin) | Err(MakeAdminError::HasAdmin)))
    );
    database.remove().await;
}
