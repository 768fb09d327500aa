//! Promise: properties that only the service sets are never sent back.

use std::collections::BTreeMap;

use batch_client::models::{
    JobAddParameter, JobPatchParameter, JobScheduleAddParameter, JobSchedulePatchParameter,
    JobScheduleUpdateParameter, JobUpdateParameter, PoolAddParameter, PoolPatchParameter,
    PoolUpdatePropertiesParameter, TaskAddParameter, TaskUpdateParameter,
};
use batch_client::{Error, models};
use batch_tests::description::DESCRIPTION;
use batch_tests::sample::{self, Values};
use batch_tests::server::{Response, Server};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::calls::client;

/// Properties that a request cannot set, by definition.
fn read_only() -> BTreeMap<String, Vec<String>> {
    let table = include_str!("../../spec/read-only.json");
    let table: Value = serde_json::from_str(table).expect("JSON");
    let rows = table["rows"].as_array().expect("rows").iter();
    let row = |row: &Value| serde_json::from_value(row["properties"].clone()).expect("names");
    rows.map(|r| (r["definition"].as_str().expect("a name").to_owned(), row(r)))
        .collect()
}

/// Lists the places at and below a value, each with whether its property is one that a request
/// cannot set.
fn places(schema: &Value, value: &Value, at: &str, found: &mut Vec<(String, bool)>) {
    let table = read_only();
    let name = schema["$ref"].as_str().and_then(|r| r.rsplit('/').next());
    let fixed = name.and_then(|name| table.get(name));
    let schema = DESCRIPTION.resolve(schema);
    for (name, value) in value.as_object().into_iter().flatten() {
        let at = format!("{at}/{name}");
        let is_fixed = fixed.is_some_and(|names| names.contains(name));
        found.push((at.clone(), is_fixed));
        let property = &schema["properties"][name];
        match value {
            Value::Array(items) => {
                for item in items {
                    places(&property["items"], item, &at, found);
                }
            }
            value => places(property, value, &at, found),
        }
    }
}

/// Checks that a sample of a model loses what a request cannot set, and nothing else.
fn check_without_read_only<M: DeserializeOwned + Serialize>(
    definition: &str,
    without_read_only: impl Fn(M) -> M,
) {
    let whole = sample::json(&schema(definition), Values::Hard);
    let model: M = serde_json::from_value(whole).expect(definition);
    let before = serde_json::to_value(&model).expect(definition);
    let after = serde_json::to_value(without_read_only(model)).expect(definition);
    let (mut all, mut left) = (Vec::new(), Vec::new());
    places(&schema(definition), &before, "", &mut all);
    places(&schema(definition), &after, "", &mut left);
    assert!(all.iter().any(|(_, fixed)| *fixed), "{definition}");
    let below_fixed = |place: &str| {
        all.iter()
            .any(|(fixed, is)| *is && (place == fixed || place.starts_with(&format!("{fixed}/"))))
    };
    let expected: Vec<_> = all
        .iter()
        .filter(|(place, _)| !below_fixed(place))
        .collect();
    assert_eq!(left.iter().collect::<Vec<_>>(), expected, "{definition}");
}

#[test]
fn without_read_only_clears_exactly_what_a_request_cannot_set() {
    check_without_read_only("CloudPool", models::CloudPool::without_read_only);
    check_without_read_only("CloudJob", models::CloudJob::without_read_only);
    check_without_read_only(
        "CloudJobSchedule",
        models::CloudJobSchedule::without_read_only,
    );
    check_without_read_only("CloudTask", models::CloudTask::without_read_only);
    check_without_read_only("ComputeNode", models::ComputeNode::without_read_only);
    check_without_read_only("ImageReference", models::ImageReference::without_read_only);
    check_without_read_only(
        "UserAssignedIdentity",
        models::UserAssignedIdentity::without_read_only,
    );
    // In lists, and in required properties.
    check_without_read_only(
        "CloudPoolListResult",
        models::CloudPoolListResult::without_read_only,
    );
    check_without_read_only(
        "PoolAddParameter",
        models::PoolAddParameter::without_read_only,
    );
    check_without_read_only(
        "JobAddParameter",
        models::JobAddParameter::without_read_only,
    );
}

fn schema(definition: &str) -> Value {
    json!({ "$ref": format!("#/definitions/{definition}") })
}

/// Makes the next response a body with every property of a definition.
fn respond_with(server: &Server, definition: &str) {
    let body = sample::json(&schema(definition), Values::Hard);
    server.answer(Response::json(200, &body).header("etag", "0x1").into());
}

/// Finds the properties of a body that its definition does not have or that only the service sets.
fn foreign(schema: &Value, value: &Value, at: &str, found: &mut Vec<String>) {
    let schema = DESCRIPTION.resolve(schema);
    match value {
        Value::Object(object) => {
            let Some(properties) = schema.get("properties") else {
                return;
            };
            for (name, value) in object {
                let at = format!("{at}/{name}");
                match properties.get(name) {
                    Some(property) if property["readOnly"] != true => {
                        foreign(property, value, &at, found);
                    }
                    _ => found.push(at),
                }
            }
        }
        Value::Array(items) => {
            for item in items {
                foreign(&schema["items"], item, at, found);
            }
        }
        _ => {}
    }
}

/// Checks a request against its definition, and returns the names of its properties.
#[track_caller]
fn sent(server: &Server, definition: &str) -> Vec<String> {
    let mut requests = server.requests();
    let request = requests.pop().expect("a request");
    let body: Value = serde_json::from_slice(&request.body).expect("JSON");
    let mut found = Vec::new();
    foreign(&schema(definition), &body, definition, &mut found);
    assert_eq!(found, [""; 0]);
    // Two operations do not take conditions.
    if !definition.contains("Add") && definition != "PoolUpdatePropertiesParameter" {
        assert_eq!(request.header("if-match"), Some("0x1"), "{definition}");
    }
    body.as_object()
        .expect("an object")
        .keys()
        .cloned()
        .collect()
}

/// Lists all properties of a definition except these.
fn all_but(definition: &str, left_out: &[&str]) -> Vec<String> {
    let schema = schema(definition);
    let properties = DESCRIPTION.resolve(&schema)["properties"]
        .as_object()
        .expect("properties");
    let names = properties
        .keys()
        .filter(|name| !left_out.contains(&name.as_str()));
    let mut names: Vec<String> = names.cloned().collect();
    names.sort_unstable();
    names
}

#[tokio::test]
async fn everything_writable_is_sent_back_and_nothing_else() -> Result<(), Error> {
    let server = Server::start().await;
    let client = client(&server);
    let done = |status| server.answer(Response::new(status).into());
    let check_sent = |definition: &str, left_out: &[&str]| {
        let mut names = sent(&server, definition);
        names.sort_unstable();
        assert_eq!(names, all_but(definition, left_out), "{definition}");
    };

    respond_with(&server, "CloudPool");
    let pool = client.pool().get("p").await?;
    let image = pool
        .virtual_machine_configuration
        .as_ref()
        .and_then(|m| m.image_reference.as_ref());
    assert!(
        image.is_some_and(|image| image.exact_version.is_some()),
        "the sample should have a property that only the service sets"
    );
    done(200);
    client
        .pool()
        .patch("p", PoolPatchParameter::try_from(&pool)?)
        .if_unchanged(&pool)
        .await?;
    check_sent("PoolPatchParameter", &[]);
    done(204);
    let body = PoolUpdatePropertiesParameter::try_from(&pool)?;
    client.pool().update_properties("p", body).await?;
    check_sent("PoolUpdatePropertiesParameter", &[]);
    done(201);
    client
        .pool()
        .add(PoolAddParameter::try_from(&pool)?)
        .await?;
    check_sent(
        "PoolAddParameter",
        &["targetDedicatedNodes", "targetLowPriorityNodes"],
    );

    respond_with(&server, "CloudJob");
    let job = client.job().get("j").await?;
    done(200);
    client
        .job()
        .patch("j", JobPatchParameter::from(&job))
        .if_unchanged(&job)
        .await?;
    check_sent("JobPatchParameter", &["poolInfo"]);
    done(200);
    client
        .job()
        .update("j", JobUpdateParameter::try_from(&job)?)
        .if_unchanged(&job)
        .await?;
    check_sent("JobUpdateParameter", &[]);
    done(201);
    client.job().add(JobAddParameter::try_from(&job)?).await?;
    check_sent("JobAddParameter", &[]);

    respond_with(&server, "CloudJobSchedule");
    let schedule = client.job_schedule().get("s").await?;
    done(200);
    let body = JobSchedulePatchParameter::try_from(&schedule)?;
    client
        .job_schedule()
        .patch("s", body)
        .if_unchanged(&schedule)
        .await?;
    check_sent("JobSchedulePatchParameter", &[]);
    done(200);
    let body = JobScheduleUpdateParameter::try_from(&schedule)?;
    client
        .job_schedule()
        .update("s", body)
        .if_unchanged(&schedule)
        .await?;
    check_sent("JobScheduleUpdateParameter", &[]);
    done(201);
    client
        .job_schedule()
        .add(JobScheduleAddParameter::try_from(&schedule)?)
        .await?;
    check_sent("JobScheduleAddParameter", &[]);

    respond_with(&server, "CloudTask");
    let task = client.task().get("j", "t").await?;
    done(200);
    client
        .task()
        .update("j", "t", TaskUpdateParameter::try_from(&task)?)
        .if_unchanged(&task)
        .await?;
    check_sent("TaskUpdateParameter", &[]);
    done(201);
    client
        .task()
        .add("j", TaskAddParameter::try_from(&task)?)
        .await?;
    check_sent("TaskAddParameter", &[]);
    Ok(())
}
