//! The example `call` from end to end: its program, a server on this machine, and what both see.
//!
//! cargo builds examples before it runs all tests, but not before it runs this file alone; the tests say so then.

use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::sync::{Arc, Mutex};

const KEY: &str = "dG9wLXNlY3JldA==";
const ERROR: &str = r#"{"odata.metadata":"m","code":"PoolNotFound","message":{"lang":"en-US","value":"no such pool"},"values":[{"key":"k","value":"v"}]}"#;

/// A server that gives its answers one after the other, a connection each, and keeps what it was asked.
struct Server {
    url: String,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Server {
    fn start(answers: Vec<Vec<u8>>) -> Self {
        Self::start_at(|_| answers)
    }

    /// With answers that name the server's own address.
    fn start_at(answers: impl FnOnce(&str) -> Vec<Vec<u8>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let requests = Arc::new(Mutex::new(Vec::new()));
        let answers = answers(&url);
        let kept = requests.clone();
        // It ends with the answers, or with the tests.
        std::thread::spawn(move || {
            for answer in answers {
                let (mut stream, _) = listener.accept().expect("a connection");
                let request = read_request(&mut stream);
                kept.lock().expect("requests").push(request);
                stream.write_all(&answer).expect("a reader");
            }
        });
        Self { url, requests }
    }

    /// What came, each as head and body.
    fn requests(&self) -> Vec<String> {
        self.requests.lock().expect("requests").clone()
    }

    fn call(&self, arguments: &[&str]) -> Called {
        call(&self.url, arguments, "")
    }
}

fn read_request(stream: &mut TcpStream) -> String {
    let mut request = Vec::new();
    let mut piece = [0; 4096];
    loop {
        let length = stream.read(&mut piece).expect("a request");
        assert_ne!(length, 0, "the request ends early");
        request.extend_from_slice(&piece[..length]);
        let text = String::from_utf8_lossy(&request).to_lowercase();
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            continue;
        };
        let wanted = head
            .split("\r\n")
            .find_map(|line| line.strip_prefix("content-length: "));
        if body.len() >= wanted.map_or(0, |length| length.parse().expect("a length")) {
            return String::from_utf8(request).expect("text");
        }
    }
}

/// An answer with its body, as it goes on the wire.
fn answer(status: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: {length}\r\n{headers}\r\n"
    );
    [head.as_bytes(), body].concat()
}

/// What the program said and how it ended.
#[derive(Debug)]
struct Called {
    exit: Option<i32>,
    stdout: Vec<u8>,
    stderr: String,
}

impl Called {
    fn json(&self) -> Value {
        assert_eq!(self.exit, Some(0), "{self:?}");
        serde_json::from_slice(&self.stdout).expect("JSON on stdout")
    }

    /// The error, where nothing else is on stderr.
    fn error(&self) -> Value {
        assert_eq!(self.exit, Some(1), "{self:?}");
        assert_eq!(self.stdout, b"", "{self:?}");
        serde_json::from_str(&self.stderr).expect("JSON on stderr")
    }
}

impl From<Output> for Called {
    fn from(output: Output) -> Self {
        Self {
            exit: output.status.code(),
            stdout: output.stdout,
            stderr: String::from_utf8(output.stderr).expect("text on stderr"),
        }
    }
}

fn call(url: &str, arguments: &[&str], stdin: &str) -> Called {
    let mut command = program();
    command.args(["--url", url, "--account", "acct", "--key", KEY]);
    run(command.args(arguments), stdin)
}

fn run(command: &mut Command, stdin: &str) -> Called {
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program");
    // It may have ended without reading.
    let _ = child
        .stdin
        .take()
        .expect("stdin")
        .write_all(stdin.as_bytes());
    child.wait_with_output().expect("the program's end").into()
}

/// The program, without what the environment of the tests has for it.
fn program() -> Command {
    let path = program_path();
    assert!(
        path.exists(),
        "there is no {}; build it: cargo build -p batch-client --example call",
        path.display()
    );
    let mut command = Command::new(path);
    for variable in [
        "AZURE_BATCH_ENDPOINT",
        "AZURE_BATCH_ACCOUNT",
        "AZURE_BATCH_ACCESS_KEY",
    ] {
        command.env_remove(variable);
    }
    command.env("NO_PROXY", "127.0.0.1");
    command
}

/// Beside the folder of the tests; cargo has no variable for examples.
fn program_path() -> PathBuf {
    let test = std::env::current_exe().expect("the path of this test");
    let profile = test
        .ancestors()
        .nth(2)
        .expect("target's folder of the profile");
    let name = format!("call{}", std::env::consts::EXE_SUFFIX);
    profile.join("examples").join(name)
}

#[test]
fn a_get_passes_through_the_model() {
    let body = br#"{"odata.metadata":"m","id":"p1","state":"active","unknown":1,"creationTime":"2024-03-05T01:02:03.1200000Z","resizeTimeout":"PT15M","maxTasksPerNode":null,"metadata":[]}"#;
    let server = Server::start(vec![answer("200 OK", "", body)]);
    let called = server.call(&[
        "Pool_Get",
        "poolId=p 1",
        "$select=id,state",
        "If-Match=0x8D4",
        "If-Modified-Since=2024-03-05T02:02:03+01:00",
    ]);
    // Neither the unknown property nor a null; the empty list is not absent.
    let expected = json!({
        "id": "p1", "state": "active", "creationTime": "2024-03-05T01:02:03.12Z",
        "resizeTimeout": "PT15M", "metadata": [],
    });
    assert_eq!(called.json(), expected);
    assert_eq!(called.stderr, "");
    let request = &server.requests()[0];
    assert!(request.starts_with("GET /pools/p%201?"), "{request}");
    assert!(request.contains("%24select=id%2Cstate"), "{request}");
    assert!(request.contains("if-match: 0x8D4\r\n"), "{request}");
    let date = "if-modified-since: Tue, 05 Mar 2024 01:02:03 GMT\r\n";
    assert!(request.contains(date), "{request}");
}

#[test]
fn verbose_shows_status_and_headers_and_no_secret() {
    let headers = "etag: 0x8D4\r\nauthorization: SharedKey acct:abc\r\n";
    let server = Server::start(vec![answer("200 OK", headers, b"{}")]);
    let called = server.call(&["-v", "Pool_Get", "poolId=p1"]);
    assert_eq!(called.json(), json!({}));
    assert!(called.stderr.starts_with("200 OK\n"), "{}", called.stderr);
    assert!(called.stderr.contains("etag: 0x8D4\n"), "{}", called.stderr);
    assert!(!called.stderr.contains("SharedKey"), "{}", called.stderr);
    assert!(!called.stderr.contains(KEY), "{}", called.stderr);
}

#[test]
fn existence_is_true_or_false() {
    let there = answer("200 OK", "", b"");
    let gone = b"HTTP/1.1 404 Not Found\r\nconnection: close\r\n\r\n";
    let server = Server::start(vec![there, gone.to_vec()]);
    for expected in ["true\n", "false\n"] {
        let called = server.call(&["Pool_Exists", "poolId=p1"]);
        assert_eq!(String::from_utf8_lossy(&called.stdout), expected);
        assert_eq!(called.exit, Some(0));
    }
    assert!(server.requests()[0].starts_with("HEAD /pools/p1?"));
}

#[test]
fn file_properties_come_under_the_names_of_their_headers() {
    let head = b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 13\r\nocp-batch-file-isdirectory: False\r\nocp-batch-file-url: https%3A%2F%2Fa%2Fb\r\nocp-creation-time: Tue, 05 Mar 2024 01:02:03 GMT\r\n\r\n";
    let server = Server::start(vec![head.to_vec()]);
    let called = server.call(&[
        "File_GetPropertiesFromTask",
        "jobId=j",
        "taskId=t",
        "filePath=wd/out.txt",
    ]);
    let expected = json!({
        "Content-Length": 13,
        "ocp-batch-file-isdirectory": false,
        "ocp-batch-file-url": "https://a/b",
        "ocp-creation-time": "2024-03-05T01:02:03Z",
    });
    assert_eq!(called.json(), expected);
    assert!(server.requests()[0].starts_with("HEAD /jobs/j/tasks/t/files/wd%2Fout.txt?"));
}

#[test]
fn a_download_is_the_bytes_of_the_file() {
    let content: Vec<u8> = (0..=255).cycle().take(100_000).collect();
    let server = Server::start(vec![answer("206 Partial Content", "", &content)]);
    let called = server.call(&[
        "File_GetFromTask",
        "jobId=j",
        "taskId=t",
        "filePath=f",
        "ocp-range=bytes=0-99999",
    ]);
    assert_eq!(called.exit, Some(0), "{}", called.stderr);
    assert!(called.stdout == content, "other bytes");
    assert!(server.requests()[0].contains("ocp-range: bytes=0-99999\r\n"));
}

/// Three pages, of which the second is empty; all but the last name the next, at `url`.
fn pages(url: &str) -> Vec<Vec<u8>> {
    let pages = [
        format!(r#"{{"value":[{{"id":"a"}}],"odata.nextLink":"{url}/jobs?$skiptoken=1"}}"#),
        format!(r#"{{"value":[],"odata.nextLink":"{url}/jobs?$skiptoken=2"}}"#),
        r#"{"value":[{"id":"b"},{"id":"c"}]}"#.to_owned(),
    ];
    pages
        .map(|body| answer("200 OK", "", body.as_bytes()))
        .into()
}

#[test]
fn a_listing_is_followed_through_empty_pages() {
    let server = Server::start_at(pages);
    let called = server.call(&["--all", "Job_List", "maxresults=1"]);
    assert_eq!(
        called.json(),
        json!([{ "id": "a" }, { "id": "b" }, { "id": "c" }])
    );
    let requests = server.requests();
    assert!(requests[0].contains("maxresults=1"), "{}", requests[0]);
    assert!(
        requests[2].starts_with("GET /jobs?$skiptoken=2 HTTP"),
        "{}",
        requests[2]
    );
}

#[test]
fn a_page_is_its_list_result() {
    let server = Server::start_at(pages);
    let next = format!("{}/jobs?$skiptoken=1", server.url);
    let called = server.call(&["Job_List"]);
    assert_eq!(
        called.json(),
        json!({ "value": [{ "id": "a" }], "odata.nextLink": next })
    );
    assert_eq!(server.requests().len(), 1);
}

#[test]
fn a_body_passes_through_the_model() {
    let server = Server::start(vec![answer("201 Created", "etag: 0x8D4\r\n", b"")]);
    let body = r#"{ "id": "p1", "vmSize": "s", "unknown": 1, "displayName": null, "metadata": [],
        "resizeTimeout": "PT15M", "targetDedicatedNodes": 0 }"#;
    let called = call(&server.url, &["Pool_Add", "--body", "-"], body);
    assert_eq!(
        (
            called.exit,
            called.stdout.as_slice(),
            called.stderr.as_str()
        ),
        (Some(0), &b""[..], "")
    );
    let request = &server.requests()[0];
    let (head, body) = request.split_once("\r\n\r\n").expect("a body");
    assert!(head.starts_with("POST /pools?"), "{head}");
    let sent: Value = serde_json::from_str(body).expect("JSON");
    let expected = json!({
        "id": "p1", "vmSize": "s", "metadata": [], "resizeTimeout": "PT15M", "targetDedicatedNodes": 0,
    });
    assert_eq!(sent, expected);
}

#[test]
fn a_body_can_be_a_file() {
    let server = Server::start(vec![answer("200 OK", "", b"")]);
    let file = std::env::temp_dir().join(format!("batch-call-{}.json", std::process::id()));
    std::fs::write(&file, r#"{"metadata":[]}"#).expect("a file");
    let path = file.to_str().expect("a path of text");
    let called = server.call(&["Pool_Patch", "poolId=p1", "--body", path]);
    std::fs::remove_file(&file).expect("the file");
    assert_eq!(called.exit, Some(0), "{}", called.stderr);
    assert!(server.requests()[0].ends_with("\r\n\r\n{\"metadata\":[]}"));
}

#[test]
fn an_error_of_the_service_is_told_as_it_came() {
    let answer = answer("404 Not Found", "", ERROR.as_bytes());
    let server = Server::start(vec![answer.clone(), answer]);
    let called = server.call(&["Pool_Get", "poolId=p1"]);
    assert_eq!(
        called.error(),
        serde_json::from_str::<Value>(ERROR).expect("JSON")
    );
    let called = server.call(&["Pool_Get", "poolId=p1", "-v"]);
    assert_eq!(called.exit, Some(1));
    assert!(
        called.stderr.starts_with("404 Not Found\n"),
        "{}",
        called.stderr
    );
}

#[test]
fn an_error_of_others_is_told_as_ours() {
    let server = Server::start(vec![answer("502 Bad Gateway", "", b"<html>")]);
    let error = server.call(&["Pool_Get", "poolId=p1"]).error();
    assert_eq!(
        (&error["code"], &error["status"]),
        (&Value::Null, &json!(502))
    );
    let text = error["message"]["value"].as_str().expect("a text");
    assert!(text.starts_with("Pool_Get: 502 Bad Gateway"), "{text}");

    // A port that was free a moment ago.
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    drop(listener);
    let error = call(&url, &["Pool_Get", "poolId=p1"], "").error();
    assert_eq!(
        (&error["code"], &error["status"]),
        (&Value::Null, &Value::Null)
    );
}

#[test]
fn wrong_usage_is_told_before_anything_is_sent() {
    let cases: [(&[&str], &str, &[&str]); 15] = [
        (&[], "", &["OPERATION_ID"]),
        (
            &["Pool_Gett"],
            "",
            &["Pool_Gett", "Pool_Get,", "Pool_Resize"],
        ),
        (&["Disk_Get"], "", &["Disk_Get", "Account", "Pool"]),
        (&["Pool_Get"], "", &["poolId", "missing"]),
        (
            &["Pool_Get", "poolId=p", "top=1"],
            "",
            &["top", "poolId", "$select", "If-Match", "ocp-date"],
        ),
        (
            &["Pool_Get", "poolId=p", "poolid=q"],
            "",
            &["poolid", "more than once"],
        ),
        (&["Pool_Get", "poolId"], "", &["poolId", "NAME=VALUE"]),
        (
            &["Pool_List", "maxresults=ten"],
            "",
            &["maxresults", "whole number", "ten"],
        ),
        (
            &["Pool_Get", "poolId=p", "If-Modified-Since=today"],
            "",
            &["If-Modified-Since", "RFC 3339"],
        ),
        (
            &["Pool_Get", "poolId=p", "--all"],
            "",
            &["Pool_Get", "no listing"],
        ),
        (
            &["Pool_Get", "poolId=p", "--body", "-"],
            "{}",
            &["Pool_Get", "no body"],
        ),
        (&["Pool_Add"], "", &["body"]),
        (&["Pool_Add", "--body", "-"], "{", &["no JSON"]),
        (
            &["Pool_Add", "--body", "-"],
            r#"{"id":"p"}"#,
            &["missing field `vmSize`"],
        ),
        (
            &["Pool_Patch", "poolId=p", "--body", "-"],
            "[]",
            &["no JSON object"],
        ),
    ];
    let server = Server::start(Vec::new());
    for (arguments, stdin, words) in cases {
        let called = call(&server.url, arguments, stdin);
        assert_eq!(called.exit, Some(2), "{arguments:?}: {called:?}");
        assert_eq!(called.stdout, b"", "{arguments:?}");
        for word in words {
            assert!(
                called.stderr.contains(word),
                "{arguments:?}: {word} in {}",
                called.stderr
            );
        }
    }
}

#[test]
fn options_are_checked_and_never_show_the_key() {
    let cases: [(&[&str], &[&str]); 6] = [
        (&[], &["--url", "AZURE_BATCH_ENDPOINT"]),
        (
            &["--url", "http://127.0.0.1:9"],
            &["--account", "AZURE_BATCH_ACCOUNT"],
        ),
        (
            &["--url", "http://127.0.0.1:9", "--account", "a"],
            &["--key", "AZURE_BATCH_ACCESS_KEY"],
        ),
        (
            &["--url", "nowhere", "--account", "a", "--key", KEY],
            &["nowhere"],
        ),
        (
            &[
                "--url",
                "http://127.0.0.1:9",
                "--account",
                "a",
                "--key",
                "top secret!",
            ],
            &[],
        ),
        (&["--key=top secret!"], &["--key"]),
    ];
    for (options, words) in cases {
        let called = run(program().args(options).args(["Pool_Get", "poolId=p"]), "");
        assert_eq!(called.exit, Some(2), "{options:?}: {called:?}");
        for word in words {
            assert!(
                called.stderr.contains(word),
                "{options:?}: {word} in {}",
                called.stderr
            );
        }
        assert!(!called.stderr.contains("top secret!"), "{}", called.stderr);
        assert!(!called.stderr.contains(KEY), "{}", called.stderr);
    }
}

#[test]
fn the_environment_stands_for_options() {
    let server = Server::start(vec![answer("200 OK", "", b"{}")]);
    let mut command = program();
    command.env("AZURE_BATCH_ENDPOINT", &server.url);
    command
        .env("AZURE_BATCH_ACCOUNT", "acct")
        .env("AZURE_BATCH_ACCESS_KEY", KEY);
    let called = run(command.args(["Job_Get", "jobId=j"]), "");
    assert_eq!(called.json(), json!({}));
    assert!(server.requests()[0].contains("authorization: SharedKey acct:"));
}

#[test]
fn help_is_an_answer() {
    let called = run(program().arg("--help"), "");
    assert_eq!(called.exit, Some(0));
    let text = String::from_utf8(called.stdout).expect("text");
    for word in [
        "--url",
        "--account",
        "--key",
        "--body",
        "--all",
        "-v",
        "OPERATION_ID",
        "NAME=VALUE",
    ] {
        assert!(text.contains(word), "{word}");
    }
}
