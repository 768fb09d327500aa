//! Properties: for any script of faults, a download is byte-identical or an error, and never half a
//! file under its final name; a tail hands out a prefix of the file, each byte once.
//!
//! No script has a fault that nothing can detect: other bytes in a response that has the range, the
//! length and the version of the right ones.

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::ops::Range;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use batch_client::{Client, RetryPolicy};
use batch_tests::server::{Answer, Request, Response, Server};
use proptest::prelude::*;
use serde_json::json;

use super::Folder;

/// How a response says what it contains.
#[derive(Debug, Clone, Copy)]
enum Form {
    /// 206 with its range and length.
    Part,
    /// 200 with the length of the range, as from the live service.
    Plain,
    /// 200 in chunks.
    Chunked,
}

/// What happens to a request for content.
#[derive(Debug, Clone)]
enum Fault {
    None(Form),
    /// The connection breaks after so many bytes of the body.
    Break(Form, usize),
    /// The whole file instead of the range, perhaps broken off.
    Ignored(Form, Option<usize>),
    /// Another range of the same length, as said by its header.
    Shifted(u64),
    /// The range of a file of another length.
    OtherTotal,
    /// 206 without Content-Range.
    Unsaid,
    /// Other bytes of another `ETag` or, if false, of another `Last-Modified`.
    OtherVersion(bool),
    Encoded(&'static str),
    Longer(Form, usize),
    Shorter(Form, usize),
    Status(u16, Option<&'static str>),
    Empty(u16),
    Html,
    Closed,
}

fn form() -> impl Strategy<Value = Form> {
    prop::sample::select(vec![Form::Part, Form::Plain, Form::Chunked])
}

fn fault() -> impl Strategy<Value = Fault> {
    let some = || 1_usize..40;
    prop_oneof![
        2 => form().prop_map(Fault::None),
        5 => (form(), 0_usize..300).prop_map(|(form, at)| Fault::Break(form, at)),
        3 => (form(), prop::option::of(0_usize..300)).prop_map(|(form, at)| Fault::Ignored(form, at)),
        1 => (1_u64..40).prop_map(Fault::Shifted),
        1 => Just(Fault::OtherTotal),
        1 => Just(Fault::Unsaid),
        1 => any::<bool>().prop_map(Fault::OtherVersion),
        1 => prop::sample::select(vec!["gzip", "br", "multipart"]).prop_map(Fault::Encoded),
        1 => (form(), some()).prop_map(|(form, by)| Fault::Longer(form, by)),
        1 => (form(), some()).prop_map(|(form, by)| Fault::Shorter(form, by)),
        2 => (
            prop::sample::select(vec![404, 408, 412, 416, 429, 500, 502, 503]),
            prop::option::of(prop::sample::select(vec!["0", "1", "99999999", "soon"])),
        ).prop_map(|(status, after)| Fault::Status(status, after)),
        1 => prop::sample::select(vec![200, 206]).prop_map(Fault::Empty),
        1 => Just(Fault::Html),
        1 => Just(Fault::Closed),
    ]
}

/// What happens to a request for the properties of a file or for its task.
fn refusal() -> impl Strategy<Value = Fault> {
    prop_oneof![
        3 => Just(Fault::None(Form::Plain)),
        1 => prop::sample::select(vec![429, 500, 503]).prop_map(|s| Fault::Status(s, Some("99999999"))),
        1 => Just(Fault::Closed),
    ]
}

/// A file on the server, and what goes wrong with it.
#[derive(Debug, Default)]
struct Truth {
    content: Vec<u8>,
    version: u8,
    /// Contents of all versions.
    versions: Vec<Vec<u8>>,
    /// Whether `If-Unmodified-Since` is respected.
    conditional: bool,
    /// What happens to the next requests for content, and the length of the new version if the file
    /// changes before.
    script: VecDeque<(Option<usize>, Fault)>,
    heads: VecDeque<Fault>,
    /// By how much the file grows before each request for its properties; then its task completes.
    growth: Option<VecDeque<usize>>,
}

type Shared = Arc<Mutex<Truth>>;

/// Bytes that differ from those of another version in each place.
fn bytes(version: u8, range: Range<usize>) -> Vec<u8> {
    let byte = |at: usize| (at * 7 + at / 251).to_le_bytes()[0].wrapping_add(version);
    range.map(byte).collect()
}

impl Truth {
    fn change(&mut self, length: usize) {
        self.version += 1;
        self.content = bytes(self.version, 0..length);
        self.versions.push(self.content.clone());
    }

    fn headers(&self, form: Form, range: &Range<usize>) -> Vec<(&'static str, String)> {
        let mut headers = vec![
            ("etag", format!("v{}", self.version)),
            ("last-modified", modified(self.version)),
        ];
        if matches!(form, Form::Part) {
            let last = range.end.saturating_sub(1);
            let total = self.content.len();
            headers.push((
                "content-range",
                format!("bytes {}-{last}/{total}", range.start),
            ));
        }
        headers
    }

    fn answer(&mut self, request: &Request) -> Answer {
        if !request.target.contains("/files/") {
            return self.task();
        }
        if request.method == "HEAD" {
            return self.head();
        }
        let (change, fault) = self
            .script
            .pop_front()
            .unwrap_or((None, Fault::None(Form::Part)));
        if let Some(length) = change {
            self.change(length);
        }
        let (first, last) = request
            .header("ocp-range")
            .and_then(|range| range.strip_prefix("bytes=")?.split_once('-'))
            .expect("a range");
        let (first, last): (usize, usize) = (first.parse().unwrap(), last.parse().unwrap());
        let range = first..(last + 1).min(self.content.len());
        let since = request.header("if-unmodified-since");
        if self.conditional && since.is_some_and(|since| since != modified(self.version)) {
            return Response::json(412, &json!({"code": "ConditionNotMet"})).into();
        }
        if range.is_empty() {
            return Response::json(416, &json!({"code": "InvalidRange"})).into();
        }
        self.content(&range, &fault)
    }

    fn content(&self, range: &Range<usize>, fault: &Fault) -> Answer {
        let body = self.content[range.clone()].to_vec();
        let headers = |form| self.headers(form, range);
        let with = |name: &'static str, value: String| {
            let mut headers = headers(Form::Part);
            headers.retain(|(known, _)| *known != name);
            headers.push((name, value));
            headers
        };
        let (start, end, total) = (range.start, range.end, self.content.len());
        match *fault {
            Fault::None(form) => send(form, &headers(form), &body, None),
            Fault::Break(form, at) => send(form, &headers(form), &body, Some(at)),
            Fault::Ignored(form, at) => {
                let whole = 0..total;
                // In a 200 of no length, only the end shows that it is not the range.
                let form = if at.is_some() { Form::Chunked } else { form };
                send(form, &self.headers(form, &whole), &self.content, at)
            }
            Fault::Shifted(by) => {
                let by = usize::try_from(by).expect("a small number");
                let said = format!("bytes {}-{}/{total}", start + by, end - 1 + by);
                let other = bytes(self.version, start + by..end + by);
                send(Form::Part, &with("content-range", said), &other, None)
            }
            Fault::OtherTotal => {
                let said = format!("bytes {start}-{}/{}", end - 1, total + 1);
                send(Form::Part, &with("content-range", said), &body, None)
            }
            Fault::Unsaid => send(Form::Part, &headers(Form::Plain), &body, None),
            Fault::OtherVersion(etag) => {
                let other = self.version + 100;
                let headers = if etag {
                    with("etag", format!("v{other}"))
                } else {
                    with("last-modified", modified(other))
                };
                // Nobody compares the versions of a file that grows.
                let version = if self.growth.is_some() {
                    self.version
                } else {
                    other
                };
                send(Form::Part, &headers, &bytes(version, range.clone()), None)
            }
            Fault::Encoded("multipart") => {
                let mut headers = headers(Form::Part);
                headers.push((
                    "content-type",
                    "multipart/byteranges; boundary=x".to_owned(),
                ));
                send(Form::Part, &headers, &body, None)
            }
            Fault::Encoded(encoding) => {
                let mut headers = headers(Form::Part);
                headers.push(("content-encoding", encoding.to_owned()));
                send(Form::Part, &headers, &bytes(77, range.clone()), None)
            }
            Fault::Longer(form, by) => {
                let more = [body, vec![0; by]].concat();
                send(form, &headers(form), &more, None)
            }
            Fault::Shorter(form, by) => {
                let less = &body[..body.len().saturating_sub(by)];
                send(form, &headers(form), less, None)
            }
            Fault::Status(status, after) => refused(status, after),
            Fault::Empty(status) => Response::new(status).into(),
            // It would be content of the file to a reader that knows no version.
            Fault::Html if self.growth.is_some() => refused(502, None),
            Fault::Html => Response::new(200).body("<html>Sign in</html>").into(),
            Fault::Closed => Answer::Bytes(Vec::new()),
        }
    }

    fn head(&mut self) -> Answer {
        match self.heads.pop_front() {
            Some(Fault::Status(status, after)) => return refused(status, after),
            Some(Fault::Closed) => return Answer::Bytes(Vec::new()),
            _ => {}
        }
        if let Some(by) = self.growth.as_mut().and_then(VecDeque::pop_front) {
            let length = self.content.len();
            self.content
                .extend(bytes(self.version, length..length + by));
        }
        let mut head = Response::new(200).header("content-length", &self.content.len().to_string());
        for (name, value) in self.headers(Form::Plain, &(0..0)) {
            head = head.header(name, &value);
        }
        head.into()
    }

    fn task(&self) -> Answer {
        let grows = self
            .growth
            .as_ref()
            .is_some_and(|growth| !growth.is_empty());
        let state = if grows { "running" } else { "completed" };
        Response::json(200, &json!({"id": "t", "state": state})).into()
    }
}

fn modified(version: u8) -> String {
    let (minutes, seconds) = (version / 60, version % 60);
    format!("Wed, 19 Mar 2025 19:{minutes:02}:{seconds:02} GMT")
}

fn refused(status: u16, after: Option<&str>) -> Answer {
    let response = Response::json(status, &json!({"code": "Refused"}));
    match after {
        Some(after) => response.header("retry-after", after).into(),
        None => response.into(),
    }
}

/// A response with a body, of which perhaps only the first bytes arrive.
fn send(
    form: Form,
    headers: &[(&'static str, String)],
    body: &[u8],
    broken_after: Option<usize>,
) -> Answer {
    let status = if matches!(form, Form::Part) { 206 } else { 200 };
    let mut head = format!("HTTP/1.1 {status} Answer\r\nconnection: close\r\n");
    for (name, value) in headers {
        let _ = write!(head, "{name}: {value}\r\n");
    }
    let chunked = matches!(form, Form::Chunked);
    if chunked {
        head.push_str("transfer-encoding: chunked\r\n\r\n");
        if !body.is_empty() {
            let _ = write!(head, "{:x}\r\n", body.len());
        }
    } else {
        let _ = write!(head, "content-length: {}\r\n\r\n", body.len());
    }
    let sent = broken_after.unwrap_or(body.len()).min(body.len());
    let mut bytes = [head.as_bytes(), &body[..sent]].concat();
    if chunked && broken_after.is_none() {
        bytes.extend(if body.is_empty() {
            &b"0\r\n\r\n"[..]
        } else {
            b"\r\n0\r\n\r\n"
        });
    }
    Answer::Bytes(bytes)
}

async fn serving(truth: &Shared) -> Server {
    let server = Server::start().await;
    let truth = truth.clone();
    server.rule(move |request| {
        let mut truth = truth.lock().expect("no panic");
        Some(truth.answer(request))
    });
    server
}

fn client(server: &Server) -> Client {
    let quick = RetryPolicy::default()
        .with_attempts(3)
        .with_base(Duration::from_millis(1))
        .with_cap(Duration::from_millis(2))
        .with_max_retry_after(Duration::from_millis(2));
    let builder = Client::builder(server.url(), crate::calls::key()).retry(quick);
    builder.build().expect("a client")
}

fn in_runtime<T>(test: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.expect("a runtime").block_on(test)
}

type Script = Vec<(Option<usize>, Fault)>;

fn script() -> impl Strategy<Value = Script> {
    let change = prop::option::weighted(0.08, 0_usize..300);
    prop::collection::vec((change, fault()), 0..14)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_download_is_byte_identical_or_an_error(
        length in 0_usize..300,
        script in script(),
        heads in prop::collection::vec(refusal(), 0..3),
        conditional in any::<bool>(),
        older in any::<bool>(),
    ) {
        let result: Result<(), String> = in_runtime(async {
            let mut truth = Truth { conditional, script: script.into(), heads: heads.into(), ..Truth::default() };
            truth.change(length);
            let truth = Arc::new(Mutex::new(truth));
            let server = serving(&truth).await;
            let (folder, client) = (Folder::new(), client(&server));
            let target = folder.join("a");
            if older {
                std::fs::write(&target, "an older file").map_err(|e| e.to_string())?;
            }
            let download = || client.file().download_from_task("j", "t", "a").to(&target);
            let result = download().await;
            let found = std::fs::read(&target).ok();
            let content = || truth.lock().expect("no panic").content.clone();
            match &result {
                Ok(done) if found.as_ref() == Some(&content()) && done.bytes == content().len() as u64 => {}
                Err(_) if found.as_deref() == older.then_some(b"an older file".as_slice()) => {}
                _ => return Err(format!("{result:?}, and the file is {found:?}")),
            }
            if result.is_ok() && folder.names() != ["a"] {
                return Err(format!("left over: {:?}", folder.names()));
            }
            truth.lock().expect("no panic").script.clear();
            truth.lock().expect("no panic").heads.clear();
            download().await.map_err(|e| format!("the second download: {e}"))?;
            let found = std::fs::read(&target).ok();
            if found != Some(content()) || folder.names() != ["a"] {
                return Err(format!("{:?} after the second download: {found:?}", folder.names()));
            }
            Ok(())
        });
        prop_assert_eq!(result, Ok(()));
    }

    #[test]
    fn a_tail_hands_out_each_byte_once(
        length in 0_usize..60,
        growth in prop::collection::vec(0_usize..60, 0..8),
        script in prop::collection::vec(fault(), 0..10),
        heads in prop::collection::vec(refusal(), 0..4),
    ) {
        let result: Result<(), String> = in_runtime(async {
            let total = length + growth.iter().sum::<usize>();
            let mut truth = Truth {
                script: script.into_iter().map(|fault| (None, fault)).collect(),
                heads: heads.into(),
                growth: Some(growth.into()),
                ..Truth::default()
            };
            truth.change(length);
            let whole = bytes(truth.version, 0..total);
            let server = serving(&Arc::new(Mutex::new(truth))).await;
            let tail = client(&server).file().tail_task("j", "t", "a");
            let mut tail = tail.max_interval(Duration::from_millis(1)).follow();
            let mut read = Vec::new();
            let end = loop {
                match tail.try_next().await {
                    Ok(Some(piece)) => read.extend_from_slice(&piece),
                    Ok(None) => break None,
                    Err(error) => break Some(error),
                }
            };
            if !whole.starts_with(&read) || (end.is_none() && read.len() != total) {
                return Err(format!("{} of {total} bytes, {read:?}, {end:?}", read.len()));
            }
            Ok(())
        });
        prop_assert_eq!(result, Ok(()));
    }

    #[test]
    fn each_file_of_a_tree_is_byte_identical_or_a_failure(
        length in 0_usize..300,
        script in script(),
        heads in prop::collection::vec(refusal(), 0..4),
    ) {
        let result: Result<(), String> = in_runtime(async {
            let mut truth = Truth { script: script.into(), heads: heads.into(), ..Truth::default() };
            truth.change(length);
            let truth = Arc::new(Mutex::new(truth));
            let server = Server::start().await;
            let served = truth.clone();
            server.rule(move |request| {
                let path = request.target.split('?').next().unwrap_or_default();
                if path.ends_with("/files") {
                    let files = ["wd/a", "wd/b", "c"].map(|name| json!({"name": name, "isDirectory": false}));
                    return Some(Response::json(200, &json!({"value": files})).into());
                }
                Some(served.lock().expect("no panic").answer(request))
            });
            let folder = Folder::new();
            let all = client(&server).file().download_all_from_task("j", "t").to(folder.join("all"));
            let done = all.report().await;
            // The file changes in between, so each copy is one of its versions.
            let versions = truth.lock().expect("no panic").versions.clone();
            for name in ["wd/a", "wd/b", "c"] {
                let path = folder.join("all").join(name);
                let found = std::fs::read(&path).ok();
                let said = done.files.contains(&path);
                if said != found.is_some() || !found.iter().all(|found| versions.contains(found)) {
                    return Err(format!("{name}: {found:?}, {done:?}"));
                }
            }
            let failed = done.failures.len();
            if done.files.len() + failed != 3 && done.error().is_none() {
                return Err(format!("{done:?}"));
            }
            if done.is_complete() != (done.files.len() == 3) {
                return Err(format!("is_complete is {}: {done:?}", done.is_complete()));
            }
            Ok(())
        });
        prop_assert_eq!(result, Ok(()));
    }
}
