//! Reads of blobs, whole or in ranges, on conditions.

use std::ops::Range;

use axum::body::Body;
use axum::http::{HeaderValue, Method, header};
use axum::response::Response;
use futures_util::stream;

use super::account::{Blob, Container};
use super::content::slices;
use super::request::Asked;
use super::response;
use crate::refusal::Refusal;

pub(super) fn blob(asked: &Asked<'_>, container: &Container) -> Result<Response, Refusal> {
    let blob = container.blobs.get(&asked.blob).ok_or_else(missing)?;
    check_match(asked, Some(blob))?;
    let known = asked.header("if-none-match");
    if known == "*" || known == blob.entry.etag {
        return Ok(response::version(304, &blob.entry));
    }
    let len = blob.len();
    let range = match asked.header("x-ms-range") {
        "" => asked.header("range"),
        range => range,
    };
    let part = (!range.is_empty()).then(|| parse(range, len)).transpose()?;
    let range = part.clone().unwrap_or(0..len);
    let mut response = response::entry(if part.is_some() { 206 } else { 200 }, &blob.entry);
    let headers = response.headers_mut();
    for (name, value) in &blob.headers {
        // A digest is that of the whole.
        let name = match *name {
            "content-md5" if part.is_some() => "x-ms-blob-content-md5",
            name => name,
        };
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(name, value);
        }
    }
    headers.insert("x-ms-blob-type", HeaderValue::from_static("BlockBlob"));
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    headers.insert(header::CONTENT_LENGTH, (range.end - range.start).into());
    if part.is_some() {
        let value = format!("bytes {}-{}/{len}", range.start, range.end - 1);
        if let Ok(value) = value.parse() {
            headers.insert(header::CONTENT_RANGE, value);
        }
    }
    if *asked.method() != Method::HEAD {
        let slices = slices(blob.blocks.iter().map(|(_, block)| block), &range);
        let slices = slices.into_iter().map(Ok::<_, std::convert::Infallible>);
        *response.body_mut() = Body::from_stream(stream::iter(slices));
    }
    Ok(response)
}

/// Reads `bytes=START-` or `bytes=START-END`.
fn parse(text: &str, len: u64) -> Result<Range<u64>, Refusal> {
    let ends = text
        .strip_prefix("bytes=")
        .and_then(|text| text.split_once('-'));
    let ends = ends.and_then(|(start, end)| {
        let end = match end {
            "" => len,
            end => end.parse::<u64>().ok()?.saturating_add(1).min(len),
        };
        Some((start.parse::<u64>().ok()?, end))
    });
    let (start, end) =
        ends.ok_or_else(|| Refusal::new(400, "InvalidHeaderValue", "The range is malformed."))?;
    if start >= end {
        let text = "The range is not one of the blob.";
        return Err(Refusal::new(416, "InvalidRange", text));
    }
    Ok(start..end)
}

/// Checks `If-Match`.
pub(super) fn check_match(asked: &Asked<'_>, blob: Option<&Blob>) -> Result<(), Refusal> {
    let wanted = asked.header("if-match");
    let matches = match blob {
        _ if wanted.is_empty() => true,
        Some(blob) => wanted == "*" || wanted == blob.entry.etag,
        None => false,
    };
    if matches {
        return Ok(());
    }
    let text = "The blob is not in the version that the condition names.";
    Err(Refusal::new(412, "ConditionNotMet", text))
}

pub(super) fn missing() -> Refusal {
    Refusal::new(404, "BlobNotFound", "The blob does not exist.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read() {
        for (text, expected) in [
            ("bytes=0-", Ok(0..10)),
            ("bytes=2-4", Ok(2..5)),
            ("bytes=9-99", Ok(9..10)),
            ("bytes=10-", Err(416)),
            ("bytes=4-2", Err(416)),
            ("bytes=-5", Err(400)),
            ("bytes=a-b", Err(400)),
            ("0-5", Err(400)),
            ("bytes=0-18446744073709551615", Ok(0..10)),
        ] {
            assert_eq!(
                parse(text, 10).map_err(|error| error.status),
                expected,
                "{text}"
            );
        }
    }
}
