//! Properties: added, removed, or with changed facts. `JobAddParameter` is sent, `NodeCounts` and
//! `ResizeError` are received, `PoolInformation` and `OSDisk` are both.

use serde_json::json;

use super::Edit;
use crate::support::{push, put};

pub(super) const PROPERTIES: &[Edit] = &[
    Edit {
        name: "a required property that is sent",
        apply: |d| {
            put(
                d,
                "/definitions/JobAddParameter/properties/novel",
                json!({ "type": "string" }),
            );
            push(d, "/definitions/JobAddParameter/required", json!("novel"));
        },
        forward: &[
            "model JobAddParameter, property novel: added, wire breaking, Rust breaking; \
                  +models::JobAddParameter::novel ~models::JobAddParameter::new",
        ],
        backward: &[
            "model JobAddParameter, property novel: removed, wire breaking, Rust breaking; \
                 -models::JobAddParameter::novel ~models::JobAddParameter::new",
        ],
    },
    Edit {
        name: "an optional property that is sent",
        apply: |d| {
            put(
                d,
                "/definitions/JobAddParameter/properties/novel",
                json!({ "type": "string" }),
            );
        },
        forward: &[
            "model JobAddParameter, property novel: added, wire addition, Rust addition; \
                  +models::JobAddParameter::novel",
        ],
        backward: &[
            "model JobAddParameter, property novel: removed, wire breaking, Rust breaking; \
                 -models::JobAddParameter::novel",
        ],
    },
    Edit {
        name: "an optional property that is received",
        apply: |d| {
            put(
                d,
                "/definitions/ResizeError/properties/novel",
                json!({ "type": "boolean" }),
            );
        },
        forward: &[
            "model ResizeError, property novel: added, wire addition, Rust addition; \
                  +models::ResizeError::novel",
        ],
        backward: &[
            "model ResizeError, property novel: removed, wire breaking, Rust breaking; \
                 -models::ResizeError::novel",
        ],
    },
    Edit {
        // A received model gets `new` with its first required property; `Default` stays.
        name: "a required property that is received",
        apply: |d| {
            put(
                d,
                "/definitions/ResizeError/properties/novel",
                json!({ "type": "boolean" }),
            );
            put(d, "/definitions/ResizeError/required", json!(["novel"]));
        },
        forward: &[
            "model ResizeError, property novel: added, wire addition, Rust addition; \
                  +models::ResizeError::novel",
        ],
        backward: &[
            "model ResizeError, property novel: removed, wire breaking, Rust breaking; \
                 -models::ResizeError::novel",
        ],
    },
    Edit {
        name: "a property that only the service sets",
        apply: |d| {
            let novel = json!({ "type": "string", "readOnly": true });
            put(d, "/definitions/PoolInformation/properties/novel", novel);
        },
        forward: &[
            "model PoolInformation, property novel: added, wire addition, Rust addition; \
                  +models::PoolInformation::novel",
        ],
        backward: &[
            "model PoolInformation, property novel: removed, wire breaking, Rust breaking; \
                 -models::PoolInformation::novel",
        ],
    },
    Edit {
        name: "required and sent",
        apply: |d| {
            push(
                d,
                "/definitions/JobAddParameter/required",
                json!("priority"),
            );
        },
        forward: &[
            "model JobAddParameter, property priority: changed, wire breaking, Rust breaking; \
                  ~models::JobAddParameter::priority ~models::JobAddParameter::new",
        ],
        backward: &[
            "model JobAddParameter, property priority: changed, wire addition, Rust breaking; \
                 ~models::JobAddParameter::priority ~models::JobAddParameter::new",
        ],
    },
    Edit {
        name: "the first required property that is sent: no longer Default",
        apply: |d| {
            put(
                d,
                "/definitions/PoolEnableAutoScaleParameter/required",
                json!(["autoScaleFormula"]),
            );
        },
        forward: &[
            "model PoolEnableAutoScaleParameter, property autoScaleFormula: changed, wire breaking, Rust breaking; \
                  ~models::PoolEnableAutoScaleParameter::auto_scale_formula ~models::PoolEnableAutoScaleParameter::new",
        ],
        backward: &[
            "model PoolEnableAutoScaleParameter, property autoScaleFormula: changed, wire addition, Rust breaking; \
                 ~models::PoolEnableAutoScaleParameter::auto_scale_formula ~models::PoolEnableAutoScaleParameter::new",
        ],
    },
    Edit {
        name: "required and received",
        apply: |d| put(d, "/definitions/ResizeError/required", json!(["code"])),
        forward: &[
            "model ResizeError, property code: changed, wire addition, Rust documentation; \
                  ~models::ResizeError::code",
        ],
        backward: &[
            "model ResizeError, property code: changed, wire behaviour, Rust documentation; \
                 ~models::ResizeError::code",
        ],
    },
    Edit {
        name: "required, sent and received",
        apply: |d| put(d, "/definitions/OSDisk/required", json!(["caching"])),
        forward: &[
            "model OSDisk, property caching: changed, wire breaking, Rust breaking; \
                  ~models::OSDisk::caching ~models::OSDisk::new",
        ],
        backward: &[
            "model OSDisk, property caching: changed, wire behaviour, Rust breaking; \
                 ~models::OSDisk::caching ~models::OSDisk::new",
        ],
    },
    Edit {
        name: "a different type",
        apply: |d| {
            put(
                d,
                "/definitions/OSDisk/properties/diskSizeGB/type",
                json!("number"),
            );
            put(
                d,
                "/definitions/OSDisk/properties/diskSizeGB/format",
                json!("double"),
            );
        },
        forward: &[
            "model OSDisk, property diskSizeGB: changed, wire breaking, Rust breaking; ~models::OSDisk::disk_size_gb",
        ],
        backward: &[
            "model OSDisk, property diskSizeGB: changed, wire breaking, Rust breaking; ~models::OSDisk::disk_size_gb",
        ],
    },
    Edit {
        name: "int32 to int64, sent",
        apply: |d| {
            put(
                d,
                "/definitions/JobAddParameter/properties/priority/format",
                json!("int64"),
            );
        },
        forward: &[
            "model JobAddParameter, property priority: changed, wire addition, Rust breaking; \
                  ~models::JobAddParameter::priority",
        ],
        backward: &[
            "model JobAddParameter, property priority: changed, wire breaking, Rust breaking; \
                 ~models::JobAddParameter::priority",
        ],
    },
    Edit {
        name: "int32 to int64, received",
        apply: |d| {
            put(
                d,
                "/definitions/NodeCounts/properties/idle/format",
                json!("int64"),
            );
        },
        forward: &[
            "model NodeCounts, property idle: changed, wire breaking, Rust breaking; \
                  ~models::NodeCounts::idle",
        ],
        backward: &[
            "model NodeCounts, property idle: changed, wire addition, Rust breaking; \
                 ~models::NodeCounts::idle",
        ],
    },
    Edit {
        name: "a format that does not affect Rust",
        apply: |d| {
            put(
                d,
                "/definitions/JobAddParameter/properties/displayName/format",
                json!("uuid"),
            );
        },
        forward: &["model JobAddParameter, property displayName: changed, wire breaking, Rust -"],
        backward: &["model JobAddParameter, property displayName: changed, wire addition, Rust -"],
    },
    Edit {
        name: "an upper bound, sent",
        apply: |d| {
            put(
                d,
                "/definitions/JobAddParameter/properties/priority/maximum",
                json!(1000),
            );
        },
        forward: &[
            "model JobAddParameter, property priority: changed, wire breaking, Rust documentation; \
                  ~models::JobAddParameter::priority",
        ],
        backward: &[
            "model JobAddParameter, property priority: changed, wire addition, Rust documentation; \
                 ~models::JobAddParameter::priority",
        ],
    },
    Edit {
        name: "a lower bound, received",
        apply: |d| {
            put(
                d,
                "/definitions/NodeCounts/properties/idle/minimum",
                json!(0),
            );
        },
        forward: &[
            "model NodeCounts, property idle: changed, wire addition, Rust documentation; ~models::NodeCounts::idle",
        ],
        backward: &[
            "model NodeCounts, property idle: changed, wire behaviour, Rust documentation; ~models::NodeCounts::idle",
        ],
    },
    Edit {
        name: "more items allowed",
        apply: |d| {
            put(
                d,
                "/definitions/NodeRemoveParameter/properties/nodeList/maxItems",
                json!(200),
            );
        },
        forward: &[
            "model NodeRemoveParameter, property nodeList: changed, wire addition, Rust documentation; \
                  ~models::NodeRemoveParameter::node_list",
        ],
        backward: &[
            "model NodeRemoveParameter, property nodeList: changed, wire breaking, Rust documentation; \
                 ~models::NodeRemoveParameter::node_list",
        ],
    },
    Edit {
        name: "a maximum length of items",
        apply: |d| {
            put(
                d,
                "/definitions/NodeRemoveParameter/properties/nodeList/items/maxLength",
                json!(64),
            );
        },
        forward: &["model NodeRemoveParameter, property nodeList: changed, wire breaking, Rust -"],
        backward: &["model NodeRemoveParameter, property nodeList: changed, wire addition, Rust -"],
    },
    Edit {
        name: "a pattern",
        apply: |d| {
            put(
                d,
                "/definitions/JobAddParameter/properties/id/pattern",
                json!("^[a-z|`]+$"),
            );
        },
        forward: &["model JobAddParameter, property id: changed, wire breaking, Rust -"],
        backward: &["model JobAddParameter, property id: changed, wire addition, Rust -"],
    },
    Edit {
        name: "a different default",
        apply: |d| {
            put(
                d,
                "/definitions/JobAddParameter/properties/maxParallelTasks/default",
                json!(1),
            );
        },
        forward: &[
            "model JobAddParameter, property maxParallelTasks: changed, wire behaviour, Rust behaviour; \
                  ~models::JobAddParameter::max_parallel_tasks",
        ],
        backward: &[
            "model JobAddParameter, property maxParallelTasks: changed, wire behaviour, Rust behaviour; \
                 ~models::JobAddParameter::max_parallel_tasks",
        ],
    },
    Edit {
        name: "only the service sets it",
        apply: |d| {
            put(
                d,
                "/definitions/OSDisk/properties/diskSizeGB/readOnly",
                json!(true),
            );
        },
        forward: &[
            "model OSDisk, property diskSizeGB: changed, wire breaking, Rust documentation; ~models::OSDisk::disk_size_gb",
        ],
        backward: &[
            "model OSDisk, property diskSizeGB: changed, wire addition, Rust documentation; ~models::OSDisk::disk_size_gb",
        ],
    },
    Edit {
        name: "null, sent",
        apply: |d| {
            put(
                d,
                "/definitions/JobAddParameter/properties/displayName/x-nullable",
                json!(true),
            );
        },
        forward: &["model JobAddParameter, property displayName: changed, wire addition, Rust -"],
        backward: &["model JobAddParameter, property displayName: changed, wire breaking, Rust -"],
    },
    Edit {
        name: "null, received",
        apply: |d| {
            put(
                d,
                "/definitions/ResizeError/properties/code/x-nullable",
                json!(true),
            );
        },
        forward: &["model ResizeError, property code: changed, wire behaviour, Rust -"],
        backward: &["model ResizeError, property code: changed, wire addition, Rust -"],
    },
    Edit {
        name: "a secret",
        apply: |d| {
            put(
                d,
                "/definitions/JobAddParameter/properties/displayName/x-ms-secret",
                json!(true),
            );
        },
        forward: &[
            "model JobAddParameter, property displayName: changed, wire -, Rust behaviour; \
                  ~models::JobAddParameter::display_name",
        ],
        backward: &[
            "model JobAddParameter, property displayName: changed, wire -, Rust behaviour; \
                 ~models::JobAddParameter::display_name",
        ],
    },
    Edit {
        name: "the name that Rust shows",
        apply: |d| {
            put(
                d,
                "/definitions/JobAddParameter/properties/displayName/x-ms-client-name",
                json!("label"),
            );
        },
        forward: &[
            "model JobAddParameter, property displayName: changed, wire -, Rust breaking; \
                  -models::JobAddParameter::display_name +models::JobAddParameter::label",
        ],
        backward: &[
            "model JobAddParameter, property displayName: changed, wire -, Rust breaking; \
                 -models::JobAddParameter::label +models::JobAddParameter::display_name",
        ],
    },
];
