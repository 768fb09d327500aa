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
use crate::version::Version;

/// Continuation token of a listing. It occurs only in links that the service returns, so it is not
/// in the tables.
const SKIP_TOKEN: &str = "$skiptoken";

/// The parameter that names the version of the API.
const VERSION: &str = "api-version";

/// The version and the parameters of a query.
#[derive(Debug)]
pub(crate) struct Checked {
    pub(crate) version: Version,
    /// Decoded and validated.
    pub(crate) parameters: Vec<(String, String)>,
}

/// Returns the version and the parameters, decoded and validated.
pub(crate) fn check(operation: &Operation, query: &str) -> Result<Checked, Refusal> {
    let pairs = decode(query)?;
    let version = version(&pairs)?;
    version.check(operation)?;
    let mut found: Vec<(String, String)> = Vec::new();
    for (name, value) in pairs {
        let name = match parameter(operation, version, &name) {
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
    Ok(Checked {
        version,
        parameters: found,
    })
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

fn parameter(operation: &Operation, version: Version, name: &str) -> Option<&'static Parameter> {
    operation.parameters.iter().find(|known| {
        !known.header && known.span.has(version) && known.name.eq_ignore_ascii_case(name)
    })
}

fn is_skip_token(operation: &Operation, name: &str) -> bool {
    matches!(operation.returns, Returns::Page { .. }) && name.eq_ignore_ascii_case(SKIP_TOKEN)
}

/// Returns the version that the request asks for. It is checked first: in another version, any
/// other parameter could have a different meaning.
fn version(pairs: &[(String, String)]) -> Result<Version, Refusal> {
    let given = pairs
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(VERSION));
    let Some((name, text)) = given else {
        return Err(missing(VERSION));
    };
    if let Some(version) = Version::find(text) {
        return Ok(version);
    }
    if !is_version(text) {
        let reason = format!("versions have the format of {API_VERSION}");
        return Err(invalid(name, text, reason));
    }
    let known = Version::known();
    let message = "The service does not support this version of the API.";
    Err(Refusal::new(400, "UnsupportedRequestVersion", message)
        .with("QueryParameterName", name.as_str())
        .with("QueryParameterValue", excerpt(text))
        .with("Reason", format!("the supported versions are {known}")))
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
        let checked = check(operation(id).unwrap(), query);
        checked
            .map(|checked| checked.parameters)
            .map_err(|refusal| refusal.code)
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
        // Newer clients write some names in another case.
        let newer = "api-version=2025-06-01&force=true&timeOut=30";
        assert!(code("Job_Delete", newer).is_ok());
    }

    #[test]
    fn bad_queries_have_their_codes() {
        let cases = [
            ("Pool_List", "", "MissingRequiredQueryParameter"),
            ("Pool_List", "api-version=", "InvalidQueryParameterValue"),
            (
                "Pool_List",
                "api-version=2020-03-01.11.0",
                "UnsupportedRequestVersion",
            ),
            (
                "Pool_List",
                "api-version=2031-01-01",
                "UnsupportedRequestVersion",
            ),
            ("Certificate_List", "api-version=2025-06-01", "InvalidUri"),
            (
                "Job_Delete",
                "api-version=2024-02-01.19.0&force=true",
                "UnsupportedQueryParameter",
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
