//! What the person at the terminal sees. Writing never fails the run: a closed terminal must not
//! keep the servers from being stopped.

use std::fmt::Display;
use std::future::Future;
use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

use crate::error::Result;

/// Prints a line.
pub fn line(text: impl Display) {
    let _ = writeln!(io::stdout(), "{text}");
}

/// Passes on what another program has printed.
pub fn copy(output: &[u8]) {
    let _ = io::stdout().write_all(output);
    let _ = io::stdout().flush();
}

/// Prints a heading after an empty line.
pub fn heading(text: impl Display) {
    line(format_args!("\n{}", paint("1", &text.to_string())));
}

/// Says what is about to be done, for steps that print output of their own or take long.
pub fn begin(text: impl Display) {
    line(format_args!("  {} {text}", paint("36", "…")));
}

/// Something the person should know that stops nothing.
pub fn warning(text: impl Display) {
    line(format_args!("  {} {text}", paint("33", "!")));
}

/// Prints a failure to the error stream.
pub fn failure(text: impl Display) {
    let _ = writeln!(io::stderr(), "\n{} {text}", paint("31", "error:"));
}

/// Runs one step and prints one line about it, with the time it took.
///
/// # Errors
/// Whatever the step fails with.
pub async fn step<T>(name: impl Display, work: impl Future<Output = Result<T>>) -> Result<T> {
    let started = Instant::now();
    let outcome = work.await;
    match &outcome {
        Ok(_) => done(name, started.elapsed()),
        Err(_) => line(format_args!("  {} {name}", paint("31", "✗"))),
    }
    outcome
}

/// One finished step.
pub fn done(name: impl Display, elapsed: Duration) {
    line(format_args!(
        "  {} {:<52} {:>7}",
        paint("32", "✓"),
        name.to_string(),
        seconds(elapsed)
    ));
}

/// A duration as people read it.
pub fn seconds(elapsed: Duration) -> String {
    let tenths = elapsed.as_millis() / 100;
    if tenths < 600 {
        format!("{}.{} s", tenths / 10, tenths % 10)
    } else {
        format!("{} min {:02} s", tenths / 600, tenths % 600 / 10)
    }
}

fn paint(color: &str, text: &str) -> String {
    if io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none() {
        format!("\x1b[{color}m{text}\x1b[0m")
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_readable() {
        assert_eq!(seconds(Duration::from_millis(840)), "0.8 s");
        assert_eq!(seconds(Duration::from_millis(59_950)), "59.9 s");
        assert_eq!(seconds(Duration::from_secs(61)), "1 min 01 s");
    }
}
