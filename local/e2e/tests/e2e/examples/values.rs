//! Requests made of nothing but the examples in the description.

use serde_json::{Map, Value};
use testkit::{Call, User, World};

use crate::api::{Operation, resolved};

/// Why there is no example: the name of the member or parameter that has none.
pub type Missing = String;

/// A request.
pub struct Request {
    method: String,
    path: String,
    headers: Vec<(&'static str, String)>,
    /// The body, if it is JSON.
    pub body: Option<Value>,
    /// The body, if it is a CSV file.
    pub file: Option<String>,
}

impl Request {
    /// The requests that the examples of an operation make up: one for each kind of body.
    pub fn all_of(operation: &Operation) -> Result<Vec<Request>, Missing> {
        let mut requests = vec![];
        if operation.body().is_some() || operation.file().is_none() {
            requests.push(Request::of(operation)?);
        }
        if let Some(content) = operation.file() {
            let example = content["example"].as_str();
            let example = example.ok_or_else(|| "the file".to_owned())?;
            requests.push(Request {
                body: None,
                file: Some(example.to_owned()),
                ..Request::of(operation)?
            });
        }
        Ok(requests)
    }

    /// The request with JSON, or without a body.
    pub fn of(operation: &Operation) -> Result<Request, Missing> {
        Request::with_path(operation, str::to_owned)
    }

    /// The same with other values in its path, made of the examples.
    pub fn with_path(
        operation: &Operation,
        value_of: impl Fn(&str) -> String,
    ) -> Result<Request, Missing> {
        let body = operation
            .body()
            .map(|content| match content.get("example") {
                Some(whole) => Ok(whole.clone()),
                None => value(&content["schema"]),
            });
        let values = values_of(operation, "path")?;
        let mut path = operation.path_with(|name| {
            let value = values.iter().find(|(known, _)| *known == name);
            value_of(&value.unwrap().1)
        });
        for (at, (name, value)) in values_of(operation, "query")?.iter().enumerate() {
            path += &format!("{}{name}={value}", if at == 0 { '?' } else { '&' });
        }
        Ok(Request {
            method: operation.method.clone(),
            path,
            headers: values_of(operation, "header")?,
            body: body.transpose()?,
            file: None,
        })
    }

    /// The call, by `user` if there is one.
    pub fn call(&self, world: &World, user: Option<&User>) -> Call {
        let call = self.call_without_body(world, user);
        match (&self.body, &self.file) {
            (Some(body), _) => call.json(body),
            (None, Some(file)) => call.csv(file.as_str()),
            (None, None) => call,
        }
    }

    /// The same without its body.
    pub fn call_without_body(&self, world: &World, user: Option<&User>) -> Call {
        let mut call = match user {
            Some(user) => user.call(&self.method, &self.path),
            None => world.client.call(&self.method, &self.path),
        };
        for (name, value) in &self.headers {
            call = call.header(name, value);
        }
        call
    }
}

/// The parameters that have an example, which the required ones must.
fn values_of(operation: &Operation, place: &str) -> Result<Vec<(&'static str, String)>, Missing> {
    let mut values = vec![];
    for parameter in operation.parameters(place) {
        let name = parameter["name"].as_str().unwrap();
        match parameter.get("example") {
            Some(Value::String(text)) => values.push((name, text.clone())),
            Some(other) => values.push((name, other.to_string())),
            None if parameter["required"] == true => return Err(name.to_owned()),
            None => (),
        }
    }
    Ok(values)
}

/// The value that the examples in a schema make up: of each object the members that have one, which the required ones
/// must, and of alternatives the first.
fn value(schema: &'static Value) -> Result<Value, Missing> {
    let schema = resolved(schema);
    let only = schema["enum"].as_array().filter(|all| all.len() == 1);
    let own = schema.get("example").or(schema.get("default"));
    if let Some(own) = own.or_else(|| only?.first()) {
        return Ok(own.clone());
    }
    if let Some(alternatives) = schema["oneOf"].as_array() {
        let mut values = alternatives.iter().map(value);
        return values.find(Result::is_ok).unwrap_or(Err(String::new()));
    }
    if let Some(parts) = schema["allOf"].as_array() {
        let mut whole = Map::new();
        for part in parts {
            if let Value::Object(part) = value(part)? {
                whole.extend(part);
            }
        }
        return Ok(Value::Object(whole));
    }
    let Some(properties) = schema["properties"].as_object() else {
        return Err(String::new());
    };
    let required = schema["required"].as_array();
    let mut object = Map::new();
    for (name, property) in properties {
        match value(property) {
            Ok(value) => {
                object.insert(name.clone(), value);
            }
            Err(within) if required.is_some_and(|all| all.iter().any(|one| one == name)) => {
                return Err(format!("{name}.{within}").trim_end_matches('.').to_owned());
            }
            Err(_) => (),
        }
    }
    Ok(Value::Object(object))
}
