//! Each user's events in their order, whatever the broker does with single ones.

use std::collections::HashSet;

use events::{PublishError, Publisher, UserStatusChanged};
use uuid::Uuid;

/// What became of a batch.
pub(crate) struct Published {
    /// The events that the broker has.
    pub event_ids: Vec<Uuid>,
    /// The first failure.
    pub failure: Option<PublishError>,
}

/// Publishes `events`, oldest first. A user's later event goes out only after the broker has the earlier one.
pub(crate) async fn publish(publisher: &impl Publisher, events: &[UserStatusChanged]) -> Published {
    let mut event_ids = Vec::with_capacity(events.len());
    let mut failure = None;
    let mut failed_users = HashSet::new();
    let mut rest: Vec<&UserStatusChanged> = events.iter().collect();
    while !rest.is_empty() {
        // The first remaining event of each user: events of one call are in no order.
        let mut users = HashSet::new();
        let (round, later): (Vec<_>, Vec<_>) = rest
            .into_iter()
            .partition(|event| users.insert(event.user_id));
        let round: Vec<UserStatusChanged> = round.into_iter().cloned().collect();
        let results = publisher.publish(&round).await;
        for (event, result) in round.iter().zip(results) {
            match result {
                Ok(()) => event_ids.push(event.event_id),
                Err(error) => {
                    failed_users.insert(event.user_id);
                    failure.get_or_insert(error);
                }
            }
        }
        rest = later;
        rest.retain(|event| !failed_users.contains(&event.user_id));
    }
    Published { event_ids, failure }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use domain::UserStatus;
    use jiff::Timestamp;

    use super::*;

    /// A broker that refuses some events: real ones can't be made to refuse one of many.
    struct Refusing {
        refuse: HashSet<Uuid>,
        calls: Mutex<Vec<Vec<(Uuid, i64)>>>,
    }

    impl Publisher for Refusing {
        async fn publish(&self, events: &[UserStatusChanged]) -> Vec<Result<(), PublishError>> {
            let call = events.iter().map(|e| (e.user_id, e.version)).collect();
            self.calls.lock().unwrap().push(call);
            let answer = |e: &UserStatusChanged| {
                if self.refuse.contains(&e.event_id) {
                    Err(PublishError::Unroutable)
                } else {
                    Ok(())
                }
            };
            events.iter().map(answer).collect()
        }
    }

    fn event(user: u128, version: i64) -> UserStatusChanged {
        UserStatusChanged {
            event_id: Uuid::from_u128(user * 100 + version as u128),
            user_id: Uuid::from_u128(user),
            status: UserStatus::Active,
            version,
            occurred_at: Timestamp::UNIX_EPOCH,
            first_account_id: None,
        }
    }

    #[tokio::test]
    async fn a_failure_stops_the_user_and_nobody_else() {
        let events = [
            event(1, 1),
            event(2, 1),
            event(1, 2),
            event(2, 2),
            event(1, 3),
        ];
        let broker = Refusing {
            refuse: HashSet::from([events[2].event_id]),
            calls: Mutex::default(),
        };
        let published = publish(&broker, &events).await;
        let expected = [&events[0], &events[1], &events[3]].map(|e| e.event_id);
        assert_eq!(published.event_ids, expected);
        assert_eq!(published.failure, Some(PublishError::Unroutable));
        let (one, two) = (Uuid::from_u128(1), Uuid::from_u128(2));
        assert_eq!(
            *broker.calls.lock().unwrap(),
            [vec![(one, 1), (two, 1)], vec![(one, 2), (two, 2)]]
        );
    }
}
