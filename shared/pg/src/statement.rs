//! The statements of a store: texts that are known when the program is built.

use tokio_postgres::types::Type;

/// A statement, with the Postgres types of its parameters in their order. Declare statements with
/// [`statements!`](crate::statements).
#[derive(Debug)]
pub struct Statement {
    /// Its name in the code.
    pub name: &'static str,
    /// Its text.
    pub sql: &'static str,
    /// The types of `$1`, `$2`, …
    pub params: &'static [Type],
}

/// Declares the statements of a module, one invocation a module, and `STATEMENTS`, the list of them: a test prepares
/// each against the schema.
///
/// ```
/// pg::statements! {
///     /// The status of a user.
///     USER_STATUS(UUID) = "SELECT status FROM users WHERE id = $1";
///     /// The present time of the server.
///     SERVER_TIME() = "SELECT now()";
/// }
/// assert_eq!(STATEMENTS.len(), 2);
/// assert_eq!(USER_STATUS.params, [pg::Type::UUID]);
/// ```
#[macro_export]
macro_rules! statements {
    ($( $(#[$meta:meta])* $name:ident($($param:ident),* $(,)?) = $sql:expr; )+) => {
        $(
            $(#[$meta])*
            static $name: $crate::Statement = $crate::Statement {
                name: stringify!($name),
                sql: $sql,
                params: &[$($crate::Type::$param),*],
            };
        )+
        /// All statements of this module.
        pub(crate) static STATEMENTS: &[&$crate::Statement] = &[$(&$name),+];
    };
}
