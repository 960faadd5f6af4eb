//! The HTTP surface that all functions share: requests, callers, pages, errors.
//!
//! A function's crate has a `State`, a `router(State)` and a `main` that hands the router to [`lambda::run`];
//! `local/gateway` mounts the same routers. `functions/loyalty/cancel_apply_promocode` is a short one to copy.

mod app;
mod body;
mod body_limit;
mod caller;
mod catalogue;
mod client_address;
mod cors;
mod csv_body;
mod csv_column;
mod field_advice;
mod field_errors;
mod history;
mod idempotency;
mod json_error;
mod known_parameters;
pub mod lambda;
mod language;
mod line_errors;
mod media_type;
mod money;
mod nearest;
mod number_fields;
mod page;
mod problem;
mod promo_query;
mod promocode_text;
mod query;
mod request_key;
mod sorted_page;
mod staff;
mod time_cursor;
mod time_window;
mod version;

pub use app::app;
pub use body::{CheckedBody, JsonBody, MergePatch};
pub use body_limit::{MAX_BODY, MAX_FILE};
pub use caller::{Access, Bearer, Caller};
pub use catalogue::{Code, catalogue_markdown};
pub use client_address::{ClientAddress, SenderAddress, TrustedProxies};
pub use cors::{AllowedOrigins, NoOrigin};
pub use csv_body::CsvBody;
pub use csv_column::{CsvColumn, CsvColumns, CsvLine, CsvLineError};
pub use field_advice::FieldAdvice;
pub use field_errors::FieldErrors;
pub use history::{Version, Versions};
pub use idempotency::{IdempotencyKey, RequiredIdempotencyKey};
pub use known_parameters::strict;
pub use language::Language;
pub use line_errors::{LineError, LineErrors};
pub use media_type::prefers;
pub use money::MoneyBody;
pub use number_fields::{
    AmountError, CurrencyError, LimitError, check_limit, decimal, default_currency, parse_amount,
    parse_currency, parse_optional_amount,
};
pub use page::PageSize;
pub use problem::{Problem, ProblemBody, Refusal};
pub use promo_query::PromoQuery;
pub use promocode_text::PromocodeText;
pub use query::{Query, path_number};
pub use request_key::StaffRequestKey;
pub use sorted_page::{Page, SortedPage};
pub use staff::{Admin, Marketer, Staff};
pub use time_cursor::{TimeCursor, is_kept};
pub use time_window::TimeWindow;
pub use version::{IfMatch, Versioned};
