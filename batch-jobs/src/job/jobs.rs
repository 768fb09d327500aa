//! The jobs that were submitted by this crate.

use std::pin::Pin;

use batch_client::chrono::{DateTime, Utc};
use batch_client::models::{CloudJob, JobState};
use futures_core::Stream;
use futures_util::stream::StreamExt as _;

use super::{JobManager, SubmittedJob};
use crate::error::Result;

/// Name of the metadata of a submitted job; its value is the version of this crate.
pub(super) const SUBMITTED_BY: &str = "batch-jobs";

/// A job of [`JobManager::jobs`].
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ListedJob {
    /// The job, as if attached by its id.
    pub job: SubmittedJob,
    /// State of the job.
    pub state: Option<JobState>,
    /// Time of its submission.
    pub created: Option<DateTime<Utc>>,
}

impl JobManager {
    /// Lists the jobs of the account that this crate has submitted, on any machine, in pages of up
    /// to 1,000 jobs of which one is in memory.
    ///
    /// ```no_run
    /// use futures_util::StreamExt;
    ///
    /// # async fn example(manager: batch_jobs::JobManager) -> batch_jobs::Result<()> {
    /// let mut jobs = manager.jobs();
    /// while let Some(listed) = jobs.next().await {
    ///     let listed = listed?;
    ///     println!("{} {:?}", listed.job.id(), listed.state);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn jobs(&self) -> Pin<Box<dyn Stream<Item = Result<ListedJob>> + Send>> {
        let manager = self.clone();
        let jobs = self.client.job().list();
        let jobs = jobs.select("id,state,creationTime,metadata").stream();
        Box::pin(jobs.filter_map(move |job| {
            let listed = job.map(|job| listed(&manager, job));
            std::future::ready(listed.map_err(Into::into).transpose())
        }))
    }
}

/// Returns a job unless another program has submitted it.
fn listed(manager: &JobManager, job: CloudJob) -> Option<ListedJob> {
    let mut metadata = job.metadata.iter().flatten();
    if !metadata.any(|item| item.name.as_deref() == Some(SUBMITTED_BY)) {
        return None;
    }
    Some(ListedJob {
        job: SubmittedJob::new(manager.clone(), job.id?),
        state: job.state,
        created: job.creation_time,
    })
}
