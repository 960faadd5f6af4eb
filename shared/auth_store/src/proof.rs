//! Checking whose password it is.

use domain::Password;

use crate::password_hash::verify;
use crate::{Account, HashError};

/// The account, if this is its password. It takes the same work without an account, or with a deleted one: neither the
/// answer nor its time reveals who has one.
///
/// # Errors
/// [`HashError`].
pub async fn prove(
    account: Option<Account>,
    password: Password,
) -> Result<Option<Account>, HashError> {
    let hash = account.as_ref().and_then(|a| a.password_hash.as_ref());
    let right = verify(hash, password).await?;
    Ok(account.filter(|_| right))
}
