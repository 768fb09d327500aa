//! Jobs: a plan, its submission, and the job that it becomes.
//!
//! ```text
//! JobPlan ─► build (pure: every task, checked) ─► submit ─► SubmittedJob ─► watch, outputs,
//!                                                   │                       failures, retry …
//!                    upload, job, tasks that are missing
//! ```

mod build;
mod failures;
mod jobs;
mod outputs;
mod plan;
mod submit;
mod submitted;
mod watch;

pub use failures::FailedTask;
pub use jobs::ListedJob;
pub use outputs::Outputs;
pub use plan::JobPlan;
pub use submit::{Submit, SubmitProgress};
pub use submitted::{CleanUp, SubmittedJob};
pub use watch::{Progress, Watch, Watched};

use batch_client::Client;

use crate::error::{Error, Result};
use crate::names::check_id;
use crate::storage::Storage;

/// Submits jobs whose inputs and outputs are in Azure Storage. Clones are cheap.
///
/// ```no_run
/// use batch_client::Client;
/// use batch_jobs::{FileSet, JobManager, Storage};
///
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let manager = JobManager::new(Client::from_env()?, Storage::from_env()?);
/// let scenes = FileSet::from_dir("scenes").recursive(true).pattern("*.blend").read()?;
/// let job = manager
///     .job("nightly")
///     .on_pool("render")
///     .command("mkdir out && blender -b {filePath} -o out/frame")
///     .each_file(&manager.storage().group("nightly")?, scenes)
///     .outputs("out/**/*")
///     .submit()
///     .await?; // Run it again after a crash: it goes on where it was.
/// let outcome = job.watch().progress(|now| eprintln!("{now}")).await?;
/// println!("{outcome}");
/// job.outputs_to("frames").await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct JobManager {
    client: Client,
    storage: Storage,
}

impl JobManager {
    /// Combines a client of the Batch account and a storage account.
    pub fn new(client: Client, storage: Storage) -> Self {
        Self { client, storage }
    }

    /// Returns the client of the Batch account.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Returns the storage account.
    pub fn storage(&self) -> &Storage {
        &self.storage
    }

    /// Plans a job. Nothing is sent before [`submit`](JobPlan::submit).
    pub fn job(&self, id: impl Into<String>) -> JobPlan {
        JobPlan::new(self.clone(), id.into())
    }

    /// Returns a job that was submitted earlier, by its id or its URL. Sends nothing.
    ///
    /// # Errors
    ///
    /// The text is neither an id nor the URL of a job.
    pub fn attach(&self, id_or_url: &str) -> Result<SubmittedJob> {
        let id = match id_or_url.split_once("/jobs/") {
            Some((_, rest)) => rest.split(['/', '?', '#']).next().unwrap_or_default(),
            None if id_or_url.contains("://") => {
                // A URL may hold a signature, so it is not shown.
                return Err(Error::invalid(
                    "cannot attach to the job: the URL has no `/jobs/ID`; pass the job's id",
                ));
            }
            None => id_or_url,
        };
        check_job(id)?;
        Ok(SubmittedJob::new(self.clone(), id.to_owned()))
    }
}

/// Checks the id of a job; those of a schedule have a colon.
fn check_job(id: &str) -> Result<()> {
    match id.split_once(':') {
        Some((schedule, job)) => check_id("job schedule", schedule).and(check_id("job", job)),
        None => check_id("job", id),
    }
}
