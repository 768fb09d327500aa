//! A request, as far as the service looks at it.

use std::collections::BTreeMap;

use axum::http::request::Parts;
use axum::http::{HeaderMap, Method};
use percent_encoding::percent_decode_str;

/// Prefix of the headers that hold metadata.
const METADATA: &str = "x-ms-meta-";

/// A request with its path and its query taken apart.
pub(super) struct Asked<'a> {
    parts: &'a Parts,
    /// Name of the container; empty for the account.
    pub(super) container: String,
    /// Name of the blob; empty for the account or a container.
    pub(super) blob: String,
    /// Decoded, ordered by name, names in lower case.
    pub(super) query: BTreeMap<String, String>,
}

impl<'a> Asked<'a> {
    pub(super) fn new(parts: &'a Parts) -> Self {
        let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
        let path = parts.uri.path().trim_start_matches('/');
        let mut segments = path.splitn(3, '/').skip(1);
        let container = decoded(segments.next().unwrap_or_default());
        let blob = decoded(segments.next().unwrap_or_default());
        let query = parts.uri.query().unwrap_or_default().split('&');
        let pairs = query.filter(|pair| !pair.is_empty()).map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let value = decoded(&value.replace('+', " "));
            (decoded(name).to_ascii_lowercase(), value)
        });
        Self {
            parts,
            container,
            blob,
            query: pairs.collect(),
        }
    }

    pub(super) fn method(&self) -> &Method {
        &self.parts.method
    }

    /// Returns the path as it was sent.
    pub(super) fn path(&self) -> &str {
        self.parts.uri.path()
    }

    pub(super) fn headers(&self) -> &HeaderMap {
        &self.parts.headers
    }

    /// Returns a header, empty if there is none.
    pub(super) fn header(&self, name: &str) -> &str {
        let value = self.parts.headers.get(name);
        value.and_then(|value| value.to_str().ok()).unwrap_or("")
    }

    /// Returns a parameter, empty if there is none.
    pub(super) fn parameter(&self, name: &str) -> &str {
        self.query.get(name).map_or("", String::as_str)
    }

    /// Returns the metadata that the request sets.
    pub(super) fn metadata(&self) -> BTreeMap<String, String> {
        let headers = self.parts.headers.iter();
        let pairs = headers.filter_map(|(name, value)| {
            let name = name.as_str().strip_prefix(METADATA)?;
            Some((name.to_owned(), value.to_str().ok()?.to_owned()))
        });
        pairs.collect()
    }
}
