//! Numbers about the service, for machines that draw and watch them: lines of CloudWatch's embedded metric format in the
//! log of a Lambda, or a page for Prometheus.

use std::fmt::Write;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

/// The most values of a metric that CloudWatch accepts in one line.
const VALUES: usize = 100;

/// What a number counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Things.
    Count,
    /// Seconds.
    Seconds,
}

/// What was measured.
#[derive(Debug, Clone, PartialEq)]
pub enum Measured {
    /// The state of something.
    State(f64),
    /// Each of several things.
    Each(Vec<f64>),
}

impl Measured {
    fn values(&self) -> &[f64] {
        match self {
            Measured::State(value) => std::slice::from_ref(value),
            Measured::Each(values) => values,
        }
    }
}

/// A number about the service.
#[derive(Debug, Clone, PartialEq)]
pub struct Metric {
    /// Its name, the same everywhere: `outbox_depth`.
    pub name: &'static str,
    /// Its content.
    pub help: &'static str,
    /// What it counts.
    pub unit: Unit,
    /// What was measured.
    pub measured: Measured,
}

impl Metric {
    /// How many things there are.
    pub fn count(name: &'static str, help: &'static str, count: u64) -> Metric {
        Metric {
            name,
            help,
            unit: Unit::Count,
            measured: Measured::State(count as f64),
        }
    }

    /// How long something has been so, in seconds.
    pub fn age(name: &'static str, help: &'static str, seconds: f64) -> Metric {
        Metric {
            name,
            help,
            unit: Unit::Seconds,
            measured: Measured::State(seconds),
        }
    }

    /// How long each of several things took, in seconds.
    pub fn durations(name: &'static str, help: &'static str, seconds: Vec<f64>) -> Metric {
        Metric {
            name,
            help,
            unit: Unit::Seconds,
            measured: Measured::Each(seconds),
        }
    }
}

/// Writes metrics to standard output for CloudWatch, in the namespace of `METRICS_NAMESPACE`; does nothing when that is
/// not set.
pub fn emit(metrics: &[Metric], now: Timestamp) {
    if let Some(namespace) = crate::optional("METRICS_NAMESPACE") {
        for line in embedded(&namespace, metrics, now) {
            println!("{line}");
        }
    }
}

/// Lines of CloudWatch's embedded metric format: one, unless there are more values than a line may have.
pub fn embedded(namespace: &str, metrics: &[Metric], now: Timestamp) -> Vec<String> {
    let lines = metrics
        .iter()
        .map(|metric| metric.measured.values().len().div_ceil(VALUES))
        .max()
        .unwrap_or_default();
    let line = |nth: usize| {
        let (mut declared, mut values) = (Vec::new(), Map::new());
        for metric in metrics {
            let Some(part) = metric.measured.values().chunks(VALUES).nth(nth) else {
                continue;
            };
            let unit = match metric.unit {
                Unit::Count => "Count",
                Unit::Seconds => "Seconds",
            };
            declared.push(json!({ "Name": metric.name, "Unit": unit }));
            values.insert(metric.name.to_owned(), json!(part));
        }
        let directive = json!({ "Namespace": namespace, "Dimensions": [[]], "Metrics": declared });
        let meta = json!({ "Timestamp": now.as_millisecond(), "CloudWatchMetrics": [directive] });
        values.insert("_aws".to_owned(), meta);
        Value::Object(values).to_string()
    };
    (0..lines).map(line).collect()
}

/// A page in Prometheus' text format. Of several values it has the median, the 99th percentile and the largest.
pub fn prometheus(metrics: &[Metric]) -> String {
    let mut page = String::new();
    for metric in metrics {
        let (name, help) = (metric.name, metric.help);
        // Writing to a String never fails.
        let _ = write!(page, "# HELP {name} {help}\n# TYPE {name} gauge\n");
        match &metric.measured {
            Measured::State(value) => {
                let _ = writeln!(page, "{name} {value}");
            }
            Measured::Each(values) => {
                let mut values = values.clone();
                values.sort_by(f64::total_cmp);
                for (label, percent) in [("0.5", 50), ("0.99", 99), ("1", 100)] {
                    let rank = (values.len() * percent).div_ceil(100);
                    if let Some(value) = values.get(rank.saturating_sub(1)) {
                        let _ = writeln!(page, "{name}{{quantile=\"{label}\"}} {value}");
                    }
                }
            }
        }
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    fn metrics(lags: usize) -> [Metric; 2] {
        [
            Metric::count("outbox_depth", "Waiting.", 3),
            Metric::durations(
                "lag_seconds",
                "Late.",
                (1..=lags).map(|n| n as f64).collect(),
            ),
        ]
    }

    #[test]
    fn metrics_are_written_as_emf() {
        let lines = embedded("shop", &metrics(2), Timestamp::from_second(1).unwrap());
        let line: Value = serde_json::from_str(&lines[0]).unwrap();
        assert_eq!(lines.len(), 1);
        let expected = json!({
            "_aws": {
                "Timestamp": 1000,
                "CloudWatchMetrics": [{
                    "Namespace": "shop",
                    "Dimensions": [[]],
                    "Metrics": [
                        { "Name": "outbox_depth", "Unit": "Count" },
                        { "Name": "lag_seconds", "Unit": "Seconds" },
                    ],
                }],
            },
            "outbox_depth": [3.0],
            "lag_seconds": [1.0, 2.0],
        });
        assert_eq!(line, expected);
    }

    #[test]
    fn emf_line_has_at_most_a_hundred_values() {
        let lines = embedded("shop", &metrics(250), Timestamp::UNIX_EPOCH);
        let lines: Vec<Value> = lines
            .iter()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        let lengths = lines
            .iter()
            .map(|line| line["lag_seconds"].as_array().unwrap().len());
        assert_eq!(lengths.collect::<Vec<_>>(), [100, 100, 50]);
        assert_eq!(lines[1]["outbox_depth"], Value::Null);
        let names = &lines[1]["_aws"]["CloudWatchMetrics"][0]["Metrics"];
        assert_eq!(names.as_array().unwrap().len(), 1);
        assert!(embedded("shop", &metrics(0)[1..], Timestamp::UNIX_EPOCH).is_empty());
    }

    #[test]
    fn metrics_are_written_for_prometheus() {
        let page = prometheus(&metrics(200));
        assert_eq!(
            page,
            "# HELP outbox_depth Waiting.\n# TYPE outbox_depth gauge\noutbox_depth 3\n\
             # HELP lag_seconds Late.\n# TYPE lag_seconds gauge\nlag_seconds{quantile=\"0.5\"} 100\n\
             lag_seconds{quantile=\"0.99\"} 198\nlag_seconds{quantile=\"1\"} 200\n"
        );
        let none = prometheus(&metrics(0)[1..]);
        assert_eq!(none, "# HELP lag_seconds Late.\n# TYPE lag_seconds gauge\n");
    }
}
