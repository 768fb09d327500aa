//! Validates a request against the API description: the fourth step of the request path, and the
//! last before `service`.
//!
//! [`query`] and [`headers`] validate the parameters, and [`body`] the body, against the tables;
//! [`objects`] applies the rules about several values of an object;
//! [`scalar`] knows the formats of single values, and [`rules`] the bounds that the description
//! states only in prose. The result is a [`Request`] that `service` can trust. The codes are those
//! of the service's page on error codes: a body whose structure differs from the definition
//! (invalid JSON, a wrong type, an unknown property) is `InvalidRequestBody`; a value of the right
//! type that is not allowed is `InvalidPropertyValue`.

mod body;
mod headers;
mod machines;
pub(crate) mod objects;
mod pools;
mod query;
mod rules;
mod scalar;
mod subnet;

use axum::http::HeaderMap;

use crate::refusal::Refusal;
use crate::request::Request;
use crate::route::Route;

/// Checks that the query names a version of the API, whatever else the request may be.
///
/// Source: users report that the live service rejects a request without a version for that, even if
/// its signature is wrong.
pub(crate) fn names_version(query: &str) -> Result<(), Refusal> {
    query::names_version(query)
}

/// Checks what a request may not have if it is signed with the account's key.
pub(crate) fn signed(request: &Request) -> Result<(), Refusal> {
    request.body.as_ref().map_or(Ok(()), subnet::check)
}

/// Checks that the service has the virtual machines of the pools in a request. If `any` is true,
/// images and sizes can be others than those that the emulator knows.
pub(crate) fn machines(request: &Request, any: bool) -> Result<(), Refusal> {
    let body = request.body.as_ref();
    body.map_or(Ok(()), |body| machines::check(body, any))
}

/// Validates everything except the path and creates the request.
pub(crate) fn request(
    route: Route,
    query: &str,
    headers: &HeaderMap,
    body: &[u8],
    base: String,
) -> Result<Request, Refusal> {
    let request = recorded(route, query, headers, body, base)?;
    if let (Some(known), Some(body)) = (&request.operation.body, &request.body) {
        objects::check(known.model, body)?;
    }
    Ok(request)
}

/// Creates a request that was accepted before and recorded without its secrets, which the rules
/// about objects would miss.
pub(crate) fn recorded(
    route: Route,
    query: &str,
    headers: &HeaderMap,
    body: &[u8],
    base: String,
) -> Result<Request, Refusal> {
    let Route { operation, path } = route;
    let query::Checked {
        version,
        parameters: query,
    } = query::check(operation, query)?;
    let found = headers::check(operation, headers)?;
    let body = body::check(operation, version, headers, body)?;
    Ok(Request {
        operation,
        version,
        path,
        query,
        conditions: found.conditions,
        range: found.range,
        body,
        base,
    })
}
