//! Password hashes: argon2id with OWASP's m=19456 KiB, t=2, p=1, as PHC strings.

use std::fmt;
use std::sync::{Arc, LazyLock};

use argon2::password_hash::{Error as ArgonError, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, PasswordHasher, Version};
use domain::{Password, Random};
use tokio::sync::Semaphore;

const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// Nobody's password, hashed with the parameters above: an unknown user costs the same work as a known one.
const DUMMY: &str = "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5J3Mgc2FsdC4uLg$FAZGAS7FlYkez+kTt46septJKBtohTFN/Pk8FtGJ+9s";

/// One hash a CPU: more at once would only take 19 MiB each and make all of them late.
static CPUS: LazyLock<Arc<Semaphore>> = LazyLock::new(|| {
    let cpus = std::thread::available_parallelism().map_or(1, usize::from);
    Arc::new(Semaphore::new(cpus))
});

/// The hash of a password, a PHC string. Its `Debug` says nothing.
#[derive(Clone)]
pub struct PasswordHash(pub(crate) String);

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(…)")
    }
}

/// Hashing failed: a hash in the database that is none, or no memory. A bug, or a broken machine.
#[derive(Debug, thiserror::Error)]
#[error("a password could not be hashed: {0}")]
pub struct HashError(String);

impl PasswordHash {
    /// True when it was made with other parameters than new hashes are.
    pub fn is_outdated(&self) -> bool {
        let current = format!("$argon2id$v=19$m={MEMORY_KIB},t={PASSES},p={LANES}$");
        !self.0.starts_with(&current)
    }

    /// Hashes a new password with a salt of its own, off the async threads.
    ///
    /// # Errors
    /// [`HashError`].
    pub async fn of(password: Password, random: &dyn Random) -> Result<PasswordHash, HashError> {
        let mut salt = [0; 16];
        random.fill(&mut salt);
        on_a_cpu(move || {
            let hash = argon2()?.hash_password_with_salt(password.as_bytes(), &salt)?;
            Ok(PasswordHash(hash.to_string()))
        })
        .await
    }
}

/// True when `hash` is the hash of `password`. Without a hash it is false, after the same work.
///
/// # Errors
/// [`HashError`].
pub async fn verify(hash: Option<&PasswordHash>, password: Password) -> Result<bool, HashError> {
    let known = hash.is_some();
    let hash = hash.map_or_else(|| DUMMY.to_owned(), |hash| hash.0.clone());
    on_a_cpu(
        move || match argon2()?.verify_password(password.as_bytes(), hash.as_str()) {
            Ok(()) => Ok(known),
            Err(ArgonError::PasswordInvalid) => Ok(false),
            Err(error) => Err(error),
        },
    )
    .await
}

fn argon2() -> Result<Argon2<'static>, ArgonError> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

async fn on_a_cpu<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ArgonError> + Send + 'static,
) -> Result<T, HashError> {
    let permit = CPUS.clone().acquire_owned().await;
    // The permit goes along: a caller that hangs up does not stop the work.
    let done = tokio::task::spawn_blocking(move || {
        let _permit = permit;
        work()
    });
    done.await
        .map_err(|error| HashError(error.to_string()))?
        .map_err(|error| HashError(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Counting;

    impl Random for Counting {
        fn fill(&self, bytes: &mut [u8]) {
            for (i, byte) in bytes.iter_mut().enumerate() {
                *byte = i as u8;
            }
        }
    }

    fn password(text: &str) -> Password {
        Password::parse(text.to_owned()).unwrap()
    }

    #[tokio::test]
    async fn only_the_same_password_verifies() {
        let hash = PasswordHash::of(password("correct horse"), &Counting)
            .await
            .unwrap();
        assert!(
            hash.0
                .starts_with("$argon2id$v=19$m=19456,t=2,p=1$AAECAwQFBgcICQoLDA0ODw$")
        );
        assert!(!hash.is_outdated());
        assert!(
            verify(Some(&hash), password("correct horse"))
                .await
                .unwrap()
        );
        assert!(
            !verify(Some(&hash), password("correct horsE"))
                .await
                .unwrap()
        );
        assert!(
            !verify(Some(&hash), Password::entered(String::new()))
                .await
                .unwrap()
        );
        assert_eq!(format!("{hash:?}"), "PasswordHash(…)");
    }

    #[tokio::test]
    async fn dummy_hash_never_verifies_and_costs_the_same() {
        let real = PasswordHash::of(password("correct horse"), &Counting)
            .await
            .unwrap();
        let same = |hash: &str| hash.split('$').take(4).collect::<Vec<_>>().join("$");
        assert_eq!(same(DUMMY), same(&real.0));
        // Even the password that the dummy was made of.
        assert!(!verify(None, password("nobody's password")).await.unwrap());
        let dummy = PasswordHash(DUMMY.to_owned());
        assert!(
            verify(Some(&dummy), password("nobody's password"))
                .await
                .unwrap()
        );
    }

    #[tokio::test]
    async fn broken_hash_is_an_error() {
        let broken = PasswordHash("plain text".to_owned());
        let error = verify(Some(&broken), password("plain text"))
            .await
            .unwrap_err();
        assert!(!error.to_string().contains("plain"), "{error}");
    }
}
