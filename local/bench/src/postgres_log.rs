//! Reads the statements that a server with `log_statement = all` has written to its log.

use crate::Result;

/// A statement as it was executed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Logged {
    /// Its text, with `$1`, `$2` … for the parameters.
    pub sql: String,
    /// The parameters in Postgres' text form; `None` is NULL.
    pub params: Vec<Option<String>>,
}

/// What introduces a statement of the extended protocol, and one of the simple protocol.
const EXECUTE: &str = "LOG:  execute <unnamed>: ";
const SIMPLE: &str = "LOG:  statement: ";
const DETAIL: &str = "DETAIL:  ";

/// The statements in `log`, in order. Of the simple protocol only the borders of transactions count: the rest of it is
/// the pooler's own.
///
/// # Errors
/// When the parameters of a statement can't be understood.
pub fn statements(log: &str) -> Result<Vec<Logged>> {
    let mut found: Vec<Logged> = Vec::new();
    let mut last_has_params = false;
    for entry in entries(log) {
        if let Some((_, sql)) = entry.split_once(EXECUTE) {
            found.push(without_params(sql));
            last_has_params = true;
        } else if let Some((_, sql)) = entry.split_once(SIMPLE) {
            last_has_params = false;
            if is_border(sql) {
                found.push(without_params(sql));
            }
        } else if let Some((_, detail)) = entry.split_once(DETAIL)
            && last_has_params
            && let Some(last) = found.last_mut()
            && let Some(list) = parameter_list(detail)
        {
            last.params = parameters(list).ok_or_else(|| format!("not understood: {detail}"))?;
        }
    }
    Ok(found)
}

/// An entry may have many lines: all but the first begin with a tab that is not part of it.
fn entries(log: &str) -> Vec<String> {
    let mut entries: Vec<String> = Vec::new();
    for line in log.lines() {
        match (line.strip_prefix('\t'), entries.last_mut()) {
            (Some(more), Some(entry)) => {
                entry.push('\n');
                entry.push_str(more);
            }
            _ => entries.push(line.to_owned()),
        }
    }
    entries
}

fn without_params(sql: &str) -> Logged {
    Logged {
        sql: sql.to_owned(),
        params: Vec::new(),
    }
}

fn is_border(sql: &str) -> bool {
    let first = sql.split([' ', ';']).next().unwrap_or_default();
    ["BEGIN", "START", "COMMIT", "ROLLBACK"]
        .iter()
        .any(|word| first.eq_ignore_ascii_case(word))
}

/// Postgres 16 has made the P a capital.
fn parameter_list(detail: &str) -> Option<&str> {
    let (word, list) = detail.split_once(": ")?;
    word.eq_ignore_ascii_case("parameters").then_some(list)
}

/// Reads `$1 = 'it''s', $2 = NULL`.
fn parameters(list: &str) -> Option<Vec<Option<String>>> {
    let mut found = Vec::new();
    let mut rest = list;
    loop {
        rest = rest.strip_prefix(&format!("${} = ", found.len() + 1))?;
        if let Some(after) = rest.strip_prefix("NULL") {
            found.push(None);
            rest = after;
        } else {
            let (value, after) = quoted(rest)?;
            found.push(Some(value));
            rest = after;
        }
        match rest.strip_prefix(", ") {
            Some(more) => rest = more,
            None => return rest.is_empty().then_some(found),
        }
    }
}

/// A quoted value at the beginning of `text`, and what follows it.
fn quoted(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut rest = text.strip_prefix('\'')?;
    loop {
        let (part, after) = rest.split_once('\'')?;
        value.push_str(part);
        match after.strip_prefix('\'') {
            Some(more) => {
                value.push('\'');
                rest = more;
            }
            None => return Some((value, after)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> String {
        format!("2026-01-02 03:04:05.678 UTC [99] {text}\n")
    }

    #[test]
    fn statements_are_read_with_their_parameters() {
        let log = [
            at("LOG:  statement: SET application_name='x';"),
            at("LOG:  execute <unnamed>: SELECT a\n\t\t FROM t WHERE b = $1 AND c = $2"),
            at("DETAIL:  parameters: $1 = 'it''s, $2 = ''\n\tnew line', $2 = NULL"),
            at("LOG:  checkpoint starting: time"),
            at("LOG:  execute <unnamed>: SELECT 1"),
        ]
        .concat();
        let found = statements(&log).unwrap();
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].sql, "SELECT a\n\t FROM t WHERE b = $1 AND c = $2");
        assert_eq!(
            found[0].params,
            [Some("it's, $2 = '\nnew line".to_owned()), None]
        );
        assert_eq!(found[1], without_params("SELECT 1"));
    }

    #[test]
    fn transaction_borders_count_as_round_trips() {
        let log = [
            at("LOG:  statement: BEGIN"),
            at("LOG:  execute <unnamed>: DELETE FROM t WHERE a = $1"),
            at("DETAIL:  Parameters: $1 = '7'"),
            at("LOG:  statement: COMMIT"),
            at("LOG:  statement: select 1"),
        ]
        .concat();
        let texts: Vec<String> = statements(&log)
            .unwrap()
            .into_iter()
            .map(|s| s.sql)
            .collect();
        assert_eq!(texts, ["BEGIN", "DELETE FROM t WHERE a = $1", "COMMIT"]);
    }

    #[test]
    fn damaged_parameter_list_is_an_error() {
        for list in [
            "$1 = 'open",
            "$2 = 'second'",
            "$1 = 'a' $2 = 'b'",
            "$1 = bare",
        ] {
            let log = at("LOG:  execute <unnamed>: SELECT $1")
                + &at(&format!("DETAIL:  parameters: {list}"));
            assert!(statements(&log).is_err(), "{list}");
        }
    }
}
