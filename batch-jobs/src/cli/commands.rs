//! The commands of the program.

use std::io::{self, Write as _};
use std::path::Path;

use batch_jobs::batch_client::Client;
use batch_jobs::batch_client::config::Config;
use batch_jobs::{FileSet, JobManager, Local, Storage, SubmittedJob};
use futures_util::StreamExt as _;

use super::arguments::{Command, Run};
use super::report::Report;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// Carries out a command; false if tasks or files have failed.
pub(crate) async fn run(command: Command, report: &Report) -> Result<bool> {
    if let Command::Run(options @ Run { local: true, .. }) = command {
        let local = Local::start().await?;
        let options = Run {
            pool: Some(Local::POOL.to_owned()),
            ..options
        };
        return run_folder(local.manager(), options, report).await;
    }
    let manager = JobManager::new(Client::from_env()?, Storage::from_env()?);
    match command {
        Command::Help => Ok(true),
        Command::Run(options) => run_folder(&manager, options, report).await,
        Command::Jobs => jobs(&manager, report).await,
        Command::Watch { job } => watch(&manager.attach(&job)?, report).await,
        Command::Failures { job } => failures(&manager.attach(&job)?, report).await,
        Command::Tail { job, task, file } => {
            tail(&manager.attach(&job)?, &manager, &task, &file).await
        }
        Command::Outputs { job, dir } => fetch(&manager.attach(&job)?, &dir, report).await,
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

async fn run_folder(manager: &JobManager, options: Run, report: &Report) -> Result<bool> {
    let mut dir = FileSet::from_dir(&options.dir).recursive(true);
    for pattern in options.patterns {
        dir = dir.pattern(pattern);
    }
    let group = manager.storage().group(&options.group)?;
    let plan = manager.job(options.job).command(options.command);
    let mut plan = plan.each_file(&group, dir.read()?);
    if let Some(pool) = options.pool {
        plan = plan.on_pool(pool);
    }
    for pattern in options.outputs {
        plan = plan.outputs(pattern);
    }
    for (name, value) in options.parameters {
        plan = plan.parameter(name, value);
    }
    if let Some(name) = options.job_type {
        let config = Config::load()?;
        let job_type = config.job_type(&name).ok_or_else(|| {
            format!("cannot find the job type `{name}`: the profile of the configuration lacks it")
        })?;
        plan = plan.job_type(job_type);
    }
    let progress = report.clone();
    let submit = plan.submit().progress(move |now| progress.submitting(now));
    let job = submit.await?;
    let succeeded = watch(&job, report).await?;
    let fetched = match options.to {
        Some(to) => fetch(&job, &to, report).await?,
        None => true,
    };
    Ok(succeeded && fetched)
}

async fn jobs(manager: &JobManager, report: &Report) -> Result<bool> {
    let mut jobs = manager.jobs();
    while let Some(job) = jobs.next().await {
        report.job(&job?)?;
    }
    Ok(true)
}

async fn watch(job: &SubmittedJob, report: &Report) -> Result<bool> {
    let progress = report.clone();
    let watch = job.watch().progress(move |now| progress.watching(now));
    let outcome = watch.await?;
    report.outcome(&outcome)?;
    if outcome.tasks.failed > 0 {
        failures(job, report).await?;
    }
    Ok(outcome.is_success())
}

async fn failures(job: &SubmittedJob, report: &Report) -> Result<bool> {
    let failures = job.failures().await?;
    for failure in &failures {
        report.failure(failure)?;
    }
    Ok(failures.is_empty())
}

async fn fetch(job: &SubmittedJob, to: &Path, report: &Report) -> Result<bool> {
    let fetched = job.outputs_to(to).await?;
    report.fetched(&fetched)?;
    Ok(fetched.failed.is_empty())
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
