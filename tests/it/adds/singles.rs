//! Single adds and deletes: what is said of a resource that exists, or that does not.

use std::time::{Duration, Instant};

use batch_client::models::{
    CertificateAddParameter, JobAddParameter, JobScheduleAddParameter, PoolAddParameter, Schedule,
    TaskAddParameter,
};
use batch_client::{AddedIfAbsent, Client, Error, RetryPolicy, SharedKey, TimeSpan, codes};
use batch_emulator::Config;
use batch_tests::hostile::{Job, Reply, Step};
use batch_tests::server::{Answer, Response, Server};
use serde_json::{Value, json};

use super::{client, quick, task};

fn error(status: u16, code: &str) -> Answer {
    Response::json(status, &json!({"code": code, "message": {"value": "No."}})).into()
}

fn found(body: &Value) -> Answer {
    Response::json(200, body).into()
}

fn lost() -> Answer {
    Answer::Bytes(Vec::new())
}

fn job() -> JobAddParameter {
    JobAddParameter::new("j", "p").with_priority(5)
}

fn same_job() -> Answer {
    found(
        &json!({"id": "j", "poolInfo": {"poolId": "p"}, "priority": 5, "state": "deleting",
        "onAllTasksComplete": "noaction", "usesTaskDependencies": false, "maxParallelTasks": -1}),
    )
}

fn other_job() -> Answer {
    found(&json!({"id": "j", "poolInfo": {"poolId": "p"}, "priority": 5, "displayName": "other"}))
}

/// A server with these responses.
async fn serving(answers: Vec<Answer>) -> Server {
    let server = Server::start().await;
    for answer in answers {
        server.answer(answer);
    }
    server
}

/// After a lost response, any code that says that something exists leads to a look at it.
#[tokio::test]
async fn an_add_that_was_lost_is_confirmed_in_any_state() {
    let pool = json!({"id": "p", "vmSize": "standard_d2s_v3", "state": "deleting"});
    let schedule = json!({"id": "s", "schedule": {"recurrenceInterval": "PT1H"}, "state": "completed",
        "jobSpecification": {"poolInfo": {"poolId": "p"}}});
    let certificate = json!({"thumbprint": "0f", "thumbprintAlgorithm": "sha1"});
    let one = json!({"id": "t", "commandLine": "echo"});
    let job = json!({"id": "j", "poolInfo": {"poolId": "p"}, "priority": 5});
    for (code, body) in [
        (codes::JOB_EXISTS, &job),
        (codes::JOB_COMPLETED, &job),
        (codes::JOB_BEING_DELETED, &job),
        (codes::JOB_BEING_TERMINATED, &job),
        (codes::JOB_SCHEDULE_EXISTS, &schedule),
        (codes::JOB_SCHEDULE_COMPLETED, &schedule),
        (codes::JOB_SCHEDULE_BEING_DELETED, &schedule),
        (codes::JOB_SCHEDULE_BEING_TERMINATED, &schedule),
        (codes::POOL_EXISTS, &pool),
        (codes::POOL_BEING_DELETED, &pool),
        (codes::CERTIFICATE_EXISTS, &certificate),
        (codes::TASK_EXISTS, &one),
    ] {
        let mut other = body.clone();
        let different = if code == codes::CERTIFICATE_EXISTS {
            json!({"thumbprint": "0e", "thumbprintAlgorithm": "sha1"})
        } else {
            other["displayName"] = json!("another one");
            other
        };
        for (answers, is_ok, requests) in [
            (vec![lost(), error(409, code), found(body)], true, 3),
            (vec![lost(), error(409, code), found(&different)], false, 3),
            (
                vec![lost(), error(409, code), error(404, "NotFound")],
                false,
                3,
            ),
            (
                vec![
                    lost(),
                    error(409, code),
                    Response::new(200).body("<html>").into(),
                ],
                false,
                3,
            ),
            (vec![error(409, code), found(body)], false, 1),
        ] {
            let server = serving(answers).await;
            let result = add(&client(server.url()), code).await;
            assert_eq!(result.is_ok(), is_ok, "{code}: {result:?}");
            if let Err(error) = result {
                assert_eq!(error.code(), Some(code));
            }
            assert_eq!(server.requests().len(), requests, "{code}");
        }
    }
}

#[expect(deprecated, reason = "certificates are added, too")]
async fn add(client: &Client, code: &str) -> Result<(), Error> {
    if code.starts_with("JobSchedule") {
        let hourly = Schedule::every(TimeSpan::from_mins(60));
        let job = batch_client::models::JobSpecification::new("p");
        client
            .job_schedule()
            .add(JobScheduleAddParameter::new("s", hourly, job))
            .await?;
    } else if code.starts_with("Job") {
        client.job().add(job()).await?;
    } else if code.starts_with("Pool") {
        client
            .pool()
            .add(PoolAddParameter::new("p", "standard_d2s_v3"))
            .await?;
    } else if code.starts_with("Task") {
        client
            .task()
            .add("j", TaskAddParameter::new("t", "echo"))
            .await?;
    } else {
        let certificate = CertificateAddParameter::new("0f", "sha1", "MII=");
        client.certificate().add(certificate).await?;
    }
    Ok(())
}

/// Expected result of `add_if_absent`: the outcome, or the status of the error.
type Expected = Result<AddedIfAbsent, u16>;

#[tokio::test]
async fn an_add_if_absent_says_what_exists() {
    use AddedIfAbsent::{Added, AlreadyThere, ExistsDifferent};
    let exists = || error(409, codes::JOB_EXISTS);
    let deleted = || error(409, codes::JOB_BEING_DELETED);
    let quota = || error(409, codes::ACTIVE_JOB_AND_SCHEDULE_QUOTA_REACHED);
    let created = || Answer::from(Response::new(201));
    let html = || Answer::from(Response::new(200).body("<html>"));
    let cases: Vec<(&str, Vec<Answer>, Expected)> = vec![
        ("nothing exists", vec![created()], Ok(Added)),
        (
            "the same exists",
            vec![exists(), same_job()],
            Ok(AlreadyThere),
        ),
        (
            "another exists",
            vec![exists(), other_job()],
            Ok(ExistsDifferent),
        ),
        (
            "an own add was lost",
            vec![lost(), exists(), same_job()],
            Ok(Added),
        ),
        (
            "another add was lost",
            vec![lost(), exists(), other_job(), other_job()],
            Ok(ExistsDifferent),
        ),
        (
            "it has gone",
            vec![exists(), error(404, "JobNotFound"), created()],
            Ok(Added),
        ),
        (
            "it comes and goes",
            vec![
                exists(),
                error(404, "JobNotFound"),
                exists(),
                error(404, "JobNotFound"),
            ],
            Err(409),
        ),
        ("it cannot be read", vec![exists(), html()], Err(409)),
        (
            "it must not be read",
            vec![exists(), error(403, "PermissionDenied")],
            Err(403),
        ),
        (
            "it is read in the second attempt",
            vec![exists(), lost(), same_job()],
            Ok(AlreadyThere),
        ),
        ("it is being deleted", vec![deleted()], Err(409)),
        (
            "it is completed",
            vec![error(409, codes::JOB_COMPLETED)],
            Err(409),
        ),
        ("there is no room", vec![quota()], Err(409)),
        (
            "the request is wrong",
            vec![error(400, "InvalidPropertyValue")],
            Err(400),
        ),
        (
            "the service is busy",
            vec![error(503, "ServerBusy"), created()],
            Ok(Added),
        ),
    ];
    for (name, answers, expected) in cases {
        let count = answers.len();
        let server = serving(answers).await;
        let result = client(server.url()).job().add_if_absent(job()).await;
        let status = |error: Error| error.status().map_or(0, |status| status.as_u16());
        assert_eq!(result.map_err(status), expected, "{name}");
        assert_eq!(server.requests().len(), count, "{name}");
    }
}

#[tokio::test]
async fn a_delete_if_present_says_whether_there_was_something() {
    let accepted = || Answer::from(Response::new(202));
    let cases: Vec<(&str, Vec<Answer>, Result<bool, u16>)> = vec![
        ("it exists", vec![accepted()], Ok(true)),
        ("there is none", vec![error(404, "JobNotFound")], Ok(false)),
        (
            "it is being deleted",
            vec![error(409, codes::JOB_BEING_DELETED)],
            Ok(true),
        ),
        (
            "the response was lost",
            vec![lost(), error(404, "JobNotFound")],
            Ok(true),
        ),
        (
            "the state refuses it",
            vec![error(409, codes::JOB_BEING_TERMINATED)],
            Err(409),
        ),
        (
            "it may not be deleted",
            vec![error(403, "PermissionDenied")],
            Err(403),
        ),
        (
            "a condition is not met",
            vec![error(412, "ConditionNotMet")],
            Err(412),
        ),
        (
            "the service is busy",
            vec![error(503, "ServerBusy"), accepted()],
            Ok(true),
        ),
    ];
    for (name, answers, expected) in cases {
        let count = answers.len();
        let server = serving(answers).await;
        let result = client(server.url()).job().delete_if_present("j").await;
        let status = |error: Error| error.status().map_or(0, |status| status.as_u16());
        assert_eq!(result.map_err(status), expected, "{name}");
        assert_eq!(server.requests().len(), count, "{name}");
    }
}

/// Codes that a policy names are waited for, within its attempts and its time.
#[tokio::test]
async fn named_codes_are_retried() {
    let deleted = || error(409, codes::JOB_BEING_DELETED);
    let quota = || error(409, codes::ACTIVE_JOB_AND_SCHEDULE_QUOTA_REACHED);
    let created = || Answer::from(Response::new(201));
    let exists = || error(409, codes::JOB_EXISTS);
    let named = [
        codes::JOB_BEING_DELETED,
        codes::ACTIVE_JOB_AND_SCHEDULE_QUOTA_REACHED,
    ];
    let cases: Vec<(&str, Vec<Answer>, Option<&str>)> = vec![
        ("both pass", vec![deleted(), quota(), created()], None),
        (
            "the attempts are used up",
            vec![quota(), quota(), quota()],
            Some(named[1]),
        ),
        (
            "another code is final",
            vec![deleted(), exists()],
            Some(codes::JOB_EXISTS),
        ),
        (
            "a lost add is confirmed",
            vec![lost(), exists(), same_job()],
            None,
        ),
        (
            "the state of a former job is waited for",
            vec![lost(), deleted(), created()],
            None,
        ),
    ];
    for (name, answers, expected) in cases {
        let count = answers.len();
        let server = serving(answers).await;
        let call = client(server.url())
            .job()
            .add(job())
            .retry(quick().also_on(named));
        let error = call.await.err();
        let code = error.as_ref().and_then(Error::code);
        assert_eq!(code, expected, "{name}");
        assert_eq!(server.requests().len(), count, "{name}");
    }
    let server = serving(vec![quota(), created()]).await;
    let call = client(server.url()).job().add(job());
    let brief = quick()
        .with_total_time(Duration::ZERO)
        .with_base(Duration::from_secs(1));
    let error = call.retry(brief.also_on(named)).await.expect_err("no time");
    assert_eq!((error.code(), server.requests().len()), (Some(named[1]), 1));
}

#[tokio::test]
async fn named_codes_are_retried_in_bulk() {
    let quota = Reply::Results("clienterror", Some("JobTaskQuotaReached"));
    let waits = || quick().also_on([codes::JOB_BEING_DELETED, "JobTaskQuotaReached"]);
    for (name, steps, added, rejected, requests) in [
        (
            "a request",
            vec![Step::error(409, codes::JOB_BEING_DELETED); 2],
            3,
            0,
            3,
        ),
        ("tasks", vec![Step::refused(quota.clone()); 2], 3, 0, 3),
        ("tasks to the end", vec![Step::refused(quota); 3], 0, 3, 3),
        (
            "a request to the end",
            vec![Step::error(409, codes::JOB_BEING_DELETED); 3],
            0,
            0,
            3,
        ),
    ] {
        let server = Job::start().await;
        server.on_adds(steps);
        let call = client(server.url()).task().add_all("j", (0..3).map(task));
        let report = call.retry(waits()).report().await;
        assert_eq!(
            (report.added, report.rejected),
            (added, rejected),
            "{name}: {report}"
        );
        assert_eq!(server.requests("add"), requests, "{name}");
    }
}

/// After the longest pause, the next attempt starts.
#[tokio::test]
async fn a_pause_has_a_limit_that_can_be_set() {
    let policy = quick()
        .with_total_time(Duration::MAX)
        .with_longest_pause(Duration::from_millis(100));
    let busy = || {
        let body = json!({"code": "TooManyRequests"});
        Response::json(429, &body).header("retry-after", "18446744073709551615")
    };
    let begun = Instant::now();
    let server = serving(vec![busy().into(), Response::new(201).into()]).await;
    client(server.url())
        .job()
        .add(job())
        .retry(policy)
        .await
        .expect("a job");
    let tasks = Job::start().await;
    tasks.on_adds([Step::refused(Reply::Is(busy()))]);
    let call = client(tasks.url()).task().add_all("j", (0..3).map(task));
    let report = call.retry(policy).await.expect("all tasks");
    assert_eq!((report.added, report.throttled), (3, 1));
    let took = begun.elapsed();
    assert!((200..20_000).contains(&took.as_millis()), "{took:?}");
}

/// The emulator has each resource in its real states.
#[tokio::test]
async fn resources_are_added_if_absent_and_deleted_if_present() {
    let emulator = batch_emulator::start(Config::default())
        .await
        .expect("a service");
    let key = SharedKey::new(emulator.account(), emulator.key()).expect("a key");
    let client = Client::new(emulator.endpoint(), key).expect("a client");
    crate::bulk::add_job(&client).await;
    let patient = RetryPolicy::default()
        .with_attempts(200)
        .with_base(Duration::from_millis(10))
        .with_cap(Duration::from_millis(50))
        .also_on([codes::JOB_BEING_DELETED]);

    let nightly = || JobAddParameter::new("nightly", "p");
    let results = [
        client.job().add_if_absent(nightly()).await,
        client.job().add_if_absent(nightly()).await,
        client.job().add_if_absent(nightly().with_priority(9)).await,
    ];
    let results = results.map(|result| result.expect("a result").to_string());
    assert_eq!(
        results,
        ["added", "already there", "exists with other properties"]
    );

    let frame = || TaskAddParameter::new("frame", "render");
    for expected in [AddedIfAbsent::Added, AddedIfAbsent::AlreadyThere] {
        let added = client.task().add_if_absent("nightly", frame()).await;
        assert_eq!(added.expect("a result"), expected);
    }
    for expected in [true, false] {
        let deleted = client.task().delete_if_present("nightly", "frame").await;
        assert_eq!(deleted.expect("a result"), expected);
    }

    assert!(
        client
            .job()
            .delete_if_present("nightly")
            .await
            .expect("a job")
    );
    let again = client
        .job()
        .add_if_absent(nightly().with_priority(9))
        .retry(patient);
    assert_eq!(again.await.expect("a new job"), AddedIfAbsent::Added);
    assert!(
        !client
            .job()
            .delete_if_present("none")
            .await
            .expect("no job")
    );
    assert!(
        !client
            .pool()
            .delete_if_present("none")
            .await
            .expect("no pool")
    );

    let hourly = || {
        let job = batch_client::models::JobSpecification::new("p");
        JobScheduleAddParameter::new("hourly", Schedule::every(TimeSpan::from_mins(60)), job)
    };
    for expected in [AddedIfAbsent::Added, AddedIfAbsent::AlreadyThere] {
        let added = client.job_schedule().add_if_absent(hourly()).await;
        assert_eq!(added.expect("a result"), expected);
    }
    assert!(
        client
            .job_schedule()
            .delete_if_present("hourly")
            .await
            .expect("a schedule")
    );
}
