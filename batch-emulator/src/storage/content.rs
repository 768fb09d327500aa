//! Bytes in memory, and their bound.

use std::future::poll_fn;
use std::ops::Range;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::body::{Body, HttpBody};
use bytes::Bytes;

use crate::refusal::Refusal;

/// Longest silence of a client that sends a body.
const SILENCE: Duration = Duration::from_secs(60);
/// Bytes of a refused request that are still read. A client whose connection is closed while it
/// sends would never see the error.
const DRAIN: u64 = 64 * 1024 * 1024;

/// The bytes that are left. Clones share them.
#[derive(Debug, Clone)]
pub(super) struct Quota(Arc<AtomicU64>);

impl Quota {
    pub(super) fn new(bytes: u64) -> Self {
        Self(Arc::new(AtomicU64::new(bytes)))
    }

    /// Takes bytes, which come back when the share is dropped.
    pub(super) fn take(&self, bytes: u64) -> Result<Share, Refusal> {
        let mut share = Share {
            quota: self.clone(),
            bytes: 0,
        };
        share.grow(bytes)?;
        Ok(share)
    }
}

/// A part of the quota.
#[derive(Debug)]
pub(super) struct Share {
    quota: Quota,
    bytes: u64,
}

impl Share {
    fn grow(&mut self, bytes: u64) -> Result<(), Refusal> {
        let left = |left: u64| left.checked_sub(bytes);
        let taken = self
            .quota
            .0
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, left);
        taken.map_err(|_| {
            let text =
                "The storage of the emulator is full; delete containers that are not needed.";
            Refusal::new(413, "RequestBodyTooLarge", text)
        })?;
        self.bytes += bytes;
        Ok(())
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.quota.0.fetch_add(self.bytes, Ordering::Relaxed);
    }
}

/// The body of a request. Clones share it.
#[derive(Debug, Clone)]
pub(super) struct Content {
    bytes: Bytes,
    _share: Arc<Share>,
}

impl Content {
    /// Reads a body to its end.
    pub(super) async fn read(mut body: Body, quota: &Quota) -> Result<Self, Refusal> {
        let announced = body.size_hint().lower();
        let mut share = quota.take(announced)?;
        let mut bytes = Vec::with_capacity(usize::try_from(announced).unwrap_or_default());
        while let Some(data) = next(&mut body).await? {
            let more = (bytes.len() + data.len()) as u64;
            share.grow(more.saturating_sub(share.bytes))?;
            bytes.extend_from_slice(&data);
        }
        Ok(Self {
            bytes: bytes.into(),
            _share: Arc::new(share),
        })
    }

    pub(super) fn bytes(&self) -> &Bytes {
        &self.bytes
    }
}

/// Returns a range of contents in sequence, without copying it.
pub(super) fn slices<'a>(
    contents: impl Iterator<Item = &'a Content>,
    range: &Range<u64>,
) -> Vec<Bytes> {
    let mut begin = 0;
    let mut slices = Vec::new();
    for content in contents {
        let len = content.bytes.len() as u64;
        let within = |at: u64| usize::try_from(at.clamp(begin, begin + len) - begin).unwrap_or(0);
        let slice = within(range.start)..within(range.end);
        if !slice.is_empty() {
            slices.push(content.bytes.slice(slice));
        }
        begin += len;
    }
    slices
}

/// Reads what a refused request sends.
pub(super) async fn drain(mut body: Body) {
    let mut read = 0;
    while let Ok(Some(data)) = next(&mut body).await {
        read += data.len() as u64;
        if read > DRAIN {
            return;
        }
    }
}

async fn next(body: &mut Body) -> Result<Option<Bytes>, Refusal> {
    let incomplete = || Refusal::new(400, "IncompleteBody", "The body is incomplete.");
    loop {
        let frame = poll_fn(|context| Pin::new(&mut *body).poll_frame(context));
        let frame = tokio::time::timeout(SILENCE, frame).await;
        match frame.map_err(|_| incomplete())? {
            None => return Ok(None),
            Some(Err(_)) => return Err(incomplete()),
            // Anything else is a trailer.
            Some(Ok(frame)) => {
                if let Ok(data) = frame.into_data() {
                    return Ok(Some(data));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn content(text: &'static str, quota: &Quota) -> Result<Content, Refusal> {
        Content::read(Body::from(text), quota).await
    }

    #[tokio::test]
    async fn the_quota_is_shared_and_comes_back() {
        let quota = Quota::new(10);
        let first = content("123456", &quota).await.unwrap();
        assert_eq!(content("12345", &quota).await.unwrap_err().status, 413);
        let copy = first.clone();
        drop(first);
        assert!(content("12345", &quota).await.is_err());
        drop(copy);
        assert_eq!(
            content("1234567890", &quota).await.unwrap().bytes().len(),
            10
        );
    }

    #[tokio::test]
    async fn ranges_go_across_blocks() {
        let quota = Quota::new(100);
        let mut blocks = Vec::new();
        for text in ["abc", "", "def"] {
            blocks.push(content(text, &quota).await.unwrap());
        }
        let of = |range: Range<u64>| slices(blocks.iter(), &range).concat();
        assert_eq!(of(0..6), b"abcdef");
        assert_eq!(of(2..4), b"cd");
        assert_eq!(of(3..6), b"def");
        assert_eq!(of(6..6), b"");
    }
}
