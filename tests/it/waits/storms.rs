//! Waits while the service throttles, fails or is unavailable, and waits that time out.

use std::time::{Duration, Instant};

use batch_client::codes;
use batch_tests::proxy::Fault;
use batch_tests::server::Response;
use serde_json::json;

use super::{Outcome, config, endless, proxied, quick, ready, task};

fn refusal(status: u16, code: &str) -> Fault {
    let body = json!({"code": code, "message": {"lang": "en-US", "value": "No."}});
    Fault::Answer(Response::json(status, &body))
}

#[tokio::test]
async fn throttling_and_failures_do_not_end_a_wait() -> Outcome {
    let (_emulator, proxy, direct, client) =
        proxied(config().page_size(2).sparse_pages(true)).await;
    ready(&direct, "j", 1).await?;
    for number in 0..12 {
        direct
            .task()
            .add("j", task(&format!("t{number:02}")))
            .await?;
    }
    let mut number = 0;
    // Three of four requests fail, each in a different way.
    proxy.rule(move |_| {
        number += 1;
        match number % 16 {
            0 | 5 | 10 | 15 => None,
            1 | 6 => Some(refusal(429, "TooManyRequests")),
            2 | 7 => Some(refusal(503, "ServerBusy")),
            3 => Some(refusal(500, "InternalError")),
            4 => Some(Fault::Answer(
                Response::new(502).body("<html>bad gateway</html>"),
            )),
            8 => Some(Fault::Answer(Response::new(504))),
            9 | 11 | 12 => Some(Fault::Close),
            _ => Some(Fault::Cut(7)),
        }
    });
    let done = quick(client.job().wait("j").tasks_completed()).await?;
    assert!(done.is_success() && done.tasks.succeeded == 12, "{done:?}");
    Ok(())
}

#[tokio::test]
async fn a_wait_survives_an_outage() -> Outcome {
    let (_emulator, proxy, direct, client) = proxied(config()).await;
    ready(&direct, "j", 1).await?;
    direct.task().add("j", endless("long")).await?;
    let wait = tokio::spawn(quick(client.job().wait("j").tasks_completed()).into_future());
    tokio::time::sleep(Duration::from_millis(200)).await;
    proxy.down().await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert!(
        !wait.is_finished(),
        "the outage ended the wait: {:?}",
        wait.await
    );
    direct.task().terminate("j", "long").await?;
    assert!(!wait.is_finished());
    proxy.up().await;
    let done = wait.await.expect("no panic")?;
    assert_eq!((done.tasks.completed, done.tasks.failed), (1, 1));
    Ok(())
}

#[tokio::test]
async fn a_timeout_reports_the_last_known_state() -> Outcome {
    let (_emulator, proxy, direct, client) = proxied(config()).await;
    ready(&direct, "j", 1).await?;
    direct.task().add("j", endless("long")).await?;
    let limit = Duration::from_millis(300);
    let wait = || quick(client.job().wait("j").tasks_completed()).timeout(limit);
    let begun = Instant::now();
    let error = wait().await.expect_err("the task runs forever");
    assert!(begun.elapsed() >= limit);
    assert!(error.is_timeout() && error.code().is_none(), "{error:?}");
    assert_eq!(
        error.to_string(),
        "job j: not all tasks are completed after 300ms; last seen: \
         0 active, 1 running, 0 completed (0 succeeded, 0 failed)"
    );
    assert!(std::error::Error::source(&error).is_none());

    proxy.rule(|_| Some(refusal(503, "ServerBusy")));
    let error = wait()
        .timeout(Duration::from_secs(2))
        .await
        .expect_err("the service is busy");
    assert!(error.is_timeout(), "{error:?}");
    assert!(error.to_string().ends_with("last seen: nothing"), "{error}");
    let cause = std::error::Error::source(&error).expect("the last call's error");
    assert!(cause.to_string().contains("503 ServerBusy"), "{cause}");
    Ok(())
}

/// A permanent failure ends a wait at once, even in the middle of it.
#[tokio::test]
async fn a_permanent_failure_ends_a_wait() -> Outcome {
    let (_emulator, proxy, direct, client) = proxied(config()).await;
    ready(&direct, "j", 1).await?;
    direct.task().add("j", endless("long")).await?;
    let mut number = 0;
    proxy.rule(move |_| {
        number += 1;
        (number > 4).then(|| refusal(403, "AuthorizationFailure"))
    });
    let error = quick(client.job().wait("j").tasks_completed()).await;
    let error = error.expect_err("the key was revoked");
    assert!(error.is_auth(), "{error:?}");
    Ok(())
}

#[tokio::test]
async fn retry_after_is_honored_between_polls() -> Outcome {
    let (_emulator, proxy, direct, client) = proxied(config()).await;
    ready(&direct, "j", 1).await?;
    let mut number = 0;
    proxy.rule(move |_| {
        number += 1;
        let busy = Response::new(503).header("retry-after", "1");
        (number <= 2).then_some(Fault::Answer(busy))
    });
    let begun = Instant::now();
    quick(client.job().wait("j").tasks_completed()).await?;
    assert!(
        begun.elapsed() >= Duration::from_secs(2),
        "{:?}",
        begun.elapsed()
    );
    Ok(())
}

/// A wait has no background task.
#[tokio::test]
async fn a_dropped_wait_stops_polling() -> Outcome {
    let (_emulator, proxy, direct, client) = proxied(config()).await;
    ready(&direct, "j", 1).await?;
    direct.task().add("j", endless("long")).await?;
    let wait = tokio::spawn(quick(client.job().wait("j").tasks_completed()).into_future());
    while proxy.requests().is_empty() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    wait.abort();
    assert!(wait.await.expect_err("aborted").is_cancelled());
    // A request in flight may still be recorded.
    tokio::time::sleep(Duration::from_millis(100)).await;
    proxy.requests();
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(proxy.requests().len(), 0);
    assert_eq!(
        client.job().get("gone").await.expect_err("no job").code(),
        Some(codes::JOB_NOT_FOUND)
    );
    Ok(())
}
