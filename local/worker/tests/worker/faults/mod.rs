//! What the way of a user's status survives: servers that stop and are killed, and a worker that is killed at each step.
//! After each, both databases agree, the outbox is drained, and the dead letters hold only the poison.
//!
//! The servers are these tests' own: two databases with their poolers, and a broker. The worker is the real program, and
//! reaches them through proxies that can hold back what passes.

mod crashes;
mod outages;
mod servers;
mod site;
mod traffic;
mod world;
