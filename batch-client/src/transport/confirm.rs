//! The confirmation of an add whose answer was lost: is the resource that is in its way the one
//! that was sent?

use super::answer::Body;
use super::{Call, Transport, attempts};
use crate::retry::effect::Kind;
use crate::wire::path;
use reqwest::header::HeaderMap;
use reqwest::{Method, Request, Url};
use serde_json::Value;

/// Reads the resource that is in the way of an add; returns its headers if it is what was sent.
pub(super) async fn added(
    transport: &Transport,
    call: &Call,
    kind: Kind,
    sent: &Request,
) -> Option<HeaderMap> {
    let body = sent.body()?.as_bytes()?;
    let same = call.same?;
    let mut request = Request::new(Method::GET, address(kind, sent.url(), body)?);
    transport.complete(call, &mut request);
    // Boxed, as the attempts of this call wait for those of that one.
    let found = Box::pin(attempts::attempts(transport, call, request))
        .await
        .ok()?;
    let Body::Read(found_body) = &found.body else {
        return None;
    };
    same(body, found_body).then_some(found.headers)
}

/// The address of a resource, from the one that it is added at.
fn address(kind: Kind, added_at: &Url, body: &[u8]) -> Option<Url> {
    let sent: Value = serde_json::from_slice(body).ok()?;
    let text = |name: &str| sent[name].as_str().map(path::encode);
    let base = added_at.path().trim_end_matches('/');
    let address = match kind {
        Kind::Certificate => format!(
            "{base}(thumbprintAlgorithm={},thumbprint={})",
            text("thumbprintAlgorithm")?,
            text("thumbprint")?
        ),
        _ => format!("{base}/{}", text("id")?),
    };
    let version = added_at
        .query_pairs()
        .find(|(name, _)| name == "api-version")?;
    let mut url = added_at.clone();
    url.set_path(&address);
    url.set_query(Some(&format!("api-version={}", version.1)));
    Some(url)
}
