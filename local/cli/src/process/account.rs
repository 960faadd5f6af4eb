//! Which operating system account the servers run under.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::Path;

use crate::error::{Context, Error, Result};

/// The account that Debian's package makes; Postgres and PgBouncer refuse to run as root.
const NAME: &str = "postgres";

/// Whether this process is root's.
pub fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// The account of the servers.
#[derive(Clone, Copy, Debug)]
pub enum Account {
    /// The one that runs this program.
    Own,
    /// For root: an unprivileged one.
    Unprivileged {
        /// User id.
        uid: u32,
        /// Group id.
        gid: u32,
    },
}

impl Account {
    /// Looks the account up.
    ///
    /// # Errors
    /// As root, when the account of Postgres is missing.
    pub fn find() -> Result<Self> {
        if !is_root() {
            return Ok(Self::Own);
        }
        let passwd = fs::read_to_string("/etc/passwd").context("/etc/passwd")?;
        parse(&passwd).ok_or_else(|| {
            Error::new(format!(
                "the account `{NAME}` is missing, though the package postgresql makes it"
            ))
        })
    }

    /// What to put in front of a command so that it runs under this account.
    pub fn setpriv_options(self) -> Vec<String> {
        match self {
            Self::Own => Vec::new(),
            Self::Unprivileged { uid, gid } => vec![
                format!("--reuid={uid}"),
                format!("--regid={gid}"),
                "--init-groups".into(),
            ],
        }
    }

    /// Makes a folder that belongs to the account and is closed to others.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn create_folder(self, folder: &Path) -> Result<()> {
        let create = || -> std::io::Result<()> {
            fs::create_dir_all(folder)?;
            fs::set_permissions(folder, fs::Permissions::from_mode(0o700))
        };
        create().context(format_args!("cannot make {}", folder.display()))?;
        self.own(folder)
    }

    /// Writes a file that only the account may read.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write_file(self, path: &Path, text: &str) -> Result<()> {
        crate::files::write_private(path, text.as_bytes())?;
        self.own(path)
    }

    fn own(self, path: &Path) -> Result<()> {
        match self {
            Self::Own => Ok(()),
            Self::Unprivileged { uid, gid } => chown(path, Some(uid), Some(gid)).context(
                format_args!("cannot change the owner of {}", path.display()),
            ),
        }
    }
}

fn parse(passwd: &str) -> Option<Account> {
    let mut fields = passwd
        .lines()
        .map(|line| line.split(':'))
        .find_map(|mut fields| (fields.next() == Some(NAME)).then_some(fields))?;
    let uid = fields.nth(1)?.parse().ok()?;
    let gid = fields.next()?.parse().ok()?;
    Some(Account::Unprivileged { uid, gid })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn account_is_read_from_passwd() {
        let passwd = "root:x:0:0::/root:/bin/bash\npostgres:x:110:118:,,,:/var/lib:/bin/bash\n";
        assert!(matches!(
            parse(passwd),
            Some(Account::Unprivileged { uid: 110, gid: 118 })
        ));
        assert!(parse("root:x:0:0::/root:/bin/bash\n").is_none());
    }
}
