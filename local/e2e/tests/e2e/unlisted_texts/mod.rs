//! The text of an unlisted promo code is worth money to whoever knows it: support sees it masked, and whoever sees it whole is
//! recorded.

mod first_sight;
mod look_up;
mod masks;
mod probing;
mod typed;

use pg::{AdHoc, Param, Type};
use serde_json::Value;
use testkit::{Answer, Promo, PromoSpec, User, World};
use uuid::Uuid;

/// That a member of staff has learned the text of a promo code, as the audit log has it.
#[derive(Debug, PartialEq)]
struct Learned {
    action: String,
    /// The ID of the promo code, or of the first.
    code: String,
    details: Value,
    user_id: Option<Uuid>,
    reason: Option<String>,
}

/// What a member of staff is recorded to have learned, the first first.
async fn learned(world: &World, staff: &User) -> Vec<Learned> {
    let sql = "SELECT action, resource_id, details::text, user_id, reason FROM staff_changes
        WHERE actor_id = $1 AND resource = 'promo_code' AND action IN ('read', 'look_up') ORDER BY id";
    let params: [Param; 1] = [(&staff.id, Type::UUID)];
    let rows = world.loyalty.rows(sql, &params).await.unwrap();
    let read = |row: &pg::Row| Learned {
        action: row.get(0),
        code: row.get(1),
        details: serde_json::from_str(row.get(2)).unwrap(),
        user_id: row.get(3),
        reason: row.get(4),
    };
    rows.iter().map(read).collect()
}

/// The IDs of the promo codes that the person is kept to know, the smallest first.
async fn known(world: &World, staff: &User) -> Vec<i64> {
    let sql = "SELECT code_id FROM insiders WHERE person_id = $1 AND code_id IS NOT NULL ORDER BY code_id";
    let params: [Param; 1] = [(&staff.id, Type::UUID)];
    let rows = world.loyalty.rows(sql, &params).await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

/// A promo code that users see on their lists.
async fn listed(world: &World) -> Promo {
    let spec = PromoSpec {
        listed: true,
        ..PromoSpec::default()
    };
    world.promo(spec).await
}

/// Makes the promo code one of a batch.
async fn put_in_batch(world: &World, promo: &Promo) {
    let sql = "WITH made AS (
            INSERT INTO code_batches (promotion_id, title, created_at) VALUES ($2, 'Printed', now()) RETURNING id
        )
        UPDATE promo_codes SET batch_id = made.id FROM made WHERE promo_codes.id = $1";
    let params: [Param; 2] = [(&promo.id, Type::INT8), (&promo.promotion, Type::INT8)];
    assert_eq!(world.loyalty.execute(sql, &params).await.unwrap(), 1);
}

async fn get(staff: &User, path: &str) -> Answer {
    staff.call("GET", path).send().await
}
