//! A table of what a server can do to a bulk add, with the outcomes that are true.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use batch_client::codes;
use batch_tests::hostile::{Job, Reply, Step};
use batch_tests::server::Response;
use serde_json::{Value, json};

use super::{client, different, quick, stored, task, truthful};

/// Numbers of tasks that are added, already there, different, rejected, not attempted and unknown.
type Counts = [u64; 6];

/// A script and the outcomes that it has to lead to.
struct Case {
    /// The invariant.
    name: &'static str,
    tasks: usize,
    before: Vec<Value>,
    adds: Vec<Step>,
    reads: Vec<Step>,
    expected: Counts,
    /// Requests that add.
    requests: usize,
}

fn case(
    name: &'static str,
    tasks: usize,
    adds: Vec<Step>,
    expected: Counts,
    requests: usize,
) -> Case {
    Case {
        name,
        tasks,
        before: Vec::new(),
        adds,
        reads: Vec::new(),
        expected,
        requests,
    }
}

/// As [`case`], for one task that exists and is read like this.
fn reading(name: &'static str, reads: Vec<Step>, expected: Counts, requests: usize) -> Case {
    Case {
        before: vec![stored(0)],
        reads,
        ..case(name, 1, Vec::new(), expected, requests)
    }
}

fn ok(body: &str) -> Reply {
    Reply::Is(Response::new(200).body(body))
}

/// A status of a gateway, after the service has carried out the request.
fn behind(status: u16) -> Step {
    Step::applied(Reply::Is(
        Response::new(status).body("<html>gateway</html>"),
    ))
}

/// A 400 with this detail.
fn bad(code: &str, key: &str, value: &str) -> Step {
    let body = json!({"code": code, "message": {"value": "No."}, "values": [{"key": key, "value": value}]});
    Step::refused(Reply::Is(Response::json(400, &body)))
}

fn asking(status: u16, header: &str, value: &str) -> Step {
    let body = json!({"code": "TooManyRequests"});
    Step::refused(Reply::Is(
        Response::json(status, &body).header(header, value),
    ))
}

const ADDED_3: Counts = [3, 0, 0, 0, 0, 0];
const THERE_3: Counts = [0, 3, 0, 0, 0, 0];
const REJECTED_3: Counts = [0, 0, 0, 3, 0, 0];
const OPEN_3: Counts = [0, 0, 0, 0, 3, 0];
const UNKNOWN_3: Counts = [0, 0, 0, 0, 0, 3];
const OPEN_150: Counts = [0, 0, 0, 0, 150, 0];
/// The first of two requests is unclear.
const UNKNOWN_100: Counts = [0, 0, 0, 0, 50, 100];
const ADDED_4: Counts = [4, 0, 0, 0, 0, 0];

/// The request was carried out, but nothing says so.
#[expect(clippy::too_many_lines, reason = "a table")]
fn lost() -> Vec<Case> {
    let seen_again = |name, step: Step| case(name, 3, vec![step], THERE_3, 2);
    vec![
        case(
            "a truthful service adds in one request",
            3,
            vec![],
            ADDED_3,
            1,
        ),
        seen_again(
            "a closed connection hides what was added",
            Step::applied(Reply::Closed),
        ),
        seen_again(
            "a head that breaks off says nothing",
            Step::applied(Reply::Cut(40)),
        ),
        seen_again(
            "a body that breaks off says nothing",
            Step::applied(Reply::Cut(160)),
        ),
        seen_again(
            "a body without its last byte says nothing",
            Step::applied(Reply::Cut(usize::MAX)),
        ),
        seen_again("a 408 can follow an add", behind(408)),
        seen_again("a 500 can follow an add", behind(500)),
        seen_again("a 502 can follow an add", behind(502)),
        seen_again("a 503 can follow an add", behind(503)),
        seen_again("a 504 can follow an add", behind(504)),
        seen_again(
            "a 200 that is HTML says nothing",
            Step::applied(ok("<html>")),
        ),
        seen_again("an empty 200 says nothing", Step::applied(ok(""))),
        seen_again(
            "a 200 without results says nothing",
            Step::applied(ok("{}")),
        ),
        seen_again(
            "null results say nothing",
            Step::applied(ok("{\"value\":null}")),
        ),
        seen_again(
            "empty results say nothing",
            Step::applied(ok("{\"value\":[]}")),
        ),
        seen_again(
            "results of another type say nothing",
            Step::applied(ok("{\"value\":7}")),
        ),
        seen_again(
            "results of other tasks say nothing",
            Step::applied(ok(
                "{\"value\":[{\"taskId\":\"x\",\"status\":\"success\"}]}",
            )),
        ),
        seen_again(
            "results without a status say nothing",
            Step::applied(ok("{\"value\":[{\"taskId\":\"task-00000\"}]}")),
        ),
        seen_again(
            "an unknown status says nothing",
            Step::applied(Reply::Results("maybe", None)),
        ),
        seen_again(
            "a server error of a task can follow its add",
            Step::applied(Reply::Results("servererror", Some("InternalError"))),
        ),
        case(
            "a task that a response leaves out is sent again",
            3,
            vec![Step::applied(Reply::Without(1))],
            [2, 1, 0, 0, 0, 0],
            2,
        ),
        case(
            "a request of which one task was added is sent again",
            3,
            vec![Step {
                applies: 1,
                ..Step::applied(Reply::Closed)
            }],
            [2, 1, 0, 0, 0, 0],
            2,
        ),
        case(
            "the last word about a task is what exists",
            3,
            vec![Step::applied(Reply::Results("servererror", None)); 3],
            THERE_3,
            3,
        ),
        case(
            "a rejection after a lost response is checked",
            3,
            vec![
                Step::applied(Reply::Closed),
                Step::refused(Reply::Results("clienterror", Some("JobTaskQuotaReached"))),
            ],
            THERE_3,
            2,
        ),
        case(
            "a rejected request after a lost response is checked",
            1,
            vec![
                Step::applied(Reply::Closed),
                bad("InvalidPropertyValue", "PropertyName", "id"),
            ],
            [0, 1, 0, 0, 0, 0],
            2,
        ),
        case(
            "a rejection after a lost request is a rejection",
            3,
            vec![
                Step::refused(Reply::Closed),
                Step::refused(Reply::Results("clienterror", Some("JobTaskQuotaReached"))),
            ],
            REJECTED_3,
            2,
        ),
    ]
}

/// Nothing was carried out, and the service never says so.
fn unknown() -> Vec<Case> {
    let thrice = |name, reply: Reply| case(name, 3, vec![Step::refused(reply); 3], UNKNOWN_3, 3);
    vec![
        thrice(
            "tasks that are always left out are unknown",
            Reply::Without(3),
        ),
        thrice(
            "a status that is never known is unknown",
            Reply::Results("maybe", None),
        ),
        thrice(
            "a server error to the last attempt is unknown",
            Reply::Results("servererror", Some("InternalError")),
        ),
        thrice(
            "a task that is said to exist and does not is unknown",
            Reply::Results("clienterror", Some("TaskExists")),
        ),
        case(
            "lost responses end as unknown, and the rest is not attempted",
            150,
            vec![Step::refused(Reply::Closed); 3],
            UNKNOWN_100,
            3,
        ),
        case(
            "unreadable responses end as unknown",
            150,
            vec![Step::refused(ok("<html>")); 3],
            UNKNOWN_100,
            3,
        ),
        case(
            "a job that is gone after a lost response leaves it unknown",
            150,
            vec![
                Step::applied(Reply::Closed),
                Step::error(404, "JobNotFound"),
            ],
            UNKNOWN_100,
            2,
        ),
        case(
            "a request error after a lost response leaves it unknown",
            150,
            vec![
                Step::applied(Reply::Closed),
                Step::error(400, codes::UNSUPPORTED_REQUEST_VERSION),
            ],
            UNKNOWN_100,
            2,
        ),
        case(
            "a 501 can come from a gateway",
            150,
            vec![behind(501)],
            UNKNOWN_100,
            1,
        ),
        case(
            "an unknown 5xx can come from a gateway",
            150,
            vec![behind(520)],
            UNKNOWN_100,
            1,
        ),
        case(
            "an endless 503 leaves its tasks unknown",
            3,
            vec![Step::applied(Reply::Is(
                Response::new(503).header("retry-after", "99999999"),
            ))],
            UNKNOWN_3,
            1,
        ),
    ]
}

/// Errors of the request: it is not repeated for each task.
fn request_errors() -> Vec<Case> {
    let stops = |name, step: Step| case(name, 150, vec![step; 200], OPEN_150, 1);
    let html = Step::refused(Reply::Is(Response::new(400).body("<html>")));
    vec![
        stops(
            "a version is of the request",
            Step::error(400, codes::UNSUPPORTED_REQUEST_VERSION),
        ),
        stops(
            "a query is of the request",
            Step::error(400, codes::INVALID_QUERY_PARAMETER_VALUE),
        ),
        stops(
            "a header is of the request",
            Step::error(400, codes::INVALID_HEADER_VALUE),
        ),
        stops(
            "a missing header is of the request",
            Step::error(400, codes::MISSING_REQUIRED_HEADER),
        ),
        stops(
            "a signature is of the request",
            Step::error(400, codes::INVALID_AUTHENTICATION_INFO),
        ),
        stops(
            "an address is of the request",
            Step::error(400, codes::INVALID_URI),
        ),
        stops(
            "a body without a property is of the request",
            Step::error(400, codes::INVALID_REQUEST_BODY),
        ),
        stops(
            "a property that tasks do not have is of the request",
            bad(
                "InvalidRequestBody",
                "Reason",
                "the property 'jobColor' is unknown",
            ),
        ),
        stops("a 400 without a code is of the request", html),
        stops(
            "a 401 is of the request",
            Step::error(401, "AuthenticationFailed"),
        ),
        stops(
            "a 403 is of the request",
            Step::error(403, "PermissionDenied"),
        ),
        stops(
            "a missing job ends the call",
            Step::error(404, codes::JOB_NOT_FOUND),
        ),
        stops(
            "a completed job ends the call",
            Step::error(409, codes::JOB_COMPLETED),
        ),
        stops(
            "a job that is being deleted ends the call",
            Step::error(409, codes::JOB_BEING_DELETED),
        ),
        stops(
            "a 405 ends the call",
            Step::error(405, "UnsupportedHttpVerb"),
        ),
    ]
}

/// Errors of single tasks.
#[expect(clippy::too_many_lines, reason = "a table")]
fn task_errors() -> Vec<Case> {
    let named = || bad("InvalidPropertyValue", "PropertyName", "commandLine");
    let splits = |name, step: Step| case(name, 4, vec![step], ADDED_4, 3);
    vec![
        splits("a named property is of one task", named()),
        splits(
            "a property named in the reason is of one task",
            bad(
                "InvalidRequestBody",
                "Reason",
                "a string was read for the property 'requiredSlots'",
            ),
        ),
        splits(
            "a missing property is of one task",
            Step::error(400, codes::MISSING_REQUIRED_PROPERTY),
        ),
        splits(
            "a body that is too large is split",
            Step::error(413, codes::REQUEST_BODY_TOO_LARGE),
        ),
        splits(
            "a 413 of a gateway is split",
            Step::refused(Reply::Is(Response::new(413))),
        ),
        splits(
            "a 400 about the size is split",
            Step::error(400, codes::REQUEST_BODY_TOO_LARGE),
        ),
        case(
            "each task is rejected by itself",
            4,
            vec![named(); 7],
            [0, 0, 0, 4, 0, 0],
            7,
        ),
        case(
            "a task alone is too large",
            1,
            vec![Step::error(413, "")],
            [0, 0, 0, 1, 0, 0],
            1,
        ),
        case(
            "a client error with a code is a rejection",
            3,
            vec![Step::refused(Reply::Results(
                "clienterror",
                Some("InvalidPropertyValue"),
            ))],
            REJECTED_3,
            1,
        ),
        case(
            "a client error without a code is a rejection",
            3,
            vec![Step::refused(Reply::Results("clienterror", None))],
            REJECTED_3,
            1,
        ),
        Case {
            before: vec![stored(0), different(1)],
            ..case(
                "existing tasks are compared",
                3,
                vec![],
                [1, 1, 1, 0, 0, 0],
                1,
            )
        },
        reading(
            "an unreadable task is read again",
            vec![Step::refused(ok("<html>"))],
            [0, 1, 0, 0, 0, 0],
            1,
        ),
        reading(
            "a task that comes and goes is looked for again",
            vec![Step::error(404, "TaskNotFound")],
            [0, 1, 0, 0, 0, 0],
            2,
        ),
        reading(
            "HTML is not another task",
            vec![Step::refused(ok("<html>")); 9],
            [0, 0, 0, 0, 0, 1],
            3,
        ),
        reading(
            "an empty body is not another task",
            vec![Step::refused(ok("")); 9],
            [0, 0, 0, 0, 0, 1],
            3,
        ),
        reading(
            "a list is not another task",
            vec![Step::refused(ok("[]")); 9],
            [0, 0, 0, 0, 0, 1],
            3,
        ),
        reading(
            "a body without the id is not another task",
            vec![Step::refused(ok("{\"code\":\"ServerBusy\"}")); 3],
            [0, 0, 0, 0, 0, 1],
            3,
        ),
        reading(
            "a task of another id is not another task of this one",
            vec![Step::refused(ok("{\"id\":\"other\",\"commandLine\":\"x\"}")); 3],
            [0, 0, 0, 0, 0, 1],
            3,
        ),
        reading(
            "a task that must not be read is unknown",
            vec![Step::error(403, "PermissionDenied"); 3],
            [0, 0, 0, 0, 0, 1],
            3,
        ),
        reading(
            "a read that breaks off is repeated",
            vec![Step::applied(Reply::Cut(60))],
            [0, 1, 0, 0, 0, 0],
            1,
        ),
    ]
}

/// Pauses and clocks.
fn pauses() -> Vec<Case> {
    let far = |name, value| case(name, 3, vec![asking(429, "retry-after", value)], OPEN_3, 1);
    let short = |name, value| case(name, 3, vec![asking(429, "retry-after", value)], ADDED_3, 2);
    let skewed = |year: u16| asking(403, "date", &format!("Tue, 01 Jan {year} 00:00:00 GMT"));
    vec![
        far("a pause of three years ends the call", "99999999"),
        far(
            "a pause of 2^64-1 seconds ends the call",
            "18446744073709551615",
        ),
        far(
            "a date in 9999 ends the call",
            "Fri, 31 Dec 9999 23:59:59 GMT",
        ),
        far(
            "a pause of 2^64 seconds ends the call",
            "18446744073709551616",
        ),
        short("a negative pause cannot be read", "-5"),
        short(
            "a date in the past is no pause",
            "Sat, 01 Jan 2000 00:00:00 GMT",
        ),
        short("no pause is none", "0"),
        case("a clock is corrected", 3, vec![skewed(2030)], ADDED_3, 2),
        case(
            "a clock that runs away is corrected once",
            3,
            (2030..2090).map(skewed).collect(),
            OPEN_3,
            2,
        ),
    ]
}

#[tokio::test]
async fn every_outcome_is_true() {
    let tables = [lost(), unknown(), request_errors(), task_errors(), pauses()];
    let cases: Vec<Case> = tables.into_iter().flatten().collect();
    assert!(cases.len() >= 75, "{} cases", cases.len());
    let mut failures = Vec::new();
    for case in cases {
        if let Err(why) = holds(&case).await {
            failures.push(format!("{}: {why}", case.name));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

async fn holds(case: &Case) -> Result<(), String> {
    let job = Job::start().await;
    for task in &case.before {
        job.store(task.clone());
    }
    let before: BTreeMap<String, Value> = job.tasks();
    job.on_adds(case.adds.clone());
    job.on_reads(case.reads.clone());
    let tasks = (0..case.tasks).map(task);
    let call = client(job.url()).task().add_all("j", tasks);
    let begun = Instant::now();
    let report = truthful(&job, &before, call.retry(quick()).concurrency(1)).await?;
    if begun.elapsed() > Duration::from_secs(20) {
        return Err(format!("it took {:?}", begun.elapsed()));
    }
    let counts = [
        report.added,
        report.already_there,
        report.different,
        report.rejected,
        report.not_attempted,
        report.unknown,
    ];
    let requests = job.requests("add");
    if (counts, requests) != (case.expected, case.requests) {
        let (expected, most) = (case.expected, case.requests);
        return Err(format!(
            "{counts:?} in {requests} requests instead of {expected:?} in {most}: {report}"
        ));
    }
    let is_open = counts[4] + counts[5] > 0;
    if report.is_settled() == is_open || !report.input_ended() {
        return Err(format!("is_settled is {}", report.is_settled()));
    }
    Ok(())
}
