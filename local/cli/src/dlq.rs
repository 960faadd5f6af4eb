//! `cargo local dlq`

use std::process::ExitCode;

use crate::error::Result;
use crate::home::Home;
use crate::worker_step;

/// What to do with status changes that could not be handled.
#[derive(Debug, clap::Subcommand)]
pub enum Dlq {
    /// Show them with their reasons, the oldest first
    List {
        /// Also show what they say, which may be anything
        #[arg(long)]
        bodies: bool,
    },
    /// Give all of them another try
    Replay,
}

impl Dlq {
    /// Does it.
    ///
    /// # Errors
    /// When no stack runs, or its worker was not built.
    pub async fn run(&self, home: &Home) -> Result<ExitCode> {
        let arguments: &[&str] = match self {
            Self::List { bodies: false } => &["dlq", "list"],
            Self::List { bodies: true } => &["dlq", "list", "--bodies"],
            Self::Replay => &["dlq", "replay"],
        };
        worker_step::run(home, arguments).await
    }
}
