//! Validates the headers against the parameters of the operation.
//!
//! Unknown headers are ignored, as HTTP requires.

use axum::http::HeaderMap;
use batch_wire::http_date;
use chrono::{DateTime, Utc};

use crate::check::query::excerpt;
use crate::check::scalar;
use crate::refusal::Refusal;
use crate::request::Conditions;
use crate::table::{Kind, Operation, Parameter};

/// Header values that the operation needs.
#[derive(Debug, Default)]
pub(super) struct HeaderValues {
    pub(super) conditions: Conditions,
    pub(super) range: Option<String>,
}

/// Validates the headers that the operation has.
pub(super) fn check(operation: &Operation, headers: &HeaderMap) -> Result<HeaderValues, Refusal> {
    let mut found = HeaderValues::default();
    for parameter in operation.parameters.iter().filter(|known| known.header) {
        let Some(text) = single(headers, parameter.name)? else {
            if parameter.required {
                return Err(missing(parameter.name));
            }
            continue;
        };
        let date = check_value(parameter, text)?;
        take(&mut found, parameter.name, text, date);
    }
    Ok(found)
}

/// Returns the only value of a header.
pub(super) fn single<'a>(headers: &'a HeaderMap, name: &str) -> Result<Option<&'a str>, Refusal> {
    let mut values = headers.get_all(name).iter();
    let Some(first) = values.next() else {
        return Ok(None);
    };
    if values.next().is_some() {
        return Err(invalid(name, "", "the header is present more than once"));
    }
    match first.to_str() {
        Ok(text) => Ok(Some(text.trim())),
        Err(_) => Err(invalid(
            name,
            "",
            "the header is not a string of visible ASCII characters",
        )),
    }
}

/// Validates a header and returns its date if it is one.
fn check_value(parameter: &Parameter, text: &str) -> Result<Option<DateTime<Utc>>, Refusal> {
    match parameter.kind {
        Kind::HttpDate => match http_date::parse(text) {
            Some(date) => Ok(Some(date)),
            None => Err(invalid(
                parameter.name,
                text,
                "not an RFC 1123 date, such as Thu, 01 Feb 2024 00:00:00 GMT",
            )),
        },
        Kind::Bool if !scalar::is_bool(text) => {
            Err(invalid(parameter.name, text, "neither true nor false"))
        }
        _ => Ok(None),
    }
}

fn take(found: &mut HeaderValues, name: &str, text: &str, date: Option<DateTime<Utc>>) {
    let conditions = &mut found.conditions;
    match name {
        "If-Match" => conditions.if_match = Some(entity_tag(text).to_owned()),
        "If-None-Match" => conditions.if_none_match = Some(entity_tag(text).to_owned()),
        "If-Modified-Since" => conditions.if_modified_since = date,
        "If-Unmodified-Since" => conditions.if_unmodified_since = date,
        "ocp-range" => found.range = Some(text.to_owned()),
        _ => {}
    }
}

/// Removes the quotes of an entity tag. The service writes tags without quotes; clients that follow
/// HTTP write them with quotes.
fn entity_tag(text: &str) -> &str {
    text.strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'))
        .filter(|tag| !tag.contains('"'))
        .unwrap_or(text)
}

pub(super) fn missing(name: &str) -> Refusal {
    let text = "A required header is missing.";
    Refusal::new(400, "MissingRequiredHeader", text).with("HeaderName", name)
}

pub(super) fn invalid(name: &str, value: &str, reason: &str) -> Refusal {
    let text = "A header has an invalid format.";
    Refusal::new(400, "InvalidHeaderValue", text)
        .with("HeaderName", name)
        .with("HeaderValue", excerpt(value))
        .with("Reason", reason)
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderName, HeaderValue};

    use super::*;
    use crate::table::operation;

    fn checked(id: &str, pairs: &[(&'static str, &'static str)]) -> Result<HeaderValues, Refusal> {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(
                HeaderName::from_static(name),
                HeaderValue::from_static(value),
            );
        }
        check(operation(id).unwrap(), &headers)
    }

    #[test]
    fn conditions_are_parsed() {
        let date = "Thu, 01 Feb 2024 00:00:00 GMT";
        let found = checked(
            "Pool_Get",
            &[
                ("if-match", "\"0x8D\""),
                ("if-none-match", "*"),
                ("if-modified-since", date),
                ("if-unmodified-since", date),
            ],
        )
        .unwrap()
        .conditions;
        assert_eq!(found.if_match.as_deref(), Some("0x8D"));
        assert_eq!(found.if_none_match.as_deref(), Some("*"));
        assert_eq!(found.if_modified_since, found.if_unmodified_since);
        assert_eq!(
            found.if_modified_since.map(|date| date.timestamp()),
            Some(1_706_745_600)
        );
    }

    #[test]
    fn headers_of_other_operations_are_ignored() {
        assert!(checked("Pool_List", &[("if-modified-since", "x")]).is_ok());
    }

    #[test]
    fn bad_headers_are_named() {
        for pairs in [
            &[("if-modified-since", "yesterday")][..],
            &[("return-client-request-id", "yes")],
            &[("ocp-date", "2024-02-01")],
            &[("if-match", "a"), ("if-match", "b")],
        ] {
            let refusal = checked("Pool_Get", pairs).unwrap_err();
            assert_eq!(refusal.code, "InvalidHeaderValue");
            assert!(refusal.values[0].1.eq_ignore_ascii_case(pairs[0].0));
        }
    }
}
