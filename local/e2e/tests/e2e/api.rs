//! The API description, for tests that cover every operation in it. A test in `local/gateway` checks that it is up to
//! date, so a new operation is covered by itself.

use std::sync::LazyLock;

use serde_json::Value;

// Embedded rather than fetched: no function on Lambda serves it.
static API: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(include_str!("../../../../docs/openapi.json")).unwrap());

/// What can be done at a path.
pub struct Operation {
    /// In upper case.
    pub method: String,
    /// With the names of its parameters in braces.
    pub template: &'static str,
    description: &'static Value,
}

/// All operations, ordered by path.
pub fn operations() -> Vec<Operation> {
    let paths = API["paths"].as_object().unwrap();
    let of_path = |(path, methods): (&'static String, &'static Value)| {
        let methods = methods.as_object().unwrap();
        methods.iter().map(|(method, description)| Operation {
            method: method.to_uppercase(),
            template: path,
            description,
        })
    };
    paths.iter().flat_map(of_path).collect()
}

/// The schema, or the one that it refers to.
pub fn resolved(schema: &'static Value) -> &'static Value {
    match schema["$ref"].as_str() {
        Some(reference) => API.pointer(reference.trim_start_matches('#')).unwrap(),
        None => schema,
    }
}

/// A JSON Schema that can stand alone: the references in `schema` lead into it.
pub fn standalone(schema: &Value) -> Value {
    let mut schema = schema.clone();
    schema["components"] = API["components"].clone();
    schema
}

impl Operation {
    /// Whether it needs an access token.
    pub fn needs_token(&self) -> bool {
        self.description.get("security").is_some()
    }

    /// Whether it is for staff.
    pub fn is_for_staff(&self) -> bool {
        self.template.starts_with("/admin/")
    }

    /// The schema of the body and the example of all of it, if it takes JSON.
    pub fn body(&self) -> Option<&'static Value> {
        self.description
            .pointer("/requestBody/content/application~1json")
    }

    /// The same if it takes a CSV file.
    pub fn file(&self) -> Option<&'static Value> {
        self.description.pointer("/requestBody/content/text~1csv")
    }

    /// The parameters in the `path`, in the `query` or in a `header`.
    pub fn parameters(&self, place: &str) -> Vec<&'static Value> {
        let all = self.description["parameters"].as_array();
        let all = all.into_iter().flatten();
        all.filter(|parameter| parameter["in"] == place).collect()
    }

    /// The answer with this status; `None` if it is not in the description.
    pub fn answer(&self, status: u16) -> Option<&'static Value> {
        self.description["responses"].get(status.to_string())
    }

    /// The path with `value` in the place of each parameter.
    pub fn path_with(&self, mut value: impl FnMut(&str) -> String) -> String {
        let segments = self.template.split('/').map(|segment| {
            let name = segment.strip_prefix('{').and_then(|s| s.strip_suffix('}'));
            name.map_or_else(|| segment.to_owned(), &mut value)
        });
        segments.collect::<Vec<_>>().join("/")
    }

    /// The path with IDs that are none.
    pub fn path(&self) -> String {
        self.path_with(|_| "x".to_owned())
    }
}
