//! A whole piece of work: a pool, a job with 250 tasks, waiting for them, an output, cleaning up.
//!
//! `cargo run -p batch-client --example quickstart`
//!
//! Without further settings it runs against the embedded service, in this program and at four times the speed of
//! life; on Unix its tasks are processes of this machine, elsewhere they are simulated. With `AZURE_BATCH_ENDPOINT`,
//! `AZURE_BATCH_ACCOUNT` and `AZURE_BATCH_ACCESS_KEY` it runs on that account, where the pool's three nodes cost money
//! for the minutes that they live.

use batch_client::models::{
    ImageReference, JobAddParameter, PoolAddParameter, PoolInformation, TaskAddParameter,
    VirtualMachineConfiguration,
};
use batch_client::wait::{NodesOutcome, TasksOutcome};
use batch_client::{Client, SharedKey};
use batch_emulator::Emulator;
use indicatif::{ProgressBar, ProgressStyle};
use std::env;
use std::io::IsTerminal as _;
use std::process::ExitCode;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

type AnyError = Box<dyn std::error::Error>;

const NODES: u8 = 3;
const TASKS: u8 = 250;

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("quickstart: {error}");
            let mut cause = error.source();
            while let Some(error) = cause {
                eprintln!("  because: {error}");
                cause = error.source();
            }
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), AnyError> {
    let (client, _embedded) = connect().await?;
    println!("Azure Batch at {}", client.endpoint());

    let seconds = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
    let (pool, job) = (
        format!("quickstart-{seconds}"),
        format!("quickstart-job-{seconds}"),
    );
    let worked = work(&client, &pool, &job).await;
    // Whatever happened, nothing that costs money is left behind.
    let cleaned = clean_up(&client, &pool, &job).await;
    worked.and(cleaned)
}

/// The account of the environment, or the embedded service; that one stops where its handle is dropped.
async fn connect() -> Result<(Client, Option<Emulator>), AnyError> {
    let Ok(endpoint) = env::var("AZURE_BATCH_ENDPOINT") else {
        let config = batch_emulator::Config::default()
            .clock_speed(4.0)
            .execute(cfg!(unix));
        let embedded = batch_emulator::start(config).await?;
        let key = SharedKey::new(embedded.account(), embedded.key())?;
        return Ok((Client::new(embedded.endpoint(), key)?, Some(embedded)));
    };
    let variable = |name: &str| {
        env::var(name).map_err(|_| format!("AZURE_BATCH_ENDPOINT is set, so set {name} too"))
    };
    let account = variable("AZURE_BATCH_ACCOUNT")?;
    let key = SharedKey::new(account, variable("AZURE_BATCH_ACCESS_KEY")?)?;
    Ok((Client::new(endpoint, key)?, None))
}

async fn work(client: &Client, pool: &str, job: &str) -> Result<(), AnyError> {
    let image = ImageReference::default()
        .with_publisher("canonical")
        .with_offer("ubuntu-24_04-lts")
        .with_sku("server")
        .with_version("latest");
    let machines = VirtualMachineConfiguration::new(image, "batch.node.ubuntu 24.04");
    client
        .pool()
        .add(
            PoolAddParameter::new(pool, "standard_d2s_v3")
                .with_virtual_machine_configuration(machines)
                .with_target_dedicated_nodes(NODES.into())
                .with_task_slots_per_node(4),
        )
        .await?;
    wait_for_nodes(client, pool).await?;

    let pool_info = PoolInformation::default().with_pool_id(pool);
    client
        .job()
        .add(JobAddParameter::new(job, pool_info))
        .await?;
    add_tasks(client, job).await?;
    let outcome = wait_for_tasks(client, job).await?;
    report(client, job, &outcome).await
}

async fn wait_for_nodes(client: &Client, pool: &str) -> Result<(), AnyError> {
    let bar = Progress::new(NODES.into(), "nodes ready");
    let seen = bar.clone();
    let outcome = client
        .pool()
        .wait(pool)
        .nodes_idle(NODES.into())
        .progress(move |now| seen.at(now.idle.unwrap_or_default() as u64))
        .await?;
    if !matches!(outcome, NodesOutcome::Idle { .. }) {
        return Err(format!("the pool has not got its nodes: {outcome:?}").into());
    }
    bar.finish(u64::from(NODES));
    Ok(())
}

async fn add_tasks(client: &Client, job: &str) -> Result<(), AnyError> {
    let bar = Progress::new(TASKS.into(), "tasks added");
    let seen = bar.clone();
    let tasks = (1..=TASKS).map(|number| {
        let command = format!(
            "/bin/sh -c 'sleep 0.1; echo frame {number} of {TASKS}, by process $$ on $(uname -s) for $AZ_BATCH_TASK_ID'"
        );
        TaskAddParameter::new(format!("frame-{number:03}"), command)
    });
    let report = client
        .task()
        .add_all(job, tasks)
        .progress(move |report| seen.at(report.added))
        .await;
    if !report.is_complete() {
        return Err(format!("not all tasks were added: {report}").into());
    }
    bar.finish(report.added);
    Ok(())
}

async fn wait_for_tasks(client: &Client, job: &str) -> Result<TasksOutcome, AnyError> {
    let bar = Progress::new(TASKS.into(), "tasks done");
    let seen = bar.clone();
    let outcome = client
        .job()
        .wait(job)
        .tasks_completed()
        .progress(move |now| seen.at(now.completed.into()))
        .await?;
    bar.finish(outcome.tasks.completed.into());
    Ok(outcome)
}

async fn report(client: &Client, job: &str, outcome: &TasksOutcome) -> Result<(), AnyError> {
    println!(
        "{} tasks succeeded, {} failed",
        outcome.tasks.succeeded, outcome.tasks.failed
    );
    for failure in &outcome.failures {
        println!("  {failure}");
    }
    let output = client
        .file()
        .get_from_task(job, "frame-001", "stdout.txt")
        .await?;
    let output = output.into_inner().bytes().await?;
    println!("frame-001 wrote {:?}", String::from_utf8_lossy(&output));
    Ok(())
}

async fn clean_up(client: &Client, pool: &str, job: &str) -> Result<(), AnyError> {
    for result in [
        client.job().delete(job).await.map(drop),
        client.pool().delete(pool).await.map(drop),
    ] {
        match result {
            Err(error) if !error.is_not_found() => return Err(error.into()),
            _ => {}
        }
    }
    println!("job and pool deleted");
    Ok(())
}

/// A bar in a terminal; in a log, a line for each quarter of the way.
#[derive(Clone)]
struct Progress {
    bar: ProgressBar,
    label: &'static str,
    started: Instant,
    in_terminal: bool,
}

impl Progress {
    fn new(length: u64, label: &'static str) -> Self {
        let bar = ProgressBar::new(length);
        if let Ok(style) = ProgressStyle::with_template("{bar:40.green} {pos:>3}/{len} {msg}") {
            bar.set_style(style);
        }
        bar.set_message(label);
        Self {
            bar,
            label,
            started: Instant::now(),
            in_terminal: std::io::stdout().is_terminal(),
        }
    }

    fn length(&self) -> u64 {
        self.bar.length().unwrap_or_default()
    }

    fn at(&self, position: u64) {
        let quarter = |position| 4 * position / self.length().max(1);
        let passed = quarter(position) > quarter(self.bar.position());
        self.bar.set_position(position);
        if passed && position < self.length() && !self.in_terminal {
            self.say("");
        }
    }

    fn finish(&self, position: u64) {
        self.bar.set_position(position);
        self.bar.finish_and_clear();
        self.say(if self.in_terminal { "✓ " } else { "" });
    }

    fn say(&self, mark: &str) {
        let seconds = self.started.elapsed().as_secs_f64();
        let (position, length) = (self.bar.position(), self.length());
        println!(
            "{mark}{position}/{length} {} after {seconds:.1} s",
            self.label
        );
    }
}
