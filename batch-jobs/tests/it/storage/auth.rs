//! Signatures, by "Authorize with Shared Key" and "Create a service SAS" of the documentation.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use batch_client::chrono::{DateTime, Utc};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use super::{ACCOUNT, Answer, Asked, KEY};

/// Standard headers, in the order in which they are signed.
const SIGNED: [&str; 11] = [
    "content-encoding",
    "content-language",
    "content-length",
    "content-md5",
    "content-type",
    "date",
    "if-modified-since",
    "if-match",
    "if-none-match",
    "if-unmodified-since",
    "range",
];

fn sign(text: &str) -> String {
    let key = STANDARD.decode(KEY).expect("base64");
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).expect("a key");
    mac.update(text.as_bytes());
    STANDARD.encode(mac.finalize().into_bytes())
}

pub(super) fn check(asked: &Asked) -> Result<(), Answer> {
    if asked.query.contains_key("sig") {
        return shared_access(asked);
    }
    let refused = Err(Answer::refused(403, "AuthenticationFailed"));
    let Some(authorization) = asked.headers.get("authorization") else {
        return refused;
    };
    let mut lines = vec![asked.method.as_str().to_owned()];
    for name in SIGNED {
        let value = asked.headers.get(name).cloned().unwrap_or_default();
        // Since version 2015-02-21, a length of zero is an empty line.
        let is_zero = name == "content-length" && value == "0";
        lines.push(if is_zero { String::new() } else { value });
    }
    let own = asked
        .headers
        .iter()
        .filter(|(name, _)| name.starts_with("x-ms-"));
    lines.extend(own.map(|(name, value)| format!("{name}:{value}")));
    lines.push(format!("/{ACCOUNT}{}", asked.path));
    lines.extend(
        asked
            .query
            .iter()
            .map(|(name, value)| format!("{name}:{value}")),
    );
    if *authorization == format!("SharedKey {ACCOUNT}:{}", sign(&lines.join("\n"))) {
        return Ok(());
    }
    refused
}

fn shared_access(asked: &Asked) -> Result<(), Answer> {
    let refused = Err(Answer::refused(403, "AuthenticationFailed"));
    let part = |name: &str| {
        asked
            .query
            .get(name)
            .map(String::as_str)
            .unwrap_or_default()
    };
    let resource = format!("/blob/{ACCOUNT}/{}", asked.container);
    let (permissions, start, end) = (part("sp"), part("st"), part("se"));
    let lines = [
        permissions,
        start,
        end,
        &resource,
        "",
        "",
        part("spr"),
        part("sv"),
        part("sr"),
        "",
        "",
        "",
        "",
        "",
        "",
        "",
    ];
    if part("sr") != "c" || part("sig") != sign(&lines.join("\n")) {
        return refused;
    }
    let time = |text: &str| text.parse::<DateTime<Utc>>().expect("a time");
    let now = Utc::now();
    if now < time(start) || now > time(end) {
        return refused;
    }
    let needed = match (asked.method.as_str(), part("comp")) {
        ("GET", "list") => 'l',
        ("GET" | "HEAD", _) => 'r',
        ("DELETE", _) => 'd',
        _ => 'w',
    };
    if permissions.contains(needed) {
        return Ok(());
    }
    Err(Answer::refused(403, "AuthorizationPermissionMismatch"))
}
