//! Properties: new, gone, or with other facts. `JobAddParameter` is sent, `NodeCounts` and
//! `ResizeError` are received, `PoolInformation` and `OSDisk` go both ways.

use serde_json::json;

use super::Edit;
use crate::support::{push, put};

pub(super) const PROPERTIES: &[Edit] = &[
    Edit {
        name: "a required property in what is sent",
        apply: |d| {
            put(
                d,
                "/definitions/JobAddParameter/properties/novel",
                json!({ "type": "string" }),
            );
            push(d, "/definitions/JobAddParameter/required", json!("novel"));
        },
        there: &[
            "model JobAddParameter, property novel: added, wire breaking, Rust breaking; \
                  +models::JobAddParameter::novel ~models::JobAddParameter::new",
        ],
        back: &[
            "model JobAddParameter, property novel: removed, wire breaking, Rust breaking; \
                 -models::JobAddParameter::novel ~models::JobAddParameter::new",
        ],
    },
    Edit {
        name: "an optional property in what is sent",
        apply: |d| {
            put(
                d,
                "/definitions/JobAddParameter/properties/novel",
                json!({ "type": "string" }),
            );
        },
        there: &[
            "model JobAddParameter, property novel: added, wire addition, Rust addition; \
                  +models::JobAddParameter::novel",
        ],
        back: &[
            "model JobAddParameter, property novel: removed, wire breaking, Rust breaking; \
                 -models::JobAddParameter::novel",
        ],
    },
    Edit {
        name: "an optional property in what is received",
        apply: |d| {
            put(
                d,
                "/definitions/ResizeError/properties/novel",
                json!({ "type": "boolean" }),
            );
        },
        there: &[
            "model ResizeError, property novel: added, wire addition, Rust addition; \
                  +models::ResizeError::novel",
        ],
        back: &[
            "model ResizeError, property novel: removed, wire breaking, Rust breaking; \
                 -models::ResizeError::novel",
        ],
    },
    Edit {
        // `new` of a model in answers comes with the first required property; `Default` stays.
        name: "a required property in what is received",
        apply: |d| {
            put(
                d,
                "/definitions/ResizeError/properties/novel",
                json!({ "type": "boolean" }),
            );
            put(d, "/definitions/ResizeError/required", json!(["novel"]));
        },
        there: &[
            "model ResizeError, property novel: added, wire addition, Rust addition; \
                  +models::ResizeError::novel",
        ],
        back: &[
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
        there: &[
            "model PoolInformation, property novel: added, wire addition, Rust addition; \
                  +models::PoolInformation::novel",
        ],
        back: &[
            "model PoolInformation, property novel: removed, wire breaking, Rust breaking; \
                 -models::PoolInformation::novel",
        ],
    },
    Edit {
        name: "required in what is sent",
        apply: |d| {
            push(
                d,
                "/definitions/JobAddParameter/required",
                json!("priority"),
            );
        },
        there: &[
            "model JobAddParameter, property priority: changed, wire breaking, Rust breaking; \
                  ~models::JobAddParameter::priority ~models::JobAddParameter::new",
        ],
        back: &[
            "model JobAddParameter, property priority: changed, wire addition, Rust breaking; \
                 ~models::JobAddParameter::priority ~models::JobAddParameter::new",
        ],
    },
    Edit {
        name: "the first required property in what is sent: no Default any more",
        apply: |d| {
            put(
                d,
                "/definitions/PoolEnableAutoScaleParameter/required",
                json!(["autoScaleFormula"]),
            );
        },
        there: &[
            "model PoolEnableAutoScaleParameter, property autoScaleFormula: changed, wire breaking, Rust breaking; \
                  ~models::PoolEnableAutoScaleParameter::auto_scale_formula ~models::PoolEnableAutoScaleParameter::new",
        ],
        back: &[
            "model PoolEnableAutoScaleParameter, property autoScaleFormula: changed, wire addition, Rust breaking; \
                 ~models::PoolEnableAutoScaleParameter::auto_scale_formula ~models::PoolEnableAutoScaleParameter::new",
        ],
    },
    Edit {
        name: "required in what is received",
        apply: |d| put(d, "/definitions/ResizeError/required", json!(["code"])),
        there: &[
            "model ResizeError, property code: changed, wire addition, Rust documentation; \
                  ~models::ResizeError::code",
        ],
        back: &[
            "model ResizeError, property code: changed, wire behaviour, Rust documentation; \
                 ~models::ResizeError::code",
        ],
    },
    Edit {
        name: "required in what goes both ways",
        apply: |d| put(d, "/definitions/OSDisk/required", json!(["caching"])),
        there: &[
            "model OSDisk, property caching: changed, wire breaking, Rust breaking; \
                  ~models::OSDisk::caching ~models::OSDisk::new",
        ],
        back: &[
            "model OSDisk, property caching: changed, wire behaviour, Rust breaking; \
                 ~models::OSDisk::caching ~models::OSDisk::new",
        ],
    },
    Edit {
        name: "another type",
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
        there: &[
            "model OSDisk, property diskSizeGB: changed, wire breaking, Rust breaking; ~models::OSDisk::disk_size_gb",
        ],
        back: &[
            "model OSDisk, property diskSizeGB: changed, wire breaking, Rust breaking; ~models::OSDisk::disk_size_gb",
        ],
    },
    Edit {
        name: "int32 to int64 in what is sent",
        apply: |d| {
            put(
                d,
                "/definitions/JobAddParameter/properties/priority/format",
                json!("int64"),
            );
        },
        there: &[
            "model JobAddParameter, property priority: changed, wire addition, Rust breaking; \
                  ~models::JobAddParameter::priority",
        ],
        back: &[
            "model JobAddParameter, property priority: changed, wire breaking, Rust breaking; \
                 ~models::JobAddParameter::priority",
        ],
    },
    Edit {
        name: "int32 to int64 in what is received",
        apply: |d| {
            put(
                d,
                "/definitions/NodeCounts/properties/idle/format",
                json!("int64"),
            );
        },
        there: &[
            "model NodeCounts, property idle: changed, wire breaking, Rust breaking; \
                  ~models::NodeCounts::idle",
        ],
        back: &[
            "model NodeCounts, property idle: changed, wire addition, Rust breaking; \
                 ~models::NodeCounts::idle",
        ],
    },
    Edit {
        name: "a format that Rust does not know",
        apply: |d| {
            put(
                d,
                "/definitions/JobAddParameter/properties/displayName/format",
                json!("uuid"),
            );
        },
        there: &["model JobAddParameter, property displayName: changed, wire breaking, Rust -"],
        back: &["model JobAddParameter, property displayName: changed, wire addition, Rust -"],
    },
    Edit {
        name: "an upper bound on what is sent",
        apply: |d| {
            put(
                d,
                "/definitions/JobAddParameter/properties/priority/maximum",
                json!(1000),
            );
        },
        there: &[
            "model JobAddParameter, property priority: changed, wire breaking, Rust documentation; \
                  ~models::JobAddParameter::priority",
        ],
        back: &[
            "model JobAddParameter, property priority: changed, wire addition, Rust documentation; \
                 ~models::JobAddParameter::priority",
        ],
    },
    Edit {
        name: "a lower bound on what is received",
        apply: |d| {
            put(
                d,
                "/definitions/NodeCounts/properties/idle/minimum",
                json!(0),
            );
        },
        there: &[
            "model NodeCounts, property idle: changed, wire addition, Rust documentation; ~models::NodeCounts::idle",
        ],
        back: &[
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
        there: &[
            "model NodeRemoveParameter, property nodeList: changed, wire addition, Rust documentation; \
                  ~models::NodeRemoveParameter::node_list",
        ],
        back: &[
            "model NodeRemoveParameter, property nodeList: changed, wire breaking, Rust documentation; \
                 ~models::NodeRemoveParameter::node_list",
        ],
    },
    Edit {
        name: "a longest text of items",
        apply: |d| {
            put(
                d,
                "/definitions/NodeRemoveParameter/properties/nodeList/items/maxLength",
                json!(64),
            );
        },
        there: &["model NodeRemoveParameter, property nodeList: changed, wire breaking, Rust -"],
        back: &["model NodeRemoveParameter, property nodeList: changed, wire addition, Rust -"],
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
        there: &["model JobAddParameter, property id: changed, wire breaking, Rust -"],
        back: &["model JobAddParameter, property id: changed, wire addition, Rust -"],
    },
    Edit {
        name: "another default",
        apply: |d| {
            put(
                d,
                "/definitions/JobAddParameter/properties/maxParallelTasks/default",
                json!(1),
            );
        },
        there: &[
            "model JobAddParameter, property maxParallelTasks: changed, wire behaviour, Rust behaviour; \
                  ~models::JobAddParameter::max_parallel_tasks",
        ],
        back: &[
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
        there: &[
            "model OSDisk, property diskSizeGB: changed, wire breaking, Rust documentation; ~models::OSDisk::disk_size_gb",
        ],
        back: &[
            "model OSDisk, property diskSizeGB: changed, wire addition, Rust documentation; ~models::OSDisk::disk_size_gb",
        ],
    },
    Edit {
        name: "null in what is sent",
        apply: |d| {
            put(
                d,
                "/definitions/JobAddParameter/properties/displayName/x-nullable",
                json!(true),
            );
        },
        there: &["model JobAddParameter, property displayName: changed, wire addition, Rust -"],
        back: &["model JobAddParameter, property displayName: changed, wire breaking, Rust -"],
    },
    Edit {
        name: "null in what is received",
        apply: |d| {
            put(
                d,
                "/definitions/ResizeError/properties/code/x-nullable",
                json!(true),
            );
        },
        there: &["model ResizeError, property code: changed, wire behaviour, Rust -"],
        back: &["model ResizeError, property code: changed, wire addition, Rust -"],
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
        there: &[
            "model JobAddParameter, property displayName: changed, wire -, Rust behaviour; \
                  ~models::JobAddParameter::display_name",
        ],
        back: &[
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
        there: &[
            "model JobAddParameter, property displayName: changed, wire -, Rust breaking; \
                  -models::JobAddParameter::display_name +models::JobAddParameter::label",
        ],
        back: &[
            "model JobAddParameter, property displayName: changed, wire -, Rust breaking; \
                 -models::JobAddParameter::label +models::JobAddParameter::display_name",
        ],
    },
];
