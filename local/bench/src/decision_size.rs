//! How much a decision takes to store.

use hyper::StatusCode;
use tokio_postgres::types::Type;

use crate::Result;
use crate::load;
use crate::promo_codes::LIMITED_CODE;
use crate::report::Goal;
use crate::request;
use crate::subjects::id;
use crate::world::World;

/// What it is called.
pub const NAME: &str = "decisions, stored bytes";

const MAX_ACCEPTED: i64 = 300;
const MAX_REFUSED: i64 = 500;

/// Of an accepted decision, what the application would not need anyway.
const ACCEPTED: &str = "SELECT (pg_column_size(code_version) + pg_column_size(promotion_version)
        + coalesce(pg_column_size(campaign_version), 0) + pg_column_size(tariff_version) + pg_column_size(rule_set)
        + pg_column_size(observed))::bigint
    FROM applications WHERE user_id = $1";

/// Of a refusal, its row, and 36 bytes for its entry in each index: 24 of a UUID and a time, a header of 8 and a pointer of 4.
const REFUSED: &str = "SELECT (pg_column_size(r.*) + 36 * (
        SELECT count(*) FROM pg_index WHERE indrelid = 'refusals'::regclass
    ))::bigint
    FROM refusals r WHERE user_id = $1";

/// Has a user apply a code with a limit, and again when it is used: so there is something to say about counters, too.
///
/// # Errors
/// When the service does not accept, or does not refuse.
pub async fn goal(world: &World) -> Result<Goal> {
    let subjects = world.take(1);
    world.add_users(subjects).await?;
    let n = subjects.first;
    let apply = || request::with_promo(world, n, "/apply_promocode", LIMITED_CODE);
    load::once(world.address, apply()?).await?;
    let user = id(n)?;
    let user = [(&user as _, Type::UUID)];
    let accepted: i64 = world.loyalty.value(ACCEPTED, &user).await?;
    let use_up = "UPDATE applications SET state = 'used' WHERE user_id = $1";
    world.loyalty.execute(use_up, &user).await?;
    load::refused(world.address, apply()?, StatusCode::UNPROCESSABLE_ENTITY).await?;
    let refused: i64 = world.loyalty.value(REFUSED, &user).await?;
    Ok(Goal {
        text: format!(
            "{NAME}: {accepted} beside the application, {refused} for a refusal with its index entries (at most \
             {MAX_ACCEPTED} and {MAX_REFUSED})"
        ),
        met: accepted <= MAX_ACCEPTED && refused <= MAX_REFUSED,
    })
}
