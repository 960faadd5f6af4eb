//! Accounts on a real Postgres.

use auth_store::{Deletion, RegisterError, verify_password};
use domain::{Email, Password, Role, UserStatus};
use pg::{AdHoc, Type};
use uuid::Uuid;

use crate::common::{self, email, id, now, open, pool, register, set_status, store};

/// The status and version of every event of a user, in order.
async fn events(user_id: Uuid) -> Vec<(String, i64)> {
    let sql = "SELECT status, version FROM outbox WHERE user_id = $1 ORDER BY id";
    let rows = pool().rows(sql, &[(&user_id, Type::UUID)]).await.unwrap();
    rows.iter().map(|row| (row.get(0), row.get(1))).collect()
}

#[tokio::test]
async fn user_is_found_in_any_case() {
    let (store, email) = (store(), email());
    let user = register(&store, &email).await.unwrap();
    let upper = Email::parse(&email.as_str().to_uppercase()).unwrap();
    let account = store.account_by_email(&upper).await.unwrap().unwrap();
    assert_eq!(account.id, user);
    assert_eq!(
        (account.role, account.status),
        (Role::User, UserStatus::Active)
    );
    let password = Password::entered("correct horse".to_owned());
    assert!(
        verify_password(account.password_hash.as_ref(), password)
            .await
            .unwrap()
    );
    assert_eq!(events(user).await, [("active".to_owned(), 1)]);
}

/// Equivalent spellings of a new address: with composed or decomposed accents, in either case.
fn ways_to_write_an_address() -> [String; 4] {
    let unique = id().simple();
    ["é", "e\u{301}", "É", "E\u{301}"]
        .map(|accent| format!("André-{unique}@example.com").replace('é', accent))
}

#[tokio::test]
async fn user_is_found_in_any_unicode_form() {
    let store = store();
    for first in 0..4 {
        let ways = ways_to_write_an_address().map(|text| Email::parse(&text).unwrap());
        let user = register(&store, &ways[first]).await.unwrap();
        for way in ways {
            let account = store.account_by_email(&way).await.unwrap();
            assert_eq!(account.map(|account| account.id), Some(user));
        }
    }
}

#[tokio::test]
async fn one_of_concurrent_registrations_wins() {
    let store = store();
    let ways = ways_to_write_an_address();
    let email = Email::parse(&ways[0]).unwrap();
    let tries = (0..16).map(|i| {
        let (store, text) = (store.clone(), ways[i % ways.len()].clone());
        tokio::spawn(async move { register(&store, &Email::parse(&text).unwrap()).await })
    });
    let mut won = Vec::new();
    for attempt in tries.collect::<Vec<_>>() {
        match attempt.await.unwrap() {
            Ok(user) => won.push(user),
            Err(RegisterError::EmailTaken) => {}
            Err(RegisterError::Pg(error)) => panic!("{error}"),
        }
    }
    assert_eq!(won.len(), 1);
    let sql = "SELECT 1 FROM users WHERE email_key = $1";
    let rows = pool()
        .rows(sql, &[(&email.key(), Type::TEXT)])
        .await
        .unwrap();
    assert_eq!(rows.len(), 1);
    assert_eq!(events(won[0]).await.len(), 1);
}

#[tokio::test]
async fn duplicate_id_is_not_reported_as_duplicate_address() {
    let (store, hash, event_id) = (store(), common::hash().await, id());
    let (first, second) = (email(), email());
    let mut user = auth_store::NewUser {
        id: id(),
        email: &first,
        name: None,
        password_hash: &hash,
        tombstone: common::tombstone(&first),
        event_id,
    };
    store.register(&user, now()).await.unwrap();
    user.email = &second;
    let error = store.register(&user, now()).await.unwrap_err();
    assert!(matches!(error, RegisterError::Pg(_)), "{error}");
}

#[tokio::test]
async fn deletion_erases_personal_data_and_sessions() {
    let (store, email) = (store(), email());
    let user = register(&store, &email).await.unwrap();
    let mut sessions = vec![open(&store, user).await, open(&store, user).await];
    let ended_before = open(&store, user).await;
    store.end_session(ended_before, now()).await.unwrap();
    let email_key = email.key();
    let deletion = Deletion {
        user_id: user,
        email_key: &email_key,
        tombstone: common::tombstone(&email),
        event_id: id(),
    };
    let mut ended = store
        .delete_account(&deletion, now())
        .await
        .unwrap()
        .unwrap();
    ended.sort();
    sessions.sort();
    assert_eq!(ended, sessions);

    // All columns, including those that later migrations add: none may hold what was typed.
    let sql = "SELECT to_jsonb(users)::text, email_hmac FROM users JOIN tombstones ON user_id = id WHERE id = $1";
    let row = pool()
        .row(sql, &[(&user, Type::UUID)])
        .await
        .unwrap()
        .unwrap();
    let left: String = row.get(0);
    let local_part = email_key.split('@').next().unwrap();
    for personal in [local_part, "example.com", "Анна", "argon2"] {
        assert!(
            !left.to_lowercase().contains(&personal.to_lowercase()),
            "{personal}: {left}"
        );
    }
    assert_eq!(row.get::<_, Vec<u8>>(1), common::tombstone(&email));
    for session in sessions {
        let session = store.session(session).await.unwrap().unwrap();
        assert!(session.revoked_at.is_some());
        assert_eq!(session.user_status, UserStatus::Deleted);
    }
    let expected = [("active".to_owned(), 1), ("deleted".to_owned(), 2)];
    assert_eq!(events(user).await, expected);

    assert!(store.account_by_email(&email).await.unwrap().is_none());
    let account = store.account(user).await.unwrap().unwrap();
    assert_eq!(account.status, UserStatus::Deleted);
    assert!(account.password_hash.is_none() && account.email_key.is_none());
    assert!(
        !store
            .open_session(&common::new_session(user), now())
            .await
            .unwrap()
    );
    let again = register(&store, &email).await.unwrap();
    assert_ne!(again, user, "the address is free for a new account");
}

#[tokio::test]
async fn one_of_concurrent_deletions_succeeds() {
    let (store, email) = (store(), email());
    let user = register(&store, &email).await.unwrap();
    let email_key = email.key();
    let tries = (0..16).map(|_| {
        let (store, email_key) = (store.clone(), email_key.clone());
        let tombstone = common::tombstone(&email);
        tokio::spawn(async move {
            let deletion = Deletion {
                user_id: user,
                email_key: &email_key,
                tombstone,
                event_id: id(),
            };
            store
                .delete_account(&deletion, now())
                .await
                .unwrap()
                .is_some()
        })
    });
    let mut done = 0;
    for attempt in tries.collect::<Vec<_>>() {
        done += usize::from(attempt.await.unwrap());
    }
    assert_eq!(done, 1);
    assert_eq!(events(user).await.len(), 2);
}

#[tokio::test]
async fn no_session_survives_a_concurrent_deletion() {
    let (store, pool) = (store(), pool());
    for _ in 0..10 {
        let email = email();
        let user = register(&store, &email).await.unwrap();
        let opening = (0..6).map(|_| {
            let store = store.clone();
            tokio::spawn(async move {
                store
                    .open_session(&common::new_session(user), now())
                    .await
                    .unwrap()
            })
        });
        let opening: Vec<_> = opening.collect();
        let email_key = email.key();
        let deletion = Deletion {
            user_id: user,
            email_key: &email_key,
            tombstone: common::tombstone(&email),
            event_id: id(),
        };
        store
            .delete_account(&deletion, now())
            .await
            .unwrap()
            .unwrap();
        store.end_sessions(user, None, now()).await.unwrap();
        for open in opening {
            open.await.unwrap();
        }
        let sql = "SELECT 1 FROM sessions WHERE user_id = $1 AND revoked_at IS NULL";
        let live = pool.rows(sql, &[(&user, Type::UUID)]).await.unwrap();
        assert_eq!(live.len(), 0);
    }
}

#[tokio::test]
async fn blocked_user_opens_no_session() {
    let (store, email) = (store(), email());
    let user = register(&store, &email).await.unwrap();
    set_status(&pool(), user, "blocked").await;
    assert!(
        !store
            .open_session(&common::new_session(user), now())
            .await
            .unwrap()
    );
    let account = store.account_by_email(&email).await.unwrap().unwrap();
    assert_eq!(account.status, UserStatus::Blocked);
}

/// The account that is recorded as the first of the same person.
async fn first_account(user_id: Uuid) -> Option<Uuid> {
    let sql = "SELECT first_account_id FROM users WHERE id = $1";
    let row = pool().row(sql, &[(&user_id, Type::UUID)]).await.unwrap();
    row.unwrap().get(0)
}

#[tokio::test]
async fn new_account_is_linked_to_the_first_of_its_address() {
    let (store, email, hash) = (store(), email(), common::hash().await);
    let first = register(&store, &email).await.unwrap();
    assert_eq!(first_account(first).await, None);
    // The second account is registered while the first is being deleted, the third while the second is, and so on.
    let mut last = first;
    for _ in 0..20 {
        let deleting = {
            let (store, email, user_id) = (store.clone(), email.clone(), last);
            tokio::spawn(async move {
                let deletion = Deletion {
                    user_id,
                    email_key: &email.key(),
                    tombstone: common::tombstone(&email),
                    event_id: id(),
                };
                store
                    .delete_account(&deletion, now())
                    .await
                    .unwrap()
                    .unwrap();
            })
        };
        let user = auth_store::NewUser {
            id: id(),
            email: &email,
            name: None,
            password_hash: &hash,
            tombstone: common::tombstone(&email),
            event_id: id(),
        };
        while let Err(error) = store.register(&user, now()).await {
            assert!(matches!(error, RegisterError::EmailTaken), "{error}");
        }
        last = user.id;
        assert_eq!(first_account(last).await, Some(first));
        deleting.await.unwrap();
    }
    let stranger = register(&store, &common::email()).await.unwrap();
    assert_eq!(first_account(stranger).await, None);
}
