//! The description as a whole.

use serde_json::json;

use super::Edit;
use crate::support::put;

pub(super) const WHOLE: &[Edit] = &[
    Edit {
        name: "a different version",
        apply: |d| put(d, "/info/version", json!("2030-01-01.1.0")),
        forward: &[
            "the description, version: changed, wire behaviour, Rust behaviour; ~API_VERSION",
        ],
        backward: &[
            "the description, version: changed, wire behaviour, Rust behaviour; ~API_VERSION",
        ],
    },
    Edit {
        name: "a scheme before the host",
        apply: |d| put(d, "/x-ms-parameterized-host/useSchemePrefix", json!(true)),
        forward: &["the description, host: changed, wire breaking, Rust -"],
        backward: &["the description, host: changed, wire breaking, Rust -"],
    },
    Edit {
        name: "the name of the host's parameter",
        apply: |d| {
            put(
                d,
                "/x-ms-parameterized-host/hostTemplate",
                json!("{accountUrl}"),
            );
            put(d, "/parameters/BatchUrl/name", json!("accountUrl"));
        },
        forward: &[],
        backward: &[],
    },
    Edit {
        name: "fewer kinds of authentication",
        apply: |d| {
            d["security"].as_array_mut().expect("security").pop();
        },
        forward: &["the description, security: changed, wire breaking, Rust -"],
        backward: &["the description, security: changed, wire breaking, Rust -"],
    },
    Edit {
        name: "the media types of all bodies",
        apply: |d| put(d, "/consumes", json!(["application/json"])),
        forward: &["the description, consumes: changed, wire breaking, Rust behaviour"],
        backward: &["the description, consumes: changed, wire breaking, Rust behaviour"],
    },
    Edit {
        name: "the description's own description",
        apply: |d| put(d, "/info/description", json!("Another description.")),
        forward: &["the description: descriptions, wire documentation, Rust documentation"],
        backward: &["the description: descriptions, wire documentation, Rust documentation"],
    },
];
