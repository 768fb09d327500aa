//! Whether a request fits the description: the fourth step of its way, and the last before
//! `service`.
//!
//! [`query`] and [`headers`] hold the parameters, [`body`] the body against the tables; [`scalar`]
//! knows the forms of single values, [`rules`] the bounds that the description has in words. What
//! comes out is a [`Request`] that `service` need not doubt. The codes are those of the service's
//! page on error codes: a body of another shape than the definition's (bad JSON, a wrong type, a
//! property that the definition does not have) is `InvalidRequestBody`, a value that has the type
//! but may not be is `InvalidPropertyValue`.

mod body;
mod headers;
mod query;
mod rules;
mod scalar;

use axum::http::HeaderMap;

use crate::refusal::Refusal;
use crate::request::Request;
use crate::route::Route;

/// Checks what is beside the path and makes the request of it.
pub(crate) fn request(
    route: Route,
    query: &str,
    headers: &HeaderMap,
    body: &[u8],
    base: String,
) -> Result<Request, Refusal> {
    let Route { operation, path } = route;
    let query = query::check(operation, query)?;
    let found = headers::check(operation, headers)?;
    let body = body::check(operation, headers, body)?;
    Ok(Request {
        operation,
        path,
        query,
        conditions: found.conditions,
        range: found.range,
        body,
        base,
    })
}
