//! Where things are: the project, and the folder that holds all state of the local stack.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

use aws_lc_rs::digest;

use crate::error::{Context, Error, Result};
use crate::process::account;

/// The state of one stack is kept apart from that of another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Kind {
    /// `cargo local up` and `cargo local watch`: kept from run to run.
    Dev,
    /// `cargo local test`: new for every run.
    Test,
    /// `cargo local bench`: new for every run, with durable writes.
    Bench,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Dev, Self::Test, Self::Bench];

    fn folder(self) -> &'static str {
        match self {
            Self::Dev => "dev",
            Self::Test => "test",
            Self::Bench => "bench",
        }
    }

    /// The limits that would get in the way. All tests and all load come from one address; the load also signs few
    /// users in many times at once.
    pub fn lifted_limits(self) -> &'static [&'static str] {
        const ALL: [&str; 5] = [
            "PROMO_GUESSES_PER_ADDRESS",
            "PASSWORD_GUESSES_PER_ADDRESS",
            "REGISTRATIONS_PER_ADDRESS",
            "PROMO_GUESSES_PER_USER",
            "PASSWORD_GUESSES_PER_ACCOUNT",
        ];
        match self {
            Self::Dev => &[],
            Self::Test => &ALL[..3],
            Self::Bench => &ALL,
        }
    }

    /// Whether a power cut may cost data. Tests gain much time by it; measurements would lie.
    pub fn durable(self) -> bool {
        self != Self::Test
    }
}

/// The project and its state folder.
#[derive(Clone, Debug)]
pub struct Home {
    /// The workspace root.
    pub project: PathBuf,
    /// Everything that `cargo local` writes, apart from `target/`.
    pub folder: PathBuf,
}

impl Home {
    /// Finds the project around the current folder, and its state folder.
    ///
    /// # Errors
    /// Outside of the project.
    pub fn find() -> Result<Self> {
        let project = project()?;
        let folder = match std::env::var_os("LOCAL_HOME") {
            Some(folder) => std::path::absolute(folder).context("LOCAL_HOME")?,
            // The servers can't run as root, and an unprivileged account can't look below /root.
            None if account::is_root() => {
                Path::new("/var/lib/loyalty-local").join(short_hash(&project))
            }
            None => project.join(".local"),
        };
        Ok(Self { project, folder })
    }

    /// The state of one stack.
    pub fn profile(&self, kind: Kind) -> Profile {
        Profile {
            kind,
            folder: self.folder.join(kind.folder()),
        }
    }

    /// Tools that were installed for this project alone.
    pub fn tools(&self) -> PathBuf {
        self.folder.join("tools")
    }
}

fn project() -> Result<PathBuf> {
    // Set by `cargo run`, so that the alias works from any folder of the workspace.
    let start = match std::env::var_os("CARGO_MANIFEST_DIR") {
        Some(manifest) => PathBuf::from(manifest),
        None => std::env::current_dir().context("current folder")?,
    };
    start
        .ancestors()
        .find(|folder| {
            folder.join("local/cli/Cargo.toml").is_file() && folder.join("Cargo.toml").is_file()
        })
        .map(Path::to_path_buf)
        .ok_or_else(|| Error::new("run this inside the project (`cargo local …`)"))
}

fn short_hash(project: &Path) -> String {
    let hash = digest::digest(&digest::SHA256, project.as_os_str().as_encoded_bytes());
    hash.as_ref()[..5]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// The files of one stack.
#[derive(Clone, Debug)]
pub struct Profile {
    /// Which stack.
    pub kind: Kind,
    /// Its folder.
    pub folder: PathBuf,
}

impl Profile {
    /// A folder for one server, made by the server itself.
    pub fn server(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Output of all processes, one file each.
    pub fn logs(&self) -> PathBuf {
        self.folder.join("logs")
    }

    /// A file of this profile.
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Takes the stack for this process. `None`: it is in use. The lock goes with the process,
    /// however it ends.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn lock(&self) -> Result<Option<File>> {
        // Beside the folder, since a wipe removes what is in it.
        let path = self.folder.with_extension("lock");
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(|error| unwritable(parent, &error))?;
        }
        let file = File::options()
            .create(true)
            .append(true)
            .open(&path)
            .map_err(|error| unwritable(&path, &error))?;
        match file.try_lock() {
            Ok(()) => Ok(Some(file)),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => {
                Err(error).context(format_args!("cannot lock {}", path.display()))
            }
        }
    }

    /// Makes the folder.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn create(&self) -> Result<()> {
        let logs = self.logs();
        fs::create_dir_all(&logs).context(format_args!("cannot make {}", logs.display()))
    }

    /// Removes everything in the folder.
    ///
    /// # Errors
    /// When something cannot be removed.
    pub fn wipe(&self) -> Result<()> {
        match fs::remove_dir_all(&self.folder) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(error).context(format_args!("cannot remove {}", self.folder.display()))
            }
            _ => Ok(()),
        }
    }
}

fn unwritable(path: &Path, error: &std::io::Error) -> Error {
    Error::new(format!(
        "cannot write {}: {error}. Set LOCAL_HOME to a folder that you may write",
        path.display()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn second_lock_of_a_stack_is_refused() {
        let folder = std::env::temp_dir().join(format!("local-lock-{}", std::process::id()));
        let profile = Profile {
            kind: Kind::Test,
            folder: folder.join("test"),
        };
        let held = profile.lock().unwrap();
        assert!(held.is_some());
        assert!(profile.lock().unwrap().is_none());
        drop(held);
        assert!(profile.lock().unwrap().is_some());
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn projects_have_separate_folders() {
        assert_ne!(short_hash(Path::new("/a")), short_hash(Path::new("/b")));
        assert_eq!(short_hash(Path::new("/a")).len(), 10);
    }
}
