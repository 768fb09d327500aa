//! Responses: status codes, bodies, headers, paging.

use serde_json::json;

use super::Edit;
use crate::support::{operation, put, take};

pub(super) const RESPONSES: &[Edit] = &[
    Edit {
        name: "a different success status",
        apply: |d| {
            let done = take(operation(d, "Pool_EnableAutoScale"), "/responses/200");
            put(operation(d, "Pool_EnableAutoScale"), "/responses/202", done);
        },
        forward: &[
            "operation Pool_EnableAutoScale, response 200: removed, wire behaviour, Rust behaviour; \
             ~operations::pool::Operations::enable_auto_scale",
            "operation Pool_EnableAutoScale, response 202: added, wire behaviour, Rust behaviour; \
             ~operations::pool::Operations::enable_auto_scale",
        ],
        backward: &[
            "operation Pool_EnableAutoScale, response 200: added, wire behaviour, Rust behaviour; \
             ~operations::pool::Operations::enable_auto_scale",
            "operation Pool_EnableAutoScale, response 202: removed, wire behaviour, Rust behaviour; \
             ~operations::pool::Operations::enable_auto_scale",
        ],
    },
    Edit {
        name: "a 404 that was a regular response",
        apply: |d| {
            take(operation(d, "Pool_Exists"), "/responses/404");
        },
        forward: &[
            "operation Pool_Exists, response 404: removed, wire behaviour, Rust breaking; \
                  ~operations::pool::Operations::exists",
        ],
        backward: &[
            "operation Pool_Exists, response 404: added, wire behaviour, Rust breaking; \
                 ~operations::pool::Operations::exists",
        ],
    },
    Edit {
        name: "a response with a different body",
        apply: |d| {
            put(
                operation(d, "Pool_Get"),
                "/responses/200/schema",
                json!({ "$ref": "#/definitions/CloudJob" }),
            );
        },
        forward: &[
            "operation Pool_Get, response 200: changed, wire breaking, Rust breaking; ~operations::pool::Operations::get",
        ],
        backward: &[
            "operation Pool_Get, response 200: changed, wire breaking, Rust breaking; ~operations::pool::Operations::get",
        ],
    },
    Edit {
        name: "a response without its body",
        apply: |d| {
            take(operation(d, "Pool_Get"), "/responses/200/schema");
        },
        forward: &[
            "operation Pool_Get, response 200: changed, wire breaking, Rust breaking; ~operations::pool::Operations::get",
        ],
        backward: &[
            "operation Pool_Get, response 200: changed, wire addition, Rust breaking; ~operations::pool::Operations::get",
        ],
    },
    Edit {
        name: "a header that other responses have, too",
        apply: |d| {
            take(operation(d, "Pool_Get"), "/responses/200/headers/ETag");
        },
        forward: &[
            "operation Pool_Get, header ETag of response 200: removed, wire breaking, Rust behaviour; ~Response::etag",
        ],
        backward: &[
            "operation Pool_Get, header ETag of response 200: added, wire addition, Rust addition; ~Response::etag",
        ],
    },
    Edit {
        name: "a header that no other response has",
        apply: |d| {
            put(
                operation(d, "Pool_Get"),
                "/responses/200/headers/x-novel",
                json!({ "type": "integer", "format": "int64" }),
            );
        },
        forward: &[
            "operation Pool_Get, header x-novel of response 200: added, wire addition, Rust addition; +Response::x_novel",
        ],
        backward: &[
            "operation Pool_Get, header x-novel of response 200: removed, wire breaking, Rust breaking; -Response::x_novel",
        ],
    },
    Edit {
        name: "the case of a header",
        apply: |d| {
            let etag = take(operation(d, "Pool_Get"), "/responses/200/headers/ETag");
            put(
                operation(d, "Pool_Get"),
                "/responses/200/headers/etag",
                etag,
            );
        },
        forward: &[],
        backward: &[],
    },
    Edit {
        name: "no longer paged",
        apply: |d| {
            take(operation(d, "Pool_List"), "/x-ms-pageable");
        },
        forward: &[
            "operation Pool_List, paging: changed, wire behaviour, Rust breaking; ~operations::pool::Operations::list",
        ],
        backward: &[
            "operation Pool_List, paging: changed, wire breaking, Rust breaking; ~operations::pool::Operations::list",
        ],
    },
    Edit {
        name: "a different next link",
        apply: |d| {
            put(
                operation(d, "Pool_List"),
                "/x-ms-pageable/nextLinkName",
                json!("nextLink"),
            );
        },
        forward: &[
            "operation Pool_List, paging: changed, wire breaking, Rust behaviour; ~operations::pool::Operations::list",
        ],
        backward: &[
            "operation Pool_List, paging: changed, wire breaking, Rust behaviour; ~operations::pool::Operations::list",
        ],
    },
    Edit {
        name: "the items by their usual name",
        apply: |d| {
            put(
                operation(d, "Pool_List"),
                "/x-ms-pageable/itemName",
                json!("value"),
            );
        },
        forward: &[],
        backward: &[],
    },
];
