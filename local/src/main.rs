//! `cargo local`: the whole service on one machine. See `cargo local help`.

use std::process::ExitCode;

use clap::Parser;

mod accounts;
mod apps;
mod bench;
mod cli;
mod compose;
mod dlq;
mod env;
mod error;
mod events;
mod examples;
mod files;
mod home;
mod http;
mod lambda_watch;
mod maintenance;
mod packages;
mod ports;
mod process;
mod report;
mod rotate_keys;
mod running;
mod secrets;
mod seed;
mod servers;
mod sql;
mod stack;
mod template;
mod test;
mod tools;
mod up;
mod worker_step;

/// One thread: children die with the thread that started them, so that must be the main one.
#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match cli::Cli::parse().run().await {
        Ok(code) => code,
        Err(error) => {
            report::failure(error);
            ExitCode::FAILURE
        }
    }
}
