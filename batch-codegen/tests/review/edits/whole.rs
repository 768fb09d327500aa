//! The description as a whole.

use serde_json::json;

use super::Edit;
use crate::support::put;

pub(super) const WHOLE: &[Edit] = &[
    Edit {
        name: "a different version",
        apply: |d| put(d, "/info/version", json!("2030-01-01.1.0")),
        there: &["the description, version: changed, wire behaviour, Rust behaviour; ~API_VERSION"],
        back: &["the description, version: changed, wire behaviour, Rust behaviour; ~API_VERSION"],
    },
    Edit {
        name: "a scheme before the host",
        apply: |d| put(d, "/x-ms-parameterized-host/useSchemePrefix", json!(true)),
        there: &["the description, host: changed, wire breaking, Rust -"],
        back: &["the description, host: changed, wire breaking, Rust -"],
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
        there: &[],
        back: &[],
    },
    Edit {
        name: "fewer kinds of authentication",
        apply: |d| {
            d["security"].as_array_mut().expect("security").pop();
        },
        there: &["the description, security: changed, wire breaking, Rust -"],
        back: &["the description, security: changed, wire breaking, Rust -"],
    },
    Edit {
        name: "the media types of all bodies",
        apply: |d| put(d, "/consumes", json!(["application/json"])),
        there: &["the description, consumes: changed, wire breaking, Rust behaviour"],
        back: &["the description, consumes: changed, wire breaking, Rust behaviour"],
    },
    Edit {
        name: "the description's own description",
        apply: |d| put(d, "/info/description", json!("Another description.")),
        there: &["the description: descriptions, wire documentation, Rust documentation"],
        back: &["the description: descriptions, wire documentation, Rust documentation"],
    },
];
