//! Tests of faults within a response: errors of single tasks, and a skewed clock.

use std::time::SystemTime;

use batch_emulator::{Emulator, Fault, FaultKind, FaultPlan};
use serde_json::{Value, json};

use crate::raw::{Answer, Call};
use crate::{V, add_job, emulator, with_pool};

/// Returns the ids of the tasks with this status in the response.
fn ids_with_status(answer: &Answer, status: &str) -> Vec<String> {
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
async fn errors_of_single_tasks_are_reported_among_the_results() {
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
        let (failed, added) = (
            ids_with_status(&answer, "servererror"),
            ids_with_status(&answer, "success"),
        );
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
            ids_with_status(&again, "success"),
            if applied { Vec::new() } else { failed.clone() }
        );
        assert_eq!(tasks_of(&emulator).await, ids);
        seen.push(failed);
    }
    assert_eq!(seen[0], seen[1], "the same seed, the same tasks");
}

#[tokio::test]
async fn the_clock_can_be_skewed() {
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
            // The date is truncated to seconds, and the response may have taken some time.
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
        // The service's time according to its message, to the second.
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

        // A request dated by the service's clock is accepted.
        let good = call().aged(-seconds).send(&emulator).await;
        assert_eq!(good.status, 200, "{}", good.text());
        service_time(&good);
    }
}
