//! Jobs and files for [Azure Batch](https://learn.microsoft.com/azure/batch/), above
//! [`batch_client`]: take local files, upload what is missing, run a command for each of them,
//! watch, fetch the outputs, run failed tasks again.
//!
//! ```no_run
//! use batch_client::Client;
//! use batch_jobs::{FileSet, JobManager, Storage};
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let manager = JobManager::new(Client::from_env()?, Storage::from_env()?);
//! let scenes = FileSet::from_dir("scenes").recursive(true).pattern("*.blend").read()?;
//!
//! let job = manager
//!     .job("nightly")
//!     .on_pool("render")
//!     .command("mkdir out && blender -b {filePath} -o out/frame")
//!     .each_file(&manager.storage().group("nightly")?, scenes)
//!     .outputs("out/**/*")
//!     .submit()
//!     .progress(|now| eprintln!("{now}"))
//!     .await?;
//!
//! let outcome = job.watch().progress(|now| eprintln!("{now}")).await?;
//! println!("{outcome}"); // 2 of 500 tasks failed
//! for failure in job.failures().await? {
//!     println!("{failure}\n{}", failure.stderr.as_deref().unwrap_or_default());
//! }
//! job.outputs_to("frames").await?.into_result()?;
//! # Ok(())
//! # }
//! ```
//!
//! # From a folder to results
//!
//! 1. **Files.** A [`FileSet`] holds local files under names; [`FileSet::from_dir`] reads a folder.
//!    [`FileGroup::upload`] sends those that storage does not have, and
//!    [`submit`](JobPlan::submit) does it for you.
//! 2. **A plan.** [`JobManager::job`] names the job; [`on_pool`](JobPlan::on_pool) or
//!    [`auto_pool`](JobPlan::auto_pool) says where it runs, and [`command`](JobPlan::command) what
//!    each task runs. Tasks come from [`each_file`](JobPlan::each_file),
//!    [`sweep`](JobPlan::sweep) or [`tasks`](JobPlan::tasks). Everything is checked before
//!    anything is sent: ids, placeholders, sizes.
//! 3. **Results.** [`watch`](SubmittedJob::watch) waits with progress,
//!    [`outputs_to`](SubmittedJob::outputs_to) fetches, also while the job runs, and
//!    [`failures`](SubmittedJob::failures) has the exit code and the end of the standard error of
//!    each failed task. [`retry_failed`](SubmittedJob::retry_failed) runs them again.
//! 4. **The end.** [`clean_up`](SubmittedJob::clean_up) deletes what you say: the job, its outputs,
//!    its inputs.
//!
//! To try it, you need no account: with the feature `local`, `Local::start` runs a Batch service
//! and storage in your process, and tasks are processes on your machine. From the command line,
//! in a clone of this repository:
//!
//! ```sh
//! cargo run -q -p batch-jobs --features cli -- run batch-client/examples \
//!     'wc -l {filePath} > out.txt' --outputs out.txt --to RESULTS --local
//! ```
//!
//! # Run it again
//!
//! After Ctrl-C, a crash, a lost network or a day, run the same program again. It goes on where it
//! was: a file of the same length and time is not uploaded, a task of the same command and files
//! is not added, an output that is there is not fetched. Nothing is remembered on this machine:
//! the ids of tasks come from the names of their files, and storage and the job say what is there.
//!
//! - One listing of the file group, one of the tasks and one of the outputs show what is missing,
//!   in pages of 5,000 blobs and 1,000 tasks.
//! - Blobs and local files are always whole: a blob appears when its last block is there, and a
//!   local file is renamed into place.
//! - Tasks get signatures that allow a week, and are the same for a day. A task that still waits
//!   when its signature has less than a day is replaced by the next submission.
//! - A task with the same id and another command is an error, and is left alone.
//!
//! # Where things are
//!
//! | what | where | made by |
//! | --- | --- | --- |
//! | inputs | the container `fgrp-GROUP`, names as in the [`FileSet`] | [`FileGroup::upload`] |
//! | outputs of a task | the container `job-JOB`, `TASK/$TaskOutput/…` | the node, if the task succeeds |
//! | standard output and error | the container `job-JOB`, `TASK/$TaskLog/…` | the node, in any case |
//! | outputs of the merge task | the container `job-JOB`, `$JobOutput/…` | the node |
//!
//! These are the conventions of azure-batch-extensions and of the .NET file conventions, so Batch
//! Explorer and the portal show them.
//!
//! # Features
//!
//! - `cli`: the program `batch-jobs`, which does all of this from the command line.
//! - `config`: `JobPlan::job_type`, the job types of the client's configuration. Part of `cli`.
//! - `local`: `Local`, which runs jobs on this machine, without an account. Part of `cli`.
//!
//! # How it is built
//!
//! ```text
//! files ─► group ─► job ─► fetch          sets of local files; uploads; jobs; downloads
//!   │        │       ├─ command, sweep     what each task runs
//!   ▼        ▼       ▼
//! names    storage  batch_client           containers, blobs and ids; Azure Storage; Azure Batch
//! ```
//!
//! Every long call is a value whose methods are its settings, and which runs when it is awaited.
//! Dropping its future stops it and leaves nothing in the background.

#![cfg_attr(docsrs, feature(doc_cfg))]

mod command;
mod error;
mod fetch;
mod files;
mod group;
mod job;
#[cfg(feature = "local")]
mod local;
mod names;
mod storage;
mod sweep;

pub use error::{Error, Result};
pub use fetch::{Fetch, FetchFailure, FetchReport};
pub use files::{Dir, FileSet, LocalFile};
pub use group::{FileGroup, RemoteFile, Upload, UploadFailure, UploadProgress, UploadReport};
pub use job::{
    CleanUp, FailedTask, JobManager, JobPlan, ListedJob, Outputs, Progress, Submit, SubmitProgress,
    SubmittedJob, Watch, Watched,
};
#[cfg(feature = "local")]
#[cfg_attr(docsrs, doc(cfg(feature = "local")))]
pub use local::Local;
pub use storage::{Sas, Storage, StorageCredential, StorageKey};
pub use sweep::Range;

// Its types are in public signatures, so that users need not match versions.
pub use batch_client;

use std::pin::Pin;

/// Future of a call that runs when it is awaited.
type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// The README, included so that its examples are compiled.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
