//! A complete workflow: a pool, a job with 250 tasks, waiting for them, reading an output, cleaning
//! up.
//!
//! ```toml
//! [dependencies]
//! anyhow = "1"
//! batch-client = { git = "https://github.com/azure-batch-rs/azure-batch-rs" }
//! batch-emulator = { git = "https://github.com/azure-batch-rs/azure-batch-rs" }
//! indicatif = { version = "0.18", default-features = false }
//! tokio = { version = "1", features = ["macros", "rt-multi-thread", "signal"] }
//! ```
//!
//! Where `Client::from_env` finds an account (in variables, in a profile, or because of `az batch
//! account login`), it runs there, and the pool's three nodes cost money while they exist.
//! Otherwise, or with `--emulator`, it starts the emulator in its own process, with a clock four
//! times as fast as real time. There, tasks are executed as local processes on Unix; elsewhere they
//! are simulated.

use std::env;
use std::io::{self, IsTerminal as _, Write as _, stdout};
use std::time::{Duration, Instant};

use anyhow::{Error, Result, anyhow, bail, ensure};
use batch_client::chrono::Utc;
use batch_client::models::{
    ImageReference, JobAddParameter, PoolAddParameter, TaskAddParameter,
    VirtualMachineConfiguration,
};
use batch_client::wait::{NodesOutcome, TasksOutcome};
use batch_client::{Client, SharedKey};
use batch_emulator::{Config, Emulator};
use indicatif::{ProgressBar, ProgressStyle};

const NODES: u8 = 3;
const TASKS: u8 = 250;

/// Timeout for each wait. Without one, a wait may never end while its nodes cost money.
const PATIENCE: Duration = Duration::from_secs(1800);

#[tokio::main]
async fn main() -> Result<()> {
    let (client, emulator) = connect().await?;
    let id = format!("quickstart-{}", Utc::now().timestamp());
    let worked = tokio::select! {
        worked = work(&client, &id) => worked,
        pressed = tokio::signal::ctrl_c() => {
            Err(pressed.err().map_or_else(|| anyhow!("interrupted"), Error::from))
        }
    };
    // Also after an error or Ctrl-C, because nodes that are left behind cost money.
    let cleaned = clean_up(&client, &id).await;
    if let Some(emulator) = emulator {
        emulator.stop().await;
    }
    match worked.and(cleaned) {
        // The reader of a pipe may end first, as in `quickstart | head -1`.
        Err(error) if is_closed_pipe(&error) => Ok(()),
        result => result,
    }
}

/// Connects to the account that is configured, or to an emulator that exists as long as this
/// program.
async fn connect() -> Result<(Client, Option<Emulator>)> {
    let wants_emulator = env::args_os().any(|argument| argument == "--emulator");
    if !wants_emulator && batch_client::Config::load()?.endpoint().is_some() {
        return Ok((Client::from_env()?, None));
    }
    let config = Config::default().clock_speed(4.0).execute(cfg!(unix));
    let emulator = batch_emulator::start(config).await?;
    let key = SharedKey::new(emulator.account(), emulator.key())?;
    Ok((Client::new(emulator.endpoint(), key)?, Some(emulator)))
}

async fn work(client: &Client, id: &str) -> Result<()> {
    writeln!(stdout(), "Azure Batch at {}", client.endpoint())?;
    client.pool().add(pool(id)).await?;
    wait_for_nodes(client, id).await?;

    client.job().add(JobAddParameter::new(id, id)).await?;
    add_tasks(client, id).await?;
    let outcome = wait_for_tasks(client, id).await?;
    report(client, id, &outcome).await
}

/// A pool of small Ubuntu machines, each of which runs up to four tasks at once.
fn pool(id: &str) -> PoolAddParameter {
    let image = ImageReference::marketplace("canonical", "ubuntu-24_04-lts", "server");
    let machines = VirtualMachineConfiguration::new(image, "batch.node.ubuntu 24.04");
    PoolAddParameter::new(id, "standard_d2s_v3")
        .with_virtual_machine_configuration(machines)
        .with_target_dedicated_nodes(NODES.into())
        .with_task_slots_per_node(4)
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
    let mut out = stdout();
    writeln!(out, "{outcome}")?;
    for failure in &outcome.failures {
        writeln!(out, "  {failure}")?;
    }
    let output = client.file().get_from_task(job, "frame-001", "stdout.txt");
    let output = output.await?.into_inner().bytes().await?;
    let output = String::from_utf8_lossy(&output);
    writeln!(out, "frame-001 wrote: {}", output.trim())?;
    ensure!(outcome.is_success(), "not all tasks succeeded");
    Ok(())
}

/// Deletes the job and the pool, if they were added.
async fn clean_up(client: &Client, id: &str) -> Result<()> {
    let job = client.job().delete(id).await.map(drop);
    let pool = client.pool().delete(id).await.map(drop);
    for deleted in [job, pool] {
        match deleted {
            // A key that the service rejects has added nothing.
            Err(error) if error.is_not_found() || error.is_auth() => {}
            Err(error) => {
                eprintln!("cannot clean up, so {id} may remain: {error}");
                return Err(error.into());
            }
            Ok(()) => {}
        }
    }
    // Nobody may be reading any more.
    let _ = writeln!(stdout(), "cleaned up");
    Ok(())
}

fn is_closed_pipe(error: &Error) -> bool {
    let error = error.downcast_ref::<io::Error>();
    error.is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
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
            in_terminal: stdout().is_terminal(),
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
            stdout(),
            "{mark}{position}/{length} {} after {seconds:.1} s",
            self.label
        )
    }
}
