//! Answers of the service: [`RawResponse`] as it came, [`Response`] with what it holds.

use std::ops::{Deref, DerefMut};

use bytes::Bytes;
use reqwest::StatusCode;
use reqwest::header::HeaderMap;
use serde::de::DeserializeOwned;

use crate::download::Download;
use crate::error::Error;
use crate::generated::headers::FileProperties;
use crate::transport::Answer;
use crate::wire::json::is_object;

/// An answer of the service: what it holds, with status and headers.
///
/// It derefs to what it holds. The headers that the service documents have methods
/// ([`etag`](Self::etag), [`request_id`](Self::request_id) …), all others stand in
/// [`headers`](Self::headers).
#[derive(Debug, Clone)]
pub struct Response<T> {
    status: StatusCode,
    headers: HeaderMap,
    value: T,
}

impl<T> Response<T> {
    /// The HTTP status; one of success.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// All headers.
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// What the answer holds.
    pub fn into_inner(self) -> T {
        self.value
    }

    pub(crate) fn map<U>(self, change: impl FnOnce(T) -> U) -> Response<U> {
        Response {
            status: self.status,
            headers: self.headers,
            value: change(self.value),
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

/// A successful response that is not decoded: what `.raw()` of an operation and
/// [`Client::execute`](crate::Client::execute) return.
#[derive(Debug)]
pub struct RawResponse {
    operation: &'static str,
    answer: Answer,
}

impl RawResponse {
    pub(crate) fn new(operation: &'static str, answer: Answer) -> Self {
        Self { operation, answer }
    }

    /// The HTTP status; one of success.
    pub fn status(&self) -> StatusCode {
        self.answer.status
    }

    /// All headers.
    pub fn headers(&self) -> &HeaderMap {
        &self.answer.headers
    }

    /// Reads the whole body.
    ///
    /// # Errors
    ///
    /// A connection that breaks before the end of a body that is streamed.
    pub async fn bytes(self) -> Result<Bytes, Error> {
        Ok(self.read().await?.into_inner())
    }

    /// Reads the whole body as JSON of any type.
    ///
    /// # Errors
    ///
    /// A connection that breaks before the end, or a body that is not such JSON.
    pub async fn json<T: DeserializeOwned>(self) -> Result<T, Error> {
        let operation = self.operation;
        let body = self.read().await?;
        Ok(decode::<T>(operation, body, |_| true)?.into_inner())
    }

    /// The body as a stream.
    pub fn into_stream(self) -> Download {
        self.into_download().into_inner()
    }

    /// Decodes the body, which the transport has read, into a model.
    pub(crate) fn into_model<T: DeserializeOwned>(self) -> Result<Response<T>, Error> {
        let operation = self.operation;
        let body = Response {
            status: self.answer.status,
            headers: self.answer.headers,
            value: self.answer.body.read_already(),
        };
        decode(operation, body, is_object)
    }

    async fn read(self) -> Result<Response<Bytes>, Error> {
        let body = self.answer.body.bytes().await;
        Ok(Response {
            status: self.answer.status,
            headers: self.answer.headers,
            value: body.map_err(|why| Error::transport(self.operation, why))?,
        })
    }

    /// An answer of which only the headers count.
    pub(crate) fn with_headers<T>(self, read: impl FnOnce(&HeaderMap) -> T) -> Response<T> {
        Response {
            status: self.answer.status,
            value: read(&self.answer.headers),
            headers: self.answer.headers,
        }
    }

    pub(crate) fn without_body(self) -> Response<()> {
        self.with_headers(|_| ())
    }

    pub(crate) fn into_download(self) -> Response<Download> {
        let properties = FileProperties::from_headers(&self.answer.headers);
        let chunks = self.answer.body.into_chunks();
        Response {
            status: self.answer.status,
            headers: self.answer.headers,
            value: Download::new(self.operation, properties, chunks),
        }
    }
}

/// Decodes a body. Status and headers go into the error where it is not what it should be.
fn decode<T: DeserializeOwned>(
    operation: &'static str,
    response: Response<Bytes>,
    fits: fn(&[u8]) -> bool,
) -> Result<Response<T>, Error> {
    let Response {
        status,
        headers,
        value: body,
    } = response;
    let read = if fits(&body) {
        serde_json::from_slice(&body).map_err(|e| e.to_string())
    } else {
        Err("it is no JSON object".to_owned())
    };
    match read {
        Ok(value) => Ok(Response {
            status,
            headers,
            value,
        }),
        Err(why) => Err(Error::undecodable(operation, status, headers, &body, &why)),
    }
}

/// Whether a resource exists: a 404 is an answer here, not an error.
pub(crate) fn exists(answer: Result<RawResponse, Error>) -> Result<bool, Error> {
    match answer {
        Ok(_) => Ok(true),
        Err(error) if error.status() == Some(StatusCode::NOT_FOUND) => Ok(false),
        Err(error) => Err(error),
    }
}
