//! Changes that wait for the approval of a second person: docs/adr/0031-approvals.md.

use domain::{ApprovalKind, ApprovalState, Money, PromotionId, Reason};
use jiff::Timestamp;
use pg::{PgError, Record, Row, Value};
use serde_json::Value as Json;
use tokio_postgres::types::Json as Column;
use uuid::Uuid;

use crate::rows::{bug, get, money, name};
use crate::staff_change::staff_request;
use crate::{Change, LoyaltyStore, Place};

/// A statement that reads approvals, `a`, at the time $1: `$which` says which, and in what order.
macro_rules! select_approvals {
    ($which:literal) => {
        concat!(
            "SELECT a.id, a.kind, a.state, a.promotion_id, a.purchase_id, a.base_version, a.shown, a.reason, a.requested_by,
                a.requested_at, a.expires_at, a.decided_by, a.decided_at, a.decision_reason, b.user_id,
                (a.proposal -> 'amount_minor')::bigint AS amount_minor, a.proposal ->> 'currency' AS currency,
                p.version AS current_version
            FROM (
                SELECT w.id, w.kind, w.promotion_id, w.purchase_id, w.base_version, w.proposal, w.shown, w.reason,
                    w.requested_by, w.requested_at, w.expires_at, w.decided_by, w.decided_at, w.decision_reason,
                    CASE WHEN w.state = 'pending' AND w.expires_at <= $1 THEN 'expired' ELSE w.state END AS state
                FROM approvals w
            ) AS a
            LEFT JOIN purchases b ON b.id = a.purchase_id LEFT JOIN promotions p ON p.id = a.promotion_id ",
            $which
        )
    };
}

pg::statements! {
    /// The approval $2.
    FIND_APPROVAL(TIMESTAMPTZ, UUID) = select_approvals!("WHERE a.id = $2");
    /// A page of approvals, newest first.
    FIND_APPROVALS(TIMESTAMPTZ, TEXT, TEXT, UUID, TIMESTAMPTZ, UUID, INT8) = select_approvals!(
        "WHERE ($2 IS NULL OR a.state = $2) AND ($3 IS NULL OR a.kind = $3) AND ($4 IS NULL OR a.requested_by = $4)
            AND ($5 IS NULL OR (a.requested_at, a.id) < ($5, $6))
        ORDER BY a.requested_at DESC, a.id DESC LIMIT $7"
    );
    APPROVE(UUID, TEXT, JSONB) =
        concat!("SELECT approve(p_approval_id => $1, p_reason => $2, p_staff => ", staff_request!("$3"), ")");
    REJECT_APPROVAL(UUID, TEXT, JSONB) =
        concat!("SELECT reject_approval(p_approval_id => $1, p_reason => $2, p_staff => ", staff_request!("$3"), ")");
    WITHDRAW_APPROVAL(UUID, TEXT, BOOL, JSONB) = concat!(
        "SELECT withdraw_approval(p_approval_id => $1, p_reason => $2, p_of_others => $3, p_staff => ",
        staff_request!("$4"),
        ")"
    );
}

/// A change that needs an approval, and what became of it.
#[derive(Debug, Clone)]
pub struct Approval {
    /// Its ID.
    pub id: Uuid,
    /// What kind of change it is.
    pub kind: ApprovalKind,
    /// Whether it waits; `expired` also if nobody has marked it yet.
    pub state: ApprovalState,
    /// The promotion that is changed, or was created; `None` for a new one that is not approved.
    pub promotion_id: Option<PromotionId>,
    /// The version of the promotion on which the change was made; `None` for a new one.
    pub base_version: Option<i32>,
    /// The version of the promotion now; `None` if there is none.
    pub current_version: Option<i32>,
    /// The change, as staff read it.
    pub shown: Option<Json>,
    /// The purchase that is refunded.
    pub purchase_id: Option<Uuid>,
    /// Who made the purchase.
    pub user_id: Option<Uuid>,
    /// How much is refunded.
    pub amount: Option<Money>,
    /// Why it was asked for.
    pub reason: Option<String>,
    /// Who asked for it.
    pub requested_by: Uuid,
    /// When, UTC.
    pub requested_at: Timestamp,
    /// From when on it can't be approved, UTC.
    pub expires_at: Timestamp,
    /// Who has approved, rejected or withdrawn it.
    pub decided_by: Option<Uuid>,
    /// When, UTC.
    pub decided_at: Option<Timestamp>,
    /// Why.
    pub decision_reason: Option<String>,
}

impl Approval {
    /// Its place in a list.
    pub fn place(&self) -> Place {
        (self.requested_at, self.id)
    }

    /// Whether the promotion has changed since, so that it can't be approved.
    pub fn is_outdated(&self) -> bool {
        self.base_version.is_some() && self.base_version != self.current_version
    }
}

/// The filter of a list of approvals: those that match all that is there.
#[derive(Debug, Clone, Default)]
pub struct ApprovalFilter {
    /// Only those in this state.
    pub state: Option<ApprovalState>,
    /// Only those of this kind.
    pub kind: Option<ApprovalKind>,
    /// Only those that this member of staff asked for.
    pub requested_by: Option<Uuid>,
}

/// What a member of staff does with an approval.
#[derive(Debug, Clone, Copy)]
pub enum Verdict<'a> {
    /// Approves it, so that the change is made.
    Approve(Option<&'a Reason>),
    /// Rejects it.
    Reject(&'a Reason),
    /// Withdraws it.
    Withdraw {
        /// Why.
        reason: &'a Reason,
        /// Whether it may be somebody else's.
        of_others: bool,
    },
}

/// The outcome of deciding on an approval.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VerdictOutcome {
    /// It is done, by this call or an earlier one.
    Done,
    /// There is no such approval.
    NotFound,
    /// It was decided before, in this way.
    Decided(ApprovalState),
    /// The same person has asked for it.
    Own,
    /// It is a refund to the same person.
    OwnAccount,
    /// Somebody else has asked for it.
    NotOwn,
    /// The change can't be made any more: the outcome of making it.
    Outdated(String),
    /// The Idempotency-Key came with another request before.
    KeyReused,
}

impl LoyaltyStore {
    /// The approval `id`.
    ///
    /// # Errors
    /// Any [`PgError`].
    pub async fn find_approval(
        &self,
        id: Uuid,
        now: Timestamp,
    ) -> Result<Option<Approval>, PgError> {
        let values: [Value<'_>; 2] = [&now, &id];
        let row = self.pool.fetch_optional(&FIND_APPROVAL, &values).await?;
        row.as_ref().map(decode).transpose()
    }

    /// Up to `limit` approvals that match `filter`, the newest first, before the place `before`.
    ///
    /// # Errors
    /// Any [`PgError`].
    pub async fn find_approvals(
        &self,
        filter: &ApprovalFilter,
        before: Option<Place>,
        limit: i64,
        now: Timestamp,
    ) -> Result<Vec<Approval>, PgError> {
        let (at, id) = before.unzip();
        let state = filter.state.map(ApprovalState::as_str);
        let kind = filter.kind.map(ApprovalKind::as_str);
        let values: [Value<'_>; 7] = [&now, &state, &kind, &filter.requested_by, &at, &id, &limit];
        let rows = self.pool.fetch(&FIND_APPROVALS, &values).await?;
        rows.iter().map(decode).collect()
    }

    /// Decides on an approval. If it is approved, the change is made in the same transaction.
    ///
    /// # Errors
    /// Any [`PgError`]; nothing has changed then.
    pub async fn decide_approval(
        &self,
        id: Uuid,
        verdict: Verdict<'_>,
        change: Change,
    ) -> Result<VerdictOutcome, PgError> {
        let change = change.as_json();
        let row = match verdict {
            Verdict::Approve(reason) => {
                let reason = reason.map(Reason::as_str);
                let values: [Value<'_>; 3] = [&id, &reason, &change];
                match self.pool.fetch_one(&APPROVE, &values).await {
                    // Somebody took the text of a new code in this instant.
                    Err(error) if error.unique_violation() == Some("promo_codes_by_text") => {
                        return Ok(VerdictOutcome::Outdated("taken".to_owned()));
                    }
                    row => row?,
                }
            }
            Verdict::Reject(reason) => {
                let reason = reason.as_str();
                let values: [Value<'_>; 3] = [&id, &reason, &change];
                self.pool.fetch_one(&REJECT_APPROVAL, &values).await?
            }
            Verdict::Withdraw { reason, of_others } => {
                let reason = reason.as_str();
                let values: [Value<'_>; 4] = [&id, &reason, &of_others, &change];
                self.pool.fetch_one(&WITHDRAW_APPROVAL, &values).await?
            }
        };
        let mut record: Record<'_> = row.try_get(0)?;
        let outcome: &str = record.field()?;
        let state: Option<&str> = record.field()?;
        Ok(match outcome {
            "approved" | "rejected" | "withdrawn" => VerdictOutcome::Done,
            "no_approval" => VerdictOutcome::NotFound,
            "decided" => VerdictOutcome::Decided(name(state.unwrap_or_default())?),
            "own" => VerdictOutcome::Own,
            "own_account" => VerdictOutcome::OwnAccount,
            "not_own" => VerdictOutcome::NotOwn,
            "outdated" => VerdictOutcome::Outdated(record.field()?),
            "key_reused" => VerdictOutcome::KeyReused,
            _ => return Err(bug("an unknown answer")),
        })
    }
}

fn decode(row: &Row) -> Result<Approval, PgError> {
    let amount = Option::zip(
        get::<Option<i64>>(row, "amount_minor")?,
        get::<Option<&str>>(row, "currency")?,
    );
    let shown: Option<Column<Json>> = get(row, "shown")?;
    Ok(Approval {
        id: get(row, "id")?,
        kind: name(get(row, "kind")?)?,
        state: name(get(row, "state")?)?,
        promotion_id: get::<Option<i64>>(row, "promotion_id")?.map(PromotionId),
        base_version: get(row, "base_version")?,
        current_version: get(row, "current_version")?,
        shown: shown.map(|Column(shown)| shown),
        purchase_id: get(row, "purchase_id")?,
        user_id: get(row, "user_id")?,
        amount: amount
            .map(|(minor, currency)| money(minor, currency))
            .transpose()?,
        reason: get(row, "reason")?,
        requested_by: get(row, "requested_by")?,
        requested_at: get(row, "requested_at")?,
        expires_at: get(row, "expires_at")?,
        decided_by: get(row, "decided_by")?,
        decided_at: get(row, "decided_at")?,
        decision_reason: get(row, "decision_reason")?,
    })
}
