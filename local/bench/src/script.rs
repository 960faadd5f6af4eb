//! Turns the statements of one request into a script for pgbench that does the same for ever new subjects.
//!
//! Subjects are numbers, and the identifier of subject 42 is a UUID of the digits of 42: so pgbench, which knows numbers
//! only, can make identifiers too.

use crate::Result;

/// A statement with the values of one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// Its text, with `$1`, `$2` … for the parameters.
    pub sql: String,
    /// The parameters in Postgres' text form; `None` is NULL.
    pub params: Vec<Option<String>>,
    /// The name of each parameter's type.
    pub types: Vec<String>,
}

/// A value that is another one for each subject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Varying {
    /// As the request had it.
    pub value: String,
    /// SQL for that of subject `:n`.
    pub expression: String,
}

/// What a script begins with: `:n` is the next of `:size` subjects from `:first` on, another one in each client.
const HEAD: &str = "\\set n :first + (:client_id + :i * :clients) % :size\n\\set i :i + 1\n";

/// SQL for the UUID of the digits of a pgbench variable.
pub fn uuid_of(variable: &str) -> String {
    format!("lpad(:{variable}, 32, '0')")
}

/// The script. Values in `varying` become expressions; a UUID that is not among them was made for this request, so
/// each transaction gets another in its place; all other values stay as they are. `head` may set further variables.
///
/// # Errors
/// When a statement holds what pgbench would take for a variable, or a parameter is missing.
pub fn script(statements: &[Statement], varying: &[Varying], head: &str) -> Result<String> {
    let mut varying = varying.to_vec();
    let mut sets = HEAD.to_owned() + head;
    let mut body = String::new();
    for statement in statements {
        for (value, name) in statement.params.iter().zip(&statement.types) {
            let Some(value) = value.as_ref().filter(|_| name == "uuid") else {
                continue;
            };
            if varying.iter().all(|known| known.value != *value) {
                let fresh = format!("fresh{}", varying.len());
                // Spread over the whole index, as random UUIDs are.
                sets += &format!("\\set {fresh} random(1, 999999999999999999)\n");
                varying.push(Varying {
                    value: value.clone(),
                    expression: uuid_of(&fresh),
                });
            }
        }
        body += &with_values(statement, &varying)?;
        body += ";\n";
    }
    Ok(sets + &body)
}

/// The statement without comments and with values in place of its parameters.
fn with_values(statement: &Statement, varying: &[Varying]) -> Result<String> {
    let mut out = String::new();
    let mut rest = statement.sql.as_str();
    while let Some(at) = rest.find(['\'', '-', '$', ':']) {
        let (before, special) = rest.split_at(at);
        out += before;
        let (token, after) = special.split_at(token_length(special));
        rest = after;
        if token.starts_with("--") {
            continue;
        }
        if token.starts_with('$') {
            out += &value(statement, token, varying)?;
        } else if token == ":" || (token.starts_with('\'') && token.contains(':')) {
            let sql = &statement.sql;
            return Err(format!(
                "pgbench might take a part of this for a variable of its own: {sql}"
            )
            .into());
        } else {
            out += token;
        }
    }
    Ok(out + rest)
}

/// The length of the literal, comment, cast, parameter or sign at the beginning of `sql`.
fn token_length(sql: &str) -> usize {
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

/// The value of the parameter `token`, `$1` and so on.
fn value(statement: &Statement, token: &str, varying: &[Varying]) -> Result<String> {
    let missing = || format!("no value of {token} is known in: {}", statement.sql);
    let index = token[1..].parse::<usize>().map_err(|_| missing())?;
    let index = index.checked_sub(1).ok_or_else(missing)?;
    let (Some(value), Some(name)) = (statement.params.get(index), statement.types.get(index))
    else {
        return Err(missing().into());
    };
    let value = match value {
        None => "NULL".to_owned(),
        Some(value) => match varying.iter().find(|known| known.value == *value) {
            Some(known) => known.expression.clone(),
            None => literal(value),
        },
    };
    Ok(format!("CAST({value} AS {name})"))
}

/// A string literal in one line and without colons, in which pgbench would look for variables.
fn literal(value: &str) -> String {
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

    const USER: &str = "00000000-0000-0000-0000-000000000042";
    const FRESH: &str = "6a3d3ecf-f011-44f9-b211-0c07cdb76ab7";

    fn statement(sql: &str, params: &[(&str, &str)]) -> Statement {
        Statement {
            sql: sql.to_owned(),
            params: params
                .iter()
                .map(|(value, _)| (*value != "NULL").then(|| (*value).to_owned()))
                .collect(),
            types: params.iter().map(|(_, name)| (*name).to_owned()).collect(),
        }
    }

    fn body(statements: &[Statement]) -> Result<String> {
        let varying = [
            (USER, uuid_of("n")),
            ("7000042", "7000000 + :n % 1000".to_owned()),
        ]
        .map(|(value, expression)| Varying {
            value: value.to_owned(),
            expression,
        });
        let script = script(statements, &varying, "")?;
        Ok(script.strip_prefix(HEAD).unwrap().to_owned())
    }

    #[test]
    fn values_take_the_place_of_parameters() {
        let sql = "SELECT '$1', $2::text -- don't: $9\nFROM t WHERE a = $1 AND b = $10$3";
        let mut params = vec![(USER, "uuid"), ("NULL", "_text"), ("7000042", "int8")];
        params.extend([("x", "text"); 6]);
        params.push(("it's 5:07;\n\\", "text"));
        let sql = body(&[statement(sql, &params)]).unwrap();
        assert_eq!(
            sql,
            "SELECT '$1', CAST(NULL AS _text)::text \nFROM t \
             WHERE a = CAST(lpad(:n, 32, '0') AS uuid) AND b = \
             CAST(E'it''s 5\\x3a07\\x3b\\n\\\\' AS text)CAST(7000000 + :n % 1000 AS int8);\n"
        );
    }

    #[test]
    fn an_identifier_made_for_the_request_is_the_same_in_all_its_statements() {
        let params = [(FRESH, "uuid"), (USER, "uuid")];
        let first = statement("INSERT INTO t VALUES ($1, $2)", &params);
        let second = statement("SELECT $1", &params[..1]);
        assert_eq!(
            body(&[first, second]).unwrap(),
            "\\set fresh2 random(1, 999999999999999999)\n\
             INSERT INTO t VALUES (CAST(lpad(:fresh2, 32, '0') AS uuid), CAST(lpad(:n, 32, '0') AS uuid));\n\
             SELECT CAST(lpad(:fresh2, 32, '0') AS uuid);\n"
        );
    }

    #[test]
    fn what_looks_like_a_variable_is_refused() {
        for sql in ["SELECT a[1:n]", "SELECT 'a:b'", "SELECT $1"] {
            assert!(body(&[statement(sql, &[])]).is_err(), "{sql}");
        }
        assert!(body(&[statement("SELECT a::text, 'b', 3 - 4", &[])]).is_ok());
    }
}
