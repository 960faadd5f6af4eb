//! Keys and passwords of one stack: made once, kept in a file that only the owner may read.

use std::collections::BTreeMap;
use std::path::Path;

use aws_lc_rs::rand;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use tokens::keys;

use crate::error::{Context, Error, Result};
use crate::files;

/// Secrets by name.
#[derive(Clone)]
pub struct Secrets(BTreeMap<String, String>);

impl Secrets {
    /// Reads the secrets and adds the ones that are missing.
    ///
    /// # Errors
    /// When the file is damaged or cannot be written.
    pub fn load_or_create(path: &Path) -> Result<Self> {
        let mut all: BTreeMap<String, String> = files::read_json(path)?.unwrap_or_default();
        let before = all.len();
        for name in [
            "postgres_auth_superuser",
            "postgres_auth",
            "postgres_loyalty_superuser",
            "postgres_loyalty",
            "amqp",
            "PAYMENT_SECRET_KEY",
        ] {
            add(&mut all, name, password)?;
        }
        for name in ["REFRESH_TOKEN_KEY", "TOMBSTONE_KEY", "ATTEMPTS_KEY"] {
            add(&mut all, name, || Ok(STANDARD.encode(random::<32>()?)))?;
        }
        if ["JWT_SIGNING_KEY", "JWT_KEY_ID", "JWT_JWKS"]
            .iter()
            .any(|name| !all.contains_key(*name))
        {
            let kid = format!("local-{}", short_name()?);
            keys::first(&mut all, &kid).context("cannot make an Ed25519 key")?;
        }
        if all.len() != before {
            files::write_json(path, &all)?;
        }
        Ok(Self(all))
    }

    /// The secret of this name.
    pub fn get(&self, name: &str) -> &str {
        self.0.get(name).map(String::as_str).unwrap_or_default()
    }
}

fn add(
    all: &mut BTreeMap<String, String>,
    name: &str,
    make: impl FnOnce() -> Result<String>,
) -> Result<()> {
    if !all.contains_key(name) {
        all.insert(name.to_owned(), make()?);
    }
    Ok(())
}

/// Letters and digits that need no quoting in a URL, a shell or a configuration file.
fn password() -> Result<String> {
    Ok(hex(&random::<20>()?))
}

/// A short random name.
///
/// # Errors
/// When the system has no randomness.
pub fn short_name() -> Result<String> {
    Ok(hex(&random::<4>()?))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn random<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    rand::fill(&mut bytes).map_err(|_| Error::new("the system gives no random bytes"))?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn secrets_stay_the_same_and_private() {
        let path = std::env::temp_dir().join(format!("local-secrets-{}", std::process::id()));
        let first = Secrets::load_or_create(&path).unwrap();
        assert_eq!(first.0, Secrets::load_or_create(&path).unwrap().0);
        assert_eq!(
            std::fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600
        );
        std::fs::remove_file(path).unwrap();
    }
}
