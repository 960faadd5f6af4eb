//! Look-ups by staff.

use domain::Email;
use pg::{AdHoc, Type};
use uuid::Uuid;

use crate::common::{email, id, now, pool, register, store};

#[tokio::test]
async fn many_addresses_are_resolved_and_each_look_up_is_kept_once() {
    let (store, staff) = (store(), id());
    let (first, last) = (email(), email());
    let first = Email::parse(&format!("!{}", first.as_str())).unwrap();
    let last = Email::parse(&format!("z{}", last.as_str())).unwrap();
    let mut users = vec![];
    for email in [&first, &last] {
        users.push(register(&store, email).await.unwrap());
    }
    // More than one statement takes, and both twice.
    let unique = id().simple();
    let mut keys: Vec<String> = (0..25_000)
        .map(|n| format!("no-{n}-{unique}@example.com"))
        .collect();
    for _ in 0..2 {
        keys.push(first.key());
        keys.insert(0, last.key());
    }
    let found = store.resolve(staff, keys, now()).await.unwrap();
    assert_eq!(found.len(), 2);
    assert_eq!([found[&first.key()], found[&last.key()]], users[..]);
    let sql = "SELECT user_id FROM staff_actions WHERE actor_id = $1 AND action = 'look_up'";
    let rows = pool().rows(sql, &[(&staff, Type::UUID)]).await.unwrap();
    let mut kept: Vec<Uuid> = rows.iter().map(|row| row.get(0)).collect();
    kept.sort();
    users.sort();
    assert_eq!(kept, users);
    assert!(
        store
            .resolve(staff, vec![], now())
            .await
            .unwrap()
            .is_empty()
    );
}
