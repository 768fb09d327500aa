//! Validates the query against the parameters of the operation.
//!
//! Names match case-insensitively, as with the real service, and are normalized to the tables'
//! spelling.

use std::fmt::Display;

use batch_wire::timestamp;
use percent_encoding::percent_decode_str;

use crate::check::scalar;
use crate::generated::API_VERSION;
use crate::refusal::Refusal;
use crate::route;
use crate::table::{Kind, Operation, Parameter, Returns};

/// Continuation token of a listing. It occurs only in links that the service returns, so it is not
/// in the tables.
const SKIP_TOKEN: &str = "$skiptoken";

/// The parameter that names the version of the API.
const VERSION: &str = "api-version";

/// Versions that Microsoft released before the one of the tables. Their clients are still in use
/// (the official JavaScript client is at 2022-10-01), and the real service still serves them. Here
/// they get responses of the tables' version: such clients ignore properties that were added later.
const EARLIER_VERSIONS: &[&str] = &[
    "2017-01-01.4.0",
    "2017-05-01.5.0",
    "2017-06-01.5.1",
    "2017-09-01.6.0",
    "2018-03-01.6.1",
    "2018-08-01.7.0",
    "2018-12-01.8.0",
    "2019-06-01.9.0",
    "2019-08-01.10.0",
    "2020-03-01.11.0",
    "2020-09-01.12.0",
    "2021-06-01.14.0",
    "2022-01-01.15.0",
    "2022-10-01.16.0",
    "2023-05-01.17.0",
    "2023-11-01.18.0",
];

/// Returns the parameters, decoded and validated.
pub(crate) fn check(operation: &Operation, query: &str) -> Result<Vec<(String, String)>, Refusal> {
    let pairs = decode(query)?;
    check_version(&pairs)?;
    let mut found: Vec<(String, String)> = Vec::new();
    for (name, value) in pairs {
        let name = match parameter(operation, &name) {
            Some(parameter) => {
                check_value(parameter, &value)?;
                parameter.name
            }
            None if is_skip_token(operation, &name) => SKIP_TOKEN,
            None => return Err(unsupported(&name)),
        };
        if found.iter().any(|(known, _)| known == name) {
            return Err(invalid(
                name,
                &value,
                "the parameter is present more than once",
            ));
        }
        found.push((name.to_owned(), value));
    }
    check_required(operation, &found)?;
    Ok(found)
}

pub(super) fn names_version(query: &str) -> Result<(), Refusal> {
    let mut names = query
        .split('&')
        .map(|piece| piece.split_once('=').map_or(piece, |(name, _)| name));
    // Only a query that spells the name in another way has to be decoded.
    if names.any(|name| name.eq_ignore_ascii_case(VERSION)) {
        return Ok(());
    }
    let mut pairs = decode(query)?.into_iter();
    if pairs.any(|(name, _)| name.eq_ignore_ascii_case(VERSION)) {
        Ok(())
    } else {
        Err(missing(VERSION))
    }
}

fn decode(query: &str) -> Result<Vec<(String, String)>, Refusal> {
    query
        .split('&')
        .filter(|piece| !piece.is_empty())
        .map(|piece| {
            let (name, value) = piece.split_once('=').unwrap_or((piece, ""));
            decode_text(name).zip(decode_text(value)).ok_or_else(|| {
                route::unreadable("A query parameter is not valid UTF-8 after decoding.")
            })
        })
        .collect()
}

/// Decodes as HTML forms and the signature do: `+` is a space.
fn decode_text(text: &str) -> Option<String> {
    let text = text.replace('+', " ");
    let decoded = percent_decode_str(&text).decode_utf8().ok()?;
    Some(decoded.into_owned())
}

fn parameter(operation: &Operation, name: &str) -> Option<&'static Parameter> {
    operation
        .parameters
        .iter()
        .find(|known| !known.header && known.name.eq_ignore_ascii_case(name))
}

fn is_skip_token(operation: &Operation, name: &str) -> bool {
    matches!(operation.returns, Returns::Page { .. }) && name.eq_ignore_ascii_case(SKIP_TOKEN)
}

/// Checks the version first: in another version, any other parameter could have a different
/// meaning.
fn check_version(pairs: &[(String, String)]) -> Result<(), Refusal> {
    let version = pairs
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(VERSION));
    match version {
        None => Err(missing(VERSION)),
        Some((_, version))
            if version == API_VERSION || EARLIER_VERSIONS.contains(&version.as_str()) =>
        {
            Ok(())
        }
        Some((name, version)) if is_version(version) => Err(Refusal::new(
            400,
            "UnsupportedRequestVersion",
            format!(
                "This service does not support this version of the API; the latest is {API_VERSION}."
            ),
        )
        .with("QueryParameterName", name.as_str())
        .with("QueryParameterValue", excerpt(version))
        .with(
            "Reason",
            format!("the latest supported version is {API_VERSION}"),
        )),
        Some((name, version)) => Err(invalid(
            name,
            version,
            format!("versions have the format of {API_VERSION}"),
        )),
    }
}

/// Returns true for the formats of versions so far: `2024-02-01.19.0` and, more recently,
/// `2025-06-01`.
fn is_version(text: &str) -> bool {
    let (date, minor) = text.split_once('.').unwrap_or((text, "0"));
    chrono::NaiveDate::parse_from_str(date, "%Y-%m-%d").is_ok()
        && minor
            .bytes()
            .all(|byte| byte.is_ascii_digit() || byte == b'.')
}

fn check_required(operation: &Operation, found: &[(String, String)]) -> Result<(), Refusal> {
    let absent = operation.parameters.iter().find(|parameter| {
        !parameter.header
            && parameter.required
            && !found.iter().any(|(name, _)| name == parameter.name)
    });
    match absent {
        Some(parameter) => Err(missing(parameter.name)),
        None => Ok(()),
    }
}

fn check_value(parameter: &Parameter, value: &str) -> Result<(), Refusal> {
    match parameter.kind {
        Kind::I32 => match value.parse::<i32>() {
            Ok(number) => check_range(parameter, i64::from(number)),
            Err(_) => Err(invalid(parameter.name, value, "not a 32-bit integer")),
        },
        Kind::I64 => match value.parse::<i64>() {
            Ok(number) => check_range(parameter, number),
            Err(_) => Err(invalid(parameter.name, value, "not a 64-bit integer")),
        },
        Kind::Bool if !scalar::is_bool(value) => {
            Err(invalid(parameter.name, value, "neither true nor false"))
        }
        Kind::DateTime if timestamp::parse(value).is_none() => Err(invalid(
            parameter.name,
            value,
            "not an RFC 3339 time, such as 2024-02-01T00:00:00Z",
        )),
        _ => Ok(()),
    }
}

/// The live service reports different codes for values below and above the range.
fn check_range(parameter: &Parameter, number: i64) -> Result<(), Refusal> {
    if let Some(least) = parameter.minimum.filter(|least| number < *least) {
        return Err(invalid(
            parameter.name,
            &number.to_string(),
            format!("must be at least {least}"),
        ));
    }
    if let Some(most) = parameter.maximum.filter(|most| number > *most) {
        let text = "A query parameter is out of range.";
        return Err(Refusal::new(400, "OutOfRangeQueryParameterValue", text)
            .with("QueryParameterName", parameter.name)
            .with("QueryParameterValue", number.to_string())
            .with("MinimumAllowed", parameter.minimum.unwrap_or(0).to_string())
            .with("MaximumAllowed", most.to_string())
            .with("Reason", format!("must be at most {most}")));
    }
    Ok(())
}

fn missing(name: &str) -> Refusal {
    let text = "A required query parameter is missing.";
    Refusal::new(400, "MissingRequiredQueryParameter", text).with("QueryParameterName", name)
}

fn unsupported(name: &str) -> Refusal {
    let text = "The operation does not support a query parameter.";
    Refusal::new(400, "UnsupportedQueryParameter", text).with("QueryParameterName", excerpt(name))
}

fn invalid(name: &str, value: &str, reason: impl Display) -> Refusal {
    let text = "A query parameter has an invalid value.";
    Refusal::new(400, "InvalidQueryParameterValue", text)
        .with("QueryParameterName", name)
        .with("QueryParameterValue", excerpt(value))
        .with("Reason", reason.to_string())
}

/// Returns the part of a value that an error message quotes.
pub(super) fn excerpt(text: &str) -> String {
    text.chars().take(1024).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::operation;

    fn code(id: &str, query: &str) -> Result<Vec<(String, String)>, &'static str> {
        check(operation(id).unwrap(), query).map_err(|refusal| refusal.code)
    }

    const VERSION: &str = "api-version=2024-02-01.19.0";

    #[test]
    fn valid_queries_are_decoded() {
        let query = format!("{VERSION}&&MaxResults=7&%24filter=id+eq+%27a%2Bb%27&$skiptoken=x%3D");
        let found = code("Pool_List", &query).unwrap();
        let expected = [
            ("api-version", "2024-02-01.19.0"),
            ("maxresults", "7"),
            ("$filter", "id eq 'a+b'"),
            ("$skiptoken", "x="),
        ];
        for ((name, value), (known, wanted)) in found.iter().zip(expected) {
            assert_eq!((name.as_str(), value.as_str()), (known, wanted));
        }
        assert_eq!(found.len(), expected.len());
        assert!(code("Pool_List", "api-version=2022-10-01.16.0").is_ok());
    }

    #[test]
    fn bad_queries_have_their_codes() {
        let cases = [
            ("Pool_List", "", "MissingRequiredQueryParameter"),
            ("Pool_List", "api-version=", "InvalidQueryParameterValue"),
            (
                "Pool_List",
                "api-version=2025-06-01",
                "UnsupportedRequestVersion",
            ),
            (
                "Pool_List",
                "api-version=2024-02-01.19.0&maxresults=0",
                "InvalidQueryParameterValue",
            ),
            (
                "Pool_List",
                "api-version=2024-02-01.19.0&maxresults=1001",
                "OutOfRangeQueryParameterValue",
            ),
            (
                "Pool_List",
                "api-version=2024-02-01.19.0&maxresults=1&MAXRESULTS=2",
                "InvalidQueryParameterValue",
            ),
            (
                "Pool_List",
                "api-version=2024-02-01.19.0&a=%ff",
                "RequestUrlFailedToParse",
            ),
            (
                "Pool_Get",
                "api-version=2024-02-01.19.0&$skiptoken=x",
                "UnsupportedQueryParameter",
            ),
            (
                "File_ListFromTask",
                "api-version=2024-02-01.19.0&recursive=yes",
                "InvalidQueryParameterValue",
            ),
            (
                "Pool_ListUsageMetrics",
                "api-version=2024-02-01.19.0&starttime=now",
                "InvalidQueryParameterValue",
            ),
        ];
        for (id, query, expected) in cases {
            assert_eq!(code(id, query), Err(expected), "{id} {query}");
        }
    }
}
