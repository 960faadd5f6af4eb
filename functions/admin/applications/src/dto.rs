//! Applications in requests and answers of staff.

use checkout::PurchaseBody;
use domain::ApplicationState;
use jiff::Timestamp;
use loyalty_store::{CodeSight, Purchase, StoredApplication};
use serde::{Deserialize, Serialize};
use service_http::{MoneyBody, PageSize, PromocodeText, TimeCursor};
use utoipa::ToSchema;
use uuid::Uuid;

/// A promo code to apply for a user.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ApplyRequest {
    /// The user; `POST /admin/users/resolve` finds the ID of an e-mail address.
    #[schema(example = "6f1c8a52-3d0e-4b7a-9c15-8e2f4d6a7b90")]
    pub(crate) user_id: Uuid,
    /// The ID of the promo code.
    #[schema(example = 5, minimum = 1)]
    pub(crate) promocode_id: Option<i64>,
    /// Its text, instead of its ID. Whoever names an unlisted promo code so is recorded as knowing it.
    pub(crate) promocode: Option<String>,
    /// The ID of the tariff.
    #[schema(example = 1, minimum = 1)]
    pub(crate) tariff: i64,
    /// For colleagues: 1 to 200 characters in one line, without personal data. The user does not see it.
    #[schema(example = "Could not pay before the promotion ended")]
    pub(crate) reason: String,
    /// Rules that do not count if they refuse, for marketers and administrators: `not_in_audience`, `not_first_purchase`,
    /// `promo_not_started`, `promo_ended`, `code_ended`, `outside_schedule`, `tariff_not_in_scope`, `price_below_minimum`,
    /// `user_limit_reached`, `too_many_unused_applications`.
    #[serde(default)]
    #[schema(example = json!(["promo_ended"]))]
    pub(crate) waive: Vec<String>,
    /// Whether to make the purchase at once. Nothing must be left to pay.
    #[serde(default, rename = "use")]
    #[schema(example = false)]
    pub(crate) with_purchase: bool,
    /// How long the use is held, in minutes; as long as the promotion says if absent.
    #[schema(example = 1440, minimum = 1, maximum = 10_080)]
    pub(crate) hold_minutes: Option<i32>,
}

/// Why an application is cancelled.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CancelRequest {
    /// For colleagues: 1 to 200 characters in one line, without personal data. The user does not see it.
    #[schema(example = "Applied to the wrong tariff")]
    pub(crate) reason: String,
}

/// How long an application is to hold its use, and why: `hold_minutes` or `until`.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExtendRequest {
    /// In minutes from now.
    #[schema(example = 120, minimum = 1, maximum = 10_080)]
    pub(crate) hold_minutes: Option<i32>,
    /// Until this time, at most seven days from now.
    pub(crate) until: Option<Timestamp>,
    /// For colleagues: 1 to 200 characters in one line, without personal data. The user does not see it.
    #[schema(example = "The bank is checking the card")]
    pub(crate) reason: String,
}

/// Applications, newest first.
#[derive(Serialize, ToSchema)]
pub(crate) struct Applications {
    items: Vec<ApplicationBody>,
    /// The `cursor` of the next page; absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

/// An application of a promo code by a user, or for one.
#[derive(Serialize, ToSchema)]
#[schema(as = ApplicationOfUser)]
pub(crate) struct ApplicationBody {
    /// Its ID; also the `decision_id` of the decision that allowed it.
    application_id: Uuid,
    /// The user.
    user_id: Uuid,
    /// The ID of the promo code.
    promocode_id: i64,
    /// With its present text.
    #[serde(flatten)]
    text: PromocodeText,
    /// The ID of the promotion.
    promotion_id: i64,
    /// Its present title.
    promotion: String,
    /// The ID of the campaign that the use counts in.
    #[serde(skip_serializing_if = "Option::is_none")]
    campaign_id: Option<i64>,
    /// The ID of the tariff.
    tariff: i64,
    /// Its present title.
    tariff_title: String,
    /// `applied`, `paying` while a purchase with it is pending, `used`, `cancelled` or `expired`.
    #[schema(example = "applied", value_type = String)]
    state: ApplicationState,
    /// Why it was cancelled: `user`, `moved` to another tariff, `admin` by staff, `payment_failed`, `payment_expired`,
    /// `user_blocked`, `user_deleted`, `not_first_purchase`, `refunded` or `revoked`.
    #[serde(skip_serializing_if = "Option::is_none")]
    cancel_reason: Option<String>,
    /// The price without the code.
    price: MoneyBody,
    /// What the code saves.
    discount: MoneyBody,
    /// The amount to pay.
    total: MoneyBody,
    /// The length of a trial, in days.
    #[serde(skip_serializing_if = "Option::is_none")]
    trial_days: Option<i32>,
    /// When it was made.
    created_at: Timestamp,
    /// When it expires if nothing is bought, or would have.
    expires_at: Timestamp,
    /// The member of staff who made it; absent if the user did.
    #[serde(skip_serializing_if = "Option::is_none")]
    applied_by: Option<Uuid>,
    /// Why staff made it.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// The rules that would have refused and were waived.
    waived: Vec<String>,
    /// Its purchase, once there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    purchase_id: Option<Uuid>,
}

/// An application with its purchase.
#[derive(Serialize, ToSchema)]
pub(crate) struct ApplicationDetails {
    #[serde(flatten)]
    application: ApplicationBody,
    /// Its purchase, once there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    purchase: Option<PurchaseBody>,
}

impl Applications {
    pub(crate) fn page(
        mut applications: Vec<StoredApplication>,
        size: PageSize,
        sight: &mut CodeSight<'_>,
    ) -> Applications {
        Applications {
            next_cursor: size.cut(&mut applications, |last| {
                TimeCursor(last.place()).to_string()
            }),
            items: applications
                .into_iter()
                .map(|application| ApplicationBody::of(application, sight))
                .collect(),
        }
    }
}

impl ApplicationDetails {
    pub(crate) fn of(
        application: StoredApplication,
        purchase: Option<Purchase>,
        sight: &mut CodeSight<'_>,
    ) -> Self {
        ApplicationDetails {
            application: ApplicationBody::of(application, sight),
            purchase: purchase.map(Into::into),
        }
    }
}

impl ApplicationBody {
    fn of(application: StoredApplication, sight: &mut CodeSight<'_>) -> ApplicationBody {
        let (applied_by, reason) = application
            .by_staff
            .map(|by| (by.actor_id, by.reason))
            .unzip();
        ApplicationBody {
            application_id: application.id,
            user_id: application.user_id,
            promocode_id: application.code_id.0,
            text: sight.show(&application.text).into(),
            promotion_id: application.promotion_id.0,
            promotion: application.promotion,
            campaign_id: application.campaign_id,
            tariff: application.tariff.0,
            tariff_title: application.tariff_title,
            state: application.state,
            cancel_reason: application.cancel_reason,
            price: application.quote.price.into(),
            discount: application.quote.discount().into(),
            total: application.quote.total.into(),
            trial_days: application.quote.trial_days,
            created_at: application.created_at,
            expires_at: application.expires_at,
            applied_by,
            reason,
            waived: application.waived,
            purchase_id: application.purchase_id,
        }
    }
}
