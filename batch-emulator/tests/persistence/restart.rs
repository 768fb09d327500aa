//! Tests of services that are stopped and started again with their folder.

#![allow(
    deprecated,
    reason = "the service is retiring certificates, but existing ones are still persisted"
)]

use batch_client::models::{
    AllocationState, CertificateAddParameter, CertificateFormat, CloudTask, ComputeNodeUser,
    JobScheduleAddParameter, JobSpecification, Schedule, TaskAddCollectionParameter, TaskState,
};
use batch_client::{TimeSpan, codes};

use super::*;

/// Fast enough that tasks end at once.
const SPEED: f64 = 200.0;

fn config(folder: &tempfile::TempDir) -> Config {
    Config::default()
        .account(DEVELOPMENT_ACCOUNT)
        .clock_speed(SPEED)
        .data(folder.path())
}

fn json(items: &impl serde::Serialize) -> String {
    serde_json::to_string_pretty(items).unwrap()
}

/// Returns everything that can be listed, as JSON without the service's address.
async fn everything(client: &Client) -> Result<String, Error> {
    let mut found = Vec::new();
    let pools = client.pool().list().stream().try_collect().await?;
    let jobs = client.job().list().stream().try_collect().await?;
    found.extend([json(&pools), json(&jobs)]);
    found.push(json(
        &client.job_schedule().list().stream().try_collect().await?,
    ));
    found.push(json(
        &client.certificate().list().stream().try_collect().await?,
    ));
    for pool in pools.iter().filter_map(|pool| pool.id.as_deref()) {
        let nodes = client
            .compute_node()
            .list(pool)
            .stream()
            .try_collect()
            .await?;
        for node in nodes.iter().filter_map(|node| node.id.as_deref()) {
            let files = client
                .file()
                .list_from_compute_node(pool, node)
                .recursive(true);
            found.push(json(&files.stream().try_collect().await?));
        }
        found.push(json(&nodes));
    }
    for job in jobs.iter().filter_map(|job| job.id.as_deref()) {
        found.push(json(&client.task().list(job).stream().try_collect().await?));
        found.push(json(&*client.job().get_task_counts(job).await?));
    }
    Ok(found
        .join("\n")
        .replace(client.endpoint().trim_end_matches('/'), ""))
}

/// Shows only where they start to differ.
#[track_caller]
fn same(found: &str, wanted: &str) {
    let mut lines = found.lines().zip(wanted.lines());
    let other = lines.find(|(found, wanted)| found != wanted);
    assert_eq!(other, None);
    assert_eq!(found.len(), wanted.len());
}

async fn completed(client: &Client, job: &str, count: i32) -> Outcome {
    until("all tasks completed", async || {
        let counts = client.job().get_task_counts(job).await?;
        let completed = counts
            .task_counts
            .as_ref()
            .and_then(|counts| counts.completed);
        Ok((completed == Some(count)).then_some(()))
    })
    .await
}

/// Adds resources of each kind; returns a node with a user and a deleted file.
async fn fill(client: &Client) -> Result<String, Error> {
    client.pool().add(pool("p", 3)).await?;
    until("a steady pool", async || {
        let pool = client.pool().get("p").await?;
        Ok((pool.allocation_state == Some(AllocationState::Steady)).then_some(()))
    })
    .await?;
    client.job().add(job("j", "p").with_priority(7)).await?;
    let tasks: Vec<TaskAddParameter> = (0..20).map(|n| task(&format!("t{n}"))).collect();
    client
        .task()
        .add_collection("j", TaskAddCollectionParameter::new(tasks))
        .await?;
    let failing = EnvironmentSetting::new("EMULATOR_EXIT_CODE", "3");
    client
        .task()
        .add("j", task("bad").with_environment_settings([failing]))
        .await?;
    completed(client, "j", 21).await?;
    client.job().add(job("waiting", "nowhere")).await?;
    client.task().add("waiting", task("active")).await?;
    client.task().delete("j", "t3").await?;

    let later = batch_client::chrono::Utc::now() + batch_client::chrono::TimeDelta::days(9000);
    let schedule = Schedule::default()
        .with_do_not_run_until(later)
        .with_recurrence_interval(TimeSpan::from_days(1));
    let info = PoolInformation::default().with_pool_id("p");
    let plan = JobScheduleAddParameter::new("s", schedule, JobSpecification::new(info));
    client.job_schedule().add(plan).await?;
    let certificate = CertificateAddParameter::new("ab12", "sha1", "eA==")
        .with_certificate_format(CertificateFormat::Pfx)
        .with_password("hunter2");
    client.certificate().add(certificate).await?;

    let ran = client.task().get("j", "t5").await?.into_inner();
    let node = ran.node_info.and_then(|info| info.node_id).expect("a node");
    client
        .file()
        .delete_from_task("j", "t5", "stdout.txt")
        .await?;
    let user = ComputeNodeUser::new("otto").with_password("hunter2");
    client.compute_node().add_user("p", &node, user).await?;
    Ok(node)
}

#[tokio::test]
async fn everything_is_restored() -> Outcome {
    let folder = tempfile::tempdir().unwrap();
    let (emulator, client) = start(config(&folder)).await;
    let node = fill(&client).await?;
    let before = everything(&client).await?;
    for part in ["eTag", "\"bad\"", "\"s\"", "ab12", "stderr.txt"] {
        assert!(before.contains(part), "{part}: {before}");
    }
    emulator.stop().await;

    let (emulator, client) = start(config(&folder)).await;
    same(&everything(&client).await?, &before);
    // State that no listing shows.
    let user = ComputeNodeUser::new("otto").with_password("hunter2");
    let error = client
        .compute_node()
        .add_user("p", &node, user)
        .await
        .unwrap_err();
    assert_eq!(error.code(), Some(codes::NODE_USER_EXISTS));
    let error = client
        .file()
        .get_from_task("j", "t5", "stdout.txt")
        .await
        .unwrap_err();
    assert_eq!(error.code(), Some(codes::FILE_NOT_FOUND));
    let tag = client
        .job()
        .get("j")
        .await?
        .etag()
        .unwrap_or_default()
        .to_owned();
    client.job().terminate("j").if_match(tag).await?;
    emulator.stop().await;

    let file = std::fs::read(folder.path().join("state.redb")).unwrap();
    let holds = |text: &str| file.windows(text.len()).any(|part| part == text.as_bytes());
    assert!(holds("otto"), "bodies are in the journal");
    assert!(
        !holds("hunter2") && !holds(DEVELOPMENT_KEY),
        "secrets are not"
    );
    Ok(())
}

/// A service with other settings continues from the persisted state without changing the past.
#[tokio::test]
async fn other_settings_do_not_change_the_past() -> Outcome {
    let folder = tempfile::tempdir().unwrap();
    let (emulator, client) = start(config(&folder)).await;
    client.pool().add(pool("p", 1)).await?;
    client.job().add(job("j", "p")).await?;
    client.task().add("j", task("a")).await?;
    completed(&client, "j", 1).await?;
    emulator.stop().await;
    let slow = config(&folder).task_duration(Duration::from_secs(40));
    let (emulator, client) = start(slow).await;
    client.task().add("j", task("b")).await?;
    completed(&client, "j", 2).await?;
    let before = everything(&client).await?;
    emulator.stop().await;
    let (_emulator, client) = start(config(&folder)).await;
    same(&everything(&client).await?, &before);
    let ran = |task: CloudTask| {
        let info = task.execution_info.expect("an execution");
        (info.end_time.expect("an end") - info.start_time.expect("a start")).num_seconds()
    };
    assert_eq!(ran(client.task().get("j", "a").await?.into_inner()), 1);
    assert_eq!(ran(client.task().get("j", "b").await?.into_inner()), 40);
    Ok(())
}

#[tokio::test]
async fn time_advances_while_nothing_runs() -> Outcome {
    let folder = tempfile::tempdir().unwrap();
    let (emulator, client) = start(config(&folder)).await;
    client.pool().add(pool("p", 1)).await?;
    client.job().add(job("j", "p")).await?;
    client.task().add("j", task_of("long", 600)).await?;
    until("a running task", async || {
        let task = client.task().get("j", "long").await?;
        Ok((task.state == Some(TaskState::Running)).then_some(()))
    })
    .await?;
    let begin = Instant::now();
    emulator.stop().await;
    // The task's duration: real time counts 200 times in the service.
    tokio::time::sleep(Duration::from_millis(3200).saturating_sub(begin.elapsed())).await;
    let (_emulator, client) = start(config(&folder)).await;
    let task = client.task().get("j", "long").await?.into_inner();
    assert_eq!(task.state, Some(TaskState::Completed));
    let info = task.execution_info.expect("an execution");
    let ran = info.end_time.expect("an end") - info.start_time.expect("a start");
    assert_eq!(ran.num_milliseconds(), 600_000);
    Ok(())
}

#[tokio::test]
async fn time_never_goes_back() -> Outcome {
    let folder = tempfile::tempdir().unwrap();
    let mut last = None;
    for (round, speed) in [50_000.0, 0.5, 3_000.0, 1.0].into_iter().enumerate() {
        let (emulator, client) = start(config(&folder).clock_speed(speed)).await;
        for part in ["a", "b"] {
            let id = format!("{part}{round}");
            client.job().add(job(&id, "nowhere")).await?;
            let made = client.job().get(&id).await?.creation_time;
            assert!(made > last, "{made:?} after {last:?} at {speed}");
            last = made;
        }
        emulator.stop().await;
    }
    Ok(())
}

/// Dropping a service also releases its folder at once.
#[tokio::test]
async fn a_dropped_service_has_persisted_its_state() -> Outcome {
    let folder = tempfile::tempdir().unwrap();
    for round in 0..5 {
        let (emulator, client) = start(config(&folder)).await;
        let jobs = client.job().list().stream().try_collect().await?;
        assert_eq!(jobs.len(), round);
        client
            .job()
            .add(job(&format!("j{round}"), "nowhere"))
            .await?;
        drop(emulator);
    }
    Ok(())
}
