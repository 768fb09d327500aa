//! Tests of the dashboard with prepared states: the content of the JSON, its size, and the time to
//! create it.

use axum::body::to_bytes;
use axum::http::Request;
use serde_json::json;

use super::*;
use crate::state::jobs::JobState;
use crate::state::numbers::JobNumber;
use crate::state::{Settings, State};
use crate::time::{Span, Time};

const SECRETS: [&str; 3] = ["hidden-command", "hidden-environment", "hidden-signature"];

fn start() -> Time {
    Time::parse("2024-04-18T19:28:52.76Z").unwrap()
}

fn state() -> State {
    State::new(Settings::new(&Config::default()), start())
}

fn object(value: Value) -> Object {
    match value {
        Value::Object(object) => object,
        other => panic!("not an object: {other}"),
    }
}

fn add_pool(state: &mut State, id: &str, nodes: [u32; 2]) {
    let [dedicated, low_priority] = nodes;
    let given = json!({
        "vmSize": "small", "targetDedicatedNodes": dedicated, "targetLowPriorityNodes": low_priority,
        "taskSlotsPerNode": 1,
    });
    state.add_pool(id, object(given), false);
}

fn add_job(state: &mut State, id: &str, tasks: usize) -> JobNumber {
    let given = json!({"poolInfo": {"poolId": "p"}, "priority": 3});
    state.add_job(id, object(given)).unwrap();
    let number = state.jobs.number(id).unwrap();
    for task in 0..tasks {
        let task = json!({
            "id": format!("t{task}"), "commandLine": SECRETS[0],
            "environmentSettings": [{"name": "A", "value": SECRETS[1]}],
            "resourceFiles": [{"httpUrl": format!("https://h/b?sig={}", SECRETS[2]), "filePath": "b"}],
        });
        state.add_task(number, &object(task)).unwrap();
    }
    number
}

#[test]
fn pools_show_their_nodes_by_state_in_order() {
    let mut state = state();
    add_pool(&mut state, "p", [3, 0]);
    state.advance(start().plus(Span::seconds(60)));
    add_job(&mut state, "j", 2);
    let shown = Value::Object(overview::resources(&state));
    let pool = &shown["pools"]["shown"][0];
    assert_eq!(pool["id"], "p");
    assert_eq!(
        (&pool["allocation"], &pool["state"]),
        (&json!("steady"), &json!("active"))
    );
    assert_eq!(
        (&pool["current"], &pool["target"]),
        (&json!([3, 0]), &json!([3, 0]))
    );
    assert_eq!(pool["nodes"], json!([["idle", 1], ["running", 2]]));
    // One letter per node: `a` for idle, `b` for running.
    let grid = pool["grid"].as_str().unwrap();
    assert_eq!((grid.len(), grid.matches('b').count()), (3, 2));
    assert_eq!(shown["pools"]["nodes"], 3);
}

#[test]
fn jobs_show_counts_but_no_task_details() {
    let mut state = state();
    add_pool(&mut state, "p", [1, 0]);
    state.advance(start().plus(Span::seconds(60)));
    let number = add_job(&mut state, "j", 5);
    let shown = Value::Object(overview::resources(&state));
    let job = &shown["jobs"]["shown"][0];
    assert_eq!(
        (&job["id"], &job["pool"], &job["priority"]),
        (&json!("j"), &json!("p"), &json!(3))
    );
    assert_eq!(job["tasks"], json!([4, 1, 0, 0]));
    assert_eq!(job["ended"], Value::Null);
    state.advance(start().plus(Span::seconds(120)));
    state.terminate_job(number, "enough");
    state.advance(start().plus(Span::seconds(180)));
    let text = Value::Object(overview::resources(&state)).to_string();
    let shown: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(shown["jobs"]["tasks"], json!([0, 0, 5, 0]));
    assert_eq!(shown["jobs"]["shown"][0]["state"], "completed");
    assert!(shown["jobs"]["shown"][0]["ended"].is_i64());
    for secret in SECRETS {
        assert!(!text.contains(secret), "{text}");
    }
}

#[test]
fn schedules_show_their_next_run() {
    let mut state = state();
    let given = json!({"schedule": {"doNotRunUntil": "2024-04-19T00:00:00Z", "recurrenceInterval": "PT1H"}});
    state.add_schedule("nightly", object(given));
    let shown = Value::Object(overview::resources(&state));
    assert_eq!(shown["schedules"]["total"], 1);
    let schedule = &shown["schedules"]["shown"][0];
    assert_eq!(
        (&schedule["id"], &schedule["state"]),
        (&json!("nightly"), &json!("active"))
    );
    assert_eq!(
        (&schedule["next"], &schedule["interval"]),
        (&json!(1_713_484_800_000_i64), &json!("PT1H"))
    );
}

#[test]
fn a_large_account_yields_a_small_response_quickly() {
    let mut state = state();
    for pool in 0..40 {
        add_pool(&mut state, &format!("{pool}{}", "p".repeat(60)), [50, 50]);
    }
    state.advance(start().plus(Span::seconds(60)));
    for job in 0..300 {
        add_job(&mut state, &format!("{job}{}", "j".repeat(60)), 0);
    }
    add_job(&mut state, "long", 100_000);
    for job in 0..30 {
        let number = state
            .jobs
            .number(&format!("{job}{}", "j".repeat(60)))
            .unwrap();
        state.terminate_job(number, "over");
    }
    state.advance(start().plus(Span::seconds(120)));
    let begun = Instant::now();
    let shown = Value::Object(overview::resources(&state));
    let took = begun.elapsed();
    let text = shown.to_string();
    println!("{took:?}, {} bytes", text.len());
    assert!(took < Duration::from_millis(500), "{took:?}");
    assert!(text.len() < 24_000, "{}", text.len());
    for (kind, total) in [("pools", 40), ("jobs", 301)] {
        assert_eq!(shown[kind]["total"], total);
        assert_eq!(
            shown[kind]["shown"].as_array().unwrap().len(),
            overview::SHOWN
        );
    }
    assert_eq!(shown["pools"]["nodes"], 4_000);
    // Only the newest pools have squares, but all shown pools have counts.
    let squares = shown["pools"]["shown"].as_array().unwrap().iter();
    let squares: Vec<usize> = squares
        .map(|pool| pool["grid"].as_str().unwrap().len())
        .collect();
    assert_eq!(squares.iter().sum::<usize>(), 2_000);
    assert_eq!((squares[0], squares[23]), (100, 0));
    assert_eq!(shown["pools"]["shown"][23]["nodes"], json!([["idle", 100]]));
    // Completed jobs make room for the others.
    assert!(
        overview::shown_jobs(&state)
            .iter()
            .all(|(_, job)| job.phase.is(JobState::Active))
    );
}

#[test]
fn only_shown_jobs_have_histories() {
    let mut state = state();
    let mut histories = Histories::new();
    add_pool(&mut state, "p", [2, 0]);
    state.advance(start().plus(Span::seconds(30)));
    let first = add_job(&mut state, "first", 10);
    for second in 30..60 {
        state.advance(start().plus(Span::seconds(second)));
        overview::sample(&state, &mut histories);
    }
    let shown = overview::describe_histories(&histories);
    let samples = shown[0]["samples"].as_array().unwrap();
    assert_eq!(shown[0]["number"], json!(first));
    // Two nodes, 1 s per task: a sample for each of five seconds, and one for the end.
    assert_eq!(samples.len(), 6, "{shown}");
    let begin = millis(start()) + 30_000;
    assert_eq!(samples[0], json!([begin, 8, 2, 0, 0]));
    assert_eq!(samples[5], json!([begin + 5_000, 0, 0, 10, 0]));
    for job in 0..overview::SHOWN {
        add_job(&mut state, &format!("j{job}"), 0);
    }
    overview::sample(&state, &mut histories);
    assert_eq!(histories.len(), overview::SHOWN);
    assert!(!histories.contains_key(&first));
}

/// A service with its dashboard.
struct TestService {
    dashboard: Dashboard,
    service: Service,
    log: RequestLog,
}

impl TestService {
    fn new() -> Self {
        let config = Config::default();
        Self {
            dashboard: Dashboard::new(&config),
            service: Service::new(&config).unwrap(),
            log: RequestLog::default(),
        }
    }

    fn ask(&self, method: &str, target: &str, headers: &[(&str, &str)]) -> Option<Response> {
        let mut request = Request::builder().method(method).uri(target);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let (parts, ()) = request.body(()).unwrap().into_parts();
        self.dashboard.answer(&parts, &self.service, &self.log)
    }

    fn get(&self, target: &str, headers: &[(&str, &str)]) -> Response {
        let host = [("host", "127.0.0.1:8000")];
        self.ask("GET", target, &[&host, headers].concat()).unwrap()
    }

    fn note(&self) {
        let (parts, ()) = Request::new(()).into_parts();
        self.log
            .note(&parts, Instant::now(), &Response::new(Body::empty()));
    }
}

async fn json_of(response: Response) -> Value {
    let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    serde_json::from_slice(&bytes).unwrap()
}

#[tokio::test]
async fn a_poll_without_changes_is_not_modified() {
    let house = TestService::new();
    let first = house.get("/_window/state?since=0", &[]);
    let tag = first.headers()["etag"].to_str().unwrap().to_owned();
    assert_eq!(json_of(first).await["requests"]["total"], 0);
    let poll = |known: &str| house.get("/_window/state?since=0", &[("if-none-match", known)]);
    assert_eq!(poll(&tag).status(), 304);
    assert_eq!(poll(&format!("\"a\", {tag}")).status(), 304);
    let again = poll(&tag);
    assert_eq!(again.headers()["etag"], tag);
    assert!(to_bytes(again.into_body(), 0).await.unwrap().is_empty());
    assert_eq!(poll("W/\"other\"").status(), 200);
    house.note();
    let news = poll(&tag);
    assert_eq!(news.status(), 200);
    assert_ne!(news.headers()["etag"], tag);
}

#[tokio::test]
async fn only_new_log_entries_are_sent() {
    let house = TestService::new();
    for _ in 0..5 {
        house.note();
    }
    for (query, numbers) in [
        ("", vec![1, 2, 3, 4, 5]),
        ("?since=3", vec![4, 5]),
        ("?since=5", vec![]),
        ("?since=99", vec![1, 2, 3, 4, 5]),
        ("?since=x", vec![1, 2, 3, 4, 5]),
    ] {
        let state = json_of(house.get(&format!("/_window/state{query}"), &[])).await;
        let shown = state["requests"]["shown"].as_array().unwrap().iter();
        let shown: Vec<u64> = shown.map(|entry| entry["n"].as_u64().unwrap()).collect();
        assert_eq!(shown, numbers, "{query}");
        assert_eq!(state["requests"]["total"], 5);
    }
}

#[test]
fn api_requests_are_ignored() {
    let house = TestService::new();
    let host = ("host", "127.0.0.1:8000");
    for (method, target, header) in [
        ("GET", "/pools", host),
        ("GET", "/_windows", host),
        ("GET", "/_window", host),
        ("GET", "/?api-version=2024-02-01.19.0", host),
        ("GET", "/", ("authorization", "SharedKey a:b")),
        ("POST", "/", host),
        ("DELETE", "/", host),
        ("OPTIONS", "/", host),
    ] {
        let answer = house.ask(method, target, &[host, header]);
        assert!(answer.is_none(), "{method} {target} {header:?}");
    }
}

#[test]
fn requests_for_other_hosts_are_rejected() {
    let house = TestService::new();
    for target in [
        "/",
        "/_window/state",
        "/_window/page.js",
        "/_window/nothing",
    ] {
        for headers in [
            &[("host", "example.org")][..],
            &[("host", "example.org:8000")],
            &[("host", "127.0.0.1:8000"), ("host", "example.org")],
            &[],
        ] {
            let answer = house.ask("GET", target, headers).unwrap();
            assert_eq!(answer.status(), 421, "{target} {headers:?}");
        }
    }
    let host = [("host", "127.0.0.1")];
    let absolute = house
        .ask("GET", "http://example.org/_window/state", &host)
        .unwrap();
    assert_eq!(absolute.status(), 421);
}

mod details;
