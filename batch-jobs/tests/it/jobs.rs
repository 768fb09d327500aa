//! Promise: a folder becomes results, and the same program run again goes on where it was.

#![cfg(unix)]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::http::Method;
use batch_client::chrono::{TimeDelta, Utc};
#[cfg(feature = "config")]
use batch_client::config::JobType;
use batch_client::models::{JobAddParameter, JobState, ResourceFile, TaskAddParameter};
use batch_client::wait::TasksEnd;
use batch_jobs::{
    FileSet, JobManager, JobPlan, Range, Result, Sas, Storage, SubmittedJob, Watched,
};
use futures_util::StreamExt as _;

use crate::bench::{Bench, EMPTY, IDENTITY, POOL, read};

const PATIENCE: Duration = Duration::from_secs(60);

fn nightly(bench: &Bench) -> Result<JobPlan> {
    let group = bench.manager.storage().group("nightly")?;
    Ok(bench
        .manager
        .job("nightly")
        .on_pool(POOL)
        .command(
            "mkdir -p out/deep; tr a-z A-Z < {filePath} > out/deep/{fileNameWithoutExtension}.up; \
             echo {quality} > out/quality; \
             if grep -q broken {filePath}; then echo bad: {fileName} >&2; exit 7; fi",
        )
        .parameter("quality", 10)
        .each_file(&group, bench.set())
        .outputs("out/**/*"))
}

async fn done(job: &SubmittedJob) -> Result<batch_client::wait::TasksOutcome> {
    let watch = job.watch().min_interval(Duration::from_millis(20));
    watch.timeout(PATIENCE).await
}

/// Requests that wrote blobs since the last look.
fn uploads(bench: &Bench) -> usize {
    let requests = bench.storage.requests();
    let wrote = |one: &&crate::storage::Answered| one.method == Method::PUT && !one.blob.is_empty();
    requests.iter().filter(wrote).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_folder_becomes_results_and_nothing_is_done_twice() -> Result<()> {
    let bench = Bench::new(true).await;
    for n in 0..18 {
        bench.write(&format!("shot ä/f {n:02}.txt"), &format!("frame {n}\n"));
    }
    bench.write("shot ä/a'b$x.txt", "broken one\n");
    bench.write("shot ä/(c).txt", "broken two\n");

    let steps = Arc::new(Mutex::new(Vec::new()));
    let submit = nightly(&bench)?.submit().progress({
        let steps = steps.clone();
        move |now| steps.lock().expect("a lock").push(now.to_string())
    });
    let job = submit.await?;
    let steps = std::mem::take(&mut *steps.lock().expect("a lock"));
    assert!(
        steps
            .iter()
            .any(|step| step.starts_with("uploaded 20 of 20 files")),
        "{steps:?}"
    );
    assert_eq!(
        steps.last().map(String::as_str),
        Some("added 20 of 20 tasks")
    );

    let outcome = done(&job).await?;
    assert_eq!(outcome.end, TasksEnd::Completed);
    assert_eq!(
        (outcome.tasks.succeeded, outcome.tasks.failed),
        (18, 2),
        "{outcome}"
    );
    let mut failures = job.failures().await?;
    failures.sort_by(|a, b| a.name.cmp(&b.name));
    let shown = |at: usize| (failures[at].exit_code, failures[at].stderr.as_deref());
    assert_eq!(shown(0), (Some(7), Some("bad: (c).txt\n")));
    assert_eq!(shown(1), (Some(7), Some("bad: a'b$x.txt\n")));
    assert_eq!(failures[0].name.as_deref(), Some("shot ä/(c).txt"));

    let to = bench.dir.path().join("results");
    let report = job.outputs_to(&to).await?.into_result()?;
    assert_eq!(report.to_string(), "36 files: 36 fetched, 0 unchanged");
    let tasks = bench
        .manager
        .client()
        .task()
        .list("nightly")
        .select("id,displayName");
    let mut tasks = tasks.stream();
    let mut seen = 0;
    while let Some(task) = tasks.try_next().await? {
        let name = task.display_name.expect("a name");
        let Some(stem) = name
            .strip_prefix("shot ä/f ")
            .and_then(|rest| rest.strip_suffix(".txt"))
        else {
            continue;
        };
        let folder = to.join(task.id.expect("an id"));
        let n: u32 = stem.parse().expect("a number");
        assert_eq!(
            read(&folder.join(format!("deep/f {stem}.up"))),
            format!("FRAME {n}\n")
        );
        assert_eq!(read(&folder.join("quality")), "10\n");
        seen += 1;
    }
    assert_eq!(seen, 18);

    // The same program again.
    bench.storage.requests();
    let added = bench.calls("Task_AddCollection");
    let again = nightly(&bench)?.submit().await?;
    assert!(!done(&again).await?.is_success());
    let report = again.outputs_to(&to).await?;
    assert_eq!((report.fetched, report.unchanged), (0, 36));
    assert_eq!(bench.calls("Task_AddCollection"), added);
    let requests = bench.storage.requests();
    // Two listings, and the container of outputs, which is there.
    assert_eq!(requests.len(), 3, "{requests:#?}");

    // A repaired input is a new file, and its task runs again.
    bench.write("shot ä/(c).txt", "repaired\n");
    let again = nightly(&bench)?.submit().await?;
    assert_eq!(uploads(&bench), 1);
    let mut retried = again.retry_failed().await?;
    retried.sort();
    let mut expected: Vec<_> = failures.iter().map(|failure| failure.id.clone()).collect();
    expected.sort();
    assert_eq!(retried, expected);
    let outcome = done(&again).await?;
    assert_eq!(
        (outcome.tasks.succeeded, outcome.tasks.failed),
        (19, 1),
        "{outcome}"
    );
    let report = again.outputs_to(&to).await?;
    assert_eq!((report.fetched, report.unchanged), (2, 36));

    let group = bench.manager.storage().group("nightly")?;
    again.clean_up().job().outputs().inputs(&group).await?;
    assert!(bench.manager.storage().group_containers().await?.is_empty());
    assert!(bench.storage.contents(&job.container()).await.is_empty());
    again.clean_up().job().outputs().await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_reach_storage_by_an_identity_without_signatures() -> Result<()> {
    let bench = Bench::new(true).await;
    bench.write("a b.txt", "from a blob\n");
    bench
        .storage
        .put("shared", "lib/x.txt", "from auto-storage\n")
        .await;
    let shared = || ResourceFile::new().with_auto_storage_container_name("shared");
    let plan = nightly(&bench)?
        .command("cat {filePath} lib/x.txt > both.txt")
        .outputs("both.txt")
        .identity(IDENTITY)
        .edit_tasks(move |mut task| {
            task.resource_files.get_or_insert_default().push(shared());
            task
        });
    let job = plan.submit().await?;
    let outcome = done(&job).await?;
    assert!(outcome.is_success(), "{outcome}: {:?}", outcome.failures);
    let tasks = bench.manager.client().task().list("nightly").await?;
    let task = &tasks.items[0];
    assert!(!format!("{:?}", task.output_files).contains("sig="));
    let to = bench.dir.path().join("results");
    job.outputs_to(&to)
        .pattern("*/both.txt")
        .await?
        .into_result()?;
    let result = to.join(task.id.as_ref().expect("an id")).join("both.txt");
    assert_eq!(read(&result), "from a blob\nfrom auto-storage\n");

    // Another identity has no access.
    let other = nightly(&bench)?.identity(IDENTITY.replace("render", "other"));
    bench
        .manager
        .attach("nightly")?
        .clean_up()
        .job()
        .outputs()
        .await?;
    while bench.manager.client().job().get("nightly").await.is_ok() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let outcome = done(&other.submit().await?).await?;
    assert_eq!(outcome.tasks.failed, 1, "{outcome}");
    let failures = job.failures().await?;
    assert_eq!(failures[0].code.as_deref(), Some("BlobAccessDenied"));
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_signature_of_the_account_is_enough() -> Result<()> {
    let bench = Bench::new(true).await;
    bench.write("a b+ä.txt", "text\n");
    let sas = Sas::new(&bench.storage.signature("rwdlc", "sco"))?;
    let storage = Storage::new(bench.storage.endpoint(), sas)?;
    assert_eq!(storage.account(), bench.storage.account());
    let manager = JobManager::new(bench.manager.client().clone(), storage);
    let group = manager.storage().group("signed")?;
    let plan = || {
        let plan = manager.job("signed").on_pool(POOL);
        let plan = plan.command("cp {filePath} out.txt; echo words >&2");
        plan.each_file(&group, bench.set()).outputs("out.txt")
    };
    let job = plan().submit().await?;
    let outcome = done(&job).await?;
    assert!(
        outcome.is_success(),
        "{outcome}: {:?}",
        job.failures().await?
    );
    let to = bench.dir.path().join("results");
    assert_eq!(job.outputs_to(&to).await?.into_result()?.fetched, 1);
    assert_eq!(plan().submit().await?.id(), "signed");
    // Jobs of other programs are not listed.
    let other = JobAddParameter::new("other", POOL);
    manager.client().job().add(other).await?;
    let listed: Vec<_> = manager.jobs().collect().await;
    assert_eq!(listed.len(), 1, "{listed:?}");
    assert_eq!(listed[0].as_ref().expect("a job").job.id(), "signed");
    job.clean_up().job().outputs().inputs(&group).await?;
    assert!(manager.storage().group_containers().await?.is_empty());
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sweep_is_merged_and_watched() -> Result<()> {
    let bench = Bench::new(true).await;
    let plan = || {
        bench
            .manager
            .job("Sweep_1")
            .on_pool(POOL)
            .sweep([Range::new(1, 3), Range::new(0, 10).step(10)])
            .command("echo frame {0:3} angle {1} > result.txt")
            .outputs("result.txt")
            .merge("cat outputs/*/*/result.txt | sort > result.txt")
    };
    let job = plan().submit().await?;
    let mut watched = job
        .watch()
        .min_interval(Duration::from_millis(20))
        .timeout(PATIENCE)
        .stream();
    let (mut last, mut outcome) = (None, None);
    while let Some(item) = watched.next().await {
        match item? {
            Watched::Progress(now) => last = Some(now),
            Watched::Done(done) => outcome = Some(done),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(last.expect("progress").total(), 7);
    let outcome = outcome.expect("an outcome");
    assert!(
        outcome.is_success(),
        "{outcome}: {:?}",
        job.failures().await?
    );
    let to = bench.dir.path().join("results");
    assert_eq!(job.outputs_to(&to).await?.fetched, 7);
    assert_eq!(
        read(&to.join("result.txt")),
        "frame 001 angle 0\nframe 001 angle 10\nframe 002 angle 0\nframe 002 angle 10\n\
         frame 003 angle 0\nframe 003 angle 10\n"
    );
    assert_eq!(read(&to.join("3/result.txt")), "frame 002 angle 10\n");
    let one = job
        .outputs_to(bench.dir.path().join("one"))
        .task("3")
        .await?;
    assert_eq!(one.fetched, 1);
    assert_eq!(plan().submit().await?.id(), "Sweep_1");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn outputs_come_while_the_job_runs() -> Result<()> {
    let bench = Bench::new(true).await;
    let gate = bench.dir.path().join("gate");
    let command = format!(
        "echo {{0}} > n.txt; if [ {{0}} = 2 ]; then until [ -e {} ]; do sleep 0.05; done; fi",
        gate.display()
    );
    let plan = bench
        .manager
        .job("early")
        .on_pool(POOL)
        .sweep([Range::new(1, 2)]);
    let job = plan.command(command).outputs("*.txt").submit().await?;
    let to = bench.dir.path().join("results");
    let fetch = job
        .outputs_to(&to)
        .while_running()
        .interval(Duration::from_millis(50));
    let fetch = tokio::spawn(fetch.into_future());
    let begun = std::time::Instant::now();
    while !to.join("0/n.txt").exists() {
        assert!(begun.elapsed() < PATIENCE, "the first output did not come");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(!to.join("1/n.txt").exists());
    std::fs::write(&gate, "").expect("a file");
    let report = fetch.await.expect("no panic")?;
    assert_eq!((report.fetched, report.unchanged), (2, 0), "{report}");
    assert_eq!(read(&to.join("1/n.txt")), "2\n");
    Ok(())
}

#[tokio::test]
async fn impossible_plans_send_nothing() -> Result<()> {
    let bench = Bench::new(false).await;
    bench.write("a.txt", "a");
    let (manager, group) = (&bench.manager, bench.manager.storage().group("g")?);
    let before = bench.batch.calls();
    let plan = || manager.job("j").on_pool(POOL).command("run {filePath}");
    let files = || plan().each_file(&group, bench.set());
    let many = |n: usize, id: &'static str| {
        (0..n).map(move |at| TaskAddParameter::new(format!("{id}{at}"), "true"))
    };
    let long = "x".repeat(2 * 1024 * 1024);
    for (plan, reason) in [
        (manager.job("a b").on_pool(POOL), "as the id of a job"),
        (manager.job("j").on_pool("a b"), "as the id of a pool"),
        (manager.job("j"), "it has no pool"),
        (plan(), "it has no work"),
        (
            manager
                .job("j")
                .on_pool(POOL)
                .each_file(&group, bench.set()),
            "it has no command",
        ),
        (plan().each_file(&group, FileSet::new()), "it has no tasks"),
        (plan().sweep([]), "there is no range"),
        (plan().sweep([Range::new(1, 2)]), "`{filePath}`"),
        (files().command("run {quality}"), "`{quality}`"),
        (files().command("run {"), "not closed"),
        (
            files().parameter("filePath", 1),
            "a placeholder has this name",
        ),
        (files().command(long), "more than 1048576"),
        (
            files().edit_tasks(|task| task.with_id("a b")),
            "as the id of a task",
        ),
        (
            plan().tasks(many(2, "t").map(|task| task.with_id("T"))),
            "two tasks with the id",
        ),
        (
            plan()
                .tasks(many(5000, "a-long-id-for-a-task-"))
                .merge("true"),
            "depend on 64000",
        ),
        (
            manager.job("j").on_pool("none").tasks(many(1, "t")),
            "does not exist",
        ),
    ] {
        let shown = format!("{plan:?}");
        let error = plan.submit().await.expect_err(&shown);
        assert!(error.is_invalid(), "{error}");
        assert!(
            error.to_string().contains(reason),
            "{error} has no `{reason}`"
        );
    }
    assert_eq!(bench.storage.requests(), []);
    assert_eq!(bench.batch.calls(), before);
    Ok(())
}

#[tokio::test]
async fn a_job_of_another_plan_is_left_alone() -> Result<()> {
    let bench = Bench::new(false).await;
    let plan = |command: &str| {
        let plan = bench
            .manager
            .job("j")
            .on_pool(POOL)
            .sweep([Range::new(1, 3)]);
        plan.command(command)
    };
    let job = plan("echo {0}").submit().await?;
    let error = plan("echo other {0}")
        .submit()
        .await
        .expect_err("other tasks");
    assert!(
        error
            .to_string()
            .contains("3 of its tasks exist with another command"),
        "{error}"
    );
    job.cancel().await?;
    job.cancel().await?;
    let is_completed = || async {
        let there = bench.manager.client().job().get("j").await?;
        Ok::<_, batch_jobs::Error>(there.state == Some(JobState::Completed))
    };
    while !is_completed().await? {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    // All tasks are there, so there is nothing to do.
    plan("echo {0}").submit().await?;
    let more = bench
        .manager
        .job("j")
        .on_pool(POOL)
        .sweep([Range::new(1, 4)])
        .command("echo {0}");
    let error = more.submit().await.expect_err("the job has ended");
    assert!(error.to_string().contains("it has ended"), "{error}");
    Ok(())
}

#[tokio::test]
async fn a_submission_goes_on_after_it_was_dropped() -> Result<()> {
    let bench = Bench::new(false).await;
    for n in 0..30 {
        bench.write(&format!("{n}.txt"), "x");
    }
    // Dropped after every few milliseconds, until it comes to its end.
    let mut tries = 0;
    let mut wrote = 0;
    loop {
        let submit = nightly(&bench)?.submit().into_future();
        tries += 1;
        let result = tokio::time::timeout(Duration::from_millis(15 * tries), submit).await;
        wrote += uploads(&bench);
        if let Ok(job) = result {
            job?;
            break;
        }
    }
    assert!(tries > 1, "it was never dropped");
    // Files under way when it was dropped are sent twice, at most eight files for each.
    let most = 30 + 8 * (usize::try_from(tries).expect("few") - 1);
    assert!((30..=most).contains(&wrote), "{wrote} of {most}");
    let counts = bench
        .manager
        .client()
        .job()
        .get_task_counts("nightly")
        .await?;
    let counts = counts.into_inner().task_counts.expect("counts");
    let total =
        counts.active.unwrap_or(0) + counts.running.unwrap_or(0) + counts.completed.unwrap_or(0);
    assert_eq!(total, 30);
    Ok(())
}

#[tokio::test]
async fn waiting_tasks_whose_signature_ends_are_replaced() -> Result<()> {
    let bench = Bench::new(false).await;
    for name in ["a.txt", "b.txt"] {
        bench.write(name, name);
    }
    let group = bench.manager.storage().group("g")?;
    let plan = || {
        let plan = bench
            .manager
            .job("j")
            .on_pool(EMPTY)
            .command("cat {filePath}");
        plan.each_file(&group, bench.set())
    };
    let soon = (Utc::now() + TimeDelta::hours(20))
        .format("%Y-%m-%dT%H:%M:%SZ")
        .to_string();
    let old = plan().edit_tasks(move |mut task| {
        for file in task.resource_files.iter_mut().flatten() {
            let url = file.http_url.take().expect("a URL");
            let (before, rest) = url.split_once("&se=").expect("an end");
            let (_, after) = rest.split_once('&').expect("more");
            file.http_url = Some(format!("{before}&se={soon}&{after}"));
        }
        task
    });
    old.submit().await?;
    assert_eq!(bench.calls("Task_Delete"), 0);
    plan().submit().await?;
    assert_eq!(bench.calls("Task_Delete"), 2);
    let tasks = bench.manager.client().task().list("j").await?;
    assert_eq!(tasks.items.len(), 2);
    for task in &tasks.items {
        let files = task.resource_files.as_ref().expect("an input");
        let url = files[0].http_url.as_deref().expect("a URL");
        assert!(url.contains("T00%3A00%3A00Z&spr="), "{url}");
    }
    // Now they last for a week, and are left.
    plan().submit().await?;
    assert_eq!(bench.calls("Task_Delete"), 2);
    Ok(())
}

#[cfg(feature = "config")]
#[tokio::test]
async fn job_types_have_default_parameters() -> Result<()> {
    let bench = Bench::new(false).await;
    let mut render = JobType::default();
    render
        .set("quality", "10")
        .set("frames", "250")
        .set("pool", EMPTY);
    let plan = bench.manager.job("typed").parameter("quality", 3);
    let plan = plan.job_type(&render).sweep([Range::new(1, 1)]);
    plan.command("render {quality} {frames} {0}")
        .submit()
        .await?;
    let client = bench.manager.client();
    let task = client.task().get("typed", "0").await?;
    let line = task.command_line.as_deref().unwrap_or_default();
    assert!(line.contains("render 3 250 1"), "{line}");
    let job = client.job().get("typed").await?;
    let pool = job
        .pool_info
        .as_ref()
        .and_then(|info| info.pool_id.as_deref());
    assert_eq!(pool, Some(EMPTY));
    Ok(())
}

#[tokio::test]
async fn jobs_are_attached_by_id_or_url() -> Result<()> {
    let bench = Bench::new(false).await;
    for (text, id) in [
        ("nightly", "nightly"),
        (
            "https://a.westeurope.batch.azure.com/jobs/nightly",
            "nightly",
        ),
        (
            "https://a.westeurope.batch.azure.com/jobs/n-1/tasks?x=1",
            "n-1",
        ),
        ("plan:job-1", "plan:job-1"),
    ] {
        assert_eq!(bench.manager.attach(text)?.id(), id);
    }
    for text in ["", "a b", "https://a.example/pools/x?sig=s3cret"] {
        let error = bench.manager.attach(text).expect_err(text);
        assert!(
            error.is_invalid() && !error.to_string().contains("s3cret"),
            "{error}"
        );
    }
    Ok(())
}
