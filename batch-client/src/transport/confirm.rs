//! Reading of a resource that exists in place of an added one: is it the one that was sent? It
//! confirms an add whose response was lost, and decides about one that is made if there is none.

use reqwest::header::HeaderMap;
use reqwest::{Method, Request, Url};
use serde_json::{Map, Value};

use super::{Again, Call, Transport, attempts};
use crate::error::Error;
use crate::retry::comparison::Queries;
use crate::retry::effect::Added;
use crate::wire::{json, path};

/// The resource that exists in place of an added one.
pub(crate) enum Existing {
    /// It equals the request. With the headers of its response.
    Same(HeaderMap),
    Different,
    /// It no longer exists.
    Gone,
    /// It could not be read, for this reason if there is one.
    Unreadable(Option<Error>),
}

/// Reads the resource that exists in place of an added one, and compares it with the request.
pub(super) async fn existing(
    transport: &Transport,
    call: &Call,
    added: &Added,
    sent: &Request,
    queries: Queries,
) -> Existing {
    let body = sent.body().and_then(|body| body.as_bytes());
    let address = body.and_then(|body| address(added.suffix, sent.url(), body));
    let (Some(body), Some(address)) = (body, address) else {
        return Existing::Unreadable(None);
    };
    let mut request = Request::new(Method::GET, address);
    let read = call.reading(json::decode::<Map<String, Value>>);
    transport.complete(&read, &mut request);
    // Boxed, because the attempts of the add await those of the read.
    let read = attempts::attempts(transport, &read, request, Again::Copied(None));
    let found = match Box::pin(read).await {
        Ok(found) => found,
        Err(error) if error.is_not_found() => return Existing::Gone,
        Err(error) => return Existing::Unreadable(Some(error)),
    };
    let (Ok(body), Some(properties)) = (serde_json::from_slice(body), found.body.into_model())
    else {
        return Existing::Unreadable(None);
    };
    if !has_same_key(added.suffix, &body, &properties) {
        // Whatever it is, it is not the resource.
        return Existing::Unreadable(None);
    }
    if added.compared.is_same(&body, &properties, queries) {
        Existing::Same(found.headers)
    } else {
        Existing::Different
    }
}

/// Returns true if the properties that name a resource are the same, apart from letter case.
fn has_same_key(suffix: &str, sent: &Map<String, Value>, found: &Map<String, Value>) -> bool {
    let text = |properties: &Map<String, Value>, name: &str| {
        let value = properties.get(name).and_then(Value::as_str);
        value.map(str::to_ascii_lowercase)
    };
    let names = suffix.split('{').skip(1);
    let mut names = names.filter_map(|part| part.split_once('}'));
    names.all(|(name, _)| text(found, name).is_some_and(|found| Some(found) == text(sent, name)))
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
    fn a_resource_is_known_by_what_names_it() {
        let key = "(thumbprintAlgorithm={thumbprintAlgorithm},thumbprint={thumbprint})";
        for (suffix, sent, found, expected) in [
            ("/{id}", r#"{"id":"a","x":1}"#, r#"{"id":"A","x":2}"#, true),
            ("/{id}", r#"{"id":"a"}"#, r#"{"id":"b"}"#, false),
            ("/{id}", r#"{"id":"a"}"#, "{}", false),
            ("/{id}", "{}", "{}", false),
            (
                key,
                r#"{"thumbprintAlgorithm":"sha1","thumbprint":"0f"}"#,
                r#"{"thumbprintAlgorithm":"sha1","thumbprint":"0F"}"#,
                true,
            ),
            (
                key,
                r#"{"thumbprintAlgorithm":"sha1","thumbprint":"0f"}"#,
                r#"{"thumbprintAlgorithm":"sha1","thumbprint":"0e"}"#,
                false,
            ),
        ] {
            let read = |text| serde_json::from_str(text).expect("an object");
            let same = has_same_key(suffix, &read(sent), &read(found));
            assert_eq!(same, expected, "{sent} {found}");
        }
    }

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
