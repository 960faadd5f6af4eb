//! The rules of the product: money, promo codes, decisions, users. Pure: no I/O, no clock, no randomness of its own.

mod ambient;
mod amounts;
mod application;
mod campaign;
mod caseless;
mod code_generator;
mod decision;
mod effect;
mod email;
mod facts;
mod invisible;
mod least_payments;
mod local_time;
mod mailbox;
mod money;
mod observed;
mod outcome;
mod password;
mod person_name;
mod promo_code;
mod promotion;
mod purchase;
mod request_key;
mod role;
mod rules;
mod schedule;
mod single_line;
mod staff_log;
mod tariff;
mod text_enum;
mod user;
mod user_period;
mod waivers;

pub use ambient::{Clock, Random};
pub use application::ApplicationState;
pub use campaign::{Campaign, CampaignStatus, Usage};
pub use code_generator::{BadCodeFormat, CodeCheck, CodeGenerator};
pub use decision::Decision;
pub use effect::{BasisPoints, Effect, Quote};
pub use email::{Email, EmailError};
pub use facts::Facts;
pub use least_payments::LeastPayments;
pub use local_time::{Edge, LocalTimeError, parse_local_time};
pub use mailbox::{MailboxRules, MailboxRulesError};
pub use money::{Currency, Money, MoneyError};
pub use observed::{Held, Observed};
pub use outcome::{Outcome, RULE_SET, RuleCode, RuleValue};
pub use password::{Password, PasswordError};
pub use person_name::PersonName;
pub use promo_code::{NotAPromoCode, PromoCode, PromoRef};
pub use promotion::{
    Audience, CodeState, FirstPurchase, IssuedCode, PromoCodeId, Promotion, PromotionId,
    PromotionStatus,
};
pub use purchase::{PaymentFailure, PurchaseStatus, RefundCause, RefundStatus};
pub use request_key::RequestKey;
pub use role::Role;
pub use rules::{MAX_UNUSED, RULES};
pub use schedule::Schedule;
pub use single_line::{Reason, SingleLineError, Title};
pub use staff_log::{AccountAction, StaffResource};
pub use tariff::{Tariff, TariffId, TariffStatus};
pub use text_enum::UnknownName;
pub use user::{KnownStatus, UserStatus};
pub use user_period::UserPeriod;
pub use waivers::{NotWaivable, Waivers};
