//! Cost of a signature compared with HMAC-SHA256 of the string to sign, which no signer can avoid.
//!
//! `cargo bench -p batch-auth`; compare only rows from one run, because machines are noisy. The
//! request is the one in `tests/allocations.rs`.

mod request;

use std::hint::black_box;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use batch_auth::{RequestView, SharedKey};
use criterion::{Criterion, criterion_group, criterion_main};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use request::{HEADERS, KEY, TARGET};

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
