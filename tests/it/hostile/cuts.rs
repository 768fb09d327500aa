//! Bodies that are cut off at any byte, in a response that is whole as HTTP: by a proxy that counts
//! again, or one without a length. The end of the body shows nothing where an inner object ends.

use std::collections::HashSet;

use batch_client::bulk::AddOutcome;
use batch_client::models::{
    JobAddParameter, PoolEvaluateAutoScaleParameter, TaskAddCollectionParameter, TaskAddParameter,
};
use batch_client::{Client, Error};
use batch_tests::server::{Answer, Response, Server};
use serde_json::{Value, json};

use super::{builder, client, ok, polling};
use crate::calls::report;

/// Objects, lists and strings that look like their ends.
fn job() -> Value {
    json!({
        "id": "nightly", "priority": -7, "state": "active", "creationTime": "2026-01-02T03:04:05Z",
        "poolInfo": {"poolId": "p}"}, "metadata": [{"name": "a", "value": "}"}, {"name": "}\"}", "value": "é\n"}],
        "constraints": {"maxWallClockTime": "PT1H", "maxTaskRetryCount": 3},
        "commonEnvironmentSettings": [{"name": "A", "value": "{}"}],
        "executionInfo": {"startTime": "2026-01-02T03:04:05Z", "poolId": "p"},
        "stats": {"url": "https://h", "userCPUTime": "PT1S", "numSucceededTasks": "12"},
        "unknown": {"a": [{"b": {}}, {}]}, "usesTaskDependencies": true,
    })
}

/// The three ways in which a response can end.
fn framed(body: &[u8]) -> [Answer; 3] {
    let until_closed = b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n";
    [
        ok(body).into(),
        ok(body).chunked().into(),
        Answer::Bytes([until_closed, body].concat()),
    ]
}

/// Calls once for each cut of a body, and compares with what the whole body gives.
async fn at_each_byte<T, F>(name: &str, body: &Value, call: impl Fn(Client) -> F) -> Vec<String>
where
    T: PartialEq + std::fmt::Debug,
    F: Future<Output = Result<T, Error>>,
{
    let body = body.to_string().into_bytes();
    let whole = |server: &Server| server.answer(ok(body.clone()).into());
    let server = Server::start().await;
    let client = client(&server);
    whole(&server);
    let expected = call(client.clone()).await.expect("the whole body");
    server.requests();
    let mut problems = Vec::new();
    for length in 0..body.len() {
        for (way, cut) in framed(&body[..length]).into_iter().enumerate() {
            server.answer(cut);
            whole(&server);
            let result = call(client.clone()).await;
            let requests = server.requests().len();
            if requests != 2 || result.as_ref().ok() != Some(&expected) {
                let cut = String::from_utf8_lossy(&body[..length]);
                let result = result.map_err(|error| error.to_string());
                let text = format!("{name} ({way}): {requests} requests, {result:?} after {cut}");
                problems.push(text);
            }
        }
    }
    problems
}

#[tokio::test]
async fn a_read_that_is_cut_at_any_byte_is_repeated() {
    let mut problems = at_each_byte("a model", &job(), async |client: Client| {
        let job = client.job().get("nightly").await?;
        Ok(format!("{:?}", *job))
    })
    .await;
    let page = json!({"odata.metadata": "https://h/$metadata#jobs", "value": [job(), {"id": "b"}]});
    problems.extend(
        at_each_byte("a page", &page, async |client: Client| {
            let page = client.job().list().await?;
            Ok(format!("{:?}", page.items))
        })
        .await,
    );
    problems.extend(
        at_each_byte("all pages", &page, async |client: Client| {
            let items = client.job().list().stream().try_collect().await?;
            Ok(format!("{items:?}"))
        })
        .await,
    );
    // A POST that changes nothing.
    let run = json!({"timestamp": "2026-01-02T03:04:05Z", "results": "$a={};$b=}", "error": {"code": "x"}});
    problems.extend(
        at_each_byte("a formula", &run, async |client: Client| {
            let run = client
                .pool()
                .evaluate_auto_scale("p", PoolEvaluateAutoScaleParameter::new("$a=1;"))
                .await?;
            Ok(format!("{:?}", *run))
        })
        .await,
    );
    report(&problems);
}

#[tokio::test]
async fn a_next_page_that_is_cut_at_any_byte_is_repeated() {
    let server = Server::start().await;
    let next = format!("{}/jobs?api-version=1&skip=1", server.url());
    let first = json!({"value": [{"id": "a"}], "odata.nextLink": next});
    let last = json!({"value": [job()]}).to_string().into_bytes();
    let client = client(&server);
    for length in 0..last.len() {
        for answer in [Response::json(200, &first), ok(&last[..length]), ok(&*last)] {
            server.answer(answer.into());
        }
        let jobs = client.job().list().stream().try_collect().await;
        let jobs = jobs.expect("both pages");
        assert_eq!((jobs.len(), jobs[1].priority), (2, Some(-7)), "{length}");
        assert_eq!(server.requests().len(), 3, "{length}");
    }
}

/// A lost add is compared with the whole resource.
#[tokio::test]
async fn a_resource_that_is_cut_at_any_byte_is_read_again_before_it_is_compared() {
    let server = Server::start().await;
    let client = client(&server);
    let exists = || Response::json(409, &json!({"code": "JobExists"})).into();
    let body = json!({"id": "nightly", "poolInfo": {"poolId": "p"}, "metadata": [], "priority": 5});
    let body = body.to_string().into_bytes();
    let added = || JobAddParameter::new("nightly", "p").with_priority(5);
    for length in 0..body.len() {
        for answer in [
            Answer::Bytes(Vec::new()),
            exists(),
            ok(&body[..length]).into(),
            ok(&*body).into(),
        ] {
            server.answer(answer);
        }
        client
            .job()
            .add(added())
            .await
            .unwrap_or_else(|e| panic!("{length}: {e}"));
        assert_eq!(server.requests().len(), 4, "{length}");
    }
}

/// The results of an add are unknown, and nothing says that it failed.
#[tokio::test]
async fn an_add_that_is_cut_at_any_byte_may_have_been_applied() {
    let server = Server::start().await;
    let client = client(&server);
    let results = json!({"value": [
        {"taskId": "a", "status": "success", "eTag": "v1"},
        {"taskId": "b", "status": "clienterror", "error": {"code": "TaskExists", "message": {"value": "}"}}},
    ]});
    let body = results.to_string().into_bytes();
    let tasks = || {
        vec![
            TaskAddParameter::new("a", "echo"),
            TaskAddParameter::new("b", "echo"),
        ]
    };
    for length in 0..body.len() {
        for answer in framed(&body[..length]) {
            server.answer(answer);
            let tasks = TaskAddCollectionParameter::new(tasks());
            let error = client.task().add_collection("j", tasks).await;
            let error = error.expect_err("half of the results");
            let text = error.to_string();
            assert!(
                text.contains("may have processed the request"),
                "{length}: {text}"
            );
            assert!(error.is_invalid_response(), "{length}: {text}");
            assert_eq!(server.requests().len(), 1, "{length}");
        }
        server.answer(ok(&body[..length]).into());
        let once = client.task().add_all("j", tasks());
        let report = once.retry(batch_client::RetryPolicy::none()).report().await;
        assert_eq!(report.unknown, 2, "{length}: {report}");
        let is_unknown = |outcome: &AddOutcome| matches!(outcome, AddOutcome::Unknown { .. });
        assert!(
            report
                .failures
                .iter()
                .all(|failure| is_unknown(&failure.outcome))
        );
        assert_eq!(server.requests().len(), 1, "{length}");
    }
}

/// A task that exists is compared with the whole one.
#[tokio::test]
async fn a_task_that_is_cut_at_any_byte_is_read_again() {
    let server = Server::start().await;
    let client = client(&server);
    let exists = json!({"value": [{"taskId": "a", "status": "clienterror", "error": {"code": "TaskExists"}}]});
    let task = json!({"id": "a", "commandLine": "echo", "constraints": {"maxTaskRetryCount": 0}, "requiredSlots": 1});
    let task = task.to_string().into_bytes();
    for length in 0..task.len() {
        for answer in [ok(exists.to_string()), ok(&task[..length]), ok(&*task)] {
            server.answer(answer.into());
        }
        let add = client
            .task()
            .add_all("j", [TaskAddParameter::new("a", "echo")]);
        let report = add.report().await;
        assert_eq!(
            (report.already_there, report.total()),
            (1, 1),
            "{length}: {report}"
        );
        assert_eq!(server.requests().len(), 3, "{length}");
    }
}

/// All at the same time, because a wait pauses after a failure.
#[tokio::test]
async fn a_wait_survives_a_body_that_is_cut_at_any_byte() {
    let mut done = job();
    done["state"] = json!("completed");
    let done = done.to_string().into_bytes();
    let (lengths, mut seen) = (done.len(), HashSet::new());
    let server = Server::start().await;
    server.rule(move |request| {
        let path = request.target.split('?').next().unwrap_or_default();
        let length: usize = path.rsplit('/').next()?.parse().ok()?;
        let is_first = seen.insert(length);
        Some(ok(if is_first { &done[..length] } else { &done }).into())
    });
    let builder = builder(&server).retry(batch_client::RetryPolicy::none());
    let client = builder.build().expect("a client");
    let wait = async |length: usize| {
        let wait = polling(client.job().wait(length.to_string()).completed());
        wait.await.unwrap_or_else(|e| panic!("{length}: {e}"));
    };
    futures_util::future::join_all((0..lengths).map(wait)).await;
    assert_eq!(server.requests().len(), 2 * lengths);
}
