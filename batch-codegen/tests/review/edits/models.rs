//! Renamed models and properties, and models of which only the use or the descriptions differ.

use serde_json::json;

use super::Edit;
use crate::support::{put, take};

pub(super) const MODELS: &[Edit] = &[
    Edit {
        name: "a renamed property",
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
        forward: &[
            "model PoolResizeParameter, property resizeTimeouts: renamed, wire breaking, Rust breaking; \
                  -models::PoolResizeParameter::resize_timeout +models::PoolResizeParameter::resize_timeouts",
        ],
        backward: &[
            "model PoolResizeParameter, property resizeTimeout: renamed, wire breaking, Rust breaking; \
                 -models::PoolResizeParameter::resize_timeouts +models::PoolResizeParameter::resize_timeout",
        ],
    },
    Edit {
        name: "a property renamed only on the wire",
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
        forward: &[
            "model PoolResizeParameter, property patience: renamed, wire breaking, Rust behaviour; \
             ~models::PoolResizeParameter::resize_timeout",
        ],
        backward: &[
            "model PoolResizeParameter, property resizeTimeout: renamed, wire breaking, Rust behaviour; \
             ~models::PoolResizeParameter::resize_timeout",
        ],
    },
    Edit {
        name: "a renamed model",
        apply: |d| {
            let text = d.to_string();
            let text = text.replace("#/definitions/OSDisk\"", "#/definitions/SystemDisk\"");
            *d = serde_json::from_str(&text.replace("\"OSDisk\":", "\"SystemDisk\":"))
                .expect("JSON");
        },
        forward: &[
            "model SystemDisk: renamed, wire -, Rust breaking; -models::OSDisk +models::SystemDisk",
        ],
        backward: &[
            "model OSDisk: renamed, wire -, Rust breaking; -models::SystemDisk +models::OSDisk",
        ],
    },
    Edit {
        name: "a model that nothing uses",
        apply: |d| {
            let definition =
                json!({ "type": "object", "properties": { "a": { "type": "string" } } });
            put(d, "/definitions/Unheard", definition);
        },
        forward: &["model Unheard: added, wire -, Rust addition; +models::Unheard"],
        backward: &["model Unheard: removed, wire -, Rust breaking; -models::Unheard"],
    },
    Edit {
        name: "a model that was only sent is now received, too",
        apply: |d| {
            let held = json!({ "$ref": "#/definitions/CertificateAddParameter" });
            put(d, "/definitions/ResizeError/properties/held", held);
        },
        forward: &[
            "model CertificateAddParameter, property data: changed, wire -, Rust breaking; \
             ~models::CertificateAddParameter::data",
            "model CertificateAddParameter, property thumbprint: changed, wire -, Rust breaking; \
             ~models::CertificateAddParameter::thumbprint",
            "model CertificateAddParameter, property thumbprintAlgorithm: changed, wire -, Rust breaking; \
             ~models::CertificateAddParameter::thumbprint_algorithm",
            "model ResizeError, property held: added, wire addition, Rust addition; +models::ResizeError::held",
        ],
        backward: &[
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
        name: "a model that was only received is now sent, too",
        apply: |d| {
            let held = json!({ "$ref": "#/definitions/NodeCounts" });
            put(d, "/definitions/JobAddParameter/properties/held", held);
            // It was never sent before, so a bound breaks no caller.
            put(
                d,
                "/definitions/NodeCounts/properties/idle/minimum",
                json!(0),
            );
        },
        forward: &[
            "model JobAddParameter, property held: added, wire addition, Rust addition; +models::JobAddParameter::held",
            "model NodeCounts, new: added, wire -, Rust addition; +models::NodeCounts::new",
            "model NodeCounts, property idle: changed, wire addition, Rust documentation; ~models::NodeCounts::idle",
        ],
        backward: &[
            "model JobAddParameter, property held: removed, wire breaking, Rust breaking; -models::JobAddParameter::held",
            "model NodeCounts, new: removed, wire -, Rust breaking; -models::NodeCounts::new",
            "model NodeCounts, property idle: changed, wire behaviour, Rust documentation; ~models::NodeCounts::idle",
        ],
    },
    Edit {
        name: "a model that is no longer used",
        apply: |d| {
            take(d, "/paths/~1applications");
            take(d, "/paths/~1applications~1{applicationId}");
        },
        forward: &[
            "operation Application_Get: removed, wire breaking, Rust breaking; -operations::application::Operations::get",
            "operation Application_List: removed, wire breaking, Rust breaking; -operations::application::Operations::list",
            "model ApplicationListResult, new: added, wire -, Rust addition; +models::ApplicationListResult::new",
            "model ApplicationSummary, new: added, wire -, Rust breaking; +models::ApplicationSummary::new",
            "model ApplicationSummary, property displayName: changed, wire -, Rust breaking; ~models::ApplicationSummary::display_name",
            "model ApplicationSummary, property id: changed, wire -, Rust breaking; ~models::ApplicationSummary::id",
            "model ApplicationSummary, property versions: changed, wire -, Rust breaking; ~models::ApplicationSummary::versions",
        ],
        backward: &[
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
        name: "descriptions of a model",
        apply: |d| {
            put(
                d,
                "/definitions/OSDisk/description",
                json!("Another description."),
            );
            put(
                d,
                "/definitions/OSDisk/properties/caching/description",
                json!("Another description."),
            );
            put(
                d,
                "/definitions/CachingType/x-ms-enum/values/0/description",
                json!("Another description."),
            );
        },
        forward: &[
            "model OSDisk: descriptions, wire documentation, Rust documentation",
            "enum CachingType: descriptions, wire documentation, Rust documentation",
        ],
        backward: &[
            "model OSDisk: descriptions, wire documentation, Rust documentation",
            "enum CachingType: descriptions, wire documentation, Rust documentation",
        ],
    },
];
