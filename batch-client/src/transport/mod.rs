//! Transport: completes, signs and sends requests, and reads their responses.
//!
//! An operation has the raw client build method, URL, query and body, and passes the request on.
//! Then
//!
//! 1. it is completed: media types, lengths, its id, the caller's extra headers;
//! 2. for each attempt (`attempts`)
//!    - it gets its date (`clock`),
//!    - it is authorized: signed exactly as it is sent,
//!    - it is sent, and its response is read unless that is a stream,
//!    - and `retry::decision` decides if there is another attempt;
//! 3. the result is an [`Success`] (`success`), or the error of the service or of the connection.
//!
//! Custom requests ([`Transport::execute`]) take the same path.

mod attempts;
mod clock;
mod confirm;
mod meter;
mod success;
mod trace;

pub(crate) use clock::Clock;
pub(crate) use confirm::Existing;
pub(crate) use success::{Chunks, Success};

use reqwest::header::{
    ACCEPT, AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, HeaderName, HeaderValue, USER_AGENT,
};
use reqwest::{Method, Request, Url};

use crate::credential::{Authorization, Credential, TokenNumber};
use crate::endpoint::Endpoint;
use crate::error::Error;
use crate::options::CallOptions;
use crate::retry::RetryPolicy;
use crate::retry::comparison::Queries;
use crate::retry::effect::{Added, Effect};
use crate::wire::json::Decode;
use crate::wire::request::BuildError;

const OCP_DATE: HeaderName = HeaderName::from_static("ocp-date");
const CLIENT_REQUEST_ID: HeaderName = HeaderName::from_static("client-request-id");
/// The service accepts JSON only with this parameter.
const JSON: HeaderValue = HeaderValue::from_static("application/json; odata=minimalmetadata");
/// Name in place of an operation for custom requests.
pub(crate) const OWN: &str = "execute";

/// Shared by all calls of a client.
pub(crate) struct Transport {
    pub(crate) endpoint: Endpoint,
    pub(crate) http: reqwest::Client,
    /// The HTTP client was passed by the user and may follow redirects.
    pub(crate) foreign_http: bool,
    pub(crate) credential: Credential,
    pub(crate) token_scope: String,
    pub(crate) user_agent: HeaderValue,
    pub(crate) retry: RetryPolicy,
    /// Longest body that is read into memory, in bytes.
    pub(crate) max_body: usize,
    pub(crate) clock: Clock,
}

/// Builds the request of an operation.
pub(crate) type Build<'a> = dyn Fn() -> Result<Request, BuildError> + Send + Sync + 'a;

/// Source of the request of a further attempt.
pub(crate) enum Again<'a> {
    /// It is built again, which is cheaper than copying each request for the few that are retried.
    Built(&'a Build<'a>),
    /// It was copied, if it can be, because the caller built it. Bodies are shared.
    Copied(Option<Box<Request>>),
}

/// A call: its operation and its options.
pub(crate) struct Call {
    operation: &'static str,
    options: CallOptions,
    /// Effect of a retry.
    effect: Effect,
    /// The body of a success is a stream, which the caller reads.
    streamed: bool,
    /// Reads the body of a success into the operation's model; `None` to return it as it is.
    decode: Option<Decode>,
    /// Source of the request ids if the caller sets none.
    random: u128,
}

impl Call {
    pub(crate) fn new(operation: &'static str, effect: Effect, options: CallOptions) -> Self {
        Self {
            operation,
            options,
            effect,
            streamed: false,
            decode: None,
            random: fastrand::u128(..),
        }
    }

    /// Creates the call of a custom request.
    pub(crate) fn own(request: &Request) -> Self {
        let effect = Effect::of_request(request.method());
        Self::new(OWN, effect, CallOptions::default())
    }

    /// Creates the call that reads what this one adds.
    fn reading(&self, decode: Decode) -> Self {
        Self {
            operation: self.operation,
            options: self.options.clone(),
            effect: Effect::Reads,
            streamed: false,
            decode: Some(decode),
            random: self.random,
        }
    }

    /// Has the body of a success read into a model.
    pub(crate) fn decoding(mut self, decode: Option<Decode>) -> Self {
        self.decode = decode;
        self
    }

    /// Marks a call whose response is the content of a file.
    pub(crate) fn streamed(mut self, streamed: bool) -> Self {
        self.streamed = streamed;
        self
    }

    pub(crate) fn options(&self) -> &CallOptions {
        &self.options
    }

    pub(crate) fn operation(&self) -> &'static str {
        self.operation
    }

    /// Builds the request for a URL from the service, such as that of a next page.
    pub(crate) fn get(&self, url: Url) -> Result<Request, Error> {
        let id = self.options.client_request_id.as_deref();
        header(self.operation, "client-request-id", id)?;
        let mut request = Request::new(Method::GET, url);
        let headers = request.headers_mut();
        if let Some(Ok(value)) = id.map(HeaderValue::from_str) {
            headers.insert(CLIENT_REQUEST_ID, value);
        }
        if let Some(wanted) = self.options.return_client_request_id {
            let value = HeaderValue::from_static(if wanted { "true" } else { "false" });
            headers.insert("return-client-request-id", value);
        }
        Ok(request)
    }
}

impl Transport {
    /// Builds the request of an operation, or completes the one for the next page of a listing.
    pub(crate) fn first<'a>(
        &self,
        call: &Call,
        build: &'a Build<'a>,
        next_page: Option<Request>,
    ) -> Result<(Request, Again<'a>), Error> {
        Ok(match next_page {
            Some(request) => (self.completed(call, request)?, Again::Copied(None)),
            None => (self.built(call, build)?, Again::Built(build)),
        })
    }

    /// Sends the first request of a call, and those of its further attempts.
    pub(crate) fn attempts<'a>(
        &'a self,
        call: &'a Call,
        (request, again): (Request, Again<'a>),
    ) -> impl Future<Output = Result<Success, Error>> + Send + 'a {
        attempts::send(self, call, request, again)
    }

    /// Reads the resource that exists in place of the one that a request adds, and compares them.
    pub(crate) async fn existing(
        &self,
        call: &Call,
        build: &Build<'_>,
        added: &Added,
        queries: Queries,
    ) -> Existing {
        match self.built(call, build) {
            Ok(sent) => confirm::existing(self, call, added, &sent, queries).await,
            Err(error) => Existing::Unreadable(Some(error)),
        }
    }

    /// Sends a request that is for this account.
    pub(crate) async fn send(&self, call: &Call, request: Request) -> Result<Success, Error> {
        let request = self.completed(call, request)?;
        attempts::send(self, call, request, Again::Copied(None)).await
    }

    fn completed(&self, call: &Call, mut request: Request) -> Result<Request, Error> {
        if let Some(invalid) = &call.options.invalid_header {
            return Err(Error::refused(call.operation, invalid.as_str()));
        }
        self.complete(call, &mut request);
        Ok(request)
    }

    fn built(&self, call: &Call, build: &Build<'_>) -> Result<Request, Error> {
        let conditions = &call.options;
        if let Some(invalid) = &conditions.invalid_header {
            return Err(Error::refused(call.operation, invalid.as_str()));
        }
        for (name, value) in [
            ("If-Match", &conditions.if_match),
            ("If-None-Match", &conditions.if_none_match),
            ("client-request-id", &conditions.client_request_id),
        ] {
            header(call.operation, name, value.as_deref())?;
        }
        let mut request = build().map_err(|why| match why {
            BuildError::Segment(why) => Error::refused(call.operation, why.to_string()),
            BuildError::Version(why) => Error::refused(call.operation, why),
            BuildError::Header(name) => unsendable(call.operation, name),
            BuildError::Other(why) => Error::unbuildable(call.operation, &*why),
        })?;
        self.complete(call, &mut request);
        Ok(request)
    }

    /// Sends a custom request if it is for this account.
    pub(crate) async fn execute(
        &self,
        call: &Call,
        mut request: Request,
    ) -> Result<Success, Error> {
        let url = request.url();
        if !self.endpoint.has_origin_of(url) || !url.username().is_empty() {
            let origin = url.origin().ascii_serialization();
            return Err(Error::refused(
                call.operation,
                format!(
                    "cannot send the request to {origin}: the client signs for {} alone; send it \
                     with another HTTP client",
                    self.endpoint.base()
                ),
            ));
        }
        // No fragment is sent, and the response is compared with the URL.
        request.url_mut().set_fragment(None);
        self.complete_own(call, &mut request);
        attempts::send(self, call, request, Again::Copied(None)).await
    }

    /// Step 1 for requests of operations.
    fn complete(&self, call: &Call, request: &mut Request) {
        if !call.options.headers.is_empty() {
            let headers = request.headers_mut();
            for (name, value) in &call.options.headers {
                headers.insert(name, value.clone());
            }
            headers.remove(CONTENT_LENGTH);
        }
        self.complete_own(call, request);
    }

    /// Step 1 for every request: sets what is missing.
    fn complete_own(&self, call: &Call, request: &mut Request) {
        let length = match request.body() {
            None => Some(0),
            Some(body) => body.as_bytes().map(<[u8]>::len),
        };
        let has_body = request.body().is_some();
        let sends_length = has_body || !matches!(*request.method(), Method::GET | Method::HEAD);
        let headers = request.headers_mut();
        if has_body {
            headers.entry(CONTENT_TYPE).or_insert(JSON);
        }
        headers
            .entry(ACCEPT)
            .or_insert(HeaderValue::from_static("application/json"));
        headers
            .entry(USER_AGENT)
            .or_insert_with(|| self.user_agent.clone());
        // All attempts of a call have the same id, by which the service's logs can be searched.
        headers
            .entry(CLIENT_REQUEST_ID)
            .or_insert_with(|| trace::request_id(call.random));
        if let Some(length) = length.filter(|_| sends_length) {
            // Set here because it is signed. The service rejects a POST without it (411), and the
            // HTTP client would send an empty POST without it.
            headers
                .entry(CONTENT_LENGTH)
                .or_insert(HeaderValue::from(length));
        }
    }

    /// Authorizes a request; returns what its authorization was made of.
    async fn authorize(&self, request: &mut Request) -> Result<Authorized, Error> {
        let Some(target) = self.endpoint.target(request.url()) else {
            return Err(Error::invalid_request(
                "cannot sign the request: its URL is not on the account's endpoint; send it with \
                 another HTTP client",
            ));
        };
        let scope = &self.token_scope;
        let authorization = self
            .credential
            .authorization(request, target, scope)
            .await?;
        let Authorization {
            value,
            signed,
            token,
        } = authorization;
        let bearer = signed.is_none().then(|| value.clone());
        request.headers_mut().insert(AUTHORIZATION, value);
        Ok(Authorized {
            signed,
            token,
            bearer,
        })
    }
}

/// The parts of a request's authorization.
struct Authorized {
    /// The string that was signed, if any.
    signed: Option<String>,
    /// The token, if it can be renewed.
    token: Option<TokenNumber>,
    /// The header with the token, which no error may show.
    bearer: Option<HeaderValue>,
}

/// Refuses a value for which the request would address another resource.
pub(crate) fn segment(
    operation: &'static str,
    parameter: &'static str,
    value: &str,
) -> Result<(), Error> {
    crate::wire::path::check(parameter, value).map_err(|e| Error::refused(operation, e.to_string()))
}

/// Refuses a value that is not allowed in a header, and an empty condition.
pub(crate) fn header(
    operation: &'static str,
    name: &'static str,
    value: Option<&str>,
) -> Result<(), Error> {
    if name == "If-Match" && value == Some("") {
        return Err(Error::refused(
            operation,
            "cannot make the call conditional: the value for `if_match` has no ETag; read the \
             resource again without `$select`",
        ));
    }
    match value {
        Some(value) if !value.bytes().all(is_sendable) => Err(unsendable(operation, name)),
        _ => Ok(()),
    }
}

/// As `HeaderValue::from_str` has it, which would copy the value.
fn is_sendable(byte: u8) -> bool {
    byte == b'\t' || (byte >= b' ' && byte != 0x7f)
}

fn unsendable(operation: &'static str, name: &'static str) -> Error {
    Error::refused(
        operation,
        format!(
            "cannot set header `{name}`: its value has a character that is not allowed in a \
             header; use visible ASCII characters"
        ),
    )
}
