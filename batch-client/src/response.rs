//! Responses of the service: [`RawResponse`] undecoded, [`Response`] with its model.

use std::ops::{Deref, DerefMut};

use bytes::Bytes;
use reqwest::StatusCode;
use reqwest::header::HeaderMap;
use serde::de::DeserializeOwned;

use crate::download::Download;
use crate::error::Error;
use crate::generated::headers::FileProperties;
use crate::transport::Success;
use crate::wire::json;

/// Successful response of the service: a value, with status and headers.
///
/// It dereferences to the value. The documented headers have methods ([`etag`](Self::etag),
/// [`request_id`](Self::request_id) …), and all others are in [`headers`](Self::headers).
#[derive(Debug, Clone)]
pub struct Response<T> {
    status: StatusCode,
    headers: HeaderMap,
    // Boxed as the transport read it: on its way up the futures of a call, a pool of 960 bytes was
    // copied 16 times, 1 % of the call's instructions.
    value: Box<T>,
}

impl<T> Response<T> {
    /// The HTTP status, which is a success.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// All headers.
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// Returns the value.
    pub fn into_inner(self) -> T {
        *self.value
    }

    pub(crate) fn map<U>(self, change: impl FnOnce(T) -> U) -> Response<U> {
        Response {
            status: self.status,
            headers: self.headers,
            value: Box::new(change(*self.value)),
        }
    }
}

impl<T> Deref for Response<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T> DerefMut for Response<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.value
    }
}

/// Successful response that is not decoded, returned by `.raw()` of an operation and by
/// [`Client::execute`](crate::Client::execute).
#[derive(Debug)]
pub struct RawResponse {
    operation: &'static str,
    success: Success,
}

impl RawResponse {
    pub(crate) fn new(operation: &'static str, success: Success) -> Self {
        Self { operation, success }
    }

    /// The HTTP status, which is a success.
    pub fn status(&self) -> StatusCode {
        self.success.status
    }

    /// All headers.
    pub fn headers(&self) -> &HeaderMap {
        &self.success.headers
    }

    /// Reads the whole body.
    ///
    /// # Errors
    ///
    /// The connection breaks before the end of a streamed body.
    pub async fn bytes(self) -> Result<Bytes, Error> {
        Ok(self.read().await?.into_inner())
    }

    /// Reads the whole body as JSON of any type.
    ///
    /// # Errors
    ///
    /// The connection breaks before the end, or the body is not JSON of this type.
    pub async fn json<T: DeserializeOwned>(self) -> Result<T, Error> {
        let operation = self.operation;
        let Response {
            status,
            headers,
            value: body,
        } = self.read().await?;
        json::value(&body)
            .map_err(|flaw| Error::undecodable(operation, status, headers, &body, &flaw.why))
    }

    /// Returns the body as a stream.
    pub fn into_stream(self) -> Download {
        self.into_download().into_inner()
    }

    /// Returns the model, which the transport has read. It is absent where another response than
    /// the operation's own proved that it was carried out.
    pub(crate) fn into_model<T: 'static>(self) -> Result<Response<T>, Error> {
        let Success {
            status,
            headers,
            body,
        } = self.success;
        match body.into_model() {
            Some(value) => Ok(Response {
                status,
                headers,
                value,
            }),
            None => Err(Error::undecodable(
                self.operation,
                status,
                headers,
                &Bytes::new(),
                "",
            )),
        }
    }

    async fn read(self) -> Result<Response<Bytes>, Error> {
        let body = self.success.body.bytes().await;
        Ok(Response {
            status: self.success.status,
            headers: self.success.headers,
            value: Box::new(body.map_err(|why| Error::interrupted(self.operation, why))?),
        })
    }

    /// Reads a value from the headers and drops the body.
    pub(crate) fn with_headers<T>(self, read: impl FnOnce(&HeaderMap) -> T) -> Response<T> {
        Response {
            status: self.success.status,
            value: Box::new(read(&self.success.headers)),
            headers: self.success.headers,
        }
    }

    pub(crate) fn without_body(self) -> Response<()> {
        self.with_headers(|_| ())
    }

    pub(crate) fn into_download(self) -> Response<Download> {
        let properties = FileProperties::from_headers(&self.success.headers);
        let chunks = self.success.body.into_chunks();
        Response {
            status: self.success.status,
            headers: self.success.headers,
            value: Box::new(Download::new(self.operation, properties, chunks)),
        }
    }
}

/// Returns whether a resource exists: here, a 404 is not an error.
pub(crate) fn exists(response: Result<RawResponse, Error>) -> Result<bool, Error> {
    match response {
        Ok(_) => Ok(true),
        Err(error) if error.status() == Some(StatusCode::NOT_FOUND) => Ok(false),
        Err(error) => Err(error),
    }
}
