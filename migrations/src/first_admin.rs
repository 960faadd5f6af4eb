//! The first administrator: every other one is made by an administrator, through the service.

use domain::Email;
use tokio_postgres::{Client, NoTls};

/// Of two calls at once, the second sees what the first has done.
const ADVISORY_LOCK: i64 = 0x6669_7273_7461_646d;

/// What [`make_admin`] has done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Made {
    /// The account is an administrator from now on.
    Admin,
    /// It was one already; nothing was changed.
    AlreadyAdmin,
}

/// Why an account was not made an administrator.
#[derive(Debug, thiserror::Error)]
pub enum MakeAdminError {
    /// The text is no address.
    #[error(transparent)]
    Email(#[from] domain::EmailError),
    /// There is no such account, or it is blocked.
    #[error(
        "there is no active account with that address: register it first (POST /user_registration)"
    )]
    NoAccount,
    /// There is one, who can make others.
    #[error(
        "there is an administrator already, who can give others the role (PUT /admin/users/{{user_id}}/role); add \
         --force if nobody can sign in as one any more"
    )]
    HasAdmin,
    /// No connection.
    #[error("cannot reach the database")]
    Connection(#[source] tokio_postgres::Error),
    /// The database failed, or has no tables yet.
    #[error("the database failed (run `migrate auth` first)")]
    Database(#[from] tokio_postgres::Error),
}

/// Makes the account with this address, in whatever spelling, an administrator, and keeps a row of `staff_actions` of it,
/// whose actor is the account itself. The role is in the access tokens of the next log-in.
///
/// # Errors
/// [`MakeAdminError`]; then nothing has changed. With `force`, other administrators are no reason.
pub async fn make_admin(url: &str, email: &str, force: bool) -> Result<Made, MakeAdminError> {
    let email = Email::parse(email)?;
    let (mut client, connection) = tokio_postgres::connect(url, NoTls)
        .await
        .map_err(MakeAdminError::Connection)?;
    let connection = tokio::spawn(connection);
    let made = make(&mut client, &email.key(), force).await;
    drop(client);
    let _ = connection.await;
    made
}

async fn make(client: &mut Client, email_key: &str, force: bool) -> Result<Made, MakeAdminError> {
    let transaction = client.transaction().await?;
    let lock = format!("SELECT pg_advisory_xact_lock({ADVISORY_LOCK})");
    transaction.batch_execute(&lock).await?;
    let account = transaction
        .query_opt(
            "SELECT id, role FROM users WHERE email_key = $1 AND status = 'active' FOR UPDATE",
            &[&email_key],
        )
        .await?;
    let account = account.ok_or(MakeAdminError::NoAccount)?;
    let (id, role): (uuid::Uuid, String) = (account.try_get(0)?, account.try_get(1)?);
    if role == "admin" {
        return Ok(Made::AlreadyAdmin);
    }
    let others = "SELECT 1 FROM users WHERE role = 'admin' AND status = 'active' LIMIT 1";
    if !force && transaction.query_opt(others, &[]).await?.is_some() {
        return Err(MakeAdminError::HasAdmin);
    }
    transaction
        .execute(
            "WITH changed AS (UPDATE users SET role = 'admin', updated_at = now() WHERE id = $1)
             INSERT INTO staff_actions (actor_id, user_id, action, before, after, occurred_at)
             VALUES ($1, $1, 'set_role', $2, 'admin', now())",
            &[&id, &role],
        )
        .await?;
    transaction.commit().await?;
    Ok(Made::Admin)
}
