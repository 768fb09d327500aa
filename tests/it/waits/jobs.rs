//! Waits for jobs and their tasks.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use batch_client::wait::{JobOutcome, TasksEnd, TasksSnapshot};
use batch_client::{Error, codes};
use batch_tests::proxy::Fault;
use batch_tests::server::Response;
use serde_json::json;

use super::{Outcome, config, endless, failing, job, proxied, quick, ready, setting, start, task};

#[tokio::test]
async fn all_tasks_are_waited_for_and_failed_ones_are_returned() -> Outcome {
    let (emulator, client) = start(config().page_size(3).sparse_pages(true)).await;
    ready(&client, "j", 2).await?;
    for number in 0..20 {
        let id = format!("t{number:02}");
        let one = match number {
            _ if number % 5 == 0 => failing(&id),
            // 4 s of real time, so that the wait sees the job before it is done.
            19 => task(&id).with_environment_settings([setting("EMULATOR_SECONDS", "200")]),
            _ => task(&id),
        };
        client.task().add("j", one).await?;
    }
    let progress = Arc::new(Mutex::new(Vec::<TasksSnapshot>::new()));
    let recorder = progress.clone();
    let done = quick(client.job().wait("j").tasks_completed())
        .progress(move |tasks| recorder.lock().expect("no panic").push(*tasks))
        .await?;
    assert_eq!(done.end, TasksEnd::Completed);
    assert!(!done.is_success());
    assert_eq!(done.to_string(), "4 of 20 tasks failed");
    let (tasks, failures) = (done.tasks, &done.failures);
    assert_eq!(
        (
            tasks.completed,
            tasks.succeeded,
            tasks.failed,
            tasks.total()
        ),
        (20, 16, 4, 20)
    );
    let ids: Vec<&str> = failures.iter().map(|failure| &*failure.id).collect();
    assert_eq!(ids, ["t00", "t05", "t10", "t15"]);
    for failure in failures {
        assert_eq!(failure.exit_code, Some(3));
        let code = failure.info.as_ref().and_then(|info| info.code.as_deref());
        assert_eq!(code, Some(codes::FAILURE_EXIT_CODE));
        // The emulator's tasks write nothing to stderr, but the file exists.
        assert_eq!(failure.stderr.as_deref(), Some(&b""[..]));
        assert!(
            failure
                .to_string()
                .contains("failed with exit code 3: FailureExitCode"),
            "{failure}"
        );
    }
    let progress = progress.lock().expect("no panic");
    assert!(!progress.is_empty(), "no progress was reported");
    assert!(
        progress.iter().all(|tasks| tasks.total() == 20),
        "{progress:?}"
    );
    assert!(
        progress.is_sorted_by_key(|tasks| tasks.completed),
        "{progress:?}"
    );
    // Each poll requests the counts, and hardly ever more.
    let calls = emulator.calls();
    assert!(
        calls["Job_GetTaskCounts"] >= 2 && !calls.contains_key("Task_Get"),
        "{calls:?}"
    );
    Ok(())
}

/// The counts lag behind: they say that no task is open although one is, and it is listed after an
/// empty page.
#[tokio::test]
async fn counts_are_confirmed_by_a_complete_listing() -> Outcome {
    let (_emulator, proxy, direct, client) = proxied(config()).await;
    ready(&direct, "j", 1).await?;
    direct.task().add("j", failing("bad")).await?;
    quick(direct.job().wait("j").tasks_completed()).await?;
    let open = Arc::new(AtomicBool::new(true));
    let (still, url) = (open.clone(), proxy.url());
    proxy.rule(move |request| {
        let target = &request.target;
        let body = if target.contains("/taskcounts") {
            let counts =
                json!({"active": 0, "running": 0, "completed": 1, "succeeded": 1, "failed": 0});
            json!({"taskCounts": counts})
        } else if !target.contains("state%20ne%20%27completed%27") {
            return None;
        } else if !target.contains("skiptoken") {
            json!({"value": [], "odata.nextLink": format!("{url}{target}&$skiptoken=2")})
        } else if still.load(Ordering::SeqCst) {
            json!({"value": [{"id": "late"}]})
        } else {
            json!({"value": []})
        };
        Some(Fault::Answer(Response::json(200, &body)))
    });
    let wait = quick(client.job().wait("j").tasks_completed());
    let error = wait.timeout(Duration::from_millis(600)).await;
    let error = error.expect_err("a task is open");
    assert!(error.is_timeout(), "{error}");

    open.store(false, Ordering::SeqCst);
    let done = quick(client.job().wait("j").tasks_completed()).await?;
    // The counts still lack the failure, but the listing has it.
    assert_eq!((&done.end, done.tasks.failed), (&TasksEnd::Completed, 1));
    assert_eq!(done.failures[0].id, "bad");
    Ok(())
}

#[tokio::test]
async fn a_job_without_tasks_is_said_to_have_none() -> Outcome {
    let (_emulator, client) = start(config()).await;
    ready(&client, "j", 1).await?;
    for wait in [
        client.job().wait("j").tasks_completed(),
        client.job().wait("j").first_failure(),
    ] {
        let done = quick(wait).await?;
        assert_eq!((&done.end, done.tasks.total()), (&TasksEnd::NoTasks, 0));
        // A bulk add that was refused would otherwise pass for a success.
        assert!(!done.is_success(), "{done:?}");
        assert_eq!(done.to_string(), "the job has no tasks");
    }
    Ok(())
}

/// Counts lag behind: a job whose only task is completed is not one without tasks.
#[tokio::test]
async fn a_completed_task_that_is_not_counted_yet_is_found() -> Outcome {
    let (_emulator, proxy, direct, client) = proxied(config()).await;
    ready(&direct, "j", 1).await?;
    direct.task().add("j", task("fast")).await?;
    quick(direct.job().wait("j").tasks_completed()).await?;
    proxy.rule(|request| {
        let zero = json!({"active": 0, "running": 0, "completed": 0, "succeeded": 0, "failed": 0});
        let counts = Response::json(200, &json!({"taskCounts": zero}));
        let is_counts = request.target.contains("/taskcounts");
        is_counts.then_some(Fault::Answer(counts))
    });
    let done = quick(client.job().wait("j").tasks_completed()).await?;
    assert_eq!(done.end, TasksEnd::Completed);
    Ok(())
}

#[tokio::test]
async fn the_first_failure_ends_a_wait_for_it() -> Outcome {
    let (_emulator, client) = start(config()).await;
    ready(&client, "j", 1).await?;
    client.task().add("j", endless("long")).await?;
    client.task().add("j", failing("bad")).await?;
    let done = quick(client.job().wait("j").first_failure()).await?;
    assert_eq!((&done.end, done.tasks.running), (&TasksEnd::Failed, 1));
    assert_eq!(done.failures[0].id, "bad");
    let line = "task bad failed with exit code 3: FailureExitCode";
    assert!(done.to_string().starts_with(line), "{done}");

    job(&client, "fine", "j").await?;
    client.task().add("fine", task("good")).await?;
    let done = quick(client.job().wait("fine").first_failure()).await?;
    assert!(done.is_success(), "{done:?}");
    assert_eq!(done.to_string(), "all tasks succeeded (1)");
    Ok(())
}

#[tokio::test]
async fn a_failure_includes_the_end_of_stderr() -> Outcome {
    let (_emulator, proxy, direct, client) = proxied(config()).await;
    ready(&direct, "j", 1).await?;
    for id in ["gone", "told"] {
        direct.task().add("j", failing(id)).await?;
    }
    proxy.rule(|request| {
        let in_file = |id: &str| request.target.contains(&format!("/{id}/files/stderr.txt"));
        if in_file("gone") {
            return Some(Fault::Answer(Response::new(409)));
        }
        if !in_file("told") {
            return None;
        }
        let content = b"one line\nno space left on device\n";
        let content = match request.header("ocp-range") {
            Some("bytes=9-32") => &content[9..],
            Some(other) => panic!("{other}"),
            None => &content[..],
        };
        // This server does not treat the content length of a HEAD response specially.
        let answer = Response::new(200).body(content);
        let head = request.method == "HEAD";
        Some(Fault::Answer(if head {
            answer.header("content-length", "33")
        } else {
            answer.chunked()
        }))
    });
    let done = quick(client.job().wait("j").tasks_completed())
        .stderr_tail(24)
        .await?;
    assert_eq!(done.failures.len(), 2);
    assert_eq!(done.failures[0].stderr, None);
    assert_eq!(done.failures[1].stderr_text(), "no space left on device\n");

    proxy.requests();
    let wait = quick(client.job().wait("j").tasks_completed());
    let done = wait.stderr_tail(0).max_failures(1).await?;
    assert_eq!((done.failures.len(), done.tasks.failed), (1, 2));
    assert!(
        !proxy
            .requests()
            .iter()
            .any(|request| request.target.contains("/files/"))
    );
    Ok(())
}

#[tokio::test]
async fn a_job_that_ends_in_the_meantime_ends_a_wait_for_its_tasks() -> Outcome {
    let (_emulator, client) = start(config()).await;
    ready(&client, "pool", 1).await?;
    for end in ["terminate", "delete"] {
        job(&client, end, "pool").await?;
        for number in 0..6 {
            client
                .task()
                .add(end, endless(&format!("t{number}")))
                .await?;
        }
        let wait = tokio::spawn(quick(client.job().wait(end).tasks_completed()).into_future());
        tokio::time::sleep(Duration::from_millis(100)).await;
        assert!(!wait.is_finished());
        if end == "terminate" {
            client.job().terminate(end).await?;
        } else {
            client.job().delete(end).await?;
        }
        let done = wait.await.expect("no panic")?;
        if end == "terminate" {
            let reason = Some("UserTerminate".to_owned());
            assert_eq!(done.end, TasksEnd::JobEnded { reason });
            let line = "the job ended (UserTerminate) with 2 tasks not completed";
            assert_eq!(done.to_string(), line);
            // Tasks in a slot were ended; the others stay active forever.
            assert_eq!((done.tasks.active, done.failures.len()), (2, 4), "{done:?}");
        } else {
            assert_eq!(done.end, TasksEnd::JobDeleted);
            assert_eq!(done.to_string(), "the job was deleted");
        }
        assert!(!done.is_success());
    }
    Ok(())
}

#[tokio::test]
async fn jobs_are_waited_for_until_completed_or_deleted() -> Outcome {
    let (_emulator, client) = start(config()).await;
    ready(&client, "j", 1).await?;
    client.job().terminate("j").await?;
    let outcome = quick(client.job().wait("j").completed()).await?;
    assert!(matches!(&outcome, JobOutcome::Completed(job) if job.id.as_deref() == Some("j")));
    client.job().delete("j").await?;
    quick(client.job().wait("j").deleted()).await?;
    let gone = client.job().get("j").await.expect_err("it was deleted");
    assert_eq!(gone.code(), Some(codes::JOB_NOT_FOUND));
    quick(client.job().wait("never").deleted()).await?;

    job(&client, "k", "j").await?;
    let wait = tokio::spawn(quick(client.job().wait("k").completed()).into_future());
    tokio::time::sleep(Duration::from_millis(50)).await;
    client.job().delete("k").await?;
    assert_eq!(wait.await.expect("no panic")?, JobOutcome::Deleted);
    Ok(())
}

#[tokio::test]
async fn a_wait_for_a_missing_resource_fails_at_once() {
    let (_emulator, client) = start(config()).await;
    let errors: [(Option<Error>, &str); 5] = [
        (
            quick(client.job().wait("x").tasks_completed()).await.err(),
            codes::JOB_NOT_FOUND,
        ),
        (
            quick(client.job().wait("x").completed()).await.err(),
            codes::JOB_NOT_FOUND,
        ),
        (
            quick(client.pool().wait("x").steady()).await.err(),
            codes::POOL_NOT_FOUND,
        ),
        (
            quick(client.pool().wait("x").nodes_idle(1)).await.err(),
            codes::POOL_NOT_FOUND,
        ),
        (
            quick(client.compute_node().wait("x", "y").idle())
                .await
                .err(),
            codes::POOL_NOT_FOUND,
        ),
    ];
    for (error, code) in errors {
        let error = error.expect("it does not exist");
        assert_eq!(error.code(), Some(code), "{error}");
    }
}
