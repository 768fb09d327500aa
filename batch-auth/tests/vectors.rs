//! Runs every case in `tests/vectors` (its README says where the expected files come from): string
//! to sign and `Authorization` value apart, so that a failure says which of the two is wrong.

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
fn strings_to_sign_are_the_official_clients() {
    for (case, request) in cases() {
        let signature = request.key().sign(&request.view()).expect("a signature");
        let expected = read(&case, "string-to-sign.txt");
        if let Some(difference) = difference(signature.string_to_sign(), &expected) {
            panic!("{}: {difference}", case.display());
        }
    }
}

#[test]
fn authorizations_are_the_official_clients() {
    for (case, request) in cases() {
        let signature = request.key().sign(&request.view()).expect("a signature");
        let expected = read(&case, "authorization.txt");
        assert_eq!(signature.authorization(), expected, "{}", case.display());
    }
}

#[test]
fn the_official_clients_requests_verify() {
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
