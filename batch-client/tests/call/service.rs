//! The program against the emulator: commands in the shell take effect in the service.

use std::time::{Duration, Instant};

use batch_emulator::{Config, Emulator};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::program::{ACCOUNT, Called, KEY, call, program, run};

/// The service. It runs in separate threads, because the tests wait for the program.
pub(crate) struct Service {
    pub(crate) emulator: Emulator,
    _runtime: Runtime,
}

impl Service {
    pub(crate) fn start() -> Self {
        Self::with(Config::default())
    }

    fn with(config: Config) -> Self {
        let runtime = Runtime::new().expect("a runtime");
        let config = config.account(ACCOUNT).key(KEY).clock_speed(50.0);
        let emulator = runtime.block_on(batch_emulator::start(config));
        Self {
            emulator: emulator.expect("a service"),
            _runtime: runtime,
        }
    }

    fn call(&self, arguments: &[&str]) -> Called {
        call(self.emulator.endpoint(), arguments, "")
    }

    /// Calls with a body; the operation answers with none.
    fn send(&self, arguments: &[&str], body: &Value) {
        let arguments = [arguments, &["--body", "-"]].concat();
        let called = call(self.emulator.endpoint(), &arguments, &body.to_string());
        assert_eq!(called.exit, Some(0), "{called:?}");
        assert_eq!((&*called.stdout, &*called.stderr), (&b""[..], ""));
    }

    fn add_pool(&self, id: &str, nodes: i32) {
        self.send(&["Pool_Add"], &pool(id, nodes));
    }

    /// A task `t` of a job `j` that has written its output.
    fn run_task(&self) {
        self.add_pool("p", 1);
        self.send(
            &["Job_Add"],
            &json!({"id": "j", "poolInfo": {"poolId": "p"}}),
        );
        let task = json!({"id": "t", "commandLine": "echo"});
        self.send(&["Task_Add", "jobId=j"], &task);
        let start = Instant::now();
        let get = ["Task_Get", "jobId=j", "taskId=t", "$select=state"];
        while self.call(&get).json() != json!({"state": "completed"}) {
            assert!(
                start.elapsed() < Duration::from_secs(20),
                "the task runs on"
            );
        }
    }
}

fn pool(id: &str, nodes: i32) -> Value {
    let image = json!({"publisher": "canonical", "offer": "ubuntu-24_04-lts", "sku": "server"});
    let machine = json!({"imageReference": image, "nodeAgentSKUId": "batch.node.ubuntu 24.04"});
    json!({
        "id": id, "vmSize": "standard_d2s_v3", "targetDedicatedNodes": nodes,
        "virtualMachineConfiguration": machine,
    })
}

#[test]
fn a_get_is_what_was_selected() {
    let service = Service::start();
    service.add_pool("p1", 0);
    let called = service.call(&["-v", "Pool_Get", "poolId=P1", "$select=id,state"]);
    assert_eq!(called.json(), json!({"id": "p1", "state": "active"}));
    assert!(called.stderr.starts_with("200 OK\n"), "{}", called.stderr);
    assert!(called.stderr.contains("\netag: 0x"), "{}", called.stderr);
    assert!(!called.stderr.contains(KEY), "{}", called.stderr);
}

#[test]
fn conditions_are_headers() {
    let service = Service::start();
    service.add_pool("p1", 0);
    let etag = service.call(&["Pool_Get", "poolId=p1"]).json()["eTag"].clone();
    let condition = format!("If-None-Match={}", etag.as_str().expect("an ETag"));
    let called = service.call(&["-v", "Pool_Get", "poolId=p1", &condition]);
    assert_eq!(called.exit, Some(1));
    assert!(
        called.stderr.starts_with("304 Not Modified\n"),
        "{}",
        called.stderr
    );
    let old = "If-Modified-Since=2024-03-05T02:02:03+01:00";
    assert_eq!(
        service.call(&["Pool_Get", "poolId=p1", old]).json()["eTag"],
        etag
    );
}

#[test]
fn existence_is_true_or_false() {
    let service = Service::start();
    service.add_pool("p1", 0);
    for (id, expected) in [("poolId=p1", "true\n"), ("poolId=p2", "false\n")] {
        let called = service.call(&["Pool_Exists", id]);
        assert_eq!(String::from_utf8_lossy(&called.stdout), expected);
        assert_eq!(called.exit, Some(0));
    }
}

#[test]
fn files_are_read_with_their_properties() {
    let service = Service::start();
    service.run_task();
    let file = ["jobId=j", "taskId=t", "filePath=stdout.txt"];
    let properties = [&["File_GetPropertiesFromTask"], &file[..]].concat();
    let properties = service.call(&properties).json();
    let url = format!(
        "{}/jobs/j/tasks/t/files/stdout.txt",
        service.emulator.endpoint()
    );
    assert_eq!(properties["ocp-batch-file-url"], json!(url));
    assert_eq!(properties["ocp-batch-file-isdirectory"], json!(false));
    assert_eq!(properties["Content-Length"], json!(16));
    let created = properties["ocp-creation-time"].as_str().unwrap_or_default();
    assert!(created.ends_with('Z'), "{properties}");

    let whole = [&["File_GetFromTask"], &file[..]].concat();
    assert_eq!(service.call(&whole).stdout, b"simulated: echo\n");
    let part = [&whole[..], &["ocp-range=bytes=11-14"]].concat();
    assert_eq!(service.call(&part).stdout, b"echo");
}

/// Five pools in pages of two, with an empty page behind each.
fn five_pools() -> Service {
    let service = Service::with(Config::default().page_size(2).sparse_pages(true));
    for id in ["a", "b", "c", "d", "e"] {
        service.add_pool(id, 0);
    }
    service
}

#[test]
fn a_listing_is_followed_through_empty_pages() {
    let service = five_pools();
    let called = service.call(&["--all", "Pool_List", "$select=id", "maxresults=1"]);
    let ids = ["a", "b", "c", "d", "e"].map(|id| json!({"id": id}));
    assert_eq!(called.json(), json!(ids));
    assert_eq!(service.emulator.calls()["Pool_List"], 9);
    let filtered = ["--all", "Pool_List", "$select=id", "$filter=id eq 'd'"];
    assert_eq!(service.call(&filtered).json(), json!([{"id": "d"}]));
}

#[test]
fn a_page_is_its_list_result() {
    let service = five_pools();
    let page = service.call(&["Pool_List", "$select=id"]).json();
    assert_eq!(page["value"], json!([{"id": "a"}, {"id": "b"}]));
    let next = page["odata.nextLink"].as_str().unwrap_or_default();
    let here = format!("{}/pools?", service.emulator.endpoint());
    assert!(next.starts_with(&here), "{page}");
    assert_eq!(service.emulator.calls()["Pool_List"], 1);
}

/// The service would refuse a property that it does not know.
#[test]
fn a_body_passes_through_the_model() {
    let service = Service::start();
    let mut body = pool("p1", 0);
    body["displayName"] = json!(null);
    body["resizeTimeout"] = json!("PT20M");
    service.send(&["Pool_Add"], &body);
    let get = [
        "Pool_Get",
        "poolId=p1",
        "$select=id,displayName,resizeTimeout",
    ];
    let expected = json!({"id": "p1", "resizeTimeout": "PT20M"});
    assert_eq!(service.call(&get).json(), expected);
}

#[test]
fn a_body_can_be_a_file() {
    let service = Service::start();
    service.add_pool("p1", 0);
    let metadata = json!({"metadata": [{"name": "owner", "value": "ä"}]});
    let file = std::env::temp_dir().join(format!("batch-call-{}.json", std::process::id()));
    std::fs::write(&file, metadata.to_string()).expect("a file");
    let path = file.to_str().expect("a path of text");
    let called = service.call(&["Pool_Patch", "poolId=p1", "--body", path]);
    std::fs::remove_file(&file).expect("the file");
    assert_eq!(called.exit, Some(0), "{}", called.stderr);
    let get = ["Pool_Get", "poolId=p1", "$select=metadata"];
    assert_eq!(service.call(&get).json(), metadata);
}

#[test]
fn an_error_of_the_service_is_told_as_it_came() {
    let service = Service::start();
    let error = service.call(&["Pool_Get", "poolId=p1"]).error();
    assert_eq!(error["code"], "PoolNotFound");
    assert_eq!(error["message"]["lang"], "en-US");
    let metadata = error["odata.metadata"].as_str().unwrap_or_default();
    assert!(metadata.starts_with(service.emulator.endpoint()), "{error}");
    let error = service.call(&["Pool_List", "$filter=id eq"]).error();
    let parameter = json!({"key": "QueryParameterName", "value": "$filter"});
    assert_eq!(error["values"][0], parameter);
    let called = service.call(&["Pool_Get", "poolId=p1", "-v"]);
    assert_eq!(called.exit, Some(1));
    assert!(
        called.stderr.starts_with("404 Not Found\n"),
        "{}",
        called.stderr
    );
}

#[test]
fn the_environment_stands_for_options() {
    let service = Service::start();
    for (key, exit) in [(KEY, 0), ("d3Jvbmc=", 1)] {
        let mut command = program();
        command.env("AZURE_BATCH_ENDPOINT", service.emulator.endpoint());
        command
            .env("AZURE_BATCH_ACCOUNT", ACCOUNT)
            .env("AZURE_BATCH_ACCESS_KEY", key);
        let called = run(command.args(["Pool_List"]), "");
        assert_eq!(called.exit, Some(exit), "{called:?}");
    }
    assert_eq!(service.emulator.calls()["Pool_List"], 1);
}

#[cfg(unix)]
#[test]
fn the_examples_of_the_help_work_in_a_shell() {
    let service = Service::start();
    service.add_pool("render", 0);
    let help = run(program().arg("--help"), "");
    let help = String::from_utf8(help.stdout).expect("text");
    let examples: Vec<&str> = help
        .lines()
        .filter(|line| line.starts_with("  call "))
        .collect();
    assert_eq!(examples.len(), 2, "{help}");
    for example in examples {
        let mut command = crate::program::shell(example);
        command
            .env("AZURE_BATCH_ENDPOINT", service.emulator.endpoint())
            .env("AZURE_BATCH_ACCOUNT", ACCOUNT)
            .env("AZURE_BATCH_ACCESS_KEY", KEY);
        let called = run(&mut command, "").json();
        let pool = called.get(0).unwrap_or(&called);
        assert_eq!(pool["id"], "render", "{example}");
    }
}
