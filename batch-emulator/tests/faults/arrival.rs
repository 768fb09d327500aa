//! Tests of responses that do not arrive as they should: not at all, truncated, late, slowly.

use std::io::ErrorKind;
use std::time::{Duration, Instant};

use batch_emulator::{Fault, FaultKind};

use crate::raw::{Answer, Call, Received, exchange, receive};
use crate::{V, add_job, counts, emulator, has_job, with_pool};

/// Time limit for everything that a test waits for.
const PATIENCE: Duration = Duration::from_secs(60);

#[tokio::test]
async fn a_connection_is_reset_before_or_after_the_operation() {
    for applied in [false, true] {
        let fault = Fault::new(FaultKind::Reset { applied })
            .method("POST")
            .most(1);
        let emulator = with_pool([fault]).await;
        let bytes = add_job("j").bytes(&emulator);
        let Received { bytes, end } = receive(&emulator, &bytes).await;
        let error = end.expect_err("a reset");
        assert_eq!(
            (error.kind(), bytes.len()),
            (ErrorKind::ConnectionReset, 0),
            "{error}"
        );
        assert_eq!(has_job(&emulator, "j").await, applied);
        let again = add_job("j").send(&emulator).await.status;
        assert_eq!(again, if applied { 409 } else { 201 });
        assert_eq!(counts(&emulator), [(2, 1)]);
    }
}

#[tokio::test]
async fn a_response_is_truncated_in_its_body() {
    let truncate = |bytes, chunked| {
        Fault::new(FaultKind::Truncate { bytes, chunked })
            .operation("Pool_List")
            .most(1)
    };
    let emulator = emulator([
        truncate(None, false),
        truncate(Some(10), false),
        truncate(Some(0), false),
        truncate(Some(1_000_000), false),
        truncate(Some(7), true),
    ])
    .await;
    let bytes = Call::get(&format!("/pools?{V}")).bytes(&emulator);
    let mut bodies = Vec::new();
    for _ in 0..4 {
        let received = exchange(&emulator, &bytes).await;
        let answer = Answer::parse(&received).expect("a head");
        let length: usize = answer.header("content-length").unwrap().parse().unwrap();
        let body = answer.text();
        assert!(body.len() < length, "{length}: {body}");
        assert_eq!(
            (answer.status, answer.header("transfer-encoding")),
            (200, None)
        );
        bodies.push((body, length));
    }
    let whole = Call::get(&format!("/pools?{V}"));
    let received = exchange(&emulator, &bytes).await;
    let answer = Answer::parse(&received).expect("a head");
    assert_eq!(
        (
            answer.header("transfer-encoding"),
            answer.header("content-length")
        ),
        (Some("chunked"), None)
    );
    let whole = whole.send(&emulator).await.text();
    // A chunk of 7 bytes, and no chunk of 0 bytes, which would end the body.
    assert_eq!(answer.text(), format!("7\r\n{}\r\n", &whole[..7]));

    let sent: Vec<_> = bodies.iter().map(|(body, _)| body.as_str()).collect();
    assert_eq!(sent, [&whole[..whole.len() / 2], &whole[..10], "", &whole]);
    let lengths: Vec<_> = bodies.iter().map(|(_, length)| *length).collect();
    assert_eq!(
        lengths,
        [whole.len(), whole.len(), whole.len(), whole.len() + 1]
    );
}

#[tokio::test]
async fn the_operation_of_a_truncated_response_was_applied() {
    let fault = FaultKind::Truncate {
        bytes: None,
        chunked: false,
    };
    let emulator = with_pool([Fault::new(fault).operation("Job_Add")]).await;
    let received = exchange(&emulator, &add_job("j").bytes(&emulator)).await;
    let answer = Answer::parse(&received).expect("a head");
    assert_eq!(
        (answer.status, answer.header("content-length")),
        (201, Some("1"))
    );
    assert!(has_job(&emulator, "j").await);
}

#[tokio::test]
async fn the_operation_of_a_delayed_response_is_applied_at_once() {
    let delay = |milliseconds| {
        Fault::new(FaultKind::Delay { milliseconds })
            .operation("Job_Add")
            .most(1)
    };
    let emulator = with_pool([delay(300), delay(600_000)]).await;
    let begin = Instant::now();
    assert_eq!(add_job("soon").send(&emulator).await.status, 201);
    assert!(begin.elapsed() >= Duration::from_millis(300));

    let bytes = add_job("never").bytes(&emulator);
    let waiting = receive(&emulator, &bytes);
    let done = async {
        while !has_job(&emulator, "never").await {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::select! {
        _ = waiting => panic!("the response came too early"),
        () = done => {}
        () = tokio::time::sleep(PATIENCE) => panic!("the operation was not applied"),
    }
}

#[tokio::test]
async fn a_slow_body_arrives_completely() {
    let slow = Fault::new(FaultKind::SlowBody {
        bytes: 20,
        milliseconds: 30,
    })
    .most(1);
    let emulator = emulator([slow]).await;
    let call = || Call::get(&format!("/pools?{V}"));
    let begin = Instant::now();
    let slow = call().send(&emulator).await;
    let time = begin.elapsed();
    let whole = call().send(&emulator).await.text();
    assert_eq!((slow.status, slow.text()), (200, whole.clone()));
    assert_eq!(
        slow.header("content-length"),
        Some(whole.len().to_string().as_str())
    );
    let pauses = u32::try_from((whole.len() - 1) / 20).unwrap();
    assert!(
        pauses >= 3 && time >= pauses * Duration::from_millis(30),
        "{time:?} for {pauses} pauses"
    );
}
