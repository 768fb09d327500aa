//! Cost of a signature compared with HMAC-SHA256 of the string to sign, which no signer can avoid.
//!
//! `cargo bench -p batch-auth`; compare only rows from one run, because machines are noisy. The
//! request is the one in `tests/allocations.rs`.

use std::hint::black_box;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use batch_auth::{RequestView, SharedKey};
use criterion::{Criterion, criterion_group, criterion_main};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

const KEY: &str = "bm90IGEgcmVhbCBrZXksIG9ubHkgYW4gZXhhbXBsZQ==";
const TARGET: &str = "/jobs/render/tasks?api-version=2024-02-01.19.0&timeout=30\
                      &%24filter=state+eq+%27active%27&%24select=id%2Cstate";
const HEADERS: [(&str, &str); 7] = [
    ("accept", "application/json"),
    ("user-agent", "batch-client/0.1.0"),
    ("client-request-id", "5f0c1f7e-5a3c-4c34-8a8e-1f5f2d9b6f11"),
    ("return-client-request-id", "true"),
    ("ocp-date", "Tue, 05 Mar 2024 01:02:03 GMT"),
    ("if-match", "0x8DC5FDDC7FFC487"),
    ("if-modified-since", "Tue, 05 Mar 2024 01:02:03 GMT"),
];

fn sign(criterion: &mut Criterion) {
    let key = SharedKey::new("myaccount", KEY).expect("a key");
    let request = RequestView::new("GET", TARGET, HEADERS);
    let signature = key.sign(&request).expect("a signature");
    let text = signature.string_to_sign();
    let secret = STANDARD.decode(KEY).expect("base64");
    let mac = Hmac::<Sha256>::new_from_slice(&secret).expect("a key");

    let mut group = criterion.benchmark_group("sign a request");
    group.bench_function("HMAC of the string alone", |bencher| {
        bencher.iter(|| mac.clone().chain_update(black_box(text)).finalize());
    });
    group.bench_function("sign", |bencher| {
        bencher.iter(|| {
            let request = RequestView::new("GET", black_box(TARGET), black_box(HEADERS));
            key.sign(&request).expect("a signature")
        });
    });
    group.finish();
}

criterion_group!(benches, sign);
criterion_main!(benches);
