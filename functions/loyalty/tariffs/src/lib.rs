//! `GET /tariffs`: what is on sale.

use axum::Json;
use axum::extract::{self, FromRef};
use axum::http::{HeaderName, header};
use domain::Tariff;
use loyalty_store::LoyaltyStore;
use runtime::ConfigError;
use serde::Serialize;
use service_http::{MoneyBody, Problem};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// For so long a shop's page may show an old price; what a call is charged is always the present one.
const CACHED: (HeaderName, &str) = (header::CACHE_CONTROL, "public, max-age=60");

/// The state of the function.
#[derive(Clone, FromRef)]
pub struct State {
    store: LoyaltyStore,
}

impl State {
    /// From the environment.
    ///
    /// # Errors
    /// When a variable is missing or not valid.
    pub fn from_env() -> Result<State, ConfigError> {
        Ok(State {
            store: LoyaltyStore::from_env()?,
        })
    }
}

/// The routes of this function.
pub fn router() -> OpenApiRouter<State> {
    OpenApiRouter::default().routes(routes!(tariffs))
}

/// The tariffs on sale.
#[derive(Serialize, ToSchema)]
struct Tariffs {
    /// By their IDs.
    tariffs: Vec<TariffBody>,
}

/// A tariff.
#[derive(Serialize, ToSchema)]
#[schema(as = Tariff)]
struct TariffBody {
    /// Its ID, the `tariff` of the other calls.
    #[schema(example = 1)]
    tariff: i64,
    /// Its title.
    #[schema(example = "Базовый на месяц")]
    title: String,
    /// Its price without a promo code.
    price: MoneyBody,
    /// How many months are bought at once.
    #[schema(example = 1)]
    period_months: i32,
}

impl From<Tariff> for TariffBody {
    fn from(tariff: Tariff) -> TariffBody {
        TariffBody {
            tariff: tariff.id.0,
            title: tariff.title,
            price: tariff.price.into(),
            period_months: tariff.period_months,
        }
    }
}

/// List the tariffs on sale
///
/// Public, and the same for everybody: it may be cached for a minute.
#[utoipa::path(
    get,
    path = "/tariffs",
    tag = "loyalty",
    responses((status = 200, description = "The tariffs", body = Tariffs))
)]
async fn tariffs(
    extract::State(store): extract::State<LoyaltyStore>,
) -> Result<([(HeaderName, &'static str); 1], Json<Tariffs>), Problem> {
    let tariffs = store.tariffs_on_sale(None).await?;
    let tariffs = tariffs.into_iter().map(TariffBody::from).collect();
    Ok(([CACHED], Json(Tariffs { tariffs })))
}
