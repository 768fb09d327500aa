//! Operations: verb, path, media types, deprecation, descriptions.

use serde_json::json;

use super::Edit;
use crate::support::{operation, put, take};

pub(super) const OPERATIONS: &[Edit] = &[
    Edit {
        name: "a removed operation",
        apply: |d| {
            take(d, "/paths/~1pools~1{poolId}~1enableautoscale");
        },
        forward: &[
            "operation Pool_EnableAutoScale: removed, wire breaking, Rust breaking; \
                  -operations::pool::Operations::enable_auto_scale",
        ],
        backward: &[
            "operation Pool_EnableAutoScale: added, wire addition, Rust addition; \
                 +operations::pool::Operations::enable_auto_scale",
        ],
    },
    Edit {
        name: "a renamed operation",
        apply: |d| operation(d, "Pool_Exists")["operationId"] = json!("Pool_IsThere"),
        forward: &["operation Pool_IsThere: renamed, wire -, Rust breaking; \
                  -operations::pool::Operations::exists +operations::pool::Operations::is_there"],
        backward: &["operation Pool_Exists: renamed, wire -, Rust breaking; \
                 -operations::pool::Operations::is_there +operations::pool::Operations::exists"],
    },
    Edit {
        name: "a different path",
        apply: |d| {
            let item = take(d, "/paths/~1pools~1{poolId}~1enableautoscale");
            put(d, "/paths/~1pools~1{poolId}~1autoscale", item);
        },
        forward: &[
            "operation Pool_EnableAutoScale, verb and path: changed, wire breaking, Rust behaviour; \
                  ~operations::pool::Operations::enable_auto_scale",
        ],
        backward: &[
            "operation Pool_EnableAutoScale, verb and path: changed, wire breaking, Rust behaviour; \
                 ~operations::pool::Operations::enable_auto_scale",
        ],
    },
    Edit {
        name: "a different verb",
        apply: |d| {
            let post = take(d, "/paths/~1pools~1{poolId}~1enableautoscale/post");
            put(d, "/paths/~1pools~1{poolId}~1enableautoscale/put", post);
        },
        forward: &[
            "operation Pool_EnableAutoScale, verb and path: changed, wire breaking, Rust behaviour; \
                  ~operations::pool::Operations::enable_auto_scale",
        ],
        backward: &[
            "operation Pool_EnableAutoScale, verb and path: changed, wire breaking, Rust behaviour; \
                 ~operations::pool::Operations::enable_auto_scale",
        ],
    },
    Edit {
        name: "a renamed path parameter",
        apply: |d| {
            let item = take(d, "/paths/~1pools~1{poolId}~1enableautoscale");
            put(d, "/paths/~1pools~1{id}~1enableautoscale", item);
            let description = d["parameters"]["PoolId"]["description"].clone();
            operation(d, "Pool_EnableAutoScale")["parameters"][0] = json!({ "name": "id", "in": "path", "required": true, "type": "string", "description": description });
        },
        forward: &[
            "operation Pool_EnableAutoScale, parameter id: changed, wire -, Rust documentation; \
                  ~operations::pool::Operations::enable_auto_scale",
        ],
        backward: &[
            "operation Pool_EnableAutoScale, parameter poolId: changed, wire -, Rust documentation; \
                 ~operations::pool::Operations::enable_auto_scale",
        ],
    },
    Edit {
        name: "an inlined parameter and response",
        apply: |d| {
            let (timeout, done) = (
                d["parameters"]["Timeout"].clone(),
                d["responses"]["Done"].clone(),
            );
            let operation = operation(d, "Pool_EnableAutoScale");
            operation["parameters"][2] = timeout;
            operation["responses"]["200"] = done;
        },
        forward: &[],
        backward: &[],
    },
    Edit {
        name: "the order of optional parameters",
        apply: |d| {
            let parameters = operation(d, "Pool_List")["parameters"]
                .as_array_mut()
                .expect("parameters");
            parameters.reverse();
        },
        forward: &[],
        backward: &[],
    },
    Edit {
        name: "the order of required parameters",
        apply: |d| {
            let parameters = operation(d, "File_DeleteFromTask")["parameters"]
                .as_array_mut()
                .expect("parameters");
            parameters.swap(0, 1);
        },
        forward: &[
            "operation File_DeleteFromTask, order: changed, wire -, Rust breaking; \
                  ~operations::file::Operations::delete_from_task",
        ],
        backward: &[
            "operation File_DeleteFromTask, order: changed, wire -, Rust breaking; \
                 ~operations::file::Operations::delete_from_task",
        ],
    },
    Edit {
        name: "deprecated",
        apply: |d| put(operation(d, "Pool_Get"), "/deprecated", json!(true)),
        forward: &[
            "operation Pool_Get, deprecated: changed, wire behaviour, Rust behaviour; ~operations::pool::Operations::get",
        ],
        backward: &[
            "operation Pool_Get, deprecated: changed, wire behaviour, Rust behaviour; ~operations::pool::Operations::get",
        ],
    },
    Edit {
        name: "a different media type of one operation",
        apply: |d| {
            put(
                operation(d, "Pool_Get"),
                "/produces",
                json!(["application/json", "text/json"]),
            );
        },
        forward: &[
            "operation Pool_Get, produces: changed, wire addition, Rust behaviour; ~operations::pool::Operations::get",
        ],
        backward: &[
            "operation Pool_Get, produces: changed, wire breaking, Rust behaviour; ~operations::pool::Operations::get",
        ],
    },
    Edit {
        name: "descriptions of an operation",
        apply: |d| operation(d, "Pool_Get")["summary"] = json!("Another description."),
        forward: &["operation Pool_Get: descriptions, wire documentation, Rust documentation"],
        backward: &["operation Pool_Get: descriptions, wire documentation, Rust documentation"],
    },
];
