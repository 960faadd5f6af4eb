//! What purchases survive: the program that works on one is killed at each of its steps, before and after a request has
//! reached the database or the payment provider. Whoever comes next, be it the buyer, the provider or the sweeper,
//! completes the purchase: nobody pays twice, and no use of a code is lost. Also, what is reported to staff when a
//! payment contradicts its purchase.
//!
//! Each test has a database and a payment provider of its own. The gateway and the worker are the real programs; the
//! one that is killed reaches both through proxies that can hold back traffic.

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
