//! Faults on order over real sockets: what arrives of each kind, and whether what was asked for is done.

// Other tests use more of it.
#[allow(dead_code)]
mod raw;

use batch_emulator::{
    AnswerFault, Config, Emulator, Fault, FaultBody, FaultKind, FaultPlan, start,
};
use raw::{Answer, Call, Received, exchange, receive};
use serde_json::{Value, json};
use std::io::ErrorKind;
use std::time::{Duration, Instant, SystemTime};

const V: &str = "api-version=2024-02-01.19.0";
/// Nothing that a test waits for may take longer.
const PATIENCE: Duration = Duration::from_secs(60);

async fn emulator(faults: impl Into<FaultPlan>) -> Emulator {
    start(Config::default().faults(faults)).await.unwrap()
}

/// Adds a job on a pool that need not be there to be named.
fn add_job(id: &str) -> Call {
    let body = json!({"id": id, "poolInfo": {"poolId": "pool"}}).to_string();
    Call::new("POST", &format!("/jobs?{V}")).body("application/json", body.as_bytes())
}

async fn add_pool(emulator: &Emulator) {
    let image = json!({"publisher": "canonical", "offer": "ubuntu", "sku": "22_04-lts"});
    let machine = json!({"imageReference": image, "nodeAgentSKUId": "batch.node.ubuntu 22.04"});
    let body =
        json!({"id": "pool", "vmSize": "standard_d2s_v3", "virtualMachineConfiguration": machine})
            .to_string();
    let call = Call::new("POST", &format!("/pools?{V}")).body("application/json", body.as_bytes());
    let answer = call.send(emulator).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
}

/// A service with a pool, and then these faults.
async fn with_pool(faults: impl Into<FaultPlan>) -> Emulator {
    let emulator = emulator([]).await;
    add_pool(&emulator).await;
    emulator.set_faults(faults).unwrap();
    emulator
}

/// Whether the job is there; asked without a fault in the way.
async fn has_job(emulator: &Emulator, id: &str) -> bool {
    let answer = Call::get(&format!("/jobs/{id}?{V}")).send(emulator).await;
    assert!([200, 404].contains(&answer.status), "{}", answer.text());
    answer.status == 200
}

fn counts(emulator: &Emulator) -> Vec<(u64, u64)> {
    emulator
        .faults()
        .iter()
        .map(|rule| (rule.seen, rule.hits))
        .collect()
}

#[tokio::test]
async fn an_error_is_answered_and_nothing_is_done() {
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
        plain.is_fault();

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
async fn an_error_can_be_answered_although_it_is_done() {
    let answer = AnswerFault::new(500).applied(true);
    let emulator = with_pool([Fault::new(FaultKind::Answer(answer))
        .operation("Job")
        .most(1)])
    .await;
    assert_eq!(add_job("j").send(&emulator).await.status, 500);
    assert!(has_job(&emulator, "j").await);
    // What was done was not answered with success.
    assert!(!emulator.calls().contains_key("Job_Add"));
}

#[tokio::test]
async fn errors_can_be_pages_or_nothing() {
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
async fn the_error_of_a_head_has_no_body() {
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

#[tokio::test]
async fn a_connection_is_reset_before_or_after_it_is_done() {
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
async fn an_answer_is_cut_in_its_body() {
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
    // A piece of 7 bytes, and no piece of 0 bytes, which would end the body.
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
async fn a_cut_answer_is_one_to_what_was_done() {
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
async fn a_late_answer_is_one_to_what_is_done_at_once() {
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
        _ = waiting => panic!("an answer before its time"),
        () = done => {}
        () = tokio::time::sleep(PATIENCE) => panic!("it is not done"),
    }
}

#[tokio::test]
async fn a_body_comes_slowly_and_whole() {
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

/// The ids of the tasks that the answer says this of.
fn told(answer: &Answer, status: &str) -> Vec<String> {
    let json = answer.json();
    let results = json["value"].as_array().unwrap().iter();
    let of_status = results.filter(|result| result["status"] == status);
    of_status
        .map(|result| result["taskId"].as_str().unwrap().to_owned())
        .collect()
}

async fn tasks_of(emulator: &Emulator) -> Vec<String> {
    let answer = Call::get(&format!("/jobs/j/tasks?{V}&$select=id"))
        .send(emulator)
        .await;
    let json = answer.json();
    let tasks = json["value"].as_array().unwrap().iter();
    tasks
        .map(|task| task["id"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn errors_of_single_tasks_are_told_among_the_others() {
    let ids: Vec<String> = (0..40).map(|number| format!("t{number:02}")).collect();
    let tasks: Vec<Value> = ids
        .iter()
        .map(|id| json!({"id": id, "commandLine": "true"}))
        .collect();
    let body = json!({ "value": tasks }).to_string();
    let call = || {
        Call::new("POST", &format!("/jobs/j/addtaskcollection?{V}"))
            .body("application/json", body.as_bytes())
    };
    let mut seen = Vec::new();
    for applied in [false, true] {
        let fault = FaultKind::TaskErrors {
            probability: 0.3,
            applied,
        };
        let emulator = with_pool(FaultPlan::new(11, [Fault::new(fault).most(1)])).await;
        assert_eq!(add_job("j").send(&emulator).await.status, 201);
        let answer = call().send(&emulator).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        let (failed, added) = (told(&answer, "servererror"), told(&answer, "success"));
        assert!(failed.len() >= 4 && added.len() >= 16, "{failed:?}");
        let order: Vec<String> = answer.json()["value"]
            .as_array()
            .unwrap()
            .iter()
            .map(|result| result["taskId"].as_str().unwrap().to_owned())
            .collect();
        assert_eq!(order, ids);
        let error = answer.json()["value"]
            .as_array()
            .unwrap()
            .iter()
            .find(|result| result["status"] == "servererror")
            .unwrap()["error"]
            .clone();
        assert_eq!(
            (&error["code"], &error["message"]["lang"]),
            (&json!("InternalError"), &json!("en-US"))
        );

        assert_eq!(
            tasks_of(&emulator).await,
            if applied { ids.clone() } else { added.clone() }
        );
        let again = call().send(&emulator).await;
        assert_eq!(
            told(&again, "success"),
            if applied { Vec::new() } else { failed.clone() }
        );
        assert_eq!(tasks_of(&emulator).await, ids);
        seen.push(failed);
    }
    assert_eq!(seen[0], seen[1], "the same seed, the same tasks");
}

#[tokio::test]
async fn the_clock_can_be_off() {
    for seconds in [1200, -1200] {
        let emulator = emulator([Fault::new(FaultKind::ClockSkew { seconds })]).await;
        let call = || Call::get(&format!("/pools?{V}"));
        let service_time = |answer: &Answer| {
            let date = httpdate::parse_http_date(answer.header("date").unwrap()).unwrap();
            let now = SystemTime::now();
            let ahead = date.duration_since(now).map_or_else(
                |error| -error.duration().as_secs_f64(),
                |ahead| ahead.as_secs_f64(),
            );
            // A second is cut off the date, and the answer may have taken its time.
            assert!(
                (ahead - f64::from(i32::try_from(seconds).unwrap())).abs() < 60.0,
                "{ahead} s"
            );
            date
        };
        let refused = call().send(&emulator).await;
        assert_eq!(
            (refused.status, refused.json()["code"].as_str()),
            (403, Some("AuthenticationFailed"))
        );
        let date = service_time(&refused);
        // The service's time by its message, to the second.
        let day = httpdate::fmt_http_date(date);
        let clock = &day[17..25];
        let json = refused.json();
        let message = json["message"]["value"].as_str().unwrap();
        assert!(
            message.split("\nTime:").nth(1).unwrap().contains(clock),
            "{message} {clock}"
        );
        let detail = json["values"][0]["value"].as_str().unwrap();
        assert!(
            detail.contains(clock) && detail.contains("clock"),
            "{detail} {clock}"
        );

        // Who goes by the service's clock comes in.
        let good = call().aged(-seconds).send(&emulator).await;
        assert_eq!(good.status, 200, "{}", good.text());
        service_time(&good);
    }
}

#[tokio::test]
async fn the_seed_decides_over_sockets_too() {
    let hits = async |seed: u64| {
        let rule = Fault::new(FaultKind::Answer(AnswerFault::new(503)))
            .operation("Pool_List")
            .probability(0.5);
        let emulator = emulator(FaultPlan::new(seed, [rule])).await;
        let mut hits = Vec::new();
        for number in 0..40 {
            let call = Call::get(&format!("/pools?{V}"));
            if call.send(&emulator).await.status == 503 {
                hits.push(number);
            }
        }
        assert_eq!(counts(&emulator), [(40, hits.len() as u64)]);
        hits
    };
    let first = hits(1).await;
    assert!((5..35).contains(&first.len()), "{first:?}");
    assert_eq!(hits(1).await, first);
    assert_ne!(hits(2).await, first);
}

#[tokio::test]
async fn a_rule_can_be_for_one_account() {
    let key = "c2Vjb25k";
    let rule = Fault::new(FaultKind::Answer(AnswerFault::new(503))).account("second");
    let config = Config::default().also_account("second", key).faults([rule]);
    let emulator = start(config).await.unwrap();
    let call = || Call::get(&format!("/pools?{V}"));
    assert_eq!(call().send(&emulator).await.status, 200);
    assert_eq!(
        call().signed_as("second", key).send(&emulator).await.status,
        503
    );
    assert_eq!(counts(&emulator), [(1, 1)]);
}

#[tokio::test]
async fn what_cannot_be_is_refused_at_the_start_and_later() {
    let wrong = || [Fault::new(FaultKind::Answer(AnswerFault::new(200)))];
    let error = start(Config::default().faults(wrong())).await.unwrap_err();
    assert!(
        error
            .to_string()
            .contains("rules[0].fault.answer.status: 200"),
        "{error}"
    );
    let emulator = emulator([]).await;
    assert!(emulator.set_faults(wrong()).is_err());
    assert_eq!(emulator.faults(), []);
}
