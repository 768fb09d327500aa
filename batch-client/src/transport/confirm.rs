//! Confirmation of an add whose response was lost: is the resource that exists the one that was
//! sent?

use reqwest::header::HeaderMap;
use reqwest::{Method, Request, Url};
use serde_json::Value;

use super::answer::Body;
use super::{Again, Call, Transport, attempts};
use crate::retry::effect::{Added, Effect};
use crate::wire::path;

/// Reads the resource that exists in place of an added one; returns its headers if it equals the
/// request.
pub(super) async fn added(
    transport: &Transport,
    call: &Call,
    added: &Added,
    sent: &Request,
) -> Option<HeaderMap> {
    let body = sent.body()?.as_bytes()?;
    let mut request = Request::new(Method::GET, address(added.suffix, sent.url(), body)?);
    transport.complete(call, &mut request);
    // Boxed, because the attempts of the add await those of the read.
    let read = attempts::attempts(transport, call, Effect::Reads, request, Again::Copied(None));
    let found = Box::pin(read).await.ok()?;
    let Body::Read(found_body) = &found.body else {
        return None;
    };
    added
        .compared
        .is_same(body, found_body)
        .then_some(found.headers)
}

/// Returns the URL of a resource that was added by a request to another URL.
fn address(suffix: &str, added_at: &Url, body: &[u8]) -> Option<Url> {
    let sent: Value = serde_json::from_slice(body).ok()?;
    let mut address = added_at.path().trim_end_matches('/').to_owned();
    let mut rest = suffix;
    while let Some((before, (name, after))) = rest
        .split_once('{')
        .and_then(|(before, after)| Some((before, after.split_once('}')?)))
    {
        address.push_str(before);
        address.push_str(&path::encode(sent[name].as_str()?));
        rest = after;
    }
    address.push_str(rest);
    let version = added_at
        .query_pairs()
        .find(|(name, _)| name == "api-version")?;
    let mut url = added_at.clone();
    url.set_path(&address);
    url.set_query(Some(&format!("api-version={}", version.1)));
    Some(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resource_is_where_it_was_added() {
        let body = br#"{"id":"a b/c","thumbprintAlgorithm":"sha1","thumbprint":"0f"}"#;
        for (suffix, at, expected) in [
            (
                "/{id}",
                "http://h/jobs?api-version=1&timeout=3",
                Some("http://h/jobs/a%20b%2Fc?api-version=1"),
            ),
            (
                "/{id}",
                "http://h/jobs/j/tasks?timeout=3&api-version=1",
                Some("http://h/jobs/j/tasks/a%20b%2Fc?api-version=1"),
            ),
            (
                "(thumbprintAlgorithm={thumbprintAlgorithm},thumbprint={thumbprint})",
                "http://h/certificates?api-version=1",
                Some("http://h/certificates(thumbprintAlgorithm=sha1,thumbprint=0f)?api-version=1"),
            ),
            ("/{name}", "http://h/jobs?api-version=1", None),
            ("/{id}", "http://h/jobs", None),
        ] {
            let at = Url::parse(at).expect("a URL");
            let found = address(suffix, &at, body).map(String::from);
            assert_eq!(found.as_deref(), expected, "{suffix} {at}");
        }
    }
}
