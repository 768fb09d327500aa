//! Downloads of a job's outputs, once or while it runs.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use super::submitted::SubmittedJob;
use crate::BoxFuture;
use crate::error::Result;
use crate::fetch::{Fetch, FetchReport};

/// Pause between two listings while the job runs.
const PAUSE: Duration = Duration::from_secs(5);

/// A download of a job's outputs, which starts when it is awaited; see
/// [`SubmittedJob::outputs_to`].
#[must_use = "a download starts only when it is awaited"]
pub struct Outputs {
    job: SubmittedJob,
    dir: PathBuf,
    task: Option<String>,
    pattern: Option<String>,
    while_running: bool,
    pause: Duration,
}

impl Outputs {
    pub(super) fn new(job: SubmittedJob, dir: PathBuf) -> Self {
        Self {
            job,
            dir,
            task: None,
            pattern: None,
            while_running: false,
            pause: PAUSE,
        }
    }

    /// Fetches the outputs of one task only.
    pub fn task(self, id: impl Into<String>) -> Self {
        let task = Some(id.into());
        Self { task, ..self }
    }

    /// Fetches only files whose path below the folder matches.
    pub fn pattern(self, pattern: impl Into<String>) -> Self {
        let pattern = Some(pattern.into());
        Self { pattern, ..self }
    }

    /// Fetches outputs as they come, until all tasks of the job are completed, with a listing every
    /// 5 seconds.
    pub fn while_running(self) -> Self {
        let while_running = true;
        Self {
            while_running,
            ..self
        }
    }

    /// Sets the pause between two listings while the job runs; 5 s by default.
    pub fn interval(self, pause: Duration) -> Self {
        Self { pause, ..self }
    }

    async fn run(self) -> Result<FetchReport> {
        let mut total = FetchReport::default();
        loop {
            // Before the listing: outputs are uploaded before their task is completed.
            let is_over = !self.while_running || self.is_over().await?;
            let report = self.fetch().await?;
            if is_over {
                total.fetched += report.fetched;
                total.bytes += report.bytes;
                // Files of an earlier round are not counted twice.
                total.unchanged = (report.unchanged + report.fetched).saturating_sub(total.fetched);
                total.failed = report.failed;
                return Ok(total);
            }
            total.fetched += report.fetched;
            total.bytes += report.bytes;
            tokio::time::sleep(self.pause).await;
        }
    }

    fn fetch(&self) -> Fetch {
        let (storage, container) = (self.job.storage().clone(), self.job.container());
        let prefix = self
            .task
            .as_ref()
            .map_or(String::new(), |task| format!("{task}/"));
        let fetch = Fetch::new(storage, container, prefix, local_name, self.dir.clone());
        match &self.pattern {
            Some(pattern) => fetch.pattern(pattern),
            None => fetch,
        }
    }

    async fn is_over(&self) -> Result<bool> {
        let list = self
            .job
            .client()
            .task()
            .list(self.job.id())
            .filter("state ne 'completed'");
        let mut open = list.select("id").stream();
        Ok(open.try_next().await?.is_none())
    }
}

/// Returns the path of an output below the folder; logs are not outputs.
fn local_name(blob: &str) -> Option<String> {
    if let Some(name) = blob.strip_prefix("$JobOutput/") {
        return Some(name.to_owned());
    }
    let (task, rest) = blob.split_once('/')?;
    let name = rest.strip_prefix("$TaskOutput/")?;
    Some(format!("{task}/{name}"))
}

impl IntoFuture for Outputs {
    type Output = Result<FetchReport>;
    type IntoFuture = BoxFuture<Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

impl fmt::Debug for Outputs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outputs")
            .field("job", &self.job.id())
            .field("dir", &self.dir)
            .field("task", &self.task)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outputs_have_local_names_and_logs_have_none() {
        for (blob, expected) in [
            ("t-1/$TaskOutput/a/b.exr", Some("t-1/a/b.exr")),
            ("$JobOutput/film.mp4", Some("film.mp4")),
            ("t-1/$TaskLog/stdout.txt", None),
            ("t-1/other", None),
            ("plain", None),
        ] {
            assert_eq!(local_name(blob).as_deref(), expected, "{blob}");
        }
    }
}
