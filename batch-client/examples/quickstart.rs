//! A complete workflow: a pool, a job with 250 tasks, waiting for them, reading an output, cleaning
//! up.
//!
//! `cargo run -p batch-client --example quickstart`
//!
//! By default it runs against the emulator, which it starts in its own process with a clock four
//! times as fast as real time. On Unix, tasks are executed as local processes; elsewhere they are
//! simulated. With `AZURE_BATCH_ENDPOINT`, `AZURE_BATCH_ACCOUNT` and `AZURE_BATCH_ACCESS_KEY` set,
//! it runs on that account, where the pool's three nodes cost money while they exist.

mod account;

use std::io::{self, IsTerminal as _, Write as _};
use std::time::Instant;

use anyhow::{Error, Result, anyhow, bail, ensure};
use batch_client::Client;
use batch_client::models::{JobAddParameter, TaskAddParameter};
use batch_client::wait::{NodesOutcome, TasksOutcome};
use batch_emulator::Config;
use indicatif::{ProgressBar, ProgressStyle};

use account::{Account, PATIENCE, on, ubuntu};

const NODES: u8 = 3;
const TASKS: u8 = 250;

#[tokio::main]
async fn main() -> Result<()> {
    let config = Config::default().clock_speed(4.0).execute(cfg!(unix));
    let account = account::connect("quickstart", config).await?;
    let worked = tokio::select! {
        worked = work(&account) => worked,
        pressed = tokio::signal::ctrl_c() => Err(pressed.err().map_or_else(
            || anyhow!("interrupted"),
            Error::from,
        )),
    };
    // Also after an error or Ctrl-C, because nodes that are left behind cost money.
    match account.clean_up(worked).await {
        // As with `quickstart | head -1`: nobody reads the rest.
        Err(error) if is_closed_pipe(&error) => Ok(()),
        cleaned => cleaned,
    }
}

fn is_closed_pipe(error: &Error) -> bool {
    let error = error.downcast_ref::<io::Error>();
    error.is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

async fn work(account: &Account) -> Result<()> {
    let Account {
        client, pool, job, ..
    } = account;
    let machines = ubuntu(pool)
        .with_target_dedicated_nodes(NODES.into())
        .with_task_slots_per_node(4);
    client.pool().add(machines).await?;
    wait_for_nodes(client, pool).await?;

    client
        .job()
        .add(JobAddParameter::new(job, on(pool)))
        .await?;
    add_tasks(client, job).await?;
    let outcome = wait_for_tasks(client, job).await?;
    report(client, job, &outcome).await
}

async fn wait_for_nodes(client: &Client, pool: &str) -> Result<()> {
    let bar = Progress::new(NODES.into(), "nodes ready");
    let display = bar.clone();
    let outcome = client
        .pool()
        .wait(pool)
        .nodes_ready(NODES.into())
        .timeout(PATIENCE)
        .progress(move |now| {
            let ready = now.idle.unwrap_or_default() + now.running.unwrap_or_default();
            display.at(ready as u64);
        })
        .await?;
    if !matches!(outcome, NodesOutcome::Ready { .. }) {
        bail!("the pool did not get its nodes: {outcome:?}");
    }
    bar.finish(u64::from(NODES))?;
    Ok(())
}

async fn add_tasks(client: &Client, job: &str) -> Result<()> {
    let bar = Progress::new(TASKS.into(), "tasks added");
    let display = bar.clone();
    let tasks = (1..=TASKS).map(|number| {
        let command = format!(
            "/bin/sh -c 'sleep 0.1; echo frame {number} of {TASKS}, by process $$ on $(uname -s) for $AZ_BATCH_TASK_ID'"
        );
        TaskAddParameter::new(format!("frame-{number:03}"), command)
    });
    let report = client
        .task()
        .add_all(job, tasks)
        .progress(move |report| display.at(report.added))
        .await?;
    bar.finish(report.added)?;
    Ok(())
}

async fn wait_for_tasks(client: &Client, job: &str) -> Result<TasksOutcome> {
    let bar = Progress::new(TASKS.into(), "tasks done");
    let display = bar.clone();
    let outcome = client
        .job()
        .wait(job)
        .tasks_completed()
        .timeout(PATIENCE)
        .progress(move |now| display.at(now.completed.into()))
        .await?;
    bar.finish(outcome.tasks.completed.into())?;
    Ok(outcome)
}

async fn report(client: &Client, job: &str, outcome: &TasksOutcome) -> Result<()> {
    let mut out = io::stdout();
    writeln!(
        out,
        "{} tasks succeeded, {} failed",
        outcome.tasks.succeeded, outcome.tasks.failed
    )?;
    for failure in &outcome.failures {
        writeln!(out, "  {failure}")?;
    }
    let output = client
        .file()
        .get_from_task(job, "frame-001", "stdout.txt")
        .await?;
    let output = output.into_inner().bytes().await?;
    let output = String::from_utf8_lossy(&output);
    writeln!(out, "frame-001 wrote {output:?}")?;
    ensure!(outcome.is_success(), "not all tasks succeeded");
    Ok(())
}

/// A progress bar in a terminal; in a log, a line for each quarter of the progress.
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
            // If the pipe is closed, `finish` reports it.
            let _ = self.print("");
        }
    }

    fn finish(&self, position: u64) -> io::Result<()> {
        self.bar.set_position(position);
        self.bar.finish_and_clear();
        self.print(if self.in_terminal { "✓ " } else { "" })
    }

    fn print(&self, mark: &str) -> io::Result<()> {
        let seconds = self.started.elapsed().as_secs_f64();
        let (position, length) = (self.bar.position(), self.length());
        writeln!(
            io::stdout(),
            "{mark}{position}/{length} {} after {seconds:.1} s",
            self.label
        )
    }
}
