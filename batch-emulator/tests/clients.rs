//! Requests and expectations of real clients: situations from public bug reports and from
//! recordings of the official clients' tests, over a real socket.

// Other tests use the rest.
#[allow(dead_code)]
mod raw;

use std::time::{Duration, Instant};

use batch_emulator::{Config, Emulator, start};
use serde_json::{Value, json};

use raw::{Answer, Call};

const V: &str = "api-version=2024-02-01.19.0";
/// Time limit for a state, generous for busy machines.
const PATIENCE: Duration = Duration::from_secs(60);

async fn send(emulator: &Emulator, method: &str, path: &str, body: &Value, tag: &str) -> Answer {
    let mut call = Call::new(method, &format!("{path}?{V}"));
    if !tag.is_empty() {
        call = call.signed_header("if-match", tag);
    }
    let call = match body {
        Value::Null if method == "POST" => call.signed_header("content-length", "0"),
        Value::Null => call,
        body => call.body("application/json", body.to_string().as_bytes()),
    };
    call.send(emulator).await
}

/// Sends a request that must succeed.
async fn done(emulator: &Emulator, method: &str, path: &str, body: Value) -> Answer {
    let answer = send(emulator, method, path, &body, "").await;
    assert!(answer.status < 300, "{method} {path}: {}", answer.text());
    answer
}

/// Sends a request that must be rejected.
async fn refused(emulator: &Emulator, method: &str, path: &str, body: Value) -> (u16, String) {
    let answer = send(emulator, method, path, &body, "").await;
    let code = answer.json()["code"].as_str().map(str::to_owned);
    (answer.status, code.unwrap_or_default())
}

async fn get(emulator: &Emulator, path: &str) -> Value {
    done(emulator, "GET", path, Value::Null).await.json()
}

/// Waits until a property of a resource has a value, and returns the resource.
async fn reached(emulator: &Emulator, path: &str, name: &str, value: &str) -> Value {
    let begin = Instant::now();
    loop {
        let found = get(emulator, path).await;
        if found[name] == value {
            return found;
        }
        assert!(begin.elapsed() < PATIENCE, "{path}: {found}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

fn pool(id: &str, more: &[(&str, Value)]) -> Value {
    let image = json!({"publisher": "canonical", "offer": "0001-com-ubuntu-server-jammy", "sku": "22_04-lts"});
    let mut pool = json!({
        "id": id, "vmSize": "Standard_D2s_v3",
        "virtualMachineConfiguration": {"imageReference": image, "nodeAgentSKUId": "batch.node.ubuntu 22.04"},
    });
    for (name, value) in more {
        pool[*name] = value.clone();
    }
    pool
}

fn job(id: &str) -> Value {
    json!({"id": id, "poolInfo": {"poolId": "p"}})
}

async fn emulator() -> Emulator {
    start(Config::default().clock_speed(50.0)).await.unwrap()
}

#[tokio::test]
async fn numbers_and_booleans_may_be_strings() {
    let emulator = emulator().await;
    let body = pool(
        "p",
        &[
            ("targetDedicatedNodes", json!("2")),
            ("taskSlotsPerNode", json!("4")),
            ("enableInterNodeCommunication", json!("False")),
        ],
    );
    done(&emulator, "POST", "/pools", body).await;
    let shown = get(&emulator, "/pools/p").await;
    let wanted = json!([2, 4, false, "standard_d2s_v3"]);
    let names = [
        "targetDedicatedNodes",
        "taskSlotsPerNode",
        "enableInterNodeCommunication",
        "vmSize",
    ];
    let found: Value = names.iter().map(|name| shown[*name].clone()).collect();
    assert_eq!(found, wanted);
    let body = pool("q", &[("targetDedicatedNodes", json!("two"))]);
    let answer = refused(&emulator, "POST", "/pools", body).await;
    assert_eq!(answer, (400, "InvalidRequestBody".to_owned()));
}

#[tokio::test]
async fn adding_what_exists_names_its_state() {
    let emulator = emulator().await;
    let code = |code: &str| (409, code.to_owned());
    done(&emulator, "POST", "/pools", pool("p", &[])).await;
    done(&emulator, "POST", "/jobs", job("j")).await;
    let again = refused(&emulator, "POST", "/jobs", job("j")).await;
    assert_eq!(again, code("JobExists"));
    done(&emulator, "POST", "/jobs/j/terminate", Value::Null).await;
    reached(&emulator, "/jobs/j", "state", "completed").await;
    let again = refused(&emulator, "POST", "/jobs", job("j")).await;
    assert_eq!(again, code("JobCompleted"));
    // Time is fast, so the resource may be gone before the next request.
    let slow = start(Config::default()).await.unwrap();
    done(&slow, "POST", "/pools", pool("p", &[])).await;
    done(&slow, "POST", "/jobs", job("j")).await;
    let plan =
        json!({"id": "s", "schedule": {}, "jobSpecification": {"poolInfo": {"poolId": "p"}}});
    done(&slow, "POST", "/jobschedules", plan.clone()).await;
    assert_eq!(get(&slow, "/jobschedules/s").await.get("schedule"), None);
    let again = refused(&slow, "POST", "/jobschedules", plan.clone()).await;
    assert_eq!(again, code("JobScheduleExists"));
    for path in ["/jobschedules/s", "/jobs/j", "/pools/p"] {
        done(&slow, "DELETE", path, Value::Null).await;
    }
    let again = [
        refused(&slow, "POST", "/jobs", job("j")).await,
        refused(&slow, "POST", "/jobschedules", plan).await,
        refused(&slow, "POST", "/pools", pool("p", &[])).await,
    ];
    let wanted = [
        "JobBeingDeleted",
        "JobScheduleBeingDeleted",
        "PoolBeingDeleted",
    ];
    assert_eq!(again, wanted.map(code));
}

#[tokio::test]
async fn a_terminated_task_leaves_its_job_active() {
    let emulator = emulator().await;
    let mut body = job("j");
    body["onTaskFailure"] = json!("performexitoptionsjobaction");
    done(&emulator, "POST", "/jobs", body).await;
    let task = json!({"id": "t", "commandLine": "true"});
    done(&emulator, "POST", "/jobs/j/tasks", task).await;
    let files = refused(&emulator, "GET", "/jobs/j/tasks/t/files", Value::Null).await;
    let early = (409, "OperationInvalidForCurrentState".to_owned());
    assert_eq!(files, early);
    let path = "/jobs/j/tasks/t/files/stdout.txt";
    assert_eq!(refused(&emulator, "GET", path, Value::Null).await, early);
    done(&emulator, "POST", "/jobs/j/tasks/t/terminate", Value::Null).await;
    let task = get(&emulator, "/jobs/j/tasks/t").await;
    assert_eq!(task["nodeInfo"], json!({}));
    assert_eq!(task["executionInfo"]["failureInfo"]["code"], "TaskEnded");
    assert_eq!(task["executionInfo"]["failureInfo"].get("details"), None);
    assert_eq!(get(&emulator, "/jobs/j").await["state"], "active");
}

#[tokio::test]
async fn the_etag_is_that_of_the_request() {
    let emulator = emulator().await;
    done(&emulator, "POST", "/jobs", job("j")).await;
    let disabling = json!({"disableTasks": "requeue"});
    let answer = done(&emulator, "POST", "/jobs/j/disable", disabling).await;
    let tag = answer.header("etag").unwrap().to_owned();
    let shown = reached(&emulator, "/jobs/j", "state", "disabled").await;
    assert_eq!(shown["previousState"], "active");
    assert_eq!(shown["eTag"], tag.as_str());
    let patch = json!({"priority": 5});
    let patched = send(&emulator, "PATCH", "/jobs/j", &patch, &tag).await;
    assert_eq!(patched.status, 200, "{}", patched.text());
    done(&emulator, "POST", "/jobs/j/enable", Value::Null).await;
    assert_eq!(get(&emulator, "/jobs/j").await["state"], "active");
    let answer = done(&emulator, "POST", "/jobs/j/terminate", Value::Null).await;
    let tag = answer.header("etag").unwrap().to_owned();
    let shown = reached(&emulator, "/jobs/j", "state", "completed").await;
    let found = (shown["eTag"].as_str(), shown["previousState"].as_str());
    assert_eq!(found, (Some(tag.as_str()), Some("active")));

    let plan = json!({
        "id": "s", "schedule": {"recurrenceInterval": "PT1H"}, "jobSpecification": {"poolInfo": {"poolId": "p"}},
    });
    done(&emulator, "POST", "/jobschedules", plan).await;
    let answer = done(&emulator, "POST", "/jobschedules/s/terminate", Value::Null).await;
    let tag = answer.header("etag").unwrap().to_owned();
    let shown = reached(&emulator, "/jobschedules/s", "state", "completed").await;
    let found = (shown["eTag"].as_str(), shown["previousState"].as_str());
    assert_eq!(found, (Some(tag.as_str()), Some("active")));
    let ended = get(&emulator, "/jobs/s:job-1").await;
    assert_eq!(
        ended["executionInfo"]["terminateReason"],
        "TerminateWorkitem"
    );
}

#[tokio::test]
async fn the_etag_of_a_pool_follows_its_resizes() {
    let emulator = start(Config::default()).await.unwrap();
    done(&emulator, "POST", "/pools", pool("p", &[])).await;
    reached(&emulator, "/pools/p", "allocationState", "steady").await;
    let tag = |answer: &Answer| answer.header("etag").unwrap().to_owned();
    let resize = json!({"targetDedicatedNodes": 1});
    let resized = tag(&done(&emulator, "POST", "/pools/p/resize", resize.clone()).await);
    let stopped = tag(&done(&emulator, "POST", "/pools/p/stopresize", Value::Null).await);
    assert_eq!(stopped, resized);
    let shown = reached(&emulator, "/pools/p", "allocationState", "steady").await;
    assert_eq!(shown["eTag"], resized.as_str());
    let formula = json!({"autoScaleFormula": "$TargetDedicatedNodes=2;"});
    let scaled = tag(&done(&emulator, "POST", "/pools/p/enableautoscale", formula).await);
    let path = "/pools/p/disableautoscale";
    let disabled = tag(&done(&emulator, "POST", path, Value::Null).await);
    assert_eq!(disabled, scaled, "while the formula's resize goes on");
    reached(&emulator, "/pools/p", "allocationState", "steady").await;
    let disabled = tag(&done(&emulator, "POST", path, Value::Null).await);
    assert_ne!(disabled, scaled, "on a steady pool");
    let shown = get(&emulator, "/pools/p").await;
    assert_eq!(shown["allocationState"], "resizing");
    // As recorded, the next resize need not wait.
    done(&emulator, "POST", "/pools/p/resize", resize).await;
}

#[tokio::test]
async fn a_request_without_a_version_is_rejected_for_that() {
    let emulator = emulator().await;
    for target in ["/pools", "/pools?maxresults=1", "/jobs/j"] {
        let answer = Call::get(target).authorization(None).send(&emulator).await;
        let code = answer.json()["code"].as_str().map(str::to_owned);
        let wanted = Some("MissingRequiredQueryParameter".to_owned());
        assert_eq!((answer.status, code), (400, wanted), "{target}");
    }
}

#[tokio::test]
async fn preparations_and_releases_leave_files() {
    let emulator = emulator().await;
    let one = [("targetDedicatedNodes", json!(1))];
    done(&emulator, "POST", "/pools", pool("p", &one)).await;
    let mut body = job("j");
    body["jobPreparationTask"] = json!({"commandLine": "prepare"});
    body["jobReleaseTask"] = json!({"commandLine": "release"});
    done(&emulator, "POST", "/jobs", body).await;
    let task = json!({"id": "t", "commandLine": "true"});
    done(&emulator, "POST", "/jobs/j/tasks", task).await;
    reached(&emulator, "/jobs/j/tasks/t", "state", "completed").await;
    done(&emulator, "POST", "/jobs/j/terminate", Value::Null).await;
    reached(&emulator, "/jobs/j", "state", "completed").await;
    let rows = get(&emulator, "/jobs/j/jobpreparationandreleasetaskstatus").await;
    let node = rows["value"][0]["nodeId"].as_str().unwrap().to_owned();
    for (id, command) in [("jobpreparation", "prepare"), ("jobrelease", "release")] {
        let file = format!("/pools/p/nodes/{node}/files/workitems%2Fj%2Fjob-1%2F{id}%2Fstdout.txt");
        let text = done(&emulator, "GET", &file, Value::Null).await.text();
        assert_eq!(text, format!("simulated: {command}\n"));
        let call = Call::get(&format!("{file}?{V}")).signed_header("ocp-range", "bytes=999-1000");
        let answer = call.send(&emulator).await;
        assert_eq!(answer.json()["code"], "InvalidRange", "{}", answer.text());
        assert_eq!(answer.status, 416);
    }
    let listed = get(&emulator, &format!("/pools/p/nodes/{node}/files")).await;
    let names = listed["value"].as_array().unwrap().iter();
    let names: Vec<_> = names.map(|file| file["name"].as_str().unwrap()).collect();
    let roots = [
        "applications",
        "fsmounts",
        "shared",
        "startup",
        "volatile",
        "workitems",
    ];
    assert_eq!(names, roots);
}

#[tokio::test]
async fn a_head_that_fails_has_no_length() {
    let emulator = emulator().await;
    let target = format!("/pools/none?{V}");
    let answer = Call::new("HEAD", &target).send(&emulator).await;
    let headers = ["content-length", "content-type"].map(|name| answer.header(name));
    assert_eq!((answer.status, headers), (404, [None, None]));
}
