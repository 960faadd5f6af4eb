//! What the propagation of user statuses survives: servers that are stopped or killed, and a worker that is killed at
//! each step. After each fault, both databases agree, the outbox is drained, and the dead letters hold only the poison
//! message.
//!
//! The servers are these tests' own: two databases with their poolers, and a broker. The worker is the real program,
//! and reaches them through proxies that can hold back traffic.

mod crashes;
mod outages;
mod servers;
mod site;
mod traffic;
mod world;
