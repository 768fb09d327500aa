//! Downloads and tails from a server that answers wrongly: a file is byte-identical or an error.

use std::time::{Duration, Instant};

use batch_client::Client;
use batch_tests::server::{Answer, Response, Server};
use serde_json::json;

use super::{Folder, quick};

const FILE: &str = "0123456789";
const MODIFIED: &str = "Wed, 19 Mar 2025 19:29:39 GMT";
const LATER: &str = "Wed, 19 Mar 2025 19:30:00 GMT";

fn client(server: &Server) -> Client {
    let builder = Client::builder(server.url(), crate::calls::key()).retry(quick());
    builder.build().expect("a client")
}

/// The properties of the file.
fn head() -> Answer {
    let head = Response::new(200).header("content-length", "10");
    head.header("last-modified", MODIFIED)
        .header("etag", "v1")
        .into()
}

/// A response with content of the file.
fn content(status: u16, body: &str) -> Response {
    let response = Response::new(status).body(body);
    response
        .header("last-modified", MODIFIED)
        .header("etag", "v1")
}

fn part(range: &str, body: &str) -> Response {
    content(206, body).header("content-range", &format!("bytes {range}/10"))
}

/// A response that breaks off after the first bytes of its body.
fn cut(length: usize, body: &str) -> Answer {
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-length: {length}\r\nlast-modified: {MODIFIED}\r\netag: v1\r\n\r\n"
    );
    Answer::Bytes([head.as_bytes(), body.as_bytes()].concat())
}

/// A chunked response that breaks off.
fn cut_chunk(body: &str) -> Answer {
    let head = format!(
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\nlast-modified: {MODIFIED}\r\netag: v1\r\n\r\n\
         {:x}\r\n{body}\r\n",
        body.len()
    );
    Answer::Bytes(head.into_bytes())
}

/// Expected result of a download.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Expected {
    /// The file, after this many reads of its properties (one for each start).
    File { starts: usize },
    /// An error whose message has this, and no file.
    Error(&'static str),
}

use Expected::{Error as Fails, File as Whole};

/// The responses after the properties. A download that starts again requests the properties again.
#[expect(clippy::too_many_lines, reason = "a table")]
fn cases() -> Vec<(&'static str, Vec<Answer>, Expected)> {
    let whole = || Answer::from(content(200, FILE));
    let cut = || cut(10, "0123");
    let again = |wrong: Response| vec![cut(), wrong.into(), head(), whole()];
    let once = Whole { starts: 1 };
    let twice = Whole { starts: 2 };
    vec![
        ("a whole response", vec![whole()], once),
        (
            "a chunked response",
            vec![content(200, FILE).chunked().into()],
            once,
        ),
        ("a 206 of everything", vec![part("0-9", FILE).into()], once),
        (
            "the rest, as 206",
            vec![cut(), part("4-9", "456789").into()],
            once,
        ),
        (
            "the rest, as 200 with its length",
            vec![cut(), content(200, "456789").into()],
            once,
        ),
        (
            "the rest, chunked without its length",
            vec![cut(), content(200, "456789").chunked().into()],
            once,
        ),
        (
            "an unproven rest that breaks off",
            vec![
                cut(),
                cut_chunk("45"),
                content(200, "456789").chunked().into(),
            ],
            once,
        ),
        (
            "an unproven rest of wrong bytes that breaks off",
            vec![
                cut(),
                cut_chunk("01"),
                content(200, "456789").chunked().into(),
            ],
            once,
        ),
        ("200 from the start", again(content(200, FILE)), twice),
        (
            "200 from the start, chunked",
            again(content(200, FILE).chunked()),
            twice,
        ),
        ("another range", again(part("0-5", "012345")), twice),
        (
            "another range of the right length",
            again(part("3-8", "345678")),
            twice,
        ),
        (
            "a range of a longer file",
            again(content(206, "456789").header("content-range", "bytes 4-9/12")),
            twice,
        ),
        (
            "a 206 without its range",
            again(content(206, "456789")),
            twice,
        ),
        (
            "a 206 of the wrong length",
            again(part("4-9", "45678")),
            twice,
        ),
        (
            "a range in another unit",
            again(content(206, "456789").header("content-range", "lines 4-9/10")),
            twice,
        ),
        (
            "another ETag",
            again(
                Response::new(206)
                    .body("456789")
                    .header("content-range", "bytes 4-9/10")
                    .header("last-modified", MODIFIED)
                    .header("etag", "v2"),
            ),
            twice,
        ),
        (
            "another Last-Modified",
            again(
                Response::new(206)
                    .body("456789")
                    .header("content-range", "bytes 4-9/10")
                    .header("last-modified", LATER)
                    .header("etag", "v1"),
            ),
            twice,
        ),
        (
            "no version at all",
            again(
                Response::new(206)
                    .body("456789")
                    .header("content-range", "bytes 4-9/10"),
            ),
            twice,
        ),
        (
            "a longer file",
            vec![content(200, "0123456789ab").into(), head(), whole()],
            twice,
        ),
        (
            "a longer file, chunked",
            vec![
                content(200, "0123456789ab").chunked().into(),
                head(),
                whole(),
            ],
            twice,
        ),
        (
            "a shorter file",
            vec![content(200, "01234567").into(), head(), whole()],
            twice,
        ),
        (
            "a shorter file, chunked",
            vec![
                content(200, "01234567").chunked().into(),
                content(200, "89").into(),
            ],
            once,
        ),
        (
            "412",
            again(Response::json(412, &json!({"code": "ConditionNotMet"}))),
            twice,
        ),
        (
            "416",
            again(Response::json(416, &json!({"code": "InvalidRange"}))),
            twice,
        ),
        (
            "compressed content",
            vec![content(200, FILE).header("content-encoding", "gzip").into()],
            Fails("encoded (gzip)"),
        ),
        (
            "compressed rest",
            vec![
                cut(),
                part("4-9", "456789")
                    .header("content-encoding", "br")
                    .into(),
            ],
            Fails("encoded (br)"),
        ),
        (
            "several ranges",
            vec![
                part("0-9", FILE)
                    .header("content-type", "multipart/byteranges; boundary=x")
                    .into(),
            ],
            Fails("several ranges"),
        ),
        (
            "identity",
            vec![
                content(200, FILE)
                    .header("content-encoding", "identity")
                    .into(),
            ],
            once,
        ),
        (
            "a file of the type multipart/byteranges",
            vec![
                content(200, FILE)
                    .header("content-type", "multipart/byteranges")
                    .into(),
            ],
            once,
        ),
        (
            "ranges ignored for ever",
            {
                let mut answers = Vec::new();
                for _ in 0..6 {
                    answers.extend([cut(), content(200, FILE).into(), head()]);
                }
                answers
            },
            Fails("instead of bytes 4 to 9"),
        ),
    ]
}

#[tokio::test]
async fn a_download_is_the_file_or_an_error() {
    for (name, answers, expected) in cases() {
        let server = Server::start().await;
        server.answer(head());
        for answer in answers {
            server.answer(answer);
        }
        let folder = Folder::new();
        let download = client(&server).file().download_from_task("j", "t", "a");
        let result = download.to(folder.join("a")).await;
        let found = std::fs::read_to_string(folder.join("a")).ok();
        let requests = server.requests();
        let starts = requests.iter().filter(|r| r.method == "HEAD").count();
        match (expected, &result) {
            (Expected::File { starts: expected }, Ok(done)) => {
                assert_eq!((done.bytes, found.as_deref()), (10, Some(FILE)), "{name}");
                assert_eq!(
                    (starts, folder.names()),
                    (expected, vec!["a".to_owned()]),
                    "{name}"
                );
            }
            (Expected::Error(text), Err(error)) => {
                assert!(error.to_string().contains(text), "{name}: {error}");
                assert_eq!(found, None, "{name}");
            }
            _ => panic!("{name}: {result:?} after {requests:?}"),
        }
    }
}

/// Without a version, a broken download cannot be continued, so it starts again.
#[tokio::test]
async fn a_file_without_a_version_is_read_from_the_start_again() {
    let server = Server::start().await;
    let head = || Response::new(200).header("content-length", "10").into();
    let plain = "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n0123";
    server.answer(head());
    server.answer(Answer::Bytes(plain.into()));
    server.answer(head());
    server.answer(Response::new(200).body(FILE).into());
    let folder = Folder::new();
    let download = client(&server).file().download_from_task("j", "t", "a");
    download.to(folder.join("a")).await.expect("a file");
    let ranges: Vec<String> = server
        .requests()
        .iter()
        .filter_map(|request| request.header("ocp-range").map(str::to_owned))
        .collect();
    assert_eq!(ranges, ["bytes=0-9", "bytes=0-9"]);
}

#[tokio::test]
async fn two_downloads_of_one_file_to_one_target_do_not_mix() {
    let server = Server::start().await;
    server.answer(head());
    server.answer(Answer::Silence);
    let folder = Folder::new();
    let client = client(&server);
    let download = || {
        client
            .file()
            .download_from_task("j", "t", "a")
            .to(folder.join("a"))
    };
    let first = tokio::spawn(download().into_future());
    let mut requests = 0;
    while requests < 2 && !first.is_finished() {
        tokio::time::sleep(Duration::from_millis(5)).await;
        requests += server.requests().len();
    }
    let error = download().await.expect_err("the first one is running");
    assert!(error.is_io(), "{error}");
    assert!(error.to_string().contains("another download"), "{error}");
    first.abort();
    let _ = first.await;
    server.answer(head());
    server.answer(content(200, FILE).into());
    download().await.expect("the first one has ended");
}

/// Another program holds the lock.
#[tokio::test]
async fn another_program_cannot_write_to_the_same_part() {
    let server = Server::start().await;
    server.answer(head());
    server.answer(cut(10, "0123"));
    let folder = Folder::new();
    let client = client(&server);
    let download = || {
        client
            .file()
            .download_from_task("j", "t", "a")
            .to(folder.join("a"))
    };
    let once = batch_client::RetryPolicy::none();
    download().retry(once).await.expect_err("it broke off");
    let part = std::fs::File::open(folder.incomplete("a", "batchpart")).expect("a part");
    part.lock().expect("a lock");
    server.answer(head());
    let error = download().await.expect_err("the part is locked");
    assert!(error.to_string().contains("another download"), "{error}");
    drop(part);
    server.answer(head());
    server.answer(part_of_rest());
    assert_eq!(download().await.expect("it continues").resumed, 4);
}

fn part_of_rest() -> Answer {
    part("4-9", "456789").into()
}

#[tokio::test]
async fn a_tail_returns_no_byte_twice_when_ranges_are_ignored() {
    let server = Server::start().await;
    let head = |length: &str| Response::new(200).header("content-length", length).into();
    server.answer(head("4"));
    server.answer(Response::new(200).body("0123").into());
    server.answer(head("8"));
    server.answer(Response::new(200).body("01234567").into());
    let tail = client(&server).file().tail_task("j", "t", "a");
    let mut tail = tail.max_interval(Duration::from_millis(5)).follow();
    let first = tail.try_next().await.expect("the first bytes");
    assert_eq!(first.as_deref(), Some("0123".as_bytes()));
    let error = tail.try_next().await.expect_err("the range was ignored");
    assert!(error.is_invalid_response(), "{error}");
    assert!(tail.try_next().await.expect("it has ended").is_none());
}

/// The properties promise more than the content holds: a completed task does not grow any more.
#[tokio::test]
async fn a_tail_of_a_completed_task_ends_when_the_promised_bytes_never_come() {
    let server = Server::start().await;
    for _ in 0..1_000 {
        server.answer(Response::new(200).header("content-length", "100").into());
        server.answer(Response::new(200).body("").chunked().into());
        server.answer(Response::json(200, &json!({"id": "t", "state": "completed"})).into());
    }
    let patience = Duration::from_secs(1);
    let builder = Client::builder(server.url(), crate::calls::key());
    let client = builder.retry(quick().with_total_time(patience)).build();
    let tail = client.expect("a client").file().tail_task("j", "t", "a");
    let mut tail = tail.max_interval(Duration::from_millis(50)).follow();
    let begun = Instant::now();
    let error = tail.try_next().await.expect_err("the bytes never come");
    assert!(error.to_string().contains("100 bytes"), "{error}");
    assert!(begun.elapsed() >= patience, "{:?}", begun.elapsed());
    // One HEAD and GET for each poll, at most every 40 ms.
    let requests = server.requests().len();
    assert!(requests < 100, "{requests}");
}
