//! What has to be installed on the machine, and installing it.

use std::fs;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::process::account::is_root;
use crate::process::launch::Program;
use crate::process::task;
use crate::report;

const POSTGRES: &str = "/usr/lib/postgresql";
/// As one program, so that one password does for all of it, and it tidies up however it ends.
const INSTALL: &str = include_str!("install.sh");

/// Where the servers' programs are.
#[derive(Clone, Debug)]
pub struct Programs {
    /// Folders with `postgres` and `initdb`, by major version, the newest last.
    pub postgres: Vec<(u32, PathBuf)>,
    /// The connection pooler.
    pub pgbouncer: PathBuf,
    /// Redis.
    pub redis: PathBuf,
    /// RabbitMQ's own script; Debian's around it insists on its system account.
    pub rabbitmq: PathBuf,
    /// Erlang's name server.
    pub epmd: PathBuf,
}

impl Programs {
    /// A program that comes with the newest Postgres.
    ///
    /// # Errors
    /// When it is not there.
    pub fn beside_postgres(&self, name: &str) -> Result<PathBuf> {
        let newest = self.postgres.last();
        newest
            .map(|(_, bin)| bin.join(name))
            .filter(|program| program.is_file())
            .ok_or_else(|| Error::new(format!("{name} is not where Debian's postgresql puts it")))
    }
}

/// Finds the servers, and installs what is missing.
///
/// # Errors
/// When something is missing and cannot be installed from here; the error has the command.
pub async fn ensure() -> Result<Programs> {
    let missing = match find() {
        Ok(programs) => return Ok(programs),
        Err(missing) => missing,
    };
    install(&missing).await?;
    find().map_err(|missing| {
        Error::new(format!(
            "installed, but still not found: {}",
            missing.join(", ")
        ))
    })
}

/// Installs the extension that checks the functions of the databases in tests, if it is missing. Not everywhere is there
/// a package of it for the newest Postgres, so the tests do without if they may.
pub async fn ensure_plpgsql_check(programs: &Programs) {
    let Some((version, _)) = programs.postgres.last() else {
        return;
    };
    let control = format!("/usr/share/postgresql/{version}/extension/plpgsql_check.control");
    if Path::new(&control).is_file() {
        return;
    }
    let package = format!("postgresql-{version}-plpgsql-check");
    if let Err(error) = install(&[&package]).await {
        report::warning(format_args!("without {package}: {error}"));
    }
}

/// Finds the browser in which the web console is tested, or installs it.
///
/// # Errors
/// When it is missing and can't be installed.
pub async fn ensure_chromium() -> Result<PathBuf> {
    let found = || in_path("chromium");
    if let Some(chromium) = found() {
        return Ok(chromium);
    }
    install(&["chromium"]).await?;
    found().ok_or_else(|| Error::new("installed, but still not found: chromium"))
}

fn find() -> Result<Programs, Vec<&'static str>> {
    let postgres = postgres_versions(Path::new(POSTGRES));
    let pgbouncer = in_path("pgbouncer");
    let redis = in_path("redis-server");
    let epmd = in_path("epmd");
    let rabbitmq = Some(PathBuf::from("/usr/lib/rabbitmq/bin/rabbitmq-server"))
        .filter(|path| path.is_file() && epmd.is_some());
    match (pgbouncer, redis, rabbitmq, epmd) {
        (Some(pgbouncer), Some(redis), Some(rabbitmq), Some(epmd)) if !postgres.is_empty() => {
            Ok(Programs {
                postgres,
                pgbouncer,
                redis,
                rabbitmq,
                epmd,
            })
        }
        (pgbouncer, redis, rabbitmq, _) => Err([
            ("postgresql", postgres.is_empty()),
            ("pgbouncer", pgbouncer.is_none()),
            ("redis-server", redis.is_none()),
            ("rabbitmq-server", rabbitmq.is_none()),
        ]
        .into_iter()
        .filter_map(|(package, missing)| missing.then_some(package))
        .collect()),
    }
}

fn postgres_versions(root: &Path) -> Vec<(u32, PathBuf)> {
    let mut found: Vec<(u32, PathBuf)> = fs::read_dir(root)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let version = entry.file_name().to_str()?.parse().ok()?;
            let bin = entry.path().join("bin");
            (bin.join("postgres").is_file() && bin.join("initdb").is_file())
                .then_some((version, bin))
        })
        .collect();
    found.sort();
    found
}

/// Finds a program; servers live in `sbin`, which ordinary users don't have in their PATH.
pub fn in_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain(["/usr/sbin", "/usr/bin", "/sbin", "/bin"].map(PathBuf::from))
        .map(|folder| folder.join(name))
        .find(|file| file.is_file())
}

/// Installs Debian packages.
///
/// # Errors
/// When this account may not, or apt fails.
pub async fn install(packages: &[&str]) -> Result<()> {
    report::line(format_args!(
        "Missing on this machine: {}",
        packages.join(", ")
    ));
    if in_path("apt-get").is_none() {
        return Err(Error::new(format!(
            "this is no Debian or Ubuntu. Install the equivalents of: {}",
            packages.join(" ")
        )));
    }
    let by_hand = format!(
        "sudo apt-get update && sudo apt-get install -y --no-install-recommends {}",
        packages.join(" ")
    );
    let program = if is_root() {
        Program::new("env", "/")
    } else {
        Program::new(sudo(&by_hand).await?, "/").arg("env")
    };
    let program = program
        .args(["DEBIAN_FRONTEND=noninteractive", "LC_ALL=C", "sh", "-c"])
        .args([INSTALL, "install.sh"])
        .args(packages);
    report::begin("apt-get install (their services are neither started now nor at the next boot)");
    let log = Log(std::env::temp_dir().join(format!("local-apt-{}.log", std::process::id())));
    let installing = task::run_quietly_to_the_end(&program, &log.0);
    let outcome = report::step("packages", installing).await;
    let output = fs::read_to_string(&log.0).unwrap_or_default();
    outcome.map_err(|error| {
        Error::new(if is_offline(&output) {
            format!(
                "the package sources can't be reached: connect this machine to the internet and repeat the command, \
                 or install by hand: {}",
                packages.join(" ")
            )
        } else {
            format!("{error}\nTry it by hand:\n\n    {by_hand}\n")
        })
    })
}

/// A file that is of no use afterwards.
struct Log(PathBuf);

impl Drop for Log {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// Whether a program that fetches things failed since there is no network.
pub fn is_offline(output: &str) -> bool {
    const SIGNS: [&str; 9] = [
        "Temporary failure resolving",
        "Could not resolve",
        "Could not connect to",
        "Network is unreachable",
        // pip
        "Temporary failure in name resolution",
        "Name or service not known",
        "Failed to establish a new connection",
        // npm
        "EAI_AGAIN",
        "ENOTFOUND",
    ];
    // sudo warns of a machine whose own name is not known.
    let mut lines = output
        .lines()
        .filter(|line| !line.trim_start().starts_with("sudo:"));
    lines.any(|line| SIGNS.iter().any(|sign| line.contains(sign)))
}

async fn sudo(by_hand: &str) -> Result<PathBuf> {
    let refused = || {
        Error::new(format!(
            "only root may install packages, and sudo can't be used here. Have this run:\n\n    {by_hand}\n"
        ))
    };
    let sudo = in_path("sudo").ok_or_else(refused)?;
    if std::io::stdin().is_terminal() {
        return Ok(sudo);
    }
    // Nobody is there to type a password.
    let log = std::env::temp_dir().join(format!("local-sudo-{}.log", std::process::id()));
    let allowed = task::run_quietly(&Program::new(&sudo, "/").args(["-n", "true"]), &log).await;
    let _ = fs::remove_file(log);
    allowed.map(|()| sudo).map_err(|_| refused())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_network_is_told_from_other_failures() {
        assert!(is_offline(
            "Err:1 http://deb.debian.org/debian bookworm InRelease\n  Temporary failure resolving 'deb.debian.org'"
        ));
        assert!(!is_offline("E: Unable to locate package rabbitmq-server"));
        assert!(!is_offline(
            "sudo: unable to resolve host vm: Name or service not known"
        ));
    }

    #[test]
    fn newest_complete_postgres_is_chosen() {
        let root = std::env::temp_dir().join(format!("local-pg-{}", std::process::id()));
        for (version, programs) in [
            ("9", &["postgres", "initdb"][..]),
            ("15", &["postgres", "initdb"]),
            ("16", &["psql"]),
        ] {
            let bin = root.join(version).join("bin");
            fs::create_dir_all(&bin).unwrap();
            for program in programs {
                fs::write(bin.join(program), "").unwrap();
            }
        }
        let versions: Vec<u32> = postgres_versions(&root)
            .into_iter()
            .map(|(v, _)| v)
            .collect();
        assert_eq!(versions, [9, 15]);
        fs::remove_dir_all(root).unwrap();
    }
}
