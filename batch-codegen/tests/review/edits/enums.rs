//! Enums. `CachingType` is sent and received, `ComputeNodeState` is received.

use serde_json::json;

use super::Edit;
use crate::support::{push, put};

pub(super) const ENUMS: &[Edit] = &[
    Edit {
        name: "an enum value that is sent and received",
        apply: |d| {
            push(d, "/definitions/CachingType/enum", json!("writeonly"));
            push(
                d,
                "/definitions/CachingType/x-ms-enum/values",
                json!({ "value": "writeonly", "name": "writeOnly" }),
            );
        },
        forward: &[
            "enum CachingType, value writeonly: added, wire addition, Rust addition; +models::CachingType::WriteOnly",
        ],
        backward: &[
            "enum CachingType, value writeonly: removed, wire breaking, Rust breaking; -models::CachingType::WriteOnly",
        ],
    },
    Edit {
        name: "an enum value that is received",
        apply: |d| {
            push(
                d,
                "/definitions/ComputeNode/properties/state/enum",
                json!("asleep"),
            );
            push(
                d,
                "/definitions/ComputeNode/properties/state/x-ms-enum/values",
                json!({ "value": "asleep" }),
            );
        },
        forward: &[
            "enum ComputeNodeState, value asleep: added, wire addition, Rust addition; \
                  +models::ComputeNodeState::Asleep",
        ],
        backward: &[
            "enum ComputeNodeState, value asleep: removed, wire behaviour, Rust breaking; \
                 -models::ComputeNodeState::Asleep",
        ],
    },
    Edit {
        name: "an enum value in another case",
        apply: |d| {
            put(
                d,
                "/definitions/CachingType/enum",
                json!(["none", "readOnly", "readwrite"]),
            );
            put(
                d,
                "/definitions/CachingType/x-ms-enum/values/1/value",
                json!("readOnly"),
            );
        },
        forward: &[
            "enum CachingType, value readonly: changed, wire behaviour, Rust behaviour; ~models::CachingType::ReadOnly",
        ],
        backward: &[
            "enum CachingType, value readOnly: changed, wire behaviour, Rust behaviour; ~models::CachingType::ReadOnly",
        ],
    },
    Edit {
        name: "a different enum value under the same Rust name",
        apply: |d| {
            put(
                d,
                "/definitions/CachingType/enum",
                json!(["none", "lookonly", "readwrite"]),
            );
            put(
                d,
                "/definitions/CachingType/x-ms-enum/values/1/value",
                json!("lookonly"),
            );
        },
        forward: &[
            "enum CachingType, value readonly: changed, wire breaking, Rust behaviour; ~models::CachingType::ReadOnly",
        ],
        backward: &[
            "enum CachingType, value lookonly: changed, wire breaking, Rust behaviour; ~models::CachingType::ReadOnly",
        ],
    },
    Edit {
        name: "the Rust name of an enum value",
        apply: |d| {
            put(
                d,
                "/definitions/CachingType/x-ms-enum/values/1/name",
                json!("lookOnly"),
            );
        },
        forward: &[
            "enum CachingType, value readonly: changed, wire -, Rust breaking; \
                  -models::CachingType::ReadOnly +models::CachingType::LookOnly",
        ],
        backward: &[
            "enum CachingType, value readonly: changed, wire -, Rust breaking; \
                 -models::CachingType::LookOnly +models::CachingType::ReadOnly",
        ],
    },
    Edit {
        name: "modelAsString",
        apply: |d| {
            put(
                d,
                "/definitions/CachingType/x-ms-enum/modelAsString",
                json!(true),
            );
        },
        forward: &["enum CachingType, modelAsString: changed, wire documentation, Rust -"],
        backward: &["enum CachingType, modelAsString: changed, wire documentation, Rust -"],
    },
    Edit {
        name: "a renamed enum",
        apply: |d| {
            put(
                d,
                "/definitions/CachingType/x-ms-enum/name",
                json!("Caching"),
            );
        },
        forward: &[
            "enum Caching: renamed, wire -, Rust breaking; -models::CachingType +models::Caching",
        ],
        backward: &[
            "enum CachingType: renamed, wire -, Rust breaking; -models::Caching +models::CachingType",
        ],
    },
    Edit {
        name: "an inline enum in place of a reference",
        apply: |d| {
            let inline = d["definitions"]["CachingType"].clone();
            put(d, "/definitions/OSDisk/properties/caching", inline);
        },
        forward: &["model OSDisk: descriptions, wire documentation, Rust documentation"],
        backward: &["model OSDisk: descriptions, wire documentation, Rust documentation"],
    },
];
