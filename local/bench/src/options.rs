//! The command line. `cargo local bench` fills it in.

use std::path::PathBuf;

use clap::Parser;

/// Measures every endpoint of the stack that the environment describes.
#[derive(Debug, Parser)]
pub struct Options {
    /// Only measurements whose name contains this; `growth` is measured only if it is named
    #[arg(long)]
    pub only: Option<String>,
    /// For `--only growth`: the share of its rows, so that a short run is possible
    #[arg(long, default_value_t = 1.0)]
    pub scale: f64,
    /// Length of each measurement in seconds
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u64).range(1..=20))]
    pub seconds: u64,
    /// Fail when a goal is missed
    #[arg(long)]
    pub check: bool,
    /// The program pgbench
    #[arg(long)]
    pub pgbench: PathBuf,
    /// The program worker
    #[arg(long)]
    pub worker: PathBuf,
    /// Folder with `postgres_auth.log` and `postgres_loyalty.log`, for `worker.log` too
    #[arg(long)]
    pub logs: PathBuf,
}
