//! The operations of `spec/BatchService.json`, with references resolved.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use percent_encoding::percent_decode_str;
use serde_json::Value;

/// What the description says, read once.
pub static DESCRIPTION: LazyLock<Description> = LazyLock::new(Description::read);

/// The folder of the workspace.
pub fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Names and values, in their order.
pub type Pairs = Vec<(String, String)>;

/// The Swagger document and its operations.
#[derive(Debug)]
pub struct Description {
    document: Value,
    /// In the order of the document.
    pub operations: Vec<Operation>,
}

/// One operation.
#[derive(Debug)]
pub struct Operation {
    /// Such as `Pool_Get`.
    pub id: String,
    /// The verb in upper case.
    pub method: String,
    /// The template, such as `/pools/{poolId}`.
    pub path: String,
    /// All but the body and `api-version`, which is the client's own.
    pub parameters: Vec<Parameter>,
    /// Its body, where it takes one.
    pub body: Option<Body>,
    /// The status of its success.
    pub success: u16,
    /// The schema of the answer, where it is JSON.
    pub answer: Option<Value>,
    /// Whether it lists.
    pub pageable: bool,
}

/// A parameter of path, query or headers.
#[derive(Debug)]
pub struct Parameter {
    /// Its name on the wire.
    pub name: String,
    /// Where it stands.
    pub place: Place,
    /// What it can hold.
    pub kind: Kind,
    /// Whether a request may do without it.
    pub required: bool,
}

/// Where a parameter stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// In the path's template.
    Path,
    /// In the query.
    Query,
    /// In a header.
    Header,
}

/// What a parameter can hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Any text.
    Text,
    /// A whole number.
    Integer,
    /// `true` or `false`.
    Boolean,
    /// RFC 3339.
    Date,
    /// RFC 1123 on the wire.
    HttpDate,
}

/// A request's body.
#[derive(Debug)]
pub struct Body {
    /// Its schema: a reference.
    pub schema: Value,
    /// Whether a request may do without it.
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

    /// The operation of this id.
    ///
    /// # Panics
    ///
    /// Where the description has none.
    pub fn operation(&self, id: &str) -> &Operation {
        let found = self.operations.iter().find(|operation| operation.id == id);
        found.unwrap_or_else(|| panic!("the description has no operation {id}"))
    }

    /// The version that requests name in `api-version`.
    pub fn version(&self) -> &str {
        text(&self.document["info"]["version"])
    }

    /// The schema itself, or what it refers to.
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

    /// The parameters of one place.
    pub fn parameters_in(&self, place: Place) -> impl Iterator<Item = &Parameter> {
        self.parameters.iter().filter(move |p| p.place == place)
    }

    /// The decoded values of a path as it came over the wire.
    ///
    /// # Errors
    ///
    /// A path that does not fit the template, or a value with a character that has to be encoded.
    pub fn path_values(&self, path: &str) -> Result<Pairs, String> {
        let misfit = || format!("the path {path} does not fit {}", self.path);
        let mut values = Vec::new();
        let mut rest = path;
        let mut template = self.path.as_str();
        while let Some((literal, name)) = template.split_once('{') {
            let (name, after) = name.split_once('}').ok_or_else(misfit)?;
            rest = rest.strip_prefix(literal).ok_or_else(misfit)?;
            // What may stand there unencoded (RFC 3986, unreserved), and escapes.
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
            other => panic!("the parameter {name} is of the unforeseen type {other:?}"),
        };
        (name != "api-version").then_some(Self {
            name,
            place,
            kind,
            required: parameter["required"] == true,
        })
    }
}

/// Percent-decodes strictly: each `%` has two hexadecimal digits, the bytes are UTF-8.
///
/// # Errors
///
/// Text that is not so.
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
    target.unwrap_or_else(|| panic!("{pointer} leads nowhere"))
}

fn text(value: &Value) -> &str {
    value
        .as_str()
        .unwrap_or_else(|| panic!("{value} is no text"))
}
