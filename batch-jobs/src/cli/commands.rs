//! The commands of the program.

use std::io::{self, Write as _};
use std::path::Path;

use batch_jobs::batch_client::Client;
use batch_jobs::batch_client::wait::TasksOutcome;
use batch_jobs::{FileSet, JobManager, Local, Storage, SubmittedJob};

use super::arguments::{Command, Run};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// Carries out a command; false if tasks or files have failed.
pub(crate) async fn run(command: Command) -> Result<bool> {
    if let Command::Run(options @ Run { pool: None, .. }) = command {
        let local = Local::start().await?;
        return run_folder(local.manager(), options, Local::POOL.to_owned()).await;
    }
    let manager = JobManager::new(Client::from_env()?, Storage::from_env()?);
    match command {
        Command::Help => Ok(true),
        Command::Run(mut options) => {
            let pool = options.pool.take().unwrap_or_default();
            run_folder(&manager, options, pool).await
        }
        Command::Watch { job } => watch(&manager.attach(&job)?).await,
        Command::Failures { job } => failures(&manager.attach(&job)?).await,
        Command::Tail { job, task, file } => {
            tail(&manager.attach(&job)?, &manager, &task, &file).await
        }
        Command::Outputs { job, dir } => fetch(&manager.attach(&job)?, &dir).await,
        Command::Cancel { job } => {
            manager.attach(&job)?.cancel().await?;
            Ok(true)
        }
        Command::Clean { job, outputs } => {
            let clean = manager.attach(&job)?.clean_up().job();
            let clean = if outputs { clean.outputs() } else { clean };
            clean.await?;
            Ok(true)
        }
    }
}

async fn run_folder(manager: &JobManager, options: Run, pool: String) -> Result<bool> {
    let mut dir = FileSet::from_dir(&options.dir).recursive(true);
    for pattern in options.patterns {
        dir = dir.pattern(pattern);
    }
    let group = manager.storage().group(&options.group)?;
    let plan = manager
        .job(options.job)
        .on_pool(pool)
        .command(options.command);
    let mut plan = plan.each_file(&group, dir.read()?);
    for pattern in options.outputs {
        plan = plan.outputs(pattern);
    }
    for (name, value) in options.parameters {
        plan = plan.parameter(name, value);
    }
    let job = plan.submit().progress(|now| eprintln!("{now}")).await?;
    let succeeded = watch(&job).await?;
    let fetched = match options.to {
        Some(to) => fetch(&job, &to).await?,
        None => true,
    };
    Ok(succeeded && fetched)
}

async fn watch(job: &SubmittedJob) -> Result<bool> {
    let outcome: TasksOutcome = job.watch().progress(|now| eprintln!("{now}")).await?;
    writeln!(io::stdout(), "{outcome}")?;
    if outcome.tasks.failed > 0 {
        failures(job).await?;
    }
    Ok(outcome.is_success())
}

async fn failures(job: &SubmittedJob) -> Result<bool> {
    let failures = job.failures().await?;
    let mut out = io::stdout();
    for failure in &failures {
        writeln!(out, "{failure}")?;
        for line in failure.stderr.iter().flat_map(|text| text.lines()) {
            writeln!(out, "  {line}")?;
        }
    }
    Ok(failures.is_empty())
}

async fn fetch(job: &SubmittedJob, to: &Path) -> Result<bool> {
    let report = job.outputs_to(to).await?;
    writeln!(io::stdout(), "{report}")?;
    for failure in &report.failed {
        eprintln!("{failure}");
    }
    Ok(report.failed.is_empty())
}

async fn tail(job: &SubmittedJob, manager: &JobManager, task: &str, file: &str) -> Result<bool> {
    let tail = manager.client().file().tail_task(job.id(), task, file);
    let mut content = tail.follow();
    let mut out = io::stdout();
    while let Some(piece) = content.try_next().await? {
        out.write_all(&piece)?;
        out.flush()?;
    }
    Ok(true)
}
