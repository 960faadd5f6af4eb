//! In what order programs start and stop.

/// The stages of a stack. Later ones use earlier ones, so they are stopped first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// RabbitMQ's name server: it outlives RabbitMQ.
    NameServer,
    /// Postgres, Redis, RabbitMQ.
    Server,
    /// PgBouncer.
    Pooler,
    /// The worker and the payment sandbox.
    Helper,
    /// What answers HTTP requests.
    Front,
}
