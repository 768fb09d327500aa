//! Calls that are cut off, and how they are resumed.

use std::time::{Duration, Instant};

use batch_client::bulk::AddReport;
use batch_client::{Error, RetryPolicy};
use batch_tests::hostile::{Job, Reply, Step};

use super::{client, quick, task};

/// Whatever the way in which a call ends early, the documented loop stores every task.
#[tokio::test]
async fn ten_thousand_tasks_are_stored_after_a_cut() {
    let job = Job::start().await;
    let client = client(job.url());
    let tasks = || (0..10_000).map(task);
    let mut outcomes = client.task().add_all("j", tasks()).concurrency(1).stream();
    for _ in 0..400 {
        outcomes.next().await.expect("an outcome");
    }
    let cut = outcomes.into_report();
    assert!(!cut.is_complete() && !cut.is_settled() && !cut.input_ended());
    assert!(cut.error().is_none());
    let error = cut.clone().into_result().expect_err("it was cut off");
    assert!(error.to_string().contains("cut off after 400"), "{error}");
    // As text, for another process.
    let text = serde_json::to_string(&cut).expect("JSON");
    let mut report: AddReport = serde_json::from_str(&text).expect("a report");
    let mut rounds = 0;
    while !report.is_settled() {
        rounds += 1;
        report = client
            .task()
            .add_all("j", tasks())
            .resume(report)
            .report()
            .await;
    }
    assert_eq!((rounds, job.tasks().len()), (1, 10_000));
    assert!(report.is_complete() && report.total() == 10_000, "{report}");
}

/// A server without a response would hold the call for the read timeout of 150 s.
#[tokio::test]
async fn a_timeout_ends_the_call_with_a_report_that_can_be_resumed() {
    let job = Job::start().await;
    let client = client(job.url());
    job.on_adds([Step::from(Reply::Truth), Step::from(Reply::Silence)]);
    let call = client.task().add_all("j", (0..1_000).map(task));
    let call = call.concurrency(1).timeout(Duration::from_millis(300));
    let begun = Instant::now();
    let report = call.report().await;
    assert!(
        begun.elapsed() < Duration::from_secs(30),
        "{:?}",
        begun.elapsed()
    );
    assert_eq!(
        (report.added, report.unknown, report.total()),
        (100, 100, 200)
    );
    assert!(report.error().is_some_and(Error::is_timeout), "{report}");
    assert!(!report.is_settled() && !report.input_ended());
    let call = client.task().add_all("j", (0..1_000).map(task));
    let report = call.resume(report).report().await;
    assert_eq!((report.added, report.already_there), (900, 100), "{report}");
    assert!(report.is_complete() && job.tasks().len() == 1_000);
}

#[tokio::test]
async fn a_timeout_during_a_pause_ends_the_call() {
    let job = Job::start().await;
    job.on_adds((0..50).map(|_| Step::error(429, "TooManyRequests")));
    let slow = RetryPolicy::default()
        .with_base(Duration::from_secs(60))
        .with_cap(Duration::from_secs(60));
    let client = client(job.url());
    let call = client.task().add_all("j", (0..10).map(task)).retry(slow);
    let begun = Instant::now();
    let report = call.timeout(Duration::from_millis(200)).report().await;
    assert!(begun.elapsed() < Duration::from_secs(20));
    assert_eq!((report.not_attempted, report.total()), (10, 10), "{report}");
    assert!(!report.is_settled());
}

/// `next` is cancelled by a timeout, and called again.
#[tokio::test]
async fn a_stream_survives_the_timeout_of_its_reader() {
    let job = Job::start().await;
    let slow = |_| Step {
        delay: Duration::from_millis(30),
        ..Step::from(Reply::Truth)
    };
    job.on_adds((0..10).map(slow));
    let client = client(job.url());
    let mut outcomes = client
        .task()
        .add_all("j", (0..1_000).map(task))
        .concurrency(1)
        .stream();
    let (mut seen, mut cancelled) = (0, 0);
    loop {
        match tokio::time::timeout(Duration::from_millis(7), outcomes.next()).await {
            Ok(Some(_)) => seen += 1,
            Ok(None) => break,
            Err(_) => cancelled += 1,
        }
    }
    assert!(cancelled > 5, "{cancelled}");
    assert_eq!(
        (seen, job.tasks().len(), job.requests("add")),
        (1_000, 1_000, 10)
    );
    assert!(outcomes.report().is_complete());
}

#[tokio::test]
async fn an_endless_input_without_its_job_lets_a_timeout_fire() {
    let job = Job::start().await;
    job.on_adds((0..100).map(|_| Step::error(404, "JobNotFound")));
    let client = client(job.url());
    let call = client.task().add_all("j", (0..).map(task)).report();
    let limit = Duration::from_millis(300);
    assert!(tokio::time::timeout(limit, call).await.is_err());
    // With its own timeout, the call returns its report.
    let call = client.task().add_all("j", (0..).map(task)).timeout(limit);
    let report = call.report().await;
    assert!(report.error().is_some_and(Error::is_not_found), "{report}");
    assert!(!report.is_settled() && !report.input_ended());
}

#[tokio::test]
async fn an_unread_or_empty_input_is_told_apart() {
    let job = Job::start().await;
    let client = client(job.url());
    assert!(!AddReport::default().is_settled() && !AddReport::default().is_complete());
    let unread = client
        .task()
        .add_all("j", (0..3).map(task))
        .stream()
        .into_report();
    assert!(!unread.is_settled() && !unread.is_complete());
    let none = std::iter::empty();
    let empty = client
        .task()
        .add_all("j", none)
        .await
        .expect("nothing to add");
    assert!(empty.is_complete() && empty.is_settled() && empty.total() == 0);
    assert_eq!(job.requests("add"), 0);
}

/// The outcomes of tasks in flight are missing, although the input was read to its end.
#[tokio::test]
async fn tasks_in_flight_keep_a_report_open() {
    let job = Job::start().await;
    job.on_adds([Step::from(Reply::Truth), Step::from(Reply::Silence)]);
    let client = client(job.url());
    let call = client
        .task()
        .add_all("j", (0..150).map(task))
        .retry(quick());
    let mut outcomes = call.stream();
    for _ in 0..50 {
        outcomes.next().await.expect("an outcome");
    }
    let report = outcomes.into_report();
    assert!(
        report.input_ended() && !report.is_complete() && !report.is_settled(),
        "{report}"
    );
}
