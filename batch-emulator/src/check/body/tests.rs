use axum::http::HeaderValue;
use serde_json::json;

use super::*;
use crate::table::operation;
use crate::version::Version;

fn checked(id: &str, content_type: &'static str, bytes: &[u8]) -> Result<Option<Object>, Refusal> {
    let mut headers = HeaderMap::new();
    if !content_type.is_empty() {
        headers.insert("content-type", HeaderValue::from_static(content_type));
    }
    check(operation(id).unwrap(), Version::default(), &headers, bytes)
}

fn object(id: &str, body: &Value) -> Result<Value, Refusal> {
    let bytes = body.to_string();
    let found = checked(id, "application/json", bytes.as_bytes())?;
    Ok(Value::Object(found.unwrap()))
}

fn code(id: &str, body: &Value) -> (&'static str, String) {
    let refusal = object(id, body).unwrap_err();
    (refusal.code, refusal.values[0].1.clone())
}

#[test]
fn a_valid_body_becomes_canonical() {
    let body = json!({
        "odata.metadata": "x", "id": "j-1_A", "displayName": null,
        "poolInfo": {"autoPoolSpecification": {"poolLifetimeOption": "JOB"}},
        "onAllTasksComplete": "TerminateJob", "priority": 7,
        "constraints": {"maxWallClockTime": "P10675199DT2H48M5.4775807S"},
        "metadata": [],
    });
    let expected = json!({
        "id": "j-1_A",
        "poolInfo": {"autoPoolSpecification": {"poolLifetimeOption": "job"}},
        "onAllTasksComplete": "terminatejob", "priority": 7,
        "constraints": {"maxWallClockTime": "P10675199DT2H48M5.4775807S"},
        "metadata": [],
    });
    assert_eq!(object("Job_Add", &body).unwrap(), expected);
}

#[test]
fn errors_of_invalid_values_name_the_property() {
    let pool = json!({"poolId": "p"});
    let upgrade = json!({"id": "p", "vmSize": "a", "upgradePolicy": {
        "mode": "rolling", "rollingUpgradePolicy": {"maxBatchInstancePercent": 101}}});
    let tasks = json!({"value": vec![json!({"id": "t", "commandLine": "c"}); 101]});
    for (id, body, name) in [
        ("Job_Add", json!({"id": "a b", "poolInfo": pool}), "id"),
        ("Job_Add", json!({"id": "", "poolInfo": pool}), "id"),
        (
            "Job_Add",
            json!({"id": "x".repeat(65), "poolInfo": pool}),
            "id",
        ),
        ("Job_Add", json!({"id": "é", "poolInfo": pool}), "id"),
        (
            "Job_Add",
            json!({"id": "a", "poolInfo": pool, "onTaskFailure": "x"}),
            "onTaskFailure",
        ),
        (
            "Job_Add",
            json!({"id": "a", "poolInfo": pool, "constraints": {"maxWallClockTime": "1h"}}),
            "maxWallClockTime",
        ),
        (
            "Job_Add",
            json!({"id": "a", "poolInfo": pool, "priority": 3_000_000_000_i64}),
            "priority",
        ),
        ("Pool_Add", upgrade, "maxBatchInstancePercent"),
        ("Task_AddCollection", tasks, "value"),
        (
            "JobSchedule_Add",
            json!({"id": "s", "schedule": {"doNotRunUntil": "soon"}, "jobSpecification": {"poolInfo": {}}}),
            "doNotRunUntil",
        ),
    ] {
        assert_eq!(
            code(id, &body),
            ("InvalidPropertyValue", name.to_owned()),
            "{body}"
        );
    }
}

#[test]
fn strings_are_converted_to_numbers_and_booleans() {
    let body = json!({"id": "j", "poolInfo": {"poolId": "p"}, "priority": " 7 ", "maxParallelTasks": "-1",
        "usesTaskDependencies": "True", "allowTaskPreemption": "false"});
    let expected = json!({"id": "j", "poolInfo": {"poolId": "p"}, "priority": 7, "maxParallelTasks": -1,
        "usesTaskDependencies": true, "allowTaskPreemption": false});
    assert_eq!(object("Job_Add", &body).unwrap(), expected);
    let kinds = [
        (
            Kind::I64,
            "9007199254740993",
            json!(9_007_199_254_740_993_i64),
        ),
        (Kind::F64, "1e-3", json!(0.001)),
        (Kind::F64, "2", json!(2.0)),
    ];
    let place = Place {
        name: "a",
        path: "a".to_owned(),
        version: Version::default(),
    };
    for (kind, text, wanted) in kinds {
        let checked = check_kind(kind, text.into(), &place).unwrap();
        assert_eq!(checked, wanted, "{text}");
    }
    for (kind, text) in [(Kind::F64, "NaN"), (Kind::I64, "9223372036854775808")] {
        assert!(check_kind(kind, text.into(), &place).is_err(), "{text}");
    }
    let wide = json!({"id": "a", "poolInfo": {"poolId": "p"}, "priority": "3000000000"});
    let refused = ("InvalidPropertyValue", "priority".to_owned());
    assert_eq!(code("Job_Add", &wide), refused);
}

#[test]
fn missing_properties_are_named() {
    for (id, body, name) in [
        ("Job_Add", json!({"id": "a"}), "poolInfo"),
        ("Job_Add", json!({"id": null, "poolInfo": {}}), "id"),
        (
            "Task_AddCollection",
            json!({"value": [{"id": "a"}]}),
            "commandLine",
        ),
    ] {
        assert_eq!(
            code(id, &body),
            ("MissingRequiredProperty", name.to_owned())
        );
    }
}

#[test]
fn errors_of_wrong_types_name_the_position() {
    for (id, body, place) in [
        ("Job_Add", json!([]), "the body:"),
        ("Job_Add", json!({"id": 1}), "id:"),
        ("Job_Add", json!({"ID": "a"}), "ID:"),
        ("Job_Add", json!({"id": "a", "poolInfo": []}), "poolInfo:"),
        (
            "Job_Add",
            json!({"id": "a", "poolInfo": {"x": 1}}),
            "poolInfo.x:",
        ),
        ("Job_Add", json!({"id": "a", "priority": 1.5}), "priority:"),
        ("Job_Add", json!({"id": "a", "priority": ""}), "priority:"),
        (
            "Job_Add",
            json!({"id": "a", "priority": "1.5"}),
            "priority:",
        ),
        (
            "Job_Add",
            json!({"id": "a", "priority": "high"}),
            "priority:",
        ),
        (
            "Job_Add",
            json!({"id": "a", "usesTaskDependencies": "yes"}),
            "usesTaskDependencies:",
        ),
        (
            "Job_Add",
            json!({"id": "a", "metadata": [{"name": "a", "value": "b"}, null]}),
            "metadata[1]:",
        ),
        (
            "Pool_Add",
            json!({"id": "a", "vmSize": "a", "resourceTags": {"a": 1}}),
            "resourceTags.a:",
        ),
    ] {
        let (code, reason) = code(id, &body);
        assert_eq!(code, "InvalidRequestBody", "{body}");
        assert!(reason.starts_with(place), "{reason}");
    }
}

#[test]
fn bodies_that_are_not_json_are_rejected() {
    let deep = "[".repeat(100_000);
    for bytes in [&b"{"[..], b"\xff", b"{} {}", b" ", b"", deep.as_bytes()] {
        let refusal = checked("Job_Add", "application/json", bytes).unwrap_err();
        assert_eq!(refusal.code, "InvalidRequestBody");
    }
    assert_eq!(checked("Job_Terminate", "", b"").unwrap(), None);
    assert_eq!(checked("Job_Enable", "", b"ignored").unwrap(), None);
}

#[test]
fn the_content_type_must_be_json() {
    for good in [
        "application/json",
        "Application/JSON; odata=minimalmetadata; charset=utf-8",
        "application/json;odata=\"MinimalMetadata\"",
    ] {
        assert!(
            checked(
                "Pool_EvaluateAutoScale",
                good,
                b"{\"autoScaleFormula\":\"\"}"
            )
            .is_ok()
        );
    }
    for bad in [
        "text/plain",
        "application/json; odata=verbose",
        "application/json; charset=utf-16",
        "application/json; odata",
    ] {
        let refusal = checked("Job_Add", bad, b"{}").unwrap_err();
        assert_eq!(refusal.code, "InvalidHeaderValue", "{bad}");
    }
    assert_eq!(
        checked("Job_Add", "", b"{}").unwrap_err().code,
        "MissingRequiredHeader"
    );
}
