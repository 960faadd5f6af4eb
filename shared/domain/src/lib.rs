//! The rules of the product: money, promo codes, decisions, users. Pure: no I/O, no clock, no randomness of its own.

mod ambient;
mod amounts;
mod campaign;
mod caseless;
mod code_generator;
mod decision;
mod effect;
mod email;
mod facts;
mod line;
mod moment;
mod money;
mod password;
mod person_name;
mod promo_code;
mod purchase;
mod role;
mod rules;
mod schedule;
mod text_enum;
mod user;
mod user_period;

pub use ambient::{Clock, Random};
pub use campaign::{Campaign, CampaignStatus, Usage};
pub use code_generator::{BadCodeFormat, CodeCheck, CodeGenerator};
pub use decision::{Decision, Observed, Outcome, Reason};
pub use effect::{BasisPoints, Effect, Quote};
pub use email::{Email, EmailError};
pub use facts::{
    Audience, Facts, HoldState, OwnUse, Promo, PromoId, PromoStatus, Tariff, TariffId, TariffStatus,
};
pub use line::{LineError, Title};
pub use moment::{Edge, MomentError, moment};
pub use money::{Currency, Money, MoneyError};
pub use password::{Password, PasswordError};
pub use person_name::PersonName;
pub use promo_code::{NotAPromoCode, PromoCode, PromoRef};
pub use purchase::{PaymentFailure, PurchaseStatus, RefundCause, RefundStatus};
pub use role::Role;
pub use schedule::Schedule;
pub use text_enum::UnknownName;
pub use user::{KnownStatus, UserStatus};
pub use user_period::UserPeriod;
