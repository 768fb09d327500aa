//! Reads the body of a request, with limits on size and time.

use std::future::poll_fn;
use std::pin::Pin;
use std::time::Duration;

use axum::body::{Body, HttpBody};

use crate::refusal::Refusal;

/// Limit of the service: 1 MiB.
const LIMIT: usize = 1024 * 1024;

/// Number of bytes beyond the limit that are still read from the connection. A client whose
/// connection is closed while it sends would never see the error.
const DRAIN: usize = 64 * LIMIT;

/// Time limit for receiving a body.
const TIMEOUT: Duration = Duration::from_secs(60);

/// The received body.
pub(super) enum Received {
    Whole(Vec<u8>),
    TooLarge,
    Broken,
}

impl Received {
    pub(super) fn into_bytes(self) -> Result<Vec<u8>, Refusal> {
        match self {
            Self::Whole(bytes) => Ok(bytes),
            Self::TooLarge => Err(Refusal::new(
                413,
                "RequestBodyTooLarge",
                "The body exceeds the limit of the service.",
            )
            .with("MaxLimit", LIMIT.to_string())),
            Self::Broken => Err(Refusal::new(
                400,
                "InvalidRequestBody",
                "The body is not valid JSON for the operation.",
            )
            .with("Reason", "the body is incomplete")),
        }
    }
}

/// Reads the body to its end.
pub(super) async fn read(body: Body) -> Received {
    tokio::time::timeout(TIMEOUT, collect(body))
        .await
        .unwrap_or(Received::Broken)
}

async fn collect(mut body: Body) -> Received {
    let mut bytes = Vec::new();
    let mut length = 0usize;
    while let Some(frame) = poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {
        let Ok(frame) = frame else {
            return Received::Broken;
        };
        let Ok(data) = frame.into_data() else {
            continue; // trailers
        };
        length = length.saturating_add(data.len());
        if length <= LIMIT {
            bytes.extend_from_slice(&data);
        } else if length > DRAIN {
            break;
        }
    }
    if length > LIMIT {
        Received::TooLarge
    } else {
        Received::Whole(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_limit_is_one_mebibyte() {
        let exactly = read(Body::from(vec![b' '; LIMIT])).await;
        assert!(exactly.into_bytes().is_ok());
        let over = read(Body::from(vec![b' '; LIMIT + 1])).await;
        let refusal = over.into_bytes().unwrap_err();
        assert_eq!((refusal.status, refusal.code), (413, "RequestBodyTooLarge"));
        assert_eq!(refusal.values, [("MaxLimit", "1048576".to_owned())]);
    }
}
