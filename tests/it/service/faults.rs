//! Promise: whatever happens to a response, the client reports it correctly and never mistakes one
//! response for another.

use std::time::Duration;

use batch_client::models::{TaskAddCollectionParameter, TaskAddStatus};
use batch_client::{Client, RetryPolicy, SharedKey};
use batch_emulator::{AnswerFault, Fault, FaultBody, FaultKind};

use super::fixtures::{job, task};
use super::{Outcome, config, start};

fn answer(fault: AnswerFault) -> [Fault; 1] {
    [Fault::new(FaultKind::Answer(fault)).most(1)]
}

#[tokio::test]
async fn an_error_response_in_any_form_is_reported_with_its_status() -> Outcome {
    let (emulator, client) = start(config()).await;
    for status in [408, 429, 500, 502, 503, 504] {
        for (body, has_code) in [
            (FaultBody::Json, true),
            (FaultBody::Html, false),
            (FaultBody::Empty, false),
        ] {
            let fault = AnswerFault::new(status).retry_after(9).body(body);
            emulator.set_faults(answer(fault)).expect("rules");
            let error = client.pool().list().await.expect_err("the fault");
            let found = error.status().map(|status| status.as_u16());
            assert_eq!(found, Some(status), "{error}");
            assert_eq!(error.code().is_some(), has_code, "{error}");
            assert_eq!(error.is_server_error(), status >= 500, "{error}");
            let headers = error.headers().expect("the headers");
            assert_eq!(headers["retry-after"], "9");
            client.pool().list().await?;
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_response_that_does_not_arrive_is_an_error_without_status() -> Outcome {
    let (emulator, client) = start(config()).await;
    let cut = |chunked| FaultKind::Truncate {
        bytes: Some(20),
        chunked,
    };
    for fault in [
        FaultKind::Reset { applied: false },
        FaultKind::Reset { applied: true },
    ] {
        emulator
            .set_faults([Fault::new(fault).most(1)])
            .expect("rules");
        let error = client.pool().list().await.expect_err("the fault");
        assert!(error.status().is_none() && !error.is_timeout(), "{error}");
        client.pool().list().await?;
    }
    for chunked in [false, true] {
        emulator
            .set_faults([Fault::new(cut(chunked)).most(1)])
            .expect("rules");
        let error = client.pool().list().await.expect_err("the fault");
        assert!(!error.is_server_error() && !error.is_timeout(), "{error}");
        client.pool().list().await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_timeout_is_reported_although_the_request_was_applied() -> Outcome {
    let (emulator, client) = start(config()).await;
    client.pool().add(super::fixtures::pool("p", 0)).await?;
    let key = SharedKey::new(emulator.account(), emulator.key())?;
    let hasty = Client::builder(emulator.endpoint(), key)
        .timeout(Duration::from_millis(500))
        .retry(RetryPolicy::none())
        .build()?;
    let late = FaultKind::Delay {
        milliseconds: 600_000,
    };
    emulator
        .set_faults([Fault::new(late).operation("Job_Add")])
        .expect("rules");
    let error = hasty
        .job()
        .add(job("late", "p"))
        .await
        .expect_err("a fault");
    assert!(error.is_timeout(), "{error}");
    // On a busy machine the request may arrive after its sender has given up.
    super::waiting::until("the job", async || {
        let found = client.job().get("late").await;
        Ok(found.is_ok().then_some(()))
    })
    .await
}

#[tokio::test]
async fn errors_for_single_tasks_are_read_along_with_the_successes() -> Outcome {
    let (emulator, client) = start(config().quirks(true)).await;
    client.pool().add(super::fixtures::pool("p", 0)).await?;
    client.job().add(job("j", "p")).await?;
    let half = FaultKind::TaskErrors {
        probability: 0.5,
        applied: false,
    };
    emulator.set_faults([Fault::new(half)]).expect("rules");
    let tasks = (0..60).map(|number| task(&format!("t{number}")));
    let added = client
        .task()
        .add_collection("j", TaskAddCollectionParameter::new(tasks))
        .await?
        .into_inner()
        .value
        .expect("a result for each task");
    let of = |wanted: TaskAddStatus| {
        let matching = added
            .iter()
            .filter(|result| result.status.as_ref() == Some(&wanted));
        matching.collect::<Vec<_>>()
    };
    let (failed, done) = (of(TaskAddStatus::ServerError), of(TaskAddStatus::Success));
    assert_eq!((failed.len() + done.len(), added.len()), (60, 60));
    assert!(failed.len() >= 10 && done.len() >= 10, "{}", failed.len());
    assert!(failed.iter().all(|result| result.error.is_some()));
    let there = client.task().list("j").stream().try_collect().await?;
    assert_eq!(there.len(), done.len());
    Ok(())
}
