//! Tests of the dashboard over real sockets: who may look, the headers of each response, and that
//! the API is unaffected.

// Other tests use the rest.
#[allow(dead_code)]
mod raw;

use std::time::{Duration, Instant};

use batch_client::models::{ImageReference, PoolAddParameter, VirtualMachineConfiguration};
use batch_client::{Client, SharedKey};
use batch_emulator::{Config, DEVELOPMENT_KEY, Emulator, start};
use serde_json::{Value, json};

use raw::{Answer, Call};

const V: &str = "api-version=2024-02-01.19.0";
const ASSETS: [&str; 20] = [
    "/",
    "/_window/charts.js",
    "/_window/connect.js",
    "/_window/detail.css",
    "/_window/elements.js",
    "/_window/icon.svg",
    "/_window/job.js",
    "/_window/log.js",
    "/_window/node.js",
    "/_window/output.js",
    "/_window/overview.js",
    "/_window/page.css",
    "/_window/page.js",
    "/_window/parts.js",
    "/_window/pool.js",
    "/_window/rate.js",
    "/_window/routes.js",
    "/_window/service.js",
    "/_window/table.js",
    "/_window/task.js",
];
/// The documents about resources that exist in each service of these tests.
const DOCUMENTS: [&str; 9] = [
    "/_window/state",
    "/_window/history",
    "/_window/job?id=j",
    "/_window/task?job=j&task=t",
    "/_window/failures",
    "/_window/pool?id=p",
    "/_window/files?job=j&task=t",
    "/_window/file?job=j&task=t&path=stdout.txt",
    "/_window/file?job=j&task=t&path=stderr.txt",
];
/// Time limit for a state, generous for busy machines.
const PATIENCE: Duration = Duration::from_secs(60);

/// Returns the paths of all files and documents.
fn paths() -> impl Iterator<Item = &'static str> {
    ASSETS.into_iter().chain(DOCUMENTS)
}

/// Sends a signed request that adds something.
async fn add(emulator: &Emulator, path: &str, body: Value) {
    let call = Call::new("POST", &format!("{path}?{V}"));
    let body = body.to_string();
    let answer = call
        .body("application/json", body.as_bytes())
        .send(emulator)
        .await;
    assert!(answer.status < 300, "{path}: {}", answer.text());
}

fn pool(id: &str, more: &Value) -> Value {
    let image = json!({"publisher": "canonical", "offer": "0001-com-ubuntu-server-jammy", "sku": "22_04-lts"});
    let mut pool = json!({
        "id": id, "vmSize": "standard_d2s_v3", "targetDedicatedNodes": 1,
        "virtualMachineConfiguration": {"imageReference": image, "nodeAgentSKUId": "batch.node.ubuntu 22.04"},
    });
    for (name, value) in more.as_object().into_iter().flatten() {
        pool[name] = value.clone();
    }
    pool
}

/// Polls a document until it has a value.
async fn until(emulator: &Emulator, path: &str, reached: impl Fn(&Value) -> bool) -> Value {
    let begun = Instant::now();
    loop {
        let found = look(emulator, "GET", path).await.json();
        if reached(&found) {
            return found;
        }
        assert!(begun.elapsed() < PATIENCE, "{path}: {found}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Adds a pool `p` and a job `j` with a task `t`, and waits for the end of the task.
async fn with_task(emulator: &Emulator, task: Value) {
    add(emulator, "/pools", pool("p", &json!({}))).await;
    add(
        emulator,
        "/jobs",
        json!({"id": "j", "poolInfo": {"poolId": "p"}}),
    )
    .await;
    add(emulator, "/jobs/j/tasks", task).await;
    let done = |found: &Value| found["task"]["state"] == "completed";
    until(emulator, "/_window/task?job=j&task=t", done).await;
}

/// Starts a service that simulates a task `t` whose definition contains secrets.
async fn populated() -> Emulator {
    populated_with(Config::default()).await
}

async fn populated_with(config: Config) -> Emulator {
    let config = config.bearer_token("t0ken").clock_speed(50.0);
    let emulator = start(config).await.unwrap();
    let task = json!({
        "id": "t", "commandLine": "get https://a.example/c/b?sig=hidden",
        "environmentSettings": [{"name": "A", "value": "hidden"}, {"name": "EMULATOR_EXIT_CODE", "value": "3"}],
        "resourceFiles": [{"httpUrl": "https://a.example/c/b?sig=hidden", "filePath": "b"}],
    });
    with_task(&emulator, task).await;
    emulator
}

async fn emulator() -> Emulator {
    start(Config::default().bearer_token("t0ken"))
        .await
        .unwrap()
}

/// Requests a page like a browser: without a signature.
async fn look(emulator: &Emulator, method: &str, target: &str) -> Answer {
    Call::new(method, target)
        .authorization(None)
        .send(emulator)
        .await
}

#[tokio::test]
async fn the_page_is_self_contained_and_restricted() {
    let emulator = populated().await;
    for path in paths() {
        let answer = look(&emulator, "GET", path).await;
        assert_eq!(answer.status, 200, "{path}");
        let policy = answer.header("content-security-policy").unwrap();
        let rules: Vec<&str> = policy.split("; ").collect();
        assert!(rules.contains(&"default-src 'none'"), "{policy}");
        assert!(rules.contains(&"frame-ancestors 'none'"), "{policy}");
        assert!(!policy.contains("unsafe") && !policy.contains("http") && !policy.contains('*'));
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("cross-origin-resource-policy", "same-origin"),
            ("cache-control", "no-cache"),
        ] {
            assert_eq!(answer.header(name), Some(value), "{path}");
        }
        assert_eq!(answer.header("access-control-allow-origin"), None);
        let head = look(&emulator, "HEAD", path).await;
        assert_eq!((head.status, head.text().as_str()), (200, ""), "{path}");
        for name in ["content-type", "content-length", "etag"] {
            assert_eq!(
                head.header(name).is_some(),
                answer.header(name).is_some(),
                "{path}"
            );
        }
        assert_eq!(head.header("content-type"), answer.header("content-type"));
    }
    let page = look(&emulator, "GET", "/").await.text();
    // Nothing is loaded from elsewhere, and nothing is inline.
    assert!(!page.contains("//") && !page.contains("<style") && !page.contains(" style="));
    let tags = page.split('<').filter_map(|rest| rest.split('>').next());
    for tag in tags.skip(1) {
        assert!(!tag.contains(" on") && tag != "script", "<{tag}>");
    }
    for path in &ASSETS[1..] {
        let text = look(&emulator, "GET", path).await.text();
        // The name of the SVG namespace is not an address.
        let text = text.replace("http://www.w3.org/2000/svg", "");
        assert!(!text.contains("://") && !text.contains("@import"), "{path}");
    }
}

#[tokio::test]
async fn unchanged_files_are_not_sent_again() {
    let emulator = populated().await;
    for path in paths().filter(|path| *path != "/_window/history") {
        let first = look(&emulator, "GET", path).await;
        let tag = first.header("etag").unwrap();
        let again = Call::get(path)
            .authorization(None)
            .sent_header("if-none-match", tag)
            .send(&emulator)
            .await;
        assert_eq!((again.status, again.text().as_str()), (304, ""), "{path}");
        assert_eq!(again.header("etag"), Some(tag));
        assert!(again.header("content-security-policy").is_some());
    }
}

#[tokio::test]
async fn only_this_machine_has_access_and_it_is_read_only() {
    let emulator = populated().await;
    let before = emulator.requests().len();
    let port = emulator.endpoint().rsplit(':').next().unwrap();
    for path in paths() {
        let from = |host: String| {
            let call = Call::get(path).authorization(None);
            call.sent_header("host", &host).send(&emulator)
        };
        for host in ["localhost", "127.0.0.1", "[::1]"] {
            assert_eq!(from(format!("{host}:{port}")).await.status, 200, "{host}");
        }
        for host in ["example.org", "localhost.example.org", "192.0.2.1"] {
            let answer = from(format!("{host}:{port}")).await;
            assert_eq!(answer.status, 421, "{host}{path}");
            assert!(answer.text().starts_with("The dashboard is available only"));
        }
    }
    for method in ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"] {
        for path in paths().skip(1) {
            let call = Call::new(method, path).authorization(None);
            let answer = call.body("", b"").send(&emulator).await;
            assert_eq!(answer.status, 405, "{method} {path}");
            assert_eq!(answer.header("allow"), Some("GET, HEAD"));
        }
    }
    for path in [
        "/_window/other",
        "/_window/job",
        "/_window/job?id=none",
        "/_window/task?job=j&task=none",
        "/_window/pool?id=none",
        "/_window/node?pool=p&id=none",
        "/_window/files?job=none&task=t",
        "/_window/file?job=j&task=t&path=none",
        "/_window/file?job=j&task=t",
    ] {
        let answer = look(&emulator, "GET", path).await;
        assert_eq!(answer.status, 404, "{path}: {}", answer.text());
        assert_eq!(
            answer.header("content-type"),
            Some("text/plain; charset=utf-8")
        );
    }
    // None of these are API requests.
    assert_eq!(emulator.requests().len(), before);
}

#[tokio::test]
async fn the_api_still_handles_requests_to_the_root() {
    let emulator = emulator().await;
    for call in [
        Call::get(&format!("/?{V}")),
        Call::get("/"),
        Call::new("POST", &format!("/?{V}")).body("application/json", b"{}"),
        Call::new("DELETE", "/").authorization(Some("Bearer t0ken")),
    ] {
        let answer = call.send(&emulator).await;
        answer.is_refusal();
        assert_eq!(
            (answer.status, &answer.json()["code"]),
            (400, &"InvalidUri".into())
        );
    }
    let unsigned = Call::new("DELETE", "/").authorization(None);
    assert_eq!(unsigned.send(&emulator).await.status, 403);
    assert_eq!(emulator.requests().len(), 5);
}

#[tokio::test]
async fn requests_are_shown_without_secrets() {
    let emulator = emulator().await;
    let key = SharedKey::new(emulator.account(), emulator.key()).unwrap();
    let client = Client::new(emulator.endpoint(), key).unwrap();
    let image = ImageReference::default()
        .with_publisher("canonical")
        .with_offer("0001-com-ubuntu-server-jammy")
        .with_sku("22_04-lts");
    let machine = VirtualMachineConfiguration::new(image, "batch.node.ubuntu 22.04");
    let pool = PoolAddParameter::new("p", "small")
        .with_virtual_machine_configuration(machine)
        .with_target_dedicated_nodes(2);
    client.pool().add(pool).await.unwrap();
    client.pool().list().await.unwrap();
    assert!(client.job().get("nothing").await.is_err());
    let call = Call::get("/pools/p?sig=hidden&api-version=2024-02-01.19.0");
    call.authorization(Some("Bearer hidden"))
        .send(&emulator)
        .await;

    let requests = emulator.requests();
    let listed: Vec<_> = requests
        .iter()
        .map(|request| {
            (
                request.method,
                &*request.path,
                request.operation,
                request.status,
                request.code,
            )
        })
        .collect();
    assert_eq!(
        listed,
        [
            ("POST", "/pools", Some("Pool_Add"), 201, None),
            ("GET", "/pools", Some("Pool_List"), 200, None),
            (
                "GET",
                "/jobs/nothing",
                Some("Job_Get"),
                404,
                Some("JobNotFound")
            ),
            (
                "GET",
                "/pools/p",
                Some("Pool_Get"),
                403,
                Some("AuthenticationFailed")
            ),
        ]
    );
    let numbers: Vec<u64> = requests.iter().map(|request| request.number).collect();
    assert_eq!(numbers, [1, 2, 3, 4]);

    let state = look(&emulator, "GET", "/_window/state").await;
    let json = state.json();
    assert_eq!(json["service"]["account"], emulator.account());
    assert_eq!(
        json["pools"]["shown"][0]["target"],
        serde_json::json!([2, 0])
    );
    assert_eq!(json["requests"]["shown"][2]["code"], "JobNotFound");
    assert_eq!(
        (&json["requests"]["total"], &json["requests"]["refused"]),
        (&4.into(), &2.into())
    );
    // Everybody knows the published key, so the page may show how to use it.
    assert_eq!(json["service"]["key"], DEVELOPMENT_KEY);
    assert!(!format!("{requests:?}").contains(DEVELOPMENT_KEY));
    for text in [state.text(), format!("{requests:?}")] {
        for secret in ["hidden", "api-version", "SharedKey", "t0ken"] {
            assert!(!text.contains(secret), "{secret}: {text}");
        }
    }
}

#[tokio::test]
async fn an_own_key_is_not_shown() {
    let key = "b3duLWtleQ==";
    let emulator = start(Config::default().key(key)).await.unwrap();
    let state = look(&emulator, "GET", "/_window/state").await;
    assert_eq!(state.json()["service"]["key"], Value::Null);
    assert!(!state.text().contains(key));
}

#[tokio::test]
async fn documents_contain_no_secrets_of_definitions() {
    let emulator = populated().await;
    for path in DOCUMENTS {
        let text = look(&emulator, "GET", path).await.text();
        assert!(!text.contains("hidden"), "{path}: {text}");
        if path != "/_window/file?job=j&task=t&path=stdout.txt" {
            assert!(!text.contains("a.example"), "{path}: {text}");
        }
    }
    // A simulated task writes its command line.
    let output = look(
        &emulator,
        "GET",
        "/_window/file?job=j&task=t&path=stdout.txt",
    )
    .await;
    assert_eq!(output.text(), "simulated: get https://a.example/c/b?…\n");
    assert_eq!(
        output.header("content-type"),
        Some("text/plain; charset=utf-8")
    );
    let failures = look(&emulator, "GET", "/_window/failures").await.json();
    let task = &failures["tasks"]["shown"][0];
    assert_eq!(
        (&task["job"], &task["id"], &task["exit"], &task["failure"]),
        (
            &json!("j"),
            &json!("t"),
            &json!(3),
            &json!("FailureExitCode")
        )
    );
    let node = look(&emulator, "GET", "/_window/pool?id=p").await.json();
    let node = node["nodes"]["shown"][0]["id"].as_str().unwrap().to_owned();
    assert_eq!(task["node"], node.as_str());
    let path = format!("/_window/node?pool=p&id={node}");
    let node = look(&emulator, "GET", &path).await.json();
    assert_eq!(node["tasks"][0]["id"], "t");
}

#[cfg(unix)]
#[tokio::test]
async fn the_end_of_real_output_is_shown_as_text() {
    let emulator = start(Config::default().execute(true).clock_speed(10.0))
        .await
        .unwrap();
    let script = "echo first; seq 1 20000; printf \"<b>\\377https://a.example/x?sig=hidden\" >&2; \
        mkdir sub; echo deep > sub/file; ln -s /etc/passwd link; exit 2";
    let task = json!({"id": "t", "commandLine": format!("sh -c '{script}'")});
    with_task(&emulator, task).await;
    let file = |name: &str| format!("/_window/file?job=j&task=t&path={name}");
    let stderr = look(&emulator, "GET", &file("stderr.txt")).await;
    assert_eq!(stderr.text(), "<b>\u{fffd}https://a.example/x?…");
    for (name, value) in [
        ("content-type", "text/plain; charset=utf-8"),
        ("x-content-type-options", "nosniff"),
    ] {
        assert_eq!(stderr.header(name), Some(value));
    }
    let stdout = look(&emulator, "GET", &file("stdout.txt")).await;
    let length: usize = stdout.header("file-length").unwrap().parse().unwrap();
    assert_eq!(
        length,
        "first\n".len()
            + (1..=20_000)
                .map(|n: u32| n.to_string().len() + 1)
                .sum::<usize>()
    );
    let text = stdout.text();
    // 64 KiB, from the start of a line.
    assert!(
        text.len() <= 65_536 && text.len() > 65_520,
        "{}",
        text.len()
    );
    assert!(
        text.ends_with("19999\n20000\n") && text.lines().next().unwrap().parse::<u32>().is_ok()
    );
    let files = look(&emulator, "GET", "/_window/files?job=j&task=t")
        .await
        .json();
    let files = files["files"].as_array().unwrap().iter();
    let files: Vec<_> = files.map(|file| file["name"].as_str().unwrap()).collect();
    assert_eq!(files, ["stderr.txt", "stdout.txt", "wd/sub/file"]);
    assert_eq!(
        look(&emulator, "GET", &file("wd/sub/file")).await.text(),
        "deep\n"
    );
    // Files outside of the task's folder cannot be read.
    for path in [
        "wd/link",
        "..%2F..%2F..%2Fetc%2Fpasswd",
        "%2Fetc%2Fpasswd",
        "wd/../../../../../etc/passwd",
    ] {
        let answer = look(&emulator, "GET", &file(path)).await;
        assert!(
            answer.status >= 400 && !answer.text().contains("root:"),
            "{path}"
        );
    }
    let answer = look(&emulator, "GET", &file("wd")).await;
    assert_eq!(
        (answer.status, answer.text().as_str()),
        (409, "The path is a directory.\n")
    );
}

#[cfg(unix)]
#[tokio::test]
async fn the_output_of_a_failed_start_task_is_shown() {
    let emulator = start(Config::default().execute(true).clock_speed(10.0))
        .await
        .unwrap();
    let task =
        json!({"commandLine": "sh -c 'echo cannot mount >&2; exit 7'", "waitForSuccess": true});
    add(&emulator, "/pools", pool("p", &json!({"startTask": task}))).await;
    let failed = |found: &Value| found["nodes"]["shown"][0]["state"] == "starttaskfailed";
    let found = until(&emulator, "/_window/pool?id=p", failed).await;
    let node = &found["nodes"]["shown"][0];
    assert_eq!(node["start"]["exit"], 7);
    let node = node["id"].as_str().unwrap();
    let files = look(
        &emulator,
        "GET",
        &format!("/_window/files?pool=p&node={node}"),
    )
    .await
    .json();
    assert_eq!(files["files"][0]["name"], "stderr.txt");
    let stderr = format!("/_window/file?pool=p&node={node}&path=stderr.txt");
    assert_eq!(
        look(&emulator, "GET", &stderr).await.text(),
        "cannot mount\n"
    );
    // Only the files of the start task are.
    let outside = format!("/_window/file?pool=p&node={node}&path=..%2Fshared");
    assert_eq!(look(&emulator, "GET", &outside).await.status, 404);
}

#[tokio::test]
async fn an_allowed_name_has_access_to_everything() {
    let emulator = populated_with(Config::default().allow_host("emulator")).await;
    for path in paths() {
        for (host, status) in [("emulator:8000", 200), ("other:8000", 421)] {
            let call = Call::get(path).authorization(None);
            let answer = call.sent_header("host", host).send(&emulator).await;
            assert_eq!(answer.status, status, "{host}{path}");
        }
    }
}

#[tokio::test]
async fn totals_of_deleted_jobs_survive_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let config = || Config::default().data(folder.path());
    let emulator = populated_with(config()).await;
    let output = "/_window/file?job=j&task=t&path=stdout.txt";
    let output = look(&emulator, "GET", output).await.text();
    assert!(output.starts_with("simulated: get"), "{output}");
    let deletion = Call::new("DELETE", &format!("/jobs/j?{V}"));
    assert_eq!(deletion.send(&emulator).await.status, 202);
    let gone = |found: &Value| found["deleted"]["total"] == 1;
    until(&emulator, "/_window/state", gone).await;
    emulator.stop().await;
    let again = config().bearer_token("t0ken").clock_speed(50.0);
    let again = start(again).await.unwrap();
    let state = look(&again, "GET", "/_window/state").await.json();
    assert_eq!(
        (
            &state["deleted"]["failed"],
            &state["deleted"]["shown"][0]["id"]
        ),
        (&json!(1), &json!("j"))
    );
    assert_eq!(state["jobs"]["total"], 0);
}
