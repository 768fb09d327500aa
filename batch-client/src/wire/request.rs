//! Builds the raw client's requests, in place of progenitor's runtime: [`RequestParts`], and the
//! error of a request that cannot be built.
//!
//! The URL is written into one string and parsed once; a value is copied only to the place from
//! which it is sent.

use std::error::Error;
use std::fmt::Write as _;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, Request, Url};
use serde::Serialize;

use super::path::{self, InvalidSegment};

/// Capacity of the map of headers: those of a usual call, with the ones that transport and reqwest
/// add.
const HEADERS: usize = 12;
/// Capacity of the URL beyond its path and segments, in bytes.
const QUERY: usize = 160;
/// Characters that a query leaves unencoded; the rest is encoded, the space as `%20`, as the
/// official clients write it.
const QUERY_VALUE: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'*')
    .remove(b'-')
    .remove(b'.')
    .remove(b'_');

/// Builder of a request. [`build`](Self::build) reports invalid parts.
pub(crate) struct RequestParts {
    method: Method,
    url: String,
    has_query: bool,
    headers: HeaderMap,
    body: Option<Vec<u8>>,
    wrong: Option<BuildError>,
}

impl RequestParts {
    /// Starts with the URL: `segments`, with the names of their parameters, replace `{}` in `path`.
    pub(crate) fn new(
        method: Method,
        base: &str,
        path: &str,
        segments: &[(&'static str, &str)],
    ) -> Self {
        let lengths: usize = segments.iter().map(|(_, value)| value.len()).sum();
        let mut url = String::with_capacity(base.len() + path.len() + lengths + QUERY);
        url.push_str(base);
        let mut wrong = None;
        // At a character: a search for the string `{}` is 2 % of a call's own instructions.
        let mut pieces = path.split('{');
        url.push_str(pieces.next().unwrap_or_default());
        for (&(name, value), piece) in segments.iter().zip(pieces) {
            if let Err(why) = path::check(name, value) {
                wrong = wrong.or(Some(BuildError::Segment(why)));
            }
            path::encode_into(&mut url, value);
            url.push_str(piece.strip_prefix('}').unwrap_or(piece));
        }
        Self {
            method,
            url,
            has_query: false,
            headers: HeaderMap::with_capacity(HEADERS),
            body: None,
            wrong,
        }
    }

    /// Adds a query parameter, unless its value is absent. The name is one of the description's,
    /// in which `$` alone is encoded.
    pub(crate) fn query(&mut self, name: &'static str, value: impl Value) {
        value.with(|text| {
            self.url.push(if self.has_query { '&' } else { '?' });
            self.has_query = true;
            match name.strip_prefix('$') {
                Some(rest) => {
                    self.url.push_str("%24");
                    self.url.push_str(rest);
                }
                None => self.url.push_str(name),
            }
            self.url.push('=');
            self.url.extend(utf8_percent_encode(text, QUERY_VALUE));
        });
    }

    /// Adds a header, unless its value is absent.
    pub(crate) fn header(&mut self, name: &'static str, value: impl Value) {
        value.with(|text| {
            let key = HeaderName::from_bytes(name.as_bytes());
            match (key, HeaderValue::from_str(text)) {
                (Ok(key), Ok(value)) => {
                    self.headers.append(key, value);
                }
                _ => self.wrong = self.wrong.take().or(Some(BuildError::Header(name))),
            }
        });
    }

    /// Sets the body. The transport names its media type.
    pub(crate) fn json(&mut self, body: &impl Serialize) {
        match serde_json::to_vec(body) {
            Ok(bytes) => self.body = Some(bytes),
            Err(why) => self.wrong = self.wrong.take().or(Some(BuildError::Other(why.into()))),
        }
    }

    pub(crate) fn build(self) -> Result<Request, BuildError> {
        if let Some(wrong) = self.wrong {
            return Err(wrong);
        }
        let url = Url::parse(&self.url).map_err(|why| BuildError::Other(why.into()))?;
        let mut request = Request::new(self.method, url);
        *request.headers_mut() = self.headers;
        *request.body_mut() = self.body.map(Into::into);
        Ok(request)
    }
}

/// A value that a query or a header can hold.
pub(crate) trait Value {
    /// Shows the value as text, unless it is absent.
    fn with(self, take: impl FnOnce(&str));
}

impl Value for &str {
    fn with(self, take: impl FnOnce(&str)) {
        take(self);
    }
}

impl Value for bool {
    fn with(self, take: impl FnOnce(&str)) {
        take(if self { "true" } else { "false" });
    }
}

impl Value for i64 {
    fn with(self, take: impl FnOnce(&str)) {
        let mut text = String::new();
        let _ = write!(text, "{self}");
        take(&text);
    }
}

impl Value for i32 {
    fn with(self, take: impl FnOnce(&str)) {
        i64::from(self).with(take);
    }
}

impl<T: Value> Value for Option<T> {
    fn with(self, take: impl FnOnce(&str)) {
        if let Some(value) = self {
            value.with(take);
        }
    }
}

/// Reason for which a request cannot be built.
#[derive(Debug)]
pub(crate) enum BuildError {
    /// A value that would address another resource.
    Segment(InvalidSegment),
    /// The version of the API that the client asks for does not have it.
    Version(String),
    /// The value of this header has a character that no header can hold.
    Header(&'static str),
    /// A body that is not JSON, or an address that is not a URL.
    Other(Box<dyn Error + Send + Sync>),
}

/// Removes a property of the body that is an empty list.
pub(crate) fn without_empty(request: &mut Request, name: &str) {
    let body = request.body().and_then(reqwest::Body::as_bytes);
    let mut body: serde_json::Value = match body.map(serde_json::from_slice) {
        Some(Ok(body)) => body,
        _ => return,
    };
    let is_empty = |value: &serde_json::Value| value.as_array().is_some_and(Vec::is_empty);
    if !body.get(name).is_some_and(is_empty) {
        return;
    }
    if let Some(members) = body.as_object_mut() {
        members.remove(name);
    }
    *request.body_mut() = Some(body.to_string().into());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(path: &str, segments: &[(&'static str, &str)]) -> RequestParts {
        RequestParts::new(Method::POST, "http://h", path, segments)
    }

    #[test]
    fn absent_parameters_are_left_out_and_others_are_encoded() {
        let mut some = parts("/p", &[]);
        some.query("a", None::<i32>);
        some.query("$filter", Some("id eq 'x&y'"));
        some.query("n", Some(7_i64));
        some.query("b", true);
        some.query("free", "*-._~ +ß");
        let request = some.build().expect("a request");
        assert_eq!(
            request.url().as_str(),
            "http://h/p?%24filter=id%20eq%20%27x%26y%27&n=7&b=true&free=*-._%7E%20%2B%C3%9F"
        );
        // As the `url` crate reads it.
        let pairs: Vec<_> = request.url().query_pairs().skip(3).collect();
        assert_eq!(pairs, [("free".into(), "*-._~ +ß".into())]);
        let mut none = parts("/p", &[]);
        none.query("a", None::<&str>);
        assert_eq!(
            none.build().expect("a request").url().as_str(),
            "http://h/p"
        );
    }

    #[test]
    fn segments_are_encoded_in_their_places() {
        let request = parts(
            "/a/{}/b(c={},d={})",
            &[("x", "1/2"), ("y", "ü"), ("z", "z")],
        );
        assert_eq!(
            request.build().expect("a request").url().as_str(),
            "http://h/a/1%2F2/b(c=%C3%BC,d=z)"
        );
        let climbing = parts("/a/{}", &[("x", "..")]).build();
        assert!(matches!(climbing, Err(BuildError::Segment(_))));
    }

    #[test]
    fn a_body_is_json_and_absent_unless_it_is_set() {
        let request = parts("/p", &[]).build().expect("a request");
        assert!(request.body().is_none());
        assert!(request.headers().is_empty(), "{:?}", request.headers());
        let mut some = parts("/p", &[]);
        some.json(&1);
        let request = some.build().expect("a request");
        let body = request.body().and_then(reqwest::Body::as_bytes);
        assert_eq!(body, Some(&b"1"[..]));
    }

    #[test]
    fn a_header_that_http_cannot_hold_is_named() {
        let mut some = parts("/p", &[]);
        some.header("If-Match", None::<&str>);
        some.header("ocp-range", Some("a\nb"));
        some.header("flag", Some(true));
        assert!(matches!(some.build(), Err(BuildError::Header("ocp-range"))));
    }
}
