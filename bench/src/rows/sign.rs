//! A signature, compared with the HMAC of its text, which every signer has to compute.

use std::hint::black_box;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use batch_auth::{RequestView, SharedKey};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use crate::request::{HEADERS, KEY, TARGET};
use crate::row::{Kind, Pair, Row, Targets};

pub(super) fn sign(tiny: bool) -> Row {
    let key = SharedKey::new("myaccount", KEY).expect("a key");
    let signature = key.sign(&RequestView::new("GET", TARGET, HEADERS));
    let text = signature.expect("a signature").string_to_sign().to_owned();
    let secret = STANDARD.decode(KEY).expect("base64");
    let mac = Hmac::<Sha256>::new_from_slice(&secret).expect("a key");
    Row {
        name: "sign",
        what: "sign a request | HMAC-SHA256 of its text alone".to_owned(),
        kind: Kind::Work(Pair {
            most_runs: usize::MAX,
            repeats: if tiny { 10 } else { 50_000 },
            parts: 1,
            part: "request",
            hand: Box::new(move || {
                black_box(mac.clone().chain_update(black_box(&text)).finalize());
            }),
            ours: Box::new(move || {
                let request = RequestView::new("GET", black_box(TARGET), black_box(HEADERS));
                black_box(key.sign(&request).expect("a signature"));
            }),
        }),
        targets: Targets {
            ratio: Some(3.0),
            allocations: Some(3.0),
            ..Targets::default()
        },
    }
}
