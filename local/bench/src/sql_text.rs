//! SQL as text.

/// The length of the literal, comment, cast, parameter or sign at the beginning of `sql`, which is an ASCII character.
pub fn token_length(sql: &str) -> usize {
    let until = |end: Option<usize>| end.unwrap_or(sql.len());
    let from_second = |end: Option<usize>| end.map(|end| end + 1);
    let rest = &sql[1..];
    match (&sql[..1], rest.get(..1)) {
        ("'", _) => until(from_second(rest.find('\'')).map(|end| end + 1)),
        ("-", Some("-")) => until(sql.find('\n')),
        (":", Some(":")) => 2,
        ("$", _) => until(from_second(rest.find(|c: char| !c.is_ascii_digit()))),
        _ => 1,
    }
}

/// A literal in one line and without colons, in which pgbench would look for variables.
pub fn literal(value: &Option<String>) -> String {
    let Some(value) = value else {
        return "NULL".to_owned();
    };
    let mut out = "E'".to_owned();
    for c in value.chars() {
        match c {
            '\'' => out += "''",
            '\\' => out += "\\\\",
            ':' => out += "\\x3a",
            '\n' => out += "\\n",
            '\r' => out += "\\r",
            ';' => out += "\\x3b",
            c => out.push(c),
        }
    }
    out + "'"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_split_at_their_ends() {
        for (sql, token) in [
            ("'a b' c", "'a b'"),
            ("'open", "'open"),
            ("-- a 'b'\nc", "-- a 'b'"),
            ("- 1", "-"),
            ("::text", "::"),
            (":n", ":"),
            ("$12, $3", "$12"),
            ("$", "$"),
            ("'", "'"),
        ] {
            assert_eq!(&sql[..token_length(sql)], token, "{sql}");
        }
    }
}
