//! The web console: functions/admin/console/web, built by Vite into static files that the gateway serves.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use aws_lc_rs::digest::{Context as Hash, SHA256};

use crate::error::{Context, Error, Result};
use crate::home::Home;
use crate::packages;
use crate::process::launch::Program;
use crate::process::task;
use crate::report;
use crate::tools::{self, Node};

/// Which packages of package.json are installed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packages {
    /// What the files are made of and with.
    ToBuild,
    /// Also what checks and tests them.
    All,
}

/// What the built files depend on.
const SOURCES: [&str; 6] = [
    "src",
    "public",
    "index.html",
    "package-lock.json",
    "tsconfig.json",
    "vite.config.ts",
];

/// The folder of the source.
pub fn source(home: &Home) -> PathBuf {
    home.project.join("functions/admin/console/web")
}

/// Installs Node.js and the packages.
///
/// # Errors
/// When they can't be had.
pub async fn install(home: &Home, packages: Packages) -> Result<Node> {
    let _lock = lock(home).await?;
    install_locked(home, packages).await
}

/// Builds the console unless that is done; returns the folder with its files.
///
/// # Errors
/// When Node.js or a package can't be had, or the build fails.
pub async fn ensure(home: &Home, packages: Packages) -> Result<PathBuf> {
    let _lock = lock(home).await?;
    let source = source(home);
    let built = folder(home).join(hash(&source)?);
    if packages == Packages::ToBuild && built.is_dir() {
        return Ok(built);
    }
    let node = install_locked(home, packages).await?;
    if built.is_dir() {
        return Ok(built);
    }
    // Under another name until it is complete.
    let fresh = folder(home).join("new");
    let vite = Program::new(node.node, &source)
        .args(["node_modules/vite/bin/vite.js", "build"])
        .env("CONSOLE_OUT", &fresh);
    let log = folder(home).with_extension("log");
    report::step("console", async {
        task::run_quietly(&vite, &log).await?;
        remove_earlier(home);
        fs::rename(&fresh, &built).context("cannot keep the built console")
    })
    .await?;
    Ok(built)
}

/// Runs a script of package.json; the exit code is its own.
///
/// # Errors
/// When Node.js or a package can't be had.
pub async fn run(home: &Home, script: &str) -> Result<ExitCode> {
    let node = install(home, Packages::All).await?;
    let program = Program::new(&node.node, source(home))
        .arg(&node.npm)
        .args(["run", "--silent", script])
        .env("PATH", node.path());
    // In our process group, so that Ctrl-C reaches it: `dev` ends by nothing else.
    let status = task::run_at_terminal(&program).await?;
    Ok(if status.success() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn folder(home: &Home) -> PathBuf {
    home.folder.join("console")
}

/// A gateway that serves an earlier build has it in memory.
fn remove_earlier(home: &Home) {
    let entries = fs::read_dir(folder(home)).into_iter().flatten().flatten();
    for entry in entries.filter(|entry| entry.file_name() != "new") {
        let _ = fs::remove_dir_all(entry.path());
    }
}

/// `cargo local up` and `cargo local test` may start together.
async fn lock(home: &Home) -> Result<File> {
    let path = folder(home).with_extension("lock");
    fs::create_dir_all(folder(home)).context("cannot make the folder of the console")?;
    let file = File::create(&path).context("cannot lock the console")?;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) => tokio::time::sleep(Duration::from_millis(200)).await,
            Err(TryLockError::Error(error)) => {
                return Err(error).context("cannot lock the console");
            }
        }
    }
}

async fn install_locked(home: &Home, packages: Packages) -> Result<Node> {
    let node = tools::node(home).await?;
    let source = source(home);
    let wanted = text_hash(&source.join("package-lock.json"))?;
    let all = format!("{wanted} all");
    // Written last, so that an installation cut short is done again.
    let mark = source.join("node_modules/.installed");
    let installed = fs::read_to_string(&mark).unwrap_or_default();
    if installed == all || packages == Packages::ToBuild && installed == wanted {
        return Ok(node);
    }
    let mut npm = Program::new(&node.node, &source)
        .arg(&node.npm)
        .args(["ci", "--no-progress"]);
    if packages == Packages::ToBuild {
        npm = npm.arg("--omit=dev");
    }
    let log = folder(home).with_extension("log");
    report::step("packages of the console from npm", async {
        task::run_quietly(&npm, &log).await.map_err(|error| {
            if packages::is_offline(&error.to_string()) {
                Error::new("npm's registry can't be reached: connect this machine to the internet")
            } else {
                error
            }
        })?;
        let mark_text = if packages == Packages::All {
            &all
        } else {
            &wanted
        };
        fs::write(&mark, mark_text).context("cannot note what is installed")
    })
    .await?;
    Ok(node)
}

/// Names what would be built, by everything that it is built from.
fn hash(source: &Path) -> Result<String> {
    let mut files = Vec::new();
    let mut rest: Vec<PathBuf> = SOURCES.iter().map(|name| source.join(name)).collect();
    while let Some(path) = rest.pop() {
        if path.is_dir() {
            for entry in fs::read_dir(&path).context("the source of the console")? {
                rest.push(entry.context("the source of the console")?.path());
            }
        } else {
            files.push(path);
        }
    }
    files.sort_unstable();
    let mut hash = Hash::new(&SHA256);
    for file in files {
        // Types and tests are not in what is built.
        let name = file.display().to_string();
        if name.ends_with(".d.ts") || name.ends_with(".test.ts") {
            continue;
        }
        let bytes = fs::read(&file).context(format_args!("cannot read {name}"))?;
        let own = file.strip_prefix(source).unwrap_or(&file);
        hash.update(own.as_os_str().as_encoded_bytes());
        hash.update(&bytes.len().to_le_bytes());
        hash.update(&bytes);
    }
    Ok(hex(hash))
}

fn text_hash(path: &Path) -> Result<String> {
    let mut hash = Hash::new(&SHA256);
    hash.update(&fs::read(path).context(format_args!("cannot read {}", path.display()))?);
    Ok(hex(hash))
}

fn hex(hash: Hash) -> String {
    let digest = hash.finish();
    digest.as_ref()[..10]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn build_is_named_by_what_it_is_made_of() {
        let source = std::env::temp_dir().join(format!("local-console-{}", std::process::id()));
        fs::create_dir_all(source.join("src/api")).unwrap();
        fs::create_dir_all(source.join("public")).unwrap();
        for name in [
            "index.html",
            "package-lock.json",
            "tsconfig.json",
            "vite.config.ts",
            "src/main.tsx",
        ] {
            fs::write(source.join(name), name).unwrap();
        }
        let first = hash(&source).unwrap();
        for untold in ["src/api/schema.d.ts", "src/main.test.ts", "biome.json"] {
            fs::write(source.join(untold), "x").unwrap();
        }
        assert_eq!(hash(&source).unwrap(), first);
        fs::write(source.join("src/main.tsx"), "changed").unwrap();
        assert_ne!(hash(&source).unwrap(), first);
        fs::remove_dir_all(source).unwrap();
    }
}
