//! Runs every case in `tests/vectors` (its README says where the expected files come from). String
//! to sign and `Authorization` value are compared separately, so that a failure says which one is
//! wrong.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use batch_auth::{MAX_SKEW, RequestView, SharedKey, difference};
use serde::Deserialize;

#[derive(Deserialize)]
struct Request {
    account: String,
    key: String,
    method: String,
    target: String,
    headers: Vec<(String, String)>,
}

impl Request {
    fn key(&self) -> SharedKey {
        SharedKey::new(self.account.as_str(), &self.key).expect("a key")
    }

    fn view(&self) -> RequestView<'_> {
        let headers = self.headers.iter().map(|(n, v)| (n.as_str(), v.as_str()));
        RequestView::new(&self.method, &self.target, headers)
    }
}

fn read(case: &Path, file: &str) -> String {
    fs::read_to_string(case.join(file))
        .unwrap_or_else(|error| panic!("{}/{file}: {error}", case.display()))
}

fn cases() -> Vec<(PathBuf, Request)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors");
    let cases: Vec<_> = fs::read_dir(folder)
        .expect("the folder of vectors")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.is_dir())
        .map(|path| {
            let request = serde_json::from_str(&read(&path, "request.json"))
                .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            (path, request)
        })
        .collect();
    assert!(!cases.is_empty());
    cases
}

#[test]
fn strings_to_sign_match_the_official_client() {
    for (case, request) in cases() {
        let signature = request.key().sign(&request.view()).expect("a signature");
        let expected = read(&case, "string-to-sign.txt");
        if let Some(difference) = difference(signature.string_to_sign(), &expected) {
            panic!("{}: {difference}", case.display());
        }
    }
}

#[test]
fn authorizations_match_the_official_client() {
    for (case, request) in cases() {
        let signature = request.key().sign(&request.view()).expect("a signature");
        let expected = read(&case, "authorization.txt");
        assert_eq!(signature.authorization(), expected, "{}", case.display());
    }
}

#[test]
fn requests_of_the_official_client_verify() {
    // All cases are dated Thu, 29 Feb 2024 23:59:58 GMT.
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_709_251_198);
    for (case, request) in cases() {
        let authorization = read(&case, "authorization.txt");
        request
            .key()
            .verify(&request.view(), Some(&authorization), now, MAX_SKEW)
            .unwrap_or_else(|error| panic!("{}: {error}", case.display()));
    }
}

/// The same requests, signed in place; existing dates and lengths are kept.
#[cfg(feature = "http")]
mod in_place {
    use super::{Request, cases, read};

    fn http_request(request: &Request) -> http::Request<()> {
        let mut builder = http::Request::builder()
            .method(&*request.method)
            .uri(&request.target);
        for (name, value) in &request.headers {
            builder = builder.header(name, value.as_bytes());
        }
        builder.body(()).expect("a request")
    }

    /// The vectors have no bodies, only their lengths, except for requests sent without a length.
    fn length(request: &Request) -> Option<u64> {
        let mut headers = request.headers.iter();
        let stated = headers.any(|(name, _)| name.eq_ignore_ascii_case("content-length"));
        (!stated).then_some(0)
    }

    /// True if the request is sent as the vector has it: a DELETE without a length gets one.
    fn stays(request: &Request) -> bool {
        length(request).is_none() || matches!(&*request.method, "GET" | "HEAD")
    }

    #[test]
    fn http_requests_get_the_official_authorization() {
        let mut signed = 0;
        for (case, request) in cases().into_iter().filter(|(_, request)| stays(request)) {
            let (mut parts, ()) = http_request(&request).into_parts();
            let key = request.key();
            key.sign_http_parts(&mut parts, length(&request))
                .unwrap_or_else(|error| panic!("{}: {error}", case.display()));
            let expected = read(&case, "authorization.txt");
            assert_eq!(
                parts.headers["authorization"],
                *expected,
                "{}",
                case.display()
            );
            signed += 1;
        }
        assert!(signed > 10, "{signed} vectors");
    }

    #[cfg(feature = "reqwest")]
    #[test]
    fn reqwest_requests_get_the_official_authorization() {
        let mut signed = 0;
        for (case, request) in cases().into_iter().filter(|(_, request)| stays(request)) {
            let url = format!("https://host{}", request.target);
            let url = url.parse().expect("a URL");
            let method = request.method.parse().expect("a method");
            let mut sent = reqwest::Request::new(method, url);
            *sent.headers_mut() = http_request(&request).headers().clone();
            if let Some(length) = sent.headers().get("content-length") {
                let length = length.to_str().expect("text").parse().expect("a number");
                *sent.body_mut() = Some(vec![b'x'; length].into());
            }
            request
                .key()
                .sign_reqwest(&mut sent)
                .unwrap_or_else(|error| panic!("{}: {error}", case.display()));
            let expected = read(&case, "authorization.txt");
            assert_eq!(
                sent.headers()["authorization"],
                *expected,
                "{}",
                case.display()
            );
            signed += 1;
        }
        assert!(signed > 10, "{signed} vectors");
    }
}
