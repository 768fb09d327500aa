//! Tests of the live service's deviations on the wire. The client's tests check that clients can
//! read them.

// Other tests use the rest.
#[allow(dead_code)]
mod raw;

use std::time::{Duration, Instant};

use batch_emulator::{Application, Config, Emulator, start};
use serde_json::{Value, json};

use raw::{Answer, Call};

const V: &str = "api-version=2024-02-01.19.0";
/// Time limit for the end of a task, generous for busy machines.
const PATIENCE: Duration = Duration::from_secs(60);

async fn get(emulator: &Emulator, path: &str) -> Answer {
    let answer = Call::get(&format!("{path}?{V}")).send(emulator).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.text());
    answer
}

async fn post(emulator: &Emulator, path: &str, body: &Value) -> Answer {
    let call = Call::new("POST", &format!("{path}?{V}"));
    let body = body.to_string();
    let answer = call
        .body("application/json", body.as_bytes())
        .send(emulator)
        .await;
    assert!(answer.status < 300, "{path}: {}", answer.text());
    answer
}

/// Starts a service with a pool and a job that runs tasks.
async fn ready(quirks: bool) -> Emulator {
    let calculator = Application {
        id: "calc".to_owned(),
        display_name: Some("Calculator".to_owned()),
        versions: Vec::new(),
    };
    let config = Config::default().clock_speed(100.0).quirks(quirks);
    let emulator = start(config.application(calculator)).await.unwrap();
    let image = json!({"publisher": "canonical", "offer": "0001-com-ubuntu-server-jammy", "sku": "22_04-lts"});
    let machine = json!({"imageReference": image, "nodeAgentSKUId": "batch.node.ubuntu 22.04"});
    let pool = json!({
        "id": "p", "vmSize": "standard_d2s_v3", "virtualMachineConfiguration": machine, "targetDedicatedNodes": 1,
    });
    post(&emulator, "/pools", &pool).await;
    let job = json!({"id": "j", "poolInfo": {"poolId": "p"}, "constraints": {"maxWallClockTime": "PT01H00M00S"}});
    post(&emulator, "/jobs", &job).await;
    emulator
}

/// Adds a collection of three tasks and returns the ids in the order of the results.
async fn add_three(emulator: &Emulator) -> (Vec<String>, String) {
    let tasks = ["t1", "t2", "t3"].map(|id| json!({"id": id, "commandLine": "true"}));
    let answer = post(
        emulator,
        "/jobs/j/addtaskcollection",
        &json!({ "value": tasks }),
    )
    .await;
    let text = answer.text();
    let mut ids: Vec<_> = ["t1", "t2", "t3"].into();
    let place = |id: &&str| text.find(&format!("\"taskId\":\"{id}\"")).unwrap();
    ids.sort_by_key(place);
    (ids.into_iter().map(str::to_owned).collect(), text)
}

async fn completed(emulator: &Emulator, task: &str) {
    let begin = Instant::now();
    while !get(emulator, &format!("/jobs/j/tasks/{task}"))
        .await
        .text()
        .contains(r#""state":"completed""#)
    {
        assert!(begin.elapsed() < PATIENCE, "{task} did not end");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn responses_deviate_only_if_configured() {
    let (normalize_thumbprint, quirky) = (ready(false).await, ready(true).await);
    let both = async |path: &str| {
        (
            get(&normalize_thumbprint, path).await.text(),
            get(&quirky, path).await.text(),
        )
    };
    for (path, described, deviating) in [
        (
            "/pools/p",
            r#""nodeFillType":"spread""#,
            r#""nodeFillType":"Spread""#,
        ),
        (
            "/applications/calc",
            r#""displayName":"Calculator""#,
            r#""id":"calc""#,
        ),
        ("/nodecounts", r#""upgradingOS":0"#, r#""deallocated":0"#),
        (
            "/jobs/j",
            r#""maxWallClockTime":"PT1H""#,
            r#""maxWallClockTime":"PT1H""#,
        ),
    ] {
        let (normalize_thumbprint, quirky) = both(path).await;
        assert!(
            normalize_thumbprint.contains(described) && quirky.contains(deviating),
            "{normalize_thumbprint}\n{quirky}"
        );
        if described != deviating {
            assert!(!quirky.contains(described), "{quirky}");
        }
    }
    let (order, text) = add_three(&normalize_thumbprint).await;
    assert_eq!(order, ["t1", "t2", "t3"]);
    assert!(text.contains(r#""status":"success""#), "{text}");
    let (order, text) = add_three(&quirky).await;
    assert_ne!(order, ["t1", "t2", "t3"]);
    assert!(text.contains(r#""status":"Success""#), "{text}");
    normalize_thumbprint.stop().await;
    quirky.stop().await;
}

#[tokio::test]
async fn files_are_chunked_and_have_capitalized_booleans() {
    for quirks in [false, true] {
        let emulator = ready(quirks).await;
        add_three(&emulator).await;
        completed(&emulator, "t1").await;
        let path = "/jobs/j/tasks/t1/files/stdout.txt";
        let file = get(&emulator, path).await;
        let is_directory = if quirks { "False" } else { "false" };
        assert_eq!(
            file.header("ocp-batch-file-isdirectory"),
            Some(is_directory)
        );
        let framing = (
            file.header("transfer-encoding"),
            file.header("content-length").is_some(),
        );
        assert_eq!(
            framing,
            if quirks {
                (Some("chunked"), false)
            } else {
                (None, true)
            }
        );

        let head = Call::new("HEAD", &format!("{path}?{V}"))
            .send(&emulator)
            .await;
        assert_eq!(
            head.header("ocp-batch-file-isdirectory"),
            Some(is_directory)
        );
        let length = head
            .header("content-length")
            .expect("the length of the file")
            .to_owned();
        assert_eq!(head.text(), "");
        let listed = get(&emulator, "/jobs/j/tasks/t1/files").await.text();
        let quote = if quirks { "\"" } else { "" };
        assert!(
            listed.contains(&format!("\"contentLength\":{quote}{length}{quote}")),
            "{listed}"
        );
    }
}
