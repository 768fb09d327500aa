//! Tests of each deviation.

use axum::body::Body;
use axum::body::HttpBody as _;
use serde_json::json;

use super::*;
use crate::generated::MODELS;
use crate::table::operation;
use crate::version::Version;

/// Returns the operation's reply with this object after the pass.
fn passed(id: &str, object: Value) -> Value {
    let Value::Object(object) = object else {
        panic!("{object}");
    };
    let content = Content::Object(object);
    let mut reply = Reply {
        content,
        ..Reply::default()
    };
    apply(operation(id).unwrap(), &mut reply);
    match reply.content {
        Content::Object(object) => object.into(),
        other => panic!("{other:?}"),
    }
}

/// Fails if a list no longer matches the description.
#[test]
fn every_list_entry_matches_the_description() {
    fn values(kind: &Kind) -> Option<&'static [&'static str]> {
        match kind {
            Kind::Enum(values) => Some(values),
            Kind::Array(kind) => values(kind),
            _ => None,
        }
    }
    let enums: Vec<_> = MODELS
        .iter()
        .flat_map(|model| model.properties)
        .filter_map(|p| values(&p.kind))
        .collect();
    for spelled in SPELLINGS {
        assert!(
            enums.iter().any(|values| is_of(spelled, values)),
            "{spelled:?}"
        );
    }
    for (model, name) in LEFT_OUT.iter().chain(TIMED_BY_NODES) {
        let model = table::model(model).unwrap();
        assert!(
            model
                .properties
                .iter()
                .any(|property| property.name == *name),
            "{name}"
        );
    }
    for (model, name) in ADDED {
        let model = table::model(model).unwrap();
        assert!(
            model
                .properties
                .iter()
                .all(|property| property.name != *name || !property.span.has(Version::default())),
            "{name}"
        );
    }
}

#[test]
fn enums_have_the_live_services_spelling() {
    let pool = json!({
        "state": "active",
        "taskSchedulingPolicy": {"nodeFillType": "spread"},
        "certificateReferences": [{"thumbprint": "a", "storeLocation": "localmachine", "visibility": ["task"]}],
        "virtualMachineConfiguration": {
            "osDisk": {"caching": "readwrite", "managedDisk": {"storageAccountType": "premium_lrs"}},
            "dataDisks": [{"lun": 0, "caching": "NONE"}],
            "securityProfile": {"securityType": "trustedLaunch"},
            "nodePlacementConfiguration": {"policy": "zonal"},
        },
    });
    let wanted = json!({
        "state": "active",
        "taskSchedulingPolicy": {"nodeFillType": "Spread"},
        "certificateReferences": [{"thumbprint": "a", "storeLocation": "LocalMachine", "visibility": ["task"]}],
        "virtualMachineConfiguration": {
            "osDisk": {"caching": "ReadWrite", "managedDisk": {"storageAccountType": "premium_lrs"}},
            "dataDisks": [{"lun": 0, "caching": "None"}],
            "securityProfile": {"securityType": "trustedlaunch"},
            "nodePlacementConfiguration": {"policy": "Zonal"},
        },
    });
    assert_eq!(passed("Pool_Get", pool.clone()), wanted);
    assert_eq!(
        passed("Pool_List", json!({"value": [pool]})),
        json!({"value": [wanted]})
    );
    let task = json!({
        "outputFiles": [{"uploadOptions": {"uploadCondition": "taskcompletion"}}],
        "executionInfo": {"result": "success", "failureInfo": {"category": "usererror"}},
    });
    let wanted = json!({
        "outputFiles": [{"uploadOptions": {"uploadCondition": "TaskCompletion"}}],
        "executionInfo": {"result": "success", "failureInfo": {"category": "UserError"}},
    });
    assert_eq!(passed("Task_Get", task), wanted);
}

#[test]
fn wide_integers_and_statistics_are_strings() {
    let file = json!({"value": [{"properties": {"contentLength": 13}}]});
    let wanted = json!({"value": [{"properties": {"contentLength": "13"}}]});
    assert_eq!(passed("File_ListFromTask", file), wanted);
    let task =
        json!({"stats": {"readIOps": 7, "readIOGiB": 10.0, "writeIOGiB": 0.5}, "requiredSlots": 1});
    let wanted = json!({"stats": {"readIOps": "7", "readIOGiB": "10.0", "writeIOGiB": "0.5"}, "requiredSlots": 1});
    assert_eq!(passed("Task_Get", task), wanted);
}

#[test]
fn properties_are_left_out_and_added() {
    let application = json!({"id": "a", "displayName": "A", "versions": []});
    assert_eq!(
        passed("Application_Get", application),
        json!({"id": "a", "versions": []})
    );
    let counts = json!({"value": [{"poolId": "p", "dedicated": {"idle": 1, "upgradingOS": 0}}]});
    let wanted = json!({"value": [{"poolId": "p", "dedicated": {"idle": 1, "deallocated": 0, "deallocating": 0}}]});
    assert_eq!(passed("Account_ListPoolNodeCounts", counts), wanted);
    let endpoint =
        json!({"endpointConfiguration": {"inboundEndpoints": [{"name": "n", "publicFQDN": "h"}]}});
    let wanted = json!({"endpointConfiguration": {"inboundEndpoints": [{"name": "n"}]}});
    assert_eq!(passed("ComputeNode_Get", endpoint), wanted);
}

#[test]
fn times_of_nodes_have_microseconds_without_zeros() {
    for (time, wanted) in [
        ("2025-03-19T18:45:14.9591907Z", "2025-03-19T18:45:14.95919Z"),
        ("2025-03-19T18:45:14.639384Z", "2025-03-19T18:45:14.639384Z"),
        ("2025-03-19T18:45:14.0000009Z", "2025-03-19T18:45:14Z"),
        ("2025-03-19T18:45:14Z", "2025-03-19T18:45:14Z"),
    ] {
        let node = json!({"lastBootTime": time, "allocationTime": time});
        let wanted = json!({"lastBootTime": wanted, "allocationTime": time});
        assert_eq!(passed("ComputeNode_Get", node), wanted);
    }
}

#[test]
fn results_are_reordered() {
    let ids = |count: usize| -> Vec<Value> {
        (0..count)
            .map(|n| json!({"taskId": format!("t{n}")}))
            .collect()
    };
    for count in [2, 3, 100] {
        let requested = ids(count);
        let object = json!({"value": requested});
        let answered = passed("Task_AddCollection", object.clone());
        assert_eq!(passed("Task_AddCollection", object), answered);
        let answered = answered["value"].as_array().unwrap().clone();
        assert_ne!(answered, requested);
        assert!(
            requested.iter().all(|result| answered.contains(result)) && answered.len() == count
        );
    }
    assert_eq!(
        passed("Task_AddCollection", json!({"value": ids(1)})),
        json!({"value": ids(1)})
    );
}

#[tokio::test]
async fn a_file_is_sent_without_its_length() {
    let response = Response::builder()
        .header(IS_DIRECTORY, "false")
        .body(Body::from("text"))
        .unwrap();
    assert_eq!(response.body().size_hint().exact(), Some(4));
    let sent = send(response);
    assert_eq!(sent.headers()[IS_DIRECTORY], "False");
    assert_eq!(sent.body().size_hint().exact(), None);
    let bytes = axum::body::to_bytes(sent.into_body(), 9).await.unwrap();
    assert_eq!(bytes, "text");
}
