//! The checked content of a file: the one way in which downloads, tails and the ends of stderr
//! read bytes of a task or node.
//!
//! A request names a range of bytes and, for downloads, the version that is read. Each response is
//! checked before a byte of it counts ([`check`]):
//!
//! - its encoding: the bytes are the file's, neither compressed nor in several parts;
//! - its version: `ETag` and `Last-Modified` are those of the version;
//! - its range: a 206 has the range that was requested. A 200 is the whole file if the range starts
//!   at 0. The live service responds to ranges with 200 as well, so that such a response may also
//!   hold the range alone: its length decides, before reading if it is announced, otherwise once it
//!   is complete. Until then its bytes are buffered, in ranges of at most [`SEGMENT`] bytes;
//! - its length: no byte is missing, none follows.
//!
//! [`Content`] reads one version to its end, across broken connections. [`fetch`] is a single
//! request, for the callers that have their own continuation.

use std::ops::Range;

use bytes::{Bytes, BytesMut};
use chrono::{DateTime, Utc};
use reqwest::StatusCode;
use reqwest::header::{CONTENT_ENCODING, CONTENT_RANGE, CONTENT_TYPE};

use super::remote::Remote;
use crate::download::Download;
use crate::error::Error;
#[cfg(feature = "fs")]
use crate::error::History;
#[cfg(feature = "fs")]
use crate::generated::headers::FileProperties;
use crate::response::Response;
#[cfg(feature = "fs")]
use crate::retry::{Attempts, RetryPolicy};

/// Longest range whose response is buffered because only its end proves that it is the range.
pub(crate) const SEGMENT: u64 = 4 * 1024 * 1024;

/// A version of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Version {
    /// In bytes.
    pub(crate) length: u64,
    pub(crate) last_modified: Option<DateTime<Utc>>,
    pub(crate) etag: Option<String>,
}

/// The reason why content could not be read.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The file is no longer the version that was read, or the response is not the range that was
    /// requested: reading has to start again.
    Changed(Error),
    Other(Error),
}

/// A response whose range is proven, or will be by its length.
#[derive(Debug)]
pub(crate) enum Fetched {
    Proven(Body),
    /// Its bytes count only when it turns out to have exactly the requested length.
    Unproven(Body),
}

/// The rest of a response.
#[derive(Debug)]
pub(crate) struct Body {
    operation: &'static str,
    download: Download,
    /// Bytes that are still to come.
    left: u64,
}

impl From<Error> for Failure {
    #[inline]
    fn from(error: Error) -> Self {
        Self::Other(error)
    }
}

impl Failure {
    #[inline]
    pub(crate) fn into_error(self) -> Error {
        match self {
            Self::Changed(error) | Self::Other(error) => error,
        }
    }
}

impl Version {
    /// Reads the version of a file from its properties.
    #[cfg(feature = "fs")]
    #[inline]
    pub(crate) fn read(
        remote: &Remote,
        properties: &Response<FileProperties>,
    ) -> Result<Self, Error> {
        let operation = remote.operation();
        if properties.is_directory == Some(true) {
            let text = format!(
                "cannot read {:?}: it is a directory; list its files instead",
                remote.path
            );
            return Err(Error::refused(operation, text));
        }
        let length = properties
            .content_length
            .and_then(|length| u64::try_from(length).ok());
        let Some(length) = length else {
            let text = format!(
                "cannot read {:?}: the service did not return its length",
                remote.path
            );
            return Err(Error::invalid_response(operation, text));
        };
        Ok(Self {
            length,
            last_modified: properties.last_modified,
            etag: properties.etag().map(str::to_owned),
        })
    }

    /// Returns true if a later response can be recognized as this version.
    #[cfg(feature = "fs")]
    #[inline]
    pub(crate) fn is_recognizable(&self) -> bool {
        self.last_modified.is_some() || self.etag.is_some()
    }
}

/// Requests a range of a file, once, and checks the response.
///
/// With a version, the file has to be that version; without one, it may have grown.
#[inline]
pub(crate) async fn fetch(
    remote: &Remote,
    range: Range<u64>,
    version: Option<&Version>,
) -> Result<Fetched, Failure> {
    let requested = format!("bytes={}-{}", range.start, range.end - 1);
    let unmodified_since = version.and_then(|version| version.last_modified);
    let response = remote.content(requested, unmodified_since).await;
    let response = response.map_err(|error| {
        let out_of_range = error.status() == Some(StatusCode::RANGE_NOT_SATISFIABLE);
        if error.is_precondition_failed() || out_of_range {
            Failure::Changed(error)
        } else {
            Failure::Other(error)
        }
    })?;
    let left = range.end - range.start;
    let proven = check(remote.operation(), &response, range, version)?;
    let body = Body {
        operation: remote.operation(),
        download: response.into_inner(),
        left,
    };
    Ok(if proven {
        Fetched::Proven(body)
    } else {
        Fetched::Unproven(body)
    })
}

/// Checks the head of a response; returns true if it proves that the body is the range.
#[inline]
fn check(
    operation: &'static str,
    response: &Response<Download>,
    range: Range<u64>,
    version: Option<&Version>,
) -> Result<bool, Failure> {
    let wrong = |text: String| Error::invalid_response(operation, text);
    let header = |name| response.headers().get(name).map(|value| value.to_str());
    match header(CONTENT_ENCODING) {
        None | Some(Ok("identity")) => {}
        Some(encoding) => {
            let text = format!(
                "cannot read the file: the response is encoded ({}), which was not requested; \
                 check the proxies between here and the service",
                encoding.unwrap_or("unreadable")
            );
            return Err(wrong(text).into());
        }
    }
    let in_parts = |kind: &str| {
        kind.to_ascii_lowercase()
            .starts_with("multipart/byteranges")
    };
    // A file may have that type itself; it is sent with 200.
    if response.status() == StatusCode::PARTIAL_CONTENT
        && header(CONTENT_TYPE).is_some_and(|kind| kind.is_ok_and(in_parts))
    {
        let text = "cannot read the file: the response has several ranges, one was requested";
        return Err(wrong(text.to_owned()).into());
    }
    if let Some(version) = version {
        let modified =
            version.last_modified.is_some() && version.last_modified != response.last_modified();
        let etag = version.etag.is_some() && version.etag.as_deref() != response.etag();
        if modified || etag {
            let text = "the file changed while it was read: the response is of another version";
            return Err(Failure::Changed(wrong(text.to_owned())));
        }
    }
    let length = range.end - range.start;
    let announced = response.properties().content_length;
    let announced = announced.and_then(|length| u64::try_from(length).ok());
    let fits = announced.is_none_or(|announced| announced == length);
    let other = |found: String| {
        let text = format!(
            "the service returned {found} instead of bytes {} to {} of the file",
            range.start,
            range.end - 1
        );
        Failure::Changed(wrong(text))
    };
    if response.status() == StatusCode::PARTIAL_CONTENT {
        let found = header(CONTENT_RANGE).and_then(Result::ok);
        let found = found.unwrap_or("a part without Content-Range");
        let total = version.map(|version| version.length);
        return if fits && is_range(found, &range, total) {
            Ok(true)
        } else {
            Err(other(found.to_owned()))
        };
    }
    match announced {
        // The file has grown, and its beginning is still the same: it is only appended to.
        Some(announced) if range.start == 0 && version.is_none() && announced > length => Ok(true),
        Some(announced) if !fits => Err(other(format!("{announced} bytes"))),
        Some(_) => Ok(true),
        None => Ok(range.start == 0),
    }
}

/// Returns true if a `Content-Range` is this range of a file of this length.
#[inline]
fn is_range(text: &str, range: &Range<u64>, length: Option<u64>) -> bool {
    let Some((part, total)) = text
        .trim()
        .strip_prefix("bytes ")
        .and_then(|text| text.split_once('/'))
    else {
        return false;
    };
    let Some((first, last)) = part.trim().split_once('-') else {
        return false;
    };
    let total = total.trim();
    let is_total = |expected: u64| total == "*" || total.parse() == Ok(expected);
    first.parse() == Ok(range.start)
        && last.parse() == Ok(range.end - 1)
        && length.is_none_or(is_total)
}

impl Fetched {
    /// Reads the range into memory.
    #[inline]
    pub(crate) async fn bytes(self) -> Result<Bytes, Failure> {
        match self {
            Self::Unproven(body) => body.bytes().await,
            Self::Proven(mut body) => {
                let mut all = BytesMut::new();
                while let Some(piece) = body.try_next_of_growing().await? {
                    all.extend_from_slice(&piece);
                }
                Ok(all.freeze())
            }
        }
    }
}

impl Body {
    /// Reads the next piece, or `None` after the last byte of the range.
    #[inline]
    pub(crate) async fn try_next(&mut self) -> Result<Option<Bytes>, Failure> {
        loop {
            let Some(piece) = self.download.try_next().await? else {
                if self.left == 0 {
                    return Ok(None);
                }
                return Err(Error::cut_short(self.operation, self.left).into());
            };
            let length = piece.len() as u64;
            if length > self.left {
                let text = format!(
                    "the service returned more than the {} bytes that were requested",
                    self.left
                );
                return Err(Failure::Changed(Error::invalid_response(
                    self.operation,
                    text,
                )));
            }
            self.left -= length;
            if length > 0 {
                return Ok(Some(piece));
            }
        }
    }

    /// Reads the next piece of a file that may have grown: what follows the range is left unread.
    #[inline]
    pub(crate) async fn try_next_of_growing(&mut self) -> Result<Option<Bytes>, Failure> {
        if self.left == 0 {
            return Ok(None);
        }
        let Some(mut piece) = self.download.try_next().await? else {
            return Err(Error::cut_short(self.operation, self.left).into());
        };
        piece.truncate(usize::try_from(self.left).unwrap_or(usize::MAX));
        self.left -= piece.len() as u64;
        Ok(Some(piece))
    }

    /// Reads the whole range into memory.
    #[inline]
    pub(crate) async fn bytes(mut self) -> Result<Bytes, Failure> {
        let mut all = BytesMut::new();
        while let Some(piece) = self.try_next().await? {
            all.extend_from_slice(&piece);
        }
        Ok(all.freeze())
    }
}

/// The content of one version of a file from an offset on, which continues after broken
/// connections.
#[cfg(feature = "fs")]
#[derive(Debug)]
pub(super) struct Content {
    remote: Remote,
    version: Version,
    offset: u64,
    body: Option<Body>,
    /// True once a response could not be proven by its head.
    segmented: bool,
    policy: RetryPolicy,
    attempts: Attempts,
    /// True if bytes arrived since the last failure.
    progressed: bool,
}

#[cfg(feature = "fs")]
impl Content {
    #[inline]
    pub(super) fn new(remote: Remote, version: Version, offset: u64, policy: RetryPolicy) -> Self {
        Self {
            remote,
            version,
            offset,
            body: None,
            segmented: false,
            policy,
            attempts: Attempts::new(policy),
            progressed: false,
        }
    }

    /// Returns the number of bytes that were read.
    #[inline]
    pub(super) fn offset(&self) -> u64 {
        self.offset
    }

    /// Reads the next piece, or `None` once the file is complete.
    #[inline]
    pub(super) async fn try_next(&mut self) -> Result<Option<Bytes>, Failure> {
        loop {
            match self.read().await {
                Ok(Some(piece)) => {
                    self.offset += piece.len() as u64;
                    self.progressed = true;
                    return Ok(Some(piece));
                }
                Ok(None) if self.body.is_none() && self.offset == self.version.length => {
                    return Ok(None);
                }
                Ok(None) => {}
                // All bytes are there; only the end of the response was lost.
                Err(Failure::Other(error))
                    if self.offset == self.version.length && error.may_pass() =>
                {
                    return Ok(None);
                }
                Err(Failure::Other(error)) => self.recover(error).await?,
                Err(changed) => return Err(changed),
            }
        }
    }

    /// Reads on from the connection, or opens one. `None` if there is nothing more to read from it.
    #[inline]
    async fn read(&mut self) -> Result<Option<Bytes>, Failure> {
        if let Some(body) = &mut self.body {
            let piece = body.try_next().await?;
            if piece.is_none() {
                self.body = None;
            }
            return Ok(piece);
        }
        let (start, length) = (self.offset, self.version.length);
        if start == length {
            return Ok(None);
        }
        if start > 0 && !self.version.is_recognizable() {
            let text = "cannot continue the download: the service did not return the version of \
                        the file";
            let error = Error::invalid_response(self.remote.operation(), text);
            return Err(Failure::Changed(error));
        }
        let end = if self.segmented {
            start.saturating_add(SEGMENT).min(length)
        } else {
            length
        };
        match fetch(&self.remote, start..end, Some(&self.version)).await? {
            Fetched::Proven(body) => {
                self.body = Some(body);
                Ok(None)
            }
            Fetched::Unproven(body) if self.segmented || length - start <= SEGMENT => {
                body.bytes().await.map(Some)
            }
            Fetched::Unproven(_) => {
                self.segmented = true;
                Ok(None)
            }
        }
    }

    /// Pauses before the next attempt, or returns the error if there is none.
    #[inline]
    async fn recover(&mut self, error: Error) -> Result<(), Error> {
        self.body = None;
        if !error.may_pass() {
            return Err(error);
        }
        if std::mem::take(&mut self.progressed) {
            self.attempts = Attempts::new(self.policy);
        }
        self.attempts.count += 1;
        let Some(pause) = self.attempts.delay(error.retry_after()) else {
            let attempts =
                (self.attempts.count > 1).then(|| (self.attempts.count, self.attempts.elapsed()));
            return Err(error.after(History {
                attempts,
                signed: None,
            }));
        };
        tracing::warn!(%error, offset = self.offset, ?pause, "download interrupted; resuming");
        tokio::time::sleep(pause).await;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::is_range;

    #[test]
    fn a_content_range_has_to_be_the_requested_one() {
        assert!(is_range("bytes 5-9/10", &(5..10), Some(10)));
        assert!(is_range("bytes 5-9/*", &(5..10), Some(10)));
        assert!(is_range("bytes 5-9/12", &(5..10), None));
        for other in [
            "bytes 0-9/10",
            "bytes 5-8/10",
            "bytes 5-9/12",
            "bytes 5-9",
            "bytes */10",
            "lines 5-9/10",
            "",
        ] {
            assert!(!is_range(other, &(5..10), Some(10)), "{other}");
        }
    }
}
