//! Changes that wait for a second person: their locks, their expiry, and for how long they are kept.

use domain::{ApprovalState, Promotion, PromotionId};
use jiff::{SignedDuration, Timestamp};
use loyalty_store::{
    ApprovalRequest, Change, PromoError, PromotionProposal, Verdict, VerdictOutcome,
};
use pg::{AdHoc, Param, Type};
use runtime::OsRandom;
use testkit::{join_all, staff};
use uuid::Uuid;

use crate::world::{Limits, World, now};

const DAY: SignedDuration = SignedDuration::from_hours(24);

fn by(number: u128, at: Timestamp) -> Change {
    Change {
        actor_id: Uuid::from_u128(number),
        at,
        request: None,
    }
}

/// A promotion of the test's own, as it is now.
async fn promotion(world: &World) -> Promotion {
    let code = world.promo(10_000, Limits::default()).await;
    let sql = "SELECT promotion_id FROM promo_codes WHERE id = $1";
    let id = world.number(sql, &[(&code, Type::INT8)]).await;
    let found = world.store.find_promotion(PromotionId(id)).await.unwrap();
    found.unwrap().promotion
}

async fn ask(
    world: &World,
    promotion: &Promotion,
    expires_at: Timestamp,
    change: Change,
) -> Result<Uuid, PromoError> {
    let wanted = Promotion {
        title: format!("{} again", promotion.title),
        ..promotion.clone()
    };
    let proposal = PromotionProposal {
        base: Some((promotion.id, promotion.version)),
        promotion: &wanted,
        codes: &[],
        shown: serde_json::json!({}),
        reason: None,
        expires_at,
    };
    let asked = world
        .store
        .request_promotion_approval(proposal, change, &OsRandom);
    match asked.await? {
        ApprovalRequest::Requested(id) => Ok(id),
        ApprovalRequest::Done => panic!("without a key, nothing was done before"),
    }
}

async fn state(world: &World, id: Uuid, at: Timestamp) -> Option<ApprovalState> {
    let found = world.store.find_approval(id, at).await.unwrap();
    found.map(|approval| approval.state)
}

#[tokio::test]
async fn expiry_is_decided_by_the_time_and_marked_later() {
    let world = World::alone().await;
    let (promotion, start) = (promotion(&world).await, now());
    let end = start + DAY;
    let id = ask(&world, &promotion, end, by(1, start)).await.unwrap();
    let last = end - SignedDuration::from_micros(1);
    assert_eq!(state(&world, id, last).await, Some(ApprovalState::Pending));
    assert_eq!(state(&world, id, end).await, Some(ApprovalState::Expired));
    let late = world
        .store
        .decide_approval(id, Verdict::Approve(None), by(2, end));
    let expired = VerdictOutcome::Decided(ApprovalState::Expired);
    assert_eq!(late.await.unwrap(), expired);
    // It is marked, also for a call by an older clock.
    let early = world
        .store
        .decide_approval(id, Verdict::Approve(None), by(2, last));
    assert_eq!(early.await.unwrap(), expired);

    // One that nobody has touched is marked by the sweeper, and is not in the way of another.
    let other = ask(&world, &promotion, end + DAY, by(1, end))
        .await
        .unwrap();
    world.store.maintain_approvals(end + DAY).await.unwrap();
    assert_eq!(
        state(&world, other, end).await,
        Some(ApprovalState::Expired)
    );
    let third = ask(&world, &promotion, end + DAY * 3, by(1, end + DAY)).await;
    third.unwrap();
}

#[tokio::test]
async fn only_what_was_approved_is_kept_for_good() {
    let world = World::alone().await;
    let start = now();
    let reason = staff::reason("No");
    let mut ids = vec![];
    for verdict in [
        Verdict::Approve(None),
        Verdict::Reject(&reason),
        Verdict::Withdraw {
            reason: &reason,
            of_others: true,
        },
    ] {
        let promotion = promotion(&world).await;
        let id = ask(&world, &promotion, start + DAY, by(1, start))
            .await
            .unwrap();
        let decided = world.store.decide_approval(id, verdict, by(2, start)).await;
        assert_eq!(decided.unwrap(), VerdictOutcome::Done);
        ids.push(id);
    }
    let kept = async |at: Timestamp| {
        world.store.maintain_approvals(at).await.unwrap();
        let states = join_all(ids.iter().map(|id| state(&world, *id, at))).await;
        states.iter().flatten().count()
    };
    assert_eq!(kept(start + DAY * 400).await, 3);
    assert_eq!(
        kept(start + DAY * 400 + SignedDuration::from_secs(1)).await,
        1
    );
    assert_eq!(
        state(&world, ids[0], start).await,
        Some(ApprovalState::Approved)
    );
}

/// Clocks differ: for some the approval has expired, for others it has not. Nobody waits for each other in a circle.
#[tokio::test]
async fn asking_and_deciding_at_once_never_deadlock() {
    let world = World::connected(16).await;
    let reason = staff::reason("At once");
    for _ in 0..10 {
        let promotion = promotion(&world).await;
        let (start, end) = (now(), now() + DAY);
        let id = ask(&world, &promotion, end, by(1, start)).await.unwrap();
        let decide = async |n: u128| {
            let at = end + SignedDuration::from_secs(if n.is_multiple_of(2) { -1 } else { 1 });
            let verdict = match n % 3 {
                0 => Verdict::Reject(&reason),
                1 => Verdict::Withdraw {
                    reason: &reason,
                    of_others: true,
                },
                _ => Verdict::Approve(None),
            };
            world
                .store
                .decide_approval(id, verdict, by(10 + n, at))
                .await
                .unwrap()
        };
        let again = async |n: u128| {
            let at = end + SignedDuration::from_secs(1);
            let asked = ask(&world, &promotion, at + DAY, by(n, at)).await;
            match asked {
                Ok(_) | Err(PromoError::ApprovalPending(_) | PromoError::Changed(_)) => (),
                Err(error) => panic!("{error}"),
            }
        };
        let (decided, ()) = tokio::join!(join_all((0..8).map(decide)), async {
            join_all((0..4).map(again)).await;
        });
        let done = decided
            .iter()
            .filter(|one| **one == VerdictOutcome::Done)
            .count();
        let sql = "SELECT count(*) FROM approvals WHERE id = $1 AND decided_by IS NOT NULL";
        let params: [Param; 1] = [(&id, Type::UUID)];
        assert_eq!(
            world.number(sql, &params).await,
            i64::try_from(done).unwrap()
        );
        assert!(done <= 1, "{decided:?}");
        let sql = "SELECT count(*) FROM approvals WHERE promotion_id = $1 AND state = 'pending'";
        assert!(world.number(sql, &[(&promotion.id.0, Type::INT8)]).await <= 1);
        world
            .pool
            .execute(
                "UPDATE promotions SET status = 'archived' WHERE id = $1",
                &[(&promotion.id.0, Type::INT8)],
            )
            .await
            .unwrap();
    }
}
