//! `cargo local`: the whole service on one machine. See `cargo local help`.

use std::process::ExitCode;

use clap::Parser;
use local::{cli::Cli, report};

/// One thread: children die with the thread that started them, so that must be the main one.
#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match Cli::parse().run().await {
        Ok(code) => code,
        Err(error) => {
            report::failure(error);
            ExitCode::FAILURE
        }
    }
}
