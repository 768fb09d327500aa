//! Submission: what a plan lacks is sent, and what is there is left alone.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex};

use batch_client::chrono::{DateTime, Days, Utc};
use batch_client::codes;
use batch_client::models::{
    CloudTask, JobPatchParameter, JobState, OnAllTasksComplete, OutputFile, ResourceFile,
    TaskAddParameter, TaskState,
};
use reqwest::Url;

use super::build::{Built, build};
use super::plan::{JobPlan, Work};
use super::submitted::SubmittedJob;
use crate::BoxFuture;
use crate::error::{Error, Result};
use crate::group::UploadProgress;
use crate::names::job_container;

type Callback = Box<dyn FnMut(&SubmitProgress) + Send>;

/// A submission, which starts when it is awaited; see [`JobPlan::submit`].
///
/// Dropping it stops at once; another submission of the same plan goes on.
#[must_use = "a submission starts only when it is awaited"]
pub struct Submit {
    plan: JobPlan,
    progress: Option<Callback>,
}

/// Progress of a submission.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum SubmitProgress {
    /// Files are being uploaded.
    Uploading(UploadProgress),
    /// Tasks are being added.
    #[non_exhaustive]
    Adding {
        /// Tasks that are in the job.
        done: u64,
        /// All tasks.
        tasks: u64,
    },
}

impl fmt::Display for SubmitProgress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Uploading(progress) => progress.fmt(f),
            Self::Adding { done, tasks } => write!(f, "added {done} of {tasks} tasks"),
        }
    }
}

impl Submit {
    pub(super) fn new(plan: JobPlan) -> Self {
        let progress = None;
        Self { plan, progress }
    }

    /// Sets a callback for the progress.
    pub fn progress(self, callback: impl FnMut(&SubmitProgress) + Send + 'static) -> Self {
        let progress: Option<Callback> = Some(Box::new(callback));
        Self { progress, ..self }
    }

    async fn run(self) -> Result<SubmittedJob> {
        let now = Utc::now();
        let Built { job, tasks } = build(&self.plan, now)?;
        let (plan, progress) = (self.plan, Arc::new(Mutex::new(self.progress)));
        let client = &plan.manager.client;
        if let Some(pool) = &job.pool_info.pool_id
            && !client.pool().exists(pool).await?
        {
            return Err(Error::invalid(format!(
                "cannot submit the job `{}`: the pool `{pool}` does not exist; create it first",
                plan.id
            )));
        }
        if let Work::Files(group, files) = &plan.work {
            let progress = progress.clone();
            let upload = group.upload(files);
            let upload =
                upload.progress(move |now| tell(&progress, &SubmitProgress::Uploading(*now)));
            upload.await?.into_result()?;
        }
        plan.manager
            .storage
            .create(&job_container(&plan.id))
            .await?;
        let is_auto = job.pool_info.auto_pool_specification.is_some();
        let target = Target {
            client,
            job: &plan.id,
            now,
        };
        let is_open = target.add_job(job).await?;
        let all = tasks.len() as u64;
        let missing = target.missing(tasks).await?;
        let there = all - missing.len() as u64;
        tell(
            &progress,
            &SubmitProgress::Adding {
                done: there,
                tasks: all,
            },
        );
        if !missing.is_empty() {
            if !is_open {
                return Err(Error::invalid(format!(
                    "cannot add {} tasks to the job `{}`: it has ended; submit them under another id",
                    missing.len(),
                    plan.id
                )));
            }
            let added = client.task().add_all(&plan.id, missing);
            let progress = progress.clone();
            let added = added.progress(move |report| {
                let done = there + report.added + report.already_there;
                tell(&progress, &SubmitProgress::Adding { done, tasks: all });
            });
            added.await?;
        }
        if is_auto && is_open {
            let end = OnAllTasksComplete::TerminateJob;
            let patch = JobPatchParameter::new().with_on_all_tasks_complete(end);
            client.job().patch(&plan.id, patch).await?;
        }
        Ok(SubmittedJob::new(plan.manager, plan.id))
    }
}

fn tell(progress: &Mutex<Option<Callback>>, now: &SubmitProgress) {
    // A callback that panicked once is not called again.
    if let Ok(mut progress) = progress.lock()
        && let Some(progress) = &mut *progress
    {
        progress(now);
    }
}

impl IntoFuture for Submit {
    type Output = Result<SubmittedJob>;
    type IntoFuture = BoxFuture<Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

impl fmt::Debug for Submit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Submit")
            .field("plan", &self.plan)
            .finish_non_exhaustive()
    }
}

/// Returns true if the service has a job of this id: the code also says in which state.
fn is_existence(error: &batch_client::Error) -> bool {
    let exists = [
        codes::JOB_EXISTS,
        codes::JOB_COMPLETED,
        codes::JOB_BEING_TERMINATED,
        codes::JOB_BEING_DELETED,
    ];
    error.code().is_some_and(|code| exists.contains(&code))
}

/// The job that is submitted.
struct Target<'a> {
    client: &'a batch_client::Client,
    job: &'a str,
    now: DateTime<Utc>,
}

impl Target<'_> {
    /// Adds the job unless it is there; false if it has ended.
    async fn add_job(&self, job: batch_client::models::JobAddParameter) -> Result<bool> {
        let pool = job.pool_info.pool_id.clone();
        match self.client.job().add(job).await {
            Ok(_) => return Ok(true),
            Err(error) if is_existence(&error) => {}
            Err(error) => return Err(error.into()),
        }
        let there = self.client.job().get(self.job).await?.into_inner();
        let there_pool = there.pool_info.and_then(|info| info.pool_id);
        if pool.is_some() && there_pool != pool {
            return Err(Error::invalid(format!(
                "cannot submit the job `{}`: it exists on {}; submit it under another id",
                self.job,
                there_pool.map_or("an auto pool".to_owned(), |pool| format!(
                    "the pool `{pool}`"
                ))
            )));
        }
        match there.state {
            Some(JobState::Deleting) => Err(Error::invalid(format!(
                "cannot submit the job `{}`: it is being deleted; wait until it is gone",
                self.job
            ))),
            Some(JobState::Completed | JobState::Terminating) => Ok(false),
            _ => Ok(true),
        }
    }

    /// Returns the tasks that the job lacks. Tasks that wait and could not run any more, because
    /// their signature ends within a day, are deleted, so that they are added with a new one.
    async fn missing(&self, tasks: Vec<TaskAddParameter>) -> Result<Vec<TaskAddParameter>> {
        let mut there = self.there().await?;
        let mut missing = Vec::new();
        let mut different = Vec::new();
        for task in tasks {
            match there.remove(&task.id) {
                None => missing.push(task),
                Some(old) if !is_same(&task, &old) => different.push(task.id),
                Some(old) if self.is_expiring(&old) => {
                    if self.is_withdrawn(&old).await? {
                        missing.push(task);
                    }
                }
                Some(_) => {}
            }
        }
        if let Some(first) = different.first() {
            return Err(Error::invalid(format!(
                "cannot submit the job `{}`: {} of its tasks exist with another command or other \
                 files, such as `{first}`; submit the plan under another id",
                self.job,
                different.len()
            )));
        }
        Ok(missing)
    }

    async fn there(&self) -> Result<HashMap<String, CloudTask>> {
        let list = self.client.task().list(self.job);
        let list = list.select("id,state,eTag,commandLine,resourceFiles,outputFiles");
        let mut tasks = list.stream();
        let mut there = HashMap::new();
        while let Some(task) = tasks.try_next().await? {
            there.extend(task.id.clone().map(|id| (id, task)));
        }
        Ok(there)
    }

    fn is_expiring(&self, task: &CloudTask) -> bool {
        let soon = self.now.checked_add_days(Days::new(1)).unwrap_or(self.now);
        let files = task.resource_files.iter().flatten();
        let mut ends = files.filter_map(|file| {
            let url = file
                .http_url
                .as_ref()
                .or(file.storage_container_url.as_ref())?;
            let url = Url::parse(url).ok()?;
            let mut pairs = url.query_pairs();
            let (_, end) = pairs.find(|(name, _)| name == "se")?;
            end.parse::<DateTime<Utc>>().ok()
        });
        task.state == Some(TaskState::Active) && ends.any(|end| end < soon)
    }

    /// Deletes a task that has not started; false if it has started in the meantime.
    async fn is_withdrawn(&self, task: &CloudTask) -> Result<bool> {
        let id = task.id.as_deref().unwrap_or_default();
        let Some(etag) = &task.etag else {
            return Ok(false);
        };
        match self.client.task().delete(self.job, id).if_match(etag).await {
            Ok(_) => Ok(true),
            Err(error) if error.is_not_found() => Ok(true),
            Err(error) if error.is_precondition_failed() => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}

/// Compares what the plan says about a task. Signatures differ from day to day and do not count.
fn is_same(task: &TaskAddParameter, old: &CloudTask) -> bool {
    let inputs = |files: &Option<Vec<ResourceFile>>| -> Vec<_> {
        let files = files.iter().flatten();
        let parts = files.map(|file| {
            let url = file
                .http_url
                .as_deref()
                .or(file.storage_container_url.as_deref());
            (url.map(unsigned), file.file_path.clone())
        });
        parts.collect()
    };
    let outputs = |files: &Option<Vec<OutputFile>>| -> Vec<_> {
        let files = files.iter().flatten();
        let parts = files.map(|file| {
            let to = file
                .destination
                .as_ref()
                .and_then(|to| to.container.as_ref());
            let url = to.and_then(|to| to.container_url.as_deref()).map(unsigned);
            (
                file.file_pattern.clone(),
                url,
                to.and_then(|to| to.path.clone()),
            )
        });
        parts.collect()
    };
    old.command_line.as_ref() == Some(&task.command_line)
        && inputs(&task.resource_files) == inputs(&old.resource_files)
        && outputs(&task.output_files) == outputs(&old.output_files)
}

fn unsigned(url: &str) -> String {
    url.split('?').next().unwrap_or_default().to_owned()
}
