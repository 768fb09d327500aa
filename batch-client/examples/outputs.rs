//! Outputs of tasks: following a task's output while it runs, single files, whole folders, and
//! files that the service uploads to a container.
//!
//! `cargo run -p batch-client --example outputs`
//!
//! On the emulator, the task is executed as a local process, which needs Unix.

mod account;

use std::time::{Duration, Instant};
use std::{env, fs};

use anyhow::{Result, ensure};
use batch_client::Client;
use batch_client::models::{
    JobAddParameter, OutputFile, OutputFileBlobContainerDestination, OutputFileDestination,
    OutputFileUploadCondition, OutputFileUploadOptions, TaskAddParameter,
};
use batch_emulator::Config;

use account::{Account, Container, PATIENCE, on, ubuntu};

const SCRIPT: &str = "\
    for frame in 1 2 3 4 5; do echo frame $frame; echo image $frame > image-$frame.txt; sleep 1; done; \
    mkdir logs; echo all is well > logs/summary.txt; echo a warning >&2";

#[tokio::main]
async fn main() -> Result<()> {
    let config = Config::default().clock_speed(4.0).execute(true);
    let account = account::connect("outputs", config).await?;
    let worked = work(&account).await;
    account.clean_up(worked).await
}

async fn work(account: &Account) -> Result<()> {
    let Account {
        client, pool, job, ..
    } = account;
    account.add_pool(ubuntu(pool), 1).await?;
    client
        .job()
        .add(JobAddParameter::new(job, on(pool)))
        .await?;
    let container = account.container().await?;
    let mut task = TaskAddParameter::new("render", format!("/bin/sh -c '{SCRIPT}'"));
    match &container {
        Some(container) => task = task.with_output_files([to_container(container)]),
        None => println!("there is no container, so output files are skipped"),
    }
    client.task().add(job, task).await?;

    follow(client, job).await?;
    let done = client
        .job()
        .wait(job)
        .tasks_completed()
        .timeout(PATIENCE)
        .await?;
    ensure!(done.is_success(), "{done:?}");
    single_file(client, job).await?;
    whole_folder(client, job).await?;
    if let Some(container) = container {
        let images: Vec<_> = container
            .blobs()
            .into_iter()
            .map(|(name, _)| name)
            .collect();
        println!("in the container: {}", images.join(", "));
        ensure!(images.len() == 5 && images[0] == "render/image-1.txt");
    }
    Ok(())
}

/// Uploads the images to the container after the task has succeeded. The pattern is relative to the
/// task's working directory.
fn to_container(container: &Container) -> OutputFile {
    let to = OutputFileBlobContainerDestination::new(&container.url).with_path("render");
    let to = OutputFileDestination::default().with_container(to);
    let when = OutputFileUploadOptions::new(OutputFileUploadCondition::TaskSuccess);
    OutputFile::new("image-*.txt", to, when)
}

/// Reads the standard output as it arrives; the stream ends with the task.
async fn follow(client: &Client, job: &str) -> Result<()> {
    let begun = Instant::now();
    let tail = client.file().tail_task(job, "render", "stdout.txt");
    let mut output = tail.max_interval(Duration::from_millis(500)).follow();
    let (mut text, mut pieces) = (String::new(), 0);
    while let Some(piece) = output.try_next().await? {
        let piece = String::from_utf8_lossy(&piece);
        let seconds = begun.elapsed().as_secs_f64();
        println!("{seconds:4.1} s: {}", piece.trim().replace('\n', ", "));
        text.push_str(&piece);
        pieces += 1;
    }
    ensure!(
        text == "frame 1\nframe 2\nframe 3\nframe 4\nframe 5\n",
        "{text:?}"
    );
    ensure!(
        pieces > 1,
        "the output arrived only after the task had ended"
    );
    Ok(())
}

/// Reads a small file into memory, after checking its length.
async fn single_file(client: &Client, job: &str) -> Result<()> {
    let files = client.file();
    let properties = files
        .get_properties_from_task(job, "render", "stderr.txt")
        .await?;
    let length = properties.content_length.unwrap_or_default();
    let errors = files.get_from_task(job, "render", "stderr.txt").await?;
    let errors = errors.into_inner().bytes().await?;
    println!(
        "stderr.txt, {length} bytes: {}",
        String::from_utf8_lossy(&errors).trim()
    );
    ensure!(errors == "a warning\n");
    Ok(())
}

/// Downloads everything in the task's working directory to a local folder.
async fn whole_folder(client: &Client, job: &str) -> Result<()> {
    let folder = env::temp_dir().join(job);
    let downloaded = client
        .file()
        .download_all_from_task(job, "render")
        .to(&folder)
        .filter(|file| file.path.starts_with("wd/"))
        .await;
    let summary = fs::read_to_string(folder.join("wd/logs/summary.txt"));
    // Leave nothing behind, whatever the result; if nothing arrived, there is nothing to remove.
    let _ = fs::remove_dir_all(&folder);
    let downloaded = downloaded?;
    for file in &downloaded.files {
        println!("  {}", file.display());
    }
    println!(
        "{} files, {} bytes",
        downloaded.files.len(),
        downloaded.bytes
    );
    ensure!(summary? == "all is well\n");
    ensure!(downloaded.files.len() == 6, "{downloaded:?}");
    Ok(())
}
