//! Successful responses that are not the service's: reads are retried like lost connections,
//! nothing else is, and no body is read without a bound.

use std::time::Duration;

use batch_client::models::{JobAddParameter, PoolInformation};
use batch_client::reqwest::{Method, Request};
use batch_client::{Client, Error};
use batch_tests::server::{Answer, Response, Server};
use serde_json::json;

use super::{builder, client, ok, utf16};
use crate::calls::report;

/// Responses to `Job_Get "nightly"`; the expected result; the number of requests.
type Case = (&'static str, Vec<Answer>, Expected, usize);

#[derive(Debug)]
enum Expected {
    /// The job of the last response.
    Job,
    /// An error whose message has this.
    Error(&'static str),
}

use Expected::{Error as Fails, Job};

fn job() -> Answer {
    Response::json(200, &json!({"id": "nightly"})).into()
}

fn html() -> Answer {
    ok("<html>Sign in</html>")
        .header("content-type", "text/html")
        .into()
}

fn cut(length: usize, body: &str) -> Answer {
    let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n{body}");
    Answer::Bytes(head.into_bytes())
}

#[expect(clippy::too_many_lines, reason = "a table")]
fn cases() -> Vec<Case> {
    let then_job = |answer: Answer| vec![answer, job()];
    vec![
        ("the job", vec![job()], Job, 1),
        ("HTML, then the job", then_job(html()), Job, 2),
        ("nothing, then the job", then_job(ok("").into()), Job, 2),
        ("blanks, then the job", then_job(ok(" \r\n").into()), Job, 2),
        ("a list, then the job", then_job(ok("[]").into()), Job, 2),
        (
            "JSON without its end, then the job",
            then_job(ok("{\"id\":\"nigh").into()),
            Job,
            2,
        ),
        (
            "a body that breaks off, then the job",
            then_job(cut(20, "{\"id\":")),
            Job,
            2,
        ),
        (
            "a chunk that breaks off, then the job",
            then_job(Answer::Bytes(
                b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{\"id\"".to_vec(),
            )),
            Job,
            2,
        ),
        (
            "zeros, then the job",
            then_job(ok(vec![0; 64]).into()),
            Job,
            2,
        ),
        (
            "no response, HTML, then the job",
            vec![Answer::Bytes(Vec::new()), html(), job()],
            Job,
            3,
        ),
        (
            "a job that comes late",
            vec![Answer::Late(
                Duration::from_millis(50),
                Response::json(200, &json!({"id": "nightly"})),
            )],
            Job,
            1,
        ),
        (
            "a byte order mark",
            vec![ok("\u{feff}{\"id\":\"nightly\"}").into()],
            Job,
            1,
        ),
        (
            "blanks around the job",
            vec![ok("\r\n {\"id\":\"nightly\"} \r\n").into()],
            Job,
            1,
        ),
        (
            "HTML each time",
            vec![html(), html(), html()],
            Fails("Sign in"),
            3,
        ),
        (
            "nothing each time",
            vec![ok("").into(), ok("").into(), ok("").into()],
            Fails("3 attempts"),
            3,
        ),
        (
            "UTF-16",
            (0..3)
                .map(|_| ok(utf16("{\"id\":\"nightly\"}")).into())
                .collect(),
            Fails("it is UTF-16, not UTF-8"),
            3,
        ),
        // It would be the same again; the value is not shown.
        (
            "a value of the wrong type",
            vec![ok("{\"id\":\"nightly\",\"priority\":\"SECRET\"}").into()],
            Fails("invalid value: string, expected a whole number"),
            1,
        ),
        (
            "a secret where an object is expected",
            vec![ok("{\"commonEnvironmentSettings\":[\"SECRET\"]}").into()],
            Fails("invalid type: string, expected an object that is a EnvironmentSetting"),
            1,
        ),
        (
            "a body that announces 400 MB",
            vec![cut(400_000_000, "{")],
            Fails("longer than 67108864 bytes"),
            1,
        ),
        (
            "a body without an end",
            vec![Answer::Endless(ok("{"))],
            Fails("raise `ClientBuilder::max_body`"),
            1,
        ),
    ]
}

#[tokio::test]
async fn unreadable_successes_of_reads_are_retried_like_lost_connections() {
    let cases = cases();
    assert_eq!(cases.len(), 20);
    let mut problems = Vec::new();
    for (name, answers, expected, requests) in cases {
        let server = Server::start().await;
        for answer in answers {
            server.answer(answer);
        }
        let result = client(&server).job().get("nightly").await;
        let problem = match (result, expected) {
            (Ok(job), Job) if job.id.as_deref() == Some("nightly") => None,
            (Err(error), Fails(part)) => wrong(&error, part),
            (result, expected) => Some(format!("{expected:?}, got {result:?}")),
        };
        problems.extend(problem.map(|problem| format!("{name}: {problem}")));
        let made = server.requests().len();
        if made != requests {
            problems.push(format!("{name}: {made} requests"));
        }
        // The sockets on both sides hold some megabytes.
        if server.sent() > 80 * 1024 * 1024 {
            problems.push(format!("{name}: {} bytes were sent", server.sent()));
        }
    }
    report(&problems);
}

fn wrong(error: &Error, part: &str) -> Option<String> {
    let shown = format!("{error} {error:?}");
    let right = shown.contains(part) && !shown.contains("SECRET") && error.is_invalid_response();
    (!right).then_some(shown)
}

#[tokio::test]
async fn what_changes_something_or_is_not_decoded_is_sent_once() -> Result<(), Error> {
    let server = Server::start().await;
    let client = client(&server);
    let html = |status| Response::new(status).body("<html>");
    let job = || JobAddParameter::new("nightly", PoolInformation::default().with_pool_id("p"));
    // The body of these is not read.
    server.answer(html(201).into());
    client.job().add(job()).await?;
    server.answer(html(202).into());
    client.job().delete("nightly").await?;
    assert_eq!(server.requests().len(), 2);

    server.answer(html(200).into());
    let raw = client.job().get("nightly").raw().await?;
    assert_eq!(&raw.bytes().await?[..], b"<html>");
    let url = format!("{}/any", server.url()).parse().expect("a URL");
    server.answer(html(200).into());
    let own = client.execute(Request::new(Method::GET, url)).await?;
    assert_eq!(&own.bytes().await?[..], b"<html>");
    server.answer(ok("").into());
    assert!(client.pool().exists("p").await?);
    assert_eq!(server.requests().len(), 3);
    Ok(())
}

/// A lost add is compared with what exists, and a proxy's page is not what exists.
#[tokio::test]
async fn a_page_of_a_proxy_is_not_taken_for_the_resource_that_was_added() -> Result<(), Error> {
    let pool = json!({"poolId": "p"});
    let exists = || Response::json(409, &json!({"code": "JobExists"}));
    let job = || JobAddParameter::new("nightly", PoolInformation::default().with_pool_id("p"));
    let server = Server::start().await;
    let lost = || Answer::Bytes(Vec::new());
    for answer in [lost(), exists().into(), html()] {
        server.answer(answer);
    }
    server.answer(Response::json(200, &json!({"id": "nightly", "poolInfo": pool})).into());
    client(&server).job().add(job()).await?;
    assert_eq!(server.requests().len(), 4);

    for answer in [lost(), exists().into(), html(), html(), html()] {
        server.answer(answer);
    }
    let error = client(&server).job().add(job()).await;
    let error = error.expect_err("the job may be another's");
    assert_eq!(error.code(), Some("JobExists"), "{error}");
    Ok(())
}

#[tokio::test]
async fn the_longest_body_can_be_set() -> Result<(), Error> {
    let server = Server::start().await;
    let small: Client = builder(&server).max_body(1_000).build()?;
    let body = |length: usize| format!("{{\"id\":\"{}\"}}", "x".repeat(length - 9));
    for (length, fits) in [(999, true), (1_000, true), (1_001, false)] {
        for chunked in [false, true] {
            let response = ok(body(length));
            let response = if chunked {
                response.chunked()
            } else {
                response
            };
            server.answer(response.into());
            let result = small.job().get("nightly").await;
            assert_eq!(result.is_ok(), fits, "{length} {chunked}: {result:?}");
        }
    }
    // Files are streams, which no limit concerns.
    server.answer(ok("x".repeat(5_000)).into());
    let file = small.file().get_from_task("j", "t", "out").await?;
    assert_eq!(file.into_inner().bytes().await?.len(), 5_000);
    Ok(())
}

/// A wrong clock of the service does not make the client unusable.
#[tokio::test]
async fn an_absurd_date_is_not_taken_over() -> Result<(), Error> {
    let server = Server::start().await;
    let client = client(&server);
    for date in [
        "Fri, 31 Dec 9999 23:59:59 GMT",
        "Thu, 01 Jan 1970 00:00:00 GMT",
        "now",
    ] {
        let refusal = Response::json(403, &json!({"code": "AuthenticationFailed"}));
        for _ in 0..2 {
            server.answer(refusal.clone().header("date", date).into());
        }
        let error = client.job().get("nightly").await.expect_err("403");
        assert!(error.is_auth(), "{date}: {error}");
        server.requests();
    }
    let server = Server::start().await;
    server.answer(job());
    self::client(&server).job().get("nightly").await?;
    Ok(())
}

#[tokio::test]
async fn blanks_in_queries_are_percent_encoded_and_signed_as_they_are_sent() {
    let server = Server::start().await;
    server.answer(super::json(&json!({"value": []})));
    let filter = "state eq 'active' and id eq 'a+b é'";
    let list = client(&server).job().list().filter(filter).await;
    list.expect("an empty page");
    let request = server.request().expect("one request");
    let expected = "%24filter=state%20eq%20%27active%27%20and%20id%20eq%20%27a%2Bb%20%C3%A9%27";
    assert!(request.target.contains(expected), "{}", request.target);
    let key = crate::calls::key();
    let now = std::time::SystemTime::now();
    request.verify(&key, now).expect("a valid signature");
}
