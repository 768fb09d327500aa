//! The views of single resources, with prepared states.

use super::*;
use crate::scenario::{NodeFault, NodeRule, ResizeRule, Scenario};
use crate::state::report::{End, Failure, Program, Report};

fn query(text: &str) -> Query {
    let target = format!("/_window/x?{text}");
    let (parts, ()) = Request::get(target).body(()).unwrap().into_parts();
    Query::of(&parts)
}

fn job(state: &State, text: &str) -> Value {
    let shown = views::job::one(state, &Histories::new(), &query(text));
    Value::Object(shown.unwrap_or_else(|| panic!("{text}")))
}

fn ids(tasks: &Value) -> Vec<&str> {
    let shown = tasks["shown"].as_array().unwrap().iter();
    shown.map(|task| task["id"].as_str().unwrap()).collect()
}

/// Returns a state with a job `j` of 250 tasks, of which every hundredth failed with code 4.
fn ran() -> State {
    let mut state = state();
    add_pool(&mut state, "p", [10, 0]);
    state.advance(start().plus(Span::seconds(60)));
    state
        .add_job("j", object(json!({"poolInfo": {"poolId": "p"}})))
        .unwrap();
    let number = state.jobs.number("j").unwrap();
    for task in 0..250 {
        let code = if task % 100 == 99 { "4" } else { "0" };
        let task = json!({
            "id": format!("t{task:03}"), "commandLine": SECRETS[0],
            "environmentSettings": [{"name": "EMULATOR_EXIT_CODE", "value": code}],
        });
        state.add_task(number, &object(task)).unwrap();
    }
    state.advance(start().plus(Span::seconds(120)));
    state
}

#[test]
fn a_job_shows_its_tasks_by_page_and_filter() {
    let state = ran();
    let first = job(&state, "id=j");
    assert_eq!(first["job"]["tasks"], json!([0, 0, 248, 2]));
    assert_eq!(
        (first["hasPool"].as_bool(), ids(&first["tasks"]).len()),
        (Some(true), 100)
    );
    assert_eq!(first["tasks"]["next"], "t099");
    let second = job(&state, "id=J&after=t099");
    assert_eq!(ids(&second["tasks"])[0], "t100");
    let last = job(&state, "id=j&after=t199");
    assert_eq!(
        (ids(&last["tasks"]).len(), &last["tasks"]["next"]),
        (50, &Value::Null)
    );
    for (filter, found) in [
        ("show=failed", vec!["t099", "t199"]),
        ("show=failed&after=t099", vec!["t199"]),
        ("show=running", vec![]),
        ("find=T19&exit=4", vec!["t199"]),
        ("exit=5", vec![]),
        ("find=%3Cb%3E", vec![]),
        ("node=nothing", vec![]),
    ] {
        let shown = job(&state, &format!("id=j&{filter}"));
        assert_eq!(ids(&shown["tasks"]), found, "{filter}");
    }
    assert!(views::job::one(&state, &Histories::new(), &query("id=other")).is_none());
    assert!(views::job::one(&state, &Histories::new(), &query("")).is_none());
}

#[test]
fn a_task_shows_its_node_times_and_failure() {
    let state = ran();
    let shown = Value::Object(views::tasks::one(&state, &query("job=j&task=t099")).unwrap());
    let task = &shown["task"];
    let (_, pool) = state.find_pool("p").unwrap();
    assert!(pool.find_node(task["node"].as_str().unwrap()).is_ok());
    for (name, value) in [
        ("state", json!("completed")),
        ("class", json!("failed")),
        ("exit", json!(4)),
        ("pool", json!("p")),
        ("hasNode", json!(true)),
        ("retries", json!(0)),
    ] {
        assert_eq!(task[name], value, "{name}");
    }
    assert_eq!(task["failure"]["code"], "FailureExitCode");
    assert_eq!(task["failure"]["details"][0][0], "Message");
    let time = |name: &str| task[name].as_i64().unwrap();
    assert_eq!(time("end") - time("start"), 1_000);
    assert!(!shown.to_string().contains(SECRETS[0]), "{shown}");
    assert!(views::tasks::one(&state, &query("job=j&task=none")).is_none());
}

#[test]
fn failures_are_shown_without_secrets() {
    let mut state = state();
    add_pool(&mut state, "p", [1, 0]);
    state.advance(start().plus(Span::seconds(60)));
    let job = add_job(&mut state, "j", 1);
    let (task, found) = state.job(job).unwrap().find_task("t0").unwrap();
    let attempt = found.attempt;
    let url = format!("https://h/b?sig={}", SECRETS[2]);
    let failure = Failure {
        server: false,
        code: "BlobNotFound".to_owned(),
        message: format!("cannot read {url}"),
        details: vec![("FilePath".to_owned(), url)],
    };
    let end = End {
        exit_code: None,
        failure: Some(failure),
    };
    state.report(&Report::Ended {
        program: Program::Task { job, task, attempt },
        end,
    });
    let shown = Value::Object(views::tasks::one(&state, &query("job=j&task=t0")).unwrap());
    let failure = &shown["task"]["failure"];
    assert_eq!(failure["code"], "BlobNotFound");
    assert_eq!(failure["message"], "cannot read https://h/b?…");
    assert_eq!(failure["details"], json!([["FilePath", "https://h/b?…"]]));
}

#[test]
fn failures_of_all_jobs_are_listed_by_page() {
    let mut state = state();
    add_pool(&mut state, "p", [40, 0]);
    state.advance(start().plus(Span::seconds(60)));
    for name in ["first", "fine", "last"] {
        let number = add_job(&mut state, name, 0);
        for task in 0..150 {
            let code = if name == "fine" { "0" } else { "1" };
            let task = json!({
                "id": format!("t{task:03}"), "commandLine": "c",
                "environmentSettings": [{"name": "EMULATOR_EXIT_CODE", "value": code}],
            });
            state.add_task(number, &object(task)).unwrap();
        }
    }
    state.advance(start().plus(Span::seconds(300)));
    let mut seen = Vec::new();
    let mut after = String::new();
    loop {
        let shown = views::tasks::failures(&state, &query(&format!("after={after}")));
        assert_eq!(shown["failed"], 300);
        for task in shown["tasks"]["shown"].as_array().unwrap() {
            seen.push(format!(
                "{} {}",
                task["job"].as_str().unwrap(),
                task["id"].as_str().unwrap()
            ));
        }
        match shown["tasks"]["next"].as_str() {
            Some(next) => after = next.to_owned(),
            None => break,
        }
    }
    let expected = ["last", "first"]
        .into_iter()
        .flat_map(|job| (0..150).map(move |task| format!("{job} t{task:03}")));
    assert_eq!(seen, expected.collect::<Vec<_>>());
}

#[test]
fn what_deleted_jobs_and_tasks_were_still_counts() {
    let mut state = ran();
    let number = state.jobs.number("j").unwrap();
    let (task, _) = state.job(number).unwrap().find_task("t099").unwrap();
    state.delete_task(crate::state::numbers::TaskKey { job: number, task });
    state.delete_job(number);
    state.advance(start().plus(Span::seconds(180)));
    let shown = Value::Object(overview::resources(&state));
    assert_eq!(shown["jobs"]["total"], 0);
    let deleted = &shown["deleted"];
    assert_eq!(
        (&deleted["total"], &deleted["succeeded"], &deleted["failed"]),
        (&json!(1), &json!(248), &json!(2))
    );
    assert_eq!(
        (&deleted["shown"][0]["id"], &deleted["shown"][0]["tasks"]),
        (&json!("j"), &json!([0, 0, 248, 1]))
    );
    // It survives a restart.
    let again = State::from_snapshot(&state.to_snapshot().unwrap()).unwrap();
    assert_eq!(Value::Object(overview::resources(&again)), shown);
    // Snapshots of earlier builds have neither these totals nor the log of incidents.
    let mut earlier: Value = serde_json::from_slice(&state.to_snapshot().unwrap()).unwrap();
    for name in ["deleted", "incidents"] {
        assert!(earlier.as_object_mut().unwrap().remove(name).is_some());
    }
    let again = State::from_snapshot(&serde_json::to_vec(&earlier).unwrap()).unwrap();
    assert_eq!((again.deleted.jobs, again.incidents.total), (0, 0));
}

/// Returns the state of a scenario's account after a minute and a half.
fn lossy() -> State {
    let unusable = NodeRule::after(NodeFault::Unusable, 70.0)
        .pool("p")
        .index(0)
        .code("DiskFull");
    let preempted = NodeRule::after(NodeFault::Preempted, 75.0)
        .pool("p")
        .recovers_after(5.0);
    let scenario = Scenario::default()
        .node(unusable)
        .node(preempted)
        .resize(ResizeRule::new(2, "AllocationTimedout").pool("short"));
    let config = Config::default().scenario(scenario);
    let mut state = State::new(Settings::new(&config), start());
    add_pool(&mut state, "p", [1, 1]);
    add_pool(&mut state, "short", [5, 0]);
    let given = json!({
        "vmSize": "small", "targetDedicatedNodes": 1, "startTask": {
            "commandLine": SECRETS[0], "waitForSuccess": true,
            "environmentSettings": [{"name": "EMULATOR_EXIT_CODE", "value": "9"}],
        },
    });
    state.add_pool("start", object(given), false);
    state.advance(start().plus(Span::seconds(200)));
    state
}

fn pool(state: &State, text: &str) -> Value {
    Value::Object(views::pool::one(state, &query(text)).unwrap())
}

#[test]
fn lost_nodes_and_failed_resizes_show_their_reasons() {
    let state = lossy();
    let shown = pool(&state, "id=p&show=unusable");
    let nodes = shown["nodes"]["shown"].as_array().unwrap();
    assert_eq!(
        (nodes.len(), &nodes[0]["error"]["code"]),
        (1, &json!("DiskFull"))
    );
    let incidents = shown["incidents"].as_array().unwrap().iter();
    let kinds: Vec<_> = incidents
        .map(|incident| incident["kind"].as_str().unwrap())
        .collect();
    // The newest first. The preempted node came back within the time.
    assert_eq!(kinds, ["recovered", "preempted", "unusable"]);
    let node = format!("pool=p&id={}", nodes[0]["id"].as_str().unwrap());
    let node = Value::Object(views::node::one(&state, &query(&node)).unwrap());
    assert_eq!(node["incidents"][0]["reason"], "DiskFull");
    let short = pool(&state, "id=short");
    assert_eq!(short["errors"][0]["code"], "AllocationTimedout");
    assert_eq!(short["incidents"][0]["kind"], "resize");
    let failed = pool(&state, "id=start");
    let start = &failed["nodes"]["shown"][0];
    assert_eq!(start["state"], "starttaskfailed");
    assert_eq!(
        (&start["start"]["exit"], &start["start"]["failure"]["code"]),
        (&json!(9), &json!("FailureExitCode"))
    );
    assert_eq!(failed["incidents"][0]["reason"], "exit code 9");
    assert!(!failed.to_string().contains(SECRETS[0]), "{failed}");
    let all = Value::Object(overview::resources(&state));
    assert_eq!(all["incidents"]["total"], 5);
}

#[test]
fn autoscale_runs_show_results_and_errors() {
    let mut state = state();
    let given = json!({
        "vmSize": "small", "enableAutoScale": true, "autoScaleEvaluationInterval": "PT5M",
        "autoScaleFormula": "share = $PendingTasks.GetSample(5 * TimeInterval_Minute, 70); $TargetDedicatedNodes = 2;",
    });
    state.add_pool("p", object(given), false);
    state.advance(start().plus(Span::minutes(12)));
    let shown = pool(&state, "id=p");
    let runs = shown["runs"].as_array().unwrap();
    assert_eq!(runs.len(), 3);
    assert!(
        runs[0]["results"]
            .as_str()
            .unwrap()
            .starts_with("$TargetDedicatedNodes=2;")
    );
    assert_eq!(runs[0]["error"], Value::Null);
    assert!(runs[0]["at"].as_i64() > runs[2]["at"].as_i64());
    // The first had no samples.
    assert_eq!(runs[2]["error"]["code"], "InsufficientSampleData");
    state.advance(start().plus(Span::minutes(600)));
    assert_eq!(pool(&state, "id=p")["runs"].as_array().unwrap().len(), 20);
}

/// Prints what a view costs; the bounds leave room for a busy machine and a debug build.
fn measure(name: &str, make: impl Fn() -> Object) {
    let begun = Instant::now();
    let text = Value::Object(make()).to_string();
    let took = begun.elapsed();
    println!("{name}: {took:?}, {} bytes", text.len());
    assert!(took < Duration::from_millis(500), "{name}: {took:?}");
    assert!(text.len() < 64_000, "{name}: {} bytes", text.len());
}

#[test]
fn a_job_with_100_000_tasks_yields_small_documents_quickly() {
    let mut state = state();
    add_pool(&mut state, "p", [1_000, 0]);
    state.advance(start().plus(Span::seconds(60)));
    let number = add_job(&mut state, "large", 0);
    for task in 0..100_000 {
        let code = if task == 99_998 { "1" } else { "0" };
        let task = json!({
            "id": format!("{task:06}{}", "t".repeat(58)), "commandLine": "c",
            "environmentSettings": [{"name": "EMULATOR_EXIT_CODE", "value": code}],
        });
        state.add_task(number, &object(task)).unwrap();
    }
    state.advance(start().plus(Span::minutes(10)));
    let seen = Histories::new();
    let job = |text: &str| views::job::one(&state, &seen, &query(text)).unwrap();
    assert_eq!(ids(&job("id=large&show=failed")["tasks"]).len(), 1);
    measure("overview", || overview::resources(&state));
    measure("job", || job("id=large"));
    measure("job, the failed task", || job("id=large&show=failed"));
    measure("job, no match", || job("id=large&find=none"));
    measure("failures", || views::tasks::failures(&state, &query("")));
    measure("pool", || views::pool::one(&state, &query("id=p")).unwrap());
}
