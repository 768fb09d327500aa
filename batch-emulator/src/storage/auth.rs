//! Who may do what: the account's key, or a shared access signature.

use std::time::{Duration, SystemTime};

use chrono::{DateTime, NaiveDate, Utc};

use super::action::Action;
use super::request::Asked;
use super::signature::{self, Key};
use crate::refusal::Refusal;

/// Largest difference between the date of a request and the clock.
const SKEW: Duration = Duration::from_secs(15 * 60);

/// Rights of an accepted request beyond its operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Access {
    /// True if it may replace a blob; a signature can allow to create blobs only.
    pub(super) may_replace: bool,
}

pub(super) fn check(
    asked: &Asked<'_>,
    action: Action,
    key: &Key,
    now: SystemTime,
) -> Result<Access, Refusal> {
    if asked.query.contains_key("sig") {
        return shared_access(asked, action, key, now.into());
    }
    let authorization = asked.header("authorization");
    if authorization.is_empty() {
        let text = "The request has no Authorization header and no signature.";
        return Err(Refusal::new(401, "NoAuthenticationInformation", text));
    }
    let credentials = authorization.strip_prefix("SharedKey ");
    let Some((account, given)) = credentials.and_then(|text| text.split_once(':')) else {
        return Err(failed(
            "the Authorization header is not `SharedKey ACCOUNT:SIGNATURE`",
        ));
    };
    let text = signature::of_request(asked, key.account());
    if account != key.account() || !key.verifies(&text, given) {
        return Err(failed("the signature is not that of the account's key"));
    }
    let date = match asked.header("x-ms-date") {
        "" => asked.header("date"),
        date => date,
    };
    let date = httpdate::parse_http_date(date);
    let date = date.map_err(|_| failed("the date is missing or malformed"))?;
    let difference = match now.duration_since(date) {
        Ok(past) => past,
        Err(ahead) => ahead.duration(),
    };
    if difference > SKEW {
        return Err(failed(
            "the date differs from the clock by more than 15 minutes",
        ));
    }
    Ok(Access { may_replace: true })
}

fn shared_access(
    asked: &Asked<'_>,
    action: Action,
    key: &Key,
    now: DateTime<Utc>,
) -> Result<Access, Refusal> {
    let part = |name: &str| asked.parameter(name);
    if part("sv") < signature::OLDEST {
        return Err(failed(
            "signatures of versions before 2018-11-09 are not supported",
        ));
    }
    if asked.query.contains_key("skoid") || asked.query.contains_key("si") {
        return Err(failed(
            "user delegation keys and stored access policies are not supported",
        ));
    }
    let of_account = asked.query.contains_key("ss");
    let text = if of_account {
        signature::of_account(asked, key.account())
    } else {
        signature::of_service(asked, key.account())
    };
    if !key.verifies(&text, part("sig")) {
        return Err(failed("the signature is not that of its parameters"));
    }
    if !part("st").is_empty() && time(part("st"))? > now {
        return Err(failed("the signature is not valid yet"));
    }
    if time(part("se"))? <= now {
        return Err(failed("the signature has expired"));
    }
    if !part("sip").is_empty() {
        return Err(failed("signatures for IP addresses are not supported"));
    }
    let covered = match part("sr") {
        _ if of_account => part("ss").contains('b') && part("srt").contains(action.resource()),
        "b" => action.resource() == 'o',
        "c" => action.resource() == 'o' || action == Action::ListBlobs,
        _ => false,
    };
    let has = |permission| part("sp").contains(permission);
    if !covered {
        let text = "The signature does not cover this resource.";
        return Err(Refusal::new(403, "AuthorizationResourceTypeMismatch", text));
    }
    if !action.permissions().chars().any(has) {
        let text = "The signature does not allow this operation.";
        return Err(Refusal::new(403, "AuthorizationPermissionMismatch", text));
    }
    Ok(Access {
        may_replace: has('w'),
    })
}

/// Reads a time of a signature, which may lack its seconds or its time of the day.
fn time(text: &str) -> Result<DateTime<Utc>, Refusal> {
    let whole = text.parse::<DateTime<Utc>>().ok();
    let minutes = || {
        let text = text.strip_suffix('Z')?;
        let time = chrono::NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M").ok()?;
        Some(time.and_utc())
    };
    let day = || {
        Some(
            text.parse::<NaiveDate>()
                .ok()?
                .and_hms_opt(0, 0, 0)?
                .and_utc(),
        )
    };
    let read = whole.or_else(minutes).or_else(day);
    read.ok_or_else(|| failed("a time of the signature is malformed"))
}

fn failed(reason: &str) -> Refusal {
    let text = format!("The request is not authenticated: {reason}.");
    Refusal::new(403, "AuthenticationFailed", text)
}
