//! A table of edits of our description, each with every change that it makes there and back: place, what happened,
//! both classes, and the Rust items.
//!
//! Who sends what: `JobAddParameter` is sent, `NodeCounts` and `ResizeError` are received, `PoolInformation`, `OSDisk` and
//! `CachingType` go both ways.

use super::items::hold;
use super::support::{base, compare, edited, lines, operation, push, put, take};
use batch_codegen::diff::Side;
use serde_json::{Value, json};

struct Edit {
    name: &'static str,
    edit: fn(&mut Value),
    /// From ours to the edited one.
    there: &'static [&'static str],
    /// From the edited one to ours.
    back: &'static [&'static str],
}

#[test]
fn edits_of_models_are_classed_both_ways() {
    hold_table(MODELS);
}

#[test]
fn edits_of_operations_are_classed_both_ways() {
    hold_table(OPERATIONS);
}

#[test]
fn edits_of_the_whole_are_classed_both_ways() {
    hold_table(WHOLE);
}

fn hold_table(table: &[Edit]) {
    let mut wrong = Vec::new();
    for Edit {
        name,
        edit,
        there,
        back,
    } in table
    {
        let other = edited(edit);
        let (to, from) = (compare(base(), &other), compare(&other, base()));
        for (way, expected, report) in [("there", there, &to), ("back", back, &from)] {
            let found = lines(report);
            if found != *expected {
                wrong.push(format!(
                    "{name}, {way}:\n  expected {expected:#?}\n  found {found:#?}"
                ));
            }
            let facts = found.iter().any(|line| !line.contains(": texts, "));
            assert_eq!(report.facts_differ(), facts, "{name}");
        }
        hold(&to, Side::Old);
        hold(&from, Side::New);
    }
    assert!(
        wrong.is_empty(),
        "{} of {}:\n{}",
        wrong.len(),
        2 * table.len(),
        wrong.join("\n")
    );
    println!("{} edits, both ways", table.len());
}

const MODELS: &[Edit] = &[
    Edit {
        name: "a required property in what is sent",
        edit: |d| {
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
        edit: |d| {
            put(
                d,
                "/definitions/JobAddParameter/properties/novel",
                json!({ "type": "string" }),
            )
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
        edit: |d| {
            put(
                d,
                "/definitions/ResizeError/properties/novel",
                json!({ "type": "boolean" }),
            )
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
        edit: |d| {
            put(
                d,
                "/definitions/ResizeError/properties/novel",
                json!({ "type": "boolean" }),
            );
            put(d, "/definitions/ResizeError/required", json!(["novel"]));
        },
        there: &[
            "model ResizeError, property novel: added, wire addition, Rust addition; \
                  +models::ResizeError::novel +models::ResizeError::new",
        ],
        back: &[
            "model ResizeError, property novel: removed, wire breaking, Rust breaking; \
                 -models::ResizeError::novel -models::ResizeError::new",
        ],
    },
    Edit {
        name: "a property that only the service sets, required in what is sent",
        edit: |d| {
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
        edit: |d| {
            push(
                d,
                "/definitions/JobAddParameter/required",
                json!("priority"),
            )
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
        edit: |d| {
            put(
                d,
                "/definitions/PoolEnableAutoScaleParameter/required",
                json!(["autoScaleFormula"]),
            )
        },
        there: &[
            "model PoolEnableAutoScaleParameter, property autoScaleFormula: changed, wire breaking, Rust breaking; \
                  ~models::PoolEnableAutoScaleParameter::auto_scale_formula +models::PoolEnableAutoScaleParameter::new",
        ],
        back: &[
            "model PoolEnableAutoScaleParameter, property autoScaleFormula: changed, wire addition, Rust breaking; \
                 ~models::PoolEnableAutoScaleParameter::auto_scale_formula -models::PoolEnableAutoScaleParameter::new",
        ],
    },
    Edit {
        name: "required in what is received",
        edit: |d| put(d, "/definitions/ResizeError/required", json!(["code"])),
        there: &[
            "model ResizeError, property code: changed, wire addition, Rust addition; \
                  ~models::ResizeError::code +models::ResizeError::new",
        ],
        back: &[
            "model ResizeError, property code: changed, wire behaviour, Rust breaking; \
                 ~models::ResizeError::code -models::ResizeError::new",
        ],
    },
    Edit {
        name: "required in what goes both ways",
        edit: |d| put(d, "/definitions/OSDisk/required", json!(["caching"])),
        there: &[
            "model OSDisk, property caching: changed, wire breaking, Rust addition; \
                  ~models::OSDisk::caching +models::OSDisk::new",
        ],
        back: &[
            "model OSDisk, property caching: changed, wire behaviour, Rust breaking; \
                 ~models::OSDisk::caching -models::OSDisk::new",
        ],
    },
    Edit {
        name: "another type",
        edit: |d| {
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
        edit: |d| {
            put(
                d,
                "/definitions/JobAddParameter/properties/priority/format",
                json!("int64"),
            )
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
        edit: |d| {
            put(
                d,
                "/definitions/NodeCounts/properties/idle/format",
                json!("int64"),
            )
        },
        there: &[
            "model NodeCounts, property idle: changed, wire breaking, Rust breaking; \
                  ~models::NodeCounts::idle ~models::NodeCounts::new",
        ],
        back: &[
            "model NodeCounts, property idle: changed, wire addition, Rust breaking; \
                 ~models::NodeCounts::idle ~models::NodeCounts::new",
        ],
    },
    Edit {
        name: "a format that Rust does not know",
        edit: |d| {
            put(
                d,
                "/definitions/JobAddParameter/properties/displayName/format",
                json!("uuid"),
            )
        },
        there: &["model JobAddParameter, property displayName: changed, wire breaking, Rust -"],
        back: &["model JobAddParameter, property displayName: changed, wire addition, Rust -"],
    },
    Edit {
        name: "an upper bound on what is sent",
        edit: |d| {
            put(
                d,
                "/definitions/JobAddParameter/properties/priority/maximum",
                json!(1000),
            )
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
        edit: |d| {
            put(
                d,
                "/definitions/NodeCounts/properties/idle/minimum",
                json!(0),
            )
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
        edit: |d| {
            put(
                d,
                "/definitions/NodeRemoveParameter/properties/nodeList/maxItems",
                json!(200),
            )
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
        edit: |d| {
            put(
                d,
                "/definitions/NodeRemoveParameter/properties/nodeList/items/maxLength",
                json!(64),
            )
        },
        there: &["model NodeRemoveParameter, property nodeList: changed, wire breaking, Rust -"],
        back: &["model NodeRemoveParameter, property nodeList: changed, wire addition, Rust -"],
    },
    Edit {
        name: "a pattern",
        edit: |d| {
            put(
                d,
                "/definitions/JobAddParameter/properties/id/pattern",
                json!("^[a-z|`]+$"),
            )
        },
        there: &["model JobAddParameter, property id: changed, wire breaking, Rust -"],
        back: &["model JobAddParameter, property id: changed, wire addition, Rust -"],
    },
    Edit {
        name: "another default",
        edit: |d| {
            put(
                d,
                "/definitions/JobAddParameter/properties/maxParallelTasks/default",
                json!(1),
            )
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
        edit: |d| {
            put(
                d,
                "/definitions/OSDisk/properties/diskSizeGB/readOnly",
                json!(true),
            )
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
        edit: |d| {
            put(
                d,
                "/definitions/JobAddParameter/properties/displayName/x-nullable",
                json!(true),
            )
        },
        there: &["model JobAddParameter, property displayName: changed, wire addition, Rust -"],
        back: &["model JobAddParameter, property displayName: changed, wire breaking, Rust -"],
    },
    Edit {
        name: "null in what is received",
        edit: |d| {
            put(
                d,
                "/definitions/ResizeError/properties/code/x-nullable",
                json!(true),
            )
        },
        there: &["model ResizeError, property code: changed, wire behaviour, Rust -"],
        back: &["model ResizeError, property code: changed, wire addition, Rust -"],
    },
    Edit {
        name: "a secret",
        edit: |d| {
            put(
                d,
                "/definitions/JobAddParameter/properties/displayName/x-ms-secret",
                json!(true),
            )
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
        edit: |d| {
            put(
                d,
                "/definitions/JobAddParameter/properties/displayName/x-ms-client-name",
                json!("label"),
            )
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
    Edit {
        name: "a property under another name",
        edit: |d| {
            let moved = take(
                d,
                "/definitions/PoolResizeParameter/properties/resizeTimeout",
            );
            put(
                d,
                "/definitions/PoolResizeParameter/properties/resizeTimeouts",
                moved,
            );
        },
        there: &[
            "model PoolResizeParameter, property resizeTimeouts: renamed, wire breaking, Rust breaking; \
                  -models::PoolResizeParameter::resize_timeout +models::PoolResizeParameter::resize_timeouts",
        ],
        back: &[
            "model PoolResizeParameter, property resizeTimeout: renamed, wire breaking, Rust breaking; \
                 -models::PoolResizeParameter::resize_timeouts +models::PoolResizeParameter::resize_timeout",
        ],
    },
    Edit {
        name: "a property under another name on the wire alone",
        edit: |d| {
            let mut moved = take(
                d,
                "/definitions/PoolResizeParameter/properties/resizeTimeout",
            );
            moved["x-ms-client-name"] = json!("resizeTimeout");
            put(
                d,
                "/definitions/PoolResizeParameter/properties/patience",
                moved,
            );
        },
        there: &[
            "model PoolResizeParameter, property patience: renamed, wire breaking, Rust behaviour; \
             ~models::PoolResizeParameter::resize_timeout",
        ],
        back: &[
            "model PoolResizeParameter, property resizeTimeout: renamed, wire breaking, Rust behaviour; \
             ~models::PoolResizeParameter::resize_timeout",
        ],
    },
    Edit {
        name: "a model under another name",
        edit: |d| {
            let text = d.to_string();
            let text = text.replace("#/definitions/OSDisk\"", "#/definitions/SystemDisk\"");
            *d = serde_json::from_str(&text.replace("\"OSDisk\":", "\"SystemDisk\":"))
                .expect("JSON");
        },
        there: &[
            "model SystemDisk: renamed, wire -, Rust breaking; -models::OSDisk +models::SystemDisk",
        ],
        back: &[
            "model OSDisk: renamed, wire -, Rust breaking; -models::SystemDisk +models::OSDisk",
        ],
    },
    Edit {
        name: "a model that nothing holds",
        edit: |d| {
            let definition =
                json!({ "type": "object", "properties": { "a": { "type": "string" } } });
            put(d, "/definitions/Unheard", definition);
        },
        there: &["model Unheard: added, wire -, Rust addition; +models::Unheard"],
        back: &["model Unheard: removed, wire -, Rust breaking; -models::Unheard"],
    },
    Edit {
        name: "a model that was only sent is received, too",
        edit: |d| {
            let held = json!({ "$ref": "#/definitions/CertificateAddParameter" });
            put(d, "/definitions/ResizeError/properties/held", held);
        },
        there: &[
            "model CertificateAddParameter, property data: changed, wire -, Rust breaking; \
             ~models::CertificateAddParameter::data",
            "model CertificateAddParameter, property thumbprint: changed, wire -, Rust breaking; \
             ~models::CertificateAddParameter::thumbprint",
            "model CertificateAddParameter, property thumbprintAlgorithm: changed, wire -, Rust breaking; \
             ~models::CertificateAddParameter::thumbprint_algorithm",
            "model ResizeError, property held: added, wire addition, Rust addition; +models::ResizeError::held",
        ],
        back: &[
            "model CertificateAddParameter, property data: changed, wire -, Rust breaking; \
             ~models::CertificateAddParameter::data",
            "model CertificateAddParameter, property thumbprint: changed, wire -, Rust breaking; \
             ~models::CertificateAddParameter::thumbprint",
            "model CertificateAddParameter, property thumbprintAlgorithm: changed, wire -, Rust breaking; \
             ~models::CertificateAddParameter::thumbprint_algorithm",
            "model ResizeError, property held: removed, wire breaking, Rust breaking; -models::ResizeError::held",
        ],
    },
    Edit {
        name: "an enum value in what goes both ways",
        edit: |d| {
            push(d, "/definitions/CachingType/enum", json!("writeonly"));
            push(
                d,
                "/definitions/CachingType/x-ms-enum/values",
                json!({ "value": "writeonly", "name": "writeOnly" }),
            );
        },
        there: &[
            "enum CachingType, value writeonly: added, wire addition, Rust addition; +models::CachingType::WriteOnly",
        ],
        back: &[
            "enum CachingType, value writeonly: removed, wire breaking, Rust breaking; -models::CachingType::WriteOnly",
        ],
    },
    Edit {
        name: "an enum value in what is received",
        edit: |d| {
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
        there: &[
            "enum ComputeNodeState, value asleep: added, wire addition, Rust addition; \
                  +models::ComputeNodeState::Asleep",
        ],
        back: &[
            "enum ComputeNodeState, value asleep: removed, wire behaviour, Rust breaking; \
                 -models::ComputeNodeState::Asleep",
        ],
    },
    Edit {
        name: "an enum value in another case",
        edit: |d| {
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
        there: &[
            "enum CachingType, value readonly: changed, wire behaviour, Rust behaviour; ~models::CachingType::ReadOnly",
        ],
        back: &[
            "enum CachingType, value readOnly: changed, wire behaviour, Rust behaviour; ~models::CachingType::ReadOnly",
        ],
    },
    Edit {
        name: "the Rust name of an enum value",
        edit: |d| {
            put(
                d,
                "/definitions/CachingType/x-ms-enum/values/1/name",
                json!("lookOnly"),
            )
        },
        there: &[
            "enum CachingType, value readonly: changed, wire -, Rust breaking; \
                  -models::CachingType::ReadOnly +models::CachingType::LookOnly",
        ],
        back: &[
            "enum CachingType, value readonly: changed, wire -, Rust breaking; \
                 -models::CachingType::LookOnly +models::CachingType::ReadOnly",
        ],
    },
    Edit {
        name: "modelAsString",
        edit: |d| {
            put(
                d,
                "/definitions/CachingType/x-ms-enum/modelAsString",
                json!(true),
            )
        },
        there: &["enum CachingType, modelAsString: changed, wire documentation, Rust -"],
        back: &["enum CachingType, modelAsString: changed, wire documentation, Rust -"],
    },
    Edit {
        name: "an enum under another name",
        edit: |d| {
            put(
                d,
                "/definitions/CachingType/x-ms-enum/name",
                json!("Caching"),
            )
        },
        there: &[
            "enum Caching: renamed, wire -, Rust breaking; -models::CachingType +models::Caching",
        ],
        back: &[
            "enum CachingType: renamed, wire -, Rust breaking; -models::Caching +models::CachingType",
        ],
    },
    Edit {
        name: "an enum in the place of its reference",
        edit: |d| {
            let inline = d["definitions"]["CachingType"].clone();
            put(d, "/definitions/OSDisk/properties/caching", inline);
        },
        there: &["model OSDisk: texts, wire documentation, Rust documentation"],
        back: &["model OSDisk: texts, wire documentation, Rust documentation"],
    },
    Edit {
        name: "texts of a model",
        edit: |d| {
            put(d, "/definitions/OSDisk/description", json!("Another text."));
            put(
                d,
                "/definitions/OSDisk/properties/caching/description",
                json!("Another text."),
            );
            put(
                d,
                "/definitions/CachingType/x-ms-enum/values/0/description",
                json!("Another text."),
            );
        },
        there: &[
            "model OSDisk: texts, wire documentation, Rust documentation",
            "enum CachingType: texts, wire documentation, Rust documentation",
        ],
        back: &[
            "model OSDisk: texts, wire documentation, Rust documentation",
            "enum CachingType: texts, wire documentation, Rust documentation",
        ],
    },
];

const OPERATIONS: &[Edit] = &[
    Edit {
        name: "an operation gone",
        edit: |d| {
            take(d, "/paths/~1pools~1{poolId}~1enableautoscale");
        },
        there: &[
            "operation Pool_EnableAutoScale: removed, wire breaking, Rust breaking; \
                  -operations::pool::Operations::enable_auto_scale",
        ],
        back: &[
            "operation Pool_EnableAutoScale: added, wire addition, Rust addition; \
                 +operations::pool::Operations::enable_auto_scale",
        ],
    },
    Edit {
        name: "an operation under another id",
        edit: |d| operation(d, "Pool_Exists")["operationId"] = json!("Pool_IsThere"),
        there: &["operation Pool_IsThere: renamed, wire -, Rust breaking; \
                  -operations::pool::Operations::exists +operations::pool::Operations::is_there"],
        back: &["operation Pool_Exists: renamed, wire -, Rust breaking; \
                 -operations::pool::Operations::is_there +operations::pool::Operations::exists"],
    },
    Edit {
        name: "another path",
        edit: |d| {
            let item = take(d, "/paths/~1pools~1{poolId}~1enableautoscale");
            put(d, "/paths/~1pools~1{poolId}~1autoscale", item);
        },
        there: &[
            "operation Pool_EnableAutoScale, verb and path: changed, wire breaking, Rust behaviour; \
                  ~operations::pool::Operations::enable_auto_scale",
        ],
        back: &[
            "operation Pool_EnableAutoScale, verb and path: changed, wire breaking, Rust behaviour; \
                 ~operations::pool::Operations::enable_auto_scale",
        ],
    },
    Edit {
        name: "another verb",
        edit: |d| {
            let post = take(d, "/paths/~1pools~1{poolId}~1enableautoscale/post");
            put(d, "/paths/~1pools~1{poolId}~1enableautoscale/put", post);
        },
        there: &[
            "operation Pool_EnableAutoScale, verb and path: changed, wire breaking, Rust behaviour; \
                  ~operations::pool::Operations::enable_auto_scale",
        ],
        back: &[
            "operation Pool_EnableAutoScale, verb and path: changed, wire breaking, Rust behaviour; \
                 ~operations::pool::Operations::enable_auto_scale",
        ],
    },
    Edit {
        name: "a path parameter by another name",
        edit: |d| {
            let item = take(d, "/paths/~1pools~1{poolId}~1enableautoscale");
            put(d, "/paths/~1pools~1{id}~1enableautoscale", item);
            let description = d["parameters"]["PoolId"]["description"].clone();
            operation(d, "Pool_EnableAutoScale")["parameters"][0] = json!({ "name": "id", "in": "path", "required": true, "type": "string", "description": description });
        },
        there: &[
            "operation Pool_EnableAutoScale, parameter id: changed, wire -, Rust documentation; \
                  ~operations::pool::Operations::enable_auto_scale",
        ],
        back: &[
            "operation Pool_EnableAutoScale, parameter poolId: changed, wire -, Rust documentation; \
                 ~operations::pool::Operations::enable_auto_scale",
        ],
    },
    Edit {
        name: "a shared parameter and response in place",
        edit: |d| {
            let (timeout, done) = (
                d["parameters"]["Timeout"].clone(),
                d["responses"]["Done"].clone(),
            );
            let operation = operation(d, "Pool_EnableAutoScale");
            operation["parameters"][2] = timeout;
            operation["responses"]["200"] = done;
        },
        there: &[],
        back: &[],
    },
    Edit {
        name: "the order of optional parameters",
        edit: |d| {
            let parameters = operation(d, "Pool_List")["parameters"]
                .as_array_mut()
                .expect("parameters");
            parameters.reverse();
        },
        there: &[],
        back: &[],
    },
    Edit {
        name: "the order of required parameters",
        edit: |d| {
            let parameters = operation(d, "File_DeleteFromTask")["parameters"]
                .as_array_mut()
                .expect("parameters");
            parameters.swap(0, 1);
        },
        there: &[
            "operation File_DeleteFromTask, order: changed, wire -, Rust breaking; \
                  ~operations::file::Operations::delete_from_task",
        ],
        back: &[
            "operation File_DeleteFromTask, order: changed, wire -, Rust breaking; \
                 ~operations::file::Operations::delete_from_task",
        ],
    },
    Edit {
        name: "an optional parameter",
        edit: |d| {
            let novel = json!({ "name": "novel", "in": "query", "type": "boolean" });
            push(operation(d, "Pool_List"), "/parameters", novel);
        },
        there: &[
            "operation Pool_List, parameter novel: added, wire addition, Rust addition; \
                  +operations::pool::List::novel",
        ],
        back: &[
            "operation Pool_List, parameter novel: removed, wire breaking, Rust breaking; \
                 -operations::pool::List::novel",
        ],
    },
    Edit {
        name: "a required parameter",
        edit: |d| {
            let novel =
                json!({ "name": "novel", "in": "query", "required": true, "type": "boolean" });
            push(operation(d, "Pool_List"), "/parameters", novel);
        },
        there: &[
            "operation Pool_List, parameter novel: added, wire breaking, Rust breaking; \
                  ~operations::pool::Operations::list",
        ],
        back: &[
            "operation Pool_List, parameter novel: removed, wire breaking, Rust breaking; \
                 ~operations::pool::Operations::list",
        ],
    },
    Edit {
        name: "a parameter that the client sends with every call",
        edit: |d| {
            operation(d, "Pool_List")["parameters"]
                .as_array_mut()
                .expect("parameters")
                .retain(|p| p["$ref"] != "#/parameters/OcpDate");
        },
        there: &["operation Pool_List, parameter ocp-date: removed, wire breaking, Rust -"],
        back: &["operation Pool_List, parameter ocp-date: added, wire addition, Rust -"],
    },
    Edit {
        name: "a parameter becomes required",
        edit: |d| {
            let mut select = d["parameters"]["Expand"].clone();
            select["required"] = json!(true);
            operation(d, "Pool_Get")["parameters"][2] = select;
        },
        there: &[
            "operation Pool_Get, parameter $expand: changed, wire breaking, Rust breaking; \
                  ~operations::pool::Operations::get -operations::pool::Get::expand",
        ],
        back: &[
            "operation Pool_Get, parameter $expand: changed, wire addition, Rust breaking; \
                 ~operations::pool::Operations::get +operations::pool::Get::expand",
        ],
    },
    Edit {
        name: "the type of a parameter",
        edit: |d| {
            let mut most = d["parameters"]["MaxResults"].clone();
            most["format"] = json!("int64");
            operation(d, "Pool_List")["parameters"][3] = most;
        },
        there: &[
            "operation Pool_List, parameter maxresults: changed, wire addition, Rust breaking; \
                  ~operations::pool::List::max_results",
        ],
        back: &[
            "operation Pool_List, parameter maxresults: changed, wire breaking, Rust breaking; \
                 ~operations::pool::List::max_results",
        ],
    },
    Edit {
        name: "the bounds of a parameter",
        edit: |d| {
            let mut most = d["parameters"]["MaxResults"].clone();
            most["maximum"] = json!(500);
            operation(d, "Pool_List")["parameters"][3] = most;
        },
        there: &["operation Pool_List, parameter maxresults: changed, wire breaking, Rust -"],
        back: &["operation Pool_List, parameter maxresults: changed, wire addition, Rust -"],
    },
    Edit {
        name: "the default of a parameter",
        edit: |d| {
            let mut most = d["parameters"]["MaxResults"].clone();
            most["default"] = json!(100);
            operation(d, "Pool_List")["parameters"][3] = most;
        },
        there: &[
            "operation Pool_List, parameter maxresults: changed, wire behaviour, Rust behaviour; \
                  ~operations::pool::List::max_results",
        ],
        back: &[
            "operation Pool_List, parameter maxresults: changed, wire behaviour, Rust behaviour; \
                 ~operations::pool::List::max_results",
        ],
    },
    Edit {
        name: "the values of a parameter",
        edit: |d| {
            let mut expand = d["parameters"]["Expand"].clone();
            expand["enum"] = json!(["stats"]);
            operation(d, "Pool_List")["parameters"][2] = expand;
        },
        there: &["operation Pool_List, parameter $expand: changed, wire breaking, Rust -"],
        back: &["operation Pool_List, parameter $expand: changed, wire addition, Rust -"],
    },
    Edit {
        name: "the place of a parameter",
        edit: |d| {
            let mut match_ = d["parameters"]["IfMatch"].clone();
            match_["in"] = json!("query");
            operation(d, "Pool_EnableAutoScale")["parameters"][6] = match_;
        },
        there: &[
            "operation Pool_EnableAutoScale, parameter If-Match: changed, wire breaking, Rust behaviour; \
                  ~operations::pool::EnableAutoScale::if_match",
        ],
        back: &[
            "operation Pool_EnableAutoScale, parameter If-Match: changed, wire breaking, Rust behaviour; \
                 ~operations::pool::EnableAutoScale::if_match",
        ],
    },
    Edit {
        name: "the case of a parameter in the query",
        edit: |d| {
            let mut most = d["parameters"]["MaxResults"].clone();
            most["name"] = json!("maxResults");
            operation(d, "Pool_List")["parameters"][3] = most;
        },
        there: &[
            "operation Pool_List, parameter maxResults: changed, wire breaking, Rust behaviour; \
                  ~operations::pool::List::max_results",
        ],
        back: &[
            "operation Pool_List, parameter maxresults: changed, wire breaking, Rust behaviour; \
                 ~operations::pool::List::max_results",
        ],
    },
    Edit {
        name: "the case of a parameter in a header",
        edit: |d| {
            let mut match_ = d["parameters"]["IfMatch"].clone();
            match_["name"] = json!("if-match");
            operation(d, "Pool_EnableAutoScale")["parameters"][6] = match_;
        },
        there: &[],
        back: &[],
    },
    Edit {
        name: "an optional body becomes required",
        edit: |d| operation(d, "Job_Terminate")["parameters"][1]["required"] = json!(true),
        there: &[
            "operation Job_Terminate, body: changed, wire breaking, Rust breaking; \
                  ~operations::job::Operations::terminate -operations::job::Terminate::body",
        ],
        back: &[
            "operation Job_Terminate, body: changed, wire addition, Rust breaking; \
                 ~operations::job::Operations::terminate +operations::job::Terminate::body",
        ],
    },
    Edit {
        // Nobody sends the two models then, so what they hold is no matter of the wire.
        name: "another body",
        edit: |d| {
            operation(d, "Job_Terminate")["parameters"][1]["schema"] =
                json!({ "$ref": "#/definitions/JobDisableParameter" });
        },
        there: &[
            "operation Job_Terminate, body: changed, wire breaking, Rust breaking; ~operations::job::Terminate::body",
        ],
        back: &[
            "operation Job_Terminate, body: changed, wire breaking, Rust breaking; ~operations::job::Terminate::body",
        ],
    },
    Edit {
        name: "a body gone",
        edit: |d| {
            operation(d, "Pool_EnableAutoScale")["parameters"]
                .as_array_mut()
                .expect("parameters")
                .remove(1);
        },
        there: &[
            "operation Pool_EnableAutoScale, body: removed, wire breaking, Rust breaking; \
                  ~operations::pool::Operations::enable_auto_scale",
        ],
        back: &[
            "operation Pool_EnableAutoScale, body: added, wire breaking, Rust breaking; \
                 ~operations::pool::Operations::enable_auto_scale",
        ],
    },
    Edit {
        name: "another status of success",
        edit: |d| {
            let done = take(operation(d, "Pool_EnableAutoScale"), "/responses/200");
            put(operation(d, "Pool_EnableAutoScale"), "/responses/202", done);
        },
        there: &[
            "operation Pool_EnableAutoScale, answer 200: removed, wire behaviour, Rust behaviour; \
             ~operations::pool::Operations::enable_auto_scale",
            "operation Pool_EnableAutoScale, answer 202: added, wire behaviour, Rust behaviour; \
             ~operations::pool::Operations::enable_auto_scale",
        ],
        back: &[
            "operation Pool_EnableAutoScale, answer 200: added, wire behaviour, Rust behaviour; \
             ~operations::pool::Operations::enable_auto_scale",
            "operation Pool_EnableAutoScale, answer 202: removed, wire behaviour, Rust behaviour; \
             ~operations::pool::Operations::enable_auto_scale",
        ],
    },
    Edit {
        name: "a 404 that was an answer of its own",
        edit: |d| {
            take(operation(d, "Pool_Exists"), "/responses/404");
        },
        there: &[
            "operation Pool_Exists, answer 404: removed, wire behaviour, Rust breaking; \
                  ~operations::pool::Operations::exists",
        ],
        back: &[
            "operation Pool_Exists, answer 404: added, wire behaviour, Rust breaking; \
                 ~operations::pool::Operations::exists",
        ],
    },
    Edit {
        name: "an answer with another body",
        edit: |d| {
            put(
                operation(d, "Pool_Get"),
                "/responses/200/schema",
                json!({ "$ref": "#/definitions/CloudJob" }),
            )
        },
        there: &[
            "operation Pool_Get, answer 200: changed, wire breaking, Rust breaking; ~operations::pool::Operations::get",
        ],
        back: &[
            "operation Pool_Get, answer 200: changed, wire breaking, Rust breaking; ~operations::pool::Operations::get",
        ],
    },
    Edit {
        name: "an answer without its body",
        edit: |d| {
            take(operation(d, "Pool_Get"), "/responses/200/schema");
        },
        there: &[
            "operation Pool_Get, answer 200: changed, wire breaking, Rust breaking; ~operations::pool::Operations::get",
        ],
        back: &[
            "operation Pool_Get, answer 200: changed, wire addition, Rust breaking; ~operations::pool::Operations::get",
        ],
    },
    Edit {
        name: "a header that others have, too",
        edit: |d| {
            take(operation(d, "Pool_Get"), "/responses/200/headers/ETag");
        },
        there: &[
            "operation Pool_Get, header ETag of answer 200: removed, wire breaking, Rust behaviour; ~Response::etag",
        ],
        back: &[
            "operation Pool_Get, header ETag of answer 200: added, wire addition, Rust addition; ~Response::etag",
        ],
    },
    Edit {
        name: "a header that no other has",
        edit: |d| {
            put(
                operation(d, "Pool_Get"),
                "/responses/200/headers/x-novel",
                json!({ "type": "integer", "format": "int64" }),
            )
        },
        there: &[
            "operation Pool_Get, header x-novel of answer 200: added, wire addition, Rust addition; +Response::x_novel",
        ],
        back: &[
            "operation Pool_Get, header x-novel of answer 200: removed, wire breaking, Rust breaking; -Response::x_novel",
        ],
    },
    Edit {
        name: "the case of a header",
        edit: |d| {
            let etag = take(operation(d, "Pool_Get"), "/responses/200/headers/ETag");
            put(
                operation(d, "Pool_Get"),
                "/responses/200/headers/etag",
                etag,
            );
        },
        there: &[],
        back: &[],
    },
    Edit {
        name: "no pages any more",
        edit: |d| {
            take(operation(d, "Pool_List"), "/x-ms-pageable");
        },
        there: &[
            "operation Pool_List, paging: changed, wire behaviour, Rust breaking; ~operations::pool::Operations::list",
        ],
        back: &[
            "operation Pool_List, paging: changed, wire breaking, Rust breaking; ~operations::pool::Operations::list",
        ],
    },
    Edit {
        name: "another next link",
        edit: |d| {
            put(
                operation(d, "Pool_List"),
                "/x-ms-pageable/nextLinkName",
                json!("nextLink"),
            )
        },
        there: &[
            "operation Pool_List, paging: changed, wire breaking, Rust behaviour; ~operations::pool::Operations::list",
        ],
        back: &[
            "operation Pool_List, paging: changed, wire breaking, Rust behaviour; ~operations::pool::Operations::list",
        ],
    },
    Edit {
        name: "the items by their usual name",
        edit: |d| {
            put(
                operation(d, "Pool_List"),
                "/x-ms-pageable/itemName",
                json!("value"),
            )
        },
        there: &[],
        back: &[],
    },
    Edit {
        name: "deprecated",
        edit: |d| put(operation(d, "Pool_Get"), "/deprecated", json!(true)),
        there: &[
            "operation Pool_Get, deprecated: changed, wire behaviour, Rust behaviour; ~operations::pool::Operations::get",
        ],
        back: &[
            "operation Pool_Get, deprecated: changed, wire behaviour, Rust behaviour; ~operations::pool::Operations::get",
        ],
    },
    Edit {
        name: "another media type of one operation",
        edit: |d| {
            put(
                operation(d, "Pool_Get"),
                "/produces",
                json!(["application/json", "text/json"]),
            )
        },
        there: &[
            "operation Pool_Get, produces: changed, wire addition, Rust behaviour; ~operations::pool::Operations::get",
        ],
        back: &[
            "operation Pool_Get, produces: changed, wire breaking, Rust behaviour; ~operations::pool::Operations::get",
        ],
    },
    Edit {
        name: "texts of an operation",
        edit: |d| operation(d, "Pool_Get")["summary"] = json!("Another text."),
        there: &["operation Pool_Get: texts, wire documentation, Rust documentation"],
        back: &["operation Pool_Get: texts, wire documentation, Rust documentation"],
    },
];

const WHOLE: &[Edit] = &[
    Edit {
        name: "another version",
        edit: |d| put(d, "/info/version", json!("2030-01-01.1.0")),
        there: &["the description, version: changed, wire behaviour, Rust behaviour; ~API_VERSION"],
        back: &["the description, version: changed, wire behaviour, Rust behaviour; ~API_VERSION"],
    },
    Edit {
        name: "a scheme before the host",
        edit: |d| put(d, "/x-ms-parameterized-host/useSchemePrefix", json!(true)),
        there: &["the description, host: changed, wire breaking, Rust -"],
        back: &["the description, host: changed, wire breaking, Rust -"],
    },
    Edit {
        name: "the name of the host's parameter",
        edit: |d| {
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
        name: "fewer ways to authenticate",
        edit: |d| {
            d["security"].as_array_mut().expect("security").pop();
        },
        there: &["the description, security: changed, wire breaking, Rust -"],
        back: &["the description, security: changed, wire breaking, Rust -"],
    },
    Edit {
        name: "the media types of all bodies",
        edit: |d| put(d, "/consumes", json!(["application/json"])),
        there: &["the description, consumes: changed, wire breaking, Rust behaviour"],
        back: &["the description, consumes: changed, wire breaking, Rust behaviour"],
    },
    Edit {
        name: "texts of the description",
        edit: |d| put(d, "/info/description", json!("Another text.")),
        there: &["the description: texts, wire documentation, Rust documentation"],
        back: &["the description: texts, wire documentation, Rust documentation"],
    },
];
