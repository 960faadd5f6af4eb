//! The part of a shell that the page uses. Whatever a shell would read in another way is refused.
//!
//! - `NAME=value`
//! - `curl -sS [-X METHOD] URL [-H HEADER]… [-d TEXT | -d @- | --data-binary @FILE]`, followed by `| show` or `> FILE`
//! - `cat > FILE`
//! - `<<END` at the end of a command or before `| show`, and a text up to `END`
//! - the definition of `show`, and a `jq` that picks the rules that refused
//!
//! with `'…'`, `"…"`, `$NAME` and `$(jq -r .a.b answer.json)` or `$(jq -r '.a[0].b' answer.json)`.

use std::collections::BTreeMap;

use serde_json::Value;

/// The definition of `show`.
const SHOW: &str = "show() { tee answer.json | jq .; }";

/// Prints the rules of a decision that refused.
const PICK_REFUSAL: &str = "jq '.outcomes[] | select(.passed == false)' answer.json";

/// The values of variables.
#[derive(Debug, Default)]
pub struct Variables(BTreeMap<String, String>);

/// A command.
#[derive(Debug)]
pub enum Command {
    /// The variable already has its value.
    Assigned,
    File(String, Vec<u8>),
    Call(Request, Output),
    PickRefusal,
}

/// What becomes of an answer.
#[derive(Debug, PartialEq, Eq)]
pub enum Output {
    Show,
    File(String),
}

/// A call by curl.
#[derive(Debug, Default)]
pub struct Request {
    pub method: String,
    pub url: String,
    pub headers: Vec<(String, String)>,
    pub body: Option<Vec<u8>>,
}

/// The state of the quotes at a place in a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Quotes {
    None,
    Single,
    Double,
}

impl Variables {
    /// Reads `NAME…`, what follows a dollar sign. Returns the value and what is left.
    pub fn read<'a, 'b>(&'a self, text: &'b str) -> Result<(&'a str, &'b str), String> {
        let is_name = |c: char| c.is_ascii_uppercase() || c == '_';
        let end = text.find(|c| !is_name(c)).unwrap_or(text.len());
        let (name, rest) = text.split_at(end);
        let value = self.0.get(name);
        let value = value.ok_or_else(|| format!("there is no variable ${name}"))?;
        Ok((value, rest))
    }

    /// A text after `<<END`.
    fn expand(&self, text: &str) -> Result<String, String> {
        let mut expanded = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('$') {
            expanded += before;
            let (value, after) = self.read(after)?;
            expanded += value;
            rest = after;
        }
        if text.contains(['`', '\\']) {
            return Err("a text after <<END has no ` and no \\".to_owned());
        }
        Ok(expanded + rest)
    }
}

/// Takes the first command off `lines`. `last` is what is in `answer.json`. `None` at the end.
pub fn next(
    lines: &mut &[&str],
    variables: &mut Variables,
    files: &BTreeMap<String, Vec<u8>>,
    last: Option<&Value>,
) -> Result<Option<Command>, String> {
    let take = |lines: &mut &[&str]| {
        let (first, rest) = lines.split_first()?;
        *lines = rest;
        Some((*first).to_owned())
    };
    let Some(mut text) = take(lines) else {
        return Ok(None);
    };
    if text == SHOW {
        return Ok(Some(Command::Assigned));
    }
    if text == PICK_REFUSAL {
        return Ok(Some(Command::PickRefusal));
    }
    let expanded = loop {
        match substitute(&text, variables, last)? {
            (expanded, Quotes::None) if !text.ends_with('\\') => break expanded,
            _ => {
                let more = take(lines).ok_or("the command does not end")?;
                text = format!("{text}\n{more}");
            }
        }
    };
    let mut words = shlex::split(&expanded).ok_or("the quotes do not match")?;
    let mut input = None;
    if let Some(at) = words.iter().position(|word| word == "<<END") {
        words.remove(at);
        let end = lines.iter().position(|line| *line == "END");
        let (inside, rest) = lines.split_at(end.ok_or("there is no END")?);
        *lines = &rest[1..];
        let text: String = inside.iter().map(|line| format!("{line}\n")).collect();
        input = Some(variables.expand(&text)?.into_bytes());
    }
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let command = match &words[..] {
        ["cat", ">", name] => {
            let text = input.ok_or("cat needs <<END")?;
            Command::File((*name).to_owned(), text)
        }
        ["curl", "-sS", arguments @ .., "|", "show"] => {
            Command::Call(curl(arguments, input, files)?, Output::Show)
        }
        ["curl", "-sS", arguments @ .., ">", name] => {
            let output = Output::File((*name).to_owned());
            Command::Call(curl(arguments, input, files)?, output)
        }
        [assignment] if input.is_none() => {
            let (name, value) = assignment.split_once('=').ok_or("unknown command")?;
            if !name.bytes().all(|b| b.is_ascii_uppercase() || b == b'_') {
                return Err(format!("{name} is no name of a variable"));
            }
            variables.0.insert(name.to_owned(), value.to_owned());
            Command::Assigned
        }
        _ => return Err(format!("unknown command: {words:?}")),
    };
    Ok(Some(command))
}

/// Puts the values of variables into a command, and says which quotes are open at its end.
fn substitute(
    text: &str,
    variables: &Variables,
    last: Option<&Value>,
) -> Result<(String, Quotes), String> {
    let mut quotes = Quotes::None;
    let mut out = String::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        rest = &rest[c.len_utf8()..];
        quotes = match (c, quotes) {
            ('\'', Quotes::None) => Quotes::Single,
            ('"', Quotes::None) => Quotes::Double,
            ('\'', Quotes::Single) | ('"', Quotes::Double) => Quotes::None,
            ('$', Quotes::Single) => return Err("no variable is read in '…'".to_owned()),
            ('$', _) => {
                let (value, after) = match rest.strip_prefix("(jq -r ") {
                    Some(path) => captured(path, last)?,
                    None => {
                        let (value, after) = variables.read(rest)?;
                        (value.to_owned(), after)
                    }
                };
                let splits = quotes == Quotes::None && value.contains([' ', '\'', '*', '?', '&']);
                if splits || value.contains(['"', '\\', '$', '`']) {
                    return Err(format!("`{value}` needs other quotes"));
                }
                out += &value;
                rest = after;
                continue;
            }
            ('`', Quotes::Double) => return Err("no command is run in `…`".to_owned()),
            ('\\', Quotes::None) if rest.is_empty() || rest.starts_with('\n') => quotes,
            ('\\', Quotes::None | Quotes::Double) => {
                return Err("a backslash ends its line".to_owned());
            }
            ('|' | '>' | '<', Quotes::None) => quotes,
            (c, Quotes::None) if !c.is_ascii_alphanumeric() && !" \n_-./:=@%,+".contains(c) => {
                return Err(format!("`{c}` needs quotes"));
            }
            _ => quotes,
        };
        out.push(c);
    }
    Ok((out, quotes))
}

/// Reads `.a.b answer.json)…` or `'.a[0].b' answer.json)…`. Returns that member of the last answer, and what is left.
fn captured<'a>(text: &'a str, last: Option<&Value>) -> Result<(String, &'a str), String> {
    let (path, rest) = text
        .split_once(" answer.json)")
        .ok_or("jq reads answer.json")?;
    let quoted = path
        .strip_prefix('\'')
        .and_then(|path| path.strip_suffix('\''));
    let allowed: &[u8] = if quoted.is_some() { b"._[]" } else { b"._" };
    let path = quoted.unwrap_or(path);
    let mut bytes = path.bytes();
    if !path.starts_with('.') || !bytes.all(|b| b.is_ascii_alphanumeric() || allowed.contains(&b)) {
        return Err(format!("`{path}` is no path like .a.b or '.a[0].b'"));
    }
    let pointer = path.replace(['.', '['], "/").replace(']', "");
    let last = last.ok_or("there is no answer yet")?;
    match last.pointer(&pointer) {
        Some(Value::String(text)) => Ok((text.clone(), rest)),
        Some(Value::Number(number)) => Ok((number.to_string(), rest)),
        _ => Err(format!("the answer has no {path}: {last}")),
    }
}

/// Reads the arguments of curl.
fn curl(
    arguments: &[&str],
    mut input: Option<Vec<u8>>,
    files: &BTreeMap<String, Vec<u8>>,
) -> Result<Request, String> {
    let mut request = Request::default();
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or("an argument is missing");
        match *argument {
            "-X" => request.method = (*value()?).to_owned(),
            "-H" => {
                let header = value()?.split_once(": ");
                let (name, value) = header.ok_or("a header is `Name: value`")?;
                request.headers.push((name.to_owned(), value.to_owned()));
            }
            "-d" => {
                let body = match *value()? {
                    "@-" => {
                        let text = input.take().ok_or("@- needs <<END")?;
                        // As curl does with -d @-.
                        text.into_iter().filter(|b| *b != b'\n').collect()
                    }
                    file if file.starts_with('@') => return Err("-d takes no file".to_owned()),
                    text => text.as_bytes().to_vec(),
                };
                request.body = Some(body);
            }
            "--data-binary" => {
                let body = match *value()? {
                    "@-" => input.take().ok_or("@- needs <<END")?,
                    file => {
                        let name = file.strip_prefix('@').ok_or("--data-binary takes a file")?;
                        let file = files.get(name);
                        file.ok_or_else(|| format!("there is no file {name}"))?
                            .clone()
                    }
                };
                request.body = Some(body);
            }
            url if url.starts_with("http://") && request.url.is_empty() => {
                request.url = url.to_owned();
            }
            other => return Err(format!("unknown argument of curl: {other}")),
        }
    }
    if request.url.is_empty() || input.is_some() {
        return Err("curl has no URL, or does not read what is after <<END".to_owned());
    }
    if request.method.is_empty() {
        let has_body = request.body.is_some();
        request.method = if has_body { "POST" } else { "GET" }.to_owned();
    }
    let typed = request
        .headers
        .iter()
        .any(|(name, _)| name == "Content-Type");
    if request.body.is_some() && !typed {
        return Err("curl would call the body a form: it needs a Content-Type".to_owned());
    }
    Ok(request)
}

#[test]
fn what_a_shell_would_read_otherwise_is_refused() {
    for command in [
        "curl -sS http://a/?b&c | show",
        "curl -sS http://a -H 'A: $B' | show",
        "curl -sS http://a -H \"A: $B\" | show",
        "curl -sS http://a -d '{}' | show",
        "curl -sS -i http://a | show",
        "curl -sS http://a",
        "curl -sS http://a | jq .",
        "curl -sS http://a -H 'A: b | show",
        "curl -sS http://a -H 'Content-Type: text/csv' -d @- <<END | show",
        "curl -sS http://a <<END | show\nEND",
        "A=$(date)",
        "A=b; C=d",
        "A=`date`",
        "rm -r .",
        "cat > file",
        "# a comment",
    ] {
        let lines: Vec<&str> = command.lines().collect();
        let read = next(
            &mut &lines[..],
            &mut Variables::default(),
            &BTreeMap::new(),
            None,
        );
        assert!(read.is_err(), "{command}: {read:?}");
    }
}
