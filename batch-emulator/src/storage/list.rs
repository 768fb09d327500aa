//! Lists of containers and blobs, in XML.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::ops::Bound;

use axum::body::Body;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use quick_xml::escape::escape;

use super::account::{Blob, Container, Entry};
use super::request::Asked;
use super::response;
use crate::refusal::Refusal;

/// Most entries on a page.
const PAGE: usize = 5000;

/// An entry of a list of blobs.
enum Item<'a> {
    Blob(&'a str, &'a Blob),
    /// The common beginning of names up to the delimiter.
    Prefix(&'a str),
}

pub(super) fn containers(
    asked: &Asked<'_>,
    containers: &BTreeMap<String, Container>,
    page_size: Option<usize>,
) -> Result<Response, Refusal> {
    let mut found = below(asked, containers);
    let mut list = List::new(asked, "Containers");
    for (name, container) in found.by_ref().take(page(asked, page_size)?) {
        list.text.push_str("<Container>");
        list.element("Name", name);
        list.text.push_str("<Properties>");
        list.version(&container.entry);
        list.text.push_str("</Properties>");
        list.metadata(&container.entry);
        list.text.push_str("</Container>");
    }
    let next = found.next().map(|(name, _)| name);
    Ok(list.end("Containers", next))
}

pub(super) fn blobs(
    asked: &Asked<'_>,
    container: &Container,
    page_size: Option<usize>,
) -> Result<Response, Refusal> {
    let mut found = grouped(asked, &container.blobs);
    let mut list = List::new(asked, "Blobs");
    for item in found.by_ref().take(page(asked, page_size)?) {
        match item {
            Item::Blob(name, blob) => list.blob(name, blob),
            Item::Prefix(name) => {
                list.text.push_str("<BlobPrefix>");
                list.element("Name", name);
                list.text.push_str("</BlobPrefix>");
            }
        }
    }
    let next = found.next().map(|item| match item {
        Item::Blob(name, _) | Item::Prefix(name) => name,
    });
    Ok(list.end("Blobs", next))
}

/// Returns the number of entries on a page.
fn page(asked: &Asked<'_>, most: Option<usize>) -> Result<usize, Refusal> {
    let most = most.unwrap_or(PAGE).min(PAGE);
    match asked.parameter("maxresults") {
        "" => Ok(most),
        text => match text.parse::<usize>() {
            Ok(wanted) if wanted > 0 => Ok(wanted.min(most)),
            _ => {
                let text = "The parameter maxresults is not a number above 0.";
                Err(Refusal::new(400, "OutOfRangeQueryParameterValue", text))
            }
        },
    }
}

/// Returns the entries with the prefix, from the marker on, which is the name of the next entry.
fn below<'a, T>(
    asked: &'a Asked<'_>,
    all: &'a BTreeMap<String, T>,
) -> impl Iterator<Item = (&'a str, &'a T)> {
    let prefix = asked.parameter("prefix");
    let first = prefix.max(asked.parameter("marker"));
    all.range::<str, _>((Bound::Included(first), Bound::Unbounded))
        .map(|(name, entry)| (name.as_str(), entry))
        .take_while(move |(name, _)| name.starts_with(prefix))
}

/// Returns the blobs, with one entry for all that have the delimiter after the same beginning.
fn grouped<'a>(
    asked: &'a Asked<'_>,
    blobs: &'a BTreeMap<String, Blob>,
) -> impl Iterator<Item = Item<'a>> {
    let delimiter = asked.parameter("delimiter");
    let prefix = asked.parameter("prefix").len();
    let mut last = None;
    below(asked, blobs).filter_map(move |(name, blob)| {
        let found = name[prefix..]
            .find(delimiter)
            .filter(|_| !delimiter.is_empty());
        let Some(at) = found else {
            return Some(Item::Blob(name, blob));
        };
        let group = &name[..prefix + at + delimiter.len()];
        let is_new = last.replace(group) != Some(group);
        is_new.then_some(Item::Prefix(group))
    })
}

/// A list that is written.
struct List {
    text: String,
    with_metadata: bool,
}

impl List {
    fn new(asked: &Asked<'_>, kind: &str) -> Self {
        let text = "\u{feff}<?xml version=\"1.0\" encoding=\"utf-8\"?><EnumerationResults>";
        let mut include = asked.parameter("include").split(',');
        let mut list = Self {
            text: text.to_owned(),
            with_metadata: include.any(|part| part == "metadata"),
        };
        for (tag, name) in [
            ("Prefix", "prefix"),
            ("Marker", "marker"),
            ("MaxResults", "maxresults"),
            ("Delimiter", "delimiter"),
        ] {
            match asked.parameter(name) {
                "" => {}
                value => list.element(tag, value),
            }
        }
        // Writing to a string cannot fail.
        let _ = write!(list.text, "<{kind}>");
        list
    }

    /// Writes an element; a text that XML cannot contain is encoded as in a URL.
    fn element(&mut self, tag: &str, text: &str) {
        let legal = |c: char| c >= ' ' && !matches!(c, '\u{fffe}' | '\u{ffff}') || c == '\t';
        let _ = if text.chars().all(legal) {
            write!(self.text, "<{tag}>{}</{tag}>", escape(text))
        } else {
            let text = utf8_percent_encode(text, NON_ALPHANUMERIC);
            write!(self.text, "<{tag} Encoded=\"true\">{text}</{tag}>")
        };
    }

    fn version(&mut self, entry: &Entry) {
        self.element("Last-Modified", &response::date(entry.changed));
        self.element("Etag", entry.etag.trim_matches('"'));
    }

    fn metadata(&mut self, entry: &Entry) {
        if self.with_metadata {
            self.text.push_str("<Metadata>");
            for (name, value) in &entry.metadata {
                self.element(name, value);
            }
            self.text.push_str("</Metadata>");
        }
    }

    fn blob(&mut self, name: &str, blob: &Blob) {
        self.text.push_str("<Blob>");
        self.element("Name", name);
        self.text.push_str("<Properties>");
        self.version(&blob.entry);
        self.element("Content-Length", &blob.len().to_string());
        for (name, value) in &blob.headers {
            let tag = match *name {
                "content-type" => "Content-Type",
                "content-encoding" => "Content-Encoding",
                "content-language" => "Content-Language",
                "content-disposition" => "Content-Disposition",
                "cache-control" => "Cache-Control",
                _ => "Content-MD5",
            };
            self.element(tag, value);
        }
        self.element("BlobType", "BlockBlob");
        self.text.push_str("</Properties>");
        self.metadata(&blob.entry);
        self.text.push_str("</Blob>");
    }

    fn end(mut self, kind: &str, next: Option<&str>) -> Response {
        let _ = write!(self.text, "</{kind}>");
        self.element("NextMarker", next.unwrap_or_default());
        self.text.push_str("</EnumerationResults>");
        let mut response = response::empty(200);
        *response.body_mut() = Body::from(self.text);
        let xml = HeaderValue::from_static("application/xml");
        response.headers_mut().insert(header::CONTENT_TYPE, xml);
        response
    }
}
