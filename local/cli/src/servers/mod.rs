//! The servers that the service needs, each with its own data, port and way of being asked whether
//! it is ready.

pub mod pgbouncer;
pub mod postgres;
pub mod rabbitmq;
pub mod redis;
pub mod sqs;
