//! Outputs of tasks: following a task's output while it runs, single files, whole folders, and
//! files that the service uploads to a container.
//!
//! Its argument is the URL of a storage container with a SAS that allows writing. Without it, no
//! files are uploaded.
//!
//! ```toml
//! [dependencies]
//! anyhow = "1"
//! batch-client = { git = "https://github.com/azure-batch-rs/azure-batch-rs" }
//! tokio = { version = "1", features = ["macros", "rt-multi-thread"] }
//! ```
//!
//! It runs on the account that `Client::from_env` reads. In this repository, `cargo xtask examples
//! outputs` runs it on the emulator, which executes tasks as local processes; that needs
//! Unix.

use std::env;
use std::io::{self, Write as _, stdout};
use std::time::{Duration, Instant};

use anyhow::{Error, Result, bail};
use batch_client::Client;
use batch_client::chrono::Utc;
use batch_client::models::{
    ImageReference, JobAddParameter, OutputFile, PoolAddParameter, TaskAddParameter,
    VirtualMachineConfiguration,
};
use batch_client::wait::NodesOutcome;

const SCRIPT: &str = "\
    for frame in 1 2 3 4 5; do echo frame $frame; echo image $frame > image-$frame.txt; sleep 1; done; \
    mkdir logs; echo all is well > logs/summary.txt; echo a warning >&2";

/// Timeout for each wait. Without one, a wait may never end while its nodes cost money.
const PATIENCE: Duration = Duration::from_secs(1800);

#[tokio::main]
async fn main() -> Result<()> {
    let client = Client::from_env()?;
    let id = format!("outputs-{}", Utc::now().timestamp());
    let worked = work(&client, &id).await;
    // Also after an error, because nodes cost money while they exist.
    match worked.and(clean_up(&client, &id).await) {
        // The reader of a pipe may end first, as in `outputs | head -1`.
        Err(error) if is_closed_pipe(&error) => Ok(()),
        result => result,
    }
}

async fn work(client: &Client, id: &str) -> Result<()> {
    client
        .pool()
        .add(ubuntu(id).with_target_dedicated_nodes(1))
        .await?;
    wait_for_nodes(client, id, 1).await?;
    client.job().add(JobAddParameter::new(id, id)).await?;

    let mut task = TaskAddParameter::new("render", format!("/bin/sh -c '{SCRIPT}'"));
    if let Some(container) = env::args().nth(1) {
        // The pattern is relative to the task's working directory. The service uploads the files
        // before it completes the task.
        let images = OutputFile::to_container("image-*.txt", container).with_path("render");
        task = task.with_output_files([images]);
    }
    client.task().add(id, task).await?;

    follow(client, id).await?;
    let done = client.job().wait(id).tasks_completed();
    writeln!(stdout(), "{}", done.timeout(PATIENCE).await?)?;
    single_file(client, id).await?;
    whole_folder(client, id).await
}

/// Reads the standard output as it arrives; the stream ends with the task.
async fn follow(client: &Client, job: &str) -> Result<()> {
    let begun = Instant::now();
    let tail = client.file().tail_task(job, "render", "stdout.txt");
    let mut output = tail.max_interval(Duration::from_millis(500)).follow();
    while let Some(piece) = output.try_next().await? {
        let piece = String::from_utf8_lossy(&piece);
        let piece = piece.trim().replace('\n', ", ");
        let seconds = begun.elapsed().as_secs_f64();
        writeln!(stdout(), "{seconds:4.1} s: {piece}")?;
    }
    Ok(())
}

/// Reads a small file into memory, after checking its length.
async fn single_file(client: &Client, job: &str) -> Result<()> {
    let files = client.file();
    let properties = files.get_properties_from_task(job, "render", "stderr.txt");
    let length = properties.await?.content_length.unwrap_or_default();
    let errors = files.get_from_task(job, "render", "stderr.txt").await?;
    let errors = errors.into_inner().bytes().await?;
    let errors = String::from_utf8_lossy(&errors);
    writeln!(stdout(), "stderr.txt, {length} bytes: {}", errors.trim())?;
    Ok(())
}

/// Downloads everything in the task's working directory to a folder, and removes it again.
async fn whole_folder(client: &Client, job: &str) -> Result<()> {
    let folder = env::temp_dir().join(job);
    let files = client.file().download_all_from_task(job, "render");
    let downloaded = files
        .to(&folder)
        .filter(|file| file.path.starts_with("wd/"))
        .await;
    // A program that uses the files would do so here. If none has arrived, there is no folder.
    let _ = std::fs::remove_dir_all(&folder);
    let downloaded = downloaded?;
    for file in &downloaded.files {
        writeln!(stdout(), "  {}", file.strip_prefix(&folder)?.display())?;
    }
    writeln!(
        stdout(),
        "downloaded {} files, {} bytes",
        downloaded.files.len(),
        downloaded.bytes
    )?;
    Ok(())
}

/// A pool of small Ubuntu machines; the caller sets the number of nodes.
fn ubuntu(id: &str) -> PoolAddParameter {
    let image = ImageReference::marketplace("canonical", "ubuntu-24_04-lts", "server");
    let machines = VirtualMachineConfiguration::new(image, "batch.node.ubuntu 24.04");
    PoolAddParameter::new(id, "standard_d2s_v3").with_virtual_machine_configuration(machines)
}

/// Waits until this many nodes of the pool are idle.
async fn wait_for_nodes(client: &Client, pool: &str, nodes: usize) -> Result<()> {
    let idle = client.pool().wait(pool).nodes_idle(nodes);
    match idle.timeout(PATIENCE).await? {
        NodesOutcome::Idle(_) => Ok(()),
        other => bail!("the pool did not get its nodes: {other:?}"),
    }
}

/// Deletes the job and the pool, if they were added.
async fn clean_up(client: &Client, id: &str) -> Result<()> {
    let job = client.job().delete(id).await.map(drop);
    let pool = client.pool().delete(id).await.map(drop);
    for deleted in [job, pool] {
        match deleted {
            Err(error) if error.is_not_found() => {}
            deleted => deleted?,
        }
    }
    Ok(())
}

fn is_closed_pipe(error: &Error) -> bool {
    let error = error.downcast_ref::<io::Error>();
    error.is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}
