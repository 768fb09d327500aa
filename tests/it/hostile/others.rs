//! Situations of gateways, proxies and broken servers that belong to no other table.

use std::time::{Duration, Instant};

use batch_client::bulk::AddOutcome;
use batch_client::models::TaskAddParameter;
use batch_client::{Error, RetryPolicy};
use batch_tests::server::{Answer, Response, Server};
use serde_json::{Value, json};

use super::{builder, client, ok, polling, quick};
use crate::calls::report;

fn job() -> Response {
    Response::json(200, &json!({"id": "nightly"}))
}

fn bytes(text: impl Into<Vec<u8>>) -> Answer {
    Answer::Bytes(text.into())
}

/// A response with a length that is right, after which the connection is closed.
fn raw(head: &str, body: &str) -> Answer {
    let length = body.len();
    bytes(format!("{head}content-length: {length}\r\n\r\n{body}"))
}

/// Responses instead of the first one to `Job_Get "nightly"`, or before it; the number of
/// requests after which the job is there.
fn before_the_job() -> Vec<(&'static str, Vec<Answer>, usize)> {
    let body = "{\"id\":\"nightly\"}";
    let again = |answer: Answer| vec![answer, job().into()];
    let gzip = b"\x1f\x8b\x08\0\0\0\0\0\0\x03\xabV\xcaLQ\xb2R\xca\xcbL\xcf\xc8\xa9T\xaa\x05\0";
    let deep = format!(
        "{{\"unknown\":{}1{},\"id\":\"nightly\"}}",
        "[".repeat(1_000_000),
        "]".repeat(1_000_000)
    );
    vec![
        (
            "early hints before the job",
            vec![raw(
                "HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\nHTTP/1.1 200 OK\r\n",
                body,
            )],
            1,
        ),
        (
            "100 Continue, twice",
            vec![raw(
                "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n",
                body,
            )],
            1,
        ),
        (
            "a second response behind the first",
            vec![raw(
                &format!("HTTP/1.1 200 OK\r\ncontent-length: 16\r\n\r\n{body}HTTP/1.1 200 OK\r\n"),
                "{\"id\":\"another\"}",
            )],
            1,
        ),
        ("204", again(Response::new(204).into()), 2),
        ("205", again(Response::new(205).into()), 2),
        (
            "two lengths",
            again(raw("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n", body)),
            2,
        ),
        (
            "a length that is not a number",
            again(bytes(format!(
                "HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\n{body}"
            ))),
            2,
        ),
        (
            "chunks of no number",
            again(bytes(format!(
                "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n{body}\r\n0\r\n\r\n"
            ))),
            2,
        ),
        (
            "chunks longer than memory",
            again(bytes(format!(
                "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nfffffffffffffff\r\n{body}"
            ))),
            2,
        ),
        (
            "an unknown version",
            again(raw("HTTP/9.9 200 OK\r\n", body)),
            2,
        ),
        ("no HTTP", again(bytes("220 smtp.example ESMTP\r\n")), 2),
        (
            "a header of a megabyte",
            again(raw(
                &format!("HTTP/1.1 200 OK\r\nx: {}\r\n", "x".repeat(1_000_000)),
                body,
            )),
            2,
        ),
        (
            "a thousand headers",
            again(raw(
                &format!("HTTP/1.1 200 OK\r\n{}", "x: y\r\n".repeat(1_000)),
                body,
            )),
            2,
        ),
        (
            "a compressed body",
            again(ok(&gzip[..]).header("content-encoding", "gzip").into()),
            2,
        ),
        ("a million lists in each other", vec![ok(deep).into()], 1),
    ]
}

#[tokio::test]
async fn a_read_gets_the_response_to_its_own_request() {
    let mut problems = Vec::new();
    for (name, answers, requests) in before_the_job() {
        let server = Server::start().await;
        for answer in answers {
            server.answer(answer);
        }
        let client = client(&server);
        let result = client.job().get("nightly").await;
        let made = server.requests().len();
        if made != requests
            || !result
                .as_ref()
                .is_ok_and(|job| job.id.as_deref() == Some("nightly"))
        {
            problems.push(format!("{name}: {made} requests, {result:?}"));
        }
        // The next call gets the response to its own request.
        server.answer(Response::json(200, &json!({"id": "next"})).into());
        let next = client.job().get("next").await;
        if !next
            .as_ref()
            .is_ok_and(|job| job.id.as_deref() == Some("next"))
        {
            problems.push(format!("{name}: the next call is {next:?}"));
        }
    }
    report(&problems);
}

/// The page of a gateway that does not know where to send the request.
fn not_found() -> Answer {
    Response::new(404).body("<html>no backend</html>").into()
}

/// A 404 of a gateway says nothing about the resource.
#[tokio::test]
async fn what_a_gateway_does_not_find_is_not_deleted() {
    let gone = || Response::json(404, &json!({"code": "JobNotFound"})).into();
    let lost = || Answer::Bytes(Vec::new());
    for (answers, deleted, present) in [
        (vec![not_found()], false, None),
        (vec![lost(), not_found()], false, None),
        (vec![Response::new(503).into(), not_found()], false, None),
        (vec![gone()], false, Some(false)),
        (vec![lost(), gone()], true, Some(true)),
    ] {
        let server = Server::start().await;
        let client = client(&server);
        for answer in &answers {
            server.answer(answer.clone());
        }
        let result = client.job().delete("nightly").await;
        assert_eq!(result.is_ok(), deleted, "{answers:?}: {result:?}");
        for answer in &answers {
            server.answer(answer.clone());
        }
        let result = client.job().delete_if_present("nightly").await;
        assert_eq!(
            result.as_ref().ok(),
            present.as_ref(),
            "{answers:?}: {result:?}"
        );
    }
    let server = Server::start().await;
    server.rule(|_| Some(not_found()));
    let client = client(&server);
    let wait = polling(client.job().wait("nightly").deleted());
    let result = wait.timeout(Duration::from_millis(200)).await;
    assert!(
        result.is_err(),
        "nothing says that it is deleted: {result:?}"
    );
}

/// Statuses and results that no service sends for a bulk add.
#[tokio::test]
async fn an_odd_success_of_a_bulk_add_says_nothing_about_its_tasks() {
    let results = |results: Value| json!({"value": results}).to_string();
    let deep = format!(
        "{{\"value\":{}{}}}",
        "[".repeat(100_000),
        "]".repeat(100_000)
    );
    let flood: Vec<_> = (0..50_000)
        .map(|n| json!({"taskId": format!("x{n}"), "status": "success"}))
        .collect();
    for (name, answer) in [
        ("202 without a body", Response::new(202)),
        ("204", Response::new(204)),
        (
            "206",
            Response::new(206).body("{\"value\":[{\"taskId\":\"a\","),
        ),
        ("lists in each other", ok(deep)),
        ("results of 50,000 others", ok(results(json!(flood)))),
        ("null for a result", ok(results(json!([null])))),
        ("an empty result", ok(results(json!([{}])))),
        (
            "an empty id",
            ok(results(json!([{"taskId": "", "status": "success"}]))),
        ),
        (
            "an id that begins like the task's",
            ok(results(json!([{"taskId": "a ", "status": "success"}]))),
        ),
        (
            "an error of a service in a success",
            ok("{\"code\":\"ServerBusy\",\"message\":{\"value\":\"No.\"}}"),
        ),
    ] {
        let server = Server::start().await;
        server.rule(move |_| Some(answer.clone().into()));
        let tasks = [TaskAddParameter::new("a", "echo")];
        let report = client(&server).task().add_all("j", tasks).report().await;
        assert_eq!((report.unknown, report.total()), (1, 1), "{name}: {report}");
        let outcome = &report.failures[0].outcome;
        assert!(
            matches!(outcome, AddOutcome::Unknown { .. }),
            "{name}: {outcome}"
        );
        assert!(server.requests().len() < 10, "{name}");
    }
}

/// Items that are not items end a listing; none is left out without a word.
#[tokio::test]
async fn a_listing_with_an_item_that_is_none_is_an_error() {
    for (name, items) in [
        ("null", json!([{"id": "a"}, null])),
        ("a string", json!([{"id": "a"}, "b"])),
        ("a list", json!([{"id": "a"}, ["b"]])),
        ("an object for the list", json!({"id": "a"})),
        ("a string for the list", json!("a")),
    ] {
        let server = Server::start().await;
        server.answer(Response::json(200, &json!({"value": items})).into());
        let jobs = client(&server).job().list().stream().try_collect().await;
        let error = jobs.expect_err(name);
        assert!(error.is_invalid_response(), "{name}: {error}");
        assert_eq!(server.requests().len(), 1, "{name}");
    }
}

/// Lengths that no file has.
#[tokio::test]
async fn a_download_of_an_absurd_length_is_an_error_without_a_file() {
    let folder = std::env::temp_dir().join(format!("batch-tests-absurd-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    for length in [
        "9223372036854775807",
        "9223372036854775808",
        "-1",
        "1e3",
        "",
    ] {
        let server = Server::start().await;
        server.rule(move |request| {
            let head = "HTTP/1.1 200 OK\r\netag: v1\r\nconnection: close\r\n";
            Some(if request.method == "HEAD" {
                bytes(format!("{head}content-length: {length}\r\n\r\n"))
            } else {
                raw(head, "0123")
            })
        });
        let download = client(&server).file().download_from_task("j", "t", "a");
        let result = download.to(folder.join("a")).keep_partial(false).await;
        assert!(result.is_err(), "{length}: {result:?}");
        let left = std::fs::read_dir(&folder).expect("a folder").count();
        assert_eq!(left, 0, "{length}");
        assert!(server.requests().len() < 30, "{length}");
    }
    std::fs::remove_dir_all(&folder).expect("an empty folder");
}

/// The properties of a file promise bytes whose range the server refuses.
#[tokio::test]
async fn a_tail_of_a_completed_task_ends_when_its_range_is_refused_for_ever() {
    for (status, code) in [(416, "InvalidRange"), (412, "ConditionNotMet")] {
        let server = Server::start().await;
        server.rule(move |request| {
            let task = || Response::json(200, &json!({"id": "t", "state": "completed"}));
            Some(
                match (request.target.contains("/files/"), &*request.method) {
                    (false, _) => task().into(),
                    (true, "HEAD") => Response::new(200).header("content-length", "100").into(),
                    (true, _) => Response::json(status, &json!({"code": code})).into(),
                },
            )
        });
        let patience = Duration::from_millis(300);
        let client = builder(&server).retry(quick().with_total_time(patience));
        let tail = client
            .build()
            .expect("a client")
            .file()
            .tail_task("j", "t", "a");
        let mut tail = tail.max_interval(Duration::from_millis(20)).follow();
        let begun = Instant::now();
        let end = tokio::time::timeout(Duration::from_secs(20), tail.try_next()).await;
        let error = end.expect("an end").expect_err("the bytes never come");
        assert_eq!(error.code(), Some(code), "{error}");
        assert!(begun.elapsed() >= patience, "{:?}", begun.elapsed());
        assert!(server.requests().len() < 200);
    }
}

/// Counts that no job has end no wait.
#[tokio::test]
async fn absurd_counts_of_tasks_do_not_end_a_wait() {
    let counts = |active: Value, completed: Value| {
        let counts = json!({"active": active, "running": 0, "completed": completed, "succeeded": completed, "failed": 0});
        json!({"taskCounts": counts, "taskSlotCounts": counts})
    };
    for (name, body) in [
        ("none at all", json!({})),
        ("null", json!({"taskCounts": null})),
        ("empty", json!({"taskCounts": {}})),
        (
            "more than memory",
            counts(json!(2_147_483_647), json!(2_147_483_647)),
        ),
        ("negative", counts(json!(-1), json!(1))),
    ] {
        let server = Server::start().await;
        let body = body.clone();
        server.rule(move |request| {
            let path = request.target.split('?').next().unwrap_or_default();
            Some(if path.ends_with("/taskcounts") {
                Response::json(200, &body).into()
            } else if path.ends_with("/tasks") {
                Response::json(200, &json!({"value": [{"id": "t", "state": "active"}]})).into()
            } else {
                let job = json!({"id": "nightly", "state": "active", "poolInfo": {"poolId": "p"}});
                Response::json(200, &job).into()
            })
        });
        let wait = polling(client(&server).job().wait("nightly").tasks_completed());
        let result = wait.timeout(Duration::from_millis(300)).await;
        assert!(result.is_err(), "{name}: {result:?}");
    }
}

/// The longest times that can be set.
#[tokio::test]
async fn limits_without_end_are_limits() -> Result<(), Error> {
    let server = Server::start().await;
    let endless = RetryPolicy::default()
        .with_total_time(Duration::MAX)
        .with_base(Duration::from_millis(1))
        .with_cap(Duration::from_millis(1))
        .with_max_retry_after(Duration::MAX)
        .with_attempts(u32::MAX);
    let built = builder(&server)
        .retry(endless)
        .timeout(Duration::MAX)
        .build()?;
    server.answer(Response::new(503).into());
    server.answer(job().into());
    built.job().get("nightly").timeout(Duration::MAX).await?;
    server.answer(ok(json!({"value": [{"taskId": "a", "status": "success"}]}).to_string()).into());
    let tasks = [TaskAddParameter::new("a", "echo")];
    let add = built.task().add_all("j", tasks).timeout(Duration::MAX);
    let report = add.concurrency(usize::MAX).retry(endless).report().await;
    assert_eq!(report.added, 1, "{report}");
    server.answer(Response::json(200, &json!({"id": "nightly", "state": "completed"})).into());
    let wait = built.job().wait("nightly").completed();
    wait.timeout(Duration::MAX)
        .min_interval(Duration::MAX)
        .max_interval(Duration::MAX)
        .await?;
    Ok(())
}
