//! Answers of the service: [`RawResponse`] as it came, [`Response`] with what it holds.

use crate::download::Download;
use crate::error::Error;
use crate::generated::headers::FileProperties;
use bytes::Bytes;
use reqwest::StatusCode;
use reqwest::header::HeaderMap;
use serde::de::DeserializeOwned;
use std::ops::{Deref, DerefMut};

/// An answer of the service: what it holds, with status and headers.
///
/// It derefs to what it holds. The headers that the service documents have methods
/// ([`etag`](Self::etag), [`request_id`](Self::request_id) …), all others stand in [`headers`](Self::headers).
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

/// An answer of success with its body unread; what `.raw()` of an operation gives.
#[derive(Debug)]
pub struct RawResponse {
    operation: &'static str,
    response: reqwest::Response,
}

impl RawResponse {
    pub(crate) fn new(operation: &'static str, response: reqwest::Response) -> Self {
        Self {
            operation,
            response,
        }
    }

    /// The HTTP status; one of success.
    pub fn status(&self) -> StatusCode {
        self.response.status()
    }

    /// All headers.
    pub fn headers(&self) -> &HeaderMap {
        self.response.headers()
    }

    /// Reads the whole body.
    ///
    /// # Errors
    ///
    /// A connection that breaks before the end of the body.
    pub async fn bytes(self) -> Result<Bytes, Error> {
        let operation = self.operation;
        self.response
            .bytes()
            .await
            .map_err(|e| Error::transport(operation, e))
    }

    /// Reads the whole body as JSON of any type.
    ///
    /// # Errors
    ///
    /// A connection that breaks before the end, or a body that is not such JSON.
    pub async fn json<T: DeserializeOwned>(self) -> Result<T, Error> {
        Ok(self.decode::<T>(|_| true).await?.into_inner())
    }

    /// The body as a stream.
    pub fn into_stream(self) -> Download {
        self.into_download().into_inner()
    }

    /// Reads the body into a model.
    pub(crate) async fn into_model<T: DeserializeOwned>(self) -> Result<Response<T>, Error> {
        self.decode(is_object).await
    }

    /// Status and headers go into the error where the body is not what it should be.
    async fn decode<T: DeserializeOwned>(
        mut self,
        fits: fn(&[u8]) -> bool,
    ) -> Result<Response<T>, Error> {
        let status = self.response.status();
        let headers = std::mem::take(self.response.headers_mut());
        let body = self
            .response
            .bytes()
            .await
            .map_err(|e| Error::transport(self.operation, e))?;
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
            Err(why) => Err(Error::undecodable(
                self.operation,
                status,
                headers,
                &body,
                &why,
            )),
        }
    }

    /// An answer of which only the headers count.
    pub(crate) fn with_headers<T>(mut self, read: impl FnOnce(&HeaderMap) -> T) -> Response<T> {
        let headers = std::mem::take(self.response.headers_mut());
        Response {
            status: self.response.status(),
            value: read(&headers),
            headers,
        }
    }

    pub(crate) fn without_body(self) -> Response<()> {
        self.with_headers(|_| ())
    }

    pub(crate) fn into_download(mut self) -> Response<Download> {
        let headers = std::mem::take(self.response.headers_mut());
        let properties = FileProperties::from_headers(&headers);
        Response {
            status: self.response.status(),
            headers,
            value: Download::new(self.operation, properties, self.response),
        }
    }
}

/// Whether JSON can be a model: serde would also read a list as one, by position.
pub(crate) fn is_object(json: &[u8]) -> bool {
    json.trim_ascii_start().starts_with(b"{")
}

/// Whether a resource exists: a 404 is an answer here, not an error.
pub(crate) fn exists(answer: Result<RawResponse, Error>) -> Result<bool, Error> {
    match answer {
        Ok(_) => Ok(true),
        Err(error) if error.status() == Some(StatusCode::NOT_FOUND) => Ok(false),
        Err(error) => Err(error),
    }
}
