//! The live service's deviations as they go over the wire. That clients read them is held where
//! clients are tested.

// Other tests use more of it.
#[allow(dead_code)]
mod raw;

use std::time::{Duration, Instant};

use batch_emulator::{Application, Config, Emulator, start};
use serde_json::{Value, json};

use raw::{Answer, Call};

const V: &str = "api-version=2024-02-01.19.0";
/// How long a task may take to end, on a machine that has much else to do.
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

/// A service with a job of a pool, in which tasks run.
async fn ready(quirks: bool) -> Emulator {
    let calculator = Application {
        id: "calc".to_owned(),
        display_name: Some("Calculator".to_owned()),
        versions: Vec::new(),
    };
    let config = Config::default().clock_speed(100.0).quirks(quirks);
    let emulator = start(config.application(calculator)).await.unwrap();
    let image = json!({"publisher": "canonical", "offer": "ubuntu", "sku": "22_04-lts"});
    let machine = json!({"imageReference": image, "nodeAgentSKUId": "batch.node.ubuntu 22.04"});
    let pool = json!({
        "id": "p", "vmSize": "standard_d2s_v3", "virtualMachineConfiguration": machine, "targetDedicatedNodes": 1,
    });
    post(&emulator, "/pools", &pool).await;
    let job = json!({"id": "j", "poolInfo": {"poolId": "p"}, "constraints": {"maxWallClockTime": "PT01H00M00S"}});
    post(&emulator, "/jobs", &job).await;
    emulator
}

/// The ids of the answer to a collection of three tasks, in its order.
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
        assert!(begin.elapsed() < PATIENCE, "{task} does not end");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn answers_deviate_only_on_request() {
    let (tidy, quirky) = (ready(false).await, ready(true).await);
    let both = async |path: &str| {
        (
            get(&tidy, path).await.text(),
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
        let (tidy, quirky) = both(path).await;
        assert!(
            tidy.contains(described) && quirky.contains(deviating),
            "{tidy}\n{quirky}"
        );
        if described != deviating {
            assert!(!quirky.contains(described), "{quirky}");
        }
    }
    let (order, text) = add_three(&tidy).await;
    assert_eq!(order, ["t1", "t2", "t3"]);
    assert!(text.contains(r#""status":"success""#), "{text}");
    let (order, text) = add_three(&quirky).await;
    assert_ne!(order, ["t1", "t2", "t3"]);
    assert!(text.contains(r#""status":"Success""#), "{text}");
    tidy.stop().await;
    quirky.stop().await;
}

#[tokio::test]
async fn files_come_in_chunks_and_with_capitals() {
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
