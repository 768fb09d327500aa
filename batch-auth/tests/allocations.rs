//! A signature takes three allocations: for the view's list of headers, the string to sign and the
//! `Authorization` value.

use allocation_counter::measure;
use batch_auth::{RequestView, SharedKey};

const HEADERS: [(&str, &str); 7] = [
    ("accept", "application/json"),
    ("user-agent", "batch-client/0.1.0"),
    ("client-request-id", "5f0c1f7e-5a3c-4c34-8a8e-1f5f2d9b6f11"),
    ("return-client-request-id", "true"),
    ("ocp-date", "Tue, 05 Mar 2024 01:02:03 GMT"),
    ("if-match", "0x8DC5FDDC7FFC487"),
    ("if-modified-since", "Tue, 05 Mar 2024 01:02:03 GMT"),
];

fn allocations(target: &str) -> u64 {
    let key = SharedKey::new("myaccount", "c2VjcmV0").unwrap();
    let mut signature = None;
    let counted = measure(|| {
        signature = key.sign(&RequestView::new("GET", target, HEADERS)).ok();
    });
    let signature = signature.expect("a signature");
    assert!(
        signature
            .authorization()
            .starts_with("SharedKey myaccount:")
    );
    counted.count_total
}

#[test]
fn a_request_is_signed_with_three_allocations() {
    let plain = "/jobs/render/tasks?timeout=30&api-version=2024-02-01.19.0";
    let encoded = "/jobs/render/tasks?api-version=2024-02-01.19.0&timeout=30\
                   &%24filter=state+eq+%27active%27&%24select=id%2Cstate";
    for target in ["/jobs", plain, encoded] {
        let count = allocations(target);
        assert!((1..=3).contains(&count), "{count} for {target}");
    }
}

#[test]
fn many_parameters_take_a_constant_number_of_allocations() {
    let parameters: Vec<_> = (0..200).map(|i| format!("p{i}=%41+{i}")).collect();
    let count = allocations(&format!("/jobs?{}", parameters.join("&")));
    assert!((4..=12).contains(&count), "{count}");
}
