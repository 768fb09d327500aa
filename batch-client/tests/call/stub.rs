//! Responses that the emulator never sends: unknown properties, secrets in headers, bytes that are
//! no text, answers of proxies, and telling what a request looked like.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use crate::program::{Called, KEY, call};

/// A server that gives its answers one after the other, a connection each, and keeps what it was
/// asked.
struct Server {
    url: String,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Server {
    fn start(answers: Vec<Vec<u8>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let requests = Arc::new(Mutex::new(Vec::new()));
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

    /// Returns the requests, each as head and body.
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

#[test]
fn a_body_passes_through_the_model() {
    let server = Server::start(vec![answer("201 Created", "etag: 0x8D4\r\n", b"")]);
    let body = r#"{ "id": "p1", "vmSize": "s", "displayName": null, "metadata": [],
        "resizeTimeout": "PT15M", "targetDedicatedNodes": 0 }"#;
    // With the byte order mark that some editors write.
    let body = format!("\u{feff}{body}");
    let called = call(&server.url, &["Pool_Add", "--body", "-"], &body);
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
fn an_error_that_cannot_be_read_is_printed_with_its_body_and_cause() {
    let page = b"<html>\x1b[2J why </html>";
    let server = Server::start(vec![
        answer("502 Bad Gateway", "", page),
        answer("200 OK", "", b"half an answer"),
        answer(
            "403 Forbidden",
            "",
            b"\xEF\xBB\xBF{\"error\":{\"code\":\"A\",\"message\":\"why\"}}",
        ),
        b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{".to_vec(),
    ]);
    let get = || server.call(&["Pool_Get", "poolId=p1"]).error();
    let error = get();
    assert_eq!(error["body"], json!("<html>\u{1b}[2J why </html>"));
    let text = error["message"]["value"].as_str().expect("a text");
    assert!(text.contains("<html> [2J why </html>"), "{text}");
    let error = get();
    assert_eq!(
        (&error["body"], &error["status"]),
        (&json!("half an answer"), &json!(200))
    );
    // The form of another service, as it came.
    assert_eq!(get(), json!({"error": {"code": "A", "message": "why"}}));
    let error = get();
    let cause = error["cause"].as_str().expect("a cause");
    assert!(!cause.is_empty(), "{error}");
    assert_eq!(error.get("body"), None, "{error}");
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
    assert!(
        text.starts_with("Pool_Get \"p1\": 502 Bad Gateway"),
        "{text}"
    );

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
