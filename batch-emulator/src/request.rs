//! A request that has passed the checks, and the reply to it.
//!
//! This is all that `service` and `state` see of HTTP.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

use crate::table::Operation;

/// A JSON object.
pub(crate) type Object = Map<String, Value>;

/// A request that fits the description.
#[derive(Debug)]
pub(crate) struct Request {
    /// What is asked for.
    pub(crate) operation: &'static Operation,
    /// Path parameters, decoded.
    pub(crate) path: Vec<(&'static str, String)>,
    /// Query parameters, decoded; numbers and booleans have been checked.
    pub(crate) query: Vec<(String, String)>,
    /// `If-Match` and its kin.
    pub(crate) conditions: Conditions,
    /// The header `ocp-range`.
    pub(crate) range: Option<String>,
    /// The body, checked against its definition.
    pub(crate) body: Option<Object>,
    /// Scheme and host that the client used, for the addresses in replies.
    pub(crate) base: String,
}

impl Request {
    /// A path parameter; every operation has those that its path names.
    pub(crate) fn path(&self, name: &str) -> &str {
        let found = self.path.iter().find(|(known, _)| *known == name);
        found.map_or("", |(_, value)| value)
    }

    pub(crate) fn query(&self, name: &str) -> Option<&str> {
        let found = self.query.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    /// A query parameter that is a number.
    pub(crate) fn number(&self, name: &str) -> Option<i64> {
        self.query(name)?.parse().ok()
    }

    /// A query parameter that is a boolean; false where it is absent.
    pub(crate) fn flag(&self, name: &str) -> bool {
        self.query(name)
            .is_some_and(|text| text.eq_ignore_ascii_case("true"))
    }
}

/// What must be true of the resource for the operation to be done.
#[derive(Debug, Default, Clone)]
#[allow(clippy::struct_field_names)] // The names of the headers.
pub(crate) struct Conditions {
    pub(crate) if_match: Option<String>,
    pub(crate) if_none_match: Option<String>,
    pub(crate) if_modified_since: Option<DateTime<Utc>>,
    pub(crate) if_unmodified_since: Option<DateTime<Utc>>,
}

/// What the service answers where it does what was asked.
#[derive(Debug, Default)]
pub(crate) struct Reply {
    pub(crate) content: Content,
    pub(crate) etag: Option<String>,
    pub(crate) last_modified: Option<DateTime<Utc>>,
    /// The address of the resource, for the header `DataServiceId`.
    pub(crate) data_service_id: Option<String>,
    /// The headers of a file.
    pub(crate) file: Option<FileHeaders>,
}

/// The body of a reply.
#[derive(Debug, Default)]
pub(crate) enum Content {
    /// None.
    #[default]
    Nothing,
    /// An object; `odata.metadata` is added on the way out.
    Object(Object),
    /// The bytes of a file.
    Bytes(Vec<u8>),
    /// So many bytes of an open file, from where it stands.
    File(std::fs::File, u64),
}

/// What the service says of a file in headers.
#[derive(Debug, Clone)]
pub(crate) struct FileHeaders {
    pub(crate) created: DateTime<Utc>,
    pub(crate) is_directory: bool,
    pub(crate) url: String,
    /// `0o100644`; absent on Windows nodes.
    pub(crate) mode: Option<String>,
    pub(crate) content_type: String,
    pub(crate) length: u64,
}
