//! The key of an account, and the strings that it signs.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use ring::hmac;

use super::request::Asked;

/// Version of the API by whose rules this module signs.
const VERSION: &str = "2021-08-06";
/// The oldest version whose shared access signatures are read.
pub(super) const OLDEST: &str = "2018-11-09";
/// Since this version, the encryption scope is signed, too.
const WITH_SCOPE: &str = "2020-12-06";
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
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// Name and key of a storage account.
#[derive(Clone)]
pub(crate) struct Key {
    account: String,
    key: hmac::Key,
}

impl Key {
    /// Reads a key in base64.
    pub(crate) fn new(account: &str, key: &str) -> Result<Self, String> {
        let key = STANDARD.decode(key.trim()).ok();
        let key = key
            .filter(|key| !key.is_empty())
            .ok_or_else(|| format!("the key of the storage account `{account}` is not base64"))?;
        Ok(Self {
            account: account.to_owned(),
            key: hmac::Key::new(hmac::HMAC_SHA256, &key),
        })
    }

    pub(crate) fn account(&self) -> &str {
        &self.account
    }

    fn sign(&self, text: &str) -> String {
        STANDARD.encode(hmac::sign(&self.key, text.as_bytes()))
    }

    /// Compares in constant time.
    pub(super) fn verifies(&self, text: &str, signature: &str) -> bool {
        let signature = STANDARD.decode(signature);
        signature.is_ok_and(|tag| hmac::verify(&self.key, text.as_bytes(), &tag).is_ok())
    }

    /// Returns the query that allows everything with the blobs of a container up to this time, for
    /// the nodes' access by an identity.
    pub(crate) fn sign_container(&self, container: &str, end: &str) -> String {
        let permissions = "rcwdl";
        let resource = format!("/blob/{}/{container}", self.account);
        let mut lines = vec![permissions, "", end, &resource, "", "", "", VERSION, "c"];
        lines.resize(16, "");
        let signature = self.sign(&lines.join("\n"));
        let pairs = [
            ("sv", VERSION),
            ("sr", "c"),
            ("sp", permissions),
            ("se", end),
            ("sig", &signature),
        ];
        let pairs =
            pairs.map(|(name, value)| format!("{name}={}", utf8_percent_encode(value, ENCODED)));
        pairs.join("&")
    }
}

/// Redacts the key.
impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Key")
            .field("account", &self.account)
            .finish_non_exhaustive()
    }
}

/// Returns the string that a request is signed by with the account's key. Source: "Authorize with
/// Shared Key".
pub(super) fn of_request(asked: &Asked<'_>, account: &str) -> String {
    let mut lines = vec![asked.method().as_str().to_owned()];
    for name in SIGNED {
        let value = asked.header(name);
        // A length of zero is an empty line.
        let is_zero = name == "content-length" && value == "0";
        lines.push(if is_zero { "" } else { value }.to_owned());
    }
    let headers = asked.headers().iter();
    let own = headers.filter(|(name, _)| name.as_str().starts_with("x-ms-"));
    let mut own: Vec<_> = own
        .map(|(name, _)| format!("{name}:{}", asked.header(name.as_str()).trim()))
        .collect();
    own.sort_unstable();
    own.dedup();
    lines.extend(own);
    lines.push(format!("/{account}{}", asked.path()));
    let query = asked.query.iter();
    lines.extend(query.map(|(name, value)| format!("{name}:{value}")));
    lines.join("\n")
}

/// Returns the string of the signature of a container or a blob. Source: "Create a service SAS".
pub(super) fn of_service(asked: &Asked<'_>, account: &str) -> String {
    let part = |name: &str| asked.parameter(name).to_owned();
    let mut resource = format!("/blob/{account}/{}", asked.container);
    if part("sr") == "b" {
        resource = format!("{resource}/{}", asked.blob);
    }
    let mut lines = vec![part("sp"), part("st"), part("se"), resource];
    lines.extend(["si", "sip", "spr", "sv", "sr", "snapshot"].map(part));
    if *part("sv") >= *WITH_SCOPE {
        lines.push(part("ses"));
    }
    lines.extend(["rscc", "rscd", "rsce", "rscl", "rsct"].map(part));
    lines.join("\n")
}

/// Returns the string of the signature of an account. Source: "Create an account SAS".
pub(super) fn of_account(asked: &Asked<'_>, account: &str) -> String {
    let part = |name: &str| asked.parameter(name).to_owned();
    let mut lines = vec![account.to_owned()];
    lines.extend(["sp", "ss", "srt", "st", "se", "sip", "spr", "sv"].map(part));
    if *part("sv") >= *WITH_SCOPE {
        lines.push(part("ses"));
    }
    lines.push(String::new());
    lines.join("\n")
}
