//! Parameters and bodies.

use serde_json::json;

use super::Edit;
use crate::support::{operation, push};

pub(super) const PARAMETERS: &[Edit] = &[
    Edit {
        name: "an optional parameter",
        apply: |d| {
            let novel = json!({ "name": "novel", "in": "query", "type": "boolean" });
            push(operation(d, "Pool_List"), "/parameters", novel);
        },
        forward: &[
            "operation Pool_List, parameter novel: added, wire addition, Rust addition; \
                  +operations::pool::List::novel",
        ],
        backward: &[
            "operation Pool_List, parameter novel: removed, wire breaking, Rust breaking; \
                 -operations::pool::List::novel",
        ],
    },
    Edit {
        name: "a required parameter",
        apply: |d| {
            let novel =
                json!({ "name": "novel", "in": "query", "required": true, "type": "boolean" });
            push(operation(d, "Pool_List"), "/parameters", novel);
        },
        forward: &[
            "operation Pool_List, parameter novel: added, wire breaking, Rust breaking; \
                  ~operations::pool::Operations::list",
        ],
        backward: &[
            "operation Pool_List, parameter novel: removed, wire breaking, Rust breaking; \
                 ~operations::pool::Operations::list",
        ],
    },
    Edit {
        name: "a parameter that the client sends with every call",
        apply: |d| {
            operation(d, "Pool_List")["parameters"]
                .as_array_mut()
                .expect("parameters")
                .retain(|p| p["$ref"] != "#/parameters/OcpDate");
        },
        forward: &["operation Pool_List, parameter ocp-date: removed, wire breaking, Rust -"],
        backward: &["operation Pool_List, parameter ocp-date: added, wire addition, Rust -"],
    },
    Edit {
        name: "a parameter becomes required",
        apply: |d| {
            let mut select = d["parameters"]["Expand"].clone();
            select["required"] = json!(true);
            operation(d, "Pool_Get")["parameters"][2] = select;
        },
        forward: &[
            "operation Pool_Get, parameter $expand: changed, wire breaking, Rust breaking; \
                  ~operations::pool::Operations::get -operations::pool::Get::expand",
        ],
        backward: &[
            "operation Pool_Get, parameter $expand: changed, wire addition, Rust breaking; \
                 ~operations::pool::Operations::get +operations::pool::Get::expand",
        ],
    },
    Edit {
        name: "the type of a parameter",
        apply: |d| {
            let mut most = d["parameters"]["MaxResults"].clone();
            most["format"] = json!("int64");
            operation(d, "Pool_List")["parameters"][3] = most;
        },
        forward: &[
            "operation Pool_List, parameter maxresults: changed, wire addition, Rust breaking; \
                  ~operations::pool::List::max_results",
        ],
        backward: &[
            "operation Pool_List, parameter maxresults: changed, wire breaking, Rust breaking; \
                 ~operations::pool::List::max_results",
        ],
    },
    Edit {
        name: "the bounds of a parameter",
        apply: |d| {
            let mut most = d["parameters"]["MaxResults"].clone();
            most["maximum"] = json!(500);
            operation(d, "Pool_List")["parameters"][3] = most;
        },
        forward: &["operation Pool_List, parameter maxresults: changed, wire breaking, Rust -"],
        backward: &["operation Pool_List, parameter maxresults: changed, wire addition, Rust -"],
    },
    Edit {
        name: "the default of a parameter",
        apply: |d| {
            let mut most = d["parameters"]["MaxResults"].clone();
            most["default"] = json!(100);
            operation(d, "Pool_List")["parameters"][3] = most;
        },
        forward: &[
            "operation Pool_List, parameter maxresults: changed, wire behaviour, Rust behaviour; \
                  ~operations::pool::List::max_results",
        ],
        backward: &[
            "operation Pool_List, parameter maxresults: changed, wire behaviour, Rust behaviour; \
                 ~operations::pool::List::max_results",
        ],
    },
    Edit {
        name: "the values of a parameter",
        apply: |d| {
            let mut expand = d["parameters"]["Expand"].clone();
            expand["enum"] = json!(["stats"]);
            operation(d, "Pool_List")["parameters"][2] = expand;
        },
        forward: &["operation Pool_List, parameter $expand: changed, wire breaking, Rust -"],
        backward: &["operation Pool_List, parameter $expand: changed, wire addition, Rust -"],
    },
    Edit {
        name: "the place of a parameter",
        apply: |d| {
            let mut match_ = d["parameters"]["IfMatch"].clone();
            match_["in"] = json!("query");
            operation(d, "Pool_EnableAutoScale")["parameters"][6] = match_;
        },
        forward: &[
            "operation Pool_EnableAutoScale, parameter If-Match: changed, wire breaking, Rust behaviour; \
                  ~operations::pool::EnableAutoScale::if_match",
        ],
        backward: &[
            "operation Pool_EnableAutoScale, parameter If-Match: changed, wire breaking, Rust behaviour; \
                 ~operations::pool::EnableAutoScale::if_match",
        ],
    },
    Edit {
        name: "the case of a parameter in the query",
        apply: |d| {
            let mut most = d["parameters"]["MaxResults"].clone();
            most["name"] = json!("maxResults");
            operation(d, "Pool_List")["parameters"][3] = most;
        },
        forward: &[
            "operation Pool_List, parameter maxResults: changed, wire behaviour, Rust behaviour; \
                  ~operations::pool::List::max_results",
        ],
        backward: &[
            "operation Pool_List, parameter maxresults: changed, wire behaviour, Rust behaviour; \
                 ~operations::pool::List::max_results",
        ],
    },
    Edit {
        name: "the case of a parameter in a header",
        apply: |d| {
            let mut match_ = d["parameters"]["IfMatch"].clone();
            match_["name"] = json!("if-match");
            operation(d, "Pool_EnableAutoScale")["parameters"][6] = match_;
        },
        forward: &[],
        backward: &[],
    },
    Edit {
        name: "an optional body becomes required",
        apply: |d| operation(d, "Job_Terminate")["parameters"][1]["required"] = json!(true),
        forward: &[
            "operation Job_Terminate, body: changed, wire breaking, Rust breaking; \
                  ~operations::job::Operations::terminate -operations::job::Terminate::body",
        ],
        backward: &[
            "operation Job_Terminate, body: changed, wire addition, Rust breaking; \
                 ~operations::job::Operations::terminate +operations::job::Terminate::body",
        ],
    },
    Edit {
        // Then nobody sends the two models, so their content does not affect the wire.
        name: "a different body",
        apply: |d| {
            operation(d, "Job_Terminate")["parameters"][1]["schema"] =
                json!({ "$ref": "#/definitions/JobDisableParameter" });
        },
        forward: &[
            "operation Job_Terminate, body: changed, wire breaking, Rust breaking; ~operations::job::Terminate::body",
        ],
        backward: &[
            "operation Job_Terminate, body: changed, wire breaking, Rust breaking; ~operations::job::Terminate::body",
        ],
    },
    Edit {
        name: "a removed body",
        apply: |d| {
            operation(d, "Pool_EnableAutoScale")["parameters"]
                .as_array_mut()
                .expect("parameters")
                .remove(1);
        },
        forward: &[
            "operation Pool_EnableAutoScale, body: removed, wire breaking, Rust breaking; \
                  ~operations::pool::Operations::enable_auto_scale",
        ],
        backward: &[
            "operation Pool_EnableAutoScale, body: added, wire breaking, Rust breaking; \
                 ~operations::pool::Operations::enable_auto_scale",
        ],
    },
];
