//! Sessions on a real Postgres.

use auth_store::{NewSession, Rotation};
use domain::UserStatus;
use jiff::SignedDuration;
use uuid::Uuid;

use crate::common::{self, email, id, now, open, pool, register, set_status, store};

fn rotation(session_id: Uuid, generation: u32) -> Rotation {
    Rotation {
        session_id,
        generation,
        refresh_hash: [u8::try_from(generation).unwrap(); 32],
        successor_hash: [u8::try_from(generation + 1).unwrap(); 32],
        expires_at: now() + SignedDuration::from_hours(2),
    }
}

#[tokio::test]
async fn session_rotates_step_by_step() {
    let store = store();
    let user = register(&store, &email()).await.unwrap();
    let sid = open(&store, user).await;
    for generation in 0..3 {
        assert!(
            store
                .rotate_session(&rotation(sid, generation), now())
                .await
                .unwrap()
        );
    }
    let session = store.session(sid).await.unwrap().unwrap();
    assert_eq!((session.user_id, session.generation), (user, 3));
    assert_eq!(session.refresh_hash, [3; 32]);
    assert_eq!(session.user_status, UserStatus::Active);
    assert!(session.revoked_at.is_none());
    assert!(
        !store
            .rotate_session(&rotation(sid, 2), now())
            .await
            .unwrap(),
        "an old generation"
    );
    let mut other = rotation(sid, 3);
    other.refresh_hash = [9; 32];
    assert!(
        !store.rotate_session(&other, now()).await.unwrap(),
        "another token"
    );
    other = rotation(sid, 3);
    other.generation = u32::MAX;
    assert!(
        !store.rotate_session(&other, now()).await.unwrap(),
        "no such generation"
    );
}

#[tokio::test]
async fn one_of_concurrent_rotations_succeeds() {
    let store = store();
    let sid = open(&store, register(&store, &email()).await.unwrap()).await;
    let tries = (0..20).map(|_| {
        let store = store.clone();
        tokio::spawn(async move {
            store
                .rotate_session(&rotation(sid, 0), now())
                .await
                .unwrap()
        })
    });
    let mut done = 0;
    for attempt in tries.collect::<Vec<_>>() {
        done += usize::from(attempt.await.unwrap());
    }
    assert_eq!(done, 1);
    assert_eq!(store.session(sid).await.unwrap().unwrap().generation, 1);
}

#[tokio::test]
async fn ended_expired_or_blocked_session_is_not_rotated() {
    let store = store();
    let ended = open(&store, register(&store, &email()).await.unwrap()).await;
    assert!(store.end_session(ended, now()).await.unwrap());
    assert!(!store.end_session(ended, now()).await.unwrap(), "once only");
    assert!(
        !store
            .rotate_session(&rotation(ended, 0), now())
            .await
            .unwrap()
    );

    let late = now() + SignedDuration::from_hours(2);
    let expired = open(&store, register(&store, &email()).await.unwrap()).await;
    assert!(
        !store
            .rotate_session(&rotation(expired, 0), late)
            .await
            .unwrap()
    );

    let user = register(&store, &email()).await.unwrap();
    let blocked = open(&store, user).await;
    set_status(&pool(), user, "blocked").await;
    assert!(
        !store
            .rotate_session(&rotation(blocked, 0), now())
            .await
            .unwrap()
    );
}

#[tokio::test]
async fn ending_all_sessions_spares_other_users() {
    let store = store();
    let user = register(&store, &email()).await.unwrap();
    let mut own = [open(&store, user).await, open(&store, user).await];
    let other = open(&store, register(&store, &email()).await.unwrap()).await;
    let mut ended = store.end_sessions(user, None, now()).await.unwrap();
    ended.sort();
    own.sort();
    assert_eq!(ended, own);
    assert!(
        store
            .end_sessions(user, None, now())
            .await
            .unwrap()
            .is_empty()
    );
    assert!(
        store
            .session(other)
            .await
            .unwrap()
            .unwrap()
            .revoked_at
            .is_none()
    );
}

#[tokio::test]
async fn unknown_session_is_not_found() {
    let store = store();
    assert!(store.session(id()).await.unwrap().is_none());
    assert!(store.account(id()).await.unwrap().is_none());
    assert!(!store.end_session(id(), now()).await.unwrap());
    let nobodys = NewSession {
        user_id: id(),
        ..common::new_session(id())
    };
    assert!(!store.open_session(&nobodys, now()).await.unwrap());
}
