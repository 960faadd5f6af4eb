//! What purchases survive: the program that works on one is killed at each of its steps, before and after the database and
//! the payment provider have heard of it. Whoever comes next, the buyer, the provider or the sweeper, brings it to its end:
//! nobody pays twice, and no use of a code is lost. And what is reported
//! to staff when payments contradict the purchase.
//!
//! Each test has a database and a payment provider of its own. The gateway and the worker are the real programs; whichever
//! is killed reaches both through proxies that can hold back what passes.

mod alarms;
mod buying;
mod crash;
mod outcomes;
mod program;
mod refunds;
mod sentry;
mod settings;
mod shop;
mod sweeping;
