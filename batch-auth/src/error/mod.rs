//! The error of this crate: reasons and remedies. Nothing here holds a key or a signature.

#[cfg(feature = "http")]
mod in_place;
mod key;

use std::fmt;
use std::time::Duration;

#[cfg(feature = "http")]
pub(crate) use in_place::InPlace;
pub(crate) use key::{Account, Key};

/// Reason for which a key is invalid, a request cannot be signed, or a signature is rejected.
///
/// `Display` states the reason, the place and the remedy. Neither it nor `Debug` shows a key, a
/// signature or a string to sign, so both are safe to log.
pub struct Error {
    kind: Kind,
}

pub(crate) enum Kind {
    Account(Account),
    Key(Key),
    Method,
    Target,
    Header(String),
    RepeatedHeader(String),
    Parameter(String),
    RepeatedParameter(String),
    MissingDate,
    MissingAuthorization,
    MalformedAuthorization,
    UnknownAccount(String),
    InvalidDate,
    Skewed {
        skew: Duration,
        max_skew: Duration,
    },
    Mismatch(String),
    #[cfg(feature = "http")]
    InPlace(InPlace),
}

#[cfg(feature = "http")]
impl From<InPlace> for Error {
    fn from(problem: InPlace) -> Self {
        Kind::InPlace(problem).into()
    }
}

impl From<Kind> for Error {
    fn from(kind: Kind) -> Self {
        Self { kind }
    }
}

impl Error {
    /// The account name is empty or has characters that are not allowed in a name.
    pub fn is_invalid_account(&self) -> bool {
        matches!(self.kind, Kind::Account(_))
    }

    /// The account key is empty or not base64.
    pub fn is_invalid_key(&self) -> bool {
        matches!(self.kind, Kind::Key(_))
    }

    /// The request cannot be signed because of its method, target, a header or a query parameter.
    pub fn is_invalid_request(&self) -> bool {
        #[cfg(feature = "http")]
        if let Kind::InPlace(InPlace::Length { .. } | InPlace::TransferEncoding) = self.kind {
            return true;
        }
        matches!(
            self.kind,
            Kind::Method
                | Kind::Target
                | Kind::Header(_)
                | Kind::RepeatedHeader(_)
                | Kind::Parameter(_)
                | Kind::RepeatedParameter(_)
        )
    }

    /// The request has neither an `ocp-date` nor a `Date` header.
    pub fn is_missing_date(&self) -> bool {
        matches!(self.kind, Kind::MissingDate)
    }

    /// The request to verify has no `Authorization` header.
    pub fn is_missing_authorization(&self) -> bool {
        matches!(self.kind, Kind::MissingAuthorization)
    }

    /// The `Authorization` header is not `SharedKey <account>:<signature>`.
    pub fn is_malformed_authorization(&self) -> bool {
        matches!(self.kind, Kind::MalformedAuthorization)
    }

    /// The `Authorization` header names an account without a known key.
    pub fn is_unknown_account(&self) -> bool {
        matches!(self.kind, Kind::UnknownAccount(_))
    }

    /// The date of the request to verify is not in RFC 1123 form.
    pub fn is_invalid_date(&self) -> bool {
        matches!(self.kind, Kind::InvalidDate)
    }

    /// The date of the request to verify is too far from the server's clock.
    pub fn is_skewed(&self) -> bool {
        matches!(self.kind, Kind::Skewed { .. })
    }

    /// The signature is not the one that the account's key produces for the request.
    pub fn is_mismatch(&self) -> bool {
        matches!(self.kind, Kind::Mismatch(_))
    }

    /// The length of the body is unknown, and the request has no `Content-Length`.
    #[cfg(feature = "http")]
    #[cfg_attr(docsrs, doc(cfg(feature = "http")))]
    pub fn is_unknown_length(&self) -> bool {
        matches!(self.kind, Kind::InPlace(InPlace::UnknownLength))
    }

    /// The endpoint given to `SharedKeyMiddleware` is not the URL of an account.
    #[cfg(feature = "middleware")]
    #[cfg_attr(docsrs, doc(cfg(feature = "middleware")))]
    pub fn is_invalid_endpoint(&self) -> bool {
        matches!(self.kind, Kind::InPlace(InPlace::Endpoint(_)))
    }

    /// The request goes to another scheme, host or port than the endpoint of `SharedKeyMiddleware`.
    #[cfg(feature = "middleware")]
    #[cfg_attr(docsrs, doc(cfg(feature = "middleware")))]
    pub fn is_other_origin(&self) -> bool {
        matches!(self.kind, Kind::InPlace(InPlace::OtherOrigin { .. }))
    }

    /// After a [mismatch](Self::is_mismatch), the string to sign that the verifier built, to be
    /// included in the response: the client can find out what it [signed
    /// differently](crate::difference()).
    pub fn expected_string_to_sign(&self) -> Option<&str> {
        match &self.kind {
            Kind::Mismatch(text) => Some(text),
            _ => None,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            Kind::Account(reason) => reason.fmt(f),
            Kind::Key(reason) => reason.fmt(f),
            Kind::Method => f.write_str(
                "cannot sign request: the method has characters other than upper case letters; \
                 pass it as it is sent",
            ),
            Kind::Target => f.write_str(
                "cannot sign request: the target is not a path with a query; pass it as it is \
                 sent, from the first `/` after the host, percent-encoded, without fragment",
            ),
            Kind::Header(name) => write!(
                f,
                "cannot sign request: the header `{}` has a control character in its name or \
                 value, or is not UTF-8; remove or encode it",
                name.escape_debug(),
            ),
            Kind::RepeatedHeader(name) => write!(
                f,
                "cannot sign request: the header `{}` appears more than once, so its signature is \
                 ambiguous; send it once",
                name.escape_debug(),
            ),
            Kind::Parameter(name) => write!(
                f,
                "cannot sign request: the query parameter `{}` is not UTF-8 when decoded; encode \
                 it as UTF-8",
                name.escape_debug(),
            ),
            Kind::RepeatedParameter(name) => write!(
                f,
                "cannot sign request: the query parameter `{}` appears more than once, so its \
                 signature is ambiguous; send it once",
                name.escape_debug(),
            ),
            Kind::MissingDate => f.write_str(
                "cannot sign request: it has no date; set the header `ocp-date` first, such as \
                 `Tue, 05 Mar 2024 01:02:03 GMT`",
            ),
            Kind::MissingAuthorization => f.write_str(
                "cannot verify request: it has no Authorization header; sign it with the \
                 account's key",
            ),
            Kind::MalformedAuthorization => f.write_str(
                "cannot verify request: its Authorization header is malformed; expected \
                 `SharedKey <account>:<signature>` with a signature of 32 bytes in base64",
            ),
            Kind::UnknownAccount(account) => write!(
                f,
                "cannot verify request: the account `{}` in its Authorization header is unknown; \
                 check the account name and the URL",
                account.escape_debug(),
            ),
            Kind::InvalidDate => f.write_str(
                "cannot verify request: its date is not in the form of RFC 1123; write `ocp-date` \
                 such as `Tue, 05 Mar 2024 01:02:03 GMT`",
            ),
            Kind::Skewed { skew, max_skew } => write!(
                f,
                "cannot accept request: its date differs from the server's clock by {} s, and at \
                 most {} s are allowed; correct the clock, or sign again with a new date",
                skew.as_secs(),
                max_skew.as_secs(),
            ),
            Kind::Mismatch(_) => f.write_str(
                "cannot accept request: the signature does not match the account's key; check the \
                 key, and compare the strings to sign",
            ),
            #[cfg(feature = "http")]
            Kind::InPlace(problem) => problem.fmt(f),
        }
    }
}

/// Prints the text of `Display`, because a kind can hold a whole string to sign.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Error")
            .field(&format_args!("{self}"))
            .finish()
    }
}

impl std::error::Error for Error {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_can_be_used_like_any_error() {
        fn goes<T: std::error::Error + Send + Sync + 'static>() {}
        goes::<Error>();
    }

    #[test]
    fn names_from_requests_cannot_break_a_log_line() {
        let error = Error::from(Kind::UnknownAccount("a\nb".to_owned()));
        assert!(!error.to_string().contains('\n'), "{error}");
    }

    #[test]
    fn each_error_has_one_predicate() {
        type Predicate = fn(&Error) -> bool;
        let predicates: &[Predicate] = &[
            Error::is_invalid_account,
            Error::is_invalid_key,
            Error::is_invalid_request,
            Error::is_missing_date,
            Error::is_missing_authorization,
            Error::is_malformed_authorization,
            Error::is_unknown_account,
            Error::is_invalid_date,
            Error::is_skewed,
            Error::is_mismatch,
            #[cfg(feature = "http")]
            Error::is_unknown_length,
            #[cfg(feature = "middleware")]
            Error::is_invalid_endpoint,
            #[cfg(feature = "middleware")]
            Error::is_other_origin,
        ];
        let name = || "name".to_owned();
        let (skew, max_skew) = (Duration::from_secs(901), Duration::from_secs(900));
        for (kind, expected) in [
            (Kind::Account(Account::Empty), 0),
            (Kind::Key(Key::Empty), 1),
            (Kind::Method, 2),
            (Kind::Target, 2),
            (Kind::Header(name()), 2),
            (Kind::RepeatedHeader(name()), 2),
            (Kind::Parameter(name()), 2),
            (Kind::RepeatedParameter(name()), 2),
            (Kind::MissingDate, 3),
            (Kind::MissingAuthorization, 4),
            (Kind::MalformedAuthorization, 5),
            (Kind::UnknownAccount(name()), 6),
            (Kind::InvalidDate, 7),
            (Kind::Skewed { skew, max_skew }, 8),
            (Kind::Mismatch("string to sign".to_owned()), 9),
            #[cfg(feature = "http")]
            (Kind::InPlace(InPlace::TransferEncoding), 2),
            #[cfg(feature = "http")]
            (
                Kind::InPlace(InPlace::Length {
                    stated: name(),
                    length: 1,
                }),
                2,
            ),
            #[cfg(feature = "http")]
            (Kind::InPlace(InPlace::UnknownLength), 10),
            #[cfg(feature = "middleware")]
            (Kind::InPlace(InPlace::Endpoint("has a path")), 11),
            #[cfg(feature = "middleware")]
            (
                Kind::InPlace(InPlace::OtherOrigin {
                    endpoint: name(),
                    requested: name(),
                }),
                12,
            ),
        ] {
            let error = Error::from(kind);
            let is_true = predicates
                .iter()
                .enumerate()
                .filter(|(_, holds)| holds(&error));
            let places: Vec<usize> = is_true.map(|(place, _)| place).collect();
            assert_eq!(places, [expected], "{error}");
            assert_eq!(
                error.expected_string_to_sign().is_some(),
                expected == 9,
                "{error}"
            );
            let shown = format!("{error:?}");
            assert!(
                shown.starts_with("Error(") && shown.contains(&error.to_string()),
                "{shown}"
            );
            assert!(!shown.contains("string to sign\""), "{shown}");
        }
    }
}
