//! Models and their properties under other names, and models of which only the use or the texts
//! differ.

use serde_json::json;

use super::Edit;
use crate::support::{put, take};

pub(super) const MODELS: &[Edit] = &[
    Edit {
        name: "a property under another name",
        apply: |d| {
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
        apply: |d| {
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
        apply: |d| {
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
        apply: |d| {
            let definition =
                json!({ "type": "object", "properties": { "a": { "type": "string" } } });
            put(d, "/definitions/Unheard", definition);
        },
        there: &["model Unheard: added, wire -, Rust addition; +models::Unheard"],
        back: &["model Unheard: removed, wire -, Rust breaking; -models::Unheard"],
    },
    Edit {
        name: "a model that was only sent is received, too",
        apply: |d| {
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
        name: "a model that was only received is sent, too",
        apply: |d| {
            let held = json!({ "$ref": "#/definitions/NodeCounts" });
            put(d, "/definitions/JobAddParameter/properties/held", held);
            // Nobody has sent it before, so that a bound breaks no caller.
            put(
                d,
                "/definitions/NodeCounts/properties/idle/minimum",
                json!(0),
            );
        },
        there: &[
            "model JobAddParameter, property held: added, wire addition, Rust addition; +models::JobAddParameter::held",
            "model NodeCounts, new: added, wire -, Rust addition; +models::NodeCounts::new",
            "model NodeCounts, property idle: changed, wire addition, Rust documentation; ~models::NodeCounts::idle",
        ],
        back: &[
            "model JobAddParameter, property held: removed, wire breaking, Rust breaking; -models::JobAddParameter::held",
            "model NodeCounts, new: removed, wire -, Rust breaking; -models::NodeCounts::new",
            "model NodeCounts, property idle: changed, wire behaviour, Rust documentation; ~models::NodeCounts::idle",
        ],
    },
    Edit {
        name: "a model that nothing holds any more",
        apply: |d| {
            take(d, "/paths/~1applications");
            take(d, "/paths/~1applications~1{applicationId}");
        },
        there: &[
            "operation Application_Get: removed, wire breaking, Rust breaking; -operations::application::Operations::get",
            "operation Application_List: removed, wire breaking, Rust breaking; -operations::application::Operations::list",
            "model ApplicationListResult, new: added, wire -, Rust addition; +models::ApplicationListResult::new",
            "model ApplicationSummary, new: added, wire -, Rust breaking; +models::ApplicationSummary::new",
            "model ApplicationSummary, property displayName: changed, wire -, Rust breaking; ~models::ApplicationSummary::display_name",
            "model ApplicationSummary, property id: changed, wire -, Rust breaking; ~models::ApplicationSummary::id",
            "model ApplicationSummary, property versions: changed, wire -, Rust breaking; ~models::ApplicationSummary::versions",
        ],
        back: &[
            "operation Application_Get: added, wire addition, Rust addition; +operations::application::Operations::get",
            "operation Application_List: added, wire addition, Rust addition; +operations::application::Operations::list",
            "model ApplicationListResult, new: removed, wire -, Rust breaking; -models::ApplicationListResult::new",
            "model ApplicationSummary, new: removed, wire -, Rust breaking; -models::ApplicationSummary::new",
            "model ApplicationSummary, property displayName: changed, wire -, Rust breaking; ~models::ApplicationSummary::display_name",
            "model ApplicationSummary, property id: changed, wire -, Rust breaking; ~models::ApplicationSummary::id",
            "model ApplicationSummary, property versions: changed, wire -, Rust breaking; ~models::ApplicationSummary::versions",
        ],
    },
    Edit {
        name: "texts of a model",
        apply: |d| {
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
