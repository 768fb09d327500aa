//! Promise: every one of many tasks has exactly one outcome, and it is the true one.
//!
//! Most tests run against the emulator. Where it would have to fail partway, the responses are
//! prepared.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use batch_client::bulk::{AddOutcome, AddReport, TaskOutcome};
use batch_client::models::{
    EnvironmentSetting, ImageReference, JobAddParameter, PoolAddParameter, PoolInformation,
    TaskAddParameter, VirtualMachineConfiguration,
};
use batch_client::{Client, RetryPolicy, SharedKey, codes};
use batch_emulator::{Config, Emulator};
use batch_tests::server::{Answer, Response, Server};
use serde_json::{Value, json};

use crate::calls::key;

/// Starts the emulator with the job `j` on a pool without nodes, so that tasks stay active.
async fn service() -> (Emulator, Client) {
    let emulator = batch_emulator::start(Config::default())
        .await
        .expect("a service");
    let key = SharedKey::new(emulator.account(), emulator.key()).expect("a key");
    let client = Client::new(emulator.endpoint(), key).expect("a client");
    add_job(&client).await;
    (emulator, client)
}

/// Adds the job and its pool, which has no nodes.
pub(crate) async fn add_job(client: &Client) {
    let image = ImageReference::default()
        .with_publisher("canonical")
        .with_offer("0001-com-ubuntu-server-jammy")
        .with_sku("22_04-lts");
    let machines = VirtualMachineConfiguration::new(image, "batch.node.ubuntu 22.04");
    let pool =
        PoolAddParameter::new("p", "standard_d2s_v3").with_virtual_machine_configuration(machines);
    client.pool().add(pool).await.expect("a pool");
    let on = PoolInformation::default().with_pool_id("p");
    client
        .job()
        .add(JobAddParameter::new("j", on))
        .await
        .expect("a job");
}

pub(crate) fn task(number: usize) -> TaskAddParameter {
    TaskAddParameter::new(format!("task-{number:05}"), format!("echo {number}"))
}

/// A task whose body is larger by this many bytes.
fn large(number: usize, bytes: usize) -> TaskAddParameter {
    let filling = EnvironmentSetting::new("X", "x".repeat(bytes));
    task(number).with_environment_settings([filling])
}

async fn ids(client: &Client) -> Vec<String> {
    let tasks = client
        .task()
        .list("j")
        .select("id")
        .stream()
        .try_collect()
        .await
        .expect("tasks");
    tasks.into_iter().filter_map(|task| task.id).collect()
}

/// Outcomes by id; checks that each task has only one.
fn by_id(outcomes: Vec<TaskOutcome>) -> BTreeMap<String, AddOutcome> {
    let count = outcomes.len();
    let by_id: BTreeMap<_, _> = outcomes
        .into_iter()
        .map(|task| (task.id, task.outcome))
        .collect();
    assert_eq!(by_id.len(), count, "a task has two outcomes");
    by_id
}

async fn outcomes(client: &Client, tasks: Vec<TaskAddParameter>) -> Vec<TaskOutcome> {
    let mut stream = client.task().add_all("j", tasks).stream();
    let mut outcomes = Vec::new();
    while let Some(outcome) = stream.next().await {
        outcomes.push(outcome);
    }
    assert_eq!(stream.report().total(), outcomes.len() as u64);
    outcomes
}

#[tokio::test]
async fn thousands_of_tasks_are_added_in_few_requests() {
    let (emulator, client) = service().await;
    let totals = Arc::new(Mutex::new(Vec::new()));
    let recorded = totals.clone();
    let report = client
        .task()
        .add_all("j", (0..2_530).map(task))
        .concurrency(4)
        .progress(move |report| recorded.lock().expect("a lock").push(report.total()))
        .await
        .expect("all tasks are added");
    assert_eq!(
        (report.added, report.total(), report.requests),
        (2_530, 2_530, 26)
    );
    assert!(report.is_complete() && report.is_settled() && report.error().is_none());
    assert_eq!(report.to_string(), "2530 tasks: 2530 added");
    assert_eq!(emulator.calls()["Task_AddCollection"], 26);
    let totals = totals.lock().expect("a lock").clone();
    assert!(
        totals.is_sorted() && totals.len() == 26 && totals.last() == Some(&2_530),
        "{totals:?}"
    );
    let ids = ids(&client).await;
    assert!(
        ids.iter().eq((0..2_530)
            .map(|number| task(number).id)
            .collect::<Vec<_>>()
            .iter())
    );
}

#[tokio::test]
async fn large_tasks_are_grouped_by_size() {
    let (emulator, client) = service().await;
    let sizes = [
        400_000, 400_000, 400_000, 10, 1_000_000, 2_000_000, 500_000, 1_048_000,
    ];
    let tasks = sizes
        .iter()
        .enumerate()
        .map(|(number, size)| large(number, *size))
        .collect();
    let outcomes = by_id(outcomes(&client, tasks).await);
    for (number, size) in sizes.iter().enumerate() {
        let outcome = &outcomes[&task(number).id];
        if *size == 2_000_000 {
            assert_eq!(outcome.code(), Some(codes::REQUEST_BODY_TOO_LARGE));
        } else {
            assert!(outcome.is_added(), "{number}: {outcome}");
        }
    }
    assert_eq!(ids(&client).await.len(), sizes.len() - 1);
    // No request was rejected: tasks were split by size before they were sent.
    assert_eq!(emulator.calls()["Task_AddCollection"], 5);
}

#[tokio::test]
async fn a_bad_task_does_not_affect_others() {
    let (_emulator, client) = service().await;
    let mut tasks: Vec<_> = (0..250).map(task).collect();
    tasks[17].id = "no id".to_owned();
    tasks[180].id = "x".repeat(65);
    let outcomes = outcomes(&client, tasks).await;
    assert_eq!(outcomes.len(), 250);
    for task in &outcomes {
        let is_bad = [17, 180].contains(&task.position);
        assert_eq!(
            task.outcome.is_added(),
            !is_bad,
            "{}: {}",
            task.id,
            task.outcome
        );
        if is_bad {
            assert_eq!(
                task.outcome.code(),
                Some("InvalidPropertyValue"),
                "{}",
                task.outcome
            );
            assert!(task.outcome.is_settled());
        }
    }
    assert_eq!(ids(&client).await.len(), 248);
}

#[tokio::test]
async fn tasks_that_already_exist_are_compared() {
    let (_emulator, client) = service().await;
    client.task().add("j", task(3)).await.expect("a task");
    client
        .task()
        .add("j", TaskAddParameter::new(task(5).id, "another"))
        .await
        .expect("a task");
    let mut tasks: Vec<_> = (0..10).map(task).collect();
    // The same id twice, in another letter case.
    tasks.push(TaskAddParameter::new("TASK-00007", "echo 7"));
    let outcomes = outcomes(&client, tasks).await;
    let shown: BTreeMap<u64, String> = outcomes
        .iter()
        .map(|task| (task.position, task.outcome.to_string()))
        .collect();
    assert_eq!(shown.len(), 11);
    assert_eq!(shown[&3], "already there");
    assert_eq!(shown[&5], "another task of this id exists");
    let sevens = [&*shown[&7], &*shown[&10]];
    assert!(
        sevens.contains(&"added") && sevens.contains(&"already there"),
        "{sevens:?}"
    );
    assert_eq!(shown.values().filter(|text| *text == "added").count(), 8);
    let stored_task = client.task().get("j", task(5).id).await.expect("the task");
    assert_eq!(stored_task.command_line.as_deref(), Some("another"));
}

#[tokio::test]
async fn a_job_that_does_not_exist_ends_the_call() {
    let (_emulator, client) = service().await;
    let report = client
        .task()
        .add_all("gone", (0..1_000).map(task))
        .concurrency(2)
        .report()
        .await;
    assert_eq!((report.not_attempted, report.total()), (1_000, 1_000));
    assert!(report.requests <= 2, "{}", report.requests);
    let error = report.error().expect("an error");
    assert_eq!(error.code(), Some(codes::JOB_NOT_FOUND));
    assert!(
        report
            .to_string()
            .contains("1000 not attempted; ended by: Task_AddCollection \"gone\": 404 JobNotFound"),
        "{report}"
    );
    let error = report.into_result().expect_err("an error");
    assert_eq!(error.report().not_attempted, 1_000);
    assert!(
        error.to_string().starts_with(
            "cannot add 1000 of 1000 tasks: Task_AddCollection \"gone\": 404 JobNotFound"
        ),
        "{error}"
    );
    assert!(batch_client::Error::from(error).is_not_found());
    // Nothing is sent at all for a job id that cannot be one.
    let report = client.task().add_all("..", (0..3).map(task)).report().await;
    assert!(
        report
            .error()
            .is_some_and(batch_client::Error::is_invalid_request),
        "{report}"
    );
}

/// `?` works in functions with either error, and the error has the report.
#[tokio::test]
async fn a_task_that_is_not_added_is_an_error() {
    async fn add(client: &Client) -> Result<(), batch_client::Error> {
        client.task().add_all("j", (0..10).map(task)).await?;
        Ok(())
    }
    let (_emulator, client) = service().await;
    let other = TaskAddParameter::new(task(3).id, "another command");
    client.task().add("j", other).await.expect("added");
    let call = client.task().add_all("j", (0..10).map(task));
    let error = call.await.expect_err("one is another task");
    assert_eq!(
        error.to_string(),
        "cannot add 1 of 10 tasks: task-00003: another task of this id exists"
    );
    assert_eq!((error.report().added, error.failures().len()), (9, 1));
    assert!(std::error::Error::source(&error).is_none());
    assert_eq!(error.into_report().different, 1);

    let error = add(&client).await.expect_err("the same");
    assert_eq!(
        error.to_string(),
        "Task_AddCollection: cannot add 1 of 10 tasks: task-00003: another task of this id exists"
    );
}

#[tokio::test]
async fn a_report_can_be_resumed() {
    let (emulator, client) = service().await;
    let tasks = || (0..700).map(task);
    let mut first = client.task().add_all("j", tasks()).concurrency(1).stream();
    for _ in 0..230 {
        first.next().await.expect("an outcome");
    }
    // Requests in flight are dropped, and their responses are never read.
    let report = first.into_report();
    assert!((200..400).contains(&report.total()), "{report}");
    let written = serde_json::to_string(&report).expect("JSON");
    let read: AddReport = serde_json::from_str(&written).expect("a report");
    let before = emulator.calls()["Task_AddCollection"];
    let call = client.task().add_all("j", tasks()).resume(read);
    let report = call.report().await;
    assert!(report.is_complete(), "{report}");
    assert_eq!(report.total(), 700);
    assert!(emulator.calls()["Task_AddCollection"] - before <= 5);
    assert_eq!(ids(&client).await.len(), 700);
    let call = client.task().add_all("j", tasks()).resume(report);
    let again = call.await.expect("all tasks are there");
    assert_eq!(
        (again.total(), again.added + again.already_there),
        (700, 700)
    );
}

#[tokio::test]
async fn a_slow_input_stream_does_not_delay_its_earlier_tasks() {
    let (_emulator, client) = service().await;
    let (sender, receiver) = tokio::sync::mpsc::unbounded_channel();
    let tasks = futures_util::stream::unfold(
        receiver,
        |mut receiver: tokio::sync::mpsc::UnboundedReceiver<_>| async {
            receiver.recv().await.map(|task| (task, receiver))
        },
    );
    let mut outcomes = client.task().add_stream("j", tasks).stream();
    for number in 0..3 {
        sender.send(task(number)).expect("a receiver");
        let outcome = tokio::time::timeout(Duration::from_secs(20), outcomes.next()).await;
        assert_eq!(
            outcome.expect("in time").expect("an outcome").id,
            task(number).id
        );
    }
    drop(sender);
    assert_eq!(outcomes.next().await, None);
    assert!(outcomes.report().is_complete());
}

/// A client for prepared responses that retries almost without delay.
fn prepared(server: &Server) -> Client {
    let quick = RetryPolicy::default()
        .with_base(Duration::from_millis(1))
        .with_cap(Duration::from_millis(2));
    Client::builder(server.url(), key())
        .retry(quick)
        .build()
        .expect("a client")
}

/// Response with these results for tasks.
fn results(results: &[(usize, &str, Option<&str>)]) -> Answer {
    let results = results.iter().map(|(number, status, code)| {
        let mut result = json!({"taskId": task(*number).id, "status": status});
        if let Some(code) = code {
            result["error"] = json!({"code": code, "message": {"value": "No."}});
        }
        result
    });
    Response::json(200, &json!({"value": results.collect::<Vec<Value>>()})).into()
}

fn sent(server: &Server) -> Vec<Vec<String>> {
    let posts = server
        .requests()
        .into_iter()
        .filter(|request| request.method == "POST");
    let ids = |body: Vec<u8>| {
        let body: Value = serde_json::from_slice(&body).expect("JSON");
        let tasks = body["value"].as_array().expect("tasks");
        tasks
            .iter()
            .map(|task| task["id"].as_str().expect("an id").to_owned())
            .collect()
    };
    posts.map(|request| ids(request.body)).collect()
}

#[tokio::test]
async fn only_tasks_that_the_service_failed_to_add_are_sent_again() {
    let server = Server::start().await;
    server.answer(results(&[
        (2, "Success", None),
        (1, "servererror", Some("InternalError")),
        (0, "Success", None),
    ]));
    server.answer(Response::new(500).into());
    // The first attempt had been applied after all.
    server.answer(results(&[(1, "clienterror", Some(codes::TASK_EXISTS))]));
    server.answer(Response::json(200, &json!({"id": task(1).id, "commandLine": "echo 1"})).into());
    let outcomes = by_id(outcomes(&prepared(&server), (0..3).map(task).collect()).await);
    assert_eq!(outcomes[&task(1).id], AddOutcome::AlreadyThere);
    assert!(outcomes.values().all(AddOutcome::is_added));
    let one = vec![task(1).id];
    assert_eq!(sent(&server)[1..], [one.clone(), one]);
}

#[tokio::test]
async fn a_request_that_is_too_large_is_split() {
    let server = Server::start().await;
    server.answer(Response::json(413, &json!({"code": "RequestBodyTooLarge"})).into());
    server.answer(results(&[(0, "success", None), (1, "success", None)]));
    server.answer(results(&[(2, "success", None), (3, "success", None)]));
    let call = prepared(&server)
        .task()
        .add_all("j", (0..4).map(task))
        .concurrency(1);
    let report = call.await.expect("all tasks are added");
    assert!(report.is_complete() && report.total() == 4, "{report}");
    assert_eq!(
        sent(&server).iter().map(Vec::len).collect::<Vec<_>>(),
        [4, 2, 2]
    );

    server.answer(Response::json(413, &json!({"code": "RequestBodyTooLarge"})).into());
    let call = prepared(&server).task().add_all("j", [task(0)]);
    let report = call.report().await;
    assert_eq!(
        (report.rejected, &*report.failures[0].id),
        (1, "task-00000")
    );
}

#[tokio::test]
async fn throttling_slows_down_and_is_not_a_failure() {
    let server = Server::start().await;
    for _ in 0..3 {
        let code = json!({"code": "TooManyRequests"});
        server.answer(Response::json(429, &code).header("retry-after", "1").into());
    }
    server.answer(results(&[(0, "success", None)]));
    let begun = Instant::now();
    let call = prepared(&server).task().add_all("j", [task(0)]);
    let call = call.retry(RetryPolicy::default().with_attempts(2));
    let report = call.await.expect("the task is added");
    assert_eq!((report.added, report.throttled, report.requests), (1, 3, 4));
    assert!(
        begun.elapsed() >= Duration::from_secs(3),
        "{:?}",
        begun.elapsed()
    );
}

#[tokio::test]
async fn tasks_whose_outcome_is_lost_are_reported_as_unknown() {
    let server = Server::start().await;
    for _ in 0..3 {
        server.answer(Answer::Bytes(Vec::new()));
    }
    let call = prepared(&server)
        .task()
        .add_all("j", (0..250).map(task))
        .concurrency(1);
    let report = call
        .retry(
            RetryPolicy::default()
                .with_attempts(3)
                .with_base(Duration::from_millis(1)),
        )
        .report()
        .await;
    assert_eq!(
        (report.unknown, report.not_attempted, report.total()),
        (100, 150, 250)
    );
    assert_eq!(report.failures.len(), 100);
    assert!(!report.is_settled() && report.error().is_some());
    assert!(
        report.failures[0]
            .outcome
            .to_string()
            .starts_with("unknown: Task_AddCollection \"j\": "),
        "{report}"
    );

    // A task that the service keeps failing to add is finally read.
    for _ in 0..2 {
        server.answer(results(&[(0, "servererror", Some("InternalError"))]));
    }
    server.answer(Response::json(404, &json!({"code": "TaskNotFound"})).into());
    let call = prepared(&server).task().add_all("j", [task(0)]);
    let report = call
        .retry(
            RetryPolicy::default()
                .with_attempts(2)
                .with_base(Duration::from_millis(1)),
        )
        .report()
        .await;
    let outcome = report.failures[0].outcome.to_string();
    assert!(
        outcome.starts_with("unknown: ") && outcome.contains("InternalError"),
        "{outcome}"
    );
    assert!(!report.is_settled(), "it may be added when it is resumed");
}

/// Memory holds only tasks in flight, however many there are in total.
#[tokio::test]
async fn tasks_are_taken_only_as_fast_as_they_are_sent() {
    let (_emulator, client) = service().await;
    let taken = Arc::new(AtomicUsize::new(0));
    let counter = taken.clone();
    let tasks = (0..5_000).map(move |number| {
        counter.fetch_add(1, Ordering::Relaxed);
        task(number)
    });
    let mut outcomes = client.task().add_all("j", tasks).concurrency(3).stream();
    let (mut settled, mut most) = (0, 0);
    while outcomes.next().await.is_some() {
        settled += 1;
        most = most.max(taken.load(Ordering::Relaxed) - settled);
    }
    assert_eq!(settled, 5_000);
    // Three chunks in flight and the one being filled.
    assert!((100..=400).contains(&most), "{most} tasks were in memory");
}
