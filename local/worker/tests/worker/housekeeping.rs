//! The worker purges old rows by itself.

use std::process::{Child, Command};

use domain::Random;
use pg::{AdHoc, Param, Pool, Type};
use runtime::OsRandom;
use testkit::{TIMEOUT, until};

/// A worker beside the one of the stack.
struct Started(Child);

impl Started {
    fn new() -> Started {
        let worker = Command::new(env!("CARGO_BIN_EXE_worker"))
            .env("WORKER_ADDR", "127.0.0.1:0")
            .spawn();
        Started(worker.unwrap())
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test]
async fn long_ended_session_is_purged_after_start() {
    let url = runtime::required("AUTH_DATABASE_URL", "run `cargo local test`").unwrap();
    let (auth, user) = (Pool::new(&url, 1).unwrap(), OsRandom.uuid());
    let sql = "WITH account AS (
            INSERT INTO users (id, email, email_key, password_hash, created_at, updated_at)
            VALUES ($1, $1 || '@old.example', $1 || '@old.example', 'none', now(), now())
        )
        INSERT INTO sessions (id, user_id, refresh_hash, rotated_at, created_at, expires_at)
        SELECT $1, $1, '', at, at, at FROM (SELECT now() - interval '62 days') AS t (at)";
    let params: [Param; 1] = [(&user, Type::UUID)];
    assert_eq!(auth.execute(sql, &params).await.unwrap(), 1);

    let _worker = Started::new();
    until("no session", TIMEOUT, async || {
        let sql = "SELECT FROM sessions WHERE user_id = $1";
        let left = auth.rows(sql, &[(&user, Type::UUID)]).await.unwrap();
        left.is_empty().then_some(())
    })
    .await;
}

#[tokio::test]
async fn old_request_of_staff_is_purged_after_start() {
    let url = runtime::required("LOYALTY_DATABASE_URL", "run `cargo local test`").unwrap();
    let (loyalty, actor) = (Pool::new(&url, 1).unwrap(), OsRandom.uuid());
    let sql = "INSERT INTO staff_requests (actor_id, key, fingerprint, resource_id, at)
        SELECT $1, convert_to(age::text, 'UTF8'), '', '1', now() - age
        FROM unnest(ARRAY[interval '8 days', interval '6 days']) AS old (age)";
    let params: [Param; 1] = [(&actor, Type::UUID)];
    assert_eq!(loyalty.execute(sql, &params).await.unwrap(), 2);

    let _worker = Started::new();
    until("only the younger request", TIMEOUT, async || {
        let sql = "SELECT convert_from(key, 'UTF8') FROM staff_requests WHERE actor_id = $1";
        let left = loyalty.rows(sql, &params).await.unwrap();
        let keys: Vec<String> = left.iter().map(|row| row.get(0)).collect();
        (keys == ["6 days"]).then_some(())
    })
    .await;
}
