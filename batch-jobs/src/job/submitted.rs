//! A job that is in the account.

use std::path::PathBuf;

use batch_client::{Client, codes};

use super::JobManager;
use super::failures::{self, FailedTask};
use super::outputs::Outputs;
use super::watch::Watch;
use crate::BoxFuture;
use crate::error::Result;
use crate::group::FileGroup;
use crate::names::job_container;
use crate::storage::Storage;

/// A job that was submitted, by this program or another one.
#[derive(Debug, Clone)]
pub struct SubmittedJob {
    manager: JobManager,
    id: String,
}

impl SubmittedJob {
    pub(super) fn new(manager: JobManager, id: String) -> Self {
        Self { manager, id }
    }

    /// Returns the id of the job.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Returns the container of its outputs, such as `job-nightly`.
    pub fn container(&self) -> String {
        job_container(&self.id)
    }

    /// Waits until all tasks are completed. Awaiting it gives the outcome with the failed tasks;
    /// [`stream`](Watch::stream) gives the progress, too.
    pub fn watch(&self) -> Watch {
        Watch::new(self.client().clone(), self.id.clone())
    }

    /// Downloads the outputs to a folder, except those that are there already: those of a task to
    /// the folder of its id, those of the merge task to the folder itself.
    pub fn outputs_to(&self, dir: impl Into<PathBuf>) -> Outputs {
        Outputs::new(self.clone(), dir.into())
    }

    /// Returns the tasks that failed, each with the end of its standard error, which is read from
    /// the job's container, so that it is there when the nodes are gone.
    ///
    /// # Errors
    ///
    /// The job does not exist or its tasks cannot be listed.
    pub async fn failures(&self) -> Result<Vec<FailedTask>> {
        failures::list(self).await
    }

    /// Runs the failed tasks again and returns their ids. A job that has ended refuses this.
    ///
    /// # Errors
    ///
    /// The tasks cannot be listed, or the service refuses to reactivate one.
    pub async fn retry_failed(&self) -> Result<Vec<String>> {
        let ids = failures::ids(self).await?;
        for id in &ids {
            let again = self.client().task().reactivate(&self.id, id).await;
            match again {
                Ok(_) => {}
                // It was deleted since it was listed.
                Err(error) if error.is_not_found() => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(ids)
    }

    /// Ends the job: tasks that run are ended, those that wait do not start. A job that has ended
    /// already is left alone.
    ///
    /// # Errors
    ///
    /// The job does not exist or cannot be terminated.
    pub async fn cancel(&self) -> Result<()> {
        match self.client().job().terminate(&self.id).await {
            Ok(_) => Ok(()),
            // Terminated or terminating.
            Err(error) if error.is_conflict() => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Deletes what belongs to the job, each part only if its method is called.
    ///
    /// ```no_run
    /// # async fn example(job: batch_jobs::SubmittedJob) -> batch_jobs::Result<()> {
    /// job.clean_up().job().outputs().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn clean_up(&self) -> CleanUp {
        CleanUp {
            submitted: self.clone(),
            job: false,
            outputs: false,
            inputs: Vec::new(),
        }
    }

    pub(super) fn client(&self) -> &Client {
        &self.manager.client
    }

    pub(super) fn storage(&self) -> &Storage {
        &self.manager.storage
    }
}

/// Deletes what belongs to a job when it is awaited; see [`SubmittedJob::clean_up`].
#[derive(Debug)]
#[must_use = "nothing is deleted before it is awaited"]
pub struct CleanUp {
    submitted: SubmittedJob,
    job: bool,
    outputs: bool,
    inputs: Vec<FileGroup>,
}

impl CleanUp {
    /// Deletes the job with its tasks. The service goes on after this returns.
    pub fn job(self) -> Self {
        Self { job: true, ..self }
    }

    /// Deletes the container of outputs and logs.
    pub fn outputs(self) -> Self {
        Self {
            outputs: true,
            ..self
        }
    }

    /// Deletes a file group that the job has used.
    pub fn inputs(mut self, group: &FileGroup) -> Self {
        self.inputs.push(group.clone());
        self
    }

    async fn run(self) -> Result<()> {
        let submitted = &self.submitted;
        if self.job {
            match submitted.client().job().delete(&submitted.id).await {
                Ok(_) => {}
                Err(error) if error.is_not_found() => {}
                Err(error) if error.code() == Some(codes::JOB_BEING_DELETED) => {}
                Err(error) => return Err(error.into()),
            }
        }
        if self.outputs {
            submitted.storage().delete(&submitted.container()).await?;
        }
        for group in &self.inputs {
            group.delete().await?;
        }
        Ok(())
    }
}

impl IntoFuture for CleanUp {
    type Output = Result<()>;
    type IntoFuture = BoxFuture<Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}
