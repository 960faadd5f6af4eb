//! What people read.

use std::fmt::Display;
use std::time::Duration;

use crate::case::Case;
use crate::measure::Row;

/// Above the table.
pub const HEADING: &str = "                                                      latency, ms
                                    conn.   req./s     p50     p95     p99  floor/s  ratio  statements";

/// Says that the machine has something else to do, for so large a share (0 to 1) of its time.
pub fn busy(share: f64) -> String {
    format!(
        "The machine was {:.0} % busy with something else: rates are too low, latencies too high; ratios suffer less.",
        share * 100.0
    )
}

/// One line of the table.
fn line(row: &Row) -> String {
    let [p50, p95, p99] = [50, 95, 99].map(|percent| millis(row.latencies.percentile(percent)));
    let floor = or_dash(row.floor.map(|floor| format!("{floor:.0}")));
    let ratio = or_dash(row.ratio().map(|ratio| format!("{ratio:.2}")));
    format!(
        "{:<35}{:>6} {:>8.0} {p50:>7} {p95:>7} {p99:>7} {floor:>8} {ratio:>6} {:>11}",
        row.case.name(),
        row.connections,
        row.rate,
        row.statements
    )
}

/// Prints its line, and the one below it.
pub fn print(row: &Row) {
    println!("{}", line(row));
    if let Some(least) = least_line(row) {
        println!("{least}");
    }
}

/// The line below it, of what was measured in turns with it.
fn least_line(row: &Row) -> Option<String> {
    let (of, rate) = row.case.least().zip(row.least)?;
    Some(format!(
        "  {:<33}{:>6} {rate:>8.0} {:>7} {:>7} {:>7} {:>8} {:>6} {:>11}",
        of.name(),
        row.connections,
        "–",
        "–",
        "–",
        "–",
        "–",
        1
    ))
}

/// Milliseconds to a tenth.
pub fn millis(latency: Duration) -> String {
    format!("{:.1}", latency.as_secs_f64() * 1000.0)
}

fn or_dash(text: Option<String>) -> String {
    text.unwrap_or_else(|| "–".to_owned())
}

/// Something that should hold.
#[derive(Debug, PartialEq, Eq)]
pub struct Goal {
    /// What, with what was measured.
    pub text: String,
    /// Whether it holds.
    pub met: bool,
}

/// The goals that `rows` have measurements for.
pub fn goals(rows: &[Row]) -> Vec<Goal> {
    let at = |case: Case, connections: u64| {
        rows.iter()
            .find(|row| row.case == case && row.connections == connections)
    };
    let mut goals = Vec::new();
    for (case, least) in [
        (Case::ApplySpread, 0.5),
        (Case::Refresh, 0.5),
        // 1.15 times the time of the bare verification.
        (Case::Login, 1.0 / 1.15),
    ] {
        if let Some(ratio) = at(case, 16).and_then(Row::ratio) {
            let what = format!("{}: share of the floor at 16 connections", case.name());
            goals.push(at_least(what, ratio, least));
        }
    }
    if let Some(row) = at(Case::ApplySpread, 16) {
        let name = row.case.name();
        for (what, share, least) in [
            ("its statements", row.floor_share_of_least(), 0.35),
            ("the endpoint", row.share_of_least(), 0.25),
        ] {
            if let Some(share) = share {
                let what = format!("{name}: {what}, share of the least write at 16 connections");
                goals.push(at_least(what, share, least));
            }
        }
    }
    if let Some(share) = at(Case::List, 16).and_then(Row::share_of_least) {
        let what = format!(
            "{}: share of the least read at 16 connections",
            Case::List.name()
        );
        goals.push(at_least(what, share, LIST_SHARE));
    }
    if let Some(floor) = at(Case::List, 1).and_then(|row| row.floor) {
        let millis = 1000.0 / floor;
        goals.push(Goal {
            text: format!(
                "{}: its statement {millis:.2} ms at 1 connection, with the round trip (at most {:.2})",
                Case::List.name(),
                LIST_STATEMENT_MS
            ),
            met: millis <= LIST_STATEMENT_MS,
        });
    }
    for case in [Case::List, Case::ApplySpread] {
        if let Some(row) = at(case, 16) {
            let p99 = row.latencies.percentile(99);
            goals.push(Goal {
                text: format!(
                    "{}: p99 at 16 connections {} ms (below 50)",
                    case.name(),
                    millis(p99)
                ),
                met: p99 < Duration::from_millis(50),
            });
        }
    }
    for case in [Case::ApplyHot, Case::ApplyLimited] {
        for (connections, least) in [(16, 0.8), (64, 0.5)] {
            let share = |case| at(case, connections).and_then(Row::share_of_least);
            if let Some((hot, spread)) = share(case).zip(share(Case::ApplySpread)) {
                let what = format!(
                    "{}: share of the load on 1000 codes at {connections} connections",
                    case.name()
                );
                goals.push(at_least(what, hot / spread, least));
            }
        }
    }
    goals
}

/// Of the least read: a page has 20 codes with 3 prices each, which the service computes. A share of the list's own
/// statement would fall with every improvement of that.
const LIST_SHARE: f64 = 0.15;

/// The most that the statement of the list may take: with 20 codes for 3 tariffs.
const LIST_STATEMENT_MS: f64 = 0.4;

fn at_least(what: impl Display, measured: f64, least: f64) -> Goal {
    Goal {
        text: format!("{what} {measured:.2} (at least {least:.2})"),
        met: measured >= least,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::latencies::Latencies;

    fn row(case: Case, connections: u64, rate: f64, floor: Option<f64>) -> Row {
        Row {
            case,
            connections,
            rate,
            latencies: Latencies::of(vec![Duration::from_micros(1250)]),
            floor,
            least: case.least().map(|_| 5000.0),
            statements: 2,
        }
    }

    #[test]
    fn columns_align_with_heading() {
        let line = line(&row(Case::ApplyLimited, 64, 1234.5, Some(2500.0)));
        let heading = HEADING.lines().last().unwrap();
        assert_eq!(line.chars().count(), heading.chars().count(), "{line}");
        assert!(line.chars().count() <= 110);
        assert!(
            line.ends_with("   1.2     1.2     1.2     2500   0.49           2"),
            "{line}"
        );
    }

    #[test]
    fn floor_line_aligns_with_heading() {
        let row = row(Case::ApplySpread, 16, 1234.5, Some(2500.0));
        let least = least_line(&row).unwrap();
        assert_eq!(least.chars().count(), line(&row).chars().count(), "{least}");
    }

    #[test]
    fn goals_are_judged_by_measurements() {
        let rows = [
            row(Case::ApplySpread, 16, 1000.0, Some(2001.0)),
            row(Case::ApplyHot, 16, 799.0, Some(900.0)),
            row(Case::Login, 16, 50.0, Some(55.0)),
            row(Case::List, 1, 1.0, Some(2500.0)),
        ];
        let met: Vec<bool> = goals(&rows).into_iter().map(|goal| goal.met).collect();
        // Applying's share, login's, both shares of the least write, the list's statement, applying's p99, the hot code's.
        assert_eq!(met, [false, true, true, false, true, true, false]);
    }
}
