//! Routing: the third step of the request path.
//!
//! The path is split at its slashes before it is decoded, so that `%2F` stays inside its segment.
//! Literal segments match case-insensitively and a trailing slash is ignored, as with the real
//! service. An unknown address is 400 `InvalidUri`, as the service's page on error codes documents
//! (404 is for ids that do not exist).

use percent_encoding::percent_decode_str;

use crate::generated::OPERATIONS;
use crate::refusal::Refusal;
use crate::table::{Operation, Segment};

/// An operation and the parameters from its path.
#[derive(Debug)]
pub(crate) struct Route {
    pub(crate) operation: &'static Operation,
    /// The path parameters, decoded.
    pub(crate) path: Vec<(&'static str, String)>,
}

/// The methods that HTTP defines; any other method is rejected.
const METHODS: &[&str] = &[
    "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT",
];

/// Finds the operation for a method and a path.
pub(crate) fn find(method: &str, path: &str) -> Result<Route, Refusal> {
    let segments = split(path)?;
    let mut known = false;
    for operation in OPERATIONS {
        if let Some(path) = matches(operation, &segments) {
            if operation.method == method {
                return Ok(Route { operation, path });
            }
            known = true;
        }
    }
    Err(if known {
        let text = format!("The resource does not support the method {method}.");
        Refusal::new(405, "UnsupportedHttpVerb", text)
    } else {
        let text = "The service has no resource at this address; check the path.";
        Refusal::new(400, "InvalidUri", text)
    })
}

/// Returns true if paths of the API begin with this segment.
pub(crate) fn is_first_segment(name: &str) -> bool {
    let first = |operation: &Operation| operation.path.first().map(|segment| segment.texts);
    OPERATIONS
        .iter()
        .any(|operation| first(operation) == Some(&[name]))
}

/// Returns the methods that the resource at this path supports, for the header `Allow`.
pub(crate) fn allowed(path: &str) -> Vec<&'static str> {
    let Ok(segments) = split(path) else {
        return Vec::new();
    };
    let mut methods: Vec<_> = OPERATIONS
        .iter()
        .filter(|operation| matches(operation, &segments).is_some())
        .map(|operation| operation.method)
        .collect();
    methods.sort_unstable();
    methods.dedup();
    methods
}

/// Rejects a method that HTTP does not define.
pub(crate) fn check_method(method: &str) -> Result<(), Refusal> {
    if METHODS.contains(&method) {
        return Ok(());
    }
    let text = "HTTP does not define this method; methods are written in upper case.";
    Err(Refusal::new(400, "InvalidHttpVerb", text))
}

/// Splits a path into its decoded segments.
fn split(path: &str) -> Result<Vec<String>, Refusal> {
    let path = path.strip_prefix('/').unwrap_or(path);
    let path = path.strip_suffix('/').unwrap_or(path);
    path.split('/')
        .map(|raw| match percent_decode_str(raw).decode_utf8() {
            Ok(text) => Ok(text.into_owned()),
            Err(_) => Err(unreadable(
                "A path segment is not valid UTF-8 after decoding.",
            )),
        })
        .collect()
}

/// Creates the error for an address that cannot be parsed.
pub(crate) fn unreadable(reason: &str) -> Refusal {
    let text = "The address of the request cannot be parsed; check its percent-encoding.";
    Refusal::new(400, "RequestUrlFailedToParse", text).with("Reason", reason)
}

/// Returns the path parameters if the segments match the operation.
fn matches(operation: &Operation, segments: &[String]) -> Option<Vec<(&'static str, String)>> {
    let (last, before) = operation.path.split_last()?;
    // URLs of files, as the service returns them, have unescaped slashes in the file's path.
    let is_file = last.parameters == ["filePath"];
    let fits = segments.len() == operation.path.len()
        || (is_file && segments.len() > operation.path.len());
    if !fits {
        return None;
    }
    let mut found = Vec::new();
    for (segment, text) in before.iter().zip(segments) {
        match_segment(segment, text, &mut found)?;
    }
    let rest = segments.get(before.len()..)?.join("/");
    match_segment(last, &rest, &mut found)?;
    Some(found)
}

/// Strips the literal parts in turn; the strings between them are the parameters.
fn match_segment(
    segment: &Segment,
    text: &str,
    found: &mut Vec<(&'static str, String)>,
) -> Option<()> {
    let (first, others) = segment.texts.split_first()?;
    let mut rest = strip_prefix(text, first)?;
    for (literal, name) in others.iter().zip(segment.parameters) {
        let end = if literal.is_empty() {
            rest.len()
        } else {
            find_text(rest, literal)?
        };
        let value = rest.get(..end)?;
        if value.is_empty() {
            return None;
        }
        found.push((name, value.to_owned()));
        rest = rest.get(end + literal.len()..)?;
    }
    rest.is_empty().then_some(())
}

fn strip_prefix<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let start = text.get(..prefix.len())?;
    start
        .eq_ignore_ascii_case(prefix)
        .then(|| text.get(prefix.len()..))
        .flatten()
}

fn find_text(text: &str, literal: &str) -> Option<usize> {
    (0..text.len()).find(|&at| {
        text.get(at..)
            .is_some_and(|rest| strip_prefix(rest, literal).is_some())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(method: &str, path: &str) -> (&'static str, Vec<(&'static str, String)>) {
        let route = find(method, path).unwrap();
        (route.operation.id, route.path)
    }

    /// Returns a path of the operation that uses the parameters' names as values.
    fn example(operation: &Operation) -> String {
        let mut path = String::new();
        for segment in operation.path {
            path.push('/');
            for (index, text) in segment.texts.iter().enumerate() {
                path.push_str(text);
                path.push_str(segment.parameters.get(index).copied().unwrap_or_default());
            }
        }
        path
    }

    #[test]
    fn every_operation_is_found_at_its_path() {
        assert_eq!(OPERATIONS.len(), 78);
        for operation in OPERATIONS {
            for path in [example(operation), format!("{}/", example(operation))] {
                let (id, parameters) = found(operation.method, &path);
                assert_eq!(id, operation.id);
                for (name, value) in parameters {
                    assert_eq!(name, value);
                }
            }
        }
    }

    #[test]
    fn an_encoded_slash_stays_inside_its_segment() {
        let (id, path) = found("GET", "/jobs/j/tasks/t/files/wd%2Fa%20b");
        assert_eq!(id, "File_GetFromTask");
        assert_eq!(path[2], ("filePath", "wd/a b".to_owned()));
        let (_, path) = found("GET", "/jobs/j/tasks/t/files/wd/a.txt");
        assert_eq!(path[2], ("filePath", "wd/a.txt".to_owned()));
        let (_, path) = found("DELETE", "/jobs/j/tasks/t/files/..");
        assert_eq!(path[2], ("filePath", "..".to_owned()));
    }

    #[test]
    fn literal_segments_are_case_insensitive() {
        assert_eq!(found("POST", "/Pools/P/RESIZE").0, "Pool_Resize");
        let (_, path) = found(
            "GET",
            "/CERTIFICATES(thumbprintalgorithm=sha1,Thumbprint=aB)",
        );
        assert_eq!(path[0], ("thumbprintAlgorithm", "sha1".to_owned()));
        assert_eq!(path[1], ("thumbprint", "aB".to_owned()));
    }

    #[test]
    fn missing_resources_and_methods_are_distinguished() {
        for path in [
            "",
            "/",
            "//",
            "/pool",
            "/pools//nodes",
            "/pools/p/nodes/n/x",
            "/certificates(",
            "/certificates(thumbprintAlgorithm=,thumbprint=)",
            "*",
            "/é",
            "/certificatesé(",
        ] {
            let refusal = find("GET", path).unwrap_err();
            assert_eq!(
                (refusal.status, refusal.code),
                (400, "InvalidUri"),
                "{path}"
            );
        }
        let refusal = find("DELETE", "/pools").unwrap_err();
        assert_eq!((refusal.status, refusal.code), (405, "UnsupportedHttpVerb"));
        assert_eq!(allowed("/pools"), ["GET", "POST"]);
        assert_eq!(
            find("GET", "/pools/%ff").unwrap_err().code,
            "RequestUrlFailedToParse"
        );
    }
}
