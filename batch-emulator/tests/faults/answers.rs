//! Tests of injected error responses.

use std::time::SystemTime;

use batch_emulator::{AnswerFault, Fault, FaultBody, FaultKind};

use crate::raw::Call;
use crate::{V, add_job, counts, emulator, has_job, with_pool};

#[tokio::test]
async fn an_error_response_prevents_the_operation() {
    for (status, code) in [
        (408, "RequestTimeout"),
        (429, "TooManyRequests"),
        (500, "InternalError"),
        (502, "BadGateway"),
        (503, "ServerBusy"),
        (504, "GatewayTimeout"),
    ] {
        let rule = |answer| {
            Fault::new(FaultKind::Answer(answer))
                .operation("Job_Add")
                .most(1)
        };
        let emulator = with_pool([
            rule(AnswerFault::new(status)),
            rule(AnswerFault::new(status).retry_after(7)),
            rule(AnswerFault::new(status).retry_after_date(7)),
        ])
        .await;
        let plain = add_job("j").send(&emulator).await;
        assert_eq!((plain.status, plain.header("retry-after")), (status, None));
        assert_eq!(plain.json()["code"], code);
        plain.is_refusal();

        let seconds = add_job("j").send(&emulator).await;
        assert_eq!(
            (seconds.status, seconds.header("retry-after")),
            (status, Some("7"))
        );
        let before = SystemTime::now();
        let date = add_job("j").send(&emulator).await;
        let then = httpdate::parse_http_date(date.header("retry-after").unwrap()).unwrap();
        let from_now = then.duration_since(before).unwrap().as_secs();
        assert!((6..60).contains(&from_now), "{from_now} s");

        assert!(!has_job(&emulator, "j").await);
        assert_eq!(add_job("j").send(&emulator).await.status, 201);
        assert_eq!(counts(&emulator), [(4, 1), (4, 1), (4, 1)]);
    }
}

#[tokio::test]
async fn an_error_response_can_follow_an_applied_operation() {
    let answer = AnswerFault::new(500).applied(true);
    let emulator = with_pool([Fault::new(FaultKind::Answer(answer))
        .operation("Job")
        .most(1)])
    .await;
    assert_eq!(add_job("j").send(&emulator).await.status, 500);
    assert!(has_job(&emulator, "j").await);
    // The operation was carried out, but not with a successful response.
    assert!(!emulator.calls().contains_key("Job_Add"));
}

#[tokio::test]
async fn errors_can_be_html_pages_or_empty() {
    let rule = |body| {
        Fault::new(FaultKind::Answer(
            AnswerFault::new(502).retry_after(1).body(body),
        ))
        .most(1)
    };
    let emulator = emulator([rule(FaultBody::Html), rule(FaultBody::Empty)]).await;
    let call = || Call::get(&format!("/jobs?{V}"));
    let page = call().send(&emulator).await;
    assert_eq!(
        (page.status, page.header("content-type")),
        (502, Some("text/html"))
    );
    assert!(page.text().starts_with("<html>") && page.text().contains("502 Bad Gateway"));
    assert_eq!(
        (page.header("request-id"), page.header("retry-after")),
        (None, Some("1"))
    );
    let empty = call().send(&emulator).await;
    assert_eq!((empty.status, empty.header("content-type")), (502, None));
    assert_eq!(
        (empty.text().as_str(), empty.header("content-length")),
        ("", Some("0"))
    );
    assert!(empty.header("request-id").is_some());
    assert_eq!(call().send(&emulator).await.status, 200);
}

#[tokio::test]
async fn an_error_response_to_a_head_has_no_body() {
    for body in [FaultBody::Json, FaultBody::Html] {
        let emulator = emulator([Fault::new(FaultKind::Answer(
            AnswerFault::new(503).body(body),
        ))])
        .await;
        let call = Call::new("HEAD", &format!("/pools/p?{V}"));
        let answer = call.send(&emulator).await;
        assert_eq!((answer.status, answer.text().as_str()), (503, ""));
    }
}
