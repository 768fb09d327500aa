//! Tests of the environment of a running task, and of the consequences of its end.

use std::collections::BTreeMap;

use batch_emulator::{Config, Containers};
use serde_json::json;

use super::*;
use crate::bench::{environment, runs};

#[tokio::test]
async fn a_task_runs_and_its_output_is_read() {
    let bench = Bench::ready(1, json!({})).await;
    let output = bench
        .output("t", "echo hello; echo oh >&2; pwd", json!({}))
        .await;
    let task = bench.task("t").await;
    assert_eq!(task["executionInfo"]["exitCode"], 0);
    let directory = task["nodeInfo"]["taskRootDirectory"].as_str().unwrap();
    assert_eq!(directory, "workitems/j/job-1/t");
    let (hello, wd) = output.split_once('\n').unwrap();
    assert_eq!(hello, "hello");
    assert!(wd.trim_end().ends_with("/workitems/j/job-1/t/wd"), "{wd}");
    assert_eq!(bench.read("t", "stderr.txt").await.unwrap(), "oh\n");
    // The command line is run without a shell.
    bench
        .command("plain", "echo $HOME \"a  b\" '*'", json!({}))
        .await;
    bench.done("plain").await;
    assert_eq!(
        bench.read("plain", "stdout.txt").await.unwrap(),
        "$HOME a  b *\n"
    );
}

#[tokio::test]
async fn the_environment_has_only_the_services_and_the_users_variables() {
    let job = json!({
        "commonEnvironmentSettings": [{"name": "ONE", "value": "job"}, {"name": "TWO", "value": "job"}],
        "jobPreparationTask": {"commandLine": "true"},
    });
    let bench = Bench::ready(1, job).await;
    let own = environment(&[
        ("TWO", "task"),
        ("AZ_BATCH_JOB_ID", "mine"),
        ("THREE", "a=b c"),
    ]);
    let output = bench.output("t", "env", own).await;
    let found: BTreeMap<&str, &str> = output
        .lines()
        .filter_map(|line| line.split_once('='))
        .collect();
    let task = bench.task("t").await;
    let node = task["nodeInfo"]["nodeId"].as_str().unwrap();
    let root = found["AZ_BATCH_NODE_ROOT_DIR"];
    let below = |path: &str| format!("{root}/{path}");
    for (name, value) in [
        ("ONE", "job".to_owned()),
        ("TWO", "task".to_owned()),
        ("THREE", "a=b c".to_owned()),
        ("AZ_BATCH_ACCOUNT_NAME", bench.emulator.account().to_owned()),
        ("AZ_BATCH_ACCOUNT_URL", bench.emulator.endpoint().to_owned()),
        ("AZ_BATCH_POOL_ID", "p".to_owned()),
        ("AZ_BATCH_NODE_ID", node.to_owned()),
        ("AZ_BATCH_NODE_IS_DEDICATED", "true".to_owned()),
        ("AZ_BATCH_JOB_ID", "j".to_owned()),
        ("AZ_BATCH_TASK_ID", "t".to_owned()),
        ("AZ_BATCH_NODE_SHARED_DIR", below("shared")),
        ("AZ_BATCH_NODE_STARTUP_DIR", below("startup")),
        ("AZ_BATCH_TASK_DIR", below("workitems/j/job-1/t")),
        ("AZ_BATCH_TASK_WORKING_DIR", below("workitems/j/job-1/t/wd")),
        (
            "AZ_BATCH_JOB_PREP_DIR",
            below("workitems/j/job-1/jobpreparation"),
        ),
        (
            "AZ_BATCH_JOB_PREP_WORKING_DIR",
            below("workitems/j/job-1/jobpreparation/wd"),
        ),
        ("HOME", below("workitems/j/job-1/t/wd")),
    ] {
        assert_eq!(found.get(name), Some(&value.as_str()), "{name}");
    }
    // Cargo sets these for a test; they represent the rest of the emulator's environment.
    assert!(std::env::var("CARGO_PKG_NAME").is_ok());
    let known = |name: &&str| {
        let taken = [
            "PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "HOME", "PWD", "OLDPWD", "SHLVL", "_",
        ];
        name.starts_with("AZ_BATCH_")
            || taken.contains(name)
            || ["ONE", "TWO", "THREE"].contains(name)
    };
    let leaked: Vec<_> = found.keys().filter(|name| !known(name)).collect();
    assert!(leaked.is_empty(), "{leaked:?}");
    assert!(!output.contains(bench.emulator.key()));
}

#[tokio::test]
async fn a_failing_task_is_retried_and_then_fails() {
    let bench = Bench::ready(1, json!({})).await;
    let twice = json!({"constraints": {"maxTaskRetryCount": 2}});
    // An attempt finds the files of the previous one.
    let script = "echo x >> tries; wc -l < tries; exit 7";
    bench.shell("t", script, twice.clone()).await;
    let task = bench.done("t").await;
    let info = &task["executionInfo"];
    assert_eq!(
        (&info["exitCode"], &info["retryCount"], &info["result"]),
        (&json!(7), &json!(2), &json!("failure"))
    );
    assert_eq!(info["failureInfo"]["code"], "FailureExitCode");
    assert_eq!(bench.read("t", "stdout.txt").await.unwrap().trim(), "3");
    let script = "test -e before && exit 0; touch before; exit 1";
    bench.shell("u", script, twice).await;
    let info = bench.done("u").await["executionInfo"].clone();
    assert_eq!(
        (&info["exitCode"], &info["retryCount"]),
        (&json!(0), &json!(1))
    );
    bench.shell("killed", "kill -TERM $$", json!({})).await;
    assert_eq!(bench.done("killed").await["executionInfo"]["exitCode"], 143);
}

#[tokio::test]
async fn start_failures_are_explained() {
    let bench = Bench::ready(1, json!({})).await;
    let retries = json!({"constraints": {"maxTaskRetryCount": 3}});
    for (id, line, more, code) in [
        (
            "absent",
            "no-such-program",
            retries,
            "CommandProgramNotFound",
        ),
        ("open", "echo 'a", json!({}), "CommandLaunchFailed"),
        (
            "contained",
            "true",
            json!({"containerSettings": {"imageName": "i"}}),
            "ContainerPoolNotSupported",
        ),
    ] {
        bench.command(id, line, more).await;
        let info = bench.done(id).await["executionInfo"].clone();
        assert_eq!(info["failureInfo"]["code"], code, "{info:#}");
        assert_eq!(
            (&info["result"], &info["retryCount"], info.get("exitCode")),
            (&json!("failure"), &json!(0), None)
        );
    }
}

#[tokio::test]
async fn container_tasks_run_as_plain_processes_on_request() {
    let config = Config::default().containers(Containers::Plain);
    let bench = Bench::with(config).await;
    bench
        .add_pool("p", json!({"targetDedicatedNodes": 1}))
        .await;
    bench.add_job("j", json!({})).await;
    let contained = json!({"containerSettings": {"imageName": "busybox"}});
    bench.shell("t", "echo $AZ_BATCH_TASK_ID", contained).await;
    bench.shell("u", "true", json!({})).await;
    for id in ["t", "u"] {
        assert_eq!(bench.done(id).await["executionInfo"]["exitCode"], 0);
    }
    let node = bench.task("t").await["nodeInfo"]["nodeId"].clone();
    let node = bench
        .emulator
        .work_dir()
        .unwrap()
        .join(node.as_str().unwrap());
    let read = |path: &str| std::fs::read_to_string(node.join(path)).unwrap();
    assert_eq!(read("workitems/j/job-1/t/stdout.txt"), "t\n");
    assert_eq!(read("workitems/j/job-1/t/stderr.txt"), "");
    let log = read("logs/agent-debug.log");
    let plain: Vec<_> = log
        .lines()
        .filter(|line| line.contains("plain process"))
        .collect();
    assert_eq!(plain.len(), 1, "{log}");
    assert!(plain[0].contains("job-1/t:"), "{log}");
}

#[tokio::test]
async fn exit_conditions_trigger_their_actions() {
    let job = json!({"usesTaskDependencies": true, "onTaskFailure": "performexitoptionsjobaction"});
    let bench = Bench::ready(1, job).await;
    let none = json!({"jobAction": "none"});
    let satisfy = json!({"jobAction": "none", "dependencyAction": "satisfy"});
    bench
        .shell(
            "known",
            "exit 3",
            json!({"exitConditions": {"exitCodes": [{"code": 3, "exitOptions": satisfy}]}}),
        )
        .await;
    bench
        .shell(
            "after",
            "true",
            json!({"dependsOn": {"taskIds": ["known"]}}),
        )
        .await;
    assert_eq!(
        bench.done("after").await["executionInfo"]["result"],
        "success"
    );
    let ranges = json!({"exitCodeRanges": [{"start": 10, "end": 20, "exitOptions": none}]});
    bench
        .shell("range", "exit 15", json!({"exitConditions": ranges}))
        .await;
    bench.done("range").await;
    let start_failure = json!({"exitConditions": {"preProcessingError": none}});
    bench
        .command("start_failure", "no-such-program", start_failure)
        .await;
    bench.done("start_failure").await;
    assert_eq!(bench.job("j").await["state"], "active");
    let disable = json!({"exitConditions": {"default": {"jobAction": "disable"}}});
    bench.shell("disables", "exit 1", disable).await;
    bench.job_in("j", "disabled").await;
    bench.client.job().enable("j").await.unwrap();
    bench.job_in("j", "active").await;
    bench.shell("ends", "exit 1", json!({})).await;
    let job = bench.job_in("j", "completed").await;
    assert_eq!(job["executionInfo"]["terminateReason"], "TaskFailed");
}

#[tokio::test]
async fn the_job_manager_runs_first_and_ends_the_job() {
    let bench = Bench::new().await;
    bench
        .add_pool(
            "p",
            json!({"targetDedicatedNodes": 1, "taskSlotsPerNode": 4}),
        )
        .await;
    let script = "while ! test -e $AZ_BATCH_NODE_SHARED_DIR/go; do sleep 0.05; done";
    let manager = json!({"id": "manager", "commandLine": format!("/bin/sh -c '{script}'")});
    bench.add_job("j", json!({"jobManagerTask": manager})).await;
    bench.shell("other", "sleep 1000", json!({})).await;
    bench.task_in("manager", "running").await;
    // The job manager runs exclusively.
    assert_eq!(bench.task("other").await["state"], "active");
    assert_eq!(bench.nodes().await[0]["runningTaskSlotsCount"], 4);
    bench.add_job("k", json!({})).await;
    let root = bench.output_dir("manager").await;
    std::fs::write(root.join("shared/go"), "").unwrap();
    let job = bench.job_in("j", "completed").await;
    assert_eq!(job["executionInfo"]["terminateReason"], "JMComplete");
    assert_eq!(bench.task("other").await["state"], "completed");
}

#[tokio::test]
async fn packages_are_copied_from_folders() {
    let packages = tempfile::tempdir().unwrap();
    let folder = packages.path().join("calc/1.0");
    std::fs::create_dir_all(folder.join("bin")).unwrap();
    std::fs::write(folder.join("bin/run"), "#!/bin/sh\necho calculated\n").unwrap();
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(folder.join("bin/run"), mode).unwrap();
    let application = batch_emulator::Application {
        id: "calc".to_owned(),
        display_name: None,
        versions: vec!["1.0".to_owned(), "2.0".to_owned()],
    };
    let config = batch_emulator::Config::default().application(application);
    let bench = Bench::with(config.packages(packages.path())).await;
    bench
        .add_pool("p", json!({"targetDedicatedNodes": 1}))
        .await;
    bench.add_job("j", json!({})).await;
    let reference = |version| json!({"applicationPackageReferences": [{"applicationId": "calc", "version": version}]});
    let script = "$AZ_BATCH_APP_PACKAGE_calc_1_0/bin/run";
    assert_eq!(
        bench.output("t", script, reference("1.0")).await,
        "calculated\n"
    );
    bench.shell("absent", "true", reference("2.0")).await;
    let info = bench.done("absent").await["executionInfo"].clone();
    assert_eq!(
        info["failureInfo"]["details"][1]["value"], "2.0",
        "{info:#}"
    );
}

#[tokio::test]
async fn background_processes_end_with_their_task() {
    let bench = Bench::ready(1, json!({})).await;
    let id = bench.output("t", "sleep 1000 & echo $!", json!({})).await;
    eventually("the end of a background process", || async {
        (!runs(&id)).then_some(())
    })
    .await;
}
