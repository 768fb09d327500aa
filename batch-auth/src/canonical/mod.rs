//! The string to sign, which client and service each build from the same request.
//!
//! ```text
//! METHOD\n
//! 11 standard header values, in the order of STANDARD_HEADERS, blank where not sent, each with \n
//! ocp-name:value\n          every ocp-* header, lower-cased and sorted
//! /account/path             the path as sent, percent-encoding kept; no \n
//! \nname:value              every query parameter, decoded and sorted by name
//! ```

mod headers;
mod query;

use std::fmt;

use crate::Error;
use crate::error::Kind;
pub(crate) use headers::STANDARD_HEADERS;
use headers::SignedHeaders;
use query::push_query;

/// A borrowed request exactly as it is sent, for signing or verifying.
///
/// Creating a view checks nothing and copies no strings.
/// [`SharedKey::sign`](crate::SharedKey::sign) and [`verify`](crate::verify()) report what is wrong
/// with the request.
///
/// ```
/// use batch_auth::RequestView;
///
/// let request = RequestView::new(
///     "GET",
///     "/pools?api-version=2024-02-01.19.0&maxresults=10",
///     [("ocp-date", "Tue, 05 Mar 2024 01:02:03 GMT")],
/// );
/// # let _ = request;
/// ```
#[derive(Clone)]
pub struct RequestView<'a> {
    method: &'a str,
    target: &'a str,
    headers: Vec<(&'a str, &'a [u8])>,
}

impl<'a> RequestView<'a> {
    /// Borrows a request.
    ///
    /// - `method`: the HTTP method in upper case, as sent.
    /// - `target`: path and query as sent, still percent-encoded. The path begins with `/`; the
    ///   query follows after `?`. An absolute URL is rejected when it is signed.
    /// - `headers`: all headers as sent, in any order and case, with values as strings or bytes.
    ///   Headers that are not part of the signature are ignored. Whitespace around a value is not
    ///   signed, because HTTP does not treat it as part of the value.
    ///
    /// Each signed header and each query parameter may appear only once. The service's
    /// documentation does not allow repeated headers, and the official clients disagree on repeated
    /// parameters (first, last, or joined), so that no signature would be reliably correct.
    pub fn new<V>(
        method: &'a str,
        target: &'a str,
        headers: impl IntoIterator<Item = (&'a str, &'a V)>,
    ) -> Self
    where
        V: AsRef<[u8]> + ?Sized + 'a,
    {
        let headers = headers
            .into_iter()
            .map(|(name, value)| (name, value.as_ref()))
            .collect();
        Self {
            method,
            target,
            headers,
        }
    }

    /// Writes the string to sign.
    pub(crate) fn canonicalize(&self, account: &str) -> Result<Canonical<'a>, Error> {
        self.check_method()?;
        let (path, query) = self.path_and_query()?;
        let headers = SignedHeaders::of(&self.headers)?;

        // Decoding never makes a query longer; 256 bytes are enough for the lines of a usual
        // request.
        let mut text = String::with_capacity(256 + self.target.len());
        text.push_str(self.method);
        text.push('\n');
        headers.push_to(&mut text);
        text.push('/');
        text.push_str(account);
        text.push_str(path);
        push_query(&mut text, query)?;
        Ok(Canonical {
            text,
            date: headers.date,
        })
    }

    fn check_method(&self) -> Result<(), Error> {
        let upper_case =
            !self.method.is_empty() && self.method.bytes().all(|b| b.is_ascii_uppercase());
        if upper_case {
            Ok(())
        } else {
            Err(Kind::Method.into())
        }
    }

    fn path_and_query(&self) -> Result<(&'a str, &'a str), Error> {
        // Other characters cannot be part of a request line. Fragments are never sent. Without an
        // early exit, the compiler checks many bytes at once: 11 ns instead of 58.
        let sendable = self
            .target
            .bytes()
            .fold(true, |all, b| all & matches!(b, b'!' | b'"' | b'$'..=b'~'));
        if !self.target.starts_with('/') || !sendable {
            return Err(Kind::Target.into());
        }
        Ok(self.target.split_once('?').unwrap_or((self.target, "")))
    }
}

/// Does not show header values, because tokens and signatures are among them.
impl fmt::Debug for RequestView<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.headers.iter().map(|(name, _)| name).collect();
        f.debug_struct("RequestView")
            .field("method", &self.method)
            .field("target", &self.target)
            .field("headers", &names)
            .finish()
    }
}

/// A string to sign and the date in it, for the verifier.
pub(crate) struct Canonical<'a> {
    pub(crate) text: String,
    pub(crate) date: &'a str,
}

#[cfg(test)]
mod tests {
    use super::*;

    const DATE: (&str, &str) = ("ocp-date", "Mon, 01 Jul 2024 10:20:30 GMT");

    fn text(method: &str, target: &str, headers: &[(&str, &str)]) -> Result<String, Error> {
        let request = RequestView::new(method, target, headers.iter().copied());
        request.canonicalize("acct").map(|canonical| canonical.text)
    }

    fn resource(target: &str) -> Result<String, Error> {
        let text = text("GET", target, &[DATE])?;
        let start = text.find("/acct").expect("a resource");
        Ok(text[start..].to_owned())
    }

    #[test]
    fn the_layout_has_every_standard_header_in_its_position() {
        let headers = STANDARD_HEADERS.map(|name| (name, name));
        assert_eq!(
            text("PUT", "/p", &headers).unwrap(),
            format!("PUT\n{}\n/acct/p", STANDARD_HEADERS.join("\n")),
        );
    }

    #[test]
    fn ocp_headers_are_lower_cased_and_sorted() {
        let headers = [
            ("OCP-Range", "bytes=0-1"),
            DATE,
            ("Ocp-Batch-File-Mode", "0o644"),
            ("x-ocp-not", "signed"),
        ];
        let expected = "GET\n\n\n\n\n\n\n\n\n\n\n\nocp-batch-file-mode:0o644\n\
                        ocp-date:Mon, 01 Jul 2024 10:20:30 GMT\nocp-range:bytes=0-1\n/acct/p";
        assert_eq!(text("GET", "/p", &headers).unwrap(), expected);
    }

    #[test]
    fn any_number_of_ocp_headers_is_signed() {
        let names: Vec<_> = (10..30).map(|i| format!("Ocp-{i}")).collect();
        let headers = names.iter().rev().map(|name| (name.as_str(), "1"));
        let headers: Vec<_> = headers.chain([DATE]).collect();
        let lines: Vec<_> = (10..30).map(|i| format!("ocp-{i}:1\n")).collect();
        let lines = lines.concat();
        let expected = format!("GET{}{lines}ocp-date:{}\n/acct/p", "\n".repeat(12), DATE.1);
        assert_eq!(text("GET", "/p", &headers).unwrap(), expected);
    }

    #[test]
    fn control_characters_are_rejected_beyond_ascii_too() {
        for value in ["a\tb", "a\u{7f}", "a\u{85}b", "\n"] {
            let error = text("GET", "/p", &[DATE, ("If-Match", value)]).unwrap_err();
            assert!(error.to_string().contains("`If-Match`"), "{error}");
        }
        for value in ["é", " \té\t ", "\ta b "] {
            let text = text("GET", "/p", &[DATE, ("If-Match", value)]).unwrap();
            assert!(text.contains(&format!("\n{}\n", value.trim())), "{text}");
        }
    }

    #[test]
    fn whitespace_around_values_is_not_signed() {
        let spaced = [("ocp-date", " Mon, 01 Jul 2024 10:20:30 GMT\t")];
        assert_eq!(
            text("GET", "/p", &spaced).unwrap(),
            text("GET", "/p", &[DATE]).unwrap()
        );
    }

    #[test]
    fn date_is_empty_next_to_ocp_date() {
        let both = [DATE, ("Date", "Mon, 01 Jul 2024 00:00:00 GMT")];
        assert_eq!(
            text("GET", "/p", &both).unwrap(),
            text("GET", "/p", &[DATE]).unwrap()
        );
    }

    #[test]
    fn a_request_without_date_is_rejected() {
        for headers in [&[][..], &[("ocp-date", " ")], &[("Date", "")]] {
            assert!(text("GET", "/p", headers).unwrap_err().is_missing_date());
        }
        assert!(text("GET", "/p", &[("date", DATE.1)]).is_ok());
    }

    #[test]
    fn the_path_is_signed_as_sent() {
        for path in [
            "/",
            "/jobs/j%2F1/tasks/a%20b+c",
            "/certificates(thumbprintAlgorithm=sha1,thumbprint=abc)",
            "/a/../b//c",
        ] {
            assert_eq!(resource(path).unwrap(), format!("/acct{path}"));
        }
    }

    #[test]
    fn query_parameters_are_decoded_and_sorted() {
        let target = "/p?b=1+2%2B3&%24a=%C3%A9%26%3D&&c=x=y&d&";
        assert_eq!(
            resource(target).unwrap(),
            "/acct/p\n$a:é&=\nb:1 2+3\nc:x=y\nd:"
        );
        assert_eq!(resource("/p?").unwrap(), "/acct/p");
        assert_eq!(resource("/p?&a=%zz").unwrap(), "/acct/p\na:%zz");
        assert_eq!(resource("/p?B=1&a=2").unwrap(), "/acct/p\nB:1\na:2");
    }

    #[test]
    fn the_error_names_what_cannot_be_signed() {
        let plain = ("accept", "*/*");
        let cases = [
            ("get", "/p", plain, "method"),
            ("", "/p", plain, "method"),
            ("GET", "https://a.b/p", plain, "target"),
            ("GET", "", plain, "target"),
            ("GET", "/p#f", plain, "target"),
            ("GET", "/p q", plain, "target"),
            ("GET", "/p?a=1&b=2&%61=3", plain, "`a`"),
            ("GET", "/p?a=%ff", plain, "`a`"),
            ("GET", "/p", ("If-Match", "a\nb"), "`If-Match`"),
            ("GET", "/p", ("ocp-a:", "b"), "`ocp-a:`"),
        ];
        for (method, target, header, named) in cases {
            let error = text(method, target, &[DATE, header]).unwrap_err();
            assert!(error.is_invalid_request(), "{error}");
            assert!(error.to_string().contains(named), "{error}");
        }
    }

    #[test]
    fn a_repeated_header_is_rejected_whatever_its_case() {
        for (a, b) in [("ocp-range", "OCP-RANGE"), ("Content-Type", "content-type")] {
            let error = text("GET", "/p", &[DATE, (a, "1"), (b, "2")]).unwrap_err();
            assert!(error.is_invalid_request(), "{error}");
        }
    }

    #[test]
    fn bytes_that_are_not_utf8_matter_only_in_signed_headers() {
        let view = |name| {
            let headers: [(&str, &[u8]); 2] = [("ocp-date", DATE.1.as_bytes()), (name, b"\xff")];
            RequestView::new("GET", "/p", headers)
        };
        assert!(view("user-agent").canonicalize("acct").is_ok());
        let error = view("Range").canonicalize("acct").map(|_| ()).unwrap_err();
        assert!(error.to_string().contains("`Range`"), "{error}");
    }

    #[test]
    fn debug_does_not_show_header_values() {
        let view = RequestView::new("GET", "/p", [("Authorization", "Bearer s3cret")]);
        let shown = format!("{view:?}");
        assert!(
            shown.contains("Authorization") && !shown.contains("s3cret"),
            "{shown}"
        );
    }
}
