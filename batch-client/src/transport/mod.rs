//! The way of a request from the raw client to the wire.
//!
//! The raw client has built method, address, query, headers and body. Its `exec` hook leads here, where the request
//!
//! 1. gets what every request of this API has: media types, lengths, its id, the caller's extra headers;
//! 2. and for each attempt (`attempts`)
//!    - gets its date (`clock`),
//!    - is authorized: signed exactly as it will go on the wire,
//!    - is sent, and its answer is read unless that is a stream,
//!    - and is judged: is there another attempt?
//! 3. At last its answer is read into an error where it is no success.

mod attempts;
mod clock;
mod meter;
mod trace;

pub(crate) use attempts::retry_after;
pub(crate) use clock::Clock;

use crate::client::Shared;
use crate::error::Error;
use crate::generated::raw;
use crate::options::CallOptions;
use crate::response::RawResponse;
use crate::retry::same::Same;
use progenitor_client::{ClientHooks, OperationInfo};
use reqwest::header::{
    ACCEPT, AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, HeaderName, HeaderValue, USER_AGENT,
};
use reqwest::{Method, Request, Url};
use std::fmt;
use std::sync::Arc;

const OCP_DATE: HeaderName = HeaderName::from_static("ocp-date");
const CLIENT_REQUEST_ID: HeaderName = HeaderName::from_static("client-request-id");
/// The service reads JSON only with this parameter.
const JSON: HeaderValue = HeaderValue::from_static("application/json; odata=minimalmetadata");

/// One call: what the raw client carries to the hook.
#[derive(Clone)]
pub(crate) struct Call {
    shared: Arc<Shared>,
    operation: &'static str,
    options: CallOptions,
    /// Whether the body of a success is a stream, which the caller reads.
    streamed: bool,
    /// How what exists is compared with what was to be added, for an operation that adds.
    same: Option<Same>,
}

impl Call {
    pub(crate) fn new(shared: Arc<Shared>, operation: &'static str, options: CallOptions) -> Self {
        Self {
            shared,
            operation,
            options,
            streamed: false,
            same: None,
        }
    }

    /// For an operation whose answer is the content of a file.
    pub(crate) fn streamed(mut self) -> Self {
        self.streamed = true;
        self
    }

    /// For an operation that adds something which can be read again.
    pub(crate) fn adding(mut self, same: Same) -> Self {
        self.same = Some(same);
        self
    }

    pub(crate) fn server_timeout(&self) -> Option<i32> {
        self.options.server_timeout
    }

    pub(crate) fn client_request_id(&self) -> Option<&str> {
        self.options.client_request_id.as_deref()
    }

    pub(crate) fn return_client_request_id(&self) -> Option<bool> {
        self.options.return_client_request_id
    }

    /// Sends a request that is finished but for what every request has.
    pub(crate) async fn send(&self, mut request: Request) -> Result<reqwest::Response, Error> {
        self.complete(&mut request);
        attempts::send(self, request).await
    }

    /// Gets an address that the service gave, such as that of a next page.
    pub(crate) async fn get(&self, url: Url) -> Result<reqwest::Response, Error> {
        let mut request = Request::new(Method::GET, url);
        let headers = request.headers_mut();
        header(
            self.operation,
            "client-request-id",
            self.client_request_id(),
        )?;
        if let Some(Ok(value)) = self.client_request_id().map(HeaderValue::from_str) {
            headers.insert("client-request-id", value);
        }
        if let Some(wanted) = self.return_client_request_id() {
            let value = HeaderValue::from_static(if wanted { "true" } else { "false" });
            headers.insert("return-client-request-id", value);
        }
        self.send(request).await
    }

    /// 1. What every request has.
    fn complete(&self, request: &mut Request) {
        // An optional body comes as JSON's null where there is none: the raw client knows no other way.
        let absent = request.body().and_then(reqwest::Body::as_bytes) == Some(b"null");
        if absent {
            *request.body_mut() = None;
            request.headers_mut().remove(CONTENT_TYPE);
        }
        let length = request
            .body()
            .map_or(Some(0), |body| body.as_bytes().map(<[u8]>::len));
        let sends_length = !matches!(*request.method(), Method::GET | Method::HEAD);
        let headers = request.headers_mut();
        if headers.contains_key(CONTENT_TYPE) {
            headers.insert(CONTENT_TYPE, JSON);
        }
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        headers.insert(USER_AGENT, self.shared.user_agent.clone());
        // All attempts of a call have one id, by which the service's logs can be searched.
        if !headers.contains_key(CLIENT_REQUEST_ID) {
            headers.insert(CLIENT_REQUEST_ID, trace::new_request_id());
        }
        for (name, value) in &self.options.headers {
            headers.insert(name, value.clone());
        }
        if let Some(length) = length.filter(|_| sends_length) {
            // Set here because it is signed; the service refuses a POST without it (411), which
            // is how an empty one would go out.
            headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
        }
    }

    /// The signature over what is about to be sent; gives the text that was signed, if any.
    async fn authorize(&self, request: &mut Request) -> Result<Option<String>, Error> {
        let Some(target) = self.shared.endpoint.target(request.url()) else {
            return Err(Error::invalid_request(
                "the request would leave the account's endpoint",
            ));
        };
        let credential = &self.shared.credential;
        let (value, signed) = credential.authorization(request, target).await?;
        request.headers_mut().insert(AUTHORIZATION, value);
        Ok(signed)
    }
}

// The raw client derives Debug, and options may name what a caller sends.
impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Call").field(&self.operation).finish()
    }
}

/// An error of ours on its way through the hook, which can only return responses and reqwest's errors.
#[derive(Clone)]
struct Failure(Error);

impl ClientHooks<Call> for raw::Client {
    async fn exec(
        &self,
        request: Request,
        _: &OperationInfo,
    ) -> reqwest::Result<reqwest::Response> {
        Ok(match self.inner.send(request).await {
            Ok(response) => response,
            Err(error) => {
                let mut carrier = http_response();
                carrier.extensions_mut().insert(Failure(error));
                carrier
            }
        })
    }
}

fn http_response() -> reqwest::Response {
    reqwest::Response::from(http::Response::new(""))
}

/// Refuses a value that would address another resource than the one it names.
pub(crate) fn segment(
    operation: &'static str,
    parameter: &'static str,
    value: &str,
) -> Result<(), Error> {
    crate::wire::path::check(parameter, value).map_err(|e| Error::refused(operation, e.to_string()))
}

/// Refuses a value that no header can hold, and a condition that would be none.
pub(crate) fn header(
    operation: &'static str,
    name: &'static str,
    value: Option<&str>,
) -> Result<(), Error> {
    if name == "If-Match" && value == Some("") {
        return Err(Error::refused(
            operation,
            "the call is to be held to a version, but what was given for it has no ETag",
        ));
    }
    match value.map(HeaderValue::from_str) {
        Some(Err(_)) => Err(Error::refused(
            operation,
            format!("the value for the header `{name}` has a character that a header cannot hold"),
        )),
        _ => Ok(()),
    }
}

/// 3. What came back through the raw client, as an answer or an error.
pub(crate) async fn received(
    operation: &'static str,
    result: Result<reqwest::Response, progenitor_client::Error<()>>,
) -> Result<RawResponse, Error> {
    let mut response = match result {
        Ok(response) => response,
        Err(progenitor_client::Error::InvalidRequest(why)) => {
            return Err(Error::refused(operation, why));
        }
        Err(progenitor_client::Error::CommunicationError(e)) => {
            return Err(Error::transport(operation, e));
        }
        // The mended raw client returns neither errors of the service nor custom ones.
        Err(other) => return Err(Error::refused(operation, other.to_string())),
    };
    if let Some(Failure(error)) = response.extensions_mut().remove() {
        return Err(error);
    }
    checked(operation, response).await
}

/// An answer that is a success, or the error that it says.
pub(crate) async fn checked(
    operation: &'static str,
    response: reqwest::Response,
) -> Result<RawResponse, Error> {
    if response.status().is_success() {
        Ok(RawResponse::new(operation, response))
    } else {
        Err(Error::from_response(operation, response).await)
    }
}
