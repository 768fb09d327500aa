//! Properties that hold for every request, not only for the recorded ones.

use std::fmt::Write as _;
use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use batch_auth::{Error, MAX_SKEW, RequestView, SharedKey};
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::sample::{Index, select};

const DATE: &str = "Mon, 01 Jul 2024 10:20:30 GMT";
const DATE_SECONDS: u64 = 1_719_829_230;

/// A request whose parts can be changed one by one.
#[derive(Clone, Debug)]
struct Request {
    method: String,
    path: String,
    query: Vec<(String, String)>,
    headers: Vec<(String, String)>,
}

impl Request {
    fn target(&self) -> String {
        let pairs: Vec<_> = self
            .query
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        format!("{}?{}", self.path, pairs.join("&"))
    }

    fn with_view<T>(&self, use_view: impl FnOnce(&RequestView<'_>) -> T) -> T {
        let target = self.target();
        let headers = self.headers.iter().map(|(n, v)| (n.as_str(), v.as_str()));
        use_view(&RequestView::new(&self.method, &target, headers))
    }

    fn sign(&self) -> String {
        self.with_view(|view| key().sign(view))
            .unwrap()
            .into_authorization()
    }

    fn verify(&self, authorization: &str) -> Result<(), Error> {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(DATE_SECONDS);
        self.with_view(|view| key().verify(view, Some(authorization), now, MAX_SKEW))
    }
}

fn key() -> SharedKey {
    SharedKey::new("acct", "cHJvcGVydGllcyBvZiBzaWduaW5n").unwrap()
}

fn percent_encoded(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "%{byte:02X}").unwrap();
        text
    })
}

/// Values have a letter or digit at each end, because whitespace at the ends is not part of a
/// value.
fn requests() -> impl Strategy<Value = Request> {
    let methods = select(vec!["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]);
    let path = "(/[A-Za-z0-9._~(),=-]{1,9}){1,4}";
    let query = btree_map("[$]?[a-z]{1,8}", any::<String>(), 1..6);
    let names = select(vec![
        "Content-Type",
        "Content-Length",
        "If-Match",
        "Range",
        "ocp-range",
        "OCP-Extra",
    ]);
    let headers = btree_map(names, "[a-z0-9]([ -~é]{0,9}[a-z0-9])?", 1..6);
    (methods, path, query, headers).prop_map(|(method, path, query, headers)| {
        let mut headers: Vec<_> = headers
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect();
        headers.push(("ocp-date".to_owned(), DATE.to_owned()));
        let query = query
            .into_iter()
            .map(|(name, value)| (name, percent_encoded(value.as_bytes())))
            .collect();
        Request {
            method: method.to_owned(),
            path,
            query,
            headers,
        }
    })
}

/// Changes one character to another of the same kind, so that the request can still be sent.
fn alter(text: &mut String, at: Index) {
    let at = at.index(text.len());
    let other = match text.as_bytes()[at] {
        b'B' => "C",
        b'A'..=b'Z' => "B",
        b'y' => "z",
        _ => "y",
    };
    text.replace_range(at..=at, other);
}

proptest! {
    #[test]
    fn the_order_of_headers_and_parameters_does_not_matter(
        (request, shuffled) in requests().prop_flat_map(|request| {
            let shuffled = (Just(request.query.clone()).prop_shuffle(),
                            Just(request.headers.clone()).prop_shuffle());
            (Just(request), shuffled)
        }),
    ) {
        let (query, headers) = shuffled;
        let other = Request { query, headers, ..request.clone() };
        prop_assert_eq!(request.sign(), other.sign());
    }

    #[test]
    fn any_byte_in_a_path_is_signed_as_sent(segments in vec(vec(any::<u8>(), 1..9), 1..5)) {
        let path: String = segments.iter().flat_map(|bytes| ["/".to_owned(), percent_encoded(bytes)]).collect();
        let signature = key().sign(&RequestView::new("GET", &path, [("ocp-date", DATE)])).unwrap();
        let end = format!("\n/acct{path}");
        prop_assert!(signature.string_to_sign().ends_with(&end));
    }

    #[test]
    fn a_signed_request_verifies(request in requests()) {
        prop_assert!(request.verify(&request.sign()).is_ok());
    }

    #[test]
    fn an_altered_request_does_not_verify(
        request in requests(), part in 0..4, which: Index, at: Index,
    ) {
        let authorization = request.sign();
        let mut other = request.clone();
        match part {
            0 => alter(&mut other.method, at),
            1 => {
                let mut rest = other.path.split_off(1);
                alter(&mut rest, at);
                other.path.push_str(&rest);
            }
            2 => which.get_mut(&mut other.query).1.push_str("%21"),
            _ => {
                // Except the date, which comes last: an altered one would fail as an invalid date.
                let last = other.headers.len() - 1;
                let value = &mut which.get_mut(&mut other.headers[..last]).1;
                value.replace_range(..1, if value.starts_with('y') { "z" } else { "y" });
            }
        }
        let error = other.verify(&authorization).unwrap_err();
        prop_assert!(error.is_mismatch(), "{error}");
    }

    #[test]
    fn no_output_shows_the_key(bytes in vec(any::<u8>(), 16..80)) {
        let encoded = STANDARD.encode(&bytes);
        let key = SharedKey::new("acct", &encoded).unwrap();
        let request = RequestView::new("GET", "/p", [("ocp-date", DATE)]);
        let signature = key.sign(&request).unwrap();
        let cut = &encoded[1..];
        let errors = [
            // A key that lost a character in the clipboard, and two that were passed in the wrong
            // place.
            SharedKey::new("acct", cut).unwrap_err(),
            SharedKey::new(format!("acct/{encoded}"), &encoded).unwrap_err(),
            key.verify(&request, Some(&encoded), SystemTime::UNIX_EPOCH, MAX_SKEW).unwrap_err(),
        ];
        let mut shown = format!("{key:?} {key:#?} {signature:?} {request:?}");
        for error in errors {
            write!(shown, " {error} {error:?}").unwrap();
        }
        prop_assert!(!shown.contains(cut));
        let listed = format!("{bytes:?}");
        prop_assert!(!shown.contains(&listed));
        prop_assert!(!shown.contains(&*String::from_utf8_lossy(&bytes)));
        prop_assert!(!shown.contains(signature.authorization().rsplit(':').next().unwrap()));
    }
}

/// Signing in place produces the same signature as the pure signer for the request that is sent.
#[cfg(feature = "reqwest")]
mod in_place {
    use super::*;

    impl Request {
        /// The request as a client has it before signing, without the length of its body.
        fn unsigned(&self) -> http::Request<String> {
            let mut builder = http::Request::builder()
                .method(&*self.method)
                .uri(self.target());
            for (name, value) in &self.headers {
                builder = builder.header(name, value.as_bytes());
            }
            builder.body(String::new()).unwrap()
        }

        fn url(&self) -> reqwest::Url {
            format!("https://host{}", self.target()).parse().unwrap()
        }
    }

    proptest! {
        #[test]
        fn all_signing_functions_agree(mut request in requests(), body in ".{0,9}") {
            // The URL parser resolves dot segments, so that another path is sent.
            prop_assume!(request.path == request.url().path());
            request.headers.retain(|(name, _)| name != "Content-Length");

            let mut by_http = request.unsigned();
            *by_http.body_mut() = body.clone();
            let by_http = key().sign_http(&mut by_http).unwrap();

            let (mut parts, _) = request.unsigned().into_parts();
            let length = body.len() as u64;
            let by_parts = key().sign_http_parts(&mut parts, Some(length)).unwrap();

            let mut by_reqwest = reqwest::Request::new(parts.method.clone(), request.url());
            *by_reqwest.headers_mut() = request.unsigned().headers().clone();
            *by_reqwest.body_mut() = Some(body.clone().into());
            key().sign_reqwest(&mut by_reqwest).unwrap();

            let is_read = matches!(&*request.method, "GET" | "HEAD");
            if !(is_read && body.is_empty()) {
                request.headers.push(("Content-Length".to_owned(), body.len().to_string()));
            }
            let pure = request.sign();
            prop_assert_eq!(by_http.authorization(), &pure);
            prop_assert_eq!(by_parts.authorization(), &pure);
            prop_assert_eq!(&by_reqwest.headers()["authorization"], &pure);
            let sent = by_reqwest.headers().get("content-length");
            let signed = parts.headers.get("content-length");
            prop_assert_eq!(sent, signed);
        }
    }
}
