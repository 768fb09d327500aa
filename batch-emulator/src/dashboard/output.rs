//! The files of a task, or of a node's start task: their list, and the end of each.
//!
//! They are read through the operations of the API, so simulated and real files, and the paths that
//! must not be read, are those that clients see.

use std::io::Read as _;

use axum::body::Body;
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::Response;
use serde_json::{Value, json};

use super::query::Query;
use super::redact::redact;
use super::reply::{JSON, plain, tag, tagged, tagged_text};
use super::views::millis;
use crate::refusal::Refusal;
use crate::request::{Conditions, Content, Object, Reply, Request};
use crate::service::Service;
use crate::state::resource::{list, text};
use crate::table;
use crate::time::Time;
use crate::version::Version;

/// Maximum number of bytes that are shown of a file: its end.
pub(super) const TAIL: u64 = 64 * 1024;
/// Maximum number of files that are listed.
const LISTED: usize = 200;
/// The header with the length of the whole file.
const LENGTH: HeaderName = HeaderName::from_static("file-length");
/// The folder of a node's start task.
const STARTUP: &str = "startup";

/// A request to the API on behalf of the page.
struct Call<'a> {
    service: &'a Service,
    query: &'a Query,
}

impl Call<'_> {
    /// Carries out an operation on the files of a task or of a node.
    fn send(
        &self,
        of_task: &str,
        of_node: &str,
        path: &str,
        options: &[(&str, &str)],
        range: Option<String>,
    ) -> Result<Reply, Refusal> {
        let get = |name: &str| self.query.get(name).unwrap_or_default().to_owned();
        let is_task = self.query.get("job").is_some();
        let operation = table::operation(if is_task { of_task } else { of_node });
        let operation =
            operation.ok_or_else(|| Refusal::new(500, "InternalError", "No operation."))?;
        let path = if is_task {
            path.to_owned()
        } else {
            format!("{STARTUP}/{path}")
        };
        let owner = if is_task {
            [("jobId", get("job")), ("taskId", get("task"))]
        } else {
            [("poolId", get("pool")), ("nodeId", get("node"))]
        };
        let options = options
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let request = Request {
            operation,
            version: Version::default(),
            path: owner.into_iter().chain([("filePath", path)]).collect(),
            query: options.collect(),
            conditions: Conditions::default(),
            range,
            body: None,
            base: String::new(),
        };
        self.service.handle(&request, None).0
    }
}

fn refused(refusal: &Refusal) -> Response {
    let status = StatusCode::from_u16(refusal.status).unwrap_or(StatusCode::NOT_FOUND);
    let details = refusal.values.iter().map(|(_, value)| format!(" {value}."));
    plain(
        status,
        format!("{}{}\n", refusal.message, details.collect::<String>()),
    )
}

/// Lists the files.
pub(super) fn files(parts: &Parts, query: &Query, service: &Service) -> Response {
    let call = Call { service, query };
    let mut options = vec![("recursive", "true")];
    if query.get("job").is_none() {
        options.push(("$filter", "startswith(name,'startup/')"));
    }
    let listed = call.send(
        "File_ListFromTask",
        "File_ListFromComputeNode",
        "",
        &options,
        None,
    );
    match listed {
        Err(refusal) => refused(&refusal),
        Ok(reply) => {
            let text = describe(&reply).to_string();
            tagged(parts, JSON, &tag(&text), || Body::from(text))
        }
    }
}

fn describe(reply: &Reply) -> Value {
    let none = Object::new();
    let page = match &reply.content {
        Content::Object(page) => page,
        _ => &none,
    };
    let files = list(page, "value").iter().filter_map(Value::as_object);
    let mut files: Vec<Value> = files.filter_map(describe_file).collect();
    let more = files.len() > LISTED || page.contains_key("odata.nextLink");
    files.truncate(LISTED);
    json!({"files": files, "more": more})
}

/// Describes a file; a folder has no properties and is not listed.
fn describe_file(file: &Object) -> Option<Value> {
    let name = text(file, "name")?.replace('\\', "/");
    let name = name.strip_prefix("startup/").unwrap_or(&name);
    let properties = file.get("properties")?;
    let modified = properties["lastModified"].as_str().and_then(Time::parse);
    Some(json!({
        "name": name, "size": properties["contentLength"], "modified": modified.map(millis),
    }))
}

/// Returns the end of a file as plain text, without the secrets that it may contain.
pub(super) fn tail(parts: &Parts, query: &Query, service: &Service) -> Response {
    let call = Call { service, query };
    match read(&call, query.get("path").unwrap_or_default()) {
        Err(refusal) => refused(&refusal),
        Ok((bytes, length)) => {
            let is_cut = length > bytes.len() as u64;
            let mut response = tagged_text(parts, redact(&shown(&bytes, is_cut)));
            response
                .headers_mut()
                .insert(LENGTH, HeaderValue::from(length));
            response
        }
    }
}

/// Reads the end of a file; returns it with the length of the whole file.
fn read(call: &Call<'_>, path: &str) -> Result<(Vec<u8>, u64), Refusal> {
    let (of_task, of_node) = (
        "File_GetPropertiesFromTask",
        "File_GetPropertiesFromComputeNode",
    );
    let about = call.send(of_task, of_node, path, &[], None)?;
    let length = about.file.map_or(0, |file| file.length);
    let first = length.saturating_sub(TAIL);
    let range = (first > 0).then(|| format!("bytes={first}-"));
    let reply = call.send(
        "File_GetFromTask",
        "File_GetFromComputeNode",
        path,
        &[],
        range,
    )?;
    let bytes = match reply.content {
        Content::Bytes(bytes) => bytes,
        Content::File(file, _) => {
            let mut bytes = Vec::new();
            // An error ends the text: the file may be written or removed at the same time.
            let _ = file.take(TAIL).read_to_end(&mut bytes);
            bytes
        }
        Content::Nothing | Content::Object(_) => Vec::new(),
    };
    let length = length.max(first + bytes.len() as u64);
    Ok((bytes, length))
}

/// Decodes the end of a file. If it is cut, it starts with a whole line or else a whole word, so
/// that no secret loses the name that it is recognized by.
fn shown(bytes: &[u8], is_cut: bool) -> String {
    let start = |ends: fn(&u8) -> bool| bytes.iter().position(ends).map(|at| at + 1);
    let line = || start(|byte| *byte == b'\n');
    let word = || start(u8::is_ascii_whitespace);
    let first = if is_cut {
        line().or_else(word).unwrap_or(0)
    } else {
        0
    };
    String::from_utf8_lossy(&bytes[first..]).into_owned()
}

#[cfg(test)]
mod tests {
    use super::shown;

    #[test]
    fn a_cut_text_starts_with_a_whole_line_or_word() {
        for (text, whole, cut) in [
            ("ab\ncd\n", "ab\ncd\n", "cd\n"),
            ("ab cd", "ab cd", "cd"),
            ("abcd", "abcd", "abcd"),
            ("", "", ""),
        ] {
            assert_eq!(shown(text.as_bytes(), false), whole);
            assert_eq!(shown(text.as_bytes(), true), cut);
        }
        assert_eq!(shown(b"a\xff", false), "a\u{fffd}");
    }
}
