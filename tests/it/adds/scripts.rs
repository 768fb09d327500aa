//! Property: for any script of faults, a bulk add gives each task one outcome, and what it says is
//! what the server stored. Once the server behaves, resuming settles the rest.

use batch_client::bulk::AddOutcome;
use batch_tests::hostile::{Job, Reply, Step};
use batch_tests::server::Response;
use proptest::prelude::*;
use serde_json::json;

use super::{client, different, quick, stored, task, truthful};

fn status(status: u16, code: &str) -> Reply {
    let body = json!({"code": code, "message": {"value": "No."}});
    Reply::Is(Response::json(status, &body))
}

/// Responses that can follow a request whatever was carried out of it.
fn ambiguous() -> impl Strategy<Value = Reply> {
    prop_oneof![
        Just(Reply::Closed),
        (0_usize..400).prop_map(Reply::Cut),
        Just(Reply::Is(Response::new(200).body("<html>"))),
        Just(Reply::Is(Response::new(200))),
        Just(Reply::Is(Response::json(200, &json!({"value": []})))),
        Just(Reply::Results("servererror", Some("InternalError"))),
        Just(Reply::Results("maybe", None)),
        prop::sample::select(vec![408, 500, 501, 502, 503, 504, 520])
            .prop_map(|code| status(code, "InternalError")),
    ]
}

/// Responses of a service that did not carry out the request.
fn refusing() -> impl Strategy<Value = Reply> {
    prop_oneof![
        Just(status(429, "TooManyRequests")),
        Just(status(413, "RequestBodyTooLarge")),
        Just(status(400, "InvalidPropertyValue")),
        Just(status(400, "UnsupportedRequestVersion")),
        Just(status(403, "PermissionDenied")),
        Just(status(404, "JobNotFound")),
        Just(status(409, "JobCompleted")),
        Just(Reply::Results("clienterror", Some("JobTaskQuotaReached"))),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        2 => Just(Step::from(Reply::Truth)),
        2 => (0_usize..120).prop_map(|count| Step::from(Reply::Without(count))),
        4 => (0_usize..120, ambiguous()).prop_map(|(applies, reply)| Step {
            applies,
            ..Step::applied(reply)
        }),
        2 => ambiguous().prop_map(Step::applied),
        3 => refusing().prop_map(Step::refused),
    ]
}

/// Reads and listings that fail.
fn failing() -> impl Strategy<Value = Step> {
    prop_oneof![
        Just(Reply::Truth),
        Just(Reply::Closed),
        Just(Reply::Cut(50)),
        Just(status(500, "InternalError")),
        Just(status(403, "PermissionDenied")),
        Just(Reply::Is(Response::new(200).body("<html>"))),
        Just(Reply::Is(Response::new(200))),
    ]
    .prop_map(Step::applied)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn what_a_report_says_is_what_is_stored(
        tasks in 1_usize..260,
        before in prop::collection::vec((0_usize..260, any::<bool>()), 0..12),
        adds in prop::collection::vec(step(), 0..12),
        reads in prop::collection::vec(failing(), 0..6),
        lists in prop::collection::vec(failing(), 0..3),
        concurrency in 1_usize..4,
        cut in prop::option::of(0_usize..200),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let result: Result<(), String> = runtime.expect("a runtime").block_on(async {
            let job = Job::start().await;
            for (number, same) in before {
                job.store(if same { stored(number) } else { different(number) });
            }
            let before = job.tasks();
            job.on_adds(adds);
            job.on_reads(reads);
            job.on_lists(lists);
            let client = client(job.url());
            let call = || {
                let call = client.task().add_all("j", (0..tasks).map(task));
                call.retry(quick()).concurrency(concurrency)
            };
            let report = match cut {
                None => truthful(&job, &before, call()).await?,
                Some(after) => {
                    let mut outcomes = call().stream();
                    for _ in 0..after {
                        if outcomes.next().await.is_none() {
                            break;
                        }
                    }
                    outcomes.into_report()
                }
            };
            job.behave();
            let mut report = report;
            let mut rounds = 0;
            while !report.is_settled() {
                rounds += 1;
                report = call().resume(report).report().await;
            }
            let refused = report.failures.iter().all(|failure| matches!(
                failure.outcome,
                AddOutcome::Rejected { .. } | AddOutcome::ExistsDifferent
            ));
            let stored = job.tasks();
            let ours = (0..tasks).filter(|number| {
                let found = stored.get(&task(*number).id);
                found.is_some_and(|found| found["commandLine"] == format!("echo {number}"))
            });
            let added = ours.count() as u64;
            if rounds > 1 || !refused || report.total() != tasks as u64 {
                return Err(format!("after {rounds} rounds: {report}"));
            }
            // A task that was rejected once is not sent again, and may have been stored before.
            let said = report.added + report.already_there;
            if said > added || added > said + report.rejected {
                return Err(format!("{added} are stored: {report}"));
            }
            Ok(())
        });
        prop_assert_eq!(result, Ok(()));
    }
}
