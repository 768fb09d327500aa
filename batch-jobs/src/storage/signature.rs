//! Shared access signatures of containers.
//!
//! A signature is part of a task. It is the same for a whole day, so that a task that is added
//! again is the same task.

use batch_client::chrono::{DateTime, Days, NaiveTime, Utc};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::key::StorageKey;

/// Version whose rules the signature follows.
const VERSION: &str = "2021-08-06";
/// Days from today on which it is valid. Batch runs a task for at most 7 days after it was added;
/// azure-batch-extensions signs for 7, too.
const DAYS: u64 = 8;
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// Returns the query that allows something with a container and its blobs. Source: "Create a
/// service SAS" in the REST API's documentation of Azure Storage.
pub(super) fn container(
    key: &StorageKey,
    container: &str,
    permissions: &str,
    allow_http: bool,
    now: DateTime<Utc>,
) -> String {
    let (start, end) = validity(now);
    let (start, end) = (shown(start), shown(end));
    let protocol = if allow_http { "https,http" } else { "https" };
    let resource = format!("/blob/{}/{container}", key.account());
    let text = [
        permissions,
        &start,
        &end,
        &resource,
        "",
        "",
        protocol,
        VERSION,
        "c",
        "",
        "",
        "",
        "",
        "",
        "",
        "",
    ]
    .join("\n");
    let signature = key.sign(&text);
    let pairs = [
        ("sv", VERSION),
        ("sr", "c"),
        ("sp", permissions),
        ("st", &start),
        ("se", &end),
        ("spr", protocol),
        ("sig", &signature),
    ];
    let pairs =
        pairs.map(|(name, value)| format!("{name}={}", utf8_percent_encode(value, ENCODED)));
    pairs.join("&")
}

/// Returns the first and the last moment: yesterday, because clocks differ, and a week from today.
pub(super) fn validity(now: DateTime<Utc>) -> (DateTime<Utc>, DateTime<Utc>) {
    let today = now.with_time(NaiveTime::MIN).single().unwrap_or(now);
    (
        today.checked_sub_days(Days::new(1)).unwrap_or(today),
        today.checked_add_days(Days::new(DAYS)).unwrap_or(today),
    )
}

fn shown(time: DateTime<Utc>) -> String {
    time.format("%Y-%m-%dT%H:%M:%SZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().expect("a time")
    }

    #[test]
    fn a_signature_is_the_same_for_a_day_and_valid_for_a_week() {
        let key = StorageKey::new("acct", "c2VjcmV0").expect("a key");
        let made = |time: &str| container(&key, "job-x", "rl", false, at(time));
        let first = made("2026-02-27T00:00:00Z");
        assert_eq!(first, made("2026-02-27T23:59:59Z"));
        assert_ne!(first, made("2026-02-28T00:00:00Z"));
        for part in [
            "sr=c",
            "sp=rl",
            "st=2026-02-26T00%3A00%3A00Z",
            "se=2026-03-07T00%3A00%3A00Z",
        ] {
            assert!(first.contains(part), "{part} in {first}");
        }
        assert!(first.contains("&spr=https&"), "{first}");
        assert_ne!(
            first,
            container(&key, "job-y", "rl", false, at("2026-02-27T00:00:00Z"))
        );
    }
}
