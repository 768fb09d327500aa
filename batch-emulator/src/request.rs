//! A validated request, and the reply to it.
//!
//! `service` and `state` see nothing else of HTTP.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

use crate::table::Operation;
use crate::version::Version;

/// A JSON object.
pub(crate) type Object = Map<String, Value>;

/// A request that matches the description.
#[derive(Debug)]
pub(crate) struct Request {
    /// The requested operation.
    pub(crate) operation: &'static Operation,
    /// The version of the API that the request asks for.
    pub(crate) version: Version,
    /// Path parameters, decoded.
    pub(crate) path: Vec<(&'static str, String)>,
    /// Query parameters, decoded; numbers and booleans have been checked.
    pub(crate) query: Vec<(String, String)>,
    /// Conditional headers such as `If-Match`.
    pub(crate) conditions: Conditions,
    /// The header `ocp-range`.
    pub(crate) range: Option<String>,
    /// The body, checked against its definition.
    pub(crate) body: Option<Object>,
    /// Scheme and host that the client used, for the URLs in replies.
    pub(crate) base: String,
}

impl Request {
    /// Returns a path parameter. Every operation has the parameters that its path names.
    pub(crate) fn path(&self, name: &str) -> &str {
        let found = self.path.iter().find(|(known, _)| *known == name);
        found.map_or("", |(_, value)| value)
    }

    pub(crate) fn query(&self, name: &str) -> Option<&str> {
        let found = self.query.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    /// Returns a query parameter that is a number.
    pub(crate) fn number(&self, name: &str) -> Option<i64> {
        self.query(name)?.parse().ok()
    }

    /// Returns a query parameter that is a boolean; false if it is absent.
    pub(crate) fn flag(&self, name: &str) -> bool {
        self.query(name)
            .is_some_and(|text| text.eq_ignore_ascii_case("true"))
    }
}

/// Conditions that the resource must meet for the operation to proceed.
#[derive(Debug, Default, Clone)]
#[allow(clippy::struct_field_names)] // Named after the headers.
pub(crate) struct Conditions {
    pub(crate) if_match: Option<String>,
    pub(crate) if_none_match: Option<String>,
    pub(crate) if_modified_since: Option<DateTime<Utc>>,
    pub(crate) if_unmodified_since: Option<DateTime<Utc>>,
}

/// The reply to a successful request.
#[derive(Debug, Default)]
pub(crate) struct Reply {
    pub(crate) content: Content,
    pub(crate) etag: Option<String>,
    pub(crate) last_modified: Option<DateTime<Utc>>,
    /// URL of the resource, for the header `DataServiceId`.
    pub(crate) data_service_id: Option<String>,
    /// The headers of a file.
    pub(crate) file: Option<FileHeaders>,
}

/// The body of a reply.
#[derive(Debug, Default)]
pub(crate) enum Content {
    /// No body.
    #[default]
    Nothing,
    /// An object; `http` adds `odata.metadata`.
    Object(Object),
    /// The bytes of a file.
    Bytes(Vec<u8>),
    /// An open file and the number of bytes to send from its current position.
    File(std::fs::File, u64),
}

/// Properties of a file that are sent as headers.
#[derive(Debug, Clone)]
pub(crate) struct FileHeaders {
    pub(crate) created: DateTime<Utc>,
    pub(crate) is_directory: bool,
    pub(crate) url: String,
    /// File mode such as `0o100644`; absent on Windows nodes.
    pub(crate) mode: Option<String>,
    pub(crate) content_type: String,
    pub(crate) length: u64,
}
