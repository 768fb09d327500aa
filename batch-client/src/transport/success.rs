//! Result of a successful attempt: [`Success`], whose body has been read or is a stream.

use std::any::Any;
use std::fmt;
use std::pin::Pin;

use bytes::Bytes;
use futures_core::Stream;
use reqwest::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, TRANSFER_ENCODING};
use reqwest::{Response, StatusCode};

/// The pieces of a body.
pub(crate) type Chunks = Pin<Box<dyn Stream<Item = reqwest::Result<Bytes>> + Send>>;

/// Successful response of the service.
#[derive(Debug)]
pub(crate) struct Success {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Body,
}

/// Body of a response.
pub(crate) enum Body {
    /// Read by the transport, so that an attempt whose body breaks off can be retried.
    Read(Bytes),
    /// Read into the operation's model, so that an attempt whose body is incomplete can be retried.
    Model(Box<dyn Any + Send>),
    /// Unread, for the caller to stream. Its status and headers have been taken.
    Stream(Response),
}

impl Success {
    /// Returns the success of an attempt whose response was lost, with the headers of the response
    /// that proves it. Its body is not the operation's and is left out.
    pub(super) fn proven(status: StatusCode, mut headers: HeaderMap) -> Self {
        for name in [CONTENT_TYPE, CONTENT_LENGTH, TRANSFER_ENCODING] {
            headers.remove(name);
        }
        Self {
            status,
            headers,
            body: Body::Read(Bytes::new()),
        }
    }
}

impl Body {
    /// Reads the body unless that has been done.
    pub(crate) async fn bytes(self) -> reqwest::Result<Bytes> {
        match self {
            Self::Read(bytes) => Ok(bytes),
            Self::Model(_) => Ok(Bytes::new()),
            Self::Stream(response) => response.bytes().await,
        }
    }

    /// Returns the model, if the body was read into one of this type.
    pub(crate) fn into_model<T: 'static>(self) -> Option<Box<T>> {
        match self {
            Self::Model(model) => model.downcast().ok(),
            Self::Read(_) | Self::Stream(_) => None,
        }
    }

    pub(crate) fn into_chunks(self) -> Chunks {
        match self {
            Self::Read(bytes) => {
                let piece = (!bytes.is_empty()).then_some(Ok(bytes));
                Box::pin(futures_util::stream::iter(piece))
            }
            Self::Model(_) => Box::pin(futures_util::stream::empty()),
            Self::Stream(response) => Box::pin(response.bytes_stream()),
        }
    }
}

// The URL of the response has a query, and a body may hold secrets.
impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read(bytes) => write!(f, "Read({} bytes)", bytes.len()),
            Self::Model(_) => f.write_str("Model"),
            Self::Stream(_) => f.write_str("Stream"),
        }
    }
}
