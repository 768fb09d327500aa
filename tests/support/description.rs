//! The operations in `spec/BatchService.json`, with references resolved.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use percent_encoding::percent_decode_str;
use serde_json::Value;

/// The description, parsed once.
pub static DESCRIPTION: LazyLock<Description> = LazyLock::new(Description::read);

/// Root folder of the workspace.
pub fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Names and values, in order.
pub type Pairs = Vec<(String, String)>;

/// The Swagger document and its operations.
#[derive(Debug)]
pub struct Description {
    document: Value,
    /// Operations in the order of the document.
    pub operations: Vec<Operation>,
}

/// One operation.
#[derive(Debug)]
pub struct Operation {
    /// Operation id, such as `Pool_Get`.
    pub id: String,
    /// HTTP method in upper case.
    pub method: String,
    /// Path template, such as `/pools/{poolId}`.
    pub path: String,
    /// Parameters except the body and `api-version`, which the client sets itself.
    pub parameters: Vec<Parameter>,
    /// Request body, if the operation takes one.
    pub body: Option<Body>,
    /// Status code of a successful response.
    pub success: u16,
    /// Schema of a successful response, if it is JSON.
    pub answer: Option<Value>,
    /// True if the operation returns pages.
    pub pageable: bool,
}

/// A parameter in the path, the query or a header.
#[derive(Debug)]
pub struct Parameter {
    /// Name on the wire.
    pub name: String,
    /// Location in the request.
    pub place: Place,
    /// Type of the value.
    pub kind: Kind,
    /// True if every request needs the parameter.
    pub required: bool,
}

/// Location of a parameter in the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// In the path template.
    Path,
    /// In the query.
    Query,
    /// In a header.
    Header,
}

/// Type of a parameter's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A string.
    Text,
    /// An integer.
    Integer,
    /// `true` or `false`.
    Boolean,
    /// An RFC 3339 timestamp.
    Date,
    /// A date that is written in RFC 1123 form on the wire.
    HttpDate,
}

/// A request's body.
#[derive(Debug)]
pub struct Body {
    /// Its schema, which is a reference.
    pub schema: Value,
    /// True if every request needs a body.
    pub required: bool,
}

impl Description {
    fn read() -> Self {
        let file = workspace().join("spec/BatchService.json");
        let text = std::fs::read(&file).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
        let document: Value = serde_json::from_slice(&text).expect("the description is JSON");
        let mut operations = Vec::new();
        for (path, methods) in document["paths"].as_object().expect("paths") {
            for (method, operation) in methods.as_object().expect("methods of a path") {
                operations.push(Operation::read(&document, path, method, operation));
            }
        }
        Self {
            document,
            operations,
        }
    }

    /// Returns the operation with this id.
    ///
    /// # Panics
    ///
    /// Panics if the description does not have the operation.
    pub fn operation(&self, id: &str) -> &Operation {
        let found = self.operations.iter().find(|operation| operation.id == id);
        found.unwrap_or_else(|| panic!("the description has no operation {id}"))
    }

    /// API version that requests send as `api-version`.
    pub fn version(&self) -> &str {
        text(&self.document["info"]["version"])
    }

    /// Resolves a reference; returns any other schema unchanged.
    pub fn resolve<'a>(&'a self, schema: &'a Value) -> &'a Value {
        resolve(&self.document, schema)
    }
}

impl Operation {
    fn read(document: &Value, path: &str, method: &str, operation: &Value) -> Self {
        let parameters = operation["parameters"].as_array().expect("parameters");
        let parameters: Vec<&Value> = parameters.iter().map(|p| resolve(document, p)).collect();
        let body = parameters.iter().find(|p| p["in"] == "body");
        let (success, answer) = operation["responses"]
            .as_object()
            .and_then(|all| all.iter().find(|(status, _)| status.starts_with('2')))
            .expect("a response of success");
        Self {
            id: text(&operation["operationId"]).to_owned(),
            method: method.to_uppercase(),
            path: path.to_owned(),
            parameters: parameters
                .iter()
                .filter_map(|p| Parameter::read(p))
                .collect(),
            body: body.map(|body| Body {
                schema: body["schema"].clone(),
                required: body["required"] == true,
            }),
            success: success.parse().expect("a status"),
            answer: answer
                .get("schema")
                .filter(|schema| schema["type"] != "file")
                .cloned(),
            pageable: operation.get("x-ms-pageable").is_some(),
        }
    }

    /// Iterates over the parameters in one location.
    pub fn parameters_in(&self, place: Place) -> impl Iterator<Item = &Parameter> {
        self.parameters.iter().filter(move |p| p.place == place)
    }

    /// Splits a request path by the operation's template and decodes the values.
    ///
    /// # Errors
    ///
    /// Fails if the path does not match the template or a value contains an unencoded reserved
    /// character.
    pub fn path_values(&self, path: &str) -> Result<Pairs, String> {
        let misfit = || format!("the path {path} does not match {}", self.path);
        let mut values = Vec::new();
        let mut rest = path;
        let mut template = self.path.as_str();
        while let Some((literal, name)) = template.split_once('{') {
            let (name, after) = name.split_once('}').ok_or_else(misfit)?;
            rest = rest.strip_prefix(literal).ok_or_else(misfit)?;
            // Unreserved characters (RFC 3986) and percent escapes.
            let allowed = |c: char| c.is_ascii_alphanumeric() || "-._~%".contains(c);
            let (value, tail) = rest.split_at(rest.find(|c| !allowed(c)).unwrap_or(rest.len()));
            values.push((name.to_owned(), decode(value)?));
            (rest, template) = (tail, after);
        }
        if rest == template {
            Ok(values)
        } else {
            Err(misfit())
        }
    }
}

impl Parameter {
    fn read(parameter: &Value) -> Option<Self> {
        let place = match text(&parameter["in"]) {
            "path" => Place::Path,
            "query" => Place::Query,
            "header" => Place::Header,
            _ => return None,
        };
        let name = text(&parameter["name"]).to_owned();
        let format = parameter["format"].as_str().unwrap_or_default();
        let kind = match (text(&parameter["type"]), format) {
            ("integer", _) => Kind::Integer,
            ("boolean", _) => Kind::Boolean,
            ("string", "date-time") => Kind::Date,
            ("string", "date-time-rfc1123") => Kind::HttpDate,
            ("string", "" | "uuid") => Kind::Text,
            other => panic!("parameter {name} has the unexpected type {other:?}"),
        };
        (name != "api-version").then_some(Self {
            name,
            place,
            kind,
            required: parameter["required"] == true,
        })
    }
}

/// Percent-decodes strictly: each `%` is followed by two hexadecimal digits, and the bytes are
/// UTF-8.
///
/// # Errors
///
/// Fails if the string is not encoded this way.
pub fn decode(text: &str) -> Result<String, String> {
    let escapes = text.split('%').skip(1);
    for escape in escapes {
        let digits = escape.bytes().take(2).filter(u8::is_ascii_hexdigit).count();
        if digits < 2 {
            return Err(format!("{text:?} has a % without two digits"));
        }
    }
    let decoded = percent_decode_str(text).decode_utf8();
    decoded
        .map(Into::into)
        .map_err(|e| format!("{text:?}: {e}"))
}

fn resolve<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    let Some(reference) = schema.get("$ref") else {
        return schema;
    };
    let pointer = text(reference).trim_start_matches('#');
    let target = document.pointer(pointer);
    target.unwrap_or_else(|| panic!("cannot resolve {pointer}"))
}

fn text(value: &Value) -> &str {
    value
        .as_str()
        .unwrap_or_else(|| panic!("{value} is not a string"))
}
