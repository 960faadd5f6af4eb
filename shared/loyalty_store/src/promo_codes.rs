//! Promo codes, as staff enter them: the texts of promotions.

use domain::{CodeState, IssuedCode, PromoCode, PromoCodeId, PromotionId, PromotionStatus, Reason};
use jiff::Timestamp;
use pg::{PgError, Record, Row, Value};
use serde::Serialize;
use tokio_postgres::types::Json;
use uuid::Uuid;

use crate::definitions::CodeRow;
use crate::rows::{bug, get, name};
use crate::staff_change::staff_request;
use crate::version_history::version_history;
use crate::{Change, CodeText, LoyaltyStore, PastVersion, PromoError};

/// A statement that reads codes, `c`, with what people want to know of their promotions, `p`: `$from` says from where and
/// which.
macro_rules! select_codes {
    ($from:literal) => {
        concat!(
            "SELECT to_jsonb(c) AS code, c.uses, c.created_at, p.title, p.status, p.listed, p.time_zone,
                is_unlisted(p_listed => p.listed, p_batch_id => c.batch_id, p_user_id => c.user_id) AS unlisted ",
            $from
        )
    };
}

/// The filters of a list of codes but the one that its index serves.
macro_rules! filters {
    () => {
        " AND c.id < $1 AND ($2 IS NULL OR p.status = $2) AND ($3 IS NULL OR c.state = $3)
            AND ($4 IS NULL OR p.campaign_id = $4) AND ($5 IS NULL OR c.code ^@ $5)
            AND NOT ($6 AND is_unlisted(p_listed => p.listed, p_batch_id => c.batch_id, p_user_id => c.user_id))
        ORDER BY c.id DESC LIMIT $7"
    };
}

pg::statements! {
    CREATE_CODE(INT8, JSONB, JSONB) =
        concat!("SELECT create_code(p_promotion_id => $1, p_code => $2, p_staff => ", staff_request!("$3"), ")");
    REPLACE_CODE(INT8, INT4, JSONB, JSONB) = concat!(
        "SELECT replace_code(p_code_id => $1, p_version => $2, p_code => $3, p_staff => ",
        staff_request!("$4"),
        ")"
    );
    DELETE_CODE(INT8, INT4, JSONB) =
        concat!("SELECT delete_code(p_code_id => $1, p_version => $2, p_staff => ", staff_request!("$3"), ")");
    FIND_CODE(INT8) =
        select_codes!("FROM promo_codes c JOIN promotions p ON p.id = c.promotion_id WHERE c.id = $1");
    /// Records that it is looked up, and reads it.
    LOOK_UP_CODE(INT8, JSONB, TEXT) = concat!(
        select_codes!(
            ", l.outcome, c.version
            FROM (SELECT look_up_code(p_code_id => $1, p_reason => $3, p_staff => "
        ),
        staff_request!("$2"),
        ") AS outcome) AS l
            LEFT JOIN promo_codes c ON c.id = $1 AND l.outcome = 'looked_up'
            LEFT JOIN promotions p ON p.id = c.promotion_id"
    );
    FIND_CODES_OF_PROMOTION(INT8, TEXT, TEXT, INT8, TEXT, BOOL, INT8, INT8, UUID) = concat!(
        select_codes!(
            "FROM promo_codes c JOIN promotions p ON p.id = c.promotion_id
            WHERE c.promotion_id = $8 AND ($9 IS NULL OR c.user_id = $9)"
        ),
        filters!()
    );
    FIND_CODES_OF_USER(INT8, TEXT, TEXT, INT8, TEXT, BOOL, INT8, UUID) = concat!(
        select_codes!("FROM promo_codes c JOIN promotions p ON p.id = c.promotion_id WHERE c.user_id = $8"),
        filters!()
    );
    /// Codes of batches are left out: there may be millions of them.
    FIND_CODES(INT8, TEXT, TEXT, INT8, TEXT, BOOL, INT8) = concat!(
        select_codes!("FROM promo_codes c JOIN promotions p ON p.id = c.promotion_id WHERE c.batch_id IS NULL"),
        filters!()
    );
    UNKNOWN_USERS(UUID_ARRAY) = "
        SELECT o.nth - 1 AS at FROM unnest($1) WITH ORDINALITY AS o (user_id, nth)
        WHERE is_unknown_user(o.user_id) ORDER BY o.nth";
    CODE_VERSIONS(INT8) = version_history!("promo_code", "promo_codes");
}

/// A promo code as staff enter it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeEntry {
    /// Its text.
    pub code: PromoCode,
    /// Its text as it is shown: see [`PromoCode::shown`].
    pub typed: Option<String>,
    /// The only user whom it is for.
    pub user_id: Option<Uuid>,
    /// How many uses it has of its own.
    pub max_uses: Option<i64>,
    /// An end of its own.
    pub ends_at: Option<Timestamp>,
    /// Whether it may be used.
    pub state: CodeState,
}

/// A promo code with what belongs to it.
#[derive(Debug, Clone)]
pub struct StoredCode {
    /// The code, with the text that staff change. For what they read there is `text`.
    pub code: IssuedCode,
    /// Its text.
    pub text: CodeText,
    /// The ID of the batch that it was generated with.
    pub batch_id: Option<i64>,
    /// How many of its own uses are reserved or spent, if it has some.
    pub uses: Option<i64>,
    /// When it was created, UTC.
    pub created_at: Timestamp,
    /// The title of its promotion.
    pub promotion_title: String,
    /// The status of its promotion.
    pub promotion_status: PromotionStatus,
    /// Whether users who may use it are shown it.
    pub is_listed: bool,
    /// The name of the time zone of its promotion.
    pub time_zone: String,
}

/// The filter of a list of promo codes.
#[derive(Debug, Clone, Default)]
pub struct CodeFilter {
    /// Only those of this promotion, those of batches as well.
    pub promotion_id: Option<i64>,
    /// Only those that are for this user alone.
    pub user_id: Option<Uuid>,
    /// Only those whose promotion has this status.
    pub status: Option<PromotionStatus>,
    /// Only those in this state.
    pub state: Option<CodeState>,
    /// Only those of this campaign.
    pub campaign_id: Option<i64>,
    /// Only those whose text begins so.
    pub begins_with: Option<PromoCode>,
    /// Only those that are on the lists of users.
    pub listed_alone: bool,
}

/// The columns of `promo_codes` that staff enter.
#[derive(Debug, Serialize)]
pub(crate) struct EnteredCode<'a> {
    code: &'a str,
    typed: Option<&'a str>,
    user_id: Option<Uuid>,
    max_uses: Option<i64>,
    ends_at: Option<Timestamp>,
    state: &'a str,
}

impl<'a> From<&'a CodeEntry> for EnteredCode<'a> {
    fn from(entry: &'a CodeEntry) -> EnteredCode<'a> {
        EnteredCode {
            code: entry.code.as_str(),
            typed: entry.typed.as_deref(),
            user_id: entry.user_id,
            max_uses: entry.max_uses,
            ends_at: entry.ends_at,
            state: entry.state.as_str(),
        }
    }
}

impl LoyaltyStore {
    /// A new code of a promotion; its ID.
    ///
    /// # Errors
    /// [`PromoError`].
    pub async fn create_code(
        &self,
        promotion_id: PromotionId,
        entry: &CodeEntry,
        change: Change,
    ) -> Result<PromoCodeId, PromoError> {
        let code = Json(EnteredCode::from(entry));
        let values: [Value<'_>; 3] = [&promotion_id.0, &code, &change.as_json()];
        let row = self.pool.fetch_one(&CREATE_CODE, &values).await?;
        let mut record: Record<'_> = row.try_get(0)?;
        Err(match record.field()? {
            "created" => return Ok(PromoCodeId(record.field()?)),
            "no_promotion" => PromoError::NoPromotion,
            "archived" => PromoError::Archived,
            "approval_pending" => {
                let _: Option<i64> = record.field()?;
                PromoError::ApprovalPending(record.field()?)
            }
            "unknown_user" => PromoError::UnknownReferences(vec!["user_id".to_owned()]),
            "taken" => PromoError::CodeTaken(vec![entry.code.as_str().to_owned()]),
            "key_reused" => PromoError::KeyReused,
            _ => PromoError::Pg(bug("an unknown answer")),
        })
    }

    /// Replaces a code, if it has the version `version`, or whatever version.
    ///
    /// # Errors
    /// [`PromoError`].
    pub async fn replace_code(
        &self,
        id: PromoCodeId,
        version: Option<i32>,
        entry: &CodeEntry,
        change: Change,
    ) -> Result<(), PromoError> {
        let code = Json(EnteredCode::from(entry));
        let values: [Value<'_>; 4] = [&id.0, &version, &code, &change.as_json()];
        let row = self.pool.fetch_one(&REPLACE_CODE, &values).await?;
        let mut record: Record<'_> = row.try_get(0)?;
        Err(match record.field()? {
            "replaced" => return Ok(()),
            "no_code" => PromoError::NoCode,
            "changed" => PromoError::Changed(record.field()?),
            "archived" => PromoError::Archived,
            "approval_pending" => {
                let _: Option<i32> = record.field()?;
                PromoError::ApprovalPending(record.field()?)
            }
            "code_fixed" => PromoError::CodeFixed,
            "uses_fixed" => PromoError::UsesFixed,
            "unknown_user" => PromoError::UnknownReferences(vec!["user_id".to_owned()]),
            "taken" => PromoError::CodeTaken(vec![entry.code.as_str().to_owned()]),
            "key_reused" => PromoError::KeyReused,
            _ => PromoError::Pg(bug("an unknown answer")),
        })
    }

    /// Deletes a code of a draft that was never active, if it has the version `version`, or whatever version.
    ///
    /// # Errors
    /// [`PromoError`].
    pub async fn delete_code(
        &self,
        id: PromoCodeId,
        version: Option<i32>,
        change: Change,
    ) -> Result<(), PromoError> {
        let values: [Value<'_>; 3] = [&id.0, &version, &change.as_json()];
        let row = self.pool.fetch_one(&DELETE_CODE, &values).await?;
        let mut record: Record<'_> = row.try_get(0)?;
        Err(match record.field()? {
            "deleted" => return Ok(()),
            "no_code" => PromoError::NoCode,
            "changed" => PromoError::Changed(record.field()?),
            "not_draft" => PromoError::NotDraft,
            "key_reused" => PromoError::KeyReused,
            _ => PromoError::Pg(bug("an unknown answer")),
        })
    }

    /// The places of those users, of codes that are for one, who are unknown or deleted.
    ///
    /// # Errors
    /// Any [`PgError`].
    pub async fn unknown_users(&self, users: &[Option<Uuid>]) -> Result<Vec<i64>, PgError> {
        if users.iter().all(Option::is_none) {
            return Ok(Vec::new());
        }
        let rows = self.pool.fetch(&UNKNOWN_USERS, &[&users]).await?;
        rows.iter().map(|row| get(row, "at")).collect()
    }

    /// A promo code.
    ///
    /// # Errors
    /// Any [`PgError`].
    pub async fn find_code(&self, id: PromoCodeId) -> Result<Option<StoredCode>, PgError> {
        let row = self.pool.fetch_optional(&FIND_CODE, &[&id.0]).await?;
        row.as_ref().map(stored).transpose()
    }

    /// A promo code with its whole text, for the member of staff who looks it up; recorded in the same statement.
    ///
    /// # Errors
    /// [`PromoError::NoCode`], [`PromoError::KeyReused`]; [`PromoError::Pg`].
    pub async fn look_up_code(
        &self,
        id: PromoCodeId,
        reason: &Reason,
        change: Change,
    ) -> Result<StoredCode, PromoError> {
        let reason = reason.as_str();
        let values: [Value<'_>; 3] = [&id.0, &change.as_json(), &reason];
        let row = self.pool.fetch_one(&LOOK_UP_CODE, &values).await?;
        match get(&row, "outcome")? {
            "looked_up" => {}
            "no_code" => return Err(PromoError::NoCode),
            "key_reused" => return Err(PromoError::KeyReused),
            _ => return Err(PromoError::Pg(bug("an unknown answer"))),
        }
        // Deleted since the request that this one repeats.
        get::<Option<i32>>(&row, "version")?.ok_or(PromoError::NoCode)?;
        let found = stored(&row)?;
        Ok(StoredCode {
            text: found.text.looked_up(),
            ..found
        })
    }

    /// Up to `limit` promo codes, the newest first, before the ID `before`: those of a promotion or of a user, or else those
    /// that are of no batch.
    ///
    /// # Errors
    /// Any [`PgError`].
    pub async fn find_codes(
        &self,
        filter: &CodeFilter,
        before: i64,
        limit: i64,
    ) -> Result<Vec<StoredCode>, PgError> {
        let status = filter.status.map(PromotionStatus::as_str);
        let state = filter.state.map(CodeState::as_str);
        let begins_with = filter.begins_with.as_ref().map(PromoCode::as_str);
        let mut values: Vec<Value<'_>> = vec![
            &before,
            &status,
            &state,
            &filter.campaign_id,
            &begins_with,
            &filter.listed_alone,
            &limit,
        ];
        let statement = match (&filter.promotion_id, &filter.user_id) {
            (Some(promotion_id), _) => {
                values.extend([promotion_id as Value<'_>, &filter.user_id]);
                &FIND_CODES_OF_PROMOTION
            }
            (None, Some(user_id)) => {
                values.push(user_id);
                &FIND_CODES_OF_USER
            }
            (None, None) => &FIND_CODES,
        };
        let rows = self.pool.fetch(statement, &values).await?;
        rows.iter().map(stored).collect()
    }

    /// All versions of a code, the newest first.
    ///
    /// # Errors
    /// Any [`PgError`].
    pub async fn code_versions(
        &self,
        id: PromoCodeId,
    ) -> Result<Vec<PastVersion<IssuedCode>>, PgError> {
        let rows = self.pool.fetch(&CODE_VERSIONS, &[&id.0]).await?;
        rows.iter().map(PastVersion::read::<CodeRow>).collect()
    }
}

fn stored(row: &Row) -> Result<StoredCode, PgError> {
    let Json(code): Json<CodeRow> = get(row, "code")?;
    let batch_id = code.batch_id;
    let code: IssuedCode = code.try_into()?;
    Ok(StoredCode {
        text: CodeText::read(row, code.id, Some(code.text()))?,
        uses: code.max_uses.map(|_| get(row, "uses")).transpose()?,
        code,
        batch_id,
        created_at: get(row, "created_at")?,
        promotion_title: get(row, "title")?,
        promotion_status: name(get(row, "status")?)?,
        is_listed: get(row, "listed")?,
        time_zone: get(row, "time_zone")?,
    })
}
