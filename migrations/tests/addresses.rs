//! What a migration makes of the addresses that were there before it.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail")]

use tokio_postgres::{NoTls, SimpleQueryMessage};

const BEFORE: [&str; 3] = [
    include_str!("../auth/V1__users_sessions_outbox.sql"),
    include_str!("../auth/V2__password_version.sql"),
    include_str!("../auth/V3__staff_actions.sql"),
];
const MIGRATION: &str = include_str!("../auth/V4__housekeeping_and_addresses.sql");

/// Users by name, each with the key of the address as it was made then, in the order of their registration.
const USERS: &str = r"
    INSERT INTO users (id, email, email_key, name, password_hash, created_at, updated_at)
    SELECT gen_random_uuid(), key, key, name, 'none', at, at
    FROM (VALUES
        ('ascii', 'anna@example.com', timestamptz '2026-01-01'),
        ('composed', U&'andr\00e9@example.com', '2026-01-02'),
        ('apart', U&'rene\0301@example.com', '2026-01-03'),
        ('wrong', U&'zoe\0308@example.com', '2026-01-05'),
        ('right', U&'zo\00eb@example.com', '2026-01-06'),
        ('first', U&'e\0323\0302@example.com', '2026-01-07'),
        ('second', U&'e\0302\0323@example.com', '2026-01-08')
    ) AS u (name, key, at);
    INSERT INTO users (id, status, created_at, updated_at) VALUES (gen_random_uuid(), 'deleted', now(), now());";

#[tokio::test]
async fn an_address_is_found_by_the_key_that_is_made_of_it_now() {
    let url = std::env::var("AUTH_MIGRATION_URL").expect("run `cargo local test`");
    let (client, connection) = tokio_postgres::connect(&url, NoTls).await.unwrap();
    tokio::spawn(connection);
    // A schema of the test's own, which is gone when the transaction ends.
    let run = async |sql: &str| client.batch_execute(sql).await.unwrap();
    run("BEGIN; CREATE SCHEMA addresses_test; SET LOCAL search_path = addresses_test").await;
    for migration in BEFORE {
        run(migration).await;
    }
    run(USERS).await;
    run(MIGRATION).await;

    let sql = "SELECT name, replace(email_key, ' ' || id, ' ID') FROM users WHERE name IS NOT NULL ORDER BY created_at";
    let rows = client.simple_query(sql).await.unwrap();
    let keys: Vec<[String; 2]> = rows
        .into_iter()
        .filter_map(|row| match row {
            SimpleQueryMessage::Row(row) => Some([0, 1].map(|n| row.get(n).unwrap().to_owned())),
            _ => None,
        })
        .collect();
    let expected = [
        ["ascii", "anna@example.com"],
        ["composed", "andr\u{e9}@example.com"],
        ["apart", "ren\u{e9}@example.com"],
        // Whose key was right keeps it, else the older one. No address has a space.
        ["wrong", "zo\u{eb}@example.com ID"],
        ["right", "zo\u{eb}@example.com"],
        ["first", "\u{1ec7}@example.com"],
        ["second", "\u{1ec7}@example.com ID"],
    ];
    assert_eq!(keys, expected);
    run("ROLLBACK").await;
}
