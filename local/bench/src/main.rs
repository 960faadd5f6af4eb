//! The load generator behind `cargo local bench`: see the crate's documentation.

use std::process::ExitCode;

use clap::Parser;

/// One thread: the load shares the machine with what it measures.
#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match bench::run(&bench::Options::parse()).await {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
