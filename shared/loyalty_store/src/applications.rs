//! Applications as staff see them: one, or those that a filter finds.

use domain::{ApplicationState, PromoCodeId, PromotionId, Quote, TariffId};
use jiff::Timestamp;
use pg::{PgError, Row};
use uuid::Uuid;

use crate::rows::{get, money, name};
use crate::{ByStaff, CodeText, LoyaltyStore, Place};

/// A statement that reads applications, `a`: `$from` says from where, which, and in what order.
macro_rules! select_applications {
    ($from:literal) => {
        concat!(
            "SELECT a.id, a.user_id, a.code_id, coalesce(c.typed, c.code) AS code,
                is_unlisted(p_listed => p.listed, p_batch_id => c.batch_id, p_user_id => c.user_id) AS unlisted, a.promotion_id, p.title AS promotion,
                a.campaign_id, a.tariff_id, t.title AS tariff_title, a.price_minor, a.total_minor, a.currency, a.trial_days,
                a.state::text, a.cancel_reason::text, a.created_at, a.expires_at, a.applied_by, a.reason, a.waived,
                (
                    SELECT b.id FROM purchases b WHERE b.application_id = a.id ORDER BY b.created_at DESC LIMIT 1
                ) AS purchase_id ",
            $from
        )
    };
}

pg::statements! {
    /// The application $1.
    FIND(UUID) = select_applications!(
        "FROM applications a JOIN promo_codes c ON c.id = a.code_id JOIN promotions p ON p.id = a.promotion_id
        JOIN tariffs t ON t.id = a.tariff_id WHERE a.id = $1"
    );
    /// Those that a filter finds, newest first.
    FIND_PAGE(UUID, INT8, INT8, INT8, INT8, TEXT, BOOL, TIMESTAMPTZ, TIMESTAMPTZ, UUID, UUID, TIMESTAMPTZ, UUID, INT8) =
        select_applications!(
            "FROM find_applications(p_user_id => $1, p_code_id => $2, p_promotion_id => $3, p_campaign_id => $4,
                p_tariff_id => $5, p_state => $6, p_by_staff => $7, p_from => $8, p_to => $9, p_from_id => $10,
                p_to_id => $11, p_at => $12, p_id => $13, p_limit => $14) WITH ORDINALITY AS a
            JOIN promo_codes c ON c.id = a.code_id JOIN promotions p ON p.id = a.promotion_id
            JOIN tariffs t ON t.id = a.tariff_id ORDER BY a.ordinality"
        );
}

/// An application, with what it refers to.
#[derive(Debug, Clone)]
pub struct StoredApplication {
    /// Its ID; also that of the decision that allowed it.
    pub id: Uuid,
    /// The user.
    pub user_id: Uuid,
    /// The promo code.
    pub code_id: PromoCodeId,
    /// Its present text.
    pub text: CodeText,
    /// The promotion.
    pub promotion_id: PromotionId,
    /// Its present title.
    pub promotion: String,
    /// The campaign that the use counts in.
    pub campaign_id: Option<i64>,
    /// The tariff.
    pub tariff: TariffId,
    /// Its present title.
    pub tariff_title: String,
    /// The price that holds as long as the application.
    pub quote: Quote,
    /// How far it is.
    pub state: ApplicationState,
    /// Why it was cancelled, if it was.
    pub cancel_reason: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it expires, or would have.
    pub expires_at: Timestamp,
    /// Who made it, if it was not the user.
    pub by_staff: Option<ByStaff>,
    /// The rules that would have refused and were waived.
    pub waived: Vec<String>,
    /// Its purchase, once there is one.
    pub purchase_id: Option<Uuid>,
}

/// Which applications are looked for: those that match all that is given. One of the user, the code, the promotion and
/// the campaign must be given, or both times.
#[derive(Debug, Clone, Default)]
pub struct ApplicationFilter {
    /// The user.
    pub user_id: Option<Uuid>,
    /// The promo code.
    pub code_id: Option<i64>,
    /// The promotion.
    pub promotion_id: Option<i64>,
    /// The campaign that the use counts in.
    pub campaign_id: Option<i64>,
    /// The tariff.
    pub tariff: Option<i64>,
    /// The state.
    pub state: Option<ApplicationState>,
    /// Whether only those count that staff made.
    pub by_staff: Option<bool>,
    /// Made then or later.
    pub from: Option<Timestamp>,
    /// Made before then.
    pub to: Option<Timestamp>,
}

impl StoredApplication {
    /// Its place in the list.
    pub fn place(&self) -> Place {
        (self.created_at, self.id)
    }
}

impl LoyaltyStore {
    /// The application `id`.
    ///
    /// # Errors
    /// Any [`PgError`].
    pub async fn find_application(&self, id: Uuid) -> Result<Option<StoredApplication>, PgError> {
        let row = self.pool.fetch_optional(&FIND, &[&id]).await?;
        row.as_ref().map(decode).transpose()
    }

    /// Up to `limit` applications, newest first, after `after`.
    ///
    /// # Errors
    /// Any [`PgError`].
    pub async fn find_applications(
        &self,
        filter: &ApplicationFilter,
        after: Option<Place>,
        limit: i64,
    ) -> Result<Vec<StoredApplication>, PgError> {
        let state = filter.state.map(ApplicationState::as_str);
        let (at, id) = after.unzip();
        let values: [pg::Value<'_>; 14] = [
            &filter.user_id,
            &filter.code_id,
            &filter.promotion_id,
            &filter.campaign_id,
            &filter.tariff,
            &state,
            &filter.by_staff,
            &filter.from,
            &filter.to,
            &filter.from.map(first_id_from),
            &filter.to.map(first_id_after),
            &at,
            &id,
            &limit,
        ];
        let rows = self.pool.fetch(&FIND_PAGE, &values).await?;
        rows.iter().map(decode).collect()
    }
}

/// The least ID of applications of this time: an ID begins with its milliseconds (`Random::uuid_at`).
fn first_id_from(at: Timestamp) -> Uuid {
    Uuid::from_u128(millis(at) << 80)
}

/// The least ID of the milliseconds after this time, in which others may have been made before it.
fn first_id_after(at: Timestamp) -> Uuid {
    Uuid::from_u128((millis(at) + 1) << 80)
}

fn millis(at: Timestamp) -> u128 {
    u128::try_from(at.as_millisecond()).unwrap_or_default()
}

fn decode(row: &Row) -> Result<StoredApplication, PgError> {
    let currency: &str = get(row, "currency")?;
    let waived: Option<Vec<String>> = get(row, "waived")?;
    let code_id = PromoCodeId(get(row, "code_id")?);
    Ok(StoredApplication {
        id: get(row, "id")?,
        user_id: get(row, "user_id")?,
        code_id,
        text: CodeText::read(row, code_id, get(row, "code")?)?,
        promotion_id: PromotionId(get(row, "promotion_id")?),
        promotion: get(row, "promotion")?,
        campaign_id: get(row, "campaign_id")?,
        tariff: TariffId(get(row, "tariff_id")?),
        tariff_title: get(row, "tariff_title")?,
        quote: Quote {
            price: money(get(row, "price_minor")?, currency)?,
            total: money(get(row, "total_minor")?, currency)?,
            trial_days: get(row, "trial_days")?,
        },
        state: name(get(row, "state")?)?,
        cancel_reason: get(row, "cancel_reason")?,
        created_at: get(row, "created_at")?,
        expires_at: get(row, "expires_at")?,
        by_staff: ByStaff::read(row)?,
        waived: waived.unwrap_or_default(),
        purchase_id: get(row, "purchase_id")?,
    })
}
