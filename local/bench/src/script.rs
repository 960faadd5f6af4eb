//! Turns the statements of one request into a script for pgbench that does the same for ever new subjects.
//!
//! Subjects are numbers, and the identifier of subject 42 is a UUID of the digits of 42: so pgbench, which knows numbers
//! only, can make identifiers too.

use crate::Result;
use crate::sql_text::{literal, token_length};

/// The parameters of a statement in Postgres' text form; `None` is NULL.
pub type Params = Vec<Option<String>>;

/// A statement with the values of some requests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// Its text, with `$1`, `$2` … for the parameters.
    pub sql: String,
    /// The parameters of each request. The first is the model.
    pub requests: Vec<Params>,
    /// The name of each parameter's type.
    pub types: Vec<String>,
}

/// Whole numbers may say where something is written, such as one of several counters: not always the same place.
const WHOLE: [&str; 6] = ["int2", "int4", "int8", "_int2", "_int4", "_int8"];

/// A value that is another one for each subject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Varying {
    /// As the request had it.
    pub value: String,
    /// SQL for that of subject `:n`.
    pub expression: String,
}

/// What a script begins with: `:n` is the next of `:size` subjects from `:first` on, another one in each client; `:made` is
/// the time, a millisecond later in each transaction.
const HEAD: &str = "\\set n :first + (:client_id + :i * :clients) % :size\n\\set i :i + 1\n\\set made :started + :i\n";

/// SQL for the UUID of the digits of a pgbench variable.
pub fn uuid_of(variable: &str) -> String {
    format!("lpad(:{variable}, 32, '0')")
}

/// SQL for a new UUID of the kind of `model`, with the digits of a pgbench variable: version 7 begins with the time, in
/// milliseconds, so that new ones are neighbours in an index; the others are spread over all of it.
fn like(model: &str, variable: &str) -> String {
    match model.as_bytes().get(14) {
        Some(b'7') => format!(
            "lpad(to_hex(CAST(:made AS bigint)), 12, '0') || '7' || lpad(:{variable}, 19, '8')"
        ),
        _ => uuid_of(variable),
    }
}

/// The script. Values of the model that are in `varying` become expressions; a UUID that is not among them was made for
/// this request, so each transaction gets another in its place; whole numbers are those of a request drawn at random; all
/// other values stay as they are. `head` may set further variables.
///
/// # Errors
/// When a statement holds what pgbench would take for a variable, or a parameter is missing.
pub fn script(statements: &[Statement], varying: &[Varying], head: &str) -> Result<String> {
    let mut varying = varying.to_vec();
    let mut sets = HEAD.to_owned() + head;
    let mut body = String::new();
    let requests = statements.iter().map(|one| one.requests.len()).max();
    sets += &format!("\\set drawn random(1, {})\n", requests.unwrap_or(1));
    for statement in statements {
        let model = statement.requests.iter().take(1).flatten();
        for (value, name) in model.zip(&statement.types) {
            let Some(value) = value.as_ref().filter(|_| name == "uuid") else {
                continue;
            };
            if varying.iter().all(|known| known.value != *value) {
                let fresh = format!("fresh{}", varying.len());
                sets += &format!("\\set {fresh} random(1, 999999999999999999)\n");
                varying.push(Varying {
                    value: value.clone(),
                    expression: like(value, &fresh),
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

/// The value of the parameter `token`, `$1` and so on.
fn value(statement: &Statement, token: &str, varying: &[Varying]) -> Result<String> {
    let missing = || format!("no value of {token} is known in: {}", statement.sql);
    let index = token[1..].parse::<usize>().map_err(|_| missing())?;
    let index = index.checked_sub(1).ok_or_else(missing)?;
    let all: Option<Vec<_>> = statement
        .requests
        .iter()
        .map(|one| one.get(index))
        .collect();
    let (Some(all), Some(name)) = (all, statement.types.get(index)) else {
        return Err(missing().into());
    };
    let model = all.first().copied().ok_or_else(missing)?;
    let known = varying
        .iter()
        .find(|known| Some(&known.value) == model.as_ref());
    let value = match known {
        Some(known) => known.expression.clone(),
        None if WHOLE.contains(&name.as_str()) && all.iter().any(|one| *one != model) => {
            let all: Vec<String> = all.into_iter().map(literal).collect();
            format!("(ARRAY[{}])[:drawn]", all.join(", "))
        }
        None => literal(model),
    };
    Ok(format!("CAST({value} AS {name})"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const USER: &str = "00000000-0000-0000-0000-000000000042";
    const FRESH: &str = "6a3d3ecf-f011-44f9-b211-0c07cdb76ab7";

    fn statement(sql: &str, params: &[(&str, &str)]) -> Statement {
        Statement {
            sql: sql.to_owned(),
            requests: vec![
                params
                    .iter()
                    .map(|(value, _)| (*value != "NULL").then(|| (*value).to_owned()))
                    .collect(),
            ],
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
        let (head, body) = script.split_once("\\set drawn random(1, ").unwrap();
        assert_eq!(head, HEAD);
        Ok(body.split_once(")\n").unwrap().1.to_owned())
    }

    #[test]
    fn parameters_are_replaced_by_values() {
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
    fn request_id_is_the_same_in_all_statements() {
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
    fn time_ordered_id_has_the_current_time() {
        let one = statement(
            "SELECT $1",
            &[("019abc3d-ecf0-74f9-b211-0c07cdb76ab7", "uuid")],
        );
        let sql = body(&[one]).unwrap();
        let made = "CAST(lpad(to_hex(CAST(:made AS bigint)), 12, '0') || '7' || lpad(:fresh2, 19, '8') AS uuid)";
        assert!(sql.contains(made), "{sql}");
    }

    #[test]
    fn differing_integers_are_drawn() {
        let mut one = statement(
            "SELECT $1, $2, $3, $4",
            &[
                ("7", "int4"),
                ("5", "int4"),
                ("now", "text"),
                ("7000042", "int8"),
            ],
        );
        let other = ["9", "5", "then", "7000043"].map(|value| Some(value.to_owned()));
        one.requests.push(other.to_vec());
        assert_eq!(
            body(&[one]).unwrap(),
            "SELECT CAST((ARRAY[E'7', E'9'])[:drawn] AS int4), CAST(E'5' AS int4), \
             CAST(E'now' AS text), CAST(7000000 + :n % 1000 AS int8);\n"
        );
    }

    #[test]
    fn variable_like_text_is_refused() {
        for sql in ["SELECT a[1:n]", "SELECT 'a:b'", "SELECT $1"] {
            assert!(body(&[statement(sql, &[])]).is_err(), "{sql}");
        }
        assert!(body(&[statement("SELECT a::text, 'b', 3 - 4", &[])]).is_ok());
    }
}
